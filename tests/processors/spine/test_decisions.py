import pytest

from processors.findings import Confidence, Reason, Side, Sign, State
from processors.norms import Norm
from processors.spine.level_shape import LevelShape
from processors.spine.level_signal import LevelSignal
from processors.spine.limits import SIGNAL
from processors.spine.shape_decision import decide_atrophy, decide_flattening
from processors.spine.signal_decision import decide_signal

LEVELS = ("C2", "C3", "C4", "C5", "C6")
NORM = dict.fromkeys(("C1", *LEVELS, "C7"), Norm(1.014, 0.02, 20))


def level(name, left, right, *, error=0.008, slices=5, uncorrected=None, means=None):
    mean = (left + right) / 2
    plain = (left, right) if uncorrected is None else uncorrected
    return LevelSignal(
        name,
        {Side.LEFT: left, Side.RIGHT: right},
        dict(zip((Side.LEFT, Side.RIGHT), plain, strict=True)),
        error,
        error,
        slices,
        slices,
        (mean,) * slices if means is None else means,
    )


def decided(*levels, norms=NORM, sign=Sign.CORD_T1, **options):
    return decide_signal(levels, norms, SIGNAL[sign], **options)


def everywhere(left, right, **options):
    return [level(name, left, right, **options) for name in LEVELS]


def keys(decision):
    return [reason.key for reason in decision.reasons]


def test_bright_on_both_sides_at_two_levels_is_present():
    decision = decided(*everywhere(1.0, 1.0)[:3], level("C5", 1.15, 1.16), level("C6", 1.14, 1.13))
    assert (decision.state, decision.confidence) == (State.PRESENT, Confidence.MODERATE)
    assert decision.levels == ("C5", "C6")


@pytest.mark.parametrize(
    ("levels", "state", "reason"),
    [
        (everywhere(1.02, 1.01), State.ABSENT, None),
        (everywhere(1.08, 1.08), State.INDETERMINATE, "grey-zone"),
        (everywhere(1.20, 1.01), State.INDETERMINATE, "asymmetric"),
        (everywhere(1.01, 1.20), State.INDETERMINATE, "asymmetric"),
        ([*everywhere(1.01, 1.01)[:4], level("C6", 1.2, 1.2)], State.INDETERMINATE, "one-level"),
        (everywhere(1.2, 1.2)[:1], State.INDETERMINATE, "few-slices"),
        ([level(name, 1.2, 1.2, slices=1) for name in LEVELS[:3]], State.INDETERMINATE, "few-slices"),
        (everywhere(1.2, 1.2, error=0.05), State.INDETERMINATE, "noisy-columns"),
        (everywhere(0.85, 0.86), State.INDETERMINATE, "reference-abnormal"),
        (
            [level(n, 1.12, 1.12, means=(1.4, 1.4, 1.0, 1.0, 0.9)) for n in LEVELS],
            State.INDETERMINATE,
            "grey-zone",
        ),
    ],
)
def test_what_is_not_the_sign_is_not_called_present(levels, state, reason):
    decision = decided(*levels)
    assert decision.state is state
    assert reason is None or reason in keys(decision)


def test_the_limits_move_with_the_mean_of_the_norm():
    brighter = dict.fromkeys(NORM, Norm(1.05, 0.02, 20))
    assert decided(*everywhere(1.12, 1.12)).state is State.PRESENT
    assert decided(*everywhere(1.12, 1.12), norms=brighter).state is State.INDETERMINATE


@pytest.mark.parametrize(
    ("n", "options", "uncorrected", "reason"),
    [
        (0, {}, None, "proposed-norm"),
        (2, {}, None, "small-norm"),
        (20, {"levels_known": False}, None, None),
        (20, {}, (1.10, 1.10), "bias-sensitive"),
    ],
)
def test_what_makes_a_present_sign_uncertain(n, options, uncorrected, reason):
    norms = {name: Norm(1.014, 0.02, n) for name in NORM}
    names = LEVELS if options.get("levels_known", True) else ("1", "2", "3")
    levels = [level(name, 1.15, 1.15, uncorrected=uncorrected) for name in names]
    decision = decided(*levels, norms=norms, **options)
    assert (decision.state, decision.confidence) == (State.PRESENT, Confidence.LOW)
    assert reason is None or reason in keys(decision)


def test_what_was_left_out_is_said_whatever_is_decided():
    caution = Reason.of("entry-slice-inflow", slices=2)
    for value in (1.0, 1.08, 1.2):
        assert caution in decided(*everywhere(value, value), cautions=(caution,)).reasons


def shape(name, area=75.0, flatness=0.6, solidity=0.98, concavity=0.0):
    return LevelShape(name, area, area, 1.0, 7.5, 12.5, flatness, solidity, concavity, 5, 5)


AREAS = dict.fromkeys(LEVELS, Norm(75.0, 7.0, 20))
FLATNESS = dict.fromkeys(LEVELS, Norm(0.6, 0.05, 20))


@pytest.mark.parametrize(
    ("upper", "lower", "state", "confidence", "reason"),
    [
        (75, 75, State.ABSENT, None, None),
        (70, 71, State.ABSENT, None, None),
        (62.5, 62.5, State.PRESENT, Confidence.LOW, None),
        (52, 52, State.PRESENT, Confidence.MODERATE, None),
        (75, 55, State.INDETERMINATE, None, "part-of-cord"),
        (62.5, 70, State.INDETERMINATE, None, "grey-zone"),
    ],
)
def test_atrophy_is_a_thin_cord_in_the_upper_and_in_the_lower_neck(upper, lower, state, confidence, reason):
    levels = [shape(name, upper if name in ("C2", "C3") else lower) for name in LEVELS]
    decision = decide_atrophy(levels, AREAS)
    assert (decision.state, decision.confidence) == (state, confidence)
    assert reason is None or keys(decision) == [reason]


@pytest.mark.parametrize(
    ("count", "numbers", "state"),
    [
        (0, {}, State.ABSENT),
        (3, {"flatness": 0.45, "concavity": 0.7}, State.PRESENT),
        (3, {"flatness": 0.45, "solidity": 0.93}, State.PRESENT),
        (3, {"flatness": 0.45}, State.ABSENT),
        (3, {"concavity": 0.7}, State.ABSENT),
        (1, {"flatness": 0.45, "concavity": 0.7}, State.INDETERMINATE),
        (3, {"flatness": 0.512, "concavity": 0.45}, State.INDETERMINATE),
    ],
)
def test_flattening_is_a_flat_cord_with_a_sunken_front_at_two_levels(count, numbers, state):
    levels = [shape(name) for name in LEVELS[: 5 - count]] + [
        shape(n, **numbers) for n in LEVELS[5 - count :]
    ]
    assert decide_flattening(levels, FLATNESS).state is state


def test_one_level_decides_nothing_on_shape():
    assert keys(decide_atrophy([shape("C3", 40)], AREAS)) == ["few-slices"]
    assert keys(decide_flattening([shape("C4")], FLATNESS)) == ["few-slices"]
