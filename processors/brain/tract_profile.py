"""The corticospinal tract's signal beside that of its surroundings, in the native grid of a series.

The same code serves every contrast: nothing here knows what the signal means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.brain import atlas
from processors.brain.shading import shading
from processors.brain.signal_quality import signal_to_noise, spread
from processors.brain.tract_map import (
    SLIDE_MM,
    WHITE_MATTER_CERTAIN,
    WHITE_MATTER_LIKELY,
    TractMap,
    map_tract,
)
from processors.findings import TRACT_SEGMENTS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]
LabelArray = npt.NDArray[np.uint8]

MIN_KEPT = 0.7
"""Share of its voxels that the core must keep when it slides: it may not leave the white matter."""

REFERENCE = Region("reference")
"""Distant white matter, in the table of labels."""

LABELS: tuple[tuple[int, Region], ...] = (
    *enumerate((Region(name, side) for name in TRACT_SEGMENTS for side in (Side.LEFT, Side.RIGHT)), start=1),
    (1 + 2 * len(TRACT_SEGMENTS), REFERENCE),
)
"""What each number in :attr:`TractMeasurement.labels` is; 0 is nothing."""


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
    lesion_share
        Share of the segment's voxels that belong to a lesion, 0 to 1.
    """

    region: Region
    ratio: float | None
    ratio_uncorrected: float | None
    standard_error: float
    voxels: int
    coverage: float
    lesion_share: float = 0.0


@dataclass(frozen=True, slots=True)
class NodeSignals:
    """The tract of one side, node by node from the pons up; all tuples have one entry for each node.

    Attributes
    ----------
    position_mm
        Along the tract, millimetres in the atlas from its lowest node.
    segments
        Name of the segment of each node.
    ratio
        Tract over reference, corrected for shading; ``None`` where it was not measured.
    """

    side: Side
    position_mm: tuple[float, ...]
    segments: tuple[str, ...]
    ratio: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TractMeasurement:
    """All that was measured of the tract in one series.

    Attributes
    ----------
    segments
        Each of :data:`~processors.findings.TRACT_SEGMENTS`, left and right.
    splenium
        The splenium of the corpus callosum beside its own surroundings, for comparison with the tract.
    nodes
        The left and the right side.
    indices
        Shape (n, 3): slice, row, column of the voxels that have a label.
    labels
        Shape (n,), by the table :data:`LABELS`.
    signal_to_noise
        Of the reference white matter.
    reference_spread
        Robust coefficient of variation of the reference white matter, corrected for shading.
    """

    segments: tuple[SegmentSignal, ...]
    splenium: SegmentSignal
    nodes: tuple[NodeSignals, ...]
    indices: IntArray
    labels: LabelArray
    signal_to_noise: float
    reference_spread: float


def measure_tract(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> TractMeasurement:
    """Measure the tract in a series' own voxels.

    Parameters
    ----------
    volume
        A head of any contrast.
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    """
    tract = map_tract(volume, to_atlas)
    signal = volume.array[tuple(tract.indices.T)].astype(np.float64)
    certain = (tract.white_matter >= WHITE_MATTER_CERTAIN) & ~tract.near_tract
    corrected = signal / shading(signal, tract.atlas_points, certain)
    slice_mm = max(volume.spacing)
    measured = [
        _segment_signal(signal, corrected, tract, region, slice_mm)
        for _, region in LABELS
        if region is not REFERENCE
    ]
    labels = np.zeros(len(signal), dtype=np.uint8)
    labels[tract.reference] = next(value for value, region in LABELS if region is REFERENCE)
    for (value, _), (_, core, _) in zip(LABELS, measured, strict=False):
        labels[core] = value
    ratios = {segment.region: nodes for segment, _, nodes in measured}
    return TractMeasurement(
        tuple(segment for segment, _, _ in measured),
        SegmentSignal(Region("splenium"), None, None, 0.05, 0, 0.0),
        tuple(_node_signals(side, ratios) for side in (Side.LEFT, Side.RIGHT)),
        tract.indices[labels > 0],
        labels[labels > 0],
        signal_to_noise(volume.array, tract.indices[tract.reference]),
        spread(corrected[tract.reference]),
    )


def _node_signals(side: Side, ratios: Mapping[Region, FloatArray]) -> NodeSignals:
    line = atlas.centreline(side)
    steps = np.linalg.norm(np.diff(line.points, axis=0), axis=1)
    along = np.concatenate([ratios[Region(name, side)] for name in reversed(TRACT_SEGMENTS)])
    return NodeSignals(
        side,
        tuple(np.concatenate([[0.0], np.cumsum(steps)]).tolist()),
        line.segments,
        tuple(float(r) if np.isfinite(r) else None for r in along),
    )


def segment_signals(
    signal: FloatArray, corrected: FloatArray, tract: TractMap, slice_mm: float
) -> tuple[SegmentSignal, ...]:
    """Every segment and side of the tract.

    The core may slide within :data:`SLIDE_MM` of the atlas' centreline, each segment and side as a whole, to
    where the corrected ratio is highest: the tract's place varies between people, and registration errs, by
    about as much. Norms are measured in the same way, so that the search does not count as signal.

    Parameters
    ----------
    signal, corrected
        Shape (n,), of the map's voxels, before and after the correction of shading.
    slice_mm
        Largest voxel edge: nodes as near as this to a measured one count as covered.
    """
    return tuple(
        _segment_signal(signal, corrected, tract, Region(segment, side), slice_mm)[0]
        for segment in TRACT_SEGMENTS
        for side in (Side.LEFT, Side.RIGHT)
    )


def _segment_signal(
    signal: FloatArray, corrected: FloatArray, tract: TractMap, region: Region, slice_mm: float
) -> tuple[SegmentSignal, BoolArray, FloatArray]:
    """The segment, its core among the map's voxels, and the corrected ratio of each of its nodes."""
    nodes = tract.nodes_of(region.name)
    here = tract.side(region.side or Side.LEFT) & np.isin(tract.node, nodes)
    node = tract.node[here]
    collar = tract.collar[here]
    cores = [here & _core(tract, offset) for offset in _slides()]
    enough = MIN_KEPT * np.count_nonzero(cores[0])
    cores = [core for core in cores if np.count_nonzero(core) >= enough]
    after = [_node_ratios(corrected[here], node, core[here], collar, nodes) for core in cores]
    best = int(np.argmax([np.nan_to_num(segment_ratio(ratios) or 0.0) for ratios in after]))
    core = cores[best]
    before = _node_ratios(signal[here], node, core[here], collar, nodes)
    seen = np.unique(tract.node[core & (signal > 0)])
    reach = max(1, round(slice_mm / atlas.NODE_SPACING_MM))
    covered = [bool(len(seen)) and int(np.min(np.abs(seen - n))) <= reach for n in nodes]
    found = SegmentSignal(
        region,
        segment_ratio(after[best]),
        segment_ratio(before),
        standard_error(after[best]),
        int(np.count_nonzero(core)),
        float(np.mean(covered)),
    )
    return found, core, after[best]


def _slides() -> FloatArray:
    """Offsets of the core in the atlas' axial plane, shape (n, 2), millimetres; the first is none."""
    angles = np.arange(6) * np.pi / 3
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([np.zeros((1, 2)), SLIDE_MM / 2 * circle, SLIDE_MM * circle])


def _core(tract: TractMap, offset: FloatArray) -> BoolArray:
    """The tract's voxels when its centreline is moved by an offset (to the side and to the back, mm)."""
    away = tract.from_centreline - np.stack(
        [
            np.where(tract.left, offset[0], -offset[0]),
            np.full(len(tract.left), offset[1]),
            np.zeros(len(tract.left)),
        ],
        axis=1,
    )
    inside = np.linalg.norm(away, axis=1) <= tract.radius
    return np.asarray(inside & (tract.white_matter >= WHITE_MATTER_LIKELY))


def _node_ratios(
    signal: FloatArray, node: IntArray, core: BoolArray, collar: BoolArray, nodes: IntArray
) -> FloatArray:
    """Core over collar at each node, NaN where either is missing; the collar counts over neighbours, too."""
    ratios = np.full(len(nodes), np.nan)
    for i, wanted in enumerate(nodes):
        inside = signal[core & (node == wanted)]
        around = signal[collar & (np.abs(node - wanted) <= 1)]
        if len(inside) and len(around) and (level := np.median(around)) > 0:
            ratios[i] = np.median(inside) / level
    return ratios


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
