"""A reference distribution: what people without the sign measure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Norm:
    """Mean and standard deviation of a quantity in people without the sign, and how many they were.

    The standard deviation is that of one measurement, of one side, in a person nobody has measured yet.
    """

    mean: float
    sd: float
    n: int

    def z(self, value: float) -> float:
        """Standard deviations above the mean."""
        return (value - self.mean) / self.sd


@dataclass(frozen=True, slots=True)
class SegmentNorms:
    """The norms of one sign for one way of imaging.

    Attributes
    ----------
    name
        Which norm it is and how many people stand behind it, for :attr:`processors.findings.Finding.norm`.
    segments
        From a region's name to its norm; left and right share one.
    """

    name: str
    segments: Mapping[str, Norm]
