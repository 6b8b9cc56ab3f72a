"""What one series says of the corticospinal tract: compared with a norm, decided."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from processors.acquisition import Contrast
from processors.brain.decision import Decision
from processors.brain.tract.bright_length import BrightLength, bright_length
from processors.brain.tract.decision import SIDES, Scores, decide_t1, decide_t2, score_of
from processors.brain.tract.displaced import is_displaced
from processors.brain.tract.gates import DIFFUSION, bias_sensitive, measured, segment_faults, series_faults
from processors.brain.tract.measurement import (
    LABELS,
    REFERENCE,
    NodeSignals,
    SegmentSignal,
    TractMeasurement,
)
from processors.depiction import RegionMap
from processors.findings import (
    Algorithm,
    Confidence,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
    TractProfile,
    regions_of,
)
from processors.norms import Norm, Norms, SegmentNorms, protocol_of
from processors.volume import Volume

TRACT = Algorithm("corticospinal tract profile", "0.5.3")
NO_NORMS = SegmentNorms("", {})


@dataclass(frozen=True, slots=True, eq=False)
class TractSeries:
    """What one series says of the tract.

    Attributes
    ----------
    measurement
        ``None`` where the atlas could not be carried over.
    sound
        Segments that were measured well enough to judge them.
    scores
        Of those that have a norm.
    limits
        Why the other segments cannot be judged.
    faults
        Why nothing may be decided on the series; then it stays undecided whatever was measured.
    """

    volume: Volume
    norms: SegmentNorms
    measurement: TractMeasurement | None
    sound: frozenset[Region]
    scores: Scores
    limits: tuple[Reason, ...]
    faults: tuple[Reason, ...]

    @property
    def proposed(self) -> bool:
        """Whether nobody was measured for the norm of a segment that is judged."""
        return any(self.norms.segments[region.name].n == 0 for region in self.scores)


def read_series(
    sign: Sign, contrast: Contrast, volume: Volume, measurement: TractMeasurement | Reason, norms: Norms
) -> TractSeries:
    """Say which segments of the tract in one series can be judged.

    Parameters
    ----------
    contrast
        What the series shows; the volume's own word for it counts for its protocol alone.
    measurement
        Of the series, or why it could not be measured.
    """
    found = norms.of(sign, protocol_of(volume), TRACT) or NO_NORMS
    if isinstance(measurement, Reason):
        return TractSeries(volume, found, None, frozenset(), {}, (), (measurement,))
    faulty = segment_faults(measurement.segments, contrast)
    sound = [segment for segment in measurement.segments if segment.region not in faulty]
    scores = {
        segment.region: score_of(segment.ratio, segment.standard_error, found.segments[segment.region.name])
        for segment in sound
        if segment.ratio is not None and segment.region.name in found.segments
    }
    limits = list(dict.fromkeys(faulty.values()))
    if len(scores) < len(sound):
        limits.append(Reason.of("no-norm"))
    faults = series_faults(measurement, contrast)
    if contrast not in DIFFUSION and is_displaced(volume, measurement):
        faults = (*faults, Reason.of("registration-failed"))
    return TractSeries(
        volume,
        found,
        measurement,
        frozenset(segment.region for segment in sound),
        scores,
        tuple(limits),
        faults,
    )


def decide_series(sign: Sign, series: TractSeries) -> Decision:
    """Whether the tract is bright on a series of T1, T1 MTC, T2 or FLAIR."""
    if series.faults or series.measurement is None:
        return undecided(series)
    if sign in (Sign.CST_T1, Sign.CST_T1_MTC):
        decision = decide_t1(series.scores, series.limits, proposed=series.proposed)
    else:
        decision = decide_t2(series.scores, _lengths(series), series.limits, proposed=series.proposed)
    bright = [s for s in series.measurement.segments if s.region.name in decision.bright | decision.nearly]
    present = decision.state is State.PRESENT
    if (present or decision.nearly) and bias_sensitive(bright):
        reasons = (*decision.reasons, Reason.of("bias-sensitive"))
        return replace(decision, confidence=Confidence.LOW if present else None, reasons=reasons)
    return decision


def undecided(series: TractSeries) -> Decision:
    """The decision on a series on which nothing may be decided."""
    return Decision(State.INDETERMINATE, reasons=(*series.faults, *series.limits))


def _lengths(series: TractSeries) -> dict[Side, BrightLength]:
    nodes = series.measurement.nodes if series.measurement is not None else ()
    lengths = {side: BrightLength(0.0, 0.0) for side in SIDES}
    return lengths | {
        line.side: bright_length(line.position_mm, _node_scores(line, series), line.segments)
        for line in nodes
    }


def _node_scores(line: NodeSignals, series: TractSeries) -> list[float | None]:
    """How bright each node is, as a z-score; none where its segment cannot be judged.

    The capsule is bright in health, and the longest bright run of healthy people was measured with it. So a
    node of the capsule is as bright as it is for a capsule or for the white matter above, whichever is more.
    """
    norms = series.norms.segments
    compared = {name: {norms[name]} for name in norms}
    if "internal_capsule" in norms and "corona_radiata" in norms:
        compared["internal_capsule"].add(norms["corona_radiata"])
    return [
        max(norm.z(ratio) for norm in compared[name])
        if ratio is not None and Region(name, line.side) in series.scores
        else None
        for name, ratio in zip(line.segments, line.ratio, strict=True)
    ]


def region_measurements(series: TractSeries, *, splenium: bool = False) -> tuple[RegionMeasurements, ...]:
    """The numbers of every segment that was measured, judged or not; and of the splenium, if asked for."""
    if series.measurement is None:
        return ()
    segments = (*series.measurement.segments, *((series.measurement.splenium,) if splenium else ()))
    return tuple(
        RegionMeasurements(segment.region, _numbers(segment, series.norms.segments.get(segment.region.name)))
        for segment in segments
        if measured(segment)
    )


def _numbers(segment: SegmentSignal, norm: Norm | None) -> tuple[Measurement, ...]:
    numbers: list[tuple[Quantity, float | None]] = [
        (Quantity.RATIO, segment.ratio),
        (Quantity.RATIO_UNCORRECTED, segment.ratio_uncorrected),
    ]
    if norm is not None and segment.ratio is not None:
        numbers += [
            (Quantity.Z_SCORE, norm.z(segment.ratio)),
            (Quantity.NORM_MEAN, norm.mean),
            (Quantity.NORM_SD, norm.sd),
            (Quantity.NORM_N, norm.n),
        ]
    numbers += [
        (Quantity.VOXELS, segment.voxels),
        (Quantity.COVERAGE, 100 * segment.coverage),
        (Quantity.LESION_SHARE, 100 * segment.lesion_share),
    ]
    return tuple(Measurement(quantity, value) for quantity, value in numbers if value is not None)


def profiles(series: TractSeries) -> tuple[TractProfile, ...]:
    """The signal along both sides with its norm; none where a segment has no norm."""
    norms: Mapping[str, Norm] = series.norms.segments
    if series.measurement is None:
        return ()
    return tuple(
        TractProfile(
            line.side,
            line.position_mm,
            line.segments,
            line.ratio,
            tuple(norms[name].mean for name in line.segments),
            tuple(norms[name].sd for name in line.segments),
        )
        for line in series.measurement.nodes
        if all(name in norms for name in line.segments)
    )


def region_map(sign: Sign, series: TractSeries) -> RegionMap | None:
    """Where the segments and their reference lie in the series; none where nothing was measured."""
    found = series.measurement
    if found is None:
        return None
    own = set(regions_of(sign))
    shown = {number: region for number, region in LABELS if region in own or region == REFERENCE}
    taken = np.isin(found.labels, list(shown))
    return RegionMap(
        sign,
        series.volume.series_instance_uid,
        found.indices[taken],
        found.labels[taken],
        {number: region for number, region in shown.items() if region in own},
        {number: region for number, region in shown.items() if region not in own},
    )
