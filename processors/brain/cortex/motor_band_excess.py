"""How much darker than usual the posterior bank is, and how surely: regions weigh by how well they are known.

A region's darkness errs by what is wrong in places of it: a vein, a fold, a sulcus that lies a little aside.
The more places a region has, the less each counts; so its variance is that of one place over its volume, and
that of what is uneven in itself. How much places differ the person's own cortex without a band says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processors.brain.cortex.motor_band_limits import (
    MIDDLE,
    MOTOR_SPREAD,
    USUAL_EXCESS,
    USUAL_SPREAD,
    USUAL_SPREAD_WEIGHT,
    USUAL_VOLUME,
)
from processors.brain.cortex.motor_band_signal import RegionSignal, Stretch


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error."""

    value: float
    error: float


def spread_of(others: Sequence[Sequence[Sequence[Stretch]]], scale: float = 1.0) -> float:
    """How much places of the usual volume differ along one bank of cortex without a band.

    Of the person's own places, each weighing as its volume, with as much of what is usual as they are too few
    to tell (the mean of an inverse gamma distribution's posterior, near enough). How far the banks differ as
    a whole does not count: postcentral cortex holds more iron than frontal in everyone.

    Parameters
    ----------
    others
        Per side and comparison bank, its regions.
    """
    usual = USUAL_SPREAD_WEIGHT * (scale * USUAL_SPREAD) ** 2
    squares, free = 0.0, 0
    for banks in zip(*others, strict=False):
        places = [place for bank in banks for place in bank if place.volume_mm3 > 0]
        if places:
            values = np.array([place.darkness for place in places])
            weights = np.array([place.volume_mm3 for place in places]) / USUAL_VOLUME
            squares += float(np.sum(weights * np.square(values - np.average(values, weights=weights))))
            free += len(values) - 1
    return float(np.sqrt((squares + usual) / (free + USUAL_SPREAD_WEIGHT)))


def variance_of(signal: RegionSignal, spread: float) -> float:
    """Of a region's darkness beside that of the others: of itself, and of places of its volume."""
    return signal.standard_error**2 + spread**2 * USUAL_VOLUME / max(signal.volume_mm3, 1.0)


def excess_of(signals: Sequence[RegionSignal], spread: float, scale: float) -> Estimate:
    """By how much regions are darker than is usual, in the stretch about the hand's where it is surest.

    The mean of the darkness beside the reference and beside the postcentral cortex, each region weighing as
    one over its variance. A band may spare the leg's region, the face's or both, so the stretch is taken
    where the excess is the most standard errors, as a scan statistic does (Kulldorff, Commun Stat Theory
    Methods 1997;26:1481); any stretch of the others where the hand's cannot be judged. The error holds how
    much people's motor cortex differs as a whole.

    Parameters
    ----------
    signals
        Of one side, in their order along the gyrus.
    spread
        Of places of the usual volume, as :func:`spread_of` gives it.
    """
    known = [
        (
            s.region.name,
            (s.darkness + s.postcentral_difference) / 2 - scale * USUAL_EXCESS,
            1 / variance_of(s, spread),
        )
        for s in signals
        if s.darkness is not None and s.postcentral_difference is not None
    ]
    stretches = [known[first:last] for last in range(len(known) + 1) for first in range(last)]
    about = [stretch for stretch in stretches if any(name == MIDDLE for name, _, _ in stretch)]
    found = [_weighed([numbers for _, *numbers in stretch], scale) for stretch in about or stretches]
    return max(found, key=lambda one: one.value / one.error, default=Estimate(0.0, np.inf))


def _weighed(known: Sequence[Sequence[float]], scale: float) -> Estimate:
    total = sum(weight for _, weight in known)
    error = np.sqrt((scale * MOTOR_SPREAD) ** 2 + 1 / total)
    return Estimate(float(sum(value * weight for value, weight in known) / total), float(error))


def together(sides: Sequence[Estimate], scale: float) -> Estimate:
    """Both sides' mean; the iron of the motor cortex as a whole is the person's, of both sides alike."""
    own = [side.error**2 - (scale * MOTOR_SPREAD) ** 2 for side in sides]
    error = np.sqrt((scale * MOTOR_SPREAD) ** 2 + sum(own) / len(own) ** 2)
    return Estimate(float(np.mean([side.value for side in sides])), float(error))
