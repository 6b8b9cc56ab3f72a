"""The length over which the tract is bright."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.brain.tract.bright_length import BrightLength, bright_length

STEP = 3.0
NODES = 40
AT = tuple(STEP * i for i in range(NODES))
CAPSULE = range(14, 22)
OUTSIDE = ("corona_radiata",) * NODES
SEGMENTS = tuple("internal_capsule" if i in CAPSULE else "corona_radiata" for i in range(NODES))


def profile(*runs, inside=3.0, outside=-0.5):
    """z of each node: bright from the first to before the last of each run of node numbers."""
    return [inside if any(a <= i < b for a, b in runs) else outside for i in range(NODES)]


def test_a_healthy_profile_has_no_bright_run():
    assert bright_length(AT, profile(), SEGMENTS) == BrightLength(0.0, 0.0)


@pytest.mark.parametrize("count", [6, 15, 25])
def test_a_run_is_as_long_as_its_nodes(count):
    assert bright_length(AT, profile((8, 8 + count)), SEGMENTS).certain == pytest.approx(STEP * count)


def test_the_whole_tract_is_bright_from_end_to_end():
    assert bright_length(AT, profile((0, NODES)), SEGMENTS).certain == AT[-1]


def test_a_short_gap_does_not_break_a_run_and_a_long_one_does():
    assert bright_length(AT, profile((5, 15), (17, 27)), OUTSIDE).certain == pytest.approx(STEP * 22)
    assert bright_length(AT, profile((5, 15), (22, 32)), OUTSIDE).certain == pytest.approx(STEP * 10)


def test_a_capsule_that_is_not_below_normal_does_not_break_a_run():
    z = profile((6, 14), (22, 30))
    assert bright_length(AT, z, SEGMENTS).certain == pytest.approx(STEP * 24)
    z[CAPSULE.start : CAPSULE.stop] = [-3.5] * len(CAPSULE)
    assert bright_length(AT, z, SEGMENTS).certain == pytest.approx(STEP * 8)


def test_a_normal_capsule_beside_a_run_does_not_lengthen_it():
    assert bright_length(AT, profile((22, 30)), SEGMENTS).certain == pytest.approx(STEP * 8)


def test_what_is_a_little_above_normal_joins_two_runs():
    runs = (3, 10), (24, 32)
    assert bright_length(AT, profile(*runs, outside=0.5), OUTSIDE).certain == pytest.approx(STEP * 29)


def test_a_single_noisy_node_is_no_run():
    assert bright_length(AT, profile((12, 13)), SEGMENTS).certain == 0


def test_nodes_between_thick_slices_do_not_break_a_run():
    z = [v if i % 3 == 0 else None for i, v in enumerate(profile((4, 34)))]
    found = bright_length(AT, z, SEGMENTS)
    assert found.certain == pytest.approx(STEP * 30, abs=3 * STEP)
    assert found.possible >= found.certain


def test_what_was_not_measured_could_be_bright():
    z = [None if i < 10 else v for i, v in enumerate(profile((10, 20)))]
    found = bright_length(AT, z, SEGMENTS)
    assert found.certain == pytest.approx(STEP * 10)
    assert found.possible == pytest.approx(AT[19] + STEP / 2)


def test_too_short_a_profile_has_no_length():
    assert bright_length((), (), ()) == bright_length((1.0,), (3.0,), ("pons",)) == BrightLength(0.0, 0.0)


def test_a_score_is_needed_for_each_position():
    with pytest.raises(ValueError, match="each position"):
        bright_length((0.0, 1.0), (3.0,), ("pons", "pons"))


ZS = st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=NODES, max_size=NODES)


@given(ZS, st.floats(0, 5))
def test_it_grows_with_brightness_and_with_what_is_unknown(z, more):
    before = bright_length(AT, z, SEGMENTS)
    after = bright_length(AT, [None if v is None else v + more for v in z], SEGMENTS)
    assert 0 <= before.certain <= before.possible <= AT[-1]
    assert before.certain <= after.certain
    assert before.possible <= after.possible


@given(ZS)
def test_it_reads_the_same_from_both_ends(z):
    there, back = bright_length(AT, z, SEGMENTS), bright_length(AT, z[::-1], SEGMENTS[::-1])
    assert there.certain == pytest.approx(back.certain)
    assert there.possible == pytest.approx(back.possible)
