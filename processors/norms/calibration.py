"""A site's own norms, learnt from people that its administrator calls normal.

Every group of comparable protocols (one family of sequences; that at one field strength; that on one vendor's
scanners) is learnt from its own people, starting from what the next wider group knows without them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from processors.findings import Algorithm, Region, Side, Sign
from processors.norms.distributions import Norm
from processors.norms.protocol import Protocol
from processors.norms.shipped import shipped_norms
from processors.norms.shrinkage import BETWEEN_SCANNERS, MEASUREMENT_ERROR, Belief, Observed, updated
from processors.norms.site import SiteNorm

FEWEST_PEOPLE = 5
"""Fewer make no norm."""

FEWEST_FOR_OUTLIERS = 8
"""Among fewer, one who differs cannot be told from a wide distribution."""

OUTLIER = 3.5
"""Of the modified z-score, 0.6745 (x - median) / MAD: Iglewicz and Hoaglin, How to Detect and Handle
Outliers, ASQC Quality Press 1993."""

_MAD_OF_STANDARD_NORMAL = 0.6745


@dataclass(frozen=True, slots=True)
class Sample:
    """One sign as measured in one study of a person without it.

    Attributes
    ----------
    person
        The same for every study of one person.
    taken
        Anything that sorts by time; of several studies of a person by one protocol the last counts.
    ratios
        Of the regions that were measured well enough.
    """

    person: str
    study: str
    taken: str
    sign: Sign
    protocol: Protocol
    algorithm: Algorithm
    ratios: Mapping[Region, float]


@dataclass(frozen=True, slots=True)
class SegmentCalibration:
    """One region of a group: what is shipped, what the site measured, and the norm that follows.

    Attributes
    ----------
    used
        The shipped norm where too few people were measured.
    outliers
        Studies left out because their value is far from the others'.
    """

    default: Norm
    observed: Norm
    used: Norm
    outliers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupCalibration:
    """What was learnt of one sign for one group of protocols; ``n`` is the number of people."""

    sign: Sign
    protocol: Protocol
    algorithm: Algorithm
    n: int
    segments: Mapping[str, SegmentCalibration]

    def site_norm(self) -> SiteNorm | None:
        """The norm to analyse with; ``None`` where no region has enough people."""
        learnt = {
            name: segment.used
            for name, segment in self.segments.items()
            if segment.observed.n >= FEWEST_PEOPLE
        }
        return SiteNorm(self.sign, self.protocol, self.algorithm, self.n, learnt) if learnt else None


def calibrate(samples: Iterable[Sample]) -> tuple[GroupCalibration, ...]:
    """Learn the norms of every group of protocols that was measured, those of too few people with them.

    Left and right of a person are two measurements of one: the person counts once, with the mean of both, and
    the standard deviation is that of one side's value between people. A sign without shipped norms is passed
    over. The order of the samples does not matter.
    """
    by_sign: dict[tuple[Sign, Algorithm], list[Sample]] = {}
    for sample in samples:
        by_sign.setdefault((sample.sign, sample.algorithm), []).append(sample)
    return tuple(
        group
        for (sign, algorithm), own in sorted(by_sign.items(), key=lambda item: str(item[0]))
        for protocol in _groups(own)
        if (group := _group(sign, algorithm, protocol, own)) is not None
    )


def _groups(samples: Sequence[Sample]) -> list[Protocol]:
    return sorted({wider for sample in samples for wider in sample.protocol.pooled()}, key=_order)


def _order(protocol: Protocol) -> tuple[str, float, str]:
    return protocol.family, protocol.field_strength or 0.0, protocol.manufacturer or ""


def _group(
    sign: Sign, algorithm: Algorithm, protocol: Protocol, samples: Sequence[Sample]
) -> GroupCalibration | None:
    shipped = shipped_norms(sign, protocol.family)
    if shipped is None:
        return None
    people = _people(samples, protocol)
    segments = {
        name: _segment(name, default, protocol, samples) for name, default in shipped.segments.items()
    }
    return GroupCalibration(sign, protocol, algorithm, len(people), segments)


def _segment(name: str, default: Norm, protocol: Protocol, samples: Sequence[Sample]) -> SegmentCalibration:
    floor = min(MEASUREMENT_ERROR, default.sd)
    variance_between = BETWEEN_SCANNERS * default.sd**2
    belief = Belief.of(default)
    groups = tuple(reversed(protocol.pooled()))
    for wider, narrower in pairwise(groups):
        inside = {sample.study for sample in samples if narrower in sample.protocol.pooled()}
        others = [sample for sample in samples if sample.study not in inside]
        known = updated(belief, _observed(_sides(name, _people(others, wider)))[0])
        belief = known if known is belief else known.elsewhere(variance_between)
    people = _people(samples, protocol)
    observed, outliers = _observed(_sides(name, people))
    measured = Norm(observed.mean, float(np.sqrt(observed.variance)), observed.n)
    if observed.n < FEWEST_PEOPLE:
        return SegmentCalibration(default, measured, default, outliers)
    known = updated(belief, observed)
    if protocol.manufacturer is None:
        known = known.elsewhere(variance_between)
    return SegmentCalibration(default, measured, known.norm(observed.n, floor), outliers)


def _people(samples: Iterable[Sample], protocol: Protocol) -> tuple[Sample, ...]:
    """The last sample of each person within a group of protocols."""
    last: dict[str, Sample] = {}
    for sample in samples:
        if protocol in sample.protocol.pooled():
            known = last.get(sample.person)
            if known is None or (known.taken, known.study) < (sample.taken, sample.study):
                last[sample.person] = sample
    return tuple(last[person] for person in sorted(last))


def _sides(name: str, people: Iterable[Sample]) -> dict[str, tuple[float, ...]]:
    """From each study to the ratios of a region: of both sides, of one, or of what has no side."""
    return {
        sample.study: ratios
        for sample in people
        if (
            ratios := tuple(
                sample.ratios[region]
                for region in (Region(name, Side.LEFT), Region(name, Side.RIGHT), Region(name))
                if region in sample.ratios
            )
        )
    }


def _observed(sides: Mapping[str, tuple[float, ...]]) -> tuple[Observed, tuple[str, ...]]:
    """Mean and variance of one side's value, without outliers, and the outliers' studies.

    With l = a + e and r = a + e', the variance of l is that of (l + r) / 2 and a quarter of the mean of
    (l - r)².
    """
    studies = sorted(sides)
    means = np.array([np.mean(sides[study]) for study in studies], dtype=np.float64)
    kept = ~_outlying(means)
    differences = [
        sides[study][0] - sides[study][1]
        for study, keep in zip(studies, kept, strict=True)
        if keep and len(sides[study]) == 2
    ]
    own = means[kept]
    within_person = float(np.mean(np.square(differences))) / 4 if differences else 0.0
    variance = (float(own.var(ddof=1)) if len(own) > 1 else 0.0) + within_person
    mean = float(own.mean()) if len(own) else 0.0
    outliers = tuple(study for study, keep in zip(studies, kept, strict=True) if not keep)
    return Observed(mean, variance, len(own)), outliers


def _outlying(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which of some people's values are far from the others', where there are enough to tell."""
    if len(values) < FEWEST_FOR_OUTLIERS:
        return np.zeros(len(values), dtype=np.bool_)
    distance = np.abs(values - np.median(values))
    scale = max(float(np.median(distance)) / _MAD_OF_STANDARD_NORMAL, MEASUREMENT_ERROR)
    return distance / scale > OUTLIER
