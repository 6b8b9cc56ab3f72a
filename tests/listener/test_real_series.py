"""Real series from scanners, all the way from files to volumes."""

import shutil
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread
from rich.console import Console

from listener.archive import Key
from listener.folder import FolderStore, classify_folder
from listener.routing import route
from listener.stored_images import StackReference, read_stack
from listener.study_images import study_stacks
from processors.acquisition import BodyPart, Contrast
from processors.attributes import UNREADABLE
from processors.volume import VolumeError

SHARED = Path(__file__).parents[3] / "shared" / "data" / "dicom"
PYDICOM = Path(pydicom.data.__file__).parent / "test_files"


def studies_below(folder: Path):
    """A store of the MR images below a folder, and the instances of each series of each study."""
    store, studies = FolderStore(), {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            ds = dcmread(path, stop_before_pixels=True)
            if ds.get("Modality") != "MR":
                continue
            key = Key(str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID))
        except UNREADABLE:
            continue
        if key not in store.paths:
            store.paths[key] = path
            series = studies.setdefault(key.study_instance_uid, {})
            series.setdefault(key.series_instance_uid, []).append((str(ds.SOPClassUID), key.sop_instance_uid))
    return store, studies


def reference(stack) -> StackReference:
    found = stack.classified.classification
    return StackReference(
        stack.classified.series_instance_uid, found.contrast, found.plane, found.body_part, stack.frames
    )


@pytest.mark.parametrize(
    ("folder", "slices"),
    [("siemens_prisma_flash", 35), ("siemens_xa30_enhanced", 96)],
    ids=["classic", "enhanced"],
)
def test_a_brain_becomes_a_volume_of_the_analysis(folder, slices):
    if not (SHARED / folder).is_dir():
        pytest.skip(f"no images at {SHARED / folder}")
    store, studies = studies_below(SHARED / folder)
    ((study, images),) = studies.items()
    (stack,) = study_stacks(store, study, images)
    found = stack.classified.classification
    assert (found.contrast, found.body_part) == (Contrast.T1, BodyPart.BRAIN), found.evidence
    (decision,) = route([stack.classified])
    assert decision.analysis == "brain"
    volume = read_stack(store, study, reference(stack))
    assert volume.array.shape[0] == slices
    assert np.isfinite(volume.array).all()
    assert volume.contrast is Contrast.T1


def test_what_pydicom_ships_is_classified_and_read_or_refused_with_a_reason():
    store, studies = studies_below(PYDICOM)
    assert studies
    for study, images in studies.items():
        stacks = study_stacks(store, study, images)
        for stack, decision in zip(stacks, route([one.classified for one in stacks]), strict=True):
            assert stack.classified.classification.evidence
            assert decision.why
            assert _volume_or_reason(store, study, stack)


def _volume_or_reason(store, study, stack) -> str:
    try:
        return f"{read_stack(store, study, reference(stack)).array.shape}"
    except VolumeError as refused:
        return refused.reason.sentence


def test_the_command_shows_class_evidence_and_way(tmp_path):
    console = Console(record=True, width=200)
    classify_folder(PYDICOM / "dicomdirtests", (), console)
    shown = console.export_text()
    for word in ("Study", "is ", "goes", "because"):
        assert word in shown
    empty = Console(record=True)
    classify_folder(tmp_path, (), empty)
    assert "no DICOM" in empty.export_text()


def test_copies_of_an_instance_count_once(tmp_path):
    for copy in ("a.dcm", "b.dcm"):
        shutil.copy(PYDICOM / "MR_small.dcm", tmp_path / copy)
    console = Console(record=True, width=200)
    classify_folder(tmp_path, (), console)
    assert ", 1 images" in console.export_text()
