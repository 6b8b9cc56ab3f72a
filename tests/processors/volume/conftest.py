from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage

REAL = Path(__file__).parents[4] / "shared" / "data" / "dicom"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def voxels(slices: int = 5, rows: int = 6, columns: int = 4, dtype: str = "u2") -> np.ndarray:
    """Every voxel has a value of its own."""
    return np.arange(slices * rows * columns).reshape(slices, rows, columns).astype(dtype)


def _pixel_module(ds: Dataset, array: np.ndarray, bits_stored: int | None) -> None:
    ds.Rows, ds.Columns = array.shape[-2:]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated = array.itemsize * 8
    ds.BitsStored = bits_stored or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(array.dtype.kind == "i")
    ds.PixelData = array.astype(array.dtype.newbyteorder("<")).tobytes()
    ds["PixelData"].VR = "OW"


def _positions(count: int, cosines: Sequence[float], step: float, origin: Sequence[float]) -> np.ndarray:
    normal = np.cross(cosines[:3], cosines[3:])
    return np.asarray(origin) + np.arange(count)[:, None] * step * normal


def _base(sop_class: str, uid: str) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", "1.2.4"
    ds.Modality = "MR"
    return ds


def make_classic(
    array: np.ndarray,
    cosines: Sequence[float] = AXIAL,
    spacing: Sequence[float] = (3.0, 0.5, 0.7),
    origin: Sequence[float] = (-10.0, 20.0, 30.0),
    bits_stored: int | None = None,
) -> list[Dataset]:
    """One MR Image instance per slice; ``spacing`` is between slices, rows and columns."""
    found = []
    places = _positions(len(array), cosines, spacing[0], origin)
    for number, (pixels, position) in enumerate(zip(array, places, strict=True), start=1):
        ds = _base(MRImageStorage, f"1.2.3.{number}")
        ds.InstanceNumber = number
        ds.ImagePositionPatient = [float(x) for x in position]
        ds.ImageOrientationPatient = [float(x) for x in cosines]
        ds.PixelSpacing = list(spacing[1:])
        _pixel_module(ds, pixels, bits_stored)
        found.append(ds)
    return found


def make_enhanced(
    array: np.ndarray, cosines: Sequence[float] = AXIAL, *, shared_plane: bool = True
) -> Dataset:
    """One Enhanced MR instance with the spacing and origin of :func:`make_classic`."""

    def group(**attributes: object) -> pydicom.Sequence:
        item = Dataset()
        for keyword, value in attributes.items():
            setattr(item, keyword, value)
        return pydicom.Sequence([item])

    ds = _base(EnhancedMRImageStorage, "1.2.3.99")
    ds.NumberOfFrames = len(array)
    shared = Dataset()
    shared.PixelMeasuresSequence = group(PixelSpacing=[0.5, 0.7], SliceThickness=3)
    shared.MRTimingAndRelatedParametersSequence = group(RepetitionTime=2000)
    orientation = group(ImageOrientationPatient=[float(x) for x in cosines])
    if shared_plane:
        shared.PlaneOrientationSequence = orientation
    ds.SharedFunctionalGroupsSequence = pydicom.Sequence([shared])
    frames = []
    for number, position in enumerate(_positions(len(array), cosines, 3.0, (-10.0, 20.0, 30.0)), start=1):
        frame = Dataset()
        frame.PlanePositionSequence = group(ImagePositionPatient=[float(x) for x in position])
        frame.MREchoSequence = group(EffectiveEchoTime=float(number))
        frame.PixelValueTransformationSequence = group(RescaleSlope=2, RescaleIntercept=number)
        if not shared_plane:
            frame.PlaneOrientationSequence = orientation
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = pydicom.Sequence(frames)
    _pixel_module(ds, array, None)
    return ds


@pytest.fixture(scope="session")
def classic() -> Callable[..., list[Dataset]]:
    return make_classic


@pytest.fixture(scope="session")
def enhanced() -> Callable[..., Dataset]:
    return make_enhanced


@pytest.fixture(scope="session")
def every_voxel() -> Callable[..., np.ndarray]:
    return voxels


@pytest.fixture(params=["siemens_prisma_flash", "siemens_xa30_enhanced"])
def real_folder(request: pytest.FixtureRequest) -> Path:
    folder = REAL / request.param
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}")
    return folder
