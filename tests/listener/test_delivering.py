"""The steps of a delivery over a database and an archive, to a real Orthanc and to scripted destinations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pydicom.uid as uids
import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification
from sqlalchemy import text

from db.deliveries import add_deliveries, due_deliveries
from db.engine import reading, writing
from db.models import Report, StudyStatus
from listener.archive import Key
from listener.delivering import DeliverySteps
from listener.demo.pacs import free_port
from listener.settings import Settings
from tests.db.arrivals import settled_study
from tests.images import STUDY_UID
from tests.listener.delivery.objects import EVERY_KIND, KEY_IMAGE, SEG, SR
from tests.peers import Orthanc, ReceivingNode, eventually

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Deliveries:
    """A study with one object of each kind, and the steps that deliver it."""

    node: ReceivingNode
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def begin(self, **destination: object) -> DeliverySteps:
        one = {"name": "pacs", "ae_title": "PACS", "host": "127.0.0.1", "timeout": 3, **destination}
        settings = Settings(destinations=[one], listener={"ae_title": "BETZ", "port": self.node.port})
        steps = DeliverySteps(self.node.engine, self.node.archive, settings, self.clock, "worker 0")
        self.study = settled_study(self.node.engine, status=StudyStatus.DELIVERING)
        for one in EVERY_KIND:
            self.node.archive.put(Key(STUDY_UID, "2.25.5", one.sop_instance_uid), (one.data,))
            with writing(self.node.engine) as session:
                row = Report(
                    study_id=self.study,
                    version=1,
                    sop_instance_uid=one.sop_instance_uid,
                    sop_class_uid=_class_of(one.kind),
                    series_instance_uid="2.25.5",
                    software_version="0.1",
                    created_at=NOW,
                    kind=one.kind,
                )
                session.add(row)
                session.flush()
                add_deliveries(session, row.id, settings.destinations_of(one.kind), NOW)
        return steps

    def rows(self) -> dict[str, tuple[str, str | None]]:
        """From the kind of an object to the status of its delivery, and to what came of commitment."""
        statement = text("SELECT kind, status, commitment FROM v_deliveries WHERE destination IS NOT NULL")
        with reading(self.node.engine) as session:
            return {row.kind: (row.status, row.commitment) for row in session.execute(statement)}

    def study_row(self) -> tuple[str, str | None]:
        with reading(self.node.engine) as session:
            return tuple(session.execute(text("SELECT status, status_reason FROM study")).one())

    def due(self) -> bool:
        with reading(self.node.engine) as session:
            return bool(due_deliveries(session, self.clock()))


def _class_of(kind: str) -> str:
    return {
        "sr": uids.Comprehensive3DSRStorage,
        "seg": uids.SegmentationStorage,
        "key-image": uids.SecondaryCaptureImageStorage,
    }[kind]


@pytest.fixture
def deliveries(receiving_node: Callable[..., ReceivingNode], tmp_path: Path, monkeypatch) -> Deliveries:
    monkeypatch.chdir(tmp_path)
    return Deliveries(receiving_node(), tmp_path)


@dataclass
class PACS:
    """An SCP that takes some classes, and may offer Storage Commitment without ever reporting."""

    classes: tuple[str, ...] = tuple(_class_of(kind) for kind in ("sr", "seg", "key-image"))
    commits: bool = False
    stored: list[str] = field(default_factory=list)
    asked: int = 0
    port: int = field(default_factory=free_port)

    def start(self) -> "PACS":
        ae = AE(ae_title="PACS")
        for one in (Verification, *self.classes, *([StorageCommitmentPushModel] if self.commits else [])):
            ae.add_supported_context(one)
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_N_ACTION, self._ask)]
        self._server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        return self

    def stop(self) -> None:
        self._server.shutdown()

    def _store(self, event: evt.Event) -> int:
        self.stored.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    def _ask(self, _event: evt.Event) -> tuple[int, None]:
        self.asked += 1
        return 0, None


@pytest.fixture
def pacs() -> Iterator[PACS]:
    one = PACS()
    yield one
    one.stop()


def test_orthanc_takes_responsibility_on_an_association_of_its_own(deliveries, start_orthanc):
    """Until then what it acknowledged does not count, where commitment is required."""
    orthanc: Orthanc = start_orthanc(betz=("BETZ", "127.0.0.1", deliveries.node.port))
    steps = deliveries.begin(ae_title="ORTHANC", port=orthanc.port, commitment="required")
    steps.deliver(deliveries.study, "pacs")
    eventually(lambda: deliveries.study_row() == ("delivered", None), 30)
    assert deliveries.rows() == dict.fromkeys(("sr", "seg", "key-image"), ("delivered", "committed"))
    assert len(orthanc.find(StudyInstanceUID=STUDY_UID)) == 3
    deliveries.clock.time += 100 * HOUR
    assert not deliveries.due()


def test_what_orthanc_lost_is_sent_again_although_its_first_report_was_lost_too(deliveries, start_orthanc):
    orthanc: Orthanc = start_orthanc(betz=("BETZ", "127.0.0.1", free_port()))
    steps = deliveries.begin(ae_title="ORTHANC", port=orthanc.port)
    steps.deliver(deliveries.study, "pacs")
    assert deliveries.rows() == dict.fromkeys(("sr", "seg", "key-image"), ("delivered", "asked"))
    assert deliveries.study_row() == ("delivered", None)
    [lost] = orthanc.find(SOPInstanceUID=SEG.sop_instance_uid)
    orthanc.rest("DELETE", f"/instances/{lost}")
    orthanc.rest(
        "PUT", "/modalities/betz", {"AET": "BETZ", "Host": "127.0.0.1", "Port": deliveries.node.port}
    )
    assert not deliveries.due()
    deliveries.clock.time += 2 * HOUR
    steps.deliver(deliveries.study, "pacs")
    eventually(lambda: deliveries.rows()["seg"] == ("waiting", "failed"), 30)
    assert deliveries.rows()["sr"] == ("delivered", "committed")
    status, why = deliveries.study_row()
    assert status == "delivering"
    assert "does not keep it (it does not have the object" in why
    deliveries.clock.time = datetime.now(UTC) + HOUR
    steps.deliver(deliveries.study, "pacs")
    eventually(lambda: deliveries.rows()["seg"] == ("delivered", "committed"), 30)
    assert len(orthanc.find(StudyInstanceUID=STUDY_UID)) == 3
    assert deliveries.study_row() == ("delivered", None)


def test_destination_that_refuses_segmentations_gets_the_rest_until_it_takes_them(deliveries, pacs):
    pacs.classes = (_class_of("sr"), _class_of("key-image"))
    steps = deliveries.begin(port=pacs.start().port)
    steps.deliver(deliveries.study, "pacs")
    assert {kind: status for kind, (status, _) in deliveries.rows().items()} == {
        "sr": "delivered",
        "key-image": "delivered",
        "seg": "refused",
    }
    assert deliveries.study_row() == (
        "delivered_in_part",
        "pacs: The destination does not accept segmentations.",
    )
    pacs.stop()
    pacs.classes = (*pacs.classes, _class_of("seg"))
    pacs.start()
    assert not deliveries.due()
    deliveries.clock.time += 6 * HOUR
    steps.deliver(deliveries.study, "pacs")
    assert deliveries.study_row() == ("delivered", None)
    assert sorted(pacs.stored) == sorted(one.sop_instance_uid for one in EVERY_KIND)


def test_each_destination_gets_what_it_wants(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port, wants=["sr", "key-images"], commitment="off")
    steps.deliver(deliveries.study, "pacs")
    assert pacs.stored == [KEY_IMAGE.sop_instance_uid, SR.sop_instance_uid]
    assert deliveries.rows() == {"sr": ("delivered", None), "key-image": ("delivered", None)}
    assert deliveries.study_row() == ("delivered", None)


def test_commitment_that_is_required_and_not_offered_is_said_and_asked_for_again(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port, commitment="required")
    steps.deliver(deliveries.study, "pacs")
    assert set(deliveries.rows().values()) == {("acknowledged", "not_offered")}
    assert deliveries.study_row() == (
        "delivering",
        "pacs: The destination does not offer Storage Commitment.",
    )
    deliveries.clock.time += HOUR
    (destination,) = steps.settings.destinations
    lenient = destination.model_copy(update={"commitment": "auto"})
    steps = replace(steps, settings=steps.settings.model_copy(update={"destinations": (lenient,)}))
    steps.deliver(deliveries.study, "pacs")
    assert deliveries.study_row() == ("delivered", None)
    assert len(pacs.stored) == 3


def test_destination_that_never_reports_is_not_asked_for_ever(deliveries, pacs, monkeypatch):
    monkeypatch.setattr("listener.delivery.commitment._WAIT_S", 0.05)
    pacs.commits = True
    steps = deliveries.begin(port=pacs.start().port)
    for _ in range(12):
        if deliveries.due():
            steps.deliver(deliveries.study, "pacs")
        deliveries.clock.time += 25 * HOUR
    assert pacs.asked == 8
    assert set(deliveries.rows().values()) == {("delivered", "unanswered")}
    assert len(pacs.stored) == 3


def test_object_that_the_storage_does_not_give_keeps_no_other_back(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port, commitment="off")
    (file,) = deliveries.folder.rglob(f"*{SEG.sop_instance_uid}*")
    away = file.rename(file.with_suffix(".away"))
    steps.deliver(deliveries.study, "pacs")
    assert pacs.stored == [KEY_IMAGE.sop_instance_uid, SR.sop_instance_uid]
    assert deliveries.rows()["seg"] == ("waiting", None)
    away.rename(file)
    deliveries.clock.time += HOUR
    steps.deliver(deliveries.study, "pacs")
    assert deliveries.study_row() == ("delivered", None)


def test_object_that_was_damaged_in_the_storage_keeps_no_other_back(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port, commitment="off")
    (file,) = deliveries.folder.rglob(f"*{SEG.sop_instance_uid}*")
    file.write_bytes(b"")
    steps.deliver(deliveries.study, "pacs")
    assert pacs.stored == [KEY_IMAGE.sop_instance_uid, SR.sop_instance_uid]
    assert deliveries.rows()["seg"] == ("waiting", None)


def test_destination_that_is_gone_from_the_settings_is_said(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port)
    steps = replace(steps, settings=steps.settings.model_copy(update={"destinations": ()}))
    steps.deliver(deliveries.study, "pacs")
    assert deliveries.study_row() == ("delivering", "pacs: The destination is not configured any more.")


def test_error_of_our_own_counts_as_an_attempt(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port)
    steps.not_delivered(deliveries.study, "pacs", "its workflow ended")
    assert set(deliveries.rows().values()) == {("waiting", None)}
    assert not deliveries.due()
    deliveries.clock.time += HOUR
    assert deliveries.due()


def test_what_is_due_by_the_clock_of_another_machine_is_sent(deliveries, pacs):
    steps = deliveries.begin(port=pacs.start().port, commitment="off")
    due_at = deliveries.clock.time
    deliveries.clock.time -= timedelta(seconds=5)
    steps.deliver(deliveries.study, "pacs", due_at)
    assert len(pacs.stored) == 3
