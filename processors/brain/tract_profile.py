"""The corticospinal tract in the native grid of a series, and its signal beside that of its surroundings.

The same code serves every contrast: nothing here knows what the signal means.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from processors.brain import atlas
from processors.brain.patient_space import points_of, sample
from processors.findings import TRACT_SEGMENTS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

COLLAR_MM = (4.0, 8.0)
COLLAR_GAP_MM = 1.0
WHITE_MATTER_CERTAIN = 0.9
WHITE_MATTER_LIKELY = 0.5
BRAINSTEM_TOP_MM = -20.0
"""Below this atlas height grey and white matter are not told apart: the pontine nuclei lie among the fibres."""
FIELD_BOX_LPS_MM = ((-62.0, -42.0, -56.0), (62.0, 66.0, 72.0))
"""Part of the atlas that holds the tract, its collars and the reference white matter."""


@dataclass(frozen=True, slots=True, eq=False)
class TractMap:
    """Native voxels near the tract and in reference white matter.

    Attributes
    ----------
    indices
        Shape (n, 3): slice, row, column of each voxel.
    atlas_points
        Shape (n, 3), atlas LPS millimetres.
    white_matter
        Shape (n,), the atlas' probability of white matter, in the pons of tissue.
    left
        Shape (n,), whether the voxel lies in the patient's left half.
    node
        Shape (n,), the nearest node of that side's centreline.
    core, collar, reference
        Shape (n,): the tract itself, the local and the distant reference.
    segment_of_node
        Name of the segment of each node.
    """

    indices: IntArray
    atlas_points: FloatArray
    white_matter: FloatArray
    left: BoolArray
    node: IntArray
    core: BoolArray
    collar: BoolArray
    reference: BoolArray
    segment_of_node: tuple[str, ...]

    def nodes_of(self, segment: str) -> IntArray:
        """The nodes of a segment."""
        return np.array([i for i, name in enumerate(self.segment_of_node) if name == segment], dtype=np.intp)

    def side(self, side: Side) -> BoolArray:
        """The voxels of one side."""
        return self.left if side is Side.LEFT else ~self.left


def map_tract(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> TractMap:
    """Carry the tract, its collar and the reference to the voxels of a volume.

    Parameters
    ----------
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    """
    grid = np.indices(volume.array.shape, dtype=np.float64).reshape(3, -1).T
    at = to_atlas(points_of(volume.affine, grid))
    near = np.all((at > FIELD_BOX_LPS_MM[0]) & (at < FIELD_BOX_LPS_MM[1]), axis=1)
    indices, at = grid[near].astype(np.intp), at[near]
    white = sample(atlas.image("icbm_white_matter"), at) / 255
    brainstem = at[:, 2] < BRAINSTEM_TOP_MM
    white[brainstem] += sample(atlas.image("icbm_grey_matter"), at[brainstem]) / 255
    left = at[:, 0] > 0
    node = np.zeros(len(at), dtype=np.intp)
    distance = np.full(len(at), np.inf)
    radius = np.zeros(len(at))
    lines = {side: atlas.centreline(side) for side in Side}
    for side, line in lines.items():
        here = left if side is Side.LEFT else ~left
        distance[here], node[here] = cKDTree(line.points).query(at[here])
        radius[here] = line.radii[node[here]]
    core = (distance <= radius) & (white >= WHITE_MATTER_LIKELY)
    inner = np.maximum(COLLAR_MM[0], radius + COLLAR_GAP_MM)
    collar = (distance >= inner) & (distance <= COLLAR_MM[1]) & (white >= WHITE_MATTER_CERTAIN)
    reference = atlas.in_reference_boxes(at) & (white >= WHITE_MATTER_CERTAIN) & (distance > COLLAR_MM[1])
    return TractMap(indices, at, white, left, node, core, collar, reference, lines[Side.LEFT].segments)


@dataclass(frozen=True, slots=True)
class SegmentSignal:
    """One segment of one side.

    Attributes
    ----------
    ratio
        Median over the nodes of core over reference, or ``None`` where nothing was measured.
    standard_error
        Of the ratio, from the scatter of the nodes.
    voxels
        In the core.
    coverage
        Share of the nodes that lie inside the images, 0 to 1.
    """

    region: Region
    ratio: float | None
    ratio_uncorrected: float | None
    standard_error: float
    voxels: int
    coverage: float


def node_ratios(signal: FloatArray, tract: TractMap, side: Side) -> FloatArray:
    """Core over reference at each node of a side, shape (nodes,), NaN where either is missing.

    The local reference is the median of the collar over the node and its neighbours.
    """
    here = tract.side(side)
    ratios = np.full(len(tract.segment_of_node), np.nan)
    for node in range(len(ratios)):
        core = signal[here & tract.core & (tract.node == node)]
        collar = signal[here & tract.collar & (np.abs(tract.node - node) <= 1)]
        if len(core) and len(collar):
            ratios[node] = np.median(core) / np.median(collar)
    return ratios


def segment_signals(
    signal: FloatArray, corrected: FloatArray, tract: TractMap, slice_mm: float
) -> tuple[SegmentSignal, ...]:
    """Every segment and side of the tract.

    Parameters
    ----------
    signal, corrected
        Shape (n,), of the map's voxels, before and after the correction of shading.
    slice_mm
        Largest voxel edge: nodes as near as this to a measured one count as covered.
    """
    found = []
    reach = max(1, round(slice_mm / atlas.NODE_SPACING_MM))
    for segment in TRACT_SEGMENTS:
        nodes = tract.nodes_of(segment)
        for side in (Side.LEFT, Side.RIGHT):
            core = tract.side(side) & tract.core & np.isin(tract.node, nodes)
            seen = np.unique(tract.node[core & (signal > 0)])
            covered = [bool(len(seen)) and np.min(np.abs(seen - node)) <= reach for node in nodes]
            after, before = (node_ratios(values, tract, side)[nodes] for values in (corrected, signal))
            found.append(
                SegmentSignal(
                    Region(segment, side),
                    segment_ratio(after),
                    segment_ratio(before),
                    standard_error(after),
                    int(np.count_nonzero(core)),
                    float(np.mean(covered)),
                )
            )
    return tuple(found)


def segment_ratio(ratios: FloatArray) -> float | None:
    """Median of the nodes that were measured."""
    measured = ratios[np.isfinite(ratios)]
    return float(np.median(measured)) if len(measured) else None


def standard_error(ratios: FloatArray) -> float:
    """Of the median of the nodes, taking neighbouring nodes as dependent in pairs; at least 0.005."""
    measured = ratios[np.isfinite(ratios)]
    if len(measured) < 3:
        return 0.05
    return float(max(0.005, 1.253 * np.std(measured, ddof=1) / np.sqrt(len(measured) / 2)))
