"""The motor band on drawn cortex in the atlas' own space: what is measured, decided and handed over."""

from dataclasses import replace

import numpy as np
import pytest

from processors.acquisition import Acquisition, Contrast
from processors.brain.cortex.motor_band import evaluate_motor_band, is_magnitude, measurable
from processors.brain.cortex.motor_band_decision import age_share, decide_band
from processors.brain.cortex.motor_band_excess import Estimate, excess_of, spread_of
from processors.brain.cortex.motor_band_grading import (
    Band,
    SideBand,
    band_length,
    grade,
    grade_band,
    scale_of,
)
from processors.brain.cortex.motor_band_signal import RegionSignal, SideSignal, Stretch
from processors.brain.cortex.veins import BESIDE_MM, veins, veins_and_beside
from processors.brain.cortex.visual_cortex import VisualCortex
from processors.brain.cortex.voids import beside_voids
from processors.brain.patient_space import points_of
from processors.findings import (
    MOTOR_BAND_REGIONS,
    Confidence,
    Quantity,
    Reason,
    Region,
    Side,
    Sign,
    State,
    missing_series,
    regions_of,
)
from processors.volume import Volume
from tests.processors.brain.scores import keys

from .drawn_cortex import AFFINE, BOTH, USUAL, in_front, points, study

LEFT, RIGHT = Side.LEFT, Side.RIGHT
HEAD = Volume(np.pad(np.full((8, 56, 56), 100, np.float32), ((0, 0), (20, 20), (20, 20))), AFFINE, "1", ())


def band(bands=None, contrast=Contrast.SWI, **how):
    volumes, alignments = study(bands, contrast, **how)
    return evaluate_motor_band(contrast, volumes, alignments)


def darkness(finding, side):
    return [r.value(Quantity.DARKNESS) for r in finding.regions if r.region.side is side]


@pytest.fixture(scope="module")
def present():
    return band(BOTH)


@pytest.fixture(scope="module")
def normal():
    return band()


def test_even_cortex_is_absent_with_every_number(normal):
    finding = normal.finding
    assert (finding.state, keys(finding)) == (State.ABSENT, [])
    assert {r.region for r in finding.regions} == set(regions_of(Sign.MOTOR_BAND))
    assert all(abs(value) < 0.03 for side in Side for value in darkness(finding, side))
    for quantity in (
        Quantity.RATIO,
        Quantity.GRADE,
        Quantity.GRADE_SUM,
        Quantity.BAND_LENGTH,
        Quantity.VOXELS,
    ):
        assert all(r.value(quantity) is not None for r in finding.regions)


def test_dark_layers_of_both_sides_are_present(present):
    finding = present.finding
    assert (finding.state, finding.confidence) == (State.PRESENT, Confidence.MODERATE)
    for side in Side:
        assert np.median(darkness(finding, side)) == pytest.approx(0.14, abs=0.03)
    assert all(r.value(Quantity.BAND_LENGTH) > 60 for r in finding.regions)
    assert finding.regions[0].value(Quantity.GRADE_SUM) >= 10
    assert finding.series_uids == ("1.2.2",)


@pytest.mark.parametrize("side", Side)
def test_one_side_alone_is_asymmetric_and_dark_on_that_side(side):
    finding = band({side: 0.2}).finding
    assert finding.state is State.INDETERMINATE
    assert keys(finding)[0] == "asymmetric-band"
    other = next(s for s in Side if s is not side)
    assert min(darkness(finding, side)) > max(darkness(finding, other)) + 0.08


@pytest.mark.parametrize("longer", [1.0, 1.5])
def test_the_limits_beside_the_strips_are_those_that_graded(longer):
    acquisition = replace(USUAL, echo_time=longer * USUAL.echo_time)
    made = band(BOTH, acquisition=acquisition)
    limits = {strip.side: strip.limits for strip in made.strips}
    assert limits[LEFT] == limits[RIGHT] == pytest.approx((longer * 0.045, longer * 0.09))
    for region in made.finding.regions:
        above = sum(region.value(Quantity.DARKNESS) >= limit for limit in limits[region.region.side])
        assert region.value(Quantity.GRADE) == above


def test_labels_and_strips_lie_on_their_side(present):
    at = points_of(AFFINE, present.region_map.indices.astype(float))
    for number, region in present.region_map.regions.items():
        x = at[present.region_map.labels == number, 0]
        assert len(x) > 100
        assert np.all(x > 0) if region.side is LEFT else np.all(x < 0)
    assert len(np.unique(present.region_map.indices, axis=0)) == len(present.region_map.indices)
    assert [strip.side for strip in present.strips] == [LEFT, RIGHT]
    for strip in present.strips:
        assert strip.darkness.shape == (len(strip.position_mm), len(strip.depth_mm))
        assert len(strip.regions) == len(strip.position_mm)
        assert np.nanmedian(strip.darkness) > 0.1


def test_cortex_that_is_dark_everywhere_is_no_band():
    volumes, alignments = study()
    at = points()
    array = volumes[Contrast.SWI].array.copy()
    for side in Side:
        ahead, _ = in_front(side, at)
        array.reshape(-1)[(np.abs(ahead) > 0.5) & (np.abs(ahead) < 3.0)] *= 0.8
    volumes[Contrast.SWI] = replace(volumes[Contrast.SWI], array=array)
    finding = evaluate_motor_band(Contrast.SWI, volumes, alignments).finding
    assert finding.state is not State.PRESENT


def test_t2_star_alone_is_undecided(present):
    finding = band(BOTH, Contrast.T2_STAR).finding
    assert finding.state is State.INDETERMINATE
    assert keys(finding)[0] == "t2-star-alone"


@pytest.mark.parametrize(
    ("acquisition", "share", "state", "confidence", "reason"),
    [
        (replace(USUAL, patient_age=75.0), 0.3, State.INDETERMINATE, None, "age-iron"),
        (replace(USUAL, patient_age=None), 0.3, State.INDETERMINATE, None, "unknown-age"),
        (
            Acquisition(patient_age=45.0),
            0.2,
            State.PRESENT,
            Confidence.LOW,
            "unknown-susceptibility-weighting",
        ),
    ],
)
def test_an_unseen_visual_cortex_leaves_old_age_open_and_an_unknown_weighting_lowers_the_confidence(
    acquisition, share, state, confidence, reason
):
    finding = band(dict.fromkeys(Side, share), acquisition=acquisition).finding
    assert (finding.state, finding.confidence) == (state, confidence)
    assert reason in keys(finding)


def test_noise_forbids_a_decision():
    finding = band(BOTH, snr=5.0).finding
    assert (finding.state, keys(finding)[0]) == (State.INDETERMINATE, "low-snr")


def test_a_slab_that_misses_the_gyrus_is_undecided():
    volumes, alignments = study(BOTH)
    whole = volumes[Contrast.SWI]
    volumes[Contrast.SWI] = replace(whole, array=np.ascontiguousarray(whole.array[:28]))
    finding = evaluate_motor_band(Contrast.SWI, volumes, alignments).finding
    assert (finding.state, keys(finding)[0]) == (State.INDETERMINATE, "regions-outside")
    assert "(left, right)" in finding.reasons[0].sentence


def test_a_slab_that_holds_the_gyrus_is_enough(present):
    volumes, alignments = study(BOTH)
    whole = volumes[Contrast.SWI]
    affine = whole.affine.copy()
    affine[:3, 3] += 6 * affine[:3, 0]
    volumes[Contrast.SWI] = replace(whole, affine=affine, array=np.ascontiguousarray(whole.array[6:]))
    finding = evaluate_motor_band(Contrast.SWI, volumes, alignments).finding
    assert finding.state is present.finding.state


def test_without_another_series_the_sign_is_not_ruled_out():
    volumes, alignments = study()
    del volumes[Contrast.T1], alignments[Contrast.T1]
    finding = evaluate_motor_band(Contrast.SWI, volumes, alignments).finding
    assert finding.state is State.INDETERMINATE
    assert "sulcus-on-swi-alone" in keys(finding)


def test_what_is_not_aligned_is_undecided():
    volumes, alignments = study()
    problem = Reason.of("registration-failed")
    alignments[Contrast.SWI] = replace(alignments[Contrast.SWI], problem=problem)
    found = evaluate_motor_band(Contrast.SWI, volumes, alignments)
    assert (found.finding.state, keys(found.finding)) == (State.INDETERMINATE, ["registration-failed"])
    assert found.region_map is None


@pytest.mark.parametrize(
    ("acquisition", "key"),
    [
        (Acquisition(field_strength=3.0, echo_time=20.0), None),
        (Acquisition(field_strength=1.5, echo_time=40.0), None),
        (Acquisition(field_strength=1.5, echo_time=20.0), "weak-susceptibility-weighting"),
        (Acquisition(field_strength=0.5, echo_time=90.0), "weak-field"),
        (Acquisition(field_strength=0.5), "weak-field"),
        (Acquisition(), None),
    ],
)
def test_field_strength_and_echo_time_gate_the_sign(acquisition, key):
    found = measurable(replace(HEAD, acquisition=acquisition))
    assert (found.key if found else None) == key


def test_phase_is_no_magnitude():
    head = HEAD.array
    noise = np.random.default_rng(1).uniform(-1, 1, head.shape).astype(np.float32)
    assert is_magnitude(head + np.abs(noise))
    assert not is_magnitude(4096 * noise)
    assert not is_magnitude(2048 + 2000 * noise * (head == 0))


def test_a_study_without_swi_is_told_to_consider_it():
    assert [reason.key for reason in missing_series(Sign.MOTOR_BAND)] == ["missing-series", "swi-recommended"]


def asked(array):
    indices = np.indices(array.shape).reshape(3, -1).T
    return veins(array, (1.0, 1.0, 1.0), 100.0, indices).reshape(array.shape)


def test_a_tube_is_a_vein_and_a_sheet_is_not():
    array = np.full((30, 40, 40), 100.0, np.float32)
    array[:, 20:22, 10] = 60
    array[:, :, 30:32] = 75
    found = asked(array)
    assert found[5:25, 20:22, 10].mean() > 0.9
    assert found[:, :, 29:33].mean() < 0.05
    array[10:14, 5:9, 20:24] = 5
    assert asked(array)[10:14, 5:9, 20:24].all()


def test_what_borders_on_a_vein_is_left_out_with_it():
    array = np.full((20, 40, 40), 100.0, np.float32)
    array[:, 20, 20] = 40
    indices = np.indices(array.shape).reshape(3, -1).T
    asked_for = indices[indices[:, 2] != 20]
    own, beside = veins_and_beside(array, (1.0, 1.0, 1.0), 100.0, asked_for)
    away = np.hypot(*(asked_for[:, 1:] - 20.0).T)
    inner = (asked_for[:, 0] > 2) & (asked_for[:, 0] < 17)
    assert beside[inner & (away <= BESIDE_MM)].all()
    assert not beside[away > 5].any()
    assert not (own & ~beside).any()


def test_a_void_reaches_as_far_as_it_is_wide_and_a_vein_is_none():
    array = np.full((40, 40, 60), 100.0, np.float32)
    array[:, 19:21, 50] = 5
    at = np.indices(array.shape).reshape(3, -1).T
    assert not beside_voids(array, (1.0, 1.0, 1.0), 100.0, at).any()
    away = np.linalg.norm(at - [20, 20, 12], axis=1)
    array.reshape(-1)[away < 6] = 5
    found = beside_voids(array, (1.0, 1.0, 1.0), 100.0, at)
    assert found[away < 9].all()
    assert not found[away > 15].any()


def test_what_is_empty_outside_of_the_brain_is_no_void():
    array = np.full((40, 40, 60), 100.0, np.float32)
    array[:, :, 30:] = 0
    at = np.argwhere(np.indices(array.shape)[2] < 28)
    assert not beside_voids(array, (1.0, 1.0, 1.0), 100.0, at).any()


def test_a_short_gap_does_not_end_a_band():
    along = np.array([0, 0, 0.2, 0.2, 0, 0.2, 0.2, np.nan, np.nan, np.nan, 0.2])
    assert band_length(along, 0.1) == (10.0, 0.8)
    assert band_length(np.zeros(5), 0.1) == (0.0, 0.0)


def test_darkness_counts_by_the_weighting():
    assert [grade(value) for value in (0.04, 0.06, 0.12)] == [0, 1, 2]
    assert grade(0.12, scale_of(120.0)) == 1
    assert scale_of(None) == scale_of(60.0) == 1.0


def region_signal(name, side, darkness, volume=1000.0, error=0.01, **other):
    """A region as dark beside every comparison as beside the reference."""
    signal = RegionSignal(
        Region(name, side), darkness, error, darkness, darkness, 0.0, 400, 1.0, 1.0, 0.0, 0.0, volume
    )
    return replace(signal, **other)


def dark_band(**unknown):
    """A band on both sides, of which some comparisons are not known."""
    sides = {}
    for side in Side:
        signals = tuple(
            region_signal(name, side, 0.15, anterior_difference=0.1, postcentral_difference=0.1)
            for name in MOTOR_BAND_REGIONS
        )
        signals = tuple(replace(signal, **unknown) for signal in signals)
        weights = {s.region: 1 / 0.02**2 for s in signals}
        excess = excess_of(signals, 0.015, 1.0)
        sides[side] = SideBand({s.region: 2 for s in signals}, signals, weights, excess, 60.0, 1.0, 1.0)
    return Band(sides, 0.0, sides[LEFT].excess, False, ())


def places(*darkness, volume=1000.0):
    return tuple(Stretch(value, volume) for value in darkness)


EVEN = (places(0.01, 0.01, 0.01),) * 3
UNEVEN = (places(0.06, -0.06, 0.06),) * 3
SIZES = dict(zip(MOTOR_BAND_REGIONS, (700.0, 1000.0, 2600.0), strict=True))


def measured(left, right, others=EVEN, others_excluded=0.0, **how):
    """Both sides graded: darkness of the three regions of each."""
    strip, banks, nothing = None, None, np.zeros(0, bool)
    sides = {}
    for side, values in ((LEFT, left), (RIGHT, right)):
        signals = tuple(
            region_signal(name, side, value, **{"volume": SIZES[name], **how.get(f"{name}_{side}", {})})
            for name, value in zip(MOTOR_BAND_REGIONS, values, strict=True)
        )
        along = np.repeat(values, 10)
        sides[side] = SideSignal(signals, others, others_excluded, along, strip, banks, nothing, 30.0)
    return grade_band(sides, 1.0)


WEAK = (0.06, 0.06, 0.05)


def test_a_band_must_be_darker_than_other_cortex_of_the_person_differs():
    even = decide_band(measured(WEAK, WEAK), 45.0)
    uneven = decide_band(measured(WEAK, WEAK, others=UNEVEN), 45.0)
    assert even.state is State.PRESENT
    assert (uneven.state, keys(uneven)) == (State.INDETERMINATE, ["uneven-cortex"])


def test_a_stretch_that_was_chosen_must_be_surer_than_one_side():
    found = [
        measured((0.03, value, value), (0.03, value, value)) for value in np.arange(0.0455, 0.06, 0.0005)
    ]
    sure = [one.excess.value / one.excess.error for one in found]
    decided = [decide_band(one, 45.0) for one in found]
    between = [d for d, errors in zip(decided, sure, strict=True) if 2 <= errors < 2.25]
    assert between
    assert {(d.state, *keys(d)) for d in between} == {(State.INDETERMINATE, "uneven-cortex")}
    beyond = [d.state for d, errors in zip(decided, sure, strict=True) if errors >= 2.25]
    assert set(beyond) == {State.PRESENT}


@pytest.mark.parametrize(("share", "state"), [(0.09, State.PRESENT), (0.11, State.INDETERMINATE)])
def test_what_is_dark_beside_a_void_may_owe_it_to_its_field(share, state):
    void = {"lateral_right": {"beside_void": share, "excluded": share + 0.06}}
    decision = decide_band(measured((0.08,) * 3, (0.08,) * 3, **void), 45.0)
    assert decision.state is state
    assert ("void-beside-band" in keys(decision)) == (state is State.INDETERMINATE)
    even = decide_band(measured((0.01,) * 3, (0.01,) * 3, **void), 45.0)
    assert even.state is State.ABSENT


def test_the_spread_of_few_places_is_the_usual_one():
    assert spread_of([]) == spread_of([[(), ()]]) == pytest.approx(0.015)
    assert spread_of([], scale=2.0) == pytest.approx(0.03)
    assert spread_of([[places(*[0.1, -0.1] * 200)]]) == pytest.approx(0.1, rel=0.02)


def test_banks_that_differ_as_a_whole_are_even():
    assert spread_of([[places(*[0.04] * 3), places(*[-0.04] * 3)]] * 2) < 0.015
    assert spread_of([[places(0.04, -0.04, 0.04), places(-0.04, 0.04, -0.04)]] * 2) > 0.03


def test_what_is_uneven_in_small_places_says_less():
    small = spread_of([[places(*[0.1, -0.1] * 50, volume=250.0)]])
    assert small == pytest.approx(spread_of([[places(*[0.05, -0.05] * 50)]]))


def test_the_sides_are_compared_where_both_could_be_judged():
    strong, faint = (0.0, 0.14, 0.06), (0.07, 0.06, 0.01)
    whole = measured(strong, faint)
    part = measured(strong, faint, **{"medial_left": {"coverage": 0.5}})
    assert 0 < whole.asymmetry < part.asymmetry
    decision = decide_band(part, 45.0)
    assert (decision.state, keys(decision)[0]) == (State.INDETERMINATE, "asymmetric-band")


def test_one_side_beside_one_without_a_band_is_asymmetric():
    decision = decide_band(measured((0.09, 0.11, 0.09), (0.03, 0.04, 0.03)), 45.0)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["asymmetric-band"])


@pytest.mark.parametrize(("errors", "state"), [(1.6, State.INDETERMINATE), (1.7, State.PRESENT)])
def test_neither_side_may_be_as_dark_as_one_healthy_person_in_twenty(errors, state):
    band = measured(WEAK, WEAK)
    right = band.sides[RIGHT]
    weaker = replace(right, excess=Estimate(errors * right.excess.error, right.excess.error))
    decision = decide_band(replace(band, sides={**band.sides, RIGHT: weaker}), 45.0)
    assert decision.state is state
    assert keys(decision) == ([] if state is State.PRESENT else ["uneven-cortex"])


def test_a_small_region_that_is_dark_by_chance_makes_no_side_of_a_band():
    one, chance = (0.07, 0.08, 0.075), (0.08, 0.035, 0.045)
    noisy = {"medial_right": {"volume": 350.0, "error": 0.025}}
    decision = decide_band(measured(one, chance, **noisy), 45.0)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["asymmetric-band"])
    secure = {"medial_right": {"volume": 2600.0, "error": 0.004}}
    assert decide_band(measured(one, chance, **secure), 45.0).state is State.PRESENT


def test_a_region_counts_by_how_well_it_is_known():
    def excess(**how):
        signals = measured((0.1, 0.05, 0.05), WEAK, **{"medial_left": how}).sides[LEFT].judged
        return excess_of(signals, 0.015, 1.0)

    large, small, rough = excess(volume=3000.0), excess(volume=300.0), excess(volume=3000.0, error=0.05)
    assert large.value > max(small.value, rough.value) + 0.01
    assert large.value / large.error > max(small.value / small.error, rough.value / rough.error) + 1


def test_a_band_may_spare_an_end_but_not_the_middle():
    ends = measured((0.02, 0.09, 0.09), (0.09, 0.09, 0.02))
    hand = measured((0.02, 0.09, 0.02), (0.02, 0.09, 0.02))
    split = measured((0.09, 0.0, 0.09), (0.09, 0.0, 0.09))
    for spared in (ends, hand):
        assert min(side.excess.value for side in spared.sides.values()) > 0.06
    assert max(side.excess.value for side in split.sides.values()) < 0.055


def test_what_cannot_be_a_band_is_absent_and_what_can_is_open():
    nearly = decide_band(measured((0.05, 0.04, 0.03), (0.046, 0.04, 0.03)), 45.0)
    assert (nearly.state, keys(nearly)) == (State.INDETERMINATE, ["grey-zone"])
    far = measured((0.046, 0.01, 0.04), (0.046, 0.01, 0.04))
    assert far.total == 2
    assert decide_band(far, 45.0).state is State.ABSENT


def test_cortex_among_blood_is_not_judged():
    decision = decide_band(measured((0.2,) * 3, (0.2,) * 3, others_excluded=0.4), 45.0)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["veins-in-band"])


def test_dark_cortex_that_cannot_be_compared_is_not_absent():
    assert decide_band(dark_band(), 45.0).state is State.PRESENT
    for what in ("anterior_difference", "postcentral_difference"):
        decision = decide_band(dark_band(**{what: None}), 45.0)
        assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["sulcus-unclear"])
        assert decide_band(dark_band(**{what: 0.0}), 45.0).state is State.ABSENT


SPARED_VISUAL, AGED_VISUAL = VisualCortex(0.03, 0.01), VisualCortex(0.12, 0.01)


@pytest.mark.parametrize("age", [65.0, None])
def test_iron_of_age_lies_in_the_visual_and_the_postcentral_cortex_too(age):
    key = "unknown-age" if age is None else "age-iron"
    spared = decide_band(dark_band(postcentral_darkness=0.02), age, SPARED_VISUAL)
    assert spared.state is State.PRESENT
    for band, visual in (
        (dark_band(postcentral_darkness=0.02), AGED_VISUAL),
        (dark_band(postcentral_darkness=0.09), VisualCortex(0.06, 0.01)),
        (dark_band(postcentral_darkness=None), SPARED_VISUAL),
        (dark_band(postcentral_darkness=0.02), VisualCortex(0.03, 0.09)),
        (dark_band(postcentral_darkness=0.02), None),
    ):
        decision = decide_band(band, age, visual)
        assert (decision.state, keys(decision)) == (State.INDETERMINATE, [key])


def test_the_aged_stay_of_low_confidence():
    decision = decide_band(dark_band(postcentral_darkness=0.02), 75.0, SPARED_VISUAL)
    assert (decision.state, decision.confidence, keys(decision)) == (
        State.PRESENT,
        Confidence.LOW,
        ["age-iron"],
    )


def test_what_darkens_with_the_weighting_is_no_age():
    twice = {s: replace(side, scale=2.0) for s, side in dark_band(darkness=0.3).sides.items()}
    share, error = age_share(Band(twice, 0.0, Estimate(0.2, 0.02), False, ()), VisualCortex(0.05, 0.02))
    assert share == pytest.approx((0.05 - 0.09) / (1.3 * 0.26))
    assert error == pytest.approx(np.hypot(0.02, 0.02) / (1.3 * 0.26))


def test_every_region_of_the_sign_is_reported_once(present):
    regions = [r.region for r in present.finding.regions]
    assert regions == list(regions_of(Sign.MOTOR_BAND))
    assert Region("medial", LEFT) in regions
