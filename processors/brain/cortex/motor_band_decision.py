"""Whether the darkness that was measured is the motor band sign: a function of numbers alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from catalogue.texts import TEXTS
from processors.brain.cortex.motor_band_limits import (
    AGED_YEARS,
    BRIDGED_MM,
    DARK,
    ELDERLY_FACTOR,
    ELDERLY_YEARS,
    GRADE_LIMITS,
    MAX_ASYMMETRY,
    MAX_EXCLUDED,
    MAX_OTHERS_EXCLUDED,
    MIN_CLEAR,
    MIN_COVERAGE,
    MIN_DARK_SHARE,
    MIN_DIFFERENCE,
    MIN_LENGTH_MM,
    MIN_REGIONS,
    MIN_SIDE,
    MIN_SIDE_SPREADS,
    MIN_SPREADS,
    MIN_SUM,
    NEARLY,
    ONE_SIDED_SPREADS,
    SECURE_MARGIN,
    SPARED,
    USUAL_SPREAD,
    USUAL_SPREAD_WEIGHT,
    USUAL_WEIGHTING,
    WEIGHTING_RANGE,
)
from processors.brain.cortex.motor_band_signal import RegionSignal, SideSignal
from processors.brain.cortex.sulcus_prior import STEP_MM
from processors.brain.decision import Decision
from processors.findings import Confidence, Reason, Region, Side, State

FloatArray = npt.NDArray[np.float64]

SIDES = (Side.LEFT, Side.RIGHT)
_OUTSIDE = "low-coverage"


@dataclass(frozen=True, slots=True)
class SideBand:
    """What one side's numbers say.

    Attributes
    ----------
    grades
        Of each region that can be judged, 0 to 2.
    judged
        The regions that can be judged.
    length_mm, dark_share
        The longest dark stretch along the gyrus, and the share of it that is dark by itself.
    scale
        Weighting of the series over the usual one: what the limits are multiplied by.
    """

    grades: Mapping[Region, int]
    judged: tuple[RegionSignal, ...]
    length_mm: float
    dark_share: float
    scale: float

    @property
    def total(self) -> int:
        """Sum of the grades."""
        return sum(self.grades.values())

    @property
    def dark(self) -> tuple[RegionSignal, ...]:
        """The regions of grade 1 or 2."""
        return tuple(signal for signal in self.judged if self.grades[signal.region] > 0)

    @property
    def excess(self) -> float:
        """How dark the judged regions are on average, beside reference and postcentral cortex alike."""
        return _excess(self.judged)


@dataclass(frozen=True, slots=True)
class Band:
    """The numbers of the whole sign.

    Attributes
    ----------
    asymmetry
        Difference of the sides' excess over their sum, -1 to 1, of the regions that can be judged on both;
        positive where the left is darker.
    spread
        How much the darkness of cortex without a band differs from place to place in this person.
    faults
        Why regions cannot be judged.
    """

    sides: Mapping[Side, SideBand]
    asymmetry: float
    spread: float
    faults: tuple[Reason, ...]

    @property
    def total(self) -> int:
        """Sum of the grades of both sides."""
        return sum(side.total for side in self.sides.values())


def scale_of(weighting: float | None) -> float:
    """Weighting (tesla times milliseconds) over the usual one; 1 where it is not known."""
    if weighting is None:
        return 1.0
    return float(np.clip(weighting, *WEIGHTING_RANGE)) / USUAL_WEIGHTING


def grade(darkness: float, scale: float = 1.0) -> int:
    """0, 1 or 2."""
    return sum(darkness >= limit for limit in limits_at(scale))


def limits_at(scale: float) -> tuple[float, ...]:
    """Darkness from which a region has grade 1 and grade 2."""
    return tuple(scale * limit for limit in GRADE_LIMITS)


def grade_band(signals: Mapping[Side, SideSignal], scale: float) -> Band:
    """Grade every region that can be judged."""
    sides = {side: _grade_side(signals[side], scale) for side in SIDES}
    others = [value for side in SIDES for value in signals[side].others]
    return Band(
        sides,
        _asymmetry(sides),
        spread_of(others, scale),
        _faults(signals),
    )


def _faults(signals: Mapping[Side, SideSignal]) -> tuple[Reason, ...]:
    """Why regions cannot be judged, each reason once, and which regions the images do not hold."""
    found = {one.region: _fault(one, signals[side]) for side in SIDES for one in signals[side].regions}
    outside = [region for region, fault in found.items() if fault is not None and fault.key == _OUTSIDE]
    named = Reason.of("regions-outside", regions=_listed(outside), percent=100 * MIN_COVERAGE)
    faults = (named if fault.key == _OUTSIDE else fault for fault in found.values() if fault is not None)
    return tuple(dict.fromkeys(faults))


def _listed(regions: Sequence[Region]) -> str:
    """Regions in words, each once, with the sides that are meant."""
    sides: dict[str, list[str]] = {}
    for region in regions:
        name = TEXTS["regions_short"][region.name]
        sides.setdefault(name, []).append(TEXTS["sides_in_sentence"][region.side or Side.LEFT])
    return ", ".join(f"{name} ({', '.join(own)})" for name, own in sides.items())


def _asymmetry(sides: Mapping[Side, SideBand]) -> float:
    names = [{signal.region.name for signal in sides[side].judged} for side in SIDES]
    shared = names[0] & names[1]
    left, right = (_excess([s for s in sides[side].judged if s.region.name in shared]) for side in SIDES)
    return (left - right) / (left + right) if left + right > 0 else 0.0


def spread_of(others: Sequence[float], scale: float = 1.0) -> float:
    """How much cortex without a band differs from place to place, root mean square.

    The person's own places, with as much of what is usual as they are too few to tell (the mean of an inverse
    gamma distribution's posterior, near enough).

    Parameters
    ----------
    others
        Darkness of the comparison cortex, one value for each bank and region.
    """
    own = float(np.sum(np.square(others)))
    usual = USUAL_SPREAD_WEIGHT * (scale * USUAL_SPREAD) ** 2
    return float(np.sqrt((own + usual) / (len(others) + USUAL_SPREAD_WEIGHT)))


def _grade_side(signal: SideSignal, scale: float) -> SideBand:
    judged = tuple(region for region in signal.regions if _fault(region, signal) is None)
    grades = {s.region: grade(s.darkness, scale) for s in judged if s.darkness is not None}
    length, share = band_length(signal.along, scale * DARK)
    return SideBand(grades, judged, length, share, scale)


def band_length(darkness: FloatArray, limit: float) -> tuple[float, float]:
    """Length (mm) of the longest dark stretch, short gaps bridged, and the share of it that is dark.

    Parameters
    ----------
    darkness
        Shape (positions,), of each position along the gyrus; NaN where it was not measured.
    """
    dark = np.nan_to_num(darkness, nan=-1.0) >= limit
    bridged = dark.copy()
    gaps, count = label(~dark)
    for number in range(1, count + 1):
        where = np.flatnonzero(gaps == number)
        if len(where) <= round(BRIDGED_MM / STEP_MM) and where[0] > 0 and where[-1] < len(dark) - 1:
            bridged[where] = True
    runs, count = label(bridged)
    if not count:
        return 0.0, 0.0
    sizes = np.bincount(runs)[1:]
    longest = runs == 1 + int(np.argmax(sizes))
    return float(sizes.max() * STEP_MM), float(dark[longest].mean())


def decide_band(band: Band, age: float | None) -> Decision:
    """Apply the rule of the sign to both sides.

    Parameters
    ----------
    age
        Years; ``None`` where it is not known, which is taken for old.
    """
    fits = [_fits(band.sides[side]) for side in SIDES]
    symmetric = abs(band.asymmetry) <= MAX_ASYMMETRY
    if all(fits) and band.total >= MIN_SUM and symmetric:
        if (age is None or age >= ELDERLY_YEARS) and not _beyond_age(band):
            return Decision(State.INDETERMINATE, reasons=(_of_age(age), *band.faults))
        if not _stands_out(band):
            return Decision(State.INDETERMINATE, reasons=(Reason.of("uneven-cortex"), *band.faults))
        confidence, reasons = _confidence(band, age)
        return Decision(State.PRESENT, confidence, (*reasons, *band.faults))
    if any(fits) and ((band.total >= MIN_SUM - 1 and not symmetric) or _one_stands_out(band, fits)):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("asymmetric-band"), *band.faults))
    if any(len(band.sides[side].judged) < MIN_REGIONS for side in SIDES):
        return Decision(State.INDETERMINATE, reasons=band.faults or (Reason.of("few-voxels"),))
    if band.total >= MIN_SUM - 1 and all(_fits(band.sides[side], NEARLY) for side in SIDES):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"), *band.faults))
    dark = [side.dark for side in band.sides.values()]
    if band.total >= MIN_SUM - 1 and all(dark) and not all(_compared(signals) for signals in dark):
        return Decision(State.INDETERMINATE, reasons=(Reason.of("sulcus-unclear"), *band.faults))
    return Decision(State.ABSENT, reasons=(*_why_not(band), *band.faults))


def _fault(signal: RegionSignal, side: SideSignal) -> Reason | None:
    if signal.coverage < MIN_COVERAGE:
        return Reason.of(_OUTSIDE, percent=100 * MIN_COVERAGE)
    if signal.clear < MIN_CLEAR:
        return Reason.of("sulcus-unclear")
    if signal.excluded > MAX_EXCLUDED or side.others_excluded > MAX_OTHERS_EXCLUDED:
        return Reason.of("veins-in-band")
    return Reason.of("few-voxels") if signal.darkness is None else None


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else 0.0


def _excess(signals: Sequence[RegionSignal]) -> float:
    return max(0.0, _mean([s.darkness for s in signals]) + _mean([s.postcentral_difference for s in signals]))


def _stands_out(band: Band) -> bool:
    """Whether the band is darker than cortex without one differs from place to place in the same person."""
    spreads = [_spreads(band, side) for side in SIDES]
    return min(spreads) >= MIN_SIDE_SPREADS and float(np.mean(spreads)) >= MIN_SPREADS


def _one_stands_out(band: Band, fits: Sequence[bool]) -> bool:
    """Whether the side that has the band is dark beyond doubt, and the other has none."""
    return not all(fits) and _spreads(band, SIDES[fits.index(True)]) >= ONE_SIDED_SPREADS


def _spreads(band: Band, side: Side) -> float:
    """How many times the person's own spread one side is darker than other cortex."""
    return band.sides[side].excess / 2 / band.spread


def _compared(signals: Sequence[RegionSignal]) -> bool:
    """Whether regions could be compared with the anterior bank and the postcentral cortex at all."""
    return any(s.anterior_difference is not None for s in signals) and any(
        s.postcentral_difference is not None for s in signals
    )


def _beyond(signals: Sequence[RegionSignal]) -> float:
    """By how much regions are darker than the anterior bank and the postcentral cortex, the lesser one."""
    return min(
        _mean([s.anterior_difference for s in signals]), _mean([s.postcentral_difference for s in signals])
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
        and _beyond(side.dark or side.judged) >= limit * MIN_DIFFERENCE
    )


def _beyond_age(band: Band) -> bool:
    """Whether a band is darker than iron of age makes it, and the postcentral cortex not dark as well."""
    darkness = [s.darkness or 0.0 for side in band.sides.values() for s in side.judged]
    scale = max(side.scale for side in band.sides.values())
    grades = sum(grade(value, ELDERLY_FACTOR * scale) for value in darkness)
    spared = all(
        any(s.postcentral_darkness is not None for s in side.dark)
        and _mean([s.postcentral_darkness for s in side.dark]) <= side.scale * SPARED
        for side in band.sides.values()
    )
    return grades >= MIN_SUM and spared


def _why_not(band: Band) -> tuple[Reason, ...]:
    """What keeps dark cortex from being the sign."""
    sides = band.sides.values()
    if band.total < MIN_SUM or any(side.total < MIN_SIDE for side in sides):
        return ()
    reasons = []
    if any(_beyond(side.dark) < side.scale * MIN_DIFFERENCE for side in sides):
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
        error = np.sqrt(np.mean([s.standard_error**2 for s in side.dark]) / len(side.dark))
        margins.append((_mean([s.darkness for s in side.dark]) - side.scale * GRADE_LIMITS[0]) / error)
    secure = min(margins) >= SECURE_MARGIN and band.total > MIN_SUM
    return (Confidence.MODERATE if secure else Confidence.LOW), ()
