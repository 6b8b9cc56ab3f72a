"""Restricted diffusion along the tract."""

import numpy as np
import pytest

from processors.acquisition import Acquisition
from processors.brain.tract.diffusion import (
    bright_cluster_ml,
    decide_adc,
    decide_dwi,
    restricted_regions,
    suitable,
)
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, Side, State
from processors.volume import Volume
from tests.processors.brain.scores import keys, scores

NORMAL = [0.0] * 5
LOW_IN_CAPSULE = [0.0, 0.0, -4.0, 0.0, 0.0]
CUT = (Reason.of("low-coverage", percent=80),)
CAPSULE = Region("internal_capsule", Side.LEFT)


@pytest.mark.parametrize(
    ("cluster_ml", "proposed", "state", "confidence", "reasons"),
    [
        (0.5, False, State.PRESENT, Confidence.MODERATE, []),
        (0.5, True, State.PRESENT, Confidence.LOW, ["proposed-norm"]),
        (None, False, State.INDETERMINATE, None, ["adc-alone"]),
        (0.05, False, State.INDETERMINATE, None, ["unconfirmed-restriction"]),
    ],
)
@pytest.mark.parametrize("sides", [(LOW_IN_CAPSULE, NORMAL), (NORMAL, LOW_IN_CAPSULE), (LOW_IN_CAPSULE,) * 2])
def test_a_low_coefficient_on_any_side(sides, cluster_ml, proposed, state, confidence, reasons):
    decision = decide_adc(scores(*sides), cluster_ml, proposed=proposed)
    assert (decision.state, decision.confidence, keys(decision)) == (state, confidence, reasons)


@pytest.mark.parametrize("proposed", [False, True])
def test_without_weighted_images_two_adjacent_segments_of_a_side_are_asked_for(proposed):
    supposed = ["proposed-norm"] if proposed else []
    adjacent = decide_adc(scores([0.0, -4.0, -4.0, 0.0, 0.0], NORMAL), None, proposed=proposed)
    assert (adjacent.state, adjacent.confidence) == (State.PRESENT, Confidence.LOW)
    assert keys(adjacent) == ["adc-alone", *supposed]
    for sides in (([-4.0, 0.0, -4.0, 0.0, 0.0], NORMAL), (LOW_IN_CAPSULE, [0.0, -4.0, 0.0, 0.0, 0.0])):
        apart = decide_adc(scores(*sides), None, proposed=proposed)
        assert (apart.state, keys(apart)) == (State.INDETERMINATE, ["adc-alone", *supposed])


@pytest.mark.parametrize("cluster_ml", [None, 0.0, 5.0])
def test_a_normal_coefficient_is_absent_however_bright_the_weighted_images(cluster_ml):
    assert decide_adc(scores(NORMAL, NORMAL), cluster_ml).state is State.ABSENT


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


NUMBER = {region: number for number, region in LABELS}
PONS = Region("pons", Side.LEFT)


def cluster_of(bright, usual=1.0, searched=CAPSULE, lesion=()):
    """Of 6 x 10 x 10 voxels: the first slice is reference, the others are capsule, or lesion."""
    volume = weighted()
    indices = np.argwhere(np.ones((6, 10, 10)))
    labels = np.where(indices[:, 0] == 0, NUMBER[REFERENCE], NUMBER[CAPSULE]).astype(np.uint8)
    for place in bright:
        volume.array[place] = 150
    for place in lesion:
        labels[(indices == place).all(axis=1)] = NUMBER[LESION]
    return bright_cluster_ml(volume, indices, labels, {searched: usual})


def test_the_largest_connected_group_is_measured_in_millilitres():
    assert cluster_of([]) == 0
    assert cluster_of([(2, 3, 3)]) == pytest.approx(0.016)
    assert cluster_of([(2, 3, 3), (3, 4, 4), (5, 9, 9)]) == pytest.approx(0.032)


def test_what_is_usually_bright_is_not_counted():
    assert cluster_of([(2, 3, 3)], usual=1.2) == 0


def test_other_regions_are_not_searched():
    assert cluster_of([(2, 3, 3)], searched=PONS) == 0


def test_what_was_taken_for_a_lesion_counts_beside_the_region_alone():
    place = [(2, 3, 3)]
    assert cluster_of(place, lesion=place) == pytest.approx(0.016)
    assert cluster_of(place, lesion=place, searched=PONS) == 0


def test_without_a_reference_nothing_is_measured():
    indices = np.argwhere(np.ones((2, 3, 3)))
    labels = np.full(len(indices), NUMBER[CAPSULE], np.uint8)
    assert bright_cluster_ml(weighted(), indices, labels, {CAPSULE: 1.0}) is None
    assert bright_cluster_ml(weighted(), indices[:0], labels[:0], {CAPSULE: 1.0}) is None
