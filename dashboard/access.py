"""Who may see the pages, and what a browser may do with them."""

import hmac
from base64 import b64decode
from hashlib import sha256
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1", "[::1]")
OPEN_PATHS = frozenset({"/health"})
"""Paths that show nothing of any patient, and that a monitor may ask for without a password."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def require_password(host: str, password: str | None) -> None:
    """Refuse to show patients' names to a network without a password.

    Raises
    ------
    ValueError
        If the address is not this machine's loopback and there is no password, or if there is an empty one.
    """
    if password is not None and not password:
        raise ValueError("the dashboard's password is empty")
    if password is None and not is_loopback(host):
        raise ValueError(
            f"the dashboard shows patients' names: to listen on {host}, which other machines can reach, it"
            " needs a password (dashboard.password_file); without one it listens on 127.0.0.1 only"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; a name other than localhost is taken as reachable."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """An application behind a password, its answers with the headers that keep a browser strict.

    Parameters
    ----------
    password
        Where it is ``None``, everybody who reaches the address is let in.
    """

    def __init__(self, app: ASGIApp, username: str, password: str | None) -> None:
        self._app = app
        self._expected = None if password is None else _digest(f"{username}:{password}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["path"] in OPEN_PATHS or self._admits(Headers(scope=scope).get("authorization")):
            await self._app(scope, receive, send_guarded)
            return
        challenge = {"WWW-Authenticate": 'Basic realm="Betz", charset="UTF-8"'}
        refusal = PlainTextResponse("A user name and a password are needed.\n", 401, challenge)
        await refusal(scope, receive, send_guarded)

    def _admits(self, authorization: str | None) -> bool:
        if self._expected is None:
            return True
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = b64decode(encoded.strip(), validate=True)
        except ValueError:
            return False
        return hmac.compare_digest(_digest(given), self._expected)


def _digest(value: bytes) -> bytes:
    return sha256(value).digest()
