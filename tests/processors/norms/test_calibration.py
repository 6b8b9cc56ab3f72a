"""What a site learns: between the shipped norm and its own, and nearer to its own with more people."""

import json
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.findings import Algorithm, Region, Side, Sign, regions_of
from processors.norms import Norm, Norms, Protocol, default_norms
from processors.norms.calibration import (
    FEWEST_FOR_OUTLIERS,
    FEWEST_PEOPLE,
    GroupCalibration,
    Sample,
    calibrate,
)
from processors.norms.shrinkage import MEASUREMENT_ERROR, Belief, Observed, updated

SIGN, ALGORITHM = Sign.CST_T1, Algorithm("corticospinal tract profile", "1")
HERE, ELSEWHERE = Protocol("T1", 3.0, "Siemens"), Protocol("T1", 3.0, "GE")
SHIPPED = default_norms().of(SIGN, HERE).segments
REGIONS = regions_of(SIGN)
SEGMENT = "corona_radiata"


def people(n: int, *, shift: float = 0.0, scale: float = 1.0, seed: int = 0, protocol=HERE) -> list[Sample]:
    """Normal people on a scanner whose mean and SD are the shipped ones' shifted, and scaled.

    A fifth of the variance is between a person's sides.
    """
    random_values = np.random.default_rng(seed)
    samples = []
    for number in range(n):
        own = random_values.normal(size=len(SHIPPED))
        ratios = {
            Region(name, side): norm.mean
            + norm.sd * (shift + scale * (np.sqrt(0.8) * z + np.sqrt(0.2) * random_values.normal()))
            for z, (name, norm) in zip(own, SHIPPED.items(), strict=True)
            for side in Side
        }
        label = f"{protocol.manufacturer}-{seed}-{number}"
        samples.append(Sample(label, f"study {label}", "20260101", SIGN, protocol, ALGORITHM, ratios))
    return samples


def group(samples, protocol=HERE) -> GroupCalibration:
    [found] = [g for g in calibrate(samples) if g.protocol == protocol]
    return found


def false_positives(norms, samples) -> float:
    """Share of regions of normal people at or above two standard deviations."""
    return float(
        np.mean([norms[region.name].z(ratio) >= 2 for s in samples for region, ratio in s.ratios.items()])
    )


def used(samples, protocol=HERE) -> dict[str, Norm]:
    return {name: segment.used for name, segment in group(samples, protocol).segments.items()}


NORMS = st.builds(Norm, st.floats(0.5, 2), st.floats(0.005, 0.2), st.just(5))
OBSERVED = st.builds(Observed, st.floats(0.5, 2), st.floats(1e-6, 0.04), st.integers(1, 500))


@given(NORMS)
def test_without_people_the_norm_is_the_shipped_one(norm: Norm):
    learnt = updated(Belief.of(norm), Observed(0.0, 0.0, 0)).norm(norm.n)
    assert (learnt.mean, learnt.sd) == (norm.mean, pytest.approx(norm.sd))


@given(NORMS, st.floats(0.5, 2), st.floats(1e-4, 0.04))
def test_with_ever_more_people_the_norm_is_the_sites_own(norm: Norm, mean: float, variance: float):
    learnt = updated(Belief.of(norm), Observed(mean, variance, 10**7)).norm(10**7)
    assert learnt.mean == pytest.approx(mean, abs=1e-3)
    assert learnt.sd == pytest.approx(np.sqrt(variance), rel=0.02)


@given(NORMS, OBSERVED)
def test_the_mean_lies_between_the_shipped_and_the_sites_own(norm: Norm, observed: Observed):
    learnt = updated(Belief.of(norm), observed)
    low, high = sorted((norm.mean, observed.mean))
    assert low - 1e-9 <= learnt.mean <= high + 1e-9


@given(NORMS, st.floats(0.5, 2), st.floats(1e-6, 0.04))
def test_more_people_of_the_same_mean_bring_the_norm_nearer_to_it(norm: Norm, mean: float, variance: float):
    distances = [
        abs(updated(Belief.of(norm), Observed(mean, variance, n)).mean - mean)
        for n in (FEWEST_PEOPLE, 20, 100, 1000)
    ]
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(distances))


@given(NORMS, OBSERVED)
def test_no_norm_is_narrower_than_its_floor(norm: Norm, observed: Observed):
    assert updated(Belief.of(norm), observed).norm(observed.n, 0.01).sd >= 0.01


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(shuffler: random.Random):
    samples = [*people(12, shift=1), *people(7, shift=-1, seed=1, protocol=ELSEWHERE)]
    shuffled = list(samples)
    shuffler.shuffle(shuffled)
    assert calibrate(shuffled) == calibrate(samples)


def test_too_few_people_leave_the_shipped_norm():
    found = group(people(FEWEST_PEOPLE - 1, shift=2))
    assert {name: segment.used for name, segment in found.segments.items()} == dict(SHIPPED)
    assert found.site_norm() is None


def test_enough_people_make_a_site_norm_with_their_number():
    norm = group(people(FEWEST_PEOPLE, shift=2)).site_norm()
    assert (norm.n, norm.protocol) == (FEWEST_PEOPLE, HERE)
    assert {one.n for one in norm.segments.values()} == {FEWEST_PEOPLE}
    assert norm.segments[SEGMENT].mean > SHIPPED[SEGMENT].mean


def test_a_region_that_few_people_have_keeps_its_shipped_norm():
    samples = people(8, shift=2)
    cut = [replace(s, ratios={r: v for r, v in s.ratios.items() if r.name != SEGMENT}) for s in samples[:5]]
    found = group([*cut, *samples[5:]])
    assert found.segments[SEGMENT].used == SHIPPED[SEGMENT]
    assert SEGMENT not in found.site_norm().segments
    norms = Norms("1 of 2026-01-01", (found.site_norm(),))
    assert norms.of(SIGN, HERE).segments[SEGMENT] == SHIPPED[SEGMENT]


def test_a_region_that_few_people_have_on_a_scanner_has_the_norm_of_all_scanners():
    cut = [
        replace(s, ratios={r: v for r, v in s.ratios.items() if r.name != SEGMENT})
        for s in people(6, shift=2)
    ]
    samples = [*cut, *people(6, shift=2, seed=1, protocol=ELSEWHERE)]
    norms = Norms("1 of 2026-01-01", tuple(n for g in calibrate(samples) if (n := g.site_norm())))
    found = norms.of(SIGN, HERE)
    assert found.name.split("; ")[0].endswith("T1 3 T Siemens, n = 6")
    assert found.segments[SEGMENT] == norms.of(SIGN, Protocol("T1", 3.0)).segments[SEGMENT]


@pytest.mark.parametrize("n", [FEWEST_PEOPLE, 15, 60])
def test_a_site_that_measures_higher_calls_few_normal_people_abnormal_once_calibrated(n: int):
    """On people that were not learnt from: the mean of ten sites, each shifted by two shipped SD."""
    before, after = [], []
    for seed in range(10):
        norms = used(people(n, shift=2, scale=0.6, seed=seed))
        others = people(100, shift=2, scale=0.6, seed=1000 + seed)
        before.append(false_positives(SHIPPED, others))
        after.append(false_positives(norms, others))
    assert np.mean(before) > 0.4
    assert np.mean(after) < 0.04


def test_a_site_that_measures_lower_does_not_lose_what_is_abnormal():
    """A change of three site SD in a site two shipped SD lower is seen after calibration, not before."""
    norms = used(people(30, shift=-2, scale=0.6))
    patients = people(100, shift=-2 + 3 * 0.6, scale=0.6, seed=5)
    assert false_positives(SHIPPED, patients) < 0.05
    assert false_positives(norms, patients) > 0.7


def test_a_site_like_the_shipped_norm_stays_calibrated():
    shares = [false_positives(used(people(20, seed=s)), people(100, seed=1000 + s)) for s in range(10)]
    assert 0.01 < np.mean(shares) < 0.045


@pytest.mark.parametrize("n", [FEWEST_FOR_OUTLIERS, 20])
def test_one_wrongly_marked_study_is_left_out_and_named(n: int):
    samples = people(n, scale=0.6)
    wrong = replace(samples[0], ratios={r: v + 0.3 for r, v in samples[0].ratios.items()})
    found, without = group([wrong, *samples[1:]]), group(samples[1:])
    assert wrong.study in found.segments[SEGMENT].outliers
    assert found.segments[SEGMENT].used.mean == pytest.approx(without.segments[SEGMENT].used.mean, abs=0.002)
    assert found.segments[SEGMENT].used.sd == pytest.approx(without.segments[SEGMENT].used.sd, rel=0.1)
    assert found.segments[SEGMENT].used.n == n - 1


def test_a_person_counts_once_with_the_last_study():
    samples = people(6)
    again = [
        replace(s, study=f"{s.study} again", taken="20260202", ratios=dict.fromkeys(s.ratios, 1.5))
        for s in samples
    ]
    found = group([*again, *samples])
    assert found.n == 6
    assert found.segments[SEGMENT].observed.mean == pytest.approx(1.5)


def test_left_and_right_are_two_measurements_of_one_person():
    """The SD is that of one side's value: between people, and between a person's sides."""
    left, right = Region(SEGMENT, Side.LEFT), Region(SEGMENT, Side.RIGHT)
    samples = [
        Sample(f"p{i}", f"s{i}", "1", SIGN, HERE, ALGORITHM, {left: 1 + own + one, right: 1 + own + other})
        for i, (own, one, other) in enumerate(
            np.random.default_rng(3).normal(scale=(0.02, 0.03, 0.03), size=(4000, 3))
        )
    ]
    observed = group(samples).segments[SEGMENT].observed
    assert observed.sd == pytest.approx(np.hypot(0.02, 0.03), rel=0.05)
    assert observed.n == pytest.approx(4000, rel=0.01)


def test_one_side_alone_counts_as_a_person():
    samples = [
        replace(s, ratios={r: v for r, v in s.ratios.items() if r.side is Side.LEFT}) for s in people(10)
    ]
    assert group(samples).segments[SEGMENT].used.n == 10


def test_equal_measurements_do_not_make_a_norm_of_no_width():
    samples = [replace(s, ratios=dict.fromkeys(s.ratios, 1.0)) for s in people(200)]
    assert group(samples).segments[SEGMENT].used.sd >= MEASUREMENT_ERROR


def test_another_algorithms_measurements_are_not_mixed():
    other = Algorithm(ALGORITHM.name, "2")
    samples = [*people(6), *(replace(s, algorithm=other) for s in people(6, seed=1, shift=3))]
    assert sorted(g.algorithm.version for g in calibrate(samples) if g.protocol == HERE) == ["1", "2"]


def test_a_sign_without_shipped_norms_is_passed_over(monkeypatch):
    monkeypatch.setattr("processors.norms.shipped.shipped_families", lambda _: {})
    assert calibrate(people(10)) == ()


class TestPooling:
    def test_few_people_on_a_scanner_use_what_others_of_its_field_show(self):
        samples = [*people(30, shift=2), *people(3, shift=2, seed=1, protocol=ELSEWHERE)]
        norms = Norms("1 of 2026-01-01", tuple(n for g in calibrate(samples) if (n := g.site_norm())))
        assert group(samples, ELSEWHERE).site_norm() is None
        found = norms.of(SIGN, ELSEWHERE)
        assert found.name == "site norm 1 of 2026-01-01, T1 3 T, n = 33"
        assert SHIPPED[SEGMENT].mean + SHIPPED[SEGMENT].sd < found.segments[SEGMENT].mean

    def test_an_unseen_scanner_has_a_wider_norm_than_one_that_was_measured(self):
        samples = people(60, shift=1)
        norms = Norms("1 of 2026-01-01", tuple(n for g in calibrate(samples) if (n := g.site_norm())))
        here, unseen = (norms.of(SIGN, p).segments[SEGMENT] for p in (HERE, Protocol("T1", 1.5, "Philips")))
        assert unseen.sd > here.sd
        assert unseen.mean == pytest.approx(here.mean, abs=0.3 * SHIPPED[SEGMENT].sd)

    def test_a_scanner_of_its_own_is_not_pulled_to_the_others(self):
        samples = [*people(40, shift=2), *people(40, shift=-2, seed=1, protocol=ELSEWHERE)]
        mine, theirs = used(samples)[SEGMENT], used(samples, ELSEWHERE)[SEGMENT]
        own = SHIPPED[SEGMENT]
        assert mine.mean == pytest.approx(own.mean + 2 * own.sd, abs=0.5 * own.sd)
        assert theirs.mean == pytest.approx(own.mean - 2 * own.sd, abs=0.5 * own.sd)

    def test_other_families_teach_nothing(self):
        alone = used(people(10, shift=2))
        family = Protocol("T1 gradient echo 3-D", 3.0, "Siemens")
        both = used([*people(10, shift=2), *people(30, shift=-2, seed=1, protocol=family)])
        assert both == alone


class TestNorms:
    NORM = group(people(10, shift=2)).site_norm()
    NORMS = Norms("3 of 2026-11-23", (NORM,))

    def test_the_sites_own_come_before_the_shipped(self):
        found = self.NORMS.of(SIGN, HERE)
        assert found.name == "site norm 3 of 2026-11-23, T1 3 T Siemens, n = 10"
        assert found.segments == dict(self.NORM.segments)

    def test_the_norm_says_which_people_stand_behind_the_other_regions(self):
        kept = dict(list(self.NORM.segments.items())[:1])
        found = Norms("3 of 2026-11-23", (replace(self.NORM, segments=kept),)).of(SIGN, HERE)
        shipped = default_norms().of(SIGN, HERE)
        assert found.name == f"{self.NORMS.of(SIGN, HERE).name}; other regions: {shipped.name}"
        assert found.segments == {**shipped.segments, **kept}

    def test_another_protocol_has_the_shipped(self):
        assert self.NORMS.of(SIGN, ELSEWHERE) == default_norms().of(SIGN, ELSEWHERE)

    def test_another_algorithm_has_the_shipped(self):
        other = Algorithm(ALGORITHM.name, "2")
        assert self.NORMS.of(SIGN, HERE, ALGORITHM).name.startswith("site norm")
        assert self.NORMS.of(SIGN, HERE, other) == default_norms().of(SIGN, HERE)

    def test_they_come_back_from_json_as_they_were(self):
        assert Norms.from_plain(json.loads(json.dumps(self.NORMS.plain()))) == self.NORMS
        assert Norms.from_plain(default_norms().plain()) == default_norms()
