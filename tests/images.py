"""Small DICOM objects for the tests of receiving, and their bytes."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.uid as uids
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

STUDY_UID = "1.2.826.0.1.3680043.8.498.77"
_UNCOMPRESSED = (
    uids.ExplicitVRLittleEndian,
    uids.ImplicitVRLittleEndian,
    uids.DeflatedExplicitVRLittleEndian,
    uids.ExplicitVRBigEndian,
)


def mr_image(
    number: int = 1,
    *,
    series: int = 1,
    study: str = STUDY_UID,
    sop_class: str = uids.MRImageStorage,
    syntax: str = uids.ExplicitVRLittleEndian,
    size: int = 16,
    **attributes: Any,
) -> FileDataset:
    """An MR image of noise; where the syntax is compressed, of bytes that no decoder has to like.

    Parameters
    ----------
    attributes
        Changed by DICOM keyword; ``None`` leaves the element out.
    """
    rng = np.random.default_rng([number, series])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(f"{study}.{series}.{number}")
    meta.TransferSyntaxUID = UID(syntax)
    encoding = {
        "is_implicit_VR": UID(syntax).is_implicit_VR,
        "is_little_endian": UID(syntax).is_little_endian,
    }
    ds = FileDataset("", Dataset(), file_meta=meta, preamble=bytes(128), **encoding)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.SOPClassUID = UID(sop_class)
    ds.SOPInstanceUID = UID(f"{study}.{series}.{number}")
    ds.StudyDate = "20260314"
    ds.AccessionNumber = "A-77"
    ds.Modality = "MR"
    ds.SeriesDescription = f"series {series}"
    ds.PatientName = "Planck^Max"
    ds.PatientID = "PID-77"
    ds.StudyInstanceUID = UID(study)
    ds.SeriesInstanceUID = UID(f"{study}.{series}")
    ds.SeriesNumber = series
    ds.InstanceNumber = number
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [0, 0, 5 * number]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows = ds.Columns = size
    ds.PixelSpacing = [1, 1]
    ds.SliceThickness = 5
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    pixels = rng.integers(0, 4096, (size, size), np.uint16).tobytes()
    ds.add_new("PixelData", "OW", pixels if syntax in _UNCOMPRESSED else encapsulate([pixels]))
    for keyword, value in attributes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def file_bytes(ds: FileDataset) -> bytes:
    """The object as a DICOM file."""
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dataset_bytes(ds: FileDataset) -> bytes:
    """The object's dataset as it goes over the network: without file meta information."""
    return without_meta(file_bytes(ds))


def without_meta(content: bytes) -> bytes:
    """The dataset of a DICOM file that begins its meta information with the group length (PS3.10, 7.1)."""
    if content[128:136] != b"DICM\x02\x00\x00\x00":
        raise ValueError("no DICOM file")
    return content[144 + int.from_bytes(content[140:144], "little") :]


def write_files(images: Sequence[FileDataset], folder: Path) -> list[Path]:
    """Write objects as files, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index:04}.dcm" for index in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(file_bytes(image))
    return paths
