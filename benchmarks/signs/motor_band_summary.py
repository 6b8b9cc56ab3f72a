"""From what was said of every patient to the figures of the cortical signs."""

from collections.abc import Iterable, Sequence

from benchmarks.signs.brain_summary import (
    Said,
    false_presents,
    of_sign,
    sensitivity,
    specificity,
)
from benchmarks.signs.motor_band_groups import SIGNS
from benchmarks.signs.resuming import Row
from benchmarks.signs.statistics import Criterion, Share
from processors.findings import Quantity, Sign, State

SEVERITIES = ("mild", "moderate", "severe")
NAMES = {
    Sign.MOTOR_BAND: {"mild": "+11 ppb", "moderate": "+20 ppb", "severe": "+40 ppb"},
    Sign.PRECENTRAL_ATROPHY: {"mild": "−8 %", "moderate": "−16 %", "severe": "−30 %"},
}
"""What each severity adds to the deep cortex, or takes from the precentral grey matter."""

CONFOUNDERS = (
    "over 60",
    "aged motor cortex",
    "iron in all cortex",
    "central veins",
    "one side",
    "calcification",
    "microbleeds",
    "siderosis",
    "siderosis of both sides",
    "wide sinuses",
    "implant",
    "T2* alone",
    "half the echo time",
)
"""Labels none of which may be called a motor band."""


YOUNGER_YEARS = 60.0
"""Below, nobody's motor cortex is dark by age; from there on the visual cortex must be spared."""


def laterality_errors(said: Iterable[Said]) -> Share:
    """Of changes drawn on one side, how many are measured to be greater on the other."""
    wrong = []
    for one in said:
        if one.side is None or not one.change:
            continue
        left, right = (_mean_ratio(one, side) for side in ("left", "right"))
        if left is not None and right is not None:
            wrong.append((left > right) == (one.side == "left"))
    return Share(sum(wrong), len(wrong))


def left_open(said: Iterable[Said]) -> Share:
    """Of healthy people and of those with a sign on both sides, the share not decided."""
    states = [s.state for s in said if s.label in ("healthy", *SEVERITIES)]
    return Share(sum(s in (State.INDETERMINATE, State.NOT_EVALUATED) for s in states), len(states))


def grade_sums(rows: Iterable[Row]) -> dict[str, list[int]]:
    """The sums of six grades by group, sorted, where all were measured or some."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        said = row["signs"].get(Sign.MOTOR_BAND.value)
        if said is None:
            continue
        totals = [r[Quantity.GRADE_SUM] for r in said["regions"].values() if Quantity.GRADE_SUM in r]
        if totals:
            sums.setdefault(row["group"], []).append(round(totals[0]))
    return {group: sorted(found) for group, found in sums.items()}


def criteria(said: Sequence[Said]) -> tuple[Criterion, ...]:
    """Every figure that the cortical signs are held to, and whether it is met."""
    band = of_sign(said, Sign.MOTOR_BAND)
    younger = [s for s in band if s.age is not None and s.age < YOUNGER_YEARS]
    limits = [
        ("motor band: sensitivity to +20 ppb ≥ .90", sensitivity(band, "moderate"), 0.90),
        ("motor band: sensitivity to +20 ppb ≥ .90, under 60", sensitivity(younger, "moderate"), 0.90),
        ("motor band: sensitivity to +40 ppb ≥ .98", sensitivity(band, "severe"), 0.98),
        ("motor band: sensitivity to +40 ppb ≥ .98, under 60", sensitivity(younger, "severe"), 0.98),
        ("motor band: specificity ≥ .97", specificity(band), 0.97),
    ]
    zero = [
        *((f"motor band: none present, {label}", false_presents(band, label)) for label in CONFOUNDERS),
        ("motor band: no laterality error", laterality_errors(band)),
    ]
    return (
        *(Criterion(name, str(s), s.value >= limit if s.of else None) for name, s, limit in limits),
        *(Criterion(name, str(s), s.hits == 0 if s.of else None) for name, s in zero),
    )


def signs_in(said: Sequence[Said]) -> tuple[Sign, ...]:
    """The signs that anything was said of."""
    return tuple(sign for sign in SIGNS if of_sign(said, sign))


def _mean_ratio(said: Said, side: str) -> float | None:
    ratios = [ratio for region, ratio in said.ratios.items() if region.endswith(f"/{side}")]
    return sum(ratios) / len(ratios) if ratios else None
