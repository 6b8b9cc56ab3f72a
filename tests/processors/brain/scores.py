"""Scores of the tract's segments, from lists in anatomical order."""

from processors.brain.tract.bright_length import BrightLength
from processors.brain.tract.decision import Score
from processors.findings import TRACT_SEGMENTS, Region, Side

SD = 0.05
LONG = {side: BrightLength(100.0, 100.0) for side in Side}
SHORT = {side: BrightLength(30.0, 30.0) for side in Side}


def scores(left, right, error=0.2):
    """Five z-scores a side, from the cortex down; ``None`` is unknown."""
    return {
        Region(name, side): Score(z, error, 1 + SD * z)
        for side, values in ((Side.LEFT, left), (Side.RIGHT, right))
        for name, z in zip(TRACT_SEGMENTS, values, strict=True)
        if z is not None
    }


def lengths(left, right):
    """Millimetres of each side, wholly measured."""
    return {Side.LEFT: BrightLength(left, left), Side.RIGHT: BrightLength(right, right)}


def keys(decision):
    return [reason.key for reason in decision.reasons]
