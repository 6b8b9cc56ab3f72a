"""Whether the columns of the cord are bright: a function of the levels' numbers alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.findings import Confidence, Reason, Side, State
from processors.norms import Norm
from processors.spine.level_signal import LevelSignal
from processors.spine.limits import (
    FEWEST_LEVELS,
    FEWEST_PEOPLE,
    FEWEST_SLICES,
    LOW_REFERENCE_Z,
    MAX_BIAS_EFFECT,
    MAX_RATIO_ERROR,
    MIN_SIDE_SHARE,
    SECURE_MARGIN,
    SLICE_SHARE,
    Z_GREY,
    Z_PRESENT,
    SignalLimits,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is said of a sign, and the levels that show it."""

    state: State
    confidence: Confidence | None = None
    reasons: tuple[Reason, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A level against its limits: by how many standard errors it exceeds the nearest of them."""

    name: str
    bright: bool
    grey: bool
    one_sided: bool
    dark: bool
    margin: float
    shading: bool


def decide_signal(
    levels: Sequence[LevelSignal],
    norms: Mapping[str, Norm],
    limits: SignalLimits,
    *,
    levels_known: bool = True,
    cautions: Sequence[Reason] = (),
) -> Decision:
    """Whether the columns are bright at two levels or more, on both sides.

    Parameters
    ----------
    norms
        By level; where the levels are unknown, all are compared with that of C4.
    cautions
        What was left out, or limits the judgement; they are reported with every state.
    """
    judged_well = [level for level in levels if level.error <= MAX_RATIO_ERROR]
    if levels and not judged_well:
        return _undecided(Reason.of("noisy-columns"), *cautions)
    if sum(level.slices for level in judged_well) < FEWEST_SLICES or len(judged_well) < FEWEST_LEVELS:
        return _undecided(Reason.of("few-slices"), *cautions)
    found = [
        _judge(level, norm, limits)
        for level in judged_well
        if (norm := norms.get(level.name if levels_known else "C4")) is not None
    ]
    if len(found) < FEWEST_LEVELS:
        return _undecided(Reason.of("no-norm"), *cautions)
    bright = [level for level in found if level.bright]
    names = tuple(level.name for level in bright)
    if len(bright) >= FEWEST_LEVELS:
        return _present(bright, norms, levels_known=levels_known, cautions=cautions)
    if sum(level.one_sided for level in found) + len(bright) >= FEWEST_LEVELS or (
        any(level.one_sided for level in found)
    ):
        return Decision(State.INDETERMINATE, None, (Reason.of("asymmetric"), *cautions), names)
    if sum(level.dark for level in found) >= FEWEST_LEVELS:
        return _undecided(Reason.of("reference-abnormal"), *cautions)
    if sum(level.grey for level in found) >= FEWEST_LEVELS:
        return Decision(State.INDETERMINATE, None, (Reason.of("grey-zone"), *cautions), names)
    if bright:
        return Decision(State.INDETERMINATE, None, (Reason.of("one-level"), *cautions), names)
    return Decision(State.ABSENT, None, tuple(cautions))


def thin_norm(people: int) -> Reason | None:
    """The reason why no decision on a norm of so many people is secure, or ``None``."""
    if people == 0:
        return Reason.of("proposed-norm")
    return Reason.of("small-norm") if people < FEWEST_PEOPLE else None


def _judge(level: LevelSignal, norm: Norm, limits: SignalLimits) -> _Judged:
    shift = norm.mean - limits.usual
    present = max(limits.present + shift, norm.mean + Z_PRESENT * norm.sd)
    grey = max(limits.side + shift, norm.mean + Z_GREY * norm.sd)
    weaker, stronger = sorted(level.ratio[side] for side in Side)
    symmetric = weaker - norm.mean >= MIN_SIDE_SHARE * (stronger - norm.mean)
    both = weaker >= limits.side + shift and symmetric
    return _Judged(
        level.name,
        bright=level.mean >= present and both and level.share_above(grey) >= SLICE_SHARE,
        grey=level.mean >= grey and symmetric,
        one_sided=stronger >= present and not both and stronger - weaker > 2 * level.side_error,
        dark=max(norm.z(level.ratio[side]) for side in Side) <= LOW_REFERENCE_Z,
        margin=min(
            (level.mean - present) / level.error,
            (weaker - limits.side - shift) / level.side_error,
        ),
        shading=abs(level.mean - sum(level.uncorrected.values()) / 2) > MAX_BIAS_EFFECT,
    )


def _present(
    bright: Sequence[_Judged],
    norms: Mapping[str, Norm],
    *,
    levels_known: bool,
    cautions: Sequence[Reason],
) -> Decision:
    """Present, as surely as the second clearest of its levels."""
    margins = sorted((level.margin for level in bright), reverse=True)
    reasons = list(cautions)
    secure = margins[FEWEST_LEVELS - 1] >= SECURE_MARGIN and levels_known
    names = tuple(level.name for level in bright)
    if thin := thin_norm(min(norms[name if levels_known else "C4"].n for name in names)):
        secure = False
        reasons.append(thin)
    if any(level.shading for level in bright):
        secure = False
        reasons.append(Reason.of("bias-sensitive"))
    confidence = Confidence.MODERATE if secure else Confidence.LOW
    return Decision(State.PRESENT, confidence, tuple(reasons), names)


def _undecided(*reasons: Reason) -> Decision:
    return Decision(State.INDETERMINATE, None, reasons)
