"""A sign of the cord's signal on one series: from the measurement to the finding."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from processors.depiction import CordProfile
from processors.findings import (
    WHOLE_CORD,
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
)
from processors.norms import Norm, Norms, SegmentNorms, protocol_of
from processors.spine.columns import UNROLLED_DEGREES
from processors.spine.level_signal import LevelSignal, blocks_of, level_signals, pooled_spread
from processors.spine.limits import (
    MAX_REFERENCE_SPREAD,
    MIN_VOXELS,
    REFERENCE_SHARE,
    SIGNAL,
    SLICE_SPREAD,
)
from processors.spine.measurement import T1_LIKE, CordMeasurement, looks_thoracic
from processors.spine.signal_decision import Decision, decide_signal

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COLUMNS = Algorithm("cord columns", "0.2.0")
NO_NORMS = SegmentNorms("", {})


def used_slices(measured: CordMeasurement, stenotic: BoolArray) -> BoolArray:
    """The sections whose signal counts: well outlined, without inflow, stenosis or cavity."""
    return np.asarray(measured.outlined & ~measured.inflow.flagged & ~stenotic & ~measured.cavity)


def signal_finding(
    sign: Sign, measured: CordMeasurement, stenotic: BoolArray, norms: Norms, faults: Sequence[Reason] = ()
) -> Finding:
    """Judge a sign of the cord's signal on a series.

    Parameters
    ----------
    stenotic
        Shape (n,): sections at or beside a stenosis.
    faults
        Why nothing may be decided on the series, whatever is measured.
    """
    found = norms.of(sign, protocol_of(measured.volume, sign), COLUMNS) or NO_NORMS
    used = used_slices(measured, stenotic)
    levels = _levels(sign, measured, used, blocks_of(measured.levels, measured.position_mm))
    decision = _decide(sign, measured, levels, found, stenotic, faults)
    return Finding(
        sign,
        decision.state,
        COLUMNS,
        decision.confidence,
        tuple(dict.fromkeys(decision.reasons)),
        _regions(sign, measured, levels, used, found),
        (measured.volume.series_instance_uid,),
        found.name,
    )


def cord_profile(sign: Sign, measured: CordMeasurement, stenotic: BoolArray, norms: Norms) -> CordProfile:
    """What was measured slice by slice, for the pictures."""
    found = norms.of(sign, protocol_of(measured.volume, sign), COLUMNS) or NO_NORMS
    whole = None if any(measured.levels) else _norm_of_whole(measured, found)
    known = [found.segments.get(level, whole) for level in measured.levels]
    with np.errstate(invalid="ignore", divide="ignore"):
        unrolled = measured.signals.unrolled / measured.signals.dorsal[:, None]
    return CordProfile(
        sign=sign,
        series_instance_uid=measured.volume.series_instance_uid,
        position_mm=measured.position_mm - measured.position_mm[0],
        levels=measured.levels,
        ratio={side: _ratio(sign, measured, side) for side in Side},
        norm_mean=np.array([np.nan if norm is None else norm.mean for norm in known]),
        norm_sd=np.array([np.nan if norm is None else norm.sd for norm in known]),
        used=used_slices(measured, stenotic),
        area_mm2=measured.shape.area_mm2,
        flatness=measured.shape.flatness,
        contours=measured.cord.drawn[measured.section.stations],
        angles=UNROLLED_DEGREES,
        unrolled=unrolled,
    )


def _ratio(sign: Sign, measured: CordMeasurement, side: Side, *, corrected: bool = True) -> FloatArray:
    return measured.ratio(side, tract=sign is Sign.CORD_T2, corrected=corrected)


def _levels(
    sign: Sign, measured: CordMeasurement, used: BoolArray, blocks: Sequence[str]
) -> tuple[LevelSignal, ...]:
    return level_signals(
        blocks,
        {side: _ratio(sign, measured, side) for side in Side},
        {side: _ratio(sign, measured, side, corrected=False) for side in Side},
        used,
    )


def _decide(
    sign: Sign,
    measured: CordMeasurement,
    levels: tuple[LevelSignal, ...],
    found: SegmentNorms,
    stenotic: BoolArray,
    faults: Sequence[Reason],
) -> Decision:
    levels_known = any(measured.levels)
    cautions = _cautions(measured, stenotic, levels_known=levels_known)
    blocks = np.array(blocks_of(measured.levels, measured.position_mm), dtype=object)
    enough = [
        level for level in levels if _voxels(sign, measured, blocks == level.name, level.slices) >= MIN_VOXELS
    ]
    decision = decide_signal(
        enough, found.segments, SIGNAL[sign], levels_known=levels_known, cautions=cautions
    )
    obstacles = [*faults]
    used = used_slices(measured, stenotic)
    if _median(measured.signals.dorsal_spread[used]) > MAX_REFERENCE_SPREAD:
        obstacles.append(Reason.of("reference-spread"))
    if _spread(levels) > SLICE_SPREAD:
        obstacles.append(Reason.of("uneven-slices"))
    if sign is Sign.CORD_T1 and decision.levels and _dark_reference(measured, levels, decision, found):
        obstacles.append(Reason.of("reference-abnormal"))
    if not obstacles:
        return decision
    reasons = (*obstacles, *decision.reasons)
    return replace(decision, state=State.INDETERMINATE, confidence=None, reasons=reasons)


def _cautions(measured: CordMeasurement, stenotic: BoolArray, *, levels_known: bool) -> tuple[Reason, ...]:
    cautions = []
    if inflow := int(np.count_nonzero(measured.inflow.flagged)):
        cautions.append(Reason.of("entry-slice-inflow", slices=inflow))
    if narrow := int(np.count_nonzero(stenotic)):
        cautions.append(Reason.of("stenosis", slices=narrow))
    if not levels_known:
        cautions.append(Reason.of("level-indeterminate"))
    return tuple(cautions)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0


def _spread(levels: Sequence[LevelSignal]) -> float:
    return pooled_spread([np.array(level.means) for level in levels])


def _dark_reference(
    measured: CordMeasurement, levels: Sequence[LevelSignal], decision: Decision, found: SegmentNorms
) -> bool:
    """Whether grey matter and ventral columns exceed the dorsal columns, too, at the bright levels.

    Then it is the dorsal columns that are dark. The centre of a healthy cord is at most as bright on T1 as
    its dorsal columns.
    """
    blocks = np.array(blocks_of(measured.levels, measured.position_mm), dtype=object)
    at = np.isin(blocks, list(decision.levels)) & measured.outlined & ~measured.inflow.flagged
    with np.errstate(invalid="ignore", divide="ignore"):
        others = [
            (signal / measured.signals.dorsal)[at]
            for signal in (measured.signals.central, measured.signals.ventral)
        ]
    medians = [_median(one) for one in others if np.isfinite(one).any()]
    norm = next(iter(found.segments.values()), None)
    bright = [level.mean for level in levels if level.name in decision.levels]
    if not medians or norm is None or not bright:
        return False
    excess = sum(bright) / len(bright) - norm.mean
    return min(medians) - 1.0 >= REFERENCE_SHARE * excess


def _voxels(sign: Sign, measured: CordMeasurement, at: BoolArray, slices: int) -> int:
    """Voxels of one side of so many of the sections at a level, by the area of its windows."""
    signals = measured.signals
    area = signals.tract_mm2 if sign is Sign.CORD_T2 else signals.tract_mm2 + signals.anterolateral_mm2
    per_slice = float(np.nanmean(area[at]))
    return int(per_slice * slices * _height(measured) / float(np.prod(measured.volume.spacing)))


def _height(measured: CordMeasurement) -> float:
    """Millimetres of cord that a section stands for."""
    if (measured.cord.slices >= 0).all():
        return measured.volume.spacing[0]
    steps = np.diff(measured.position_mm)
    return float(np.median(steps)) if len(steps) else measured.volume.spacing[0]


def _regions(
    sign: Sign, measured: CordMeasurement, levels: Sequence[LevelSignal], used: BoolArray, found: SegmentNorms
) -> tuple[RegionMeasurements, ...]:
    """The levels, left and right; the cord as a whole where none is known."""
    if not any(measured.levels):
        everywhere = np.ones(len(measured.levels), dtype=np.bool_)
        norm = _norm_of_whole(measured, found)
        return tuple(
            RegionMeasurements(Region(WHOLE_CORD, side), _numbers(measured, whole, side, everywhere, norm))
            for whole in _levels(sign, measured, used, ("1",) * len(measured.levels))
            for side in Side
        )
    names = np.array(measured.levels, dtype=object)
    return tuple(
        RegionMeasurements(
            Region(level.name, side),
            _numbers(measured, level, side, names == level.name, found.segments.get(level.name)),
        )
        for level in levels
        for side in Side
    )


def _norm_of_whole(measured: CordMeasurement, found: SegmentNorms) -> Norm | None:
    """What the ratio of a cervical cord of unknown levels is compared with."""
    return None if looks_thoracic(measured) else found.of_any_segment()


def _numbers(
    measured: CordMeasurement, level: LevelSignal, side: Side, at: BoolArray, norm: Norm | None
) -> tuple[Measurement, ...]:
    ratio = level.ratio[side]
    numbers: list[tuple[Quantity, float]] = [
        (Quantity.RATIO, ratio),
        (Quantity.RATIO_UNCORRECTED, level.uncorrected[side]),
    ]
    if norm is not None:
        numbers += [
            (Quantity.Z_SCORE, norm.z(ratio)),
            (Quantity.NORM_MEAN, norm.mean),
            (Quantity.NORM_SD, norm.sd),
            (Quantity.NORM_N, norm.n),
        ]
    signals = measured.signals
    with np.errstate(invalid="ignore", divide="ignore"):
        windows = (
            (Quantity.TRACT_RATIO, (signals.tract[side] / signals.dorsal)[at]),
            (Quantity.ANTEROLATERAL_RATIO, (signals.anterolateral[side] / signals.dorsal)[at]),
        )
    numbers += [
        (quantity, float(np.nanmean(values))) for quantity, values in windows if np.isfinite(values).any()
    ]
    sign = Sign.CORD_T1 if measured.volume.contrast in T1_LIKE else Sign.CORD_T2
    numbers += [
        (Quantity.STANDARD_ERROR, level.side_error),
        (Quantity.SLICES, level.slices),
        (Quantity.VOXELS, _voxels(sign, measured, at, level.slices)),
        (Quantity.COVERAGE, 100 * level.slices / level.total),
    ]
    return tuple(Measurement(quantity, float(value)) for quantity, value in numbers)


def concordant(t1: Finding, t2: Finding) -> tuple[Finding, Finding]:
    """What the two signs of the cord's signal say of each other.

    Where T2 shows that the dorsal columns are abnormal, T1 must not be compared with them. Two signs that are
    both moderately sure make each other highly so.
    """
    abnormal = Reason.of("reference-abnormal")
    if t1.state is State.PRESENT and abnormal in t2.reasons:
        t1 = replace(t1, state=State.INDETERMINATE, confidence=None, reasons=(abnormal, *t1.reasons))
    if t1.confidence is t2.confidence is Confidence.MODERATE:
        return replace(t1, confidence=Confidence.HIGH), replace(t2, confidence=Confidence.HIGH)
    return t1, t2
