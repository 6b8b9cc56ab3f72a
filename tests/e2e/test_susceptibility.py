"""A SWI of one series, from the association to the report: only its processed images count."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import SegmentationStorage

from db.engine import reading, writing
from db.lifecycle import close_version, study_by_uid
from db.models import Finding
from listener.analyses import AnalysisProcess
from listener.destinations import Destination
from listener.sending import send_files
from listener.settings import Settings
from listener.steps import StudySteps
from phantoms.geometry import stack
from phantoms.imaging import susceptibility_images
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL
from phantoms.series import instances
from phantoms.severity import Severity
from phantoms.swi_export import EXPORTS, Part
from phantoms.swi_set import swi_instances
from processors.acquisition import Plane
from processors.findings import Sign, State
from tests.peers import ReceivingNode

from .small_studies import write

pytestmark = pytest.mark.slow

PATIENT = PhantomPatient(1051, {Sign.MOTOR_BAND: Severity.SEVERE}, vendor=Vendor.PHILIPS)
EXPORT = EXPORTS["Philips"]
SLICES = 52
SWI = replace(
    PROTOCOL["swi"],
    geometry=stack(
        Plane.AXIAL, centre=(0, 18, 16), slices=SLICES, slice_thickness=2.5, pixel=1.5, matrix=(152, 124)
    ),
)
T1 = replace(
    PROTOCOL["t1"],
    geometry=stack(
        Plane.AXIAL, centre=(0, 18, 8), slices=50, slice_thickness=3.0, pixel=1.5, matrix=(160, 132)
    ),
)


@pytest.fixture(scope="module")
def sent() -> list[Dataset]:
    """The four kinds of image in one series, in the order of the export."""
    return list(
        swi_instances(PATIENT, SWI, EXPORT, susceptibility_images(PATIENT, SWI.geometry), first_number=2)
    )


@pytest.fixture
def node(receiving_node: Callable[..., ReceivingNode]) -> ReceivingNode:
    return receiving_node()


@pytest.fixture
def steps(node: ReceivingNode):
    process = AnalysisProcess(str(node.folder / "archive"), timedelta(seconds=300), "ERROR")
    yield StudySteps(node.engine, node.archive, Settings(), process, lambda: datetime.now(UTC), "worker 0")
    process.close()


def received(node: ReceivingNode, steps: StudySteps, files: list[Path], uid: str) -> datetime:
    """The study over an association, and closed."""
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    assert send_files(files, there, "MODALITY").accepted == len(files)
    with writing(steps.engine) as session:
        study = study_by_uid(session, uid)
        came = study.last_received_at
        assert close_version(
            session, study.id, 1, last_received_at=came, complete=True, why="", who="worker 0", now=came
        )
    return came


def motor_band(steps: StudySteps) -> tuple[str, set[str]]:
    """State of the sign, and the keys of its reasons."""
    with reading(steps.engine) as session:
        found = [f for f in session.query(Finding) if f.sign == Sign.MOTOR_BAND]
    return found[0].state, {reason["key"] for one in found for reason in one.reasons}


def segmented(folder: Path) -> list[set[str]]:
    """The instances that each segmentation in an archive refers to."""
    stored = [dcmread(path, stop_before_pixels=True) for path in folder.rglob("*") if path.is_file()]
    return [
        {str(one.ReferencedSOPInstanceUID) for one in series.ReferencedInstanceSequence}
        for ds in stored
        if ds.SOPClassUID == SegmentationStorage
        for series in ds.ReferencedSeriesSequence
    ]


def test_of_one_series_of_four_kinds_the_processed_images_are_measured(node, steps, sent, tmp_path):
    uid = str(sent[0].StudyInstanceUID)
    assert len({str(ds.SeriesInstanceUID) for ds in sent}) == 1
    assert EXPORT.sent[0].part is Part.PROCESSED
    processed = {str(ds.SOPInstanceUID) for ds in sent[:SLICES]}
    settled = received(node, steps, write([*instances(PATIENT, T1, 1), *sent], tmp_path / "study"), uid)
    plan = steps.route(uid, 1)
    assert sorted(stack["contrast"] for stack in plan["brain"]) == ["SWI", "T1"]
    steps.analyse(uid, 1, "brain", plan["brain"], settled)
    state, reasons = motor_band(steps)
    assert state != State.NOT_EVALUATED
    assert "not-magnitude" not in reasons
    of_swi = [
        uids for uids in segmented(node.folder / "archive") if uids & {str(ds.SOPInstanceUID) for ds in sent}
    ]
    assert len(of_swi) == 1
    assert of_swi[0] <= processed


def test_phase_and_projections_alone_are_reported_as_no_swi(node, steps, sent, tmp_path):
    uid = str(sent[0].StudyInstanceUID)
    settled = received(node, steps, write(sent[2 * SLICES :], tmp_path / "study"), uid)
    assert steps.route(uid, 1) == {}
    steps.report(uid, 1, settled)
    state, reasons = motor_band(steps)
    assert state == State.NOT_EVALUATED
    assert "missing-series" in reasons
