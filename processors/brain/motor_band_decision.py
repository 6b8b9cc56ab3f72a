"""Whether the darkness that was measured is the motor band sign: a function of numbers alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from processors.brain.motor_band_limits import (
    AGED_YEARS,
    ELDERLY_YEARS,
    GRADE_LIMITS,
    MAX_ASYMMETRY,
    MAX_EXCLUDED,
    MIN_CLEAR,
    MIN_COVERAGE,
    MIN_DARK_SHARE,
    MIN_DIFFERENCE,
    MIN_LENGTH_MM,
    MIN_REGIONS,
    MIN_SIDE,
    MIN_SUM,
    SECURE_MARGIN,
    SPARED,
)
from processors.brain.motor_band_signal import RegionSignal, SideSignal
from processors.brain.tract_decision import Decision
from processors.findings import Confidence, Reason, Region, Side, State

SIDES = (Side.LEFT, Side.RIGHT)
LEVELS = (Confidence.LOW, Confidence.MODERATE, Confidence.HIGH)


@dataclass(frozen=True, slots=True)
class Band:
    """The numbers of the whole sign.

    Attributes
    ----------
    grades
        Of each region that can be judged, 0 to 2.
    asymmetry
        Difference of the sides' mean darkness over their sum, -1 to 1; positive where the left is darker.
    faults
        Why regions cannot be judged.
    """

    grades: Mapping[Region, int]
    asymmetry: float
    faults: tuple[Reason, ...]

    @property
    def total(self) -> int:
        """Sum of the grades."""
        return sum(self.grades.values())

    def side(self, side: Side) -> int:
        """Sum of the grades of one side."""
        return sum(grade for region, grade in self.grades.items() if region.side is side)


def grade(darkness: float) -> int:
    """0, 1 or 2."""
    return sum(darkness >= limit for limit in GRADE_LIMITS)


def grade_band(sides: Mapping[Side, SideSignal]) -> Band:
    """Grade every region that can be judged."""
    signals = [signal for side in SIDES for signal in sides[side].regions]
    faults = {signal.region: fault for signal in signals if (fault := _fault(signal)) is not None}
    sound = [signal for signal in signals if signal.region not in faults]
    grades = {signal.region: grade(signal.darkness) for signal in sound if signal.darkness is not None}
    means = [max(0.0, _mean([s.darkness for s in sound if s.region.side is side])) for side in SIDES]
    total = sum(means)
    asymmetry = (means[0] - means[1]) / total if total > 0 else 0.0
    return Band(grades, asymmetry, tuple(dict.fromkeys(faults.values())))


def decide_band(sides: Mapping[Side, SideSignal], band: Band, age: float | None) -> Decision:
    """Apply the rule of the sign to both sides.

    Parameters
    ----------
    age
        Years; ``None`` where it is not known, which is taken for old.
    """
    complete = {side: _side_fits(sides[side], band, age) for side in SIDES}
    symmetric = abs(band.asymmetry) <= MAX_ASYMMETRY
    if all(complete.values()) and band.total >= MIN_SUM and symmetric:
        confidence, reasons = _confidence(sides, band, age)
        return Decision(State.PRESENT, confidence, (*reasons, *band.faults))
    if any(complete.values()) and band.total >= MIN_SUM - 1:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("asymmetric-band"), *band.faults))
    if any(sum(r.side is side for r in band.grades) < MIN_REGIONS for side in SIDES):
        return Decision(State.INDETERMINATE, reasons=band.faults or (Reason.of("few-voxels"),))
    reasons = _why_not(sides, band)
    if _near(sides, band, age):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"), *reasons, *band.faults))
    return Decision(State.ABSENT, reasons=(*reasons, *band.faults))


def _fault(signal: RegionSignal) -> Reason | None:
    if signal.coverage < MIN_COVERAGE:
        return Reason.of("low-coverage", percent=100 * MIN_COVERAGE)
    if signal.clear < MIN_CLEAR:
        return Reason.of("sulcus-unclear")
    if signal.excluded > MAX_EXCLUDED:
        return Reason.of("veins-in-band")
    return Reason.of("few-voxels") if signal.darkness is None else None


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0


def _dark(sides: SideSignal, band: Band) -> list[RegionSignal]:
    return [signal for signal in sides.regions if band.grades.get(signal.region, 0) > 0]


def _beyond(signals: Sequence[RegionSignal]) -> tuple[float, float]:
    """By how much the dark regions are darker than the anterior bank and the postcentral cortex."""
    return _mean([s.anterior_difference for s in signals]), _mean([s.postcentral_difference for s in signals])


def _side_fits(side: SideSignal, band: Band, age: float | None, share: float = 1.0) -> bool:
    """Whether one side has the band, or at a share of every limit nearly has it."""
    dark = _dark(side, band) if share == 1 else [s for s in side.regions if s.region in band.grades]
    graded = band.side(side.strip.side) >= MIN_SIDE if share == 1 else bool(dark)
    darkest = max((s.darkness or 0.0 for s in dark), default=0.0)
    return (
        graded
        and darkest >= share * GRADE_LIMITS[0]
        and side.length_mm >= share * MIN_LENGTH_MM
        and side.dark_share >= MIN_DARK_SHARE
        and min(_beyond(dark)) >= share * MIN_DIFFERENCE
        and (
            (age is not None and age < ELDERLY_YEARS)
            or _mean([s.postcentral_darkness for s in dark]) <= SPARED
        )
    )


def _near(sides: Mapping[Side, SideSignal], band: Band, age: float | None) -> bool:
    return band.total >= MIN_SUM - 1 and all(_side_fits(sides[side], band, age, 0.8) for side in SIDES)


def _why_not(sides: Mapping[Side, SideSignal], band: Band) -> tuple[Reason, ...]:
    """What keeps dark cortex from being the sign."""
    if any(band.side(side) < MIN_SIDE for side in SIDES):
        return ()
    reasons = []
    if any(min(_beyond(_dark(sides[side], band))) < MIN_DIFFERENCE for side in SIDES):
        reasons.append(Reason.of("diffuse-iron"))
    if any(sides[side].length_mm < MIN_LENGTH_MM for side in SIDES):
        reasons.append(Reason.of("short-band"))
    return tuple(reasons)


def _confidence(
    sides: Mapping[Side, SideSignal], band: Band, age: float | None
) -> tuple[Confidence, tuple[Reason, ...]]:
    """By the weaker side's margin over the limit; never high, for no second sequence confirms it."""
    margins = []
    for side in SIDES:
        dark = _dark(sides[side], band)
        error = np.sqrt(np.mean([s.standard_error**2 for s in dark]) / len(dark))
        margins.append((_mean([s.darkness for s in dark]) - GRADE_LIMITS[0]) / error)
    secure = min(margins) >= SECURE_MARGIN and band.total > MIN_SUM
    confidence = Confidence.MODERATE if secure else Confidence.LOW
    if age is None:
        return Confidence.LOW, (Reason.of("unknown-age"),)
    if age >= AGED_YEARS:
        return Confidence.LOW, (Reason.of("age-iron"),)
    return confidence, ()
