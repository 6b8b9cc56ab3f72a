"""How dark each region and each side is, in grades: numbers of numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from catalogue.texts import TEXTS
from processors.brain.cortex.motor_band_excess import Estimate, excess_of, spread_of, together, variance_of
from processors.brain.cortex.motor_band_limits import (
    BRIDGED_MM,
    DARK,
    GRADE_LIMITS,
    MAX_EXCLUDED,
    MAX_OTHERS_EXCLUDED,
    MAX_VOID,
    MIN_CLEAR,
    MIN_COVERAGE,
    USUAL_WEIGHTING,
    WEIGHTING_RANGE,
)
from processors.brain.cortex.motor_band_signal import RegionSignal, SideSignal
from processors.brain.cortex.sulcus_prior import STEP_MM
from processors.findings import Reason, Region, Side

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
    weights
        Of each of them among the others: one over its variance.
    excess
        By how much they are darker than is usual, as :func:`excess_of` tells it.
    length_mm, dark_share
        The longest dark stretch along the gyrus, and the share of it that is dark by itself.
    scale
        Weighting of the series over the usual one: what the limits are multiplied by.
    """

    grades: Mapping[Region, int]
    judged: tuple[RegionSignal, ...]
    weights: Mapping[Region, float]
    excess: Estimate
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

    def mean(
        self, signals: Sequence[RegionSignal], of: Callable[[RegionSignal], float | None]
    ) -> float | None:
        """The weighted mean of what some regions have; ``None`` where none has it."""
        known = [(self.weights[s.region], value) for s in signals if (value := of(s)) is not None]
        return sum(w * value for w, value in known) / sum(w for w, _ in known) if known else None


@dataclass(frozen=True, slots=True)
class Band:
    """The numbers of the whole sign.

    Attributes
    ----------
    asymmetry
        Difference of the sides' excess over their sum, -1 to 1, of the regions that can be judged on both;
        positive where the left is darker.
    excess
        Of both sides together.
    beside_void
        Whether part of a region lies in a signal void or beside one.
    faults
        Why regions cannot be judged.
    """

    sides: Mapping[Side, SideBand]
    asymmetry: float
    excess: Estimate
    beside_void: bool
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
    spread = spread_of([signals[side].others for side in SIDES], scale)
    sides = {side: _grade_side(signals[side], spread, scale) for side in SIDES}
    excess = together([sides[side].excess for side in SIDES], scale)
    void = any(one.beside_void > MAX_VOID for side in SIDES for one in signals[side].regions)
    return Band(sides, _asymmetry(sides, spread, scale), excess, void, _faults(signals))


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


def _asymmetry(sides: Mapping[Side, SideBand], spread: float, scale: float) -> float:
    names = [{signal.region.name for signal in sides[side].judged} for side in SIDES]
    shared = names[0] & names[1]
    left, right = (
        max(0.0, excess_of([s for s in sides[side].judged if s.region.name in shared], spread, scale).value)
        for side in SIDES
    )
    return (left - right) / (left + right) if left + right > 0 else 0.0


def _grade_side(signal: SideSignal, spread: float, scale: float) -> SideBand:
    judged = tuple(region for region in signal.regions if _fault(region, signal) is None)
    grades = {s.region: grade(s.darkness, scale) for s in judged if s.darkness is not None}
    weights = {s.region: 1 / variance_of(s, spread) for s in judged}
    length, share = band_length(signal.along, scale * DARK)
    return SideBand(grades, judged, weights, excess_of(judged, spread, scale), length, share, scale)


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


def _fault(signal: RegionSignal, side: SideSignal) -> Reason | None:
    if signal.coverage < MIN_COVERAGE:
        return Reason.of(_OUTSIDE, percent=100 * MIN_COVERAGE)
    if signal.clear < MIN_CLEAR:
        return Reason.of("sulcus-unclear")
    if signal.excluded > MAX_EXCLUDED or side.others_excluded > MAX_OTHERS_EXCLUDED:
        return Reason.of("veins-in-band")
    return Reason.of("few-voxels") if signal.darkness is None else None
