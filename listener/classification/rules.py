"""What a rule of the classification is, and how sure one can be."""

from collections.abc import Callable
from dataclasses import dataclass

from listener.classification.facts import Facts
from processors.acquisition import Contrast

SURE, LIKELY, GUESS, UNSURE = 0.95, 0.8, 0.6, 0.3

NEVER_MEASURED = frozenset(
    {
        Contrast.LOCALIZER,
        Contrast.FUNCTIONAL,
        Contrast.ANGIOGRAPHY,
        Contrast.FIELD_MAP,
        Contrast.SWI_PHASE,
        Contrast.SWI_MIP,
        Contrast.OTHER,
    }
)
"""What no analysis will ever read: the body part may be believed on less evidence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """If the test holds the series is of this contrast, for this reason."""

    contrast: Contrast
    confidence: float
    reason: str
    holds: Callable[[Facts], bool]


def between(value: float | None, low: float, high: float) -> bool:
    """Whether a value is given and within these limits, both included."""
    return value is not None and low <= value <= high


def first(rules: tuple[Rule, ...], f: Facts) -> Rule | None:
    """The first rule of a table that holds."""
    return next((rule for rule in rules if rule.holds(f)), None)
