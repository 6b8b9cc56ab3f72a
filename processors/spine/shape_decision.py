"""Whether the cord is thin, or flat and sunken: functions of the levels' numbers alone."""

from collections.abc import Mapping, Sequence
from math import sqrt

from processors.findings import Confidence, Reason, State
from processors.norms import Norm
from processors.spine.level_shape import LevelShape
from processors.spine.limits import (
    ATROPHY_GROUPS,
    FEWEST_LEVELS,
    FLATTENING_LEVELS,
    MAX_SOLIDITY,
    MIN_CONCAVITY_MM,
    SECURE_MARGIN,
    Z_GREY,
    Z_PRESENT,
)
from processors.spine.signal_decision import Decision, thin_norm


def decide_atrophy(
    levels: Sequence[LevelShape], norms: Mapping[str, Norm], cautions: Sequence[Reason] = ()
) -> Decision:
    """Whether the cross-sectional area is below the norm, both in the upper and in the lower neck.

    A group of levels that was not measured does not count; one that is normal speaks for a narrow place, not
    for atrophy. Between -1.65 and -2 standard deviations the confidence is low at most.
    """
    found = {
        level.name: (norm.z(level.area_at_reference_age), _error(level, norm), norm.n)
        for level in levels
        if (norm := norms.get(level.name)) is not None
    }
    groups = [[found[name] for name in group if name in found] for group in ATROPHY_GROUPS]
    measured = [group for group in groups if group]
    if sum(len(group) for group in measured) < FEWEST_LEVELS:
        reason = "no-norm" if len(levels) >= FEWEST_LEVELS and not found else "few-slices"
        return _undecided(Reason.of(reason), *cautions)
    scores = [sum(z for z, _, _ in group) / len(group) for group in measured]
    errors = [sqrt(sum(error**2 for _, error, _ in group)) / len(group) for group in measured]
    names = tuple(
        name for group in ATROPHY_GROUPS for name in group if name in found and found[name][0] <= -Z_GREY
    )
    if max(scores) <= -Z_GREY:
        margin = min((-Z_PRESENT - z) / error for z, error in zip(scores, errors, strict=True))
        thin = thin_norm(min(n for group in measured for _, _, n in group))
        secure = margin >= SECURE_MARGIN and thin is None
        reasons = (*cautions, thin) if thin else tuple(cautions)
        return Decision(State.PRESENT, Confidence.MODERATE if secure else Confidence.LOW, reasons, names)
    if min(scores) <= -Z_PRESENT:
        return Decision(State.INDETERMINATE, None, (Reason.of("part-of-cord"), *cautions), names)
    if min(scores) <= -Z_GREY:
        return Decision(State.INDETERMINATE, None, (Reason.of("grey-zone"), *cautions), names)
    return Decision(State.ABSENT, None, tuple(cautions))


def decide_flattening(
    levels: Sequence[LevelShape], norms: Mapping[str, Norm], cautions: Sequence[Reason] = ()
) -> Decision:
    """Whether the cord is flat for its width, and its front sunken, at two levels of C3 to C6 or more."""
    found = [
        (level, norm.z(level.flatness), norm)
        for level in levels
        if level.name in FLATTENING_LEVELS and (norm := norms.get(level.name)) is not None
    ]
    if len(found) < FEWEST_LEVELS:
        reason = "no-norm" if len(levels) >= FEWEST_LEVELS and not norms else "few-slices"
        return _undecided(Reason.of(reason), *cautions)
    flat = [(level, z, norm) for level, z, norm in found if z <= -Z_PRESENT and _sunken(level)]
    names = tuple(level.name for level, _, _ in flat)
    if len(flat) >= FEWEST_LEVELS:
        thin = thin_norm(min(norm.n for _, _, norm in flat))
        clear = sorted(-Z_PRESENT - z for _, z, _ in flat)[-FEWEST_LEVELS]
        secure = clear >= SECURE_MARGIN * _FLATNESS_ERROR_Z and thin is None
        reasons = (*cautions, thin) if thin else tuple(cautions)
        return Decision(State.PRESENT, Confidence.MODERATE if secure else Confidence.LOW, reasons, names)
    near = [level for level, z, _ in found if z <= -Z_GREY and _sunken(level, nearly=True)]
    if len(near) >= FEWEST_LEVELS or flat:
        reason = "grey-zone" if len(near) >= FEWEST_LEVELS else "one-level"
        return Decision(State.INDETERMINATE, None, (Reason.of(reason), *cautions), names)
    return Decision(State.ABSENT, None, tuple(cautions))


_FLATNESS_ERROR_Z = 0.4
"""Standard error of a level's AP/RL, 0.02, in standard deviations of the norm (p)."""


def _sunken(level: LevelShape, *, nearly: bool = False) -> bool:
    """Whether the front of the cord is sunken; nearly, from seven tenths of the limits on."""
    share = 0.7 if nearly else 1.0
    return 1 - level.solidity > share * (1 - MAX_SOLIDITY) or level.concavity_mm >= share * MIN_CONCAVITY_MM


def _error(level: LevelShape, norm: Norm) -> float:
    """Standard error of a level's z-score, with that of the norm's mean."""
    return sqrt((level.area_error / norm.sd) ** 2 + 1 / max(norm.n, 1))


def _undecided(*reasons: Reason) -> Decision:
    return Decision(State.INDETERMINATE, None, reasons)
