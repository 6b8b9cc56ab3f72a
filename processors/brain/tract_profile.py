"""The corticospinal tract's signal beside that of white matter, in the native grid of a series.

The same code serves every contrast. What it must know of one is whether the sign is bright or dark there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.lesions import find_lesions
from processors.brain.shading import shading
from processors.brain.signal_quality import signal_to_noise, spread
from processors.brain.tract_core import CorePath, core_levels, follow
from processors.brain.tract_map import Disc, TractMap, map_tract
from processors.findings import TRACT_SEGMENTS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]
LabelArray = npt.NDArray[np.uint8]

COLLAR_MM = (4.5, 10.0)
MIN_COLLAR_VOXELS = 10
PLAUSIBLE = (0.8, 2.0)
"""Signal of tract and collar over the reference: beyond it lies fluid, fat, a vessel or cortex."""
PLAUSIBLE_DARK = (0.3, 1.6)
"""The same where the sign is dark: restricted diffusion takes half, and fluid has four times as much."""
EXTREME = (0.55, 2.2)
"""Beyond it a voxel is fluid, fat or bone, and its neighbours hold some of it; a severe sign is 1.7 on T2."""
EXTREME_DARK = (0.2, 2.2)
NEIGHBOUR_MM = 1.6
NODES_A_SAMPLE = 2.0
"""Neighbouring nodes share voxels and path: so many count as one."""
LEAST_ERROR = 0.004
UNKNOWN_ERROR = 0.05

REFERENCE = Region("reference")
SPLENIUM = Region("splenium")
LESION = Region("lesion")
LABELS: tuple[tuple[int, Region], ...] = (
    *enumerate((Region(name, side) for name in TRACT_SEGMENTS for side in (Side.LEFT, Side.RIGHT)), start=1),
    (11, REFERENCE),
    (12, SPLENIUM),
    (13, LESION),
)
"""What each number in :attr:`TractMeasurement.labels` is."""


@dataclass(frozen=True, slots=True)
class SegmentSignal:
    """One segment of one side.

    Attributes
    ----------
    ratio
        Median over the nodes of core over reference, or ``None`` where nothing was measured.
    ratio_uncorrected
        The same in the same voxels without the correction of shading.
    standard_error
        Of the ratio, from the scatter of the nodes.
    voxels
        In the core.
    coverage
        Share of the nodes that lie inside the images, 0 to 1.
    lesion_share
        Share of the voxels along the core that belong to a lesion, 0 to 1.
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


@dataclass(frozen=True, slots=True, eq=False)
class _Signals:
    """The signal of a map's voxels, each of shape (n,), over the median of the reference."""

    corrected: FloatArray
    uncorrected: FloatArray
    inside: BoolArray
    usable: BoolArray
    lesion: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """One side, each of shape (nodes,)."""

    line: atlas.Centreline
    path: CorePath
    ratio: FloatArray
    uncorrected: FloatArray
    covered: BoolArray


def measure_tract(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> TractMeasurement:
    """Measure the tract in a series' own voxels.

    A ratio is the core's signal over the geometric mean of two references: white matter 4.5 to 10 mm away at
    the same node, and white matter far from the tract (superior longitudinal fasciculus and anterior corona
    radiata). The first is blind to shading, the second to a change that is broader than the tract; together
    they vary less between people than either alone.

    Parameters
    ----------
    volume
        A head. Where its contrast is ADC the tract is searched for where it is darkest, else brightest.
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    """
    tract = map_tract(volume, to_atlas)
    darker = volume.contrast is Contrast.ADC
    signals = _signals(volume, tract, darker=darker)
    tracks = {side: _track(signals, tract, side, darker=darker) for side in (Side.LEFT, Side.RIGHT)}
    segments = tuple(
        _segment(signals, tracks[region.side], region) for _, region in LABELS if region.side is not None
    )
    labelled, labels = _labels(tract, signals, tracks)
    return TractMeasurement(
        segments,
        _splenium(signals, tract),
        tuple(_node_signals(side, track) for side, track in tracks.items()),
        tract.indices[labelled],
        labels,
        signal_to_noise(volume.array, tract.indices[tract.reference]),
        spread(signals.corrected[tract.reference & ~signals.lesion]),
    )


def _signals(volume: Volume, tract: TractMap, *, darker: bool) -> _Signals:
    """The signal as acquired and without shading, which is fitted without the lesions that are found."""
    raw = volume.array[tuple(tract.indices.T)].astype(np.float64)
    lesion = np.zeros(len(raw), dtype=bool)
    corrected = raw
    for _ in range(2):
        corrected = raw / shading(raw, tract.atlas_points, tract.even & ~lesion)
        corrected = corrected / _reference_level(corrected, tract, lesion)
        lesion = find_lesions(
            corrected,
            tract.indices,
            tract.deep,
            tract.distance,
            tract.atlas_points,
            float(np.prod(volume.spacing)),
        )
    low, high = PLAUSIBLE_DARK if darker else PLAUSIBLE
    usable = (corrected > low) & (corrected < high) & ~lesion
    usable &= ~_beside_extremes(corrected, raw > 0, tract, EXTREME_DARK if darker else EXTREME)
    return _Signals(corrected, raw / _reference_level(raw, tract, lesion), raw > 0, usable, lesion)


def _reference_level(signal: FloatArray, tract: TractMap, lesion: BoolArray) -> float:
    """Median of the reference white matter; of all even tissue where the images do not hold the reference."""
    for where in (tract.reference & ~lesion, tract.even, tract.certain):
        if np.count_nonzero(where) and (level := float(np.median(signal[where]))) > 0:
            return level
    return 1.0


def _beside_extremes(
    relative: FloatArray, inside: BoolArray, tract: TractMap, limits: tuple[float, float]
) -> BoolArray:
    """Voxels near the tract that may hold some fluid or fat of a neighbour."""
    near = np.flatnonzero(inside & (tract.distance <= COLLAR_MM[1] + NEIGHBOUR_MM))
    extreme = (relative[near] < limits[0]) | (relative[near] > limits[1])
    beside = np.zeros(len(relative), dtype=bool)
    if extreme.any():
        at = tract.atlas_points[near]
        away, _ = cKDTree(at[extreme]).query(at, distance_upper_bound=NEIGHBOUR_MM)
        beside[near] = np.isfinite(away)
    return beside


def _track(signals: _Signals, tract: TractMap, side: Side, *, darker: bool) -> _Track:
    line, discs = atlas.centreline(side), tract.discs[side]
    path, level = follow(
        signals.corrected, signals.usable, tract.white_matter, discs, line.segments, darker=darker
    )
    before = core_levels(signals.uncorrected, signals.usable, tract.white_matter, discs, path)
    collars = [_collar(signals, tract, discs[max(0, n - 1) : n + 2]) for n in range(len(discs))]
    covered = np.array(
        [
            bool(np.any(signals.inside[disc.voxels[np.hypot(*(disc.offsets - offset).T) <= disc.core_mm]]))
            for disc, offset in zip(discs, path.offsets, strict=True)
        ]
    )
    return _Track(
        line,
        path,
        level / np.sqrt([_median(signals.corrected[c]) for c in collars]),
        before / np.sqrt([_median(signals.uncorrected[c]) for c in collars]),
        covered,
    )


def _collar(signals: _Signals, tract: TractMap, discs: tuple[Disc, ...]) -> IntArray:
    """The map's voxels of certain white matter around a node and its neighbours."""
    found = []
    for disc in discs:
        away = np.hypot(*disc.offsets.T)
        ring = disc.voxels[(away > COLLAR_MM[0]) & (away < COLLAR_MM[1])]
        found.append(ring[tract.certain[ring] & signals.usable[ring]])
    return np.concatenate(found)


def _median(values: FloatArray) -> float:
    """Of a collar; 1, the reference itself, where there are too few."""
    return float(np.median(values)) if len(values) >= MIN_COLLAR_VOXELS else 1.0


def _segment(signals: _Signals, track: _Track, region: Region) -> SegmentSignal:
    nodes = np.array([name == region.name for name in track.line.segments])
    cores = [core for core, here in zip(track.path.cores, nodes, strict=True) if here]
    core = np.unique(np.concatenate(cores))
    along = np.unique(np.concatenate([c for c, here in zip(track.path.crossed, nodes, strict=True) if here]))
    return SegmentSignal(
        region,
        segment_ratio(track.ratio[nodes]),
        segment_ratio(track.uncorrected[nodes]),
        standard_error(track.ratio[nodes]),
        len(core),
        float(np.mean(track.covered[nodes])),
        float(np.mean(signals.lesion[along])) if len(along) else 0.0,
    )


def _splenium(signals: _Signals, tract: TractMap) -> SegmentSignal:
    """The splenium over the distant reference; its spread stands for the error."""
    here = tract.splenium & signals.usable
    values = signals.corrected[here]
    whole = np.count_nonzero(tract.splenium)
    if len(values) < MIN_COLLAR_VOXELS:
        return SegmentSignal(SPLENIUM, None, None, UNKNOWN_ERROR, len(values), 0.0)
    return SegmentSignal(
        SPLENIUM,
        float(np.median(values)),
        float(np.median(signals.uncorrected[here])),
        max(LEAST_ERROR, spread(values) / 5),
        len(values),
        float(np.count_nonzero(signals.inside & tract.splenium) / whole),
        float(np.count_nonzero(signals.lesion & tract.splenium) / whole),
    )


def _labels(tract: TractMap, signals: _Signals, tracks: Mapping[Side, _Track]) -> tuple[IntArray, LabelArray]:
    """Map voxels that have a label, and the labels."""
    number = {region: value for value, region in LABELS}
    labels = np.zeros(len(tract.indices), dtype=np.uint8)
    labels[tract.reference & signals.usable] = number[REFERENCE]
    labels[tract.splenium & signals.usable] = number[SPLENIUM]
    for side, track in tracks.items():
        for name, core in zip(track.line.segments, track.path.cores, strict=True):
            labels[core] = number[Region(name, side)]
    labels[signals.lesion] = number[LESION]
    labelled = np.flatnonzero(labels)
    return labelled, labels[labelled]


def _node_signals(side: Side, track: _Track) -> NodeSignals:
    return NodeSignals(
        side,
        tuple(track.line.position_mm.tolist()),
        track.line.segments,
        tuple(float(r) if np.isfinite(r) else None for r in track.ratio),
    )


def segment_ratio(ratios: FloatArray) -> float | None:
    """Median of the nodes that were measured."""
    measured = ratios[np.isfinite(ratios)]
    return float(np.median(measured)) if len(measured) else None


def standard_error(ratios: FloatArray) -> float:
    """Of the median of the nodes, taking neighbouring nodes as dependent in pairs."""
    measured = ratios[np.isfinite(ratios)]
    if len(measured) < 3:
        return UNKNOWN_ERROR
    samples = len(measured) / NODES_A_SAMPLE
    return float(max(LEAST_ERROR, 1.253 * np.std(measured, ddof=1) / np.sqrt(samples)))
