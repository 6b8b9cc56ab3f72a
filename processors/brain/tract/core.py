"""Where a person's tract runs within what the atlas and the registration leave open.

At each node the signal of a core is measured at many offsets from the centreline. A tract that has changed is
a ridge: brighter (or darker) than what lies around it. The smoothest path that follows such a ridge is found
by dynamic programming (Amini et al., IEEE PAMI 1990;12:855); where there is none it stays on the centreline,
so that the search adds little to the signal of a normal tract.

A person has one tract, and the series of a study are registered with each other. So its place is decided once
for all of them: the evidence of the series adds up, as that of independent observations of one place does. A
healthy tract is bright in the internal capsule on T2 and FLAIR and dark on T1 (Mirowitz 1989), where a search
on T1 alone would find whatever is brightest beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from processors.brain.tract.mapping import Disc

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

OFFSET_STEP_MM = 1.0
SEARCH_MM = 5.0
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
"""The same on the path that was found: the middle of the tract holds less of its surroundings."""
RIDGE_SD = 0.03
"""Fractional signal by which normal tissue makes ridges."""
CLEAR_RIDGE = 4.0
"""Standard deviations from which the evidence grows no longer with the square (Huber's loss)."""
NO_TISSUE = -3.0
BEND_MM = 0.8
"""Usual change of the offset from one node to the next."""
WANDER_MM = {
    "pons": 1.5,
    "cerebral_peduncle": 1.5,
    "internal_capsule": 2.0,
    "corona_radiata": 2.5,
    "subcortical": 3.0,
}
"""Usual distance of a tract from the centreline: small between grey nuclei, large where fibres fan out."""
MIN_TISSUE = 0.4
TRACT_RADIUS_MM = 3.0
"""Of the tract in peduncle and capsule, where it is thinnest: 5 to 7 mm wide."""
PLACE_MM = 0.5
"""What the place of the core is known to across the tract: half a step of the search."""
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

    Returns
    -------
    Shape (nodes, places), logarithms of likelihoods up to a constant.
    """
    grid = _grid()
    level = np.full((len(discs), len(grid)), np.nan)
    support = np.zeros(level.shape)
    tree = cKDTree(grid)
    for i, disc in enumerate(discs):
        level[i], support[i] = _levels(relative, usable, tissue, disc, tree, len(grid), SOFTNESS)
    candidates = _candidates(grid)
    around = np.where(support >= RING_SUPPORT, level, np.nan)
    ridge = np.stack(
        [_ridge(level[:, [c]], around[:, _ring(grid, c)], darker=darker) for c in candidates.tolist()], axis=1
    )
    return _evidence(ridge, level[:, candidates])


def follow(evidence: Sequence[FloatArray], segments: Sequence[str]) -> FloatArray:
    """Where the core runs by the evidence of one or more series of a person.

    Parameters
    ----------
    evidence
        Of each series, as from :func:`ridge_evidence`.
    segments
        One for each node.

    Returns
    -------
    Shape (nodes, 2), offsets from the centreline across the tract, millimetres.
    """
    grid = _grid()
    places = grid[_candidates(grid)]
    return np.asarray(places[_smoothest(np.sum(evidence, axis=0), places, segments)])


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
    relative: FloatArray, usable: BoolArray, tissue: FloatArray, discs: Sequence[Disc], path: CorePath
) -> FloatArray:
    """A signal in the core, shape (nodes,): the weighted mean, NaN where nothing was usable.

    Arguments as for :func:`ridge_evidence`.
    """
    return np.array(
        [
            _levels(relative, usable, tissue, disc, cKDTree(offset[None]), 1, MIDDLE)[0][0]
            for disc, offset in zip(discs, path.offsets, strict=True)
        ]
    )


def recovery(discs: Sequence[Disc]) -> FloatArray:
    """Share of what the core measures that is tract, shape (nodes,); the rest is what lies around it.

    It follows from the size and the slant of the voxels alone: the weights of the core, blurred by a voxel
    and by how well the place of the path is known, integrated over the cross-section of a usual tract.
    It is the recovery coefficient of emission tomography (Hoffman et al., J Comput Assist Tomogr 1979;3:299).
    """
    steps = np.arange(-QUADRATURE_MM[0], QUADRATURE_MM[0] + QUADRATURE_MM[1] / 2, QUADRATURE_MM[1])
    points = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    inside = np.hypot(*points.T) <= TRACT_RADIUS_MM
    shares = []
    for disc in discs:
        blur = disc.voxel_spread + np.eye(2) * ((MIDDLE * disc.core_mm) ** 2 + PLACE_MM**2)
        weight = np.exp(-0.5 * np.einsum("ni,ij,nj->n", points, np.linalg.inv(blur), points))
        shares.append(weight[inside].sum() / weight.sum())
    return np.asarray(np.maximum(shares, LEAST_RECOVERY), dtype=np.float64)


def _candidates(grid: FloatArray) -> IntArray:
    return np.flatnonzero(np.hypot(*grid.T) <= SEARCH_MM)


def _grid() -> FloatArray:
    reach = SEARCH_MM + RING_MM
    steps = np.arange(-np.floor(reach), np.floor(reach) + 1) * OFFSET_STEP_MM
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(grid[np.hypot(*grid.T) <= reach])


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


def _evidence(ridge: FloatArray, level: FloatArray) -> FloatArray:
    height = np.maximum(ridge, 0) / RIDGE_SD
    strength = np.where(height < CLEAR_RIDGE, 0.5 * height**2, CLEAR_RIDGE * height - 0.5 * CLEAR_RIDGE**2)
    return np.where(np.isfinite(level), strength, NO_TISSUE)


def _smoothest(evidence: FloatArray, offsets: FloatArray, segments: Sequence[str]) -> IntArray:
    """The offset of each node on the best path, shape (nodes,)."""
    wander = gaussian_filter1d(np.array([WANDER_MM[name] for name in segments]), 1.5, mode="nearest")
    gain = evidence - 0.5 * np.sum(offsets**2, axis=1) / wander[:, None] ** 2
    bend = -0.5 * np.sum((offsets[:, None] - offsets) ** 2, axis=2) / BEND_MM**2
    score, back = gain[0], []
    for node in gain[1:]:
        arriving = score + bend
        back.append(arriving.argmax(axis=1))
        score = arriving.max(axis=1) + node
    path = [int(score.argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return np.array(path[::-1], dtype=np.intp)
