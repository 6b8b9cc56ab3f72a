"""One attempt at a delivery: every way a destination can answer, or not; and when the next one is due."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pydicom.uid as uids
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from listener.delivery import deliver, echo, retry_after
from listener.demo.pacs import free_port
from listener.destinations import Destination
from listener.settings import DeliverySettings
from tests.images import dataset_bytes, file_bytes, mr_image, without_meta
from tests.peers import StoreSCP

REPORT = mr_image(sop_class=uids.Comprehensive3DSRStorage, PixelData=None, Modality="SR")


def to(port: int, ae_title: str = "PACS") -> Destination:
    return Destination(name="pacs", ae_title=ae_title, host="127.0.0.1", port=port, timeout=2)


@pytest.fixture
def pacs() -> Iterator[Callable[..., Destination]]:
    """A PACS that answers C-STORE by a function of its event."""
    servers = []

    def start(answer, sop_class: str = uids.Comprehensive3DSRStorage) -> Destination:
        ae = AE(ae_title="PACS")
        ae.require_called_aet = True
        ae.add_supported_context(sop_class)
        ae.add_supported_context(Verification)
        handlers = [(evt.EVT_C_STORE, answer)]
        servers.append(ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers))
        return to(servers[-1].server_address[1])

    yield start
    for server in servers:
        server.shutdown()


@pytest.mark.filterwarnings("ignore:Found unknown escape sequence:UserWarning")
@pytest.mark.parametrize(
    ("status", "acknowledged"),
    [
        (0x0000, True),
        (0xB000, True),
        (0xB006, True),
        (0xB007, True),
        (0xA700, False),
        (0xA900, False),
        (0xC123, False),
        (0x0122, False),
        (0x0110, False),
        (0xFF00, False),
        (0xFE00, False),
    ],
    ids=lambda value: f"{value:04X}",
)
def test_status(pacs, status: int, acknowledged: bool):
    def answer(_event) -> Dataset:
        response = Dataset()
        response.Status = status
        response.ErrorComment = "because\x1b"
        return response

    outcome = deliver(file_bytes(REPORT), pacs(answer), "BETZ")
    assert outcome.acknowledged is acknowledged
    assert outcome.text.startswith(f"Status {status:04X}")
    assert outcome.text.isprintable()


def test_arrives_as_it_is(storescp: StoreSCP):
    outcome = deliver(file_bytes(REPORT), to(storescp.port, storescp.ae_title), "BETZ")
    assert (outcome.acknowledged, outcome.text) == (True, "Status 0000")
    [file] = storescp.files()
    assert without_meta(file.read_bytes()) == dataset_bytes(REPORT)


def test_no_one_listens():
    outcome = deliver(file_bytes(REPORT), to(free_port()), "BETZ")
    assert (outcome.acknowledged, outcome.text) == (False, "The destination does not answer.")


def test_called_ae_title_is_wrong(pacs):
    wrong = pacs(lambda _: 0).model_copy(update={"ae_title": "OTHER"})
    outcome = deliver(file_bytes(REPORT), wrong, "BETZ")
    assert (outcome.acknowledged, outcome.text) == (False, "The destination rejected the association.")


def test_reports_are_not_accepted(pacs):
    outcome = deliver(file_bytes(REPORT), pacs(lambda _: 0, uids.MRImageStorage), "BETZ")
    assert not outcome.acknowledged
    assert "does not accept structured reports" in outcome.text or "aborted" in outcome.text


def test_destination_hangs_up_in_the_middle(pacs):
    def hang_up(event) -> int:
        event.assoc.abort()
        return 0

    assert not deliver(file_bytes(REPORT), pacs(hang_up), "BETZ").acknowledged


def test_destination_takes_the_report_and_never_answers(pacs):
    release = threading.Event()
    outcome = deliver(file_bytes(REPORT), pacs(lambda _: release.wait(6) and 0), "BETZ")
    release.set()
    assert (outcome.acknowledged, outcome.text) == (False, "The destination did not answer the request.")


def test_destination_accepts_the_connection_and_is_silent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = deliver(file_bytes(REPORT), to(silent.getsockname()[1]), "BETZ")
    assert (outcome.acknowledged, outcome.text) == (False, "The destination does not answer.")


def test_echo(pacs):
    destination = pacs(lambda _: 0)
    assert echo(destination, "BETZ").acknowledged
    assert not echo(destination.model_copy(update={"ae_title": "OTHER"}), "BETZ").acknowledged
    assert not echo(to(free_port()), "BETZ").acknowledged


def test_pauses_double_up_to_the_limit():
    settings = DeliverySettings(first_retry=10, longest_retry=100)
    assert [retry_after(n, settings).total_seconds() for n in range(1, 7)] == [10, 20, 40, 80, 100, 100]


@given(attempt=st.integers(1, 10**9), first=st.floats(0.1, 1e5), longest=st.floats(0.1, 1e6))
def test_never_given_up_and_never_at_once(attempt: int, first: float, longest: float):
    settings = DeliverySettings(first_retry=first, longest_retry=longest)
    assert timedelta(0) < retry_after(attempt, settings) <= settings.longest_retry
    assert retry_after(attempt, settings) <= retry_after(attempt + 1, settings)
