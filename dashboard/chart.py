"""The bars of the last days, as numbers that a template can draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH = 840.0
HEIGHT = 150.0
_TOP = 20.0
_FOOT = 22.0
_GAP = 0.24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its box in the picture, and what it stands for."""

    kind: str
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    """The bars of one day, side by side, and where its date is written."""

    day: date
    middle: float
    bars: tuple[Bar, ...]


def daily_bars(days: Mapping[date, Sequence[int]], kinds: Sequence[str]) -> tuple[Day, ...]:
    """Lay out a group of bars for each day.

    Parameters
    ----------
    days
        A count for each kind, day by day.
    kinds
        What the counts are of.

    Returns
    -------
    tuple of Day
        In a picture of :data:`WIDTH` × :data:`HEIGHT`, y downwards; the highest count fills it.
    """
    highest = max((count for counts in days.values() for count in counts), default=0) or 1
    step = WIDTH / max(len(days), 1)
    width = step * (1 - _GAP) / len(kinds)
    drawn = []
    for place, (day, counts) in enumerate(days.items()):
        left = place * step + step * _GAP / 2
        bars = []
        for position, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
            height = count / highest * (HEIGHT - _TOP - _FOOT)
            bars.append(Bar(kind, count, left + position * width, HEIGHT - _FOOT - height, width, height))
        drawn.append(Day(day, left + width * len(kinds) / 2, tuple(bars)))
    return tuple(drawn)
