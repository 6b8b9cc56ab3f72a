"""The benchmark of signs in real heads: what it puts in, and what it is compared with."""

import nibabel as nib
import numpy as np
import pytest

from benchmarks.brain.agreement import SEGMENT_LABELS, dice, segment_agreement, tract_labels
from benchmarks.injection import inject
from benchmarks.injection.cases import CORE, Case
from benchmarks.injection.geometry import Tract, capsule_only, centreline, weights
from benchmarks.injection.left_out import norms_without
from benchmarks.injection.mni_map import MniMap
from benchmarks.injection.outcome import Outcome
from benchmarks.injection.report import laterality_errors
from benchmarks.real_data import read_nifti
from phantoms.severity import Severity
from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.patient_space import points_of
from processors.findings import TRACT_SEGMENTS, Side, Sign, State
from processors.norms import default_norms, protocol_of
from processors.volume import Volume

LOW, HIGH = np.array([-46.0, -46.0, -54.0]), np.array([46.0, 18.0, 70.0])


def mni_grid(step=2.0):
    axes = [np.arange(a, b, step) for a, b in zip(LOW[::-1], HIGH[::-1], strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return np.stack([x, y, z], axis=-1).astype(np.float32)


def series(ras, signal=100.0):
    array = np.full(ras.shape[:3], signal, np.float32)
    affine = np.array([[0, 0, -2.0, 46], [0, -2.0, 0, 46], [2.0, 0, 0, -54], [0, 0, 0, 1]])
    return Volume(array, affine, "1.2.3", (), contrast=Contrast.T1)


def prepared(person="someone"):
    ras = mni_grid()
    at = MniMap((0, 0, 0), ras)
    volume = series(ras)
    found = weights(Tract.TUBE, ras, person)
    return inject.Prepared(volume, at, {s: inject.in_tissue(volume, at, w) for s, w in found.items()})


def outcome(person, ratios, case="untouched", reasons=(), lesions=None):
    return Outcome(
        person,
        person,
        "T1",
        case,
        False,
        0.0,
        State.ABSENT,
        None,
        reasons,
        "",
        ratios,
        dict.fromkeys(ratios, 0.0),
        lesions or {},
    )


def even(value):
    return {f"{name}/{side}": value for name in TRACT_SEGMENTS for side in Side}


def test_the_tube_of_the_left_lies_at_negative_x_of_mni():
    ras = mni_grid()
    found = weights(Tract.TUBE, ras, "someone")
    assert ras[found[Side.LEFT] > 0.5][:, 0].max() < 0 < ras[found[Side.RIGHT] > 0.5][:, 0].min()


def test_a_person_always_has_the_same_tract_and_nobody_elses():
    one, radius = centreline(Side.LEFT, "one")
    assert np.array_equal(one, centreline(Side.LEFT, "one")[0])
    assert radius != centreline(Side.LEFT, "another")[1]


def test_only_the_side_that_is_asked_for_becomes_brighter_by_the_share():
    ready = prepared()
    after = inject.brighten(ready, {Side.LEFT: 0.2}, ready.weight).array / ready.volume.array
    core = ready.weight[Side.LEFT] > 0.99
    assert after[core] == pytest.approx(1.2, abs=0.003)
    assert after[ready.weight[Side.LEFT] == 0].max() == 1


def test_what_is_not_white_matter_stays_as_it_is():
    ras = mni_grid()
    volume = series(ras)
    at = MniMap((0, 0, 0), ras)
    whole = weights(Tract.TUBE, ras, "someone")[Side.LEFT]
    fluid = (whole > 0.9) & (np.random.default_rng(0).random(whole.shape) < 0.2)
    volume.array[fluid] = 30
    assert inject.in_tissue(volume, at, whole)[fluid].max() == 0


def test_the_capsule_alone_ends_at_its_borders():
    ready = prepared()
    part = capsule_only(ready.weight[Side.LEFT], ready.at.ras)
    heights = ready.at.ras[part > 0.01][:, 2]
    assert -2 <= heights.min() < heights.max() <= 20


def test_thick_slices_stay_in_place():
    ready = prepared()
    thick = inject.thick(ready.volume)
    middles = [points_of(v.affine, (np.array([v.array.shape]) - 1) / 2) for v in (ready.volume, thick)]
    assert thick.spacing[0] == pytest.approx(6)
    assert np.abs(middles[0] - middles[1]).max() <= 3


def test_turning_moves_no_voxel_nearer_to_another():
    ready = prepared()
    turned = inject.rotated(ready.volume, np.zeros(3))
    assert turned.spacing == pytest.approx(ready.volume.spacing)
    cosine = np.dot(turned.affine[:3, 0], ready.volume.affine[:3, 0]) / 4
    assert np.degrees(np.arccos(cosine)) > 10


def test_noise_has_the_strength_it_is_named_for():
    ready = prepared()
    assert inject.noisy(ready.volume, 100.0, 1).array.std() == pytest.approx(100 / 20, rel=0.05)


def test_the_norms_of_a_person_are_from_the_others():
    everybody = [outcome("judged", even(5.0))] + [outcome(str(n), even(1 + n / 100)) for n in range(5)]
    volume = series(mni_grid())
    found = norms_without("judged", everybody, (), [volume]).of(Sign.CST_T1, protocol_of(volume))
    norm = found.segments["pons"]
    assert (norm.mean, norm.n) == (pytest.approx(1.02), 5)
    assert norm.sd > np.std([1 + n / 100 for n in range(5)], ddof=1)


def test_lesions_and_failed_series_are_no_norm():
    sound = [outcome(str(n), even(1 + n / 100)) for n in range(4)]
    lesion = outcome("plaque", even(3.0), lesions={"pons/left": 40.0, "pons/right": 40.0})
    failed = outcome("noise", even(9.0), reasons=("low-snr",))
    volume = series(mni_grid())
    found = norms_without("0", [*sound, lesion, failed], (), [volume]).of(Sign.CST_T1, protocol_of(volume))
    assert found.segments["pons"].mean == pytest.approx(1.02)
    assert found.segments["subcortical"].n == 4


def test_the_spread_can_be_the_shipped_one():
    everybody = [outcome(str(n), even(1 + n / 100)) for n in range(5)]
    volume = series(mni_grid())
    found = norms_without("0", everybody, (), [volume], shipped_spread=True)
    shipped = default_norms().of(Sign.CST_T1, protocol_of(volume)).segments["pons"]
    norm = found.of(Sign.CST_T1, protocol_of(volume)).segments["pons"]
    assert (norm.sd, norm.mean) == (shipped.sd, pytest.approx(1.025))


def test_too_few_others_make_no_norm():
    few = [outcome(str(n), even(1.0)) for n in range(3)]
    volume = series(mni_grid())
    assert not norms_without("0", few, (), [volume]).site


def test_only_a_rise_on_the_other_side_is_an_error_of_side():
    before = outcome("a", even(1.0))
    left = {key: 1.2 if key.endswith("left") else 1.0 for key in even(1.0)}
    right = {key: 1.2 if key.endswith("right") else 1.0 for key in even(1.0)}
    assert laterality_errors([before, outcome("a", left, "severe, tube, left only")]) == []
    assert len(laterality_errors([before, outcome("a", right, "severe, tube, left only")])) == 1


def test_one_side_and_the_capsule_alone_are_never_expected():
    assert not Case(Severity.SEVERE, sides=(Side.LEFT,)).expected
    assert not Case(Severity.SEVERE, capsule_only=True).expected
    assert sum(case.expected for case in CORE) == 6


def test_a_nifti_voxel_keeps_its_place_in_the_patient(tmp_path):
    affine = np.array([[0, 2.0, 0, 5], [-1, 0, 0, 7], [0, 0, 3, 11], [0, 0, 0, 1]])
    data = np.zeros((4, 5, 6), np.float32)
    data[1, 2, 3] = 9
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "a.nii.gz")
    volume = read_nifti(tmp_path / "a.nii.gz")
    where = points_of(volume.affine, np.argwhere(volume.array == 9).astype(float))[0]
    assert where == pytest.approx((affine @ (1, 2, 3, 1))[:3] * (-1, -1, 1))


def test_a_map_agrees_with_itself_and_not_with_a_shifted_one():
    line = atlas.centreline(Side.LEFT).points
    points = np.concatenate([line, line + np.array([2.0, 0, 0]), line * (-1, 1, 1)])
    labels, moved = tract_labels(points), tract_labels(points + np.array([0, 20.0, 0]))
    assert set(labels) >= {SEGMENT_LABELS["pons", Side.LEFT], SEGMENT_LABELS["pons", Side.RIGHT]}
    assert segment_agreement(labels, labels, points)["pons/left"] == (1.0, 0.0)
    assert dice(labels > 0, moved > 0) < 0.5
