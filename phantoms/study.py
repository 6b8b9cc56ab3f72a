"""Write a synthetic patient as a DICOM study, with the truth beside it."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from phantoms.headers import series_header, stored_values, study_header
from phantoms.imaging import head_volume, neck_volume
from phantoms.patient import PhantomPatient
from phantoms.protocol import DEMO_SERIES, PROTOCOL, SeriesPlan
from phantoms.truth import truth_of
from phantoms.vendors import STYLES
from processors.acquisition import BodyPart, Contrast
from processors.parameters import acquisition_of
from processors.volume import Volume

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


def write_study(patient: PhantomPatient, folder: Path, series: Sequence[str] = DEMO_SERIES) -> Study:
    """Make every series of a patient and write it below a folder.

    Parameters
    ----------
    folder
        Made if it does not exist; a folder per series goes into it, and ``truth.json``.
    series
        Keys of ``protocol.PROTOCOL``.

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
        _write_series(patient, PROTOCOL[key], folder, number) for number, key in enumerate(series, start=1)
    )
    truth = truth_of(patient, [PROTOCOL[key] for key in series])
    truth["series"] = [
        {"key": s.key, "uid": s.series_instance_uid, "instances": len(s.files)} for s in written
    ]
    study_uid = str(study_header(patient).StudyInstanceUID)
    truth["study_instance_uid"] = study_uid
    (folder / TRUTH_FILE).write_text(json.dumps(truth, indent=2) + "\n")
    return Study(folder, study_uid, written, truth)


def series_volume(patient: PhantomPatient, plan: SeriesPlan) -> Volume:
    """The volume of one series of the protocol, as :func:`write_study` writes it."""
    contrast = plan.contrast
    if patient.post_contrast and contrast is Contrast.T1:
        contrast = Contrast.T1_POST_CONTRAST
    if plan.body_part is BodyPart.BRAIN:
        volume = head_volume(patient, contrast, plan.geometry, plan.family)
    else:
        volume = neck_volume(patient, contrast, plan.geometry)
    return replace(volume, acquisition=acquisition_of(series_header(patient, plan, volume, 1)))


def instances(patient: PhantomPatient, plan: SeriesPlan, number: int) -> Iterator[FileDataset]:
    """The classic MR instances of one series, in the order of its slices."""
    volume = series_volume(patient, plan)
    common = series_header(patient, plan, volume, number)
    pixels = stored_values(STYLES[patient.vendor], plan.contrast, volume.array)
    for index, source in enumerate(volume.sources):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = UID(source.sop_instance_uid)
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = FileDataset("", _copy(common), file_meta=meta, preamble=b"\0" * 128)
        ds.SOPInstanceUID = source.sop_instance_uid
        ds.InstanceNumber = index + 1
        position = volume.affine[:3, 3] + index * volume.affine[:3, 0]
        ds.ImagePositionPatient = [f"{v:.6f}" for v in position]
        ds.SliceLocation = f"{float(position @ volume.affine[:3, 0]) / volume.spacing[0]:.6f}"
        ds.PixelData = pixels[index].tobytes()
        yield ds


def _copy(common: Dataset) -> Dataset:
    fresh = Dataset()
    for element in common:
        fresh.add(deepcopy(element) if element.VR == "SQ" else element)
    return fresh


def _write_series(patient: PhantomPatient, plan: SeriesPlan, folder: Path, number: int) -> WrittenSeries:
    place = folder / f"{number:02d}_{plan.key}"
    place.mkdir()
    files = []
    uid = ""
    for index, ds in enumerate(instances(patient, plan, number), start=1):
        files.append(place / f"IM{index:04d}.dcm")
        ds.save_as(files[-1], enforce_file_format=True)
        uid = str(ds.SeriesInstanceUID)
    return WrittenSeries(plan.key, uid, tuple(files))
