"""Shares with their uncertainty."""

import math
from dataclasses import dataclass

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
