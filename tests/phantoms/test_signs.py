"""The change that was asked for is the change that is in the images, where the truth says it is."""

import numpy as np
import pytest

from phantoms.geometry import stack
from phantoms.imaging import head_truth, head_volume
from phantoms.neck_imaging import neck_truth, neck_volume
from phantoms.patient import PhantomPatient
from phantoms.severity import Severity, fractional_change
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

HEAD = stack(
    Plane.AXIAL, centre=(0, 18, 6), slices=32, slice_thickness=1.0, gap=3.5, pixel=1.2, matrix=(160, 130)
)
NECK = stack(
    Plane.AXIAL, centre=(0, 34, -135), slices=20, slice_thickness=2, gap=3, pixel=0.6, matrix=(72, 72)
)
QUIET = {"snr": 1e6, "bias": 0.0}


def _change(volume, patient, healthy, contrast, geometry, weight):
    changed = volume(patient, contrast, geometry).array
    normal = volume(healthy, contrast, geometry).array
    core = weight > 0.95
    assert core.sum() >= 5
    return float(np.median(changed[core] / normal[core]) - 1)


@pytest.fixture(scope="module")
def tract():
    """Truth of the tract in the head of seed 3."""
    return head_truth(PhantomPatient(3, **QUIET), HEAD)


@pytest.mark.parametrize(
    ("sign", "contrast", "strength"),
    [
        (Sign.CST_T1, Contrast.T1, Severity.MODERATE),
        (Sign.CST_T1, Contrast.T1_POST_CONTRAST, Severity.MILD),
        (Sign.CST_T2, Contrast.T2, 0.27),
        (Sign.CST_FLAIR, Contrast.FLAIR, Severity.SEVERE),
        (Sign.CST_T1_MTC, Contrast.T1_MTC, Severity.MILD),
        (Sign.CST_DIFFUSION, Contrast.ADC, Severity.SEVERE),
    ],
)
def test_tract_changes_by_what_was_asked(tract, sign, contrast, strength):
    patient = PhantomPatient(3, signs={sign: strength}, **QUIET)
    for side in Side:
        whole = sum(weight for region, weight in tract[Sign.CST_T1].items() if region.side is side)
        change = _change(head_volume, patient, PhantomPatient(3, **QUIET), contrast, HEAD, whole)
        assert change == pytest.approx(fractional_change(sign, strength), rel=0.05)


def test_every_segment_of_the_tract_has_voxels_on_both_sides(tract):
    sizes = {region.key: float(weight.sum()) for region, weight in tract[Sign.CST_T1].items()}
    assert min(sizes.values()) > 10, sizes


def test_other_contrasts_stay_as_they_are():
    patient = PhantomPatient(3, signs={Sign.CST_T1: Severity.SEVERE}, **QUIET)
    t2, normal = (head_volume(p, Contrast.T2, HEAD).array for p in (patient, PhantomPatient(3, **QUIET)))
    np.testing.assert_allclose(t2, normal, atol=1e-3)


@pytest.mark.parametrize(
    ("sign", "contrast", "strength"),
    [(Sign.CORD_T1, Contrast.T1, Severity.SEVERE), (Sign.CORD_T2, Contrast.T2, Severity.MODERATE)],
)
def test_cord_changes_by_what_was_asked(sign, contrast, strength):
    healthy = PhantomPatient(4, **QUIET)
    patient = PhantomPatient(4, signs={sign: strength}, **QUIET)
    truth = neck_truth(healthy, NECK)[sign]
    for side in Side:
        whole = sum(weight for region, weight in truth.items() if region.side is side)
        change = _change(neck_volume, patient, healthy, contrast, NECK, whole)
        assert change == pytest.approx(fractional_change(sign, strength), rel=0.06)


def test_cord_area_falls_by_what_was_asked():
    healthy, patient = PhantomPatient(4, **QUIET), PhantomPatient(4, {Sign.CORD_ATROPHY: 0.2}, **QUIET)
    areas = [
        sum(w.sum() for w in neck_truth(p, NECK)[Sign.CORD_ATROPHY].values()) for p in (healthy, patient)
    ]
    with_rim = 0.81
    assert areas[1] / areas[0] == pytest.approx(with_rim, abs=0.015)


def test_flattening_lowers_the_ratio_of_diameters():
    healthy = PhantomPatient(4, **QUIET)
    patient = PhantomPatient(4, {Sign.CORD_FLATTENING: Severity.SEVERE}, **QUIET)
    ratios = []
    for p in (healthy, patient):
        cord = sum(neck_truth(p, NECK)[Sign.CORD_ATROPHY].values())[10]
        ratios.append(cord.sum(axis=0).max() / cord.sum(axis=1).max())
    assert ratios[1] / ratios[0] < 0.8


def test_precentral_atrophy_takes_the_grey_matter_asked_for():
    from phantoms.head import head_anatomy
    from phantoms.template import Label, head_template

    patient = PhantomPatient(2, {Sign.PRECENTRAL_ATROPHY: Severity.SEVERE})
    template = head_template()
    gyrus = (template.labels == Label.PRECENTRAL_BANK) | (template.labels == Label.PRECENTRAL)

    def grey(tissue):
        return np.clip(1 - np.abs(tissue[gyrus] - 1), 0, 1).sum()

    assert grey(head_anatomy(patient).tissue) / grey(template.tissue) == pytest.approx(0.7, abs=0.01)
