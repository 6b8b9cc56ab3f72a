"""Parametric empirical Bayes: a norm between what is known beforehand and what a site measured.

People measured on one scanner spread around that scanner's mean with a variance *within*; the means of
scanners spread around the norm's with a variance *between*. A new person's value on a scanner of which
nothing is known has the sum of both, which is the variance of the norm. Measurements of people on the scanner
replace the one by what they show, and the other by how well their mean is known.

The posterior of a normal mean and variance: Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, sections
2.5, 2.6 and 5.4. The variance between scanners is at least what it is taken for beforehand, and where the
site differs by more, what the difference says (the maximum of its marginal likelihood: Morris, J Am Stat
Assoc 1983;78:47-55), so that a scanner unlike all before is not pulled to them.
"""

import math
from dataclasses import dataclass, replace

from processors.norms.distributions import Norm

BETWEEN_SCANNERS = 0.2
"""Share of a shipped norm's variance that is between scanners: a default, of no measurement."""

PRIOR_PEOPLE = 5.0
"""People whose measurements tell as much of the variance as the shipped norm does: as many as the smallest
shipped norms are from."""

MEASUREMENT_ERROR = 0.01
"""Standard deviation of a ratio measured twice in one person, below which no norm's can be: 1 %, what the
measurement itself is to be accurate to."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Mean, variance of one measurement and number of people, of measurements of several."""

    mean: float
    variance: float
    n: int


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of a measurement on one scanner; the variances as in this module's head."""

    mean: float
    within: float
    between: float

    @classmethod
    def of(cls, norm: Norm) -> "Belief":
        """What a norm says of a scanner of which nothing else is known."""
        variance = norm.sd**2
        return cls(norm.mean, (1 - BETWEEN_SCANNERS) * variance, BETWEEN_SCANNERS * variance)

    def norm(self, n: int, floor: float = 0.0) -> Norm:
        """The distribution of a new person's value, with its standard deviation at least the floor."""
        return Norm(self.mean, max(math.sqrt(self.within + self.between), floor), n)

    def elsewhere(self, between: float) -> "Belief":
        """What is known of another scanner of the same kind, given the variance between such."""
        return replace(self, between=self.between + between)


def updated(prior: Belief, observed: Observed) -> Belief:
    """What is known of a scanner after people were measured on it; without any, what was before."""
    n = observed.n
    if n == 0:
        return prior
    freedom = n - 1
    within = (PRIOR_PEOPLE * prior.within + freedom * observed.variance) / (PRIOR_PEOPLE + freedom)
    difference = observed.mean - prior.mean
    of_mean = within / n
    between = max(prior.between, difference**2 - of_mean)
    weight = between / (between + of_mean) if between > 0 else 0.0
    return Belief(prior.mean + weight * difference, within, weight * of_mean)
