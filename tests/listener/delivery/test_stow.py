"""Objects by STOW-RS: to a real Orthanc, and to a scripted server with every other answer."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import SegmentationStorage

from listener.delivery.stow import reach, store
from listener.demo.pacs import free_port
from listener.destinations import WebDestination
from listener.settings import ListenerTLS
from listener.tls import listener_context
from tests.images import STUDY_UID, file_bytes, mr_image
from tests.listener.delivery.links import slow_link
from tests.listener.delivery.objects import EVERY_KIND, KEY_IMAGE, SEG, SR
from tests.peers import Orthanc

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def to(url: str, **settings: object) -> WebDestination:
    return WebDestination(**{"name": "web", "kind": "stow", "url": url, "timeout": 10, **settings})


@pytest.fixture
def orthanc(start_orthanc: Callable[..., Orthanc]) -> Orthanc:
    if not PLUGIN.exists():
        pytest.skip("Orthanc's DICOMweb is not installed (Debian package orthanc-dicomweb)")
    return start_orthanc(
        {
            "Plugins": [str(PLUGIN)],
            "AuthenticationEnabled": False,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }
    )


def test_orthanc_has_the_objects_and_has_them_once(orthanc: Orthanc):
    there = to(orthanc.dicom_web)
    assert reach(there).acknowledged
    for _ in range(2):
        outcomes = store(EVERY_KIND, there)
        assert [outcomes[one.sop_instance_uid].text for one in EVERY_KIND] == ["Stored"] * 3
    found = orthanc.find(StudyInstanceUID=STUDY_UID)
    assert len(found) == 3
    uids = {str(dcmread(BytesIO(orthanc.file(one))).SOPInstanceUID) for one in found}
    assert uids == {one.sop_instance_uid for one in EVERY_KIND}


class Server:
    """A server whose answers are scripted: from the SOP Instance UIDs of a request to status and content."""

    def __init__(self, answer: Callable[[list[str]], tuple[int, object]]) -> None:
        self.requests: list[tuple[list[str], str | None]] = []
        self.content_type = "application/dicom+json; charset=utf-8"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sent = [one.sop_instance_uid for one in EVERY_KIND if one.sop_instance_uid.encode() in body]
                outer.requests.append((sent, self.headers["Authorization"]))
                self._say(*answer(sent))

            def do_GET(self) -> None:
                outer.requests.append(([], self.headers["Authorization"]))
                self._say(*answer([]))

            def _say(self, status: int, content: object) -> None:
                said = b"" if content is None else content
                said = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Type", outer.content_type)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/dicom-web"

    def use_tls(self, tls: ListenerTLS) -> None:
        self._server.socket = listener_context(tls).wrap_socket(self._server.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(answer: Callable[[list[str]], tuple[int, object]]) -> Server:
        running.append(Server(answer))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def content(stored: list[str], failed: dict[str, int | None] | None = None) -> dict:
    def item(uid: str) -> dict:
        return {"00081155": {"vr": "UI", "Value": [uid]}}

    reasons = (failed or {}).items()
    return {
        "00081199": {"vr": "SQ", "Value": [item(uid) for uid in stored]},
        "00081198": {
            "vr": "SQ",
            "Value": [
                item(uid) | ({} if why is None else {"00081197": {"vr": "US", "Value": [why]}})
                for uid, why in reasons
            ],
        },
    }


def test_part_is_stored_and_part_is_not(serve):
    server = serve(
        lambda _: (
            202,
            content(
                [SR.sop_instance_uid], {SEG.sop_instance_uid: 0x0122, KEY_IMAGE.sop_instance_uid: 0xA700}
            ),
        )
    )
    outcomes = store(EVERY_KIND, to(server.url))
    assert outcomes[SR.sop_instance_uid].acknowledged
    assert outcomes[SEG.sop_instance_uid].refused
    assert outcomes[KEY_IMAGE.sop_instance_uid].text == "Status A700"
    assert len(server.requests) == 1


def test_request_refused_as_a_whole_is_made_anew_for_each_object(serve):
    def answer(sent: list[str]) -> tuple[int, object]:
        return (400, None) if SEG.sop_instance_uid in sent else (200, content(sent))

    server = serve(answer)
    outcomes = store(EVERY_KIND, to(server.url))
    assert [outcomes[one.sop_instance_uid].acknowledged for one in EVERY_KIND] == [False, True, True]
    assert outcomes[SEG.sop_instance_uid].text == "HTTP status 400"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("status", "said", "text"),
    [
        (200, None, "HTTP status 200"),
        (
            200,
            content([], {one.sop_instance_uid: None for one in EVERY_KIND}),
            "The destination did not store it.",
        ),
        (409, content([], {one.sop_instance_uid: 0xC000 for one in EVERY_KIND}), "Status C000"),
        (401, None, "HTTP status 401 (it does not accept the credentials)"),
        (503, None, "HTTP status 503"),
        (302, None, "The destination redirects elsewhere; give that address."),
        (200, [1, "x"], "HTTP status 200"),
    ],
    ids=["silent", "no reason", "conflict", "unauthorized", "busy", "redirect", "nonsense"],
)
def test_nothing_counts_but_a_list_of_what_was_stored(serve, status, said, text):
    server = serve(lambda _: (status, said))
    outcomes = store(EVERY_KIND, to(server.url))
    assert {(outcome.acknowledged, outcome.text) for outcome in outcomes.values()} == {(False, text)}
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_answer_that_breaks_off_is_an_answer(serve, kind):
    server = serve(lambda _: (200, b'{"00081199": {"vr"'))
    server.content_type = f"application/dicom+{kind}"
    outcomes = store(EVERY_KIND, to(server.url))
    assert {outcome.text for outcome in outcomes.values()} == {"HTTP status 200"}


def xml(stored: list[str]) -> bytes:
    items = "".join(
        f"""<Item number="{number}">
              <DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID">
                <Value number="1">{uid}</Value>
              </DicomAttribute>
            </Item>"""
        for number, uid in enumerate(stored, start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
        <NativeDicomModel xml:space="preserve">
          <DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence">{items}</DicomAttribute>
        </NativeDicomModel>""".encode()


@pytest.mark.parametrize("media", ["application/dicom+xml", "application/xml; charset=utf-8", "text/xml"])
def test_answer_in_xml_counts(serve, media):
    server = serve(lambda sent: (200, xml([uid for uid in sent if uid != SEG.sop_instance_uid])))
    server.content_type = media
    outcomes = store(EVERY_KIND, to(server.url))
    assert [outcomes[one.sop_instance_uid].text for one in EVERY_KIND] == [
        "HTTP status 200", "Stored", "Stored",
    ]  # fmt: skip
    assert len(server.requests) == 1


def test_slow_link_gets_a_large_object_that_takes_longer_than_the_timeout(serve):
    server = serve(lambda sent: (200, content(sent)))
    large = mr_image(2, sop_class=SegmentationStorage, PixelData=bytes(4_000_000))
    port = int(server.url.split(":")[2].split("/")[0])
    with slow_link(port, bytes_per_second=1_500_000) as slow:
        outcomes = store(
            [replace(SEG, data=file_bytes(large))], to(f"http://127.0.0.1:{slow}/dicom-web", timeout=1)
        )
    assert outcomes[SEG.sop_instance_uid].text == "Stored"


def test_no_one_listens():
    there = to(f"http://127.0.0.1:{free_port()}/dicom-web")
    assert store([SR], there)[SR.sop_instance_uid].text == "The destination does not answer."
    assert not reach(there).acknowledged


def test_credentials_are_from_files_and_read_anew(serve, tmp_path):
    server = serve(lambda sent: (200, content(sent)))
    secret = tmp_path / "secret"
    secret.write_text("one\n")
    store([SR], to(server.url, token_file=secret))
    secret.write_text("two\n")
    store([SR], to(server.url, token_file=secret))
    store([SR], to(server.url, username="betz", password_file=secret))
    assert [who for _, who in server.requests] == ["Bearer one", "Bearer two", "Basic YmV0ejp0d28="]
    secret.unlink()
    assert "cannot be read" in store([SR], to(server.url, token_file=secret))[SR.sop_instance_uid].text


def test_https_with_an_authority_and_a_certificate_of_our_own(serve, authority, tmp_path):
    mine, theirs = authority.sign("web-client"), authority.sign("web-server")
    server = serve(lambda sent: (200, content(sent)))
    server.use_tls(
        ListenerTLS(certificate_file=theirs.certificate, key_file=theirs.key, ca_file=authority.file)
    )
    with_certificate = {"certificate_file": mine.certificate, "key_file": mine.key}
    there = to(server.url, ca_file=authority.file, **with_certificate)
    assert store([SR], there)[SR.sop_instance_uid].acknowledged
    assert reach(there).acknowledged
    assert not store([SR], to(server.url, **with_certificate))[SR.sop_instance_uid].acknowledged
    assert not store([SR], to(server.url, ca_file=authority.file))[SR.sop_instance_uid].acknowledged
