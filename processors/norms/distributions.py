"""A reference distribution: what people without the sign measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, pvariance


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

    def of_any_segment(self) -> Norm | None:
        """The norm of a measurement of which is not known in which segment it was made.

        Its variance is the mean of theirs, and that of their means. ``None`` where the segments differ by
        more than people do within one: the value would tell of the segment, not of the person.
        """
        norms = list(self.segments.values())
        means = [norm.mean for norm in norms]
        if not norms or max(means) - min(means) > min(norm.sd for norm in norms):
            return None
        variance = fmean(norm.sd**2 for norm in norms) + pvariance(means)
        return Norm(fmean(means), sqrt(variance), min(norm.n for norm in norms))
