"""However a head is acquired, its voxels say where they lie; and every person differs from the next."""

import numpy as np
import pytest

from phantoms.imaging import head_volume
from phantoms.normal_tract import VARIANT_LENGTH, healthy_ratios, variant_weight
from phantoms.patient import PhantomPatient
from phantoms.pose import ventricle_widening
from phantoms.tract import centreline
from phantoms.variety import POOR, drawn_plan, in_a_clinic
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

QUIET = {"snr": 1e6, "bias": 0.0, "rotation": 0.0}


@pytest.mark.parametrize("seed", [8, 9, 19])
def test_a_one_sided_tract_lies_on_its_side_in_every_orientation(seed):
    side = tuple(Side)[seed % 2]
    geometry = drawn_plan(PhantomPatient(seed), Contrast.FLAIR).geometry
    drawn = PhantomPatient(seed, {Sign.CST_FLAIR: 0.3}, {Sign.CST_FLAIR: side}, **QUIET)
    change = (
        head_volume(drawn, Contrast.FLAIR, geometry).array
        - head_volume(PhantomPatient(seed, **QUIET), Contrast.FLAIR, geometry).array
    )
    index = np.argwhere(np.abs(change) > 0.1)
    x = (index @ geometry.affine[:3, :3].T + geometry.affine[:3, 3])[:, 0]
    assert (x.mean() > 5) if side is Side.LEFT else (x.mean() < -5)


def test_these_orientations_are_not_all_alike():
    plans = [drawn_plan(PhantomPatient(seed), Contrast.FLAIR) for seed in range(40)]
    assert {Plane.AXIAL, Plane.SAGITTAL, Plane.CORONAL, Plane.THREE_D} == {p.geometry.plane for p in plans}
    handed = {np.sign(np.linalg.det(p.geometry.affine[:3, :3])) for p in plans}
    assert handed == {-1.0, 1.0}
    thickness = [p.geometry.slice_thickness for p in plans]
    assert min(thickness) < 1.5
    assert max(thickness) > 5


def test_flipping_moves_no_voxel():
    from phantoms.geometry import flipped

    geometry = drawn_plan(PhantomPatient(3), Contrast.T2).geometry
    turned = flipped(geometry, slices=True, rows=True)
    last = np.array([geometry.shape[0] - 1, geometry.shape[1] - 1, 5, 1])
    np.testing.assert_allclose(turned.affine @ last, geometry.affine @ [0, 0, 5, 1], atol=1e-9)


def test_the_healthy_tract_differs_between_people_more_than_between_sides():
    ratios = np.array(
        [[healthy_ratios(PhantomPatient(seed), Contrast.FLAIR)[side] for side in Side] for seed in range(150)]
    )
    between = ratios.std(axis=0).mean()
    sides = (ratios[:, 0] - ratios[:, 1]).std(axis=0).mean()
    assert 0.028 < between < 0.042
    assert sides < 0.6 * between
    segments = np.corrcoef(ratios[:, 0, 1], ratios[:, 0, 3])[0, 1]
    assert 0.3 < segments < 0.8


def test_a_person_is_the_same_in_every_t1():
    from phantoms.tissue_signal import T1Family

    one, other = (
        np.array(healthy_ratios(PhantomPatient(5), Contrast.T1, family)[Side.LEFT])
        for family in (T1Family.SPIN_ECHO, T1Family.MPRAGE)
    )
    mean = [
        np.array(healthy_ratios(PhantomPatient(6), Contrast.T1, family)[Side.LEFT])
        for family in (T1Family.SPIN_ECHO, T1Family.MPRAGE)
    ]
    np.testing.assert_allclose(one / other, mean[0] / mean[1], rtol=1e-6)


def test_the_tract_lies_elsewhere_in_everybody():
    lines = np.array([centreline(PhantomPatient(seed), Side.RIGHT)[100, :2] for seed in range(80)])
    away = np.linalg.norm(lines - lines.mean(axis=0), axis=1)
    assert 1.2 < away.mean() < 2.5


def test_the_variant_of_the_internal_capsule_is_in_everybody_and_as_long_as_in_life():
    lengths = []
    for seed in range(60):
        box, weight = variant_weight(PhantomPatient(seed), Side.LEFT)
        assert weight.max() > 0.2
        lengths.append(float((weight > 0.2).any(axis=(1, 2)).sum()))
        assert box[0].start > 10
    shortest, longest = VARIANT_LENGTH[2]
    assert shortest * 0.5 < min(lengths) <= 16
    assert 18 < np.median(lengths) < 32
    assert 38 < max(lengths) <= longest + 8


def test_ventricles_are_of_every_width():
    widths = [ventricle_widening(PhantomPatient(seed)) for seed in range(60)]
    assert min(widths) < -0.3
    assert max(widths) > 2


def test_a_poor_acquisition_is_noisier_and_moves():
    volumes = [
        head_volume(p, Contrast.T2, drawn_plan(p, Contrast.T2).geometry)
        for p in (in_a_clinic(PhantomPatient(2)), in_a_clinic(PhantomPatient(2), POOR))
    ]
    air = [float(v.array[v.array.shape[0] // 2, :12, :12].std()) for v in volumes]
    assert air[1] > 1.3 * air[0]


def test_a_restless_patient_lies_elsewhere_in_the_next_series():
    from phantoms.pose import head_transform

    patient = PhantomPatient(2, restlessness=2.0)
    places = [head_transform(patient, name).TransformPoint((40.0, -20.0, 60.0)) for name in ("T1", "T2", "")]
    away = [float(np.linalg.norm(np.subtract(place, places[2]))) for place in places[:2]]
    assert 0.3 < min(away) < max(away) < 9
    assert places[0] != places[1]
    still = PhantomPatient(2)
    assert head_transform(still, "T1").TransformPoint((40.0, -20.0, 60.0)) == places[2]


def test_both_images_of_diffusion_lie_alike():
    patient = PhantomPatient(2, restlessness=3.0, **QUIET)
    geometry = drawn_plan(patient, Contrast.ADC).geometry
    np.testing.assert_array_equal(geometry.affine, drawn_plan(patient, Contrast.DWI).geometry.affine)
    brains = [head_volume(patient, c, geometry).array for c in (Contrast.ADC, Contrast.DWI)]
    assert (((brains[0] > 2.5) & (brains[1] > 0.9)).sum()) < 0.05 * (brains[0] > 2.5).sum()
