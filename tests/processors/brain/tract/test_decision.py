"""The decision on tract hyperintensity, on numbers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.brain.tract.bright_length import BrightLength
from processors.brain.tract.decision import Score, decide_t1, decide_t2, score_of
from processors.brain.tract.limits import SHORTEST_BRIGHT_MM, Z_GREY, Z_PRESENT
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, Side, State
from processors.norms import Norm
from tests.processors.brain.scores import LONG, SHORT, keys, lengths, scores

CUT = (Reason.of("low-coverage", percent=80),)
PAIRS = range(4)


def bright_at(*names, z=3.0, rest=0.0):
    return [z if name in names else rest for name in TRACT_SEGMENTS]


WHOLE = bright_at(*TRACT_SEGMENTS)
NORMAL = bright_at()


@pytest.mark.parametrize("pair", PAIRS)
def test_t1_bright_in_two_adjacent_segments_of_both_sides_is_present(pair):
    values = bright_at(*TRACT_SEGMENTS[pair : pair + 2])
    decision = decide_t1(scores(values, values))
    assert decision.state is State.PRESENT
    assert decision.bright == set(TRACT_SEGMENTS[pair : pair + 2])


T1_TABLE = {
    "normal": (NORMAL, NORMAL, State.ABSENT, []),
    "one segment": (bright_at("pons"), bright_at("pons"), State.ABSENT, []),
    "segments that do not touch": ([3, 0, 3, 0, 3], [3, 0, 3, 0, 3], State.ABSENT, []),
    "grey": ([1.8] * 5, [1.9] * 5, State.INDETERMINATE, ["grey-zone"]),
    "one side": (WHOLE, NORMAL, State.INDETERMINATE, ["asymmetric"]),
    "one side, the other nearly": (WHOLE, [1.8] * 5, State.INDETERMINATE, ["grey-zone"]),
    "one side strongly, the other nearly": ([7] * 5, [1.8] * 5, State.INDETERMINATE, ["asymmetric"]),
    "one side strongly, the other just": ([7] * 5, [2.1] * 5, State.INDETERMINATE, ["asymmetric"]),
    "one side over the limit, the other half": (
        [2.8, 2.3, 0, 0, 0],
        [2.9, 1.3, 0, 0, 0],
        State.INDETERMINATE,
        ["grey-zone"],
    ),
    "each side elsewhere": ([3, 3, 0, 0, 0], [0, 0, 0, 3, 3], State.INDETERMINATE, ["grey-zone"]),
}


@pytest.mark.parametrize(("left", "right", "state", "reasons"), T1_TABLE.values(), ids=T1_TABLE)
def test_t1_table(left, right, state, reasons):
    decision = decide_t1(scores(left, right))
    assert (decision.state, keys(decision)) == (state, reasons)


T1_UNKNOWN = {
    "pons cut off, peduncle normal": ([0, 0, 0, 0, None], [0, 0, 0, 0, None], State.ABSENT),
    "pons cut off, peduncle bright": ([0, 0, 0, 3, None], [0, 0, 0, 3, None], State.INDETERMINATE),
    "pons cut off, tract bright above": ([3, 3, 0, 0, None], [3, 3, 0, 0, None], State.PRESENT),
    "lower half cut off": ([0, 0, 0, None, None], [0, 0, 0, None, None], State.INDETERMINATE),
    "lower half of one side unknown, other normal": ([0, 0, 0, None, None], NORMAL, State.ABSENT),
    "one side unknown, other bright": ([None] * 5, WHOLE, State.INDETERMINATE),
    "one side bright above, other unknown below": (
        [3, 3, 0, 0, 0],
        [0, 0, 0, None, None],
        State.INDETERMINATE,
    ),
    "nothing known": ([None] * 5, [None] * 5, State.INDETERMINATE),
}


@pytest.mark.parametrize(("left", "right", "state"), T1_UNKNOWN.values(), ids=T1_UNKNOWN)
def test_what_could_not_be_measured_counts_only_where_it_could_turn_the_decision(left, right, state):
    decision = decide_t1(scores(left, right), CUT)
    assert decision.state is state
    assert "low-coverage" in keys(decision)


def test_an_unknown_segment_does_not_bridge_two_bright_ones():
    decision = decide_t1(scores([3, None, 3, 0, 0], [3, None, 3, 0, 0]), CUT)
    assert decision.state is State.INDETERMINATE


@pytest.mark.parametrize(
    ("z", "error", "proposed", "confidence"),
    [
        (2.1, 0.2, False, "low"),
        (2.3, 0.2, False, "low"),
        (2.41, 0.2, False, "moderate"),
        (9.0, 0.2, False, "moderate"),
        (9.0, 0.2, True, "low"),
    ],
)
def test_confidence_grows_with_the_margin_and_is_never_high_on_one_series(z, error, proposed, confidence):
    given_scores = scores([z] * 5, [z] * 5, error)
    assert decide_t1(given_scores, proposed=proposed).confidence is Confidence(confidence)
    assert decide_t2(given_scores, LONG, proposed=proposed).confidence is Confidence(confidence)


def test_the_weakest_of_the_best_pair_decides_on_confidence():
    assert decide_t1(scores([9, 9, 0, 2.1, 2.1], [9, 9, 0, 2.1, 2.1])).confidence is Confidence.MODERATE
    assert decide_t1(scores([9, 2.1, 0, 0, 0], [9, 2.1, 0, 0, 0])).confidence is Confidence.LOW


@pytest.mark.parametrize("beyond", ["corona_radiata", "cerebral_peduncle", "pons"])
def test_t2_bright_from_the_cortex_and_beyond_the_capsule_on_both_sides_is_present(beyond):
    values = bright_at("subcortical", beyond)
    assert decide_t2(scores(values, values), LONG).state is State.PRESENT


T2_TABLE = {
    "normal": (NORMAL, NORMAL, SHORT, State.ABSENT, []),
    "capsule": (bright_at("internal_capsule"),) * 2 + (SHORT, State.ABSENT, ["plic-only"]),
    "capsule, one side": (bright_at("internal_capsule"), NORMAL, SHORT, State.ABSENT, ["plic-only"]),
    "capsule and just around": (
        (bright_at("corona_radiata", "internal_capsule"),) * 2 + (SHORT, State.ABSENT, ["plic-only"])
    ),
    "long, but not to the cortex": (
        (bright_at(*TRACT_SEGMENTS[1:]),) * 2 + (LONG, State.ABSENT, ["not-subcortical"])
    ),
    "to the cortex, but short": (
        (bright_at("subcortical", "corona_radiata"),) * 2 + (SHORT, State.ABSENT, ["short-extent"])
    ),
    "below the cortex and in the capsule": (
        (bright_at("subcortical", "internal_capsule"),) * 2 + (LONG, State.ABSENT, [])
    ),
    "grey": ([1.8] * 5, [1.8] * 5, LONG, State.INDETERMINATE, ["grey-zone"]),
    "grey but short": ([1.8] * 5, [1.8] * 5, SHORT, State.ABSENT, []),
    "one side": (WHOLE, NORMAL, lengths(100, 20), State.INDETERMINATE, ["asymmetric"]),
    "one side below a stroke of the capsule": (
        bright_at("internal_capsule", "cerebral_peduncle", "pons"),
        NORMAL,
        lengths(60, 0),
        State.INDETERMINATE,
        ["asymmetric"],
    ),
    "Wallerian with spill over the limit": ([8] * 5, [2.2] * 5, LONG, State.INDETERMINATE, ["asymmetric"]),
    "Wallerian with spill near the limit": ([8] * 5, [1.9] * 5, LONG, State.INDETERMINATE, ["asymmetric"]),
    "Wallerian with short spill": ([8] * 5, [2.2] * 5, lengths(100, 30), State.INDETERMINATE, ["asymmetric"]),
    "symmetric within 10 %": ([4] * 5, [2.5] * 5, LONG, State.PRESENT, []),
}


@pytest.mark.parametrize(("left", "right", "extent", "state", "reasons"), T2_TABLE.values(), ids=T2_TABLE)
def test_t2_table(left, right, extent, state, reasons):
    decision = decide_t2(scores(left, right), extent)
    assert (decision.state, keys(decision)) == (state, reasons)


@pytest.mark.parametrize(
    ("left", "right", "extent", "nearly"),
    [
        ([1.8] * 5, [1.7] * 5, LONG, set(TRACT_SEGMENTS)),
        ([2.6, 2.6, 0, 0, 0], [1.7, 1.7, 0, 0, 0], LONG, {"subcortical", "corona_radiata"}),
        ([3, 3, 0, 0, 0], [1.7, 1.7, 0, 0, 0], LONG, set()),
        ([8, 1.4, 1.4, 1.4, 1.4], [1.3, 1.4, 1.4, 1.4, 1.4], LONG, set()),
        ([3.5] * 5, [1.3, 1.3, 1.9, 1.9, 1.3], LONG, set()),
        ([1.8] * 5, [1.7] * 5, lengths(100, 40), set()),
        ([1.8, 0, 0, 0, 0], [1.8, 0, 0, 0, 0], LONG, set()),
        ([8] * 5, [1.9] * 5, LONG, set()),
        ([1.6] * 5, [1.3] * 5, LONG, set(TRACT_SEGMENTS)),
        ([1.6] * 5, [1.2] * 5, LONG, set()),
        ([1.6, 1.6, 3, 1.6, 1.6], [1.4, 1.4, 3, 1.4, 1.4], LONG, set(TRACT_SEGMENTS)),
        (WHOLE, WHOLE, LONG, set()),
    ],
)
def test_t2_is_nearly_bright_where_only_the_limit_of_a_segment_is_missed(left, right, extent, nearly):
    assert decide_t2(scores(left, right), extent).nearly == nearly


@pytest.mark.parametrize(("weaker", "state"), [(0.045, State.INDETERMINATE), (0.06, State.PRESENT)])
def test_a_small_change_on_one_side_with_a_third_of_it_on_the_other_is_not_symmetric(weaker, state):
    """Against a narrow norm both sides may be over the limit and left and right within 10 %."""
    sided = {
        Region(name, side): Score(excess / 0.02, 0.2, 1 + excess)
        for side, excess in ((Side.LEFT, 0.14), (Side.RIGHT, weaker))
        for name in TRACT_SEGMENTS
    }
    assert decide_t1(sided).state is decide_t2(sided, LONG).state is state


def test_t2_with_unmeasured_length_is_indeterminate():
    unsure = {side: BrightLength(40.0, 70.0) for side in Side}
    decision = decide_t2(scores(WHOLE, WHOLE), unsure, CUT)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["grey-zone", "low-coverage"])


def test_t2_length_near_its_limit_is_of_low_confidence():
    near = lengths(SHORTEST_BRIGHT_MM + 5, 100)
    assert decide_t2(scores([9] * 5, [9] * 5), near).confidence is Confidence.LOW


def test_t2_with_the_cortex_cut_off_is_undecided_only_where_the_rest_is_bright():
    cut = [None, 3, 3, 3, 3]
    assert decide_t2(scores(cut, cut), LONG, CUT).state is State.INDETERMINATE
    cut = [None, 0, 0, 0, 0]
    assert decide_t2(scores(cut, cut), SHORT, CUT).state is State.ABSENT


def test_the_sentence_of_an_asymmetric_change_names_wallerian_degeneration():
    (reason,) = decide_t1(scores(WHOLE, NORMAL)).reasons
    assert "Wallerian" in reason.sentence


def test_a_norm_of_few_people_widens_the_error():
    errors = [score_of(1.1, 0.005, Norm(1.0, 0.05, n)).error for n in (0, 2, 5, 20, 1000)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == errors[1]
    assert errors[-1] == pytest.approx(0.1, abs=0.03)


def test_a_score_is_relative_to_its_norm():
    score = score_of(1.2, 0.01, Norm(1.1, 0.05, 10))
    assert score.z == pytest.approx(2)
    assert score.ratio == pytest.approx(1.2 / 1.1)


ZS = st.lists(st.one_of(st.none(), st.floats(-4, 10)), min_size=5, max_size=5)
MM = st.floats(0, 120)


def as_t1(left, right, _lengths):
    return decide_t1(scores(left, right), CUT)


def as_t2(left, right, extent):
    return decide_t2(scores(left, right), extent, CUT)


RULES = pytest.mark.parametrize("decide", [as_t1, as_t2])


@RULES
@given(ZS, ZS, MM, MM)
def test_left_and_right_are_alike(decide, left, right, one, other):
    assert decide(left, right, lengths(one, other)) == decide(right, left, lengths(other, one))


@RULES
@given(ZS, ZS, MM, MM, st.floats(0, 5))
def test_more_brightness_never_turns_present_into_absent(decide, left, right, one, other, more):
    before = decide(left, right, lengths(one, other))
    raised = [[None if z is None else z + more for z in side] for side in (left, right)]
    after = decide(*raised, lengths(one + more, other + more))
    assert not (before.state is State.PRESENT and after.state is State.ABSENT)


@RULES
@given(
    ZS,
    ZS,
    MM,
    MM,
    st.lists(st.booleans(), min_size=10, max_size=10),
    st.lists(st.floats(-4, 10), min_size=10, max_size=10),
)
def test_what_becomes_known_never_reverses_a_decision(decide, left, right, one, other, hidden, filled):
    """Absent stays absent or becomes asymmetric; present stays present or becomes asymmetric."""
    known = [f if z is None else z for z, f in zip(left + right, filled, strict=True)]
    seen = [None if hide else z for z, hide in zip(known, hidden, strict=True)]
    before = decide(seen[:5], seen[5:], lengths(one, other))
    after = decide(known[:5], known[5:], lengths(one, other))
    assert {before.state, after.state} != {State.PRESENT, State.ABSENT}


@RULES
@given(ZS, st.lists(st.floats(-4, Z_GREY - 0.01), min_size=5, max_size=5), MM, MM)
def test_one_side_alone_is_never_present(decide, left, right, one, other):
    assert decide(left, right, lengths(one, other)).state is not State.PRESENT


@RULES
@given(ZS, ZS, MM, MM)
def test_a_decision_has_what_its_state_asks_for(decide, left, right, one, other):
    decision = decide(left, right, lengths(one, other))
    assert (decision.confidence is not None) == (decision.state is State.PRESENT)
    assert decision.reasons
    assert all(
        score.z >= Z_PRESENT
        for region, score in scores(left, right).items()
        if region.name in decision.bright
    )


@given(
    st.lists(st.floats(-4, 10), min_size=5, max_size=5), st.lists(st.floats(-4, 10), min_size=5, max_size=5)
)
def test_nothing_is_undecided_without_cause_where_all_is_known(left, right):
    """Indeterminate only for a grey zone, sides that differ, or bright runs at two places."""
    decision = decide_t1(scores(left, right))
    if decision.state is State.INDETERMINATE:
        assert keys(decision)[0] in ("grey-zone", "asymmetric")
        assert max(left + right) >= Z_GREY
