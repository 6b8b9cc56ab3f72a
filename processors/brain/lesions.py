"""Lesions of white matter near the tract: plaques, infarcts and leukoaraiosis, in the series' own voxels.

Outliers of the signal in certain white matter that hang together (the idea of the outlier maps of Van Leemput
et al., IEEE TMI 2001;20:677, without their tissue model: only white matter is looked at). A tract that is
bright along its length is not a lesion, however bright: that is what is measured.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

BRIGHT = 1.3
"""Times the reference white matter, away from the tract: brighter than grey matter on FLAIR."""
BRIGHT_IN_TRACT = 1.55
"""The same where the tract may be: a sign of +35 % on tissue that is normally 1.1 stays below."""
DARK = 0.78
"""As dark as old plaques and infarcts on T1, where no sign is dark."""
SPREADS = 4.0
MIN_MM3 = 20.0
MIN_VOXELS = 3
TRACT_MM = 6.0
TRACT_LENGTH_MM = 25.0
"""Longer than this along the tract, and within it, is the tract itself."""
TRACT_SHARE = 0.7


def find_lesions(
    relative: FloatArray,
    indices: IntArray,
    certain: BoolArray,
    distance: FloatArray,
    height: FloatArray,
    voxel_mm3: float,
) -> BoolArray:
    """Which voxels belong to a lesion.

    Parameters
    ----------
    relative
        Shape (n,), signal over that of the reference white matter, without shading.
    indices
        Shape (n, 3): slice, row, column.
    certain
        Shape (n,), what is white matter or brain stem by the atlas, apart from its edge.
    distance
        Shape (n,), to the centreline of the tract, millimetres.
    height
        Shape (n,), of the voxel in the atlas, millimetres.
    voxel_mm3
        Volume of a voxel.

    Returns
    -------
    Shape (n,).
    """
    usual = relative[certain & (relative > 0)]
    if len(usual) < 100:
        return np.zeros(len(relative), dtype=bool)
    low, middle, high = np.percentile(usual, (25, 50, 75))
    reach = SPREADS * (high - low) / 1.349
    in_tract = distance <= TRACT_MM
    bright = relative > np.where(in_tract, BRIGHT_IN_TRACT, max(BRIGHT, middle + reach))
    dark = (relative < min(DARK, middle - reach)) & (relative > 0)
    found = np.zeros(len(relative), dtype=bool)
    for outlying in (bright & certain, dark & certain):
        found |= _clusters(outlying, indices, in_tract, height, voxel_mm3)
    return found


def _clusters(
    outlying: BoolArray, indices: IntArray, in_tract: BoolArray, height: FloatArray, voxel_mm3: float
) -> BoolArray:
    """What hangs together, is large enough, and does not run along the tract."""
    at = np.flatnonzero(outlying)
    if len(at) == 0:
        return np.zeros(len(outlying), dtype=bool)
    corner = indices[at].min(axis=0)
    grid = np.zeros(indices[at].max(axis=0) - corner + 1, dtype=bool)
    place = tuple((indices[at] - corner).T)
    grid[place] = True
    cluster = label(grid, np.ones((3, 3, 3)))[0][place]
    sizes = np.bincount(cluster)
    inside = np.bincount(cluster, in_tract[at]) / np.maximum(sizes, 1)
    top, bottom = np.full(len(sizes), -np.inf), np.full(len(sizes), np.inf)
    np.maximum.at(top, cluster, height[at])
    np.minimum.at(bottom, cluster, height[at])
    tract = (inside >= TRACT_SHARE) & (top - bottom >= TRACT_LENGTH_MM)
    lesion = (sizes >= max(MIN_VOXELS, MIN_MM3 / voxel_mm3)) & ~tract
    result = np.zeros(len(outlying), dtype=bool)
    result[at] = lesion[cluster]
    return result
