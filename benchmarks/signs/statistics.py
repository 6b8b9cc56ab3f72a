"""Shares with their uncertainty, changes as drawn and as measured, and what figures are held to."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """From 0 to 1; not a number where there is nothing."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (Wilson, J Am Stat Assoc 1927;22:209)."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.value, self.of
        scale = 1 + Z95**2 / n
        middle = (p + Z95**2 / (2 * n)) / scale
        half = Z95 * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n)) / scale
        return max(0.0, middle - half), min(1.0, middle + half)

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of)

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.hits}/{self.of} = {self.value:.3f} ({low:.2f}–{high:.2f})"


@dataclass(frozen=True, slots=True)
class ChangePair:
    """A region of one person with the sign and without it: fractional changes of what the sign reads."""

    sign: str
    region: str
    drawn: float
    measured: float


def median_error(pairs: Iterable[ChangePair]) -> float:
    """Median over regions of how far the measured change is from the drawn one; NaN without any."""
    return median([abs(p.measured - p.drawn) for p in pairs] or [math.nan])


def median_shift(pairs: Iterable[ChangePair]) -> float:
    """Median over regions of measured less drawn change, its sign kept; NaN without any."""
    return median([p.measured - p.drawn for p in pairs] or [math.nan])


@dataclass(frozen=True, slots=True)
class Criterion:
    """A figure that the software is held to; ``met`` is ``None`` where nothing was measured."""

    name: str
    figure: str
    met: bool | None
