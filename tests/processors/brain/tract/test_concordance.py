"""What the series of a study say together."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.brain.decision import Decision
from processors.brain.tract.concordance import ON_T1, ON_T2, concordant
from processors.findings import Confidence, Reason, Sign, State
from tests.processors.brain.scores import keys

BRIGHT = frozenset({"subcortical", "corona_radiata", "internal_capsule"})
LOW = Decision(State.PRESENT, Confidence.LOW, (), BRIGHT)
MODERATE = Decision(State.PRESENT, Confidence.MODERATE, (), BRIGHT)
ELSEWHERE = Decision(State.PRESENT, Confidence.MODERATE, (), frozenset({"cerebral_peduncle", "pons"}))
ABSENT = Decision(State.ABSENT)
NEARLY = Decision(State.INDETERMINATE, None, (Reason.of("grey-zone"), Reason.of("few-voxels")), nearly=BRIGHT)
GREY = Decision(State.INDETERMINATE, None, (Reason.of("grey-zone"),))


@pytest.mark.parametrize(("t1", "t2"), list(itertools.product(ON_T1, ON_T2)))
def test_t1_and_t2_bright_in_the_same_segments_give_high_confidence(t1, t2):
    seen = concordant({t1: MODERATE, t2: MODERATE})
    assert seen[t1].confidence is seen[t2].confidence is Confidence.HIGH


@pytest.mark.parametrize(
    ("t1", "t2", "of_t1", "of_t2", "reasons_of_t2"),
    [
        (MODERATE, LOW, "high", "low", []),
        (LOW, MODERATE, "low", "high", []),
        (MODERATE, ELSEWHERE, "moderate", "moderate", []),
        (MODERATE, ABSENT, "moderate", None, []),
        (ABSENT, MODERATE, None, "low", ["t2-alone"]),
        (GREY, MODERATE, None, "moderate", []),
    ],
)
def test_pairs(t1, t2, of_t1, of_t2, reasons_of_t2):
    seen = concordant({Sign.CST_T1: t1, Sign.CST_FLAIR: t2})
    assert seen[Sign.CST_T1].confidence == of_t1
    assert seen[Sign.CST_FLAIR].confidence == of_t2
    assert keys(seen[Sign.CST_FLAIR]) == reasons_of_t2


def test_one_t1_series_that_is_bright_is_enough():
    seen = concordant({Sign.CST_T1: ABSENT, Sign.CST_T1_MTC: MODERATE, Sign.CST_T2: MODERATE})
    assert seen[Sign.CST_T2].confidence is Confidence.HIGH


def test_t2_and_flair_do_not_vouch_for_each_other():
    seen = concordant({Sign.CST_T2: MODERATE, Sign.CST_FLAIR: MODERATE})
    assert {d.confidence for d in seen.values()} == {Confidence.MODERATE}


def test_restricted_diffusion_points_away():
    seen = concordant(
        {Sign.CST_T1: MODERATE, Sign.CST_T2: MODERATE, Sign.CST_FLAIR: ABSENT, Sign.CST_DIFFUSION: LOW}
    )
    assert {seen[s].confidence for s in (Sign.CST_T1, Sign.CST_T2)} == {Confidence.MODERATE}
    assert keys(seen[Sign.CST_T1]) == keys(seen[Sign.CST_T2]) == ["restricted-diffusion"]
    assert seen[Sign.CST_FLAIR] == ABSENT
    assert seen[Sign.CST_DIFFUSION] == LOW


def test_diffusion_that_is_not_restricted_changes_nothing():
    alone = concordant({Sign.CST_T1: MODERATE, Sign.CST_T2: MODERATE})
    beside = concordant({Sign.CST_T1: MODERATE, Sign.CST_T2: MODERATE, Sign.CST_DIFFUSION: ABSENT})
    assert {s: beside[s] for s in alone} == alone


@given(
    st.dictionaries(
        st.sampled_from((*ON_T1, *ON_T2, Sign.CST_DIFFUSION)),
        st.sampled_from((LOW, MODERATE, ABSENT, GREY, NEARLY)),
    )
)
def test_no_state_changes_but_of_what_is_nearly_bright_beside_a_bright_t1(decisions):
    seen = concordant(decisions)
    changed = {s for s, d in seen.items() if d.state is not decisions[s].state}
    assert all(decisions[s] is NEARLY and seen[s].confidence is Confidence.LOW for s in changed)
    assert not changed or any(d.state is State.PRESENT for s, d in decisions.items() if s in ON_T1)


@pytest.mark.parametrize(
    ("t1", "state", "reasons"),
    [
        (LOW, State.PRESENT, ["borne-out-by-t1", "few-voxels"]),
        (ELSEWHERE, State.INDETERMINATE, ["grey-zone", "few-voxels"]),
        (GREY, State.INDETERMINATE, ["grey-zone", "few-voxels"]),
        (ABSENT, State.INDETERMINATE, ["grey-zone", "few-voxels"]),
    ],
)
def test_what_is_nearly_bright_is_borne_out_by_a_t1_that_is_bright_there(t1, state, reasons):
    seen = concordant({Sign.CST_T1: t1, Sign.CST_T2: NEARLY})[Sign.CST_T2]
    assert (seen.state, keys(seen)) == (state, reasons)


@pytest.mark.parametrize(
    "beside",
    [
        {Sign.CST_T1: ABSENT, Sign.CST_T1_MTC: MODERATE},
        {Sign.CST_T1_MTC: replace(LOW, reasons=(Reason.of("proposed-norm"),))},
        {Sign.CST_T1: replace(MODERATE, bright=frozenset({"internal_capsule", "corona_radiata"}))},
        {Sign.CST_T1: replace(MODERATE, bright=frozenset({"subcortical", "internal_capsule"}))},
    ],
)
def test_nothing_is_borne_out_by_a_t1_that_does_not_show_it(beside):
    assert concordant({**beside, Sign.CST_T2: NEARLY})[Sign.CST_T2].state is State.INDETERMINATE


@pytest.mark.parametrize("key", ["grey-zone", "not-subcortical", "plic-only"])
def test_what_is_borne_out_no_longer_says_what_it_lacked(key):
    nearly = Decision(State.ABSENT, None, (Reason.of(key), Reason.of("few-voxels")), nearly=BRIGHT)
    seen = concordant({Sign.CST_T1: LOW, Sign.CST_FLAIR: nearly})[Sign.CST_FLAIR]
    assert (seen.state, keys(seen)) == (State.PRESENT, ["borne-out-by-t1", "few-voxels"])


def test_nothing_is_borne_out_beside_restricted_diffusion():
    seen = concordant({Sign.CST_T1: MODERATE, Sign.CST_T2: NEARLY, Sign.CST_DIFFUSION: MODERATE})
    assert seen[Sign.CST_T2].state is State.INDETERMINATE
