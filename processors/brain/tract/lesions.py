"""Lesions of white matter near the tract: plaques, infarcts and leukoaraiosis, in the series' own voxels.

Outliers of the signal in certain white matter that hang together (the idea of the outlier maps of Van Leemput
et al., IEEE TMI 2001;20:677, without their tissue model: only white matter is looked at). A tract that is
bright along its length is not a lesion, however bright: that is what is measured.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from processors.brain.tract.strands import LENGTH_MM, SLENDER_MM2, Strand

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

BRIGHT = 1.22
"""Times the reference white matter, away from the tract: brighter than grey matter on FLAIR."""
BRIGHT_IN_TRACT = 1.45
"""The same where the tract may be."""
DARK = 0.78
"""As dark as old plaques and infarcts on T1, where no sign is dark."""
SPREADS = 3.5
MIN_MM3 = 20.0
MIN_VOXELS = 3
TRACT_MM = 8.0
"""Around the centreline, where the tract may be."""
TRACT_SHARE = 0.7
"""Of what is long, so much where the tract may be makes it the tract itself."""
LONG_TRACT_SHARE = 0.35
"""The same of what is long and slender: where fibres fan out the tract is wider than that."""
STRAND_MM2, STRAND_SHARE = 60.0, 0.7
"""Of all that is bright and hangs together with a spot: as slender as the tract itself, 20 to 60 mm², and so
much of it where the tract may be. Where the tract lies at the edge of that place, the spot is its outer
part, unless it is much brighter than the rest."""
PAIR_SHARE, PAIR_MM, PAIR_HEIGHTS = 0.35, 9.0, 80
"""The same of one whose mirror image is on the other side, as a lesion's hardly ever is: in white matter that
is all alike nothing tells the atlas how far back the tract runs, and it lay up to a centimetre behind. At so
many per cent of its heights it lies no farther off than the core that is searched for, 7 mm, still meets (p);
of one farther off nothing would be measured."""
HEIGHT_MM = 5.0
FOCAL = 1.25
"""Times (or, dark, a part of) the tract above and below, by which a shorter spot in the tract is a lesion."""
BEYOND_MM = (4.0, 15.0)
TRACT_PERCENTILE = 95.0
"""The middle of the brightest tenth: no more of the place where it may be does a tract of 20 mm² fill."""
FAN_LPS_MM = (42.0, 52.0)
FAN_MM = 6.0
"""Between these heights of the atlas the place where the tract may be widens by so much: fibres to the face
and to the leg leave the centreline there."""


def find_lesions(
    relative: FloatArray,
    indices: IntArray,
    certain: BoolArray,
    distance: FloatArray,
    points: FloatArray,
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
    points
        Shape (n, 3), of the voxels in the atlas, LPS millimetres.
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
    rise = np.clip((points[:, 2] - FAN_LPS_MM[0]) / (FAN_LPS_MM[1] - FAN_LPS_MM[0]), 0, 1)
    in_tract = distance <= TRACT_MM + FAN_MM * rise
    unusual = max(BRIGHT, middle + reach)
    bright = relative > np.where(in_tract, BRIGHT_IN_TRACT, unusual)
    dark = (relative < min(DARK, middle - reach)) & (relative > 0)
    found = np.zeros(len(relative), dtype=bool)
    for outlying in (bright & certain, dark & certain):
        for cluster in clusters(np.flatnonzero(outlying), indices, voxel_mm3):
            if not _is_tract(cluster, relative, certain, in_tract, points, voxel_mm3):
                found[cluster] = True
    strands = clusters(np.flatnonzero((relative > unusual) & certain), indices, voxel_mm3)
    paired = _mirrored(strands, points, voxel_mm3)
    for strand, pair in zip(strands, paired, strict=True):
        near = pair and _is_near(points[strand, 2], distance[strand])
        if _is_strand(strand, in_tract, points, voxel_mm3, PAIR_SHARE if near else STRAND_SHARE):
            usual_there = float(np.median(relative[strand]))
            found[strand[relative[strand] < FOCAL * usual_there]] = False
    return found


def clusters(at: IntArray, indices: IntArray, voxel_mm3: float) -> list[IntArray]:
    """What hangs together and is large enough: parts of ``at``, which are rows of ``indices``."""
    if len(at) == 0:
        return []
    corner = indices[at].min(axis=0)
    grid = np.zeros(indices[at].max(axis=0) - corner + 1, dtype=bool)
    place = tuple((indices[at] - corner).T)
    grid[place] = True
    numbers = label(grid, np.ones((3, 3, 3)))[0][place]
    order = np.argsort(numbers, kind="stable")
    apart = np.split(at[order], np.cumsum(np.bincount(numbers)[1:])[:-1])
    return [cluster for cluster in apart if len(cluster) >= max(MIN_VOXELS, MIN_MM3 / voxel_mm3)]


def _mirrored(bright: list[IntArray], points: FloatArray, voxel_mm3: float) -> list[bool]:
    """Of each cluster, whether it is long and slender and the mirror image of another."""
    strands = [Strand.of(points[cluster], len(cluster) * voxel_mm3) for cluster in bright]
    return [
        strand is not None and any(other is not None and strand.mirrors(other) for other in strands)
        for strand in strands
    ]


def _is_near(height: FloatArray, distance: FloatArray) -> bool:
    """Whether a strand lies near the tract's place at most of its heights; shape (n,) each, millimetres."""
    level = np.floor(height / HEIGHT_MM)
    middles = [np.median(distance[level == one]) for one in np.unique(level)]
    return bool(np.percentile(middles, PAIR_HEIGHTS) <= PAIR_MM)


def _is_strand(
    strand: IntArray, in_tract: BoolArray, points: FloatArray, voxel_mm3: float, share: float
) -> bool:
    """Whether all that hangs together is as long and slender as the tract, and lies about its place."""
    length = float(np.ptp(points[strand, 2]))
    slender = len(strand) * voxel_mm3 < STRAND_MM2 * length
    return length >= LENGTH_MM and slender and float(np.mean(in_tract[strand])) >= share


def _is_tract(
    cluster: IntArray,
    relative: FloatArray,
    certain: BoolArray,
    in_tract: BoolArray,
    points: FloatArray,
    voxel_mm3: float,
) -> bool:
    """Whether it lies within the tract, and runs along it or is no brighter than the tract goes on."""
    height = points[cluster, 2]
    low, high = float(height.min()), float(height.max())
    long = high - low >= LENGTH_MM
    slender = long and len(cluster) * voxel_mm3 < SLENDER_MM2 * (high - low)
    if np.mean(in_tract[cluster]) < (LONG_TRACT_SHARE if slender else TRACT_SHARE):
        return False
    if long:
        return True
    same = certain & in_tract & ((points[:, 0] > 0) == (np.mean(points[cluster, 0]) > 0))
    near, far = BEYOND_MM
    beyond = [
        relative[same & (points[:, 2] > high + near) & (points[:, 2] < high + far)],
        relative[same & (points[:, 2] < low - near) & (points[:, 2] > low - far)],
    ]
    here = float(np.median(relative[cluster]))
    percent = TRACT_PERCENTILE if here > 1 else 100 - TRACT_PERCENTILE
    usual = [float(np.percentile(values, percent)) for values in beyond if len(values)]
    if not usual:
        return False
    return here < FOCAL * max(usual) if here > 1 else here > min(usual) / FOCAL
