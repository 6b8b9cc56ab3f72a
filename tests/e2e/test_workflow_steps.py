"""Steps that are repeated, come late, or find their images gone; on both databases, by direct calls."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import SecondaryCaptureImageStorage, SegmentationStorage
from sqlalchemy import text

from db.deliveries import record_attempt
from db.engine import reading, writing
from db.lifecycle import close_version, receiving_studies, study_by_uid
from db.models import Analysis, Delivery, Finding, ObjectKind, Report, Study, StudyStatus
from db.norms import add_norms, norms_in_use
from db.pictures import NewPicture
from db.retries import Again, process_again
from listener import steps as steps_module
from listener.analyses import Analysed, AnalysisProcess, failed
from listener.archive import ArchiveError, Key
from listener.derived_objects import MadeObject, ObjectRequest
from listener.destinations import Destination
from listener.sending import send_files
from listener.settings import Settings, SettlingSettings
from listener.steps import StudySteps
from listener.version import SOFTWARE_VERSION
from listener.workflow import Sweep
from processors.findings import Algorithm, Sign
from processors.norms import Norm, Norms, Protocol, SiteNorm, default_norms
from tests.peers import ReceivingNode

from .small_studies import series, small_study, write

LATER = timedelta(minutes=1)
PACS = Destination(name="pacs", ae_title="PACS", host="127.0.0.1", port=11113)


@pytest.fixture
def node(receiving_node: Callable[..., ReceivingNode], database_url: str) -> ReceivingNode:
    return receiving_node(database_url)


@pytest.fixture
def steps(node: ReceivingNode) -> StudySteps:
    settings = Settings(
        destinations=(PACS,),
        settling=SettlingSettings(
            quiet_period=timedelta(seconds=1),
            deadline=timedelta(seconds=90),
            required_series=("T2 cervical spine",),
        ),
    )
    process = AnalysisProcess(str(node.folder / "archive"), timedelta(seconds=60), "ERROR")
    return StudySteps(node.engine, node.archive, settings, process, lambda: datetime.now(UTC), "worker 0")


def send(node: ReceivingNode, files: list[Path]) -> None:
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    assert send_files(files, there, "TEST").accepted == len(files)


def close(steps: StudySteps, uid: str) -> datetime:
    with writing(steps.engine) as session:
        study = study_by_uid(session, uid)
        came = study.last_received_at
        assert close_version(
            session,
            study.id,
            study.version,
            last_received_at=came,
            complete=True,
            why="",
            who="worker 0",
            now=came + LATER,
        )
    return came + LATER


def acknowledge(steps: StudySteps, delivery: int) -> None:
    with writing(steps.engine) as session:
        record_attempt(
            session,
            delivery,
            1,
            acknowledged=True,
            outcome="Status 0000",
            retry_after=timedelta(seconds=1),
            who="worker 0",
            now=datetime.now(UTC),
        )


def test_report_made_again_after_its_delivery_leaves_the_study_delivered(node, steps, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    settled = close(steps, uid)
    steps.report(uid, 1, settled)
    with reading(steps.engine) as session:
        (delivery,) = session.query(Delivery.id).all()
    acknowledge(steps, delivery.id)
    steps.report(uid, 1, settled)
    with reading(steps.engine) as session:
        assert session.query(Study.status).scalar() == StudyStatus.DELIVERED
        assert session.query(Report).count() == session.query(Delivery).count() == 1


def test_report_on_an_old_version_is_not_made_once_the_new_one_has_its_own(node, steps, tmp_path):
    uid, files = small_study(tmp_path / "first")
    send(node, files)
    first = close(steps, uid)
    send(node, write(series(uid, EchoTime=90.0), tmp_path / "late"))
    second = close(steps, uid)
    steps.report(uid, 2, second)
    steps.report(uid, 1, first)
    with reading(steps.engine) as session:
        (report,) = session.query(Report).all()
        assert (report.version, report.predecessor_id) == (2, None)
        assert session.query(Study.status).scalar() == StudyStatus.DELIVERING


def test_study_whose_images_are_gone_keeps_no_other_from_settling(node, steps, tmp_path):
    gone, files = small_study(tmp_path)
    send(node, files)
    (node.folder / "archive/studies" / gone).rename(tmp_path / "away")
    whole, files = small_study(tmp_path)
    send(node, files)
    sweep = Sweep(None, steps, None, 0)
    sweep._settle(datetime.now(UTC) + timedelta(seconds=10))
    with reading(steps.engine) as session:
        assert [study.study_instance_uid for study in receiving_studies(session)] == [gone]
    sweep._settle(datetime.now(UTC) + timedelta(seconds=100))
    with reading(steps.engine) as session:
        assert receiving_studies(session) == []
        completeness = dict(session.query(Study.study_instance_uid, Study.complete).all())
    assert completeness == {gone: False, whole: True}


class AwayAtFirst:
    """Stands in for the analysis process: the storage does not answer some times, then it does."""

    def __init__(self, times: int) -> None:
        self.times = times

    def run(self, name: str, *_: object) -> Analysed:
        self.times -= 1
        if self.times >= 0:
            raise ArchiveError("the storage is away")
        return Analysed(failed(name, "measured", "0.1"))


def test_outages_are_no_attempts_at_an_analysis(node, steps, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    settled = close(steps, uid)
    steps = replace(steps, process=AwayAtFirst(5))
    for _ in range(5):
        with pytest.raises(ArchiveError):
            steps.analyse(uid, 1, "spine", [], settled)
    steps.analyse(uid, 1, "spine", [], settled)
    with reading(steps.engine) as session:
        assert session.query(Analysis.attempts, Analysis.error).one() == (1, None)
        why = {finding.reasons[0]["sentence"] for finding in session.query(Finding)}
    assert not any("cut off" in sentence for sentence in why)


def test_study_waits_out_an_outage_and_is_given_up_after_a_weekend(node, steps, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    start = close(steps, uid)
    pauses = []
    for away in (timedelta(0), timedelta(minutes=2), timedelta(hours=5), timedelta(days=3)):
        replace(steps, now=lambda away=away: start + away).postpone(uid, 1, "ArchiveError")
        with reading(steps.engine) as session:
            study = study_by_uid(session, uid)
            pauses.append(study.again_at and study.again_at - start - away)
    assert pauses == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=15), None]
    assert (study.status, study.status_reason) == (StudyStatus.FAILED, "An error stopped it (ArchiveError).")


def test_report_that_another_one_overtakes_names_it(node, steps, tmp_path, monkeypatch):
    """The report on version 1 is recorded while that on version 2 is being made."""
    uid, files = small_study(tmp_path / "first")
    send(node, files)
    first = close(steps, uid)
    send(node, write(series(uid, EchoTime=90.0), tmp_path / "late"))
    second = close(steps, uid)
    store, overtaken = steps_module.store_object, []

    def store_late(*report: object) -> None:
        store(*report)
        if not overtaken:
            overtaken.append(True)
            steps.report(uid, 1, first)

    monkeypatch.setattr(steps_module, "store_object", store_late)
    steps.report(uid, 2, second)
    with reading(steps.engine) as session:
        one, two = session.query(Report).order_by(Report.version)
    assert (one.predecessor_id, two.predecessor_id) == (None, one.id)


class Recording:
    """Stands in for the analysis process: keeps the norms that it is given, and measures one protocol."""

    def __init__(self) -> None:
        self.norms: list[Norms] = []

    def run(
        self, name: str, _study: str, _stacks: object, norms: Mapping[str, object], *_: object
    ) -> Analysed:
        self.norms.append(Norms.from_plain(json.loads(json.dumps(norms))))
        return Analysed(failed(name, "measured", "0.1"), {Sign.CST_T1: PROTOCOL.plain()})


PROTOCOL = Protocol("T1 spin echo", 3.0, "GE")
SITE = SiteNorm(Sign.CST_T1, PROTOCOL, Algorithm("tract", "1"), 7, {"pons": Norm(1.05, 0.02, 7)})


def learnt(steps: StudySteps) -> int:
    with writing(steps.engine) as session:
        document = {"site": [SITE.plain()]}
        options = {"studies": 7, "software_version": "0.1", "who": "administrator", "now": steps.now()}
        return add_norms(session, document, {}, **options).id


def test_an_analysis_compares_with_the_norms_in_use_and_its_report_says_so(node, steps, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    settled = close(steps, uid)
    recording = Recording()
    steps = replace(steps, process=recording)
    steps.analyse(uid, 1, "brain", [], settled)
    number = learnt(steps)
    steps.analyse(uid, 1, "brain", [], settled)
    shipped, own = recording.norms
    assert shipped == default_norms()
    assert own.version == f"{number} of {datetime.now(UTC):%Y-%m-%d}"
    assert own.of(Sign.CST_T1, PROTOCOL).segments["pons"] == SITE.segments["pons"]
    steps.report(uid, 1, settled)
    with reading(steps.engine) as session:
        assert session.query(Analysis.norms_version).scalar() == number
        assert session.query(Report.norms_version).scalar() == number
        protocols = dict(session.query(Finding.sign, Finding.protocol).all())
    assert protocols["cst_t1"] == PROTOCOL.plain()
    assert protocols["cst_t2"] is None


def test_norms_learnt_after_a_report_make_another_one_when_it_is_asked_for(node, steps, tmp_path):
    """The report with the new norms names the other as its predecessor."""
    uid, files = small_study(tmp_path)
    send(node, files)
    steps = replace(steps, process=Recording())
    steps.analyse(uid, 1, "brain", [], steps.now())
    steps.report(uid, 1, close(steps, uid))

    def ask_again() -> Again:
        with writing(steps.engine) as session:
            row, site = study_by_uid(session, uid).id, norms_in_use(session)
            return process_again(
                session,
                row,
                "administrator",
                steps.now(),
                software_version=SOFTWARE_VERSION,
                destinations_of=lambda _kind: [PACS.name],
                norms_version=None if site is None else site.id,
            )

    assert ask_again() is Again.DELIVERED
    number = learnt(steps)
    assert ask_again() is Again.ANALYSED
    steps.analyse(uid, 2, "brain", [], steps.now())
    steps.report(uid, 2, steps.now())
    assert ask_again() is Again.DELIVERED
    with reading(steps.engine) as session:
        one, two = session.query(Report).order_by(Report.version)
    assert (one.norms_version, two.norms_version, two.predecessor_id) == (None, number, one.id)
    assert one.sop_instance_uid != two.sop_instance_uid


def rows(steps: StudySteps, statement: str) -> list[Any]:
    with reading(steps.engine) as session:
        return list(session.execute(text(statement)))


class WithObjects:
    """Stands in for the analysis process: it archived a segmentation and a picture, and lacks another."""

    def run(
        self, name: str, _study: str, _stacks: object, _norms: object, request: ObjectRequest
    ) -> Analysed:
        made = (
            MadeObject(
                ObjectKind.SEG, SegmentationStorage, f"2.25.1{request.version}", "2.25.10", "2.25.99",
                "regions", segments={"cst_t1/pons/left": 1},
            ),
            MadeObject(
                ObjectKind.KEY_IMAGE, SecondaryCaptureImageStorage, f"2.25.2{request.version}", "2.25.20",
                description="overview",
            ),
        )  # fmt: skip
        shown = (NewPicture("overview", b"png"), NewPicture("tract", b"png 2", "cst_t1"))
        return Analysed(failed(name, "measured", "0.1"), {}, made, ("No segmentation: why.",), shown)


def test_what_an_analysis_made_is_named_in_the_report_and_delivered_with_it(node, steps, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    settled = close(steps, uid)
    reader = PACS.model_copy(update={"name": "reader", "wants": (ObjectKind.SR, ObjectKind.KEY_IMAGE)})
    settings = steps.settings.model_copy(update={"destinations": (PACS, reader)})
    steps = replace(steps, process=WithObjects(), settings=settings)
    for _ in range(2):
        steps.analyse(uid, 1, "brain", [], settled)
    for _ in range(2):
        steps.report(uid, 1, settled)
    objects = rows(steps, "SELECT * FROM v_objects ORDER BY kind")
    assert [(o.kind, o.analysis, o.source_series_uid, o.description) for o in objects] == [
        ("key-image", "brain", None, "overview"),
        ("seg", "brain", "2.25.99", "regions"),
        ("sr", None, None, None),
    ]
    deliveries = rows(steps, "SELECT kind, destination FROM v_deliveries ORDER BY kind, destination")
    assert [tuple(row) for row in deliveries] == [
        ("key-image", "pacs"), ("key-image", "reader"), ("seg", "pacs"), ("sr", "pacs"), ("sr", "reader"),
    ]  # fmt: skip
    report = objects[-1]
    key = Key(uid, report.series_instance_uid, report.sop_instance_uid)
    read = dcmread(BytesIO(steps.archive.get(key)))
    named = {
        image.ReferencedSOPInstanceUID
        for one in read.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        for image in one.ReferencedSOPSequence
    }
    assert {"2.25.11", "2.25.21"} <= named
    pictures = rows(steps, "SELECT analysis, position, sign, title, png FROM v_pictures ORDER BY position")
    assert [tuple(row) for row in pictures] == [
        ("brain", 0, None, "overview", b"png"), ("brain", 1, "cst_t1", "tract", b"png 2"),
    ]  # fmt: skip
    missing = rows(steps, "SELECT why FROM v_events WHERE what = 'objects-missing'")
    assert {row.why for row in missing} == {"No segmentation: why."}
    [day] = rows(steps, "SELECT reports FROM v_daily WHERE reports > 0")
    assert day.reports == 1
