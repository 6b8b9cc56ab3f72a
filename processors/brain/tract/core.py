"""The signal of the tract's core at every place that it may have, and what speaks for each.

At each node the signal of a core is measured at many offsets from the centreline. A tract that has changed
is a ridge: brighter (or darker) than what lies around it. How high a ridge must be to mean anything is known
from the series itself: by how much ridges differ a centimetre further along.

A person has one tract, and the series of a study are registered with each other. So its place is decided once
for all of them (``place.py``): the evidence of the series adds up, as that of independent observations of one
place does. A healthy tract is bright in the internal capsule on T2 and FLAIR and dark on T1 (Mirowitz 1989),
so that on T1 a ridge of either kind speaks for it; where only brightness did, the search would find whatever
is brightest beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from processors.brain.tract.mapping import Disc
from processors.brain.tract.place import SEARCH_MM, TractPlace, offsets_within, places

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

RING_MM = 4.5
RING_WIDTH_MM = 0.6
RING_PERCENTILE = 70.0
"""Of the surroundings: at the edge of a brighter structure it is that structure's signal, so no ridge."""
RING_SUPPORT = 0.6
CORE_SUPPORT = 0.5
"""Share of a core that must be usable tissue."""
SOFTNESS = 0.6
"""Standard deviation of the core's weights where the path is searched, in radii."""
MIDDLE = 0.4
"""The same where its signal is taken: the middle of the tract holds less of its surroundings."""
LEAST_RIDGE_SD = 0.01
"""Fractional signal by which ridges differ in the most even of white matter."""
APART_NODES = 4
"""So far apart along the line, 12 mm, ridges share no voxel of common slices."""
CLEAR_RIDGE = 4.0
"""Standard deviations from which the evidence grows no longer with the square (Huber's loss)."""
NO_TISSUE = -3.0
MIN_TISSUE = 0.4
LEAST_CHANCE = 0.3
"""Of all places together where something was measured, for a node to count."""
NEGLIGIBLE_CHANCE = 1e-3
"""Of a place, at which nothing need be measured."""
LEAST_RECOVERY = 0.6
QUADRATURE_MM = (12.0, 0.3)
"""Reach and step of the numerical integration."""


@dataclass(frozen=True, slots=True, eq=False)
class CorePath:
    """The core that was followed along one side.

    Attributes
    ----------
    offsets
        Shape (nodes, 2), across the tract, millimetres.
    crossed
        For each node, the map's voxels that the core runs through, where they are tissue.
    cores
        Those of them that are usable.
    """

    offsets: FloatArray
    crossed: tuple[IntArray, ...]
    cores: tuple[IntArray, ...]


def ridge_evidence(
    relative: FloatArray,
    usable: BoolArray,
    tissue: FloatArray,
    discs: Sequence[Disc],
    *,
    darker: bool,
    either: BoolArray,
) -> FloatArray:
    """How much one series speaks for the tract at each place it may have.

    Parameters
    ----------
    relative
        Shape (n,), signal of the map's voxels over that of the reference.
    usable
        Shape (n,), voxels without fluid, lesions or fat.
    tissue
        Shape (n,), probability of being white matter, by which voxels count.
    discs
        One for each node.
    darker
        Whether a changed tract is darker than its surroundings.
    either
        Shape (nodes,), where a normal tract stands out in the other direction.

    Returns
    -------
    Shape (nodes, places), logarithms of likelihoods up to a constant.
    """
    grid = offsets_within(SEARCH_MM + RING_MM)
    level = np.full((len(discs), len(grid)), np.nan)
    support = np.zeros(level.shape)
    tree = cKDTree(grid)
    for i, disc in enumerate(discs):
        level[i], support[i] = _levels(relative, usable, tissue, disc, tree, len(grid), SOFTNESS)
    centres = np.flatnonzero(np.hypot(*grid.T) <= SEARCH_MM)
    around = np.where(support >= RING_SUPPORT, level, np.nan)

    def ridges(*, dark: bool) -> FloatArray:
        columns = [_ridge(level[:, [c]], around[:, _ring(grid, c)], darker=dark) for c in centres.tolist()]
        return np.stack(columns, axis=1)

    ridge, known = ridges(dark=darker), np.isfinite(level[:, centres])
    spread = _spread_along(ridge, known)
    strength = _strength(ridge / spread)
    if either.any():
        other = _strength(ridges(dark=not darker) / spread)
        strength = np.where(either[:, None], np.maximum(strength, other), strength)
    return np.where(known, strength, NO_TISSUE)


def core_along(offsets: FloatArray, usable: BoolArray, tissue: FloatArray, discs: Sequence[Disc]) -> CorePath:
    """The voxels of a series along a path; arguments as for :func:`ridge_evidence`."""
    crossed = tuple(
        disc.voxels[
            (np.hypot(*(disc.offsets - offset).T) <= disc.core_mm) & (tissue[disc.voxels] >= MIN_TISSUE)
        ]
        for disc, offset in zip(discs, offsets, strict=True)
    )
    return CorePath(offsets, crossed, tuple(voxels[usable[voxels]] for voxels in crossed))


def core_levels(
    relative: FloatArray, usable: BoolArray, tissue: FloatArray, discs: Sequence[Disc], place: TractPlace
) -> FloatArray:
    """A signal in the core, shape (nodes,): the mean over its places, by their chances.

    Arguments as for :func:`ridge_evidence`. NaN where nothing was usable.
    """
    at = places()
    means = []
    for disc, chances in zip(discs, place.chances, strict=True):
        likely = np.flatnonzero(chances > NEGLIGIBLE_CHANCE)
        level, _ = _levels(relative, usable, tissue, disc, cKDTree(at[likely]), len(likely), MIDDLE)
        known = np.isfinite(level)
        weight = chances[likely][known]
        enough = weight.sum() > LEAST_CHANCE
        means.append(float(weight @ level[known] / weight.sum()) if enough else np.nan)
    return np.array(means)


def recovery(discs: Sequence[Disc], radii: FloatArray, place_spread: FloatArray) -> FloatArray:
    """Share of what the core measures that is tract, shape (nodes,); the rest is what lies around it.

    It follows from geometry alone: the weights of the core, blurred by a voxel's own extent and by how well
    the place is known, integrated over the tract's cross-section. It is the recovery coefficient of emission
    tomography (Hoffman et al., J Comput Assist Tomogr 1979;3:299).

    Parameters
    ----------
    radii
        Shape (nodes,), of the tract in the atlas, millimetres.
    place_spread
        Shape (nodes, 2, 2), as :attr:`~processors.brain.tract.place.TractPlace.spread`.
    """
    steps = np.arange(-QUADRATURE_MM[0], QUADRATURE_MM[0] + QUADRATURE_MM[1] / 2, QUADRATURE_MM[1])
    points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    away = np.hypot(*points.T)
    shares = []
    for disc, radius, unsure in zip(discs, radii, place_spread, strict=True):
        blur = disc.voxel_spread + np.eye(2) * (MIDDLE * disc.core_mm) ** 2 + unsure
        weight = np.exp(-0.5 * np.einsum("ni,ij,nj->n", points, np.linalg.inv(blur), points))
        shares.append(weight[away <= radius].sum() / weight.sum())
    return np.asarray(np.maximum(shares, LEAST_RECOVERY), dtype=np.float64)


def _ring(grid: FloatArray, centre: int) -> IntArray:
    away = np.hypot(*(grid - grid[centre]).T)
    return np.flatnonzero(np.abs(away - RING_MM) <= RING_WIDTH_MM)


def _levels(
    relative: FloatArray,
    usable: BoolArray,
    tissue: FloatArray,
    disc: Disc,
    tree: cKDTree,
    count: int,
    softness: float,
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of a core at each offset, and the share of the core that counted."""
    near = (
        cKDTree(disc.offsets).sparse_distance_matrix(tree, disc.core_mm, output_type="coo_matrix")
        if len(disc.voxels)
        else None
    )
    if near is None or near.nnz == 0:
        return np.full(count, np.nan), np.zeros(count)
    voxel = disc.voxels[near.row]
    shape = np.exp(-0.5 * (near.data / (softness * disc.core_mm)) ** 2)
    share = np.where(usable[voxel] & (tissue[voxel] >= MIN_TISSUE), tissue[voxel] ** 2, 0.0)
    whole, counted, total = (
        np.bincount(near.col, weights, count)
        for weights in (shape, shape * share, shape * share * relative[voxel])
    )
    support = counted / np.maximum(whole, 1e-9)
    enough = support > CORE_SUPPORT
    return np.where(enough, total / np.maximum(counted, 1e-9), np.nan), support


def _ridge(level: FloatArray, around: FloatArray, *, darker: bool) -> FloatArray:
    """How far a core, (nodes, 1), stands out from the ring around it; (nodes,), 0 where either is missing."""
    core = level[:, 0]
    seen = np.isfinite(around).any(axis=1) & np.isfinite(core)
    out = np.zeros(len(core))
    if darker:
        out[seen] = 1 - core[seen] / _percentile(around[seen], 100 - RING_PERCENTILE)
    else:
        out[seen] = core[seen] / _percentile(around[seen], RING_PERCENTILE) - 1
    return out


def _percentile(values: FloatArray, percent: float) -> FloatArray:
    """Of each row, of what is not NaN; every row holds something."""
    ordered = np.sort(values, axis=1)
    last = np.count_nonzero(np.isfinite(values), axis=1) - 1
    rank = percent / 100 * last
    below = np.floor(rank).astype(np.intp)
    rows = np.arange(len(values))
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, last)]
    return np.asarray(low + (rank - below) * (high - low))


def _spread_along(ridge: FloatArray, known: BoolArray) -> float:
    """Fractional signal by which ridges differ between nodes that share no voxels: the series' own noise.

    What a tract adds is much the same along its length, and mostly falls out of the difference.
    """
    both = known[APART_NODES:] & known[:-APART_NODES]
    change = np.abs(ridge[APART_NODES:] - ridge[:-APART_NODES])[both]
    return max(LEAST_RIDGE_SD, 1.4826 * float(np.median(change)) / np.sqrt(2)) if len(change) else 1.0


def _strength(height: FloatArray) -> FloatArray:
    """Evidence of ridges by their height in standard deviations."""
    height = np.maximum(height, 0)
    return np.where(height < CLEAR_RIDGE, 0.5 * height**2, CLEAR_RIDGE * height - 0.5 * CLEAR_RIDGE**2)
