"""Whether the tract shows elsewhere than where it was measured.

A tract that is bright along its length is a pair of long, slender, bright strands, one a mirror image of the
other. Where such a pair lies beside the place where the tract was measured, the atlas was not carried over
well, however well the rest agrees: no disease makes two such lesions.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from processors.brain.tract.lesions import SLENDER_MM2, TRACT_LENGTH_MM, clusters
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE, TractMeasurement
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

ENDS = ("pons", "subcortical")
ALIKE_MM = 10.0
"""By which the strands of a pair may differ in their distance from the middle, and from front to back: twice
what left and right of a tract differ by, for the slices are thick."""
SHARED_LENGTH = 0.5
"""Of the shorter strand."""


@dataclass(frozen=True, slots=True)
class _Strand:
    """Millimetres: to the left and to the back of the middle of both tracts, and from where to where up."""

    leftward: float
    backward: float
    low: float
    high: float


def is_displaced(volume: Volume, found: TractMeasurement) -> bool:
    """Whether what was taken for lesions are the two tracts, beside the place where they were measured.

    Parameters
    ----------
    volume
        The series, on which a changed tract is bright.
    found
        The tract in it.
    """
    axes = _axes(volume, found)
    reference = found.labels == next(number for number, region in LABELS if region == REFERENCE)
    lesion = found.labels == next(number for number, region in LABELS if region == LESION)
    if axes is None or not reference.any() or not lesion.any():
        return False
    placed = _patient_mm(volume, found) @ axes[:3, :3].T + axes[:3, 3]
    signal = volume.array[tuple(found.indices.T)]
    usual = float(np.median(signal[reference]))
    voxel_mm3 = float(np.prod(volume.spacing))
    strands = [
        strand
        for cluster in clusters(np.flatnonzero(lesion), found.indices, voxel_mm3)
        if np.median(signal[cluster]) > usual
        and (strand := _strand(placed[cluster], len(cluster) * voxel_mm3)) is not None
    ]
    return any(_mirrored(one, other) for one, other in combinations(strands, 2))


def _axes(volume: Volume, found: TractMeasurement) -> FloatArray | None:
    """Shape (4, 4), from patient millimetres to those to the left, to the back and up of their middle.

    ``None`` where their ends were not found.
    """
    points = _patient_mm(volume, found)
    ends = {}
    for number, region in LABELS:
        if region.name in ENDS and region.side is not None:
            here = points[found.labels == number]
            if not len(here):
                return None
            ends[region.name, region.side] = here.mean(axis=0)
    pons, cortex = ((ends[name, Side.LEFT] + ends[name, Side.RIGHT]) / 2 for name in ENDS)
    up = _unit(cortex - pons)
    across = sum(ends[name, Side.LEFT] - ends[name, Side.RIGHT] for name in ENDS)
    left = _unit(across - (across @ up) * up)
    axes = np.eye(4)
    axes[:3, :3] = left, np.cross(up, left), up
    axes[:3, 3] = -axes[:3, :3] @ (pons + cortex) / 2
    return axes


def _patient_mm(volume: Volume, found: TractMeasurement) -> FloatArray:
    return np.asarray(found.indices @ volume.affine[:3, :3].T + volume.affine[:3, 3])


def _strand(placed: FloatArray, mm3: float) -> _Strand | None:
    """A cluster that is long and slender."""
    low, high = float(placed[:, 2].min()), float(placed[:, 2].max())
    if high - low < TRACT_LENGTH_MM or mm3 > SLENDER_MM2 * (high - low):
        return None
    return _Strand(float(placed[:, 0].mean()), float(placed[:, 1].mean()), low, high)


def _mirrored(one: _Strand, other: _Strand) -> bool:
    shorter = min(one.high - one.low, other.high - other.low)
    return (
        one.leftward * other.leftward < 0
        and abs(one.leftward + other.leftward) <= ALIKE_MM
        and abs(one.backward - other.backward) <= ALIKE_MM
        and min(one.high, other.high) - max(one.low, other.low) >= SHARED_LENGTH * shorter
    )


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector))
