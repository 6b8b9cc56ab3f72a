"""Objects to a destination by DICOMweb's STOW-RS: all of a study in one request."""

import ssl
from collections.abc import Sequence
from http import HTTPStatus
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from dicomweb_client.web import DICOMwebClient
from pydicom import dcmread
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from listener.delivery.outcomes import Outcome, Outgoing, patience
from listener.delivery.store_response import listed
from listener.destinations import WebDestination
from processors.attributes import UNREADABLE

_WHOLE_BODY = 1 << 40
"""Bytes in a chunk: none is so long, since not every server takes a chunked request."""
_JSON = "application/dicom+json"
_SAYS_NOTHING_OF_THE_OBJECTS = frozenset(
    (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)
"""To send the objects one by one would be answered in the same way."""
_MEANINGS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it does not accept the credentials",
    HTTPStatus.FORBIDDEN: "it does not allow this",
    HTTPStatus.NOT_FOUND: "there is no such service at this address",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too large for it",
}


def store(objects: Sequence[Outgoing], destination: WebDestination) -> dict[str, Outcome]:
    """Send objects in their order in one request, or one by one where the request as a whole is refused.

    An object is acknowledged when the answer lists it as stored.

    Returns
    -------
    dict
        From SOP Instance UID to what came of it, for each object.
    """
    try:
        session = _session(destination)
    except OSError as error:
        outcome = Outcome(False, f"A file of the destination's settings cannot be read ({error.filename}).")
        return {one.sop_instance_uid: outcome for one in objects}
    with session:
        answer = _post(objects, destination, session)
        if len(objects) == 1 or not _is_about_the_objects(answer):
            return _outcomes(objects, answer)
        outcomes: dict[str, Outcome] = {}
        for one in objects:
            outcomes |= _outcomes([one], _post([one], destination, session))
        return outcomes


def reach(destination: WebDestination) -> Outcome:
    """Ask a destination whether it is there: any answer to a query but a refusal of who asks will do."""
    try:
        with _session(destination) as session:
            answer = session.get(
                f"{destination.url.rstrip('/')}/studies",
                params={"limit": 1},
                headers={"Accept": _JSON},
                timeout=destination.timeout.total_seconds(),
            )
    except requests.RequestException as error:
        return Outcome(False, _no_answer(error))
    except OSError as error:
        return Outcome(False, f"A file of the destination's settings cannot be read ({error.filename}).")
    # Not every server that stores can also be queried.
    there = answer.ok or answer.status_code in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.NOT_IMPLEMENTED,
    )
    return Outcome(there, _http(answer))


class _Bearer(AuthBase):
    """A token in each request; unlike a header of the session's, never given to another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _InPieces(HTTPAdapter):
    """Sends a request piece by piece, each within the timeout.

    A socket's timeout is for all that it is given at once: for the whole body, if that is in one piece.
    """

    def send(
        self,
        request: requests.PreparedRequest,
        *arguments: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Send a request whose length is stated, not chunked."""
        if isinstance(request.body, bytes):
            request.body = BytesIO(request.body)
        return super().send(request, *arguments, **named)


def _session(destination: WebDestination) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _InPieces())
    session.max_redirects = 0  # a redirected POST would become a GET, and its success would mean nothing
    session.verify = str(destination.ca_file or ssl.get_default_verify_paths().cafile or "") or True
    if destination.certificate_file is not None and destination.key_file is not None:
        session.cert = (str(destination.certificate_file), str(destination.key_file))
    if destination.password_file is not None and destination.username is not None:
        session.auth = HTTPBasicAuth(destination.username, destination.password_file.read_text().strip())
    if destination.token_file is not None:
        session.auth = _Bearer(destination.token_file.read_text().strip())
    return session


def _post(
    objects: Sequence[Outgoing], destination: WebDestination, session: requests.Session
) -> requests.Response | str:
    """The answer, whatever it is, or why there is none, in words."""
    answers: list[requests.Response] = []

    def keep(response: requests.Response, *_: object, **__: object) -> requests.Response:
        answers.append(response)
        return response

    try:
        client = DICOMwebClient(
            destination.url.rstrip("/"),
            session,
            headers={"Accept": _JSON},
            callback=keep,
            chunk_size=_WHOLE_BODY,
            timeout=(
                destination.timeout.total_seconds(),
                patience(destination.timeout, sum(len(one.data) for one in objects)).total_seconds(),
            ),
        )
        client.set_http_retry_params(retry=False)
        client.store_instances([dcmread(BytesIO(one.data)) for one in objects])
    except (requests.HTTPError, requests.JSONDecodeError, ParseError):
        return answers[-1]
    except requests.RequestException as error:
        return _no_answer(error)
    except OSError as error:
        return f"A file of the destination's settings cannot be used ({error})."
    except UNREADABLE as error:
        if not answers:
            return f"The objects could not be sent ({type(error).__name__})."
    return answers[-1]


def _no_answer(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS with the destination fails."
    if isinstance(error, requests.Timeout):
        return "The destination did not answer in time."
    if isinstance(error, requests.TooManyRedirects):
        return "The destination redirects elsewhere; give that address."
    return "The destination does not answer."


def _is_about_the_objects(answer: requests.Response | str) -> bool:
    """Whether the request was refused as a whole, for what one of the objects may be the cause."""
    if isinstance(answer, str) or answer.ok or answer.status_code in _SAYS_NOTHING_OF_THE_OBJECTS:
        return False
    return not listed(answer.content)


def _outcomes(objects: Sequence[Outgoing], answer: requests.Response | str) -> dict[str, Outcome]:
    if isinstance(answer, str):
        return {one.sop_instance_uid: Outcome(False, answer) for one in objects}
    found = listed(answer.content)
    refused = answer.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE and len(objects) == 1
    other = Outcome(False, _http(answer), refused=refused)
    return {one.sop_instance_uid: found.get(one.sop_instance_uid, other) for one in objects}


def _http(answer: requests.Response) -> str:
    meaning = _MEANINGS.get(answer.status_code)
    return f"HTTP status {answer.status_code}" + (f" ({meaning})" if meaning else "")
