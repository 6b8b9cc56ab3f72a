"""From a measurement to scores, numbers and profiles; and which measurements may be judged."""

from dataclasses import replace

import numpy as np
import pytest

from processors.acquisition import Contrast
from processors.brain.tract.gates import segment_fault, series_faults
from processors.brain.tract.measurement import NodeSignals, SegmentSignal, TractMeasurement
from processors.brain.tract.series import decide_series, profiles, read_series, region_measurements
from processors.findings import TRACT_SEGMENTS, Confidence, Quantity, Reason, Region, Side, Sign, State
from processors.norms import default_norms
from processors.volume import Volume
from tests.processors.brain.drawn import site_norms
from tests.processors.brain.scores import keys

NORMS = site_norms()
VOLUME = Volume(np.zeros((3, 3, 3), np.float32), np.eye(4), "1.2.3", (), contrast=Contrast.FLAIR)
SOUND = SegmentSignal(Region("pons", Side.LEFT), 1.0, 1.0, 0.01, 60, 1.0, 0.0)
LOWEST_FIRST = tuple(reversed(TRACT_SEGMENTS))


def measurement(value=1.0, snr=40.0, spread=0.05, **changes):
    """A tract of one ratio everywhere; ``changes`` are of the segment ``pons``, left."""
    segments = [
        SegmentSignal(Region(name, side), value, value, 0.01, 60, 1.0, 0.0)
        for name in TRACT_SEGMENTS
        for side in Side
    ]
    segments = [replace(s, **changes) if s.region == SOUND.region else s for s in segments]
    names = tuple(name for name in LOWEST_FIRST for _ in range(8))
    nodes = tuple(NodeSignals(side, tuple(3.0 * i for i in range(40)), names, (value,) * 40) for side in Side)
    splenium = SegmentSignal(Region("splenium"), 1.02, 1.02, 0.01, 100, 1.0)
    nowhere = np.zeros((0, 3), np.intp)
    return TractMeasurement(tuple(segments), splenium, nodes, nowhere, np.zeros(0, np.uint8), snr, spread)


@pytest.fixture
def read():
    """Read a series of which this is the measurement."""

    def read(found, sign=Sign.CST_FLAIR, contrast=Contrast.FLAIR, norms=NORMS):
        return read_series(sign, contrast, replace(VOLUME, contrast=contrast), found, norms)

    return read


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, None),
        ({"coverage": 0.79}, "low-coverage"),
        ({"coverage": 0.8}, None),
        ({"voxels": 19}, "few-voxels"),
        ({"voxels": 20}, None),
        ({"ratio": None}, "few-voxels"),
        ({"ratio": float("nan")}, "few-voxels"),
        ({"ratio_uncorrected": float("inf")}, "few-voxels"),
        ({"ratio": -1.0}, "few-voxels"),
        ({"lesion_share": 0.11}, "lesion-overlap"),
        ({"lesion_share": 0.1}, None),
    ],
)
def test_gates_of_a_segment(changes, key):
    fault = segment_fault(replace(SOUND, **changes), Contrast.FLAIR)
    assert (fault and fault.key) == key


def test_restricted_diffusion_is_not_left_out_as_a_lesion():
    assert segment_fault(replace(SOUND, lesion_share=0.9), Contrast.ADC) is None


@pytest.mark.parametrize(
    ("contrast", "snr", "spread", "reasons"),
    [
        (Contrast.T1, 15.0, 0.12, []),
        (Contrast.T1, 14.9, 0.12, ["low-snr"]),
        (Contrast.T1, 15.0, 0.13, ["reference-spread"]),
        (Contrast.T1, float("nan"), float("inf"), ["low-snr", "reference-spread"]),
        (Contrast.T2, 15.0, 0.19, []),
        (Contrast.ADC, 6.0, 0.24, []),
    ],
)
def test_gates_of_a_series(contrast, snr, spread, reasons):
    faults = series_faults(measurement(snr=snr, spread=spread), contrast)
    assert [fault.key for fault in faults] == reasons


def test_every_segment_gets_its_score(read):
    series = read(measurement(1.08))
    assert len(series.scores) == 10
    assert all(score.z == pytest.approx(2.0) for score in series.scores.values())
    assert not series.limits


def test_a_segment_with_a_lesion_is_left_out_and_said(read):
    series = read(measurement(lesion_share=0.5))
    assert SOUND.region not in series.scores
    assert [reason.key for reason in series.limits] == ["lesion-overlap"]
    decision = decide_series(Sign.CST_FLAIR, series)
    assert (decision.state, keys(decision)) == (State.ABSENT, ["lesion-overlap"])


def test_the_length_of_the_profile_decides_on_flair(read):
    assert decide_series(Sign.CST_FLAIR, read(measurement(1.3))).confidence is Confidence.MODERATE
    short = measurement(1.3)
    dim = tuple(
        replace(line, ratio=tuple(1.3 if i >= 26 else 1.0 for i in range(40))) for line in short.nodes
    )
    decision = decide_series(Sign.CST_FLAIR, read(replace(short, nodes=dim)))
    assert (decision.state, keys(decision)) == (State.ABSENT, ["short-extent"])


@pytest.mark.parametrize(("capsule", "state"), [(1.12, State.PRESENT), (1.0, State.ABSENT)])
def test_a_capsule_as_bright_as_in_health_belongs_to_the_length_of_a_bright_run(read, capsule, state):
    """As it did where the length that is normal was measured."""
    whole = measurement(1.3)
    ratio = (1.0,) * 16 + (capsule,) * 8 + (1.3,) * 16
    nodes = tuple(replace(line, ratio=ratio) for line in whole.nodes)
    assert (
        decide_series(Sign.CST_FLAIR, read(replace(whole, nodes=nodes), norms=default_norms())).state is state
    )


def test_a_ratio_that_hangs_on_the_correction_of_shading_lowers_confidence(read):
    decision = decide_series(Sign.CST_FLAIR, read(measurement(1.4, ratio_uncorrected=1.35)))
    assert (decision.confidence, keys(decision)) == (Confidence.LOW, ["bias-sensitive"])


def test_what_is_absent_does_not_hang_on_it(read):
    decision = decide_series(Sign.CST_FLAIR, read(measurement(1.0, ratio_uncorrected=1.05)))
    assert (decision.state, keys(decision)) == (State.ABSENT, [])


def test_what_did_not_align_is_not_measured():
    problem = Reason.of("registration-failed")
    series = read_series(Sign.CST_FLAIR, Contrast.FLAIR, VOLUME, problem, NORMS)
    assert keys(decide_series(Sign.CST_FLAIR, series)) == ["registration-failed"]
    assert not region_measurements(series)
    assert not profiles(series)


def test_all_numbers_behind_a_decision_are_given(read):
    (left, *_) = region_measurements(read(measurement(1.08)))
    assert {m.quantity: m.value for m in left.measurements} == pytest.approx(
        {
            Quantity.RATIO: 1.08,
            Quantity.RATIO_UNCORRECTED: 1.08,
            Quantity.Z_SCORE: 2.0,
            Quantity.NORM_MEAN: 1.0,
            Quantity.NORM_SD: 0.04,
            Quantity.NORM_N: 20,
            Quantity.VOXELS: 60,
            Quantity.COVERAGE: 100,
            Quantity.LESION_SHARE: 0,
        }
    )


def test_numbers_of_a_segment_that_may_not_be_judged_are_given_too(read):
    regions = {r.region for r in region_measurements(read(measurement(voxels=5)))}
    assert SOUND.region in regions
    regions = {r.region for r in region_measurements(read(measurement(ratio=None)))}
    assert SOUND.region not in regions


def test_the_splenium_is_described_where_asked_for(read):
    series = read(measurement(), Sign.CST_T1_MTC, Contrast.T1_MTC)
    (splenium,) = (r for r in region_measurements(series, splenium=True) if r.region.side is None)
    assert splenium.value(Quantity.RATIO) == 1.02
    assert not any(r.region.side is None for r in region_measurements(series))


def test_profiles_carry_the_norm_of_each_node(read):
    left, right = profiles(read(measurement(1.1)))
    assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
    assert left.segments[0] == "pons"
    assert left.segments[-1] == "subcortical"
    assert set(left.norm_mean) == {1.0}
    assert set(left.ratio) == {1.1}
