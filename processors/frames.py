"""One slice of a series before its pixels are read: where it lies, and what its stored values mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from processors.attributes import (
    functional_groups,
    group,
    integer,
    is_stated,
    number,
    numbers,
    text,
    words,
    words_in_order,
)
from processors.findings import Reason
from processors.volume import SliceSource, VolumeError

ORIENTATION_TOLERANCE = 5e-3
"""Deviation of direction cosines from unit length and right angles that rounding in headers explains."""

OPPOSED = -0.5
"""Cosine between a direction in words and in numbers, below which one of them is wrong."""

LETTERS = "LRPAHF"
"""The patient's own directions in words, two for each axis, the one that LPS coordinates grow in first."""

FARTHEST_MM = 1e5
"""A position or spacing beyond this is not a place in a scanner."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A single-frame instance, or one frame of a multi-frame instance.

    Attributes
    ----------
    index
        Of the frame in its instance's pixel data, from 0.
    position
        Shape (3,): centre of the first voxel, LPS mm.
    along_row, along_column
        Shape (3,): unit vectors of growing column index and of growing row index, LPS.
    pixel_spacing
        Millimetres between rows and between columns.
    """

    dataset: Dataset
    source: SliceSource
    index: int
    order: int
    shape: tuple[int, int]
    position: npt.NDArray[np.float64]
    along_row: npt.NDArray[np.float64]
    along_column: npt.NDArray[np.float64]
    pixel_spacing: tuple[float, float]
    slope: float
    intercept: float

    @property
    def normal(self) -> npt.NDArray[np.float64]:
        """Shape (3,): the slice normal, LPS."""
        return np.cross(self.along_row, self.along_column)


def frames_of(
    datasets: Sequence[Dataset], chosen: Mapping[str, Sequence[int]] | None = None
) -> tuple[Frame, ...]:
    """Every frame of the instances, in the order given.

    Parameters
    ----------
    datasets
        Instances of one series.
    chosen
        Frame numbers, from 1, of each SOP Instance UID; an instance that is not named gives all its frames.

    Raises
    ------
    VolumeError
        ``missing-geometry`` if a frame does not say where it lies, or says something impossible;
        ``orientation-conflict`` if it says two things that contradict each other;
        ``unreadable-pixels`` if its stored values have no meaning; ``mosaic`` for tiled slices.
    """
    found: list[Frame] = []
    for ds in datasets:
        uid = text(ds, "SOPInstanceUID") or ""
        named = integer(ds, "InstanceNumber")
        places = functional_groups(ds)
        count = integer(ds, "NumberOfFrames") or 1
        if places and count != len(places):
            raise VolumeError(Reason.of("unreadable-pixels"))
        if not places and count != 1:
            raise VolumeError(Reason.of("missing-geometry"))
        if not places and "MOSAIC" in words(ds, "ImageType"):
            raise VolumeError(Reason.of("mosaic"))
        if not places:
            source = SliceSource(text(ds, "SOPClassUID") or "", uid, instance_number=named)
            found.append(_frame(ds, (ds,), source, 0))
            continue
        for frame_number in (chosen or {}).get(uid, range(1, count + 1)):
            if not 1 <= frame_number <= count:
                raise VolumeError(Reason.of("missing-geometry"))
            source = SliceSource(text(ds, "SOPClassUID") or "", uid, frame_number, named)
            found.append(_frame(ds, places[frame_number - 1], source, frame_number - 1))
    return tuple(found)


def _frame(ds: Dataset, places: tuple[Dataset, ...], source: SliceSource, index: int) -> Frame:
    enhanced = source.frame is not None

    def macro(keyword: str) -> Dataset:
        return (group(places, keyword) or Dataset()) if enhanced else ds

    position = numbers(macro("PlanePositionSequence"), "ImagePositionPatient")
    spacing = numbers(macro("PixelMeasuresSequence"), "PixelSpacing")
    rows, columns = integer(ds, "Rows"), integer(ds, "Columns")
    if (
        position is None
        or len(position) != 3
        or spacing is None
        or len(spacing) != 2
        or rows is None
        or columns is None
        or min(rows, columns) < 1
        or max(map(abs, position)) > FARTHEST_MM
        or not 0 < min(spacing) <= max(spacing) < FARTHEST_MM
    ):
        raise VolumeError(Reason.of("missing-geometry"))
    along_row, along_column = _directions(macro("PlaneOrientationSequence"))
    if not enhanced and _opposed(words_in_order(ds, "PatientOrientation"), (along_row, along_column)):
        raise VolumeError(Reason.of("orientation-conflict"))
    slope, intercept = _rescale(macro("PixelValueTransformationSequence"))
    return Frame(
        dataset=ds,
        source=source,
        index=index,
        order=integer(ds, "InstanceNumber") or 0,
        shape=(rows, columns),
        position=np.array(position),
        along_row=along_row,
        along_column=along_column,
        pixel_spacing=(spacing[0], spacing[1]),
        slope=slope,
        intercept=intercept,
    )


def _directions(place: Dataset) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    cosines = numbers(place, "ImageOrientationPatient")
    if cosines is None or len(cosines) != 6 or max(map(abs, cosines)) > 2:
        raise VolumeError(Reason.of("missing-geometry"))
    along_row, along_column = np.array(cosines[:3]), np.array(cosines[3:])
    lengths = np.linalg.norm([along_row, along_column], axis=1)
    if np.any(np.abs(lengths - 1) > ORIENTATION_TOLERANCE) or abs(along_row @ along_column) > (
        ORIENTATION_TOLERANCE
    ):
        raise VolumeError(Reason.of("missing-geometry"))
    along_row /= lengths[0]
    along_column -= (along_row @ along_column) * along_row
    return along_row, along_column / np.linalg.norm(along_column)


def _opposed(named: Sequence[str], directions: Sequence[npt.NDArray[np.float64]]) -> bool:
    """Whether Patient Orientation names the way that the rows or the columns do not run.

    Mirrored headers leave that trace: one of the two attributes was changed and the other was not.
    """
    for name, direction in zip(named, directions, strict=False):
        axis, backwards = divmod(LETTERS.find(name[:1] or " "), 2)
        if axis >= 0 and direction[axis] * (-1) ** backwards < OPPOSED:
            return True
    return False


def _rescale(place: Dataset) -> tuple[float, float]:
    slope, intercept = number(place, "RescaleSlope"), number(place, "RescaleIntercept")
    if slope is None and not is_stated(place, "RescaleSlope"):
        slope = 1.0
    if intercept is None and not is_stated(place, "RescaleIntercept"):
        intercept = 0.0
    if slope is None or slope == 0 or intercept is None or "ModalityLUTSequence" in place:
        raise VolumeError(Reason.of("unreadable-pixels"))
    return slope, intercept
