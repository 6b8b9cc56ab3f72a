"""The corticospinal tract's signal beside that of white matter, in the native grid of a series.

The place of the tract is found on all series of a study together (``view.py``, ``core.py``, ``place.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.alignment.working_image import THREADS
from processors.brain.signal_quality import signal_to_noise, spread
from processors.brain.tract.core import CorePath, core_along, core_levels, recovery
from processors.brain.tract.limits import MAX_REFERENCE_SPREAD, MIN_SNR
from processors.brain.tract.mapping import Disc, TractMap
from processors.brain.tract.place import TractPlace
from processors.brain.tract.view import COLLAR_MM, SIDES, TractSignals, TractView, find_tract, view_tract
from processors.findings import TRACT_SEGMENTS, Region, Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]
LabelArray = npt.NDArray[np.uint8]

ECHO_PLANAR = frozenset({Contrast.ADC, Contrast.DWI})
MIN_COLLAR_VOXELS = 10
NODES_A_SAMPLE = 2.0
"""Neighbouring nodes share voxels and path: so many count as one."""
LEAST_ERROR = 0.004
UNKNOWN_ERROR = 0.05

REFERENCE = Region("reference")
SPLENIUM = Region("splenium")
LESION = Region("lesion")
LABELS: tuple[tuple[int, Region], ...] = (
    *enumerate((Region(name, side) for name in TRACT_SEGMENTS for side in SIDES), start=1),
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
class _Track:
    """One side, each of shape (nodes,)."""

    line: atlas.Centreline
    path: CorePath
    ratio: FloatArray
    uncorrected: FloatArray
    covered: BoolArray


def measure_study(
    series: Mapping[Contrast, tuple[Volume, Callable[[FloatArray], FloatArray]]],
) -> dict[Contrast, TractMeasurement]:
    """Measure the tract in every series of a study, at one place in all of them.

    Diffusion series agree upon theirs among themselves: echo-planar images are distorted by millimetres where
    the others are not. Nor does T1 tell fluid and cortex from white matter in them, as it does in the others.

    Parameters
    ----------
    series
        Volumes, each with the map from patient LPS millimetres to atlas LPS millimetres, as for
        :func:`~processors.brain.tract.view.view_tract`.
    """
    measured: dict[Contrast, TractMeasurement] = {}
    with ThreadPoolExecutor(THREADS) as threads:
        t1 = view_tract(*series[Contrast.T1]) if Contrast.T1 in series else None
        telling = t1 if t1 is not None and _tells_tissues(t1) else None

        def view(contrast: Contrast) -> TractView:
            if contrast is Contrast.T1 and t1 is not None:
                return t1
            return view_tract(*series[contrast], None if contrast in ECHO_PLANAR else telling)

        views = dict(zip(series, threads.map(view, series), strict=True))
        for planar in (False, True):
            group = {
                contrast: view for contrast, view in views.items() if (contrast in ECHO_PLANAR) is planar
            }
            places = find_tract(list(group.values()))
            found = threads.map(measure_tract, group.values(), [places] * len(group))
            measured |= dict(zip(group, found, strict=True))
    return measured


def _quality(view: TractView) -> tuple[float, float]:
    """Signal over noise, and spread, of the reference white matter."""
    reference = view.tract.reference
    return (
        signal_to_noise(view.volume.array, view.tract.indices[reference]),
        spread(view.signals.corrected[reference & ~view.signals.lesion]),
    )


def _tells_tissues(t1: TractView) -> bool:
    """Whether a T1 is clear and even enough for its single voxels to be told apart."""
    clear, uneven = _quality(t1)
    return clear >= MIN_SNR[Contrast.T1] and uneven <= MAX_REFERENCE_SPREAD[Contrast.T1]


def measure_tract(view: TractView, places: Mapping[Side, TractPlace]) -> TractMeasurement:
    """Measure the tract in a series where it was found.

    A ratio is the core's signal over the geometric mean of two references: white matter 4.5 to 10 mm away at
    the same node, and white matter far from the tract (superior longitudinal fasciculus and anterior corona
    radiata). The first is blind to shading, the second to a change that is broader than the tract; together
    they vary less between people than either alone. By how much the core stands out from the first is
    corrected for the partial volume that voxels, the tract's width and an unsure place let expect.

    Parameters
    ----------
    places
        As from :func:`find_tract`, of this series or of all those of the study.
    """
    tract, signals = view.tract, view.signals
    tracks = {side: _track(signals, tract, side, places[side]) for side in SIDES}
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
        *_quality(view),
    )


def _track(signals: TractSignals, tract: TractMap, side: Side, place: TractPlace) -> _Track:
    line, discs = atlas.centreline(side), tract.discs[side]
    path = core_along(place.offsets, signals.usable, tract.white_matter, discs)
    collars = [_collar(signals, tract, discs, place.offsets, n) for n in range(len(discs))]
    share = recovery(discs, line.radii, place.spread)
    covered = np.array(
        [
            bool(np.any(signals.inside[disc.voxels[np.hypot(*(disc.offsets - offset).T) <= disc.core_mm]]))
            for disc, offset in zip(discs, path.offsets, strict=True)
        ]
    )

    def ratio(signal: FloatArray) -> FloatArray:
        level = core_levels(signal, signals.usable, tract.white_matter, discs, place)
        around = np.array([_median(signal[collar]) for collar in collars])
        return np.asarray((around + (level - around) / share) / np.sqrt(around))

    return _Track(line, path, ratio(signals.corrected), ratio(signals.uncorrected), covered)


def _collar(
    signals: TractSignals, tract: TractMap, discs: Sequence[Disc], offsets: FloatArray, node: int
) -> IntArray:
    """The map's voxels of certain white matter around a node and its neighbours, apart from the path."""
    found = []
    for n in range(max(0, node - 1), min(len(discs), node + 2)):
        away = np.hypot(*discs[n].offsets.T)
        apart = np.hypot(*(discs[n].offsets - offsets[n]).T) > COLLAR_MM[0]
        ring = discs[n].voxels[apart & (away > COLLAR_MM[0]) & (away < COLLAR_MM[1])]
        found.append(ring[tract.certain[ring] & signals.usable[ring]])
    return np.concatenate(found)


def _median(values: FloatArray) -> float:
    """Of a collar; 1, the reference itself, where there are too few."""
    return float(np.median(values)) if len(values) >= MIN_COLLAR_VOXELS else 1.0


def _segment(signals: TractSignals, track: _Track, region: Region) -> SegmentSignal:
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


def _splenium(signals: TractSignals, tract: TractMap) -> SegmentSignal:
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


def _labels(
    tract: TractMap, signals: TractSignals, tracks: Mapping[Side, _Track]
) -> tuple[IntArray, LabelArray]:
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
