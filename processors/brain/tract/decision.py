"""Hyperintensity of the intracranial corticospinal tract: the decision on one series, on numbers alone.

What could not be measured is treated as unknown: a sign is present where the rule is met whatever the unknown
segments hold, absent where no value of theirs could meet it, and indeterminate between.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, sqrt
from statistics import median

from processors.brain.decision import Decision
from processors.brain.tract.bright_length import BrightLength
from processors.brain.tract.limits import (
    BRIGHT_LENGTH_ERROR_MM,
    MAX_ASYMMETRY,
    MIN_SIDE_DIFFERENCE,
    MIN_SIDE_SHARE,
    SECURE_MARGIN,
    SHORTEST_BRIGHT_MM,
    Z_BESIDE_T1,
    Z_GREY,
    Z_PRESENT,
)
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, Side, State
from processors.norms import Norm

SIDES = (Side.LEFT, Side.RIGHT)
BEYOND_CAPSULE = ("corona_radiata", "cerebral_peduncle", "pons")
AROUND_CAPSULE = frozenset({"corona_radiata", "internal_capsule", "cerebral_peduncle"})


@dataclass(frozen=True, slots=True)
class Score:
    """A segment of one side that can be judged.

    Attributes
    ----------
    z
        Standard deviations above the norm.
    error
        Standard error of its distance from the limit, in the same unit; positive.
    ratio
        What the z-score is of, over the norm's mean.
    """

    z: float
    error: float
    ratio: float


Scores = Mapping[Region, Score]
Lengths = Mapping[Side, BrightLength]
Level = Callable[[Callable[[str], float]], float]
"""From the z-score of each segment to the highest limit at which the rule would be met."""


def score_of(ratio: float, standard_error: float, norm: Norm) -> Score:
    """The z-score of a ratio, and how well its distance from the limit is known.

    The limit, mean + z SD of the norm, is itself uncertain where the norm is from few people: its variance is
    SD² (1/n + z²/2(n - 1)) (Bland and Altman, Lancet 1986;327:307). A norm of one person, or of none, is
    taken as one of two.
    """
    n = max(norm.n, 2)
    error = sqrt((standard_error / norm.sd) ** 2 + 1 / n + Z_PRESENT**2 / (2 * (n - 1)))
    return Score(norm.z(ratio), error, ratio / norm.mean)


def decide_t1(scores: Scores, limits: Sequence[Reason] = (), *, proposed: bool = False) -> Decision:
    """Whether the tract is bright on T1: both sides, in at least two adjacent segments.

    Parameters
    ----------
    scores
        Of the segments that can be judged; the others are unknown.
    limits
        Why those others cannot be judged.
    proposed
        Whether the norm is a proposal that nobody was measured for: confidence is low then.
    """
    level = _both(scores, _adjacent)
    if level >= Z_PRESENT and _lopsided(scores, _bright(scores)):
        return _indeterminate(scores, Reason.of("asymmetric"), limits)
    if level >= Z_PRESENT:
        return _present(scores, limits, _margins(scores, _adjacent), proposed=proposed)
    if (unequal := _unequal(scores, _adjacent)) is not None:
        return _indeterminate(scores, unequal, limits)
    runs = [_one(scores, side, _adjacent) for side in SIDES]
    if _both(scores, _adjacent, unknown=inf) < Z_GREY and max(runs) < Z_PRESENT:
        return _absent(scores, limits)
    return _undecided(scores, limits, grey=max(level, min(runs)) >= Z_GREY)


def decide_t2(
    scores: Scores, lengths: Lengths, limits: Sequence[Reason] = (), *, proposed: bool = False
) -> Decision:
    """Whether the tract is bright on T2 or FLAIR beyond what healthy people show.

    Both sides below the motor cortex and in the corona radiata, the peduncle or the pons, over more than
    :data:`~processors.brain.tract.limits.SHORTEST_BRIGHT_MM` without a break, left and right alike.

    Parameters
    ----------
    scores, limits, proposed
        As for :func:`decide_t1`.
    lengths
        Of each side's bright run.
    """
    decision = _decide_t2(scores, lengths, limits, proposed=proposed)
    near = frozenset(name for name in _bright(scores, Z_BESIDE_T1) if not _of_one_side(scores, name))
    one_sided = Reason.of("asymmetric") in decision.reasons or _lopsided(scores, near)
    if proposed or decision.state is State.PRESENT or one_sided:
        return decision
    met = "subcortical" in near and not near.isdisjoint(BEYOND_CAPSULE)
    met = met and _certain(lengths) > SHORTEST_BRIGHT_MM
    return replace(decision, nearly=near) if met else decision


def _decide_t2(scores: Scores, lengths: Lengths, limits: Sequence[Reason], *, proposed: bool) -> Decision:
    level = _both(scores, _from_cortex)
    certain = _certain(lengths)
    possible = min(lengths[side].possible for side in SIDES)
    if level >= Z_PRESENT and _lopsided(scores, _bright(scores)):
        return _indeterminate(scores, Reason.of("asymmetric"), limits)
    if level >= Z_PRESENT and certain > SHORTEST_BRIGHT_MM:
        margin = min(_margins(scores, _from_cortex), (certain - SHORTEST_BRIGHT_MM) / BRIGHT_LENGTH_ERROR_MM)
        return _present(scores, limits, margin, proposed=proposed)
    from_cortex = _both(scores, _from_cortex, unknown=inf) >= Z_GREY
    unequal = _unequal(scores, _adjacent, _from_cortex)
    if unequal is not None and (from_cortex or unequal == Reason.of("asymmetric")):
        return _indeterminate(scores, unequal, limits)
    runs = [_one(scores, side, _adjacent) for side in SIDES]
    one_side = unequal is None and max(runs) >= Z_PRESENT > min(runs)
    if one_side or (from_cortex and possible > SHORTEST_BRIGHT_MM):
        return _undecided(scores, limits, grey=level >= Z_GREY)
    return _absent(scores, (*_why_not(scores, certain), *limits))


def _certain(lengths: Lengths) -> float:
    return min(lengths[side].certain for side in SIDES)


def _adjacent(z: Callable[[str], float]) -> float:
    return max(min(z(a), z(b)) for a, b in pairwise(TRACT_SEGMENTS))


def _from_cortex(z: Callable[[str], float]) -> float:
    return min(z("subcortical"), max(z(name) for name in BEYOND_CAPSULE))


def _one(scores: Scores, side: Side, level: Level, unknown: float = -inf) -> float:
    """The limit at which one side would meet the rule."""

    def z(name: str) -> float:
        score = scores.get(Region(name, side))
        return unknown if score is None else score.z

    return level(z)


def _both(scores: Scores, level: Level, unknown: float = -inf) -> float:
    """The limit at which both sides would meet the rule in the same segments."""

    def z(name: str) -> float:
        found = [scores.get(Region(name, side)) for side in SIDES]
        return min(unknown if score is None else score.z for score in found)

    return level(z)


def _margins(scores: Scores, level: Level) -> float:
    """Standard errors by which the rule is met."""

    def margin(name: str) -> float:
        found = [scores.get(Region(name, side)) for side in SIDES]
        return min(-inf if s is None else (s.z - Z_PRESENT) / s.error for s in found)

    return level(margin)


def _unequal(scores: Scores, *levels: Level) -> Reason | None:
    """The reason where one side meets one of the rules and the other does not.

    An unknown segment of the other side is not taken for normal.
    """
    for side, other in (SIDES, SIDES[::-1]):
        for level in levels:
            if _one(scores, side, level) < Z_PRESENT or _one(scores, other, level, inf) >= Z_PRESENT:
                continue
            bright = [name for name in TRACT_SEGMENTS if _z(scores, name, side) >= Z_PRESENT]
            nearly = (
                _one(scores, other, level, inf) >= Z_GREY or _lead(scores, bright, side) < MIN_SIDE_DIFFERENCE
            )
            if not nearly or _lopsided(scores, bright):
                return Reason.of("asymmetric")
            return Reason.of("grey-zone")
    return None


def _of_one_side(scores: Scores, name: str) -> bool:
    """Whether a segment is bright on one side, and clearly less so on the other."""
    weaker, stronger = sorted(_z(scores, name, side) for side in SIDES)
    return weaker < Z_PRESENT <= stronger and stronger - weaker >= MIN_SIDE_DIFFERENCE


def _lead(scores: Scores, names: Sequence[str], side: Side) -> float:
    """Mean difference of the z-scores of one side and the other; infinite where the other is unknown."""
    other = SIDES[1 - SIDES.index(side)]
    leads = [
        scores[Region(name, side)].z - scores[Region(name, other)].z
        for name in names
        if Region(name, other) in scores
    ]
    return sum(leads) / len(leads) if leads else inf


def _lopsided(scores: Scores, names: Iterable[str]) -> bool:
    """Whether left and right differ by more than they may, by the median over the segments that both have.

    The capsule, where healthy sides differ by a tenth on T2 and FLAIR, counts only where no other does.
    """
    both = {name for name in names if all(Region(name, side) in scores for side in SIDES)}
    told = both - {"internal_capsule"} or both
    if not told:
        return False
    weaker, stronger = sorted(median(scores[Region(name, side)].ratio for name in told) for side in SIDES)
    difference = 2 * (stronger - weaker) / (stronger + weaker)
    return difference > MAX_ASYMMETRY or weaker - 1 < MIN_SIDE_SHARE * (stronger - 1)


def _z(scores: Scores, name: str, side: Side) -> float:
    score = scores.get(Region(name, side))
    return -inf if score is None else score.z


def _bright(scores: Scores, limit: float = Z_PRESENT) -> frozenset[str]:
    return frozenset(
        name for name in TRACT_SEGMENTS if all(_z(scores, name, side) >= limit for side in SIDES)
    )


def _present(scores: Scores, limits: Sequence[Reason], margin: float, *, proposed: bool) -> Decision:
    secure = margin >= SECURE_MARGIN and not proposed
    reasons = tuple(limits) + ((Reason.of("proposed-norm"),) if proposed else ())
    return Decision(
        State.PRESENT, Confidence.MODERATE if secure else Confidence.LOW, reasons, _bright(scores)
    )


def _indeterminate(scores: Scores, reason: Reason, limits: Sequence[Reason]) -> Decision:
    return Decision(State.INDETERMINATE, reasons=(reason, *limits), bright=_bright(scores))


def _undecided(scores: Scores, limits: Sequence[Reason], *, grey: bool) -> Decision:
    """Between normal and abnormal, or hanging on what could not be judged."""
    reasons = ((Reason.of("grey-zone"),) if grey or not limits else ()) + tuple(limits)
    return Decision(State.INDETERMINATE, reasons=reasons, bright=_bright(scores))


def _absent(scores: Scores, reasons: Sequence[Reason]) -> Decision:
    return Decision(State.ABSENT, reasons=tuple(reasons), bright=_bright(scores))


def _why_not(scores: Scores, length: float) -> Iterator[Reason]:
    """What a bright tract lacks for the sign on T2 or FLAIR."""
    bright = {region.name for region, score in scores.items() if score.z >= Z_PRESENT}
    if (
        "internal_capsule" in bright
        and bright <= AROUND_CAPSULE
        and (bright == {"internal_capsule"} or length <= SHORTEST_BRIGHT_MM)
    ):
        yield Reason.of("plic-only")
    elif _both(scores, _from_cortex) >= Z_PRESENT:
        yield Reason.of("short-extent")
    elif _both(scores, _adjacent) >= Z_PRESENT:
        yield Reason.of("not-subcortical")
