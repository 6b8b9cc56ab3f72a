"""Whether the darkness that was measured is the motor band sign: a function of numbers alone."""

from collections.abc import Sequence

import numpy as np

from processors.brain.cortex.motor_band_excess import Estimate
from processors.brain.cortex.motor_band_grading import SIDES, Band, SideBand
from processors.brain.cortex.motor_band_limits import (
    AGE_IN_POSTCENTRAL,
    AGE_IN_VISUAL,
    AGED_YEARS,
    BAND_EXCESS,
    ELDERLY_YEARS,
    GRADE_LIMITS,
    MAX_AGE_ERROR,
    MAX_AGE_SHARE,
    MAX_ASYMMETRY,
    MIN_DARK_SHARE,
    MIN_DIFFERENCE,
    MIN_LENGTH_MM,
    MIN_REGIONS,
    MIN_SIDE,
    MIN_SIDE_DIFFERENCE,
    MIN_SUM,
    NEARLY,
    POSTCENTRAL_ERROR,
    SECURE,
    SECURE_MARGIN,
    SECURE_SIDE,
    SECURE_TOGETHER,
    USUAL_POSTCENTRAL,
    USUAL_PRECENTRAL,
    USUAL_VISUAL,
)
from processors.brain.cortex.motor_band_signal import RegionSignal
from processors.brain.cortex.visual_cortex import VisualCortex
from processors.brain.decision import Decision
from processors.findings import Confidence, Reason, State


def elderly(age: float | None) -> bool:
    """Whether the motor cortex may be dark by age; an age that is not known is taken for old."""
    return age is None or age >= ELDERLY_YEARS


def decide_band(band: Band, age: float | None, visual: VisualCortex | None = None) -> Decision:
    """Apply the rule of the sign to both sides.

    Parameters
    ----------
    age
        Years; ``None`` where it is not known.
    visual
        The visual cortex, which tells iron of age from a band; ``None`` where it was not measured.
    """
    fits = [_fits(band.sides[side]) for side in SIDES]
    beyond = _mean([_beyond(side, side.dark) / side.scale for side in band.sides.values()])
    symmetric = abs(band.asymmetry) <= MAX_ASYMMETRY
    left, right = ({signal.region.name for signal in band.sides[side].judged} for side in SIDES)
    if left & right and all(fits) and band.total >= MIN_SUM and symmetric and beyond >= MIN_DIFFERENCE:
        if elderly(age) and not _beyond_age(band, visual):
            return Decision(State.INDETERMINATE, reasons=(_of_age(age), *band.faults))
        each = all(_sure(side.excess, SECURE_SIDE) for side in band.sides.values())
        if not (each and _sure(band.excess, SECURE_TOGETHER)):
            return Decision(State.INDETERMINATE, reasons=(Reason.of("uneven-cortex"), *band.faults))
        if band.beside_void:
            return Decision(State.INDETERMINATE, reasons=(Reason.of("void-beside-band"), *band.faults))
        confidence, reasons = _confidence(band, age)
        return Decision(State.PRESENT, confidence, (*reasons, *band.faults))
    if any(fits) and not symmetric and any(_sure(side.excess) for side in band.sides.values()):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("asymmetric-band"), *band.faults))
    if any(len(band.sides[side].judged) < MIN_REGIONS for side in SIDES):
        return Decision(State.INDETERMINATE, reasons=band.faults or (Reason.of("few-voxels"),))
    if _possible(band) and all(_fits(band.sides[side], NEARLY) for side in SIDES):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"), *band.faults))
    dark = [side.dark for side in band.sides.values()]
    if _possible(band) and all(dark) and not all(_compared(signals) for signals in dark):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("sulcus-unclear"), *band.faults))
    return Decision(State.ABSENT, reasons=(*_why_not(band), *band.faults))


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0


def _sure(excess: Estimate, errors: float = SECURE) -> bool:
    """Whether darkness is beyond what chance and the iron of healthy motor cortex make of it."""
    return excess.value >= errors * excess.error


def _possible(band: Band) -> bool:
    """Whether a band may be there: grades nearly enough, and its excess within reach of what was measured."""
    scale = max(side.scale for side in band.sides.values())
    reach = band.excess.value + SECURE * band.excess.error
    return band.total >= MIN_SUM - 1 and reach >= scale * BAND_EXCESS


def _compared(signals: Sequence[RegionSignal]) -> bool:
    """Whether regions could be compared with the anterior bank and the postcentral cortex at all."""
    return any(s.anterior_difference is not None for s in signals) and any(
        s.postcentral_difference is not None for s in signals
    )


def _beyond(side: SideBand, signals: Sequence[RegionSignal]) -> float:
    """By how much regions are darker than the anterior bank and the postcentral cortex, the lesser one."""
    return min(
        side.mean(signals, lambda s: s.anterior_difference) or 0.0,
        side.mean(signals, lambda s: s.postcentral_difference) or 0.0,
    )


def _fits(side: SideBand, share: float = 1.0) -> bool:
    """Whether one side has the band, or at a share of every limit nearly has it."""
    limit = share * side.scale
    darkest = max((s.darkness or 0.0 for s in side.judged), default=0.0)
    graded = side.total >= MIN_SIDE if share == 1 else darkest >= limit * GRADE_LIMITS[0]
    return (
        graded
        and side.length_mm >= share * MIN_LENGTH_MM
        and side.dark_share >= MIN_DARK_SHARE
        and _beyond(side, side.dark or side.judged) >= limit * MIN_SIDE_DIFFERENCE
    )


def _beyond_age(band: Band, visual: VisualCortex | None) -> bool:
    """Whether the postcentral and the visual cortex are spared by what darkens the precentral one."""
    if visual is None:
        return False
    share, error = age_share(band, visual)
    return error <= MAX_AGE_ERROR and share <= MAX_AGE_SHARE


def age_share(band: Band, visual: VisualCortex) -> tuple[float, float]:
    """How much darker postcentral and visual cortex are than usual, and the standard error of that.

    As a share of what they would be if all that darkens the dark regions came with age: 0 for a band, 1 for
    age; infinite where postcentral cortex could not be measured on either side.
    """
    sides = band.sides.values()
    postcentral = [side.mean(side.dark, lambda s: s.postcentral_darkness) for side in sides]
    scale = max(side.scale for side in sides)
    excess = _mean([side.mean(side.dark, lambda s: s.darkness) for side in sides]) - scale * USUAL_PRECENTRAL
    if all(value is None for value in postcentral) or excess <= 0:
        return float("inf"), float("inf")
    expected = (AGE_IN_VISUAL + AGE_IN_POSTCENTRAL) * excess
    found = visual.darkness + _mean(postcentral) - scale * (USUAL_VISUAL + USUAL_POSTCENTRAL)
    return found / expected, float(np.hypot(visual.standard_error, scale * POSTCENTRAL_ERROR)) / expected


def _why_not(band: Band) -> tuple[Reason, ...]:
    """What keeps dark cortex from being the sign."""
    sides = band.sides.values()
    if band.total < MIN_SUM or any(side.total < MIN_SIDE for side in sides):
        return ()
    reasons = []
    beyond = [_beyond(side, side.dark) / side.scale for side in sides]
    if min(beyond) < MIN_SIDE_DIFFERENCE or _mean(beyond) < MIN_DIFFERENCE:
        reasons.append(Reason.of("diffuse-iron"))
    if any(side.length_mm < MIN_LENGTH_MM for side in sides):
        reasons.append(Reason.of("short-band"))
    return tuple(reasons)


def _of_age(age: float | None) -> Reason:
    return Reason.of("unknown-age") if age is None else Reason.of("age-iron")


def _confidence(band: Band, age: float | None) -> tuple[Confidence, tuple[Reason, ...]]:
    """By the weaker side's margin over the limit; never high, for no second sequence confirms it."""
    if age is None or age >= AGED_YEARS:
        return Confidence.LOW, (_of_age(age),)
    margins = []
    for side in band.sides.values():
        error = 1 / np.sqrt(sum(side.weights[signal.region] for signal in side.dark))
        darkness = side.mean(side.dark, lambda s: s.darkness) or 0.0
        margins.append((darkness - side.scale * GRADE_LIMITS[0]) / error)
    secure = min(margins) >= SECURE_MARGIN and band.total > MIN_SUM
    return (Confidence.MODERATE if secure else Confidence.LOW), ()
