"""Signal voids of large magnetic sources on gradient echoes: implants, air, large bleedings.

The field of a compact source falls with the third power of the distance, and its gradient, which dephases the
signal within a voxel, with the fourth (Schenck, Med Phys 1996;23:815). Where the void ends, the phase still
turns about once a voxel; at twice its radius by a sixteenth of that, which takes less than 1 % of the signal.
So what lies within a void's radius of its edge is no measure of the tissue.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, label
from scipy.spatial import cKDTree

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

EMPTY = 0.25
"""Of the signal of cortex: below that neither fluid nor cortex is."""
WIDER_MM = 2.5
"""Radius of a ball that fits into a void: cortical veins and the fluid of a sulcus are narrower."""
STEP_MM = 1.5
"""Spacing at which voids are looked for, or the voxels' own where they are larger."""
LEAST_MM = 3.0
"""Least reach of a void beyond its edge."""


def beside_voids(
    array: npt.NDArray[np.float32],
    spacing: tuple[float, float, float],
    cortex: float,
    indices: IntArray,
) -> BoolArray:
    """Which voxels of the brain lie in a signal void, or within its radius of its edge.

    What is dark outside of the brain is no void: only such as reach some of the voxels count.

    Parameters
    ----------
    array
        Shape (slices, rows, columns): all that surrounds the voxels.
    spacing
        Millimetres between slices, rows and columns.
    cortex
        Usual signal of cortex.
    indices
        Shape (n, 3), of the voxels that are asked for, which are the brain's.

    Returns
    -------
    Shape (n,).
    """
    strides = np.array([max(1, round(STEP_MM / step)) for step in spacing])
    coarse = array[tuple(slice(None, None, stride) for stride in strides)]
    step = strides * np.array(spacing)
    wide = _opened(np.asarray(coarse < EMPTY * cortex), step)
    at = np.minimum(np.rint(indices / strides).astype(np.intp), np.array(coarse.shape) - 1)
    within: BoolArray = wide[tuple(at.T)]
    if not within.any():
        return within
    cells = np.unique(at[within], axis=0)
    marked = np.zeros(coarse.shape, dtype=bool)
    marked[tuple(cells.T)] = True
    parts, count = label(marked, np.ones((3, 3, 3)))
    points = indices * np.array(spacing)
    found = within.copy()
    for number in range(1, count + 1):
        part = np.argwhere(parts == number)
        radius = float(np.cbrt(len(part) * np.prod(step) * 3 / (4 * np.pi)))
        away, _ = cKDTree(part * step).query(points, distance_upper_bound=max(radius, LEAST_MM))
        found |= np.isfinite(away)
    return found


def _opened(dark: BoolArray, step: FloatArray) -> BoolArray:
    """What remains of a mask where a ball of :data:`WIDER_MM` fits into it."""
    if not dark.any() or dark.all():
        return dark
    core = np.asarray(distance_transform_edt(dark, sampling=step) > WIDER_MM, dtype=np.bool_)
    if not core.any():
        return core
    return np.asarray(distance_transform_edt(~core, sampling=step) <= WIDER_MM, dtype=np.bool_)
