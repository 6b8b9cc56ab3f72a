"""How dark each region and each side is, in grades and in the person's own spread: numbers of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from catalogue.texts import TEXTS
from processors.brain.cortex.motor_band_limits import (
    BRIDGED_MM,
    CLEAREST,
    DARK,
    GRADE_LIMITS,
    MAX_EXCLUDED,
    MAX_OTHERS_EXCLUDED,
    MIN_CLEAR,
    MIN_COVERAGE,
    USUAL_SPREAD,
    USUAL_SPREAD_WEIGHT,
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
        """How dark the darkest of the judged regions are, beside reference and postcentral cortex alike."""
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
    spread = spread_of([signals[side].others for side in SIDES], scale)
    return Band(sides, _asymmetry(sides), spread, _faults(signals))


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


def spread_of(others: Sequence[Sequence[Sequence[float]]], scale: float = 1.0) -> float:
    """How much cortex without a band differs from place to place along one bank.

    Of the person's own places, with as much of what is usual as they are too few to tell (the mean of an
    inverse gamma distribution's posterior, near enough). How far the banks differ as a whole does not count:
    postcentral cortex holds more iron than frontal in everyone.

    Parameters
    ----------
    others
        Per side and comparison bank, the darkness of its regions.
    """
    usual = USUAL_SPREAD_WEIGHT * (scale * USUAL_SPREAD) ** 2
    squares, free = 0.0, 0
    for banks in zip(*others, strict=False):
        values = [value for bank in banks for value in bank]
        if values:
            squares += float(np.sum(np.square(np.array(values) - np.mean(values))))
            free += len(values) - 1
    return float(np.sqrt((squares + usual) / (free + USUAL_SPREAD_WEIGHT)))


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


def _fault(signal: RegionSignal, side: SideSignal) -> Reason | None:
    if signal.coverage < MIN_COVERAGE:
        return Reason.of(_OUTSIDE, percent=100 * MIN_COVERAGE)
    if signal.clear < MIN_CLEAR:
        return Reason.of("sulcus-unclear")
    if signal.excluded > MAX_EXCLUDED or side.others_excluded > MAX_OTHERS_EXCLUDED:
        return Reason.of("veins-in-band")
    return Reason.of("few-voxels") if signal.darkness is None else None


def _excess(signals: Sequence[RegionSignal]) -> float:
    """The mean of both comparisons in the darkest regions; 0 where nothing is darker."""
    both = [
        (s.darkness + s.postcentral_difference) / 2
        for s in signals
        if s.darkness is not None and s.postcentral_difference is not None
    ]
    return max(0.0, float(np.mean(sorted(both)[-CLEAREST:]))) if both else 0.0
