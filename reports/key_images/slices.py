"""Slices of a volume as a radiologist looks at them: from feet, front or left, in true proportion.

Pictures are not stored the way the scanner did, but turned: the patient's left is on the right of axial and
coronal pictures, the front is at the top of axial and on the left of sagittal ones. The letters at the edges
are computed from the affine, never from the turning.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from processors.acquisition import Plane
from processors.depiction import RegionMap
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

_RIGHTWARDS = {0: (0.0, 1.0, 0.0), 1: (1.0, 0.0, 0.0), 2: (1.0, 0.0, 0.0)}
_DOWNWARDS = {0: (0.0, 0.0, -1.0), 1: (0.0, 0.0, -1.0), 2: (0.0, 1.0, 0.0)}
"""LPS directions to the right of and down a picture, by the patient axis that its normal is nearest to."""
_PLANES = {0: Plane.SAGITTAL, 1: Plane.CORONAL, 2: Plane.AXIAL}
_ENDS = (("R", "L"), ("A", "P"), ("F", "H"))
"""Letters at the negative and the positive end of each LPS axis."""

OBLIQUE_COSINE = 0.26
"""A direction that leaves its axis by more than 15 degrees towards another gets that axis' letter, too."""

SQUARE_ENOUGH = 2.0
"""Voxels up to so much longer than wide are shown across the slices; longer ones only slice by slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One slice, turned to be looked at.

    Attributes
    ----------
    pixels
        Shape (rows, columns), float32: signal.
    labels
        Shape (rows, columns), uint8: those of the region map, 0 elsewhere.
    to_patient
        Shape (3, 3): maps (row, column, 1) to LPS millimetres.
    axis, index
        Where it was cut from the volume's array; axis 0 is a slice as it was acquired.
    """

    pixels: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    to_patient: FloatArray
    axis: int
    index: int
    plane: Plane

    @property
    def spacing(self) -> tuple[float, float]:
        """Millimetres between rows and between columns."""
        down, right = np.linalg.norm(self.to_patient[:, :2], axis=0)
        return float(down), float(right)

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """What the picture shows at its left, right, top and bottom edge."""
        down, right = self.to_patient[:, 0], self.to_patient[:, 1]
        return letters(-right), letters(right), letters(-down), letters(down)

    @property
    def place(self) -> tuple[str, float]:
        """Where the middle of the slice lies along the patient axis across it: a letter, and millimetres."""
        rows, columns = self.pixels.shape
        middle = self.to_patient @ np.array([(rows - 1) / 2, (columns - 1) / 2, 1.0])
        along = next(axis for axis, plane in _PLANES.items() if plane is self.plane)
        return _ENDS[along][int(middle[along] >= 0)], abs(float(middle[along]))

    @property
    def height_mm(self) -> float:
        """Where the middle of the slice lies along the patient axis across it, LPS."""
        letter, millimetres = self.place
        return millimetres if letter in "LPH" else -millimetres

    def row_column(self, points: FloatArray) -> FloatArray:
        """Row and column of points in the patient (LPS mm), each laid square onto the slice.

        Parameters
        ----------
        points
            Shape (n, 3).
        """
        found = np.linalg.lstsq(self.to_patient[:, :2], (points - self.to_patient[:, 2]).T, rcond=None)[0]
        return np.asarray(found.T, dtype=np.float64)


def letters(direction: FloatArray) -> str:
    """The patient's end that a direction points to, by DICOM's letters, the strongest first.

    Parameters
    ----------
    direction
        Shape (3,): LPS, of any length but 0.
    """
    cosines = direction / np.linalg.norm(direction)
    order = np.argsort(-np.abs(cosines), kind="stable")
    first, *others = [int(axis) for axis in order]
    named = [first, *(axis for axis in others if abs(cosines[axis]) > OBLIQUE_COSINE)]
    return "".join(_ENDS[axis][int(cosines[axis] > 0)] for axis in named)


def cutting_axis(volume: Volume, plane: Plane) -> int:
    """The axis of the array to cut a volume across, so that a plane is seen.

    It is 0, which gives the slices as they were acquired, where the voxels are too long for another.
    """
    wanted = next(axis for axis, named in _PLANES.items() if named is plane)
    directions = np.abs(volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0))
    nearest = int(np.argmax(directions[wanted]))
    across = [step for axis, step in enumerate(volume.spacing) if axis != nearest]
    return nearest if nearest == 0 or max(across) <= SQUARE_ENOUGH * min(across) else 0


def cut(volume: Volume, axis: int, index: int, regions: RegionMap | None = None) -> Slice:
    """One slice of a volume, with the labels of a region map, turned to be looked at."""
    pixels = np.nan_to_num(np.take(volume.array, index, axis=axis), posinf=0.0, neginf=0.0)
    labels = np.zeros(pixels.shape, dtype=np.uint8)
    kept = [other for other in range(3) if other != axis]
    if regions is not None:
        here = regions.indices[:, axis] == index
        labels[tuple(regions.indices[here][:, kept].T)] = regions.labels[here]
    origin = volume.affine[:3, 3] + index * volume.affine[:3, axis]
    to_patient = np.column_stack([volume.affine[:3, kept[0]], volume.affine[:3, kept[1]], origin])
    return _turned(pixels, labels, to_patient, axis, index)


def _turned(
    pixels: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    to_patient: FloatArray,
    axis: int,
    index: int,
) -> Slice:
    steps = to_patient[:, :2] / np.linalg.norm(to_patient[:, :2], axis=0)
    normal = int(np.argmax(np.abs(np.cross(steps[:, 0], steps[:, 1]))))
    right, down = np.array(_RIGHTWARDS[normal]), np.array(_DOWNWARDS[normal])
    as_stored = abs(steps[:, 0] @ down) + abs(steps[:, 1] @ right)
    if abs(steps[:, 0] @ right) + abs(steps[:, 1] @ down) > as_stored:
        pixels, labels, to_patient = pixels.T, labels.T, to_patient[:, [1, 0, 2]]
    for side, wanted in ((0, down), (1, right)):
        if to_patient[:, side] @ wanted < 0:
            last = to_patient[:, 2] + (pixels.shape[side] - 1) * to_patient[:, side]
            pixels, labels = np.flip(pixels, side), np.flip(labels, side)
            to_patient = to_patient.copy()
            to_patient[:, side], to_patient[:, 2] = -to_patient[:, side], last
    return Slice(pixels, labels, to_patient, axis, index, _PLANES[normal])


def body_centre(shown: Slice) -> tuple[float, float]:
    """Row and column of the middle of what is not air."""
    smooth = ndi.uniform_filter(shown.pixels, 5)
    body = smooth > 0.2 * np.percentile(smooth, 98)
    if not body.any():
        return (shown.pixels.shape[0] - 1) / 2, (shown.pixels.shape[1] - 1) / 2
    middle = [(np.flatnonzero(body.any(axis=1 - side))[[0, -1]].sum()) / 2 for side in (0, 1)]
    return float(middle[0]), float(middle[1])


@dataclass(frozen=True, slots=True)
class Field:
    """The part of a slice that is shown, and how large.

    Attributes
    ----------
    centre
        Row and column of the slice.
    size
        Height and width of the picture, pixels.
    scale
        Pixels for each millimetre.
    """

    centre: tuple[float, float]
    size: tuple[int, int]
    scale: float

    def pixel_of(self, shown: Slice, row_column: FloatArray) -> FloatArray:
        """Row and column of the picture for rows and columns of the slice; shape (n, 2)."""
        step = np.array(shown.spacing) * self.scale
        return (row_column - self.centre) * step + (np.array(self.size) - 1) / 2

    def signal(self, shown: Slice) -> npt.NDArray[np.float32]:
        """The slice's signal at every pixel of the picture, cubically interpolated; 0 outside."""
        found = ndi.map_coordinates(
            shown.pixels, self._rows_columns(shown), order=3, mode="constant", cval=0.0, prefilter=True
        )
        return np.asarray(found, dtype=np.float32)

    def labels(self, shown: Slice) -> npt.NDArray[np.uint8]:
        """The label of the voxel that every pixel of the picture lies in; 0 outside."""
        rows, columns = np.rint(self._rows_columns(shown)).astype(np.intp)
        height, width = shown.labels.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        found = shown.labels[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
        return np.where(inside, found, 0).astype(np.uint8)

    def _rows_columns(self, shown: Slice) -> FloatArray:
        step = np.array(shown.spacing) * self.scale
        grid = np.indices(self.size).astype(np.float64)
        middle = (np.array(self.size) - 1) / 2
        centre = np.array(self.centre)
        found = (grid - middle[:, None, None]) / step[:, None, None] + centre[:, None, None]
        return np.asarray(found, dtype=np.float64)
