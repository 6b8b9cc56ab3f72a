"""Small MR studies, made in milliseconds: enough of a header to be classified, a few pixels to be stored."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

PATIENT = "Grünwald^Ottokar"
PATIENT_ID = "PID-778899"
FRAME_OF_REFERENCE = generate_uid()
SIZE = 32


def image(study_uid: str, series_uid: str, number: int, **attributes: object) -> Dataset:
    """One axial T2 image of a cervical spine; an attribute given as ``None`` is left out."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.SOPClassUID = MRImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study_uid, series_uid
    ds.FrameOfReferenceUID = FRAME_OF_REFERENCE
    ds.PatientName, ds.PatientID = PATIENT, PATIENT_ID
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientBirthDate, ds.PatientSex = "19600102", "M"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20240105", "101112", "S1", "A-4711"
    ds.ReferringPhysicianName = ""
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "MR", "Siemens", "Skyra"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.SeriesNumber, ds.InstanceNumber = 3, number + 1
    ds.SeriesDescription = "t2_tse_tra c-spine"
    ds.ProtocolName, ds.BodyPartExamined = "t2_tse_tra c-spine", "CSPINE"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", ["SK", "SP"], ""
    ds.MRAcquisitionType, ds.MagneticFieldStrength = "2D", 3.0
    ds.RepetitionTime, ds.EchoTime, ds.FlipAngle, ds.EchoTrainLength = 3600.0, 102.0, 150.0, 17
    ds.SliceThickness, ds.SpacingBetweenSlices = 3.0, 3.3
    ds.PixelSpacing = [5.0, 5.0]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [-80.0, -80.0, -40.0 + 3.3 * number]
    ds.Rows = ds.Columns = SIZE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    pixels = np.random.default_rng(number).integers(0, 400, (SIZE, SIZE), dtype=np.uint16)
    ds.PixelData = pixels.tobytes()
    for name, value in attributes.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def series(study_uid: str, images: int = 6, **attributes: object) -> list[Dataset]:
    """One series of a study."""
    uid = generate_uid()
    return [image(study_uid, uid, number, **attributes) for number in range(images)]


def write(datasets: Sequence[Dataset], folder: Path) -> list[Path]:
    """Save instances below a folder, beside what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{ds.SOPInstanceUID}.dcm" for ds in datasets]
    for path, ds in zip(paths, datasets, strict=True):
        ds.save_as(path, enforce_file_format=True)
    return paths


def small_study(folder: Path, **attributes: object) -> tuple[str, list[Path]]:
    """A study of one series: its UID and its files."""
    uid = str(generate_uid())
    return uid, write(series(uid, **attributes), folder / uid)
