"""Restricted diffusion along the tract."""

import numpy as np
import pytest

from processors.acquisition import Acquisition
from processors.brain.tract.diffusion import (
    Brightness,
    bright_cluster_ml,
    brightness,
    brightness_of_restriction,
    decide_adc,
    decide_dwi,
    restricted_regions,
    suitable,
)
from processors.brain.tract.limits import BRIGHT_ON_DIFFUSION, MIN_CLUSTER_ML
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE, SegmentSignal, TractMeasurement
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, Side, State
from processors.volume import Volume
from tests.processors.brain.scores import keys, scores

NORMAL = [0.0] * 5
LOW_IN_CAPSULE = [0.0, 0.0, -4.0, 0.0, 0.0]
CUT = (Reason.of("low-coverage", percent=80),)
CAPSULE = Region("internal_capsule", Side.LEFT)


UNUSUAL, BRIGHT, FAINT = Brightness(0.5, 0.7), Brightness(0.05, 0.5), Brightness(0.0, 0.05)


@pytest.mark.parametrize(
    ("weighted", "proposed", "state", "confidence", "reasons"),
    [
        (UNUSUAL, False, State.PRESENT, Confidence.MODERATE, []),
        (UNUSUAL, True, State.PRESENT, Confidence.LOW, ["proposed-norm"]),
        (None, False, State.INDETERMINATE, None, ["adc-alone"]),
        (BRIGHT, False, State.INDETERMINATE, None, ["usual-brightness"]),
        (FAINT, False, State.INDETERMINATE, None, ["unconfirmed-restriction"]),
    ],
)
@pytest.mark.parametrize("sides", [(LOW_IN_CAPSULE, NORMAL), (NORMAL, LOW_IN_CAPSULE), (LOW_IN_CAPSULE,) * 2])
def test_a_low_coefficient_on_any_side(sides, weighted, proposed, state, confidence, reasons):
    decision = decide_adc(scores(*sides), weighted, proposed=proposed)
    assert (decision.state, decision.confidence, keys(decision)) == (state, confidence, reasons)


def test_dark_weighted_images_are_no_proof_of_two_segments_and_usually_bright_ones_a_weak_one():
    two = scores([0.0, -4.0, -4.0, 0.0, 0.0], NORMAL)
    assert decide_adc(two, FAINT).state is State.INDETERMINATE
    weak = decide_adc(two, BRIGHT)
    assert (weak.state, weak.confidence, keys(weak)) == (State.PRESENT, Confidence.LOW, ["usual-brightness"])


@pytest.mark.parametrize("proposed", [False, True])
def test_without_weighted_images_two_adjacent_segments_of_a_side_are_asked_for(proposed):
    supposed = ["proposed-norm"] if proposed else []
    adjacent = decide_adc(scores([0.0, -4.0, -4.0, 0.0, 0.0], NORMAL), None, proposed=proposed)
    assert (adjacent.state, adjacent.confidence) == (State.PRESENT, Confidence.LOW)
    assert keys(adjacent) == ["adc-alone", *supposed]
    for sides in (([-4.0, 0.0, -4.0, 0.0, 0.0], NORMAL), (LOW_IN_CAPSULE, [0.0, -4.0, 0.0, 0.0, 0.0])):
        apart = decide_adc(scores(*sides), None, proposed=proposed)
        assert (apart.state, keys(apart)) == (State.INDETERMINATE, ["adc-alone", *supposed])


@pytest.mark.parametrize("weighted", [None, FAINT, UNUSUAL])
def test_a_normal_coefficient_is_absent_however_bright_the_weighted_images(weighted):
    assert decide_adc(scores(NORMAL, NORMAL), weighted).state is State.ABSENT


def test_too_few_segments_are_no_absence():
    seen = [0.0, 0.0, None, None, None]
    decision = decide_adc(scores(seen, NORMAL), None, CUT)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["low-coverage"])
    assert decide_adc(scores([0.0, 0.0, 0.0, None, None], NORMAL), None, CUT).state is State.ABSENT


ALL = [Region(name, side) for name in TRACT_SEGMENTS for side in Side]


@pytest.mark.parametrize(
    ("sound", "cluster_ml", "state", "reasons"),
    [
        (ALL, 0.2, State.INDETERMINATE, ["t2-shine-through"]),
        (ALL, 0.05, State.ABSENT, []),
        (ALL[:5], 0.0, State.INDETERMINATE, ["few-voxels"]),
        (ALL, None, State.INDETERMINATE, ["few-voxels"]),
    ],
)
def test_weighted_images_alone_never_show_it(sound, cluster_ml, state, reasons):
    decision = decide_dwi(sound, cluster_ml)
    assert (decision.state, keys(decision)) == (state, reasons)


def test_the_limit_is_a_share_of_what_is_normal():
    found = restricted_regions(scores([0.0, 0.0, -3.1, -2.9, 0.0], NORMAL))
    assert found == {CAPSULE}


def weighted(b_value=1000.0):
    array = np.full((12, 20, 20), 100, np.float32)
    affine = np.diag([4.0, 2.0, 2.0, 1.0])[:, [2, 1, 0, 3]]
    return Volume(array, affine, "1.2.3", (), acquisition=Acquisition(b_value=b_value))


@pytest.mark.parametrize(
    ("b_value", "fits"), [(None, False), (0, False), (500, False), (800, True), (1000, True)]
)
def test_only_strong_weighting_serves(b_value, fits):
    assert suitable(weighted(b_value)) is fits


@pytest.mark.parametrize(
    ("b_value", "times"), [(800, 1.094), (1000, 1.119), (2000, 1.252), (3000, BRIGHT_ON_DIFFUSION)]
)
def test_what_confirms_is_what_a_coefficient_at_the_limit_makes_bright(b_value, times):
    assert brightness_of_restriction(b_value) == pytest.approx(times, abs=1e-3)


NUMBER = {region: number for number, region in LABELS}
PONS = Region("pons", Side.LEFT)
INSIDE = np.argwhere(np.ones((6, 10, 10)))
LIMIT = brightness_of_restriction(1000)
VOXEL_ML = 0.016
BLOCK = [(s, r, c) for s in (2, 3, 4) for r in range(3, 8) for c in range(3, 8)]


def of_tract(labels, snr=100.0, shade=1.0):
    segment = SegmentSignal(CAPSULE, 1.0, shade**0.5, 0.01, 100, 1.0)
    return TractMeasurement((segment,), segment, (), INSIDE[: len(labels)], labels, snr, 0.05)


def cluster_of(bright=(), usual=1.0, searched=CAPSULE, lesion=(), signal=1.5, noise=0.0, shade=1.0, seed=1):
    """Of 6 x 10 x 10 voxels: the first slice is reference, the others are capsule, or lesion."""
    volume = weighted()
    labels = np.where(INSIDE[:, 0] == 0, NUMBER[REFERENCE], NUMBER[CAPSULE]).astype(np.uint8)
    volume.array[1:] *= shade
    for place in bright:
        volume.array[place] *= signal
    for place in lesion:
        labels[(place == INSIDE).all(axis=1)] = NUMBER[LESION]
    volume.array[:] += np.random.default_rng(seed).normal(0, 100 * noise, volume.array.shape)
    found = of_tract(labels, 1 / max(noise, 0.01), shade)
    return bright_cluster_ml(volume, found, {searched: usual}, LIMIT)


def test_a_block_of_voxels_is_measured_in_millilitres():
    assert cluster_of() == 0
    assert cluster_of(BLOCK) == pytest.approx(len(BLOCK) * VOXEL_ML, rel=0.4)
    assert cluster_of([*BLOCK, (5, 9, 9)]) == cluster_of(BLOCK)


def test_a_single_voxel_is_no_cluster_however_bright():
    assert cluster_of([(2, 3, 3)], signal=9.0) == 0


@pytest.mark.parametrize("noise", [1 / 15, 1 / 8, 1 / 5])
def test_noise_confirms_nothing_and_hides_no_whole_segment(noise):
    quiet = [cluster_of(noise=noise, seed=seed) for seed in range(8)]
    everywhere = [tuple(place) for place in INSIDE if place[0]]
    loud = [cluster_of(everywhere, signal=1.25, noise=noise, seed=seed) for seed in range(8)]
    assert max(quiet) < MIN_CLUSTER_ML <= min(loud)


def test_what_is_usually_bright_is_not_counted():
    assert cluster_of(BLOCK, usual=1.4) == 0


@pytest.mark.parametrize("shade", [0.8, 1.3])
def test_shading_is_neither_brightness_nor_does_it_hide_any(shade):
    assert cluster_of(shade=shade) == 0
    assert cluster_of(BLOCK, shade=shade) == pytest.approx(cluster_of(BLOCK))


def test_other_regions_are_not_searched():
    assert cluster_of(BLOCK, searched=PONS) == 0


def test_what_was_taken_for_a_lesion_counts_beside_the_region_alone():
    assert cluster_of(BLOCK, lesion=BLOCK) == pytest.approx(cluster_of(BLOCK))
    assert cluster_of(BLOCK, lesion=BLOCK, searched=PONS) == 0


def test_brightness_beyond_the_usual_is_told_from_brightness_beside_white_matter():
    volume = weighted()
    volume.array[1:] = 125
    labels = np.where(INSIDE[:, 0] == 0, NUMBER[REFERENCE], NUMBER[CAPSULE]).astype(np.uint8)
    found = brightness(volume, of_tract(labels), {CAPSULE: 1.15})
    assert found == Brightness(0.0, pytest.approx(500 * VOXEL_ML))


def test_without_a_reference_or_a_b_value_nothing_is_measured():
    labels = np.full(18, NUMBER[CAPSULE], np.uint8)
    assert bright_cluster_ml(weighted(), of_tract(labels), {CAPSULE: 1.0}, LIMIT) is None
    assert bright_cluster_ml(weighted(), of_tract(labels[:0]), {CAPSULE: 1.0}, LIMIT) is None
    assert brightness(weighted(), of_tract(labels), {CAPSULE: 1.0}) is None
    assert brightness(weighted(None), of_tract(labels), {CAPSULE: 1.0}) is None
