"""Write a synthetic patient as a DICOM study, with the truth beside it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import FileDataset

from phantoms.enhanced import enhanced_instance
from phantoms.headers import study_header
from phantoms.patient import PhantomPatient
from phantoms.protocol import DEMO_SERIES, PROTOCOL, SeriesPlan
from phantoms.series import instances
from phantoms.truth import truth_of

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True)
class WrittenSeries:
    """A series on disk."""

    key: str
    series_instance_uid: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """A study on disk.

    Attributes
    ----------
    truth
        JSON-able: what was drawn, as :func:`phantoms.truth.truth_of` says.
    """

    folder: Path
    study_instance_uid: str
    series: tuple[WrittenSeries, ...]
    truth: dict[str, Any]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every instance of the study."""
        return tuple(path for series in self.series for path in series.files)


def write_study(
    patient: PhantomPatient,
    folder: Path,
    series: Sequence[str] = DEMO_SERIES,
    *,
    enhanced: bool = False,
) -> Study:
    """Make every series of a patient and write it below a folder.

    Parameters
    ----------
    folder
        Made if it does not exist; a folder per series goes into it, and ``truth.json``.
    series
        Keys of ``protocol.PROTOCOL``.
    enhanced
        Write one Enhanced MR instance a series, and not one MR instance a slice.

    Raises
    ------
    ValueError
        If a series is not of the protocol, or one is named twice.
    FileExistsError
        If the folder already holds something.
    """
    unknown = [key for key in series if key not in PROTOCOL]
    if unknown or not series or len(set(series)) < len(series):
        raise ValueError(f"the series must be some of {', '.join(PROTOCOL)}, each once")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    written = tuple(
        _write_series(patient, PROTOCOL[key], folder, number, enhanced=enhanced)
        for number, key in enumerate(series, start=1)
    )
    truth = truth_of(patient, [PROTOCOL[key] for key in series])
    truth["series"] = [
        {"key": s.key, "uid": s.series_instance_uid, "instances": len(s.files)} for s in written
    ]
    study_uid = str(study_header(patient).StudyInstanceUID)
    truth["study_instance_uid"] = study_uid
    (folder / TRUTH_FILE).write_text(json.dumps(truth, indent=2) + "\n")
    return Study(folder, study_uid, written, truth)


def _write_series(
    patient: PhantomPatient, plan: SeriesPlan, folder: Path, number: int, *, enhanced: bool
) -> WrittenSeries:
    place = folder / f"{number:02d}_{plan.key}"
    place.mkdir()
    files = []
    uid = ""
    made: Iterable[FileDataset] = (
        [enhanced_instance(patient, plan, number)] if enhanced else instances(patient, plan, number)
    )
    for index, ds in enumerate(made, start=1):
        files.append(place / f"IM{index:04d}.dcm")
        ds.save_as(files[-1], enforce_file_format=True)
        uid = str(ds.SeriesInstanceUID)
    return WrittenSeries(plan.key, uid, tuple(files))
