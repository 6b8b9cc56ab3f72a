"""The precentral cortex's volume: how it is measured, and when it counts as reduced."""

from dataclasses import replace

import numpy as np
import pytest

from processors.acquisition import Acquisition, Contrast, Plane
from processors.brain.cortex.precentral_atrophy import (
    CORTEX_QUANTITIES,
    INTRACRANIAL_QUANTITIES,
    PRECENTRAL,
    decide,
    evaluate_precentral,
    obstacle,
)
from processors.brain.cortex.precentral_volume import CorticalVolumes, grey_share
from processors.findings import Confidence, Quantity, Reason, Side, Sign, State
from processors.norms import Norm, Norms, default_norms, protocol_of
from tests.processors.brain.scores import keys

from .drawn_cortex import alignment, registered, t1, tissues

NORMS = {"precentral": Norm(1.0, 0.1, 4), "cortex": Norm(0.12, 0.012, 4)}


def volumes(left, right, reached=1.0, clear=1.0, other=30.0, of_cortex=0.11):
    return {
        side: CorticalVolumes(ratio * 2.0, 2.0, of_cortex * other, other, 1400.0, reached, clear)
        for side, ratio in ((Side.LEFT, left), (Side.RIGHT, right))
    }


@pytest.mark.parametrize(
    ("left", "right", "state", "reason"),
    [
        (1.00, 0.98, State.ABSENT, []),
        (0.75, 0.77, State.PRESENT, []),
        (0.75, 1.04, State.INDETERMINATE, ["one-sided-loss"]),
        (1.04, 0.75, State.INDETERMINATE, ["one-sided-loss"]),
        (0.83, 0.81, State.INDETERMINATE, ["grey-zone"]),
    ],
)
def test_both_sides_must_be_smaller_than_the_norm(left, right, state, reason):
    decision = decide(volumes(left, right), NORMS)
    assert (decision.state, keys(decision)) == (state, reason)


def test_far_below_is_surer_than_at_the_limit():
    assert decide(volumes(0.79, 0.79), NORMS).confidence is Confidence.LOW
    assert decide(volumes(0.65, 0.65), NORMS).confidence is Confidence.MODERATE


def test_a_postcentral_bank_that_is_large_is_no_precentral_loss():
    """Beside all other cortex around it the precentral cortex is as large as usual."""
    decision = decide(volumes(0.7, 0.7, of_cortex=0.125), NORMS)
    assert (decision.state, keys(decision)) == (State.INDETERMINATE, ["grey-zone"])


def test_what_was_not_seen_or_has_no_norm_is_undecided():
    assert keys(decide(volumes(0.5, 0.5, reached=0.5), NORMS)) == ["low-coverage"]
    assert keys(decide(volumes(0.5, 0.5), {})) == ["no-norm"]
    assert keys(decide(volumes(0.5, 0.5), {"precentral": NORMS["precentral"]})) == ["no-norm"]
    assert keys(decide(volumes(0.5, 0.5, clear=0.3), NORMS)) == ["sulcus-unclear"]
    assert keys(decide(volumes(0.5, 0.5, other=0.6), NORMS)) == ["few-voxels"]


@pytest.mark.parametrize(("kind", "reason"), [("noise", "sulcus-unclear"), ("inverted", "few-voxels")])
def test_what_is_no_t1_of_a_head_is_undecided(kind, reason):
    shown = replace(t1(), contrast=Contrast.T1)
    noise = np.random.default_rng(0).rayleigh(50, shown.array.shape).astype(np.float32)
    array = noise if kind == "noise" else shown.array.max() - shown.array
    of_a_head = alignment(registered(), *tissues(shown))
    finding = evaluate_precentral(replace(shown, array=array), of_a_head, default_norms()).finding
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, [reason])


def test_a_voxel_is_grey_between_its_neighbours_signals():
    share = grey_share(np.array([0.2, 0.41, 0.6, 0.75, 1.0, 1.4]), white=1.0, grey=0.6, fluid=0.2)
    assert share == pytest.approx([0, 0.536, 1, 0.679, 0, 0], abs=0.01)


@pytest.mark.parametrize(
    ("how", "fits"),
    [
        ({"plane": Plane.THREE_D}, True),
        ({"plane": Plane.SAGITTAL, "acquisition": Acquisition(three_dimensional=True)}, True),
        ({"plane": Plane.AXIAL, "acquisition": Acquisition(three_dimensional=False)}, False),
    ],
)
def test_only_a_fine_volume_shows_cortex(how, fits):
    assert (obstacle(replace(t1(), **how)) is None) == fits
    coarse = t1().affine @ np.diag([1.4, 1.0, 1.0, 1.0])
    assert obstacle(replace(t1(), affine=coarse, **how)).key == "missing-series"


@pytest.fixture(scope="module")
def of_the_atlas():
    shown = replace(t1(), contrast=Contrast.T1)
    return shown, evaluate_precentral(shown, alignment(registered(), *tissues(shown)), default_norms())


def test_the_sides_of_a_symmetric_atlas_measure_alike(of_the_atlas):
    shown, found = of_the_atlas
    for quantity, low, high in (
        (Quantity.RATIO, 0.8, 1.4),
        (Quantity.CORTEX_RATIO, 0.08, 0.2),
        (Quantity.INTRACRANIAL_RATIO, 0.0025, 0.006),
    ):
        left, right = (r.value(quantity) for r in found.finding.regions)
        assert left == pytest.approx(right, rel=0.1)
        assert low < left < high
    assert [r.region.side for r in found.finding.regions] == [Side.LEFT, Side.RIGHT]
    assert "n = 6" in found.finding.norm
    at = found.region_map.indices @ shown.affine[:3, :3].T + shown.affine[:3, 3]
    for number, region in found.region_map.regions.items():
        x = at[found.region_map.labels == number, 0]
        assert np.all(x > 0) if region.side is Side.LEFT else np.all(x <= 0)


def test_worn_cortex_measures_less_on_its_side(of_the_atlas):
    shown, usual = of_the_atlas
    at = usual.region_map.indices[usual.region_map.labels == 1]
    array = shown.array.copy()
    array[tuple(at[::2].T)] = 0.3 * np.median(array[array > 20])
    worn = evaluate_precentral(
        replace(shown, array=array), alignment(registered(), *tissues(shown)), default_norms()
    )
    before, after = (
        {r.region.side: r.value(Quantity.GREY_MATTER_VOLUME) for r in one.finding.regions}
        for one in (usual, worn)
    )
    assert after[Side.LEFT] < 0.75 * before[Side.LEFT]
    assert after[Side.RIGHT] == pytest.approx(before[Side.RIGHT], rel=0.08)
    for quantity in (Quantity.Z_SCORE, Quantity.CORTEX_Z_SCORE, Quantity.INTRACRANIAL_Z_SCORE):
        left, right = (
            now.value(quantity) - then.value(quantity)
            for now, then in zip(worn.finding.regions, usual.finding.regions, strict=True)
        )
        assert left < -1
        assert abs(right) < 0.7


def test_every_comparison_has_its_norm_beside_it(of_the_atlas):
    _, found = of_the_atlas
    for region in found.finding.regions:
        for own, z_score, mean, sd in (
            (Quantity.RATIO, Quantity.Z_SCORE, Quantity.NORM_MEAN, Quantity.NORM_SD),
            CORTEX_QUANTITIES,
            INTRACRANIAL_QUANTITIES,
        ):
            expected = (region.value(own) - region.value(mean)) / region.value(sd)
            assert region.value(z_score) == pytest.approx(expected)


def test_what_is_not_aligned_is_undecided():
    shown = t1()
    problem = alignment(registered(), problem=Reason.of("registration-failed"))
    finding = evaluate_precentral(shown, problem, default_norms()).finding
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, ["registration-failed"])


def test_the_shipped_norm_is_a_number_of_people():
    shown = replace(t1(), contrast=Contrast.T1)
    norm = Norms().of(Sign.PRECENTRAL_ATROPHY, protocol_of(shown), PRECENTRAL)
    assert norm is not None
    assert {name: one.n for name, one in norm.segments.items()} == {
        "precentral": 6,
        "cortex": 6,
        "intracranial": 6,
    }
