"""Storage Commitment, as SCU: offered or not, answered on the same association or never."""

import threading
import time
from collections.abc import Iterator

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)

from listener.delivery.commitment import ask, read_report
from listener.demo.pacs import free_port
from listener.destinations import Destination

TRANSACTION = "2.25.4711"
REFERENCES = [("1.2.840.10008.5.1.4.1.1.88.34", "2.25.1"), ("1.2.840.10008.5.1.4.1.1.66.4", "2.25.2")]


class Archive:
    """An SCP of Storage Commitment that reports on the association of the request."""

    def __init__(self) -> None:
        self.offers, self.status, self.reports = True, 0x0000, True
        self.failing: dict[str, int] = {}
        self.asked: list[Dataset] = []
        self.answers: list[int] = []

    def start(self) -> Destination:
        ae = AE(ae_title="PACS")
        ae.add_supported_context(Verification)
        if self.offers:
            ae.add_supported_context(StorageCommitmentPushModel)
        handlers = [(evt.EVT_N_ACTION, self._take)]
        self._server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        port = self._server.server_address[1]
        return Destination(name="pacs", ae_title="PACS", host="127.0.0.1", port=port, timeout=3)

    def stop(self) -> None:
        self._server.shutdown()

    def _take(self, event: evt.Event) -> tuple[int, None]:
        self.asked.append(event.action_information)
        if self.status == 0 and self.reports:
            threading.Thread(target=self._report, args=(event.assoc, event.action_information)).start()
        return self.status, None

    def _report(self, assoc, asked: Dataset) -> None:
        time.sleep(0.2)
        self.answers.append(send_report(assoc, asked, self.failing))


def send_report(assoc, asked: Dataset, failing: dict[str, int]) -> int:
    """The status that the report is answered with."""
    said = Dataset()
    said.TransactionUID = asked.TransactionUID
    said.ReferencedSOPSequence, said.FailedSOPSequence = [], []
    for item in asked.ReferencedSOPSequence:
        why = failing.get(item.ReferencedSOPInstanceUID)
        if why is None:
            said.ReferencedSOPSequence.append(item)
        else:
            item.FailureReason = why
            said.FailedSOPSequence.append(item)
    kind = 2 if failing else 1
    status, _ = assoc.send_n_event_report(
        said, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return status.Status


@pytest.fixture
def archive() -> Iterator[Archive]:
    one = Archive()
    yield one
    one.stop()


def requested(destination: Destination):
    reports = []

    def keep(event) -> int:
        reports.append(read_report(event))
        return 0

    return ask(TRANSACTION, REFERENCES, destination, "BETZ", keep), reports


def test_report_comes_on_the_same_association(archive: Archive):
    archive.failing = {"2.25.2": 0x0112}
    asked, reports = requested(archive.start())
    assert (asked.offered, asked.taken) == (True, True)
    [report] = reports
    assert report.transaction_uid == TRANSACTION
    assert report.committed == {"2.25.1"}
    assert dict(report.failed) == {
        "2.25.2": "The destination does not keep it (it does not have the object, 0112)."
    }
    assert archive.answers == [0]
    [request] = archive.asked
    referenced = [
        (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) for item in request.ReferencedSOPSequence
    ]
    assert referenced == REFERENCES


def test_class_that_is_not_committed_to_is_told_from_an_object_that_is_lost(archive: Archive):
    archive.failing = {"2.25.1": 0x0112, "2.25.2": 0x0122}
    _, [report] = requested(archive.start())
    assert (set(report.failed), report.unsupported) == ({"2.25.1", "2.25.2"}, {"2.25.2"})


def test_report_that_does_not_come_is_not_waited_for_long(archive: Archive):
    archive.reports = False
    asked, reports = requested(archive.start())
    assert (asked.taken, reports) == (True, [])


def test_not_offered(archive: Archive):
    archive.offers = False
    asked, _ = requested(archive.start())
    assert (asked.offered, asked.taken) == (False, False)


def test_request_refused(archive: Archive):
    archive.status = 0x0110
    asked, _ = requested(archive.start())
    assert (asked.offered, asked.taken) == (True, False)
    assert "status 0110" in asked.text


def test_no_one_listens():
    gone = Destination(name="pacs", ae_title="PACS", host="127.0.0.1", port=free_port(), timeout=1)
    asked, _ = requested(gone)
    assert (asked.offered, asked.taken) == (True, False)
