"""Norms from everybody but the person who is judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from scipy.stats import t

from benchmarks.injection.outcome import SIGN_OF, Outcome
from benchmarks.real_data import RealStudy
from processors.acquisition import Contrast
from processors.brain.tract.limits import MAX_LESION_SHARE
from processors.brain.tract.series import TRACT
from processors.findings import TRACT_SEGMENTS, Side
from processors.norms import Norm, Norms, Protocol, SegmentNorms, SiteNorm, default_norms, protocol_of
from processors.volume import Volume

FEWEST = 3
LEAST_SD = 0.015
"""What repeated measurements of one person differ by."""
TWO_SIGMA = 0.97725
UNSOUND = frozenset({"registration-failed", "low-snr", "reference-spread"})
"""Reasons for which no number of a series is an example of anything."""


def norms_without(
    person: str,
    untouched: Sequence[Outcome],
    studies: Iterable[RealStudy],
    volumes: Iterable[Volume],
    *,
    shipped_spread: bool = False,
) -> Norms:
    """Norms of the untouched, sound series of all other people, for the families of these volumes.

    The standard deviation is that of a person yet unmeasured: of the others' values, times √(1 + 1/n) and as
    much more as Student's distribution reaches beyond the normal one at two standard deviations.

    Parameters
    ----------
    shipped_spread
        Whether the standard deviations are those that Betz ships: of so few people they are hardly known.
    """
    sick = {(study.name, side) for study in studies for side in study.diseased_sides}
    site = []
    for volume in volumes:
        if volume.contrast not in SIGN_OF:
            continue
        sign = SIGN_OF[Contrast(volume.contrast)]
        others = [
            o
            for o in untouched
            if o.contrast == volume.contrast and o.person != person and not UNSOUND & set(o.reasons)
        ]
        segments = {
            name: norm
            for name in TRACT_SEGMENTS
            if (norm := _norm([_of_person(others, p, name, sick) for p in {o.person for o in others}]))
        }
        people = len({o.person for o in others})
        if segments:
            protocol = Protocol(protocol_of(volume).family)
            if shipped_spread:
                segments = _with_spread_of(default_norms().of(sign, protocol), segments)
            site.append(SiteNorm(sign, protocol, TRACT, people, segments))
    return Norms(f"without {person}", tuple(site))


def _with_spread_of(shipped: SegmentNorms | None, found: Mapping[str, Norm]) -> dict[str, Norm]:
    spreads = {} if shipped is None else shipped.segments
    return {name: replace(norm, sd=spreads[name].sd) for name, norm in found.items() if name in spreads}


def _of_person(
    outcomes: Sequence[Outcome], person: str, segment: str, sick: set[tuple[str, Side]]
) -> list[float]:
    """Left and right, each the mean of the person's sessions."""
    sides = []
    for side in Side:
        found = [
            o.ratios[f"{segment}/{side}"]
            for o in outcomes
            if o.person == person and (o.study, side) not in sick and _sound(o, f"{segment}/{side}")
        ]
        if found:
            sides.append(float(np.mean(found)))
    return sides


def _sound(outcome: Outcome, region: str) -> bool:
    """Whether a segment was measured and is free of lesions, as far as the analysis itself asks for."""
    return region in outcome.ratios and outcome.lesions.get(region, 0.0) <= 100 * MAX_LESION_SHARE


def _norm(people: Sequence[list[float]]) -> Norm | None:
    measured = [sides for sides in people if sides]
    n = len(measured)
    if n < FEWEST:
        return None
    values = np.concatenate(measured)
    wider = sqrt(1 + 1 / n) * t.ppf(TWO_SIGMA, n - 1) / 2
    return Norm(float(np.mean([np.mean(sides) for sides in measured])), _sd(values, wider), n)


def _sd(values: np.ndarray[tuple[int], np.dtype[np.float64]], wider: float) -> float:
    return max(float(np.std(values, ddof=1)), LEAST_SD) * wider
