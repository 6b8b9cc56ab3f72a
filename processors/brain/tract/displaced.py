"""Whether the tract shows elsewhere than where it was measured.

A tract that is bright along its length is a pair of long, slender, bright strands, one a mirror image of the
other. Where such a pair lies beside the place where the tract was measured, the atlas was not carried over
well, however well the rest agrees: lesions hardly ever make such a pair.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from processors.brain.tract.lesions import clusters
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE, TractMeasurement
from processors.brain.tract.strands import Strand
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

ENDS = ("pons", "subcortical")


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
        and (strand := Strand.of(placed[cluster], len(cluster) * voxel_mm3)) is not None
    ]
    return any(one.mirrors(other) for one, other in combinations(strands, 2))


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


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector))
