"""What the demo sends: synthetic patients made for it, or the studies of a folder."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread

from listener.sending import dicom_files
from phantoms.patient import PhantomPatient, healthy, seed_patient
from phantoms.study import Study, write_study
from processors.attributes import UNREADABLE
from processors.findings import Sign

SEED = 7


@dataclass(frozen=True, slots=True)
class Case:
    """One study to send.

    Attributes
    ----------
    drawn
        The signs that were put in, or ``None`` where no one knows.
    """

    name: str
    study_instance_uid: str
    files: tuple[Path, ...]
    drawn: frozenset[Sign] | None


def synthetic_cases(folder: Path) -> dict[str, Future[Case]]:
    """Make two patients at once, each in a process: one with the signs, one healthy."""
    patients = {"with the signs": seed_patient(SEED), "healthy": healthy(SEED + 1)}
    pool = ProcessPoolExecutor(max_workers=len(patients))
    cases = {
        name: pool.submit(_make, name, patient, folder / name.replace(" ", "-"))
        for name, patient in patients.items()
    }
    pool.shutdown(wait=False)
    return cases


def _make(name: str, patient: PhantomPatient, folder: Path) -> Case:
    study: Study = write_study(patient, folder)
    drawn = frozenset(sign for sign in Sign if patient.change(sign))
    return Case(name, study.study_instance_uid, study.files, drawn)


def cases_of_folder(folder: Path) -> dict[str, Case]:
    """The studies below a folder, by the order they are found in; files that say no study are left out."""
    files: dict[str, list[Path]] = {}
    for path in dicom_files(folder):
        uid = _study_of(path)
        if uid:
            files.setdefault(uid, []).append(path)
    return {
        name: Case(name, uid, tuple(paths), None)
        for name, (uid, paths) in zip(_names(files), files.items(), strict=True)
    }


def _study_of(path: Path) -> str:
    try:
        ds = dcmread(path, stop_before_pixels=True, specific_tags=["StudyInstanceUID"])
        return str(ds.get("StudyInstanceUID") or "")
    except UNREADABLE:
        return ""


def _names(studies: Mapping[str, object]) -> Iterable[str]:
    return (f"study {number}" for number in range(1, len(studies) + 1))
