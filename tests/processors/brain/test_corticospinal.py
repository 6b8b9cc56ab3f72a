"""The decision on tract hyperintensity, on numbers alone."""

import pytest

from processors.brain.corticospinal import SegmentZ, decide
from processors.findings import TRACT_SEGMENTS, Confidence, Region, Side, State


def scores(left, right, standard_error=0.2):
    return {
        Region(name, side): SegmentZ(z, standard_error)
        for side, values in ((Side.LEFT, left), (Side.RIGHT, right))
        for name, z in zip(TRACT_SEGMENTS, values, strict=True)
        if z is not None
    }


def keys(decision):
    return [reason.key for reason in decision.reasons]


@pytest.mark.parametrize("pair", range(4))
def test_two_adjacent_segments_on_both_sides_make_the_sign(pair):
    values = [0.0] * 5
    values[pair] = values[pair + 1] = 3.0
    assert decide(scores(values, values), bias_sensitive=False).state is State.PRESENT


def test_two_segments_that_do_not_touch_do_not():
    values = [3.0, 0.0, 3.0, 0.0, 3.0]
    assert decide(scores(values, values), bias_sensitive=False).state is State.ABSENT


def test_one_side_alone_is_asymmetric():
    decision = decide(scores([4.0] * 5, [0.0] * 5), bias_sensitive=False)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["asymmetric"])


def test_opposite_segments_are_not_the_same_run():
    decision = decide(scores([3, 3, 0, 0, 0], [0, 0, 0, 3, 3]), bias_sensitive=False)
    assert decision.state is State.INDETERMINATE


def test_just_below_the_limit_is_a_grey_zone():
    decision = decide(scores([1.8] * 5, [1.9] * 5), bias_sensitive=False)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["grey-zone"])


def test_a_normal_tract_is_absent():
    assert decide(scores([0.5] * 5, [-1.0] * 5), bias_sensitive=False).state is State.ABSENT


def test_an_unmeasured_segment_breaks_the_run():
    decision = decide(scores([3, None, 3, 0, 0], [3, None, 3, 0, 0]), bias_sensitive=False)
    assert decision.state is not State.PRESENT


@pytest.mark.parametrize(
    ("z", "error", "bias", "confidence"),
    [
        (2.3, 0.2, False, "low"),
        (3.0, 0.2, False, "moderate"),
        (9.0, 0.2, False, "moderate"),
        (9.0, 0.2, True, "low"),
    ],
)
def test_confidence_grows_with_the_margin_and_is_never_high(z, error, bias, confidence):
    decision = decide(scores([z] * 5, [z] * 5, error), bias_sensitive=bias)
    assert decision.confidence is Confidence(confidence)
