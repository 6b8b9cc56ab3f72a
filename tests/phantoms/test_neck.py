"""Necks are what their options say, in the place and shape that the truth says."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from listener.classification.headers import headers_of
from listener.classification.series import classify
from phantoms.acquire import truncated
from phantoms.cord import RIM_MM, draw_cord
from phantoms.cord_section import dorsal_columns, lateral_tract
from phantoms.geometry import stack
from phantoms.headers import series_header
from phantoms.neck_curve import draw_curve
from phantoms.neck_imaging import cord_truth, neck_truth, neck_volume
from phantoms.neck_options import NeckOptions
from phantoms.neck_variety import Coverage, drawn_neck_plan, neck_in_a_clinic
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL
from phantoms.series import series_volume
from phantoms.tissue_signal import T1Family
from phantoms.truth import truth_of
from processors.acquisition import BodyPart, Contrast, Plane
from processors.findings import CERVICAL_LEVELS, Side, Sign
from processors.volume import Volume

QUIET = {"snr": 1e6, "bias": 0.0}
STILL = NeckOptions(pulsation=0.0)
NEW_KEYS = ("cervical_t1_gre_ax", "cervical_t2_star_ax", "cervical_t1_3d", "cervical_t2_3d")


def axial(patient, height=-45.0, slices=3, step=3.0, field=60):
    """Slices across the canal at a height, perpendicular to it."""
    curve = draw_curve(patient)
    middle = curve.to_patient(np.array([[0.0, 0.0, height]]))[0]
    up = curve.up(height)
    matrix = (2 * round(field), 2 * round(field))
    return stack(
        Plane.AXIAL,
        centre=tuple(middle),
        slices=slices,
        slice_thickness=1.0,
        gap=step - 1.0,
        pixel=0.5,
        matrix=matrix,
        tilt=float(np.rad2deg(np.arctan2(-up[1], up[2]))),
    )


@cache
def drawn(contrast, height=-45.0, **options):
    """A neck of seed 21 with these options, three slices of it, and the weights of cord and columns."""
    patient = PhantomPatient(21, neck=replace(STILL, **options), **QUIET)
    geometry = axial(patient, height)
    return neck_volume(patient, contrast, geometry).array, cord_truth(patient, contrast, geometry).inside


@pytest.mark.parametrize("lordosis", [-35.0, 0.0, 45.0])
def test_a_curve_bends_as_asked_and_can_be_inverted(lordosis):
    curve = draw_curve(PhantomPatient(3, neck=NeckOptions(lordosis=lordosis, scoliosis=0.0)))
    up = [np.rad2deg(np.arctan2(u[1], u[2])) for u in (curve.up(-2.5), curve.up(-87.5))]
    assert up[0] - up[1] == pytest.approx(lordosis, abs=0.5)
    neck = np.array([[x, y, z] for x in (-40.0, 0, 12) for y in (-60.0, 0, 30) for z in (-120.0, -50, 0, 40)])
    lps = curve.to_patient(neck)
    np.testing.assert_allclose(curve.to_neck(lps), neck, atol=0.05)
    moved = [curve.transform.TransformPoint(point) for point in lps.tolist()]
    np.testing.assert_allclose(moved, neck, atol=0.25)


def test_the_area_that_the_truth_says_is_drawn():
    for seed in (4, 5, 6):
        patient = PhantomPatient(seed, neck=NeckOptions(scoliosis=0.0))
        geometry = axial(patient)
        truth = cord_truth(patient, Contrast.T2, geometry)
        half_ap, half_rl = draw_cord(patient).half_diameters(truth.height_mm.astype(np.float32))
        with_rim = half_ap * half_rl / ((half_ap - RIM_MM) * (half_rl - RIM_MM))
        areas = truth.inside.sum(axis=(1, 2)) * 0.25
        np.testing.assert_allclose(areas, truth.area_mm2 * with_rim, rtol=0.03)


def test_cords_differ_in_size_as_adults_do():
    areas = [draw_cord(PhantomPatient(seed)).area(-45.0) for seed in range(60)]
    assert 66 < np.mean(areas) < 80
    assert 0.06 < np.std(areas) / np.mean(areas) < 0.12


def test_healthy_columns_have_the_ratio_that_was_measured():
    ratios = []
    for seed in range(30, 36):
        patient = PhantomPatient(seed, neck=STILL, **QUIET)
        geometry = axial(patient, slices=2)
        array = neck_volume(patient, Contrast.T1, geometry, T1Family.FLASH).array
        truth = neck_truth(patient, geometry)
        lateral = sum(truth[Sign.CORD_T2].values()) > 0.9
        inside = cord_truth(patient, Contrast.T1, geometry).inside > 0.99
        for image, columns, cord in zip(array, lateral, inside, strict=True):
            rows = np.nonzero(cord.any(axis=1))[0]
            middle = np.nonzero(cord.any(axis=0))[0].mean()
            u = np.abs(np.arange(image.shape[1]) - middle) < 2.5
            v = np.arange(image.shape[0])[:, None] > np.percentile(rows, 72)
            ratios.append(np.median(image[columns]) / np.median(image[cord & u & v]))
    assert np.mean(ratios) == pytest.approx(1.014, abs=0.012)
    assert 0.005 < np.std(ratios) < 0.03


def test_the_columns_lie_where_anatomy_has_them():
    section = draw_cord(PhantomPatient(2)).section
    degrees = np.deg2rad(np.array([0, 60, 110, 175], dtype=np.float32))
    share = np.full(4, 0.68, dtype=np.float32)
    assert lateral_tract(section, degrees, share).round().tolist() == [0, 0, 1, 0]
    assert dorsal_columns(section, degrees, share).round().tolist() == [0, 0, 0, 1]


def test_dorsal_columns_are_bright_on_t2_and_a_little_dark_on_t1():
    for contrast, change in ((Contrast.T2, 0.4), (Contrast.T1, -0.08)):
        healthy, cord = drawn(contrast)
        ill, _ = drawn(contrast, dorsal_columns=0.4)
        ratio = (ill / healthy)[cord > 0.99]
        extreme = np.percentile(ratio, 98 if change > 0 else 2)
        assert extreme - 1 == pytest.approx(change, abs=0.03)
        assert np.median(ratio) == pytest.approx(1.0, abs=0.01)


def test_a_narrow_canal_squeezes_the_cord_at_one_level():
    cord = draw_cord(PhantomPatient(21, neck=NeckOptions(stenosis="C5")))
    healthy = draw_cord(PhantomPatient(21))
    narrow = cord.discs[4]
    assert cord.area(narrow) < 0.78 * healthy.area(narrow)
    assert cord.area(narrow + 20) == pytest.approx(healthy.area(narrow + 20), rel=0.01)


def test_a_cavity_holds_fluid():
    height = -50.0
    array, cord = drawn(Contrast.T2, height, syrinx=True)
    healthy, _ = drawn(Contrast.T2, height)
    assert array[cord > 0.99].max() > 1.5 * healthy[cord > 0.99].max()


def test_plaques_are_no_symmetric_columns():
    patient = PhantomPatient(22, neck=replace(STILL, plaques=8), **QUIET)
    geometry = axial(patient, -40.0, slices=12, step=7.0)
    array, cord = (
        neck_volume(patient, Contrast.T2, geometry).array,
        cord_truth(patient, Contrast.T2, geometry),
    )
    plain = neck_volume(replace(patient, neck=STILL), Contrast.T2, geometry).array
    bright = (array > 1.2 * plain) & (cord.inside > 0.99)
    per_slice = bright.sum(axis=(1, 2))
    assert per_slice.max() > 8
    assert per_slice.min() == 0


def test_inflow_is_where_the_truth_says():
    for options, at_ends, in_the_middle in (
        ({"entry_slice": True}, True, False),
        ({"neck": replace(STILL, bright_fluid=True)}, None, True),
    ):
        patient = PhantomPatient(24, **{"neck": STILL, **QUIET, **options})
        geometry = axial(patient, slices=13, step=6.0)
        truth = cord_truth(patient, Contrast.T1, geometry)
        bright = truth.fluid > 0.6
        assert bright[4:-4].any() == in_the_middle
        assert at_ends is None or bright[[0, -1]].any() == at_ends
        array = neck_volume(patient, Contrast.T1, geometry).array
        plain = neck_volume(replace(patient, entry_slice=False, neck=STILL), Contrast.T1, geometry).array
        gained = (array - plain).max(axis=(1, 2))
        np.testing.assert_allclose(gained > 0.1, truth.fluid - truth.fluid.min() > 0.1)


def test_levels_of_slices_run_down_the_neck_and_a_chest_has_none():
    patient = PhantomPatient(6)
    geometry = axial(patient, slices=40, step=3.0)
    levels = [level for level in cord_truth(patient, Contrast.T2, geometry).levels if level]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) >= set(CERVICAL_LEVELS[2:6])
    chest = PhantomPatient(6, neck=NeckOptions(thoracic=True))
    truth = cord_truth(chest, Contrast.T2, axial(chest))
    assert set(truth.levels) == {""}
    assert truth.inside.max() > 0.99
    assert drawn_neck_plan(chest, Contrast.T1, Plane.AXIAL).geometry.shape[0] >= 6


def test_the_truth_beside_a_study_says_where_levels_end():
    patient = PhantomPatient(6)
    cord = truth_of(patient, [PROTOCOL["cervical_t2_sag"]])["cord"]
    lps = np.array([cord["C3"]["lower_end_lps_mm"]])
    assert draw_curve(patient).to_neck(lps)[0, 2] == pytest.approx(cord["C3"]["lower_end_mm"], abs=0.1)


@pytest.mark.parametrize(
    ("contrast", "plane"),
    [
        (Contrast.T1, Plane.AXIAL),
        (Contrast.T2, Plane.SAGITTAL),
        (Contrast.T2_STAR, Plane.AXIAL),
        (Contrast.T2, Plane.THREE_D),
    ],
)
def test_drawn_acquisitions_hold_the_cord(contrast, plane):
    for seed in range(4):
        patient = neck_in_a_clinic(PhantomPatient(seed))
        plan = drawn_neck_plan(patient, contrast, plane, Coverage.WHOLE)
        levels = draw_cord(patient).levels()
        middle = draw_curve(patient).to_patient(np.array([[0.0, 0.0, np.mean(levels[c])] for c in levels]))
        index = (middle - plan.geometry.affine[:3, 3]) @ np.linalg.inv(plan.geometry.affine[:3, :3]).T
        inside = ((index >= -0.5) & (index <= np.array(plan.geometry.shape) - 0.5)).all(axis=1)
        assert inside[1:].all(), (seed, plan.geometry)


def test_truncation_rings_at_edges_and_keeps_the_mean():
    square = np.zeros((1, 64, 64), dtype=np.float32)
    square[0, 20:44, 20:44] = 1
    ringing = truncated(square, 0.6)
    assert ringing.mean() == pytest.approx(square.mean(), rel=1e-4)
    assert ringing.max() > 1.05
    np.testing.assert_allclose(truncated(square, 1.0), square, atol=1e-5)


@pytest.mark.parametrize("vendor", list(Vendor))
@pytest.mark.parametrize("key", NEW_KEYS)
def test_new_series_are_recognised_by_their_headers(key, vendor):
    plan = PROTOCOL[key]
    thin = replace(plan.geometry, shape=(2, *plan.geometry.shape[1:]))
    patient = PhantomPatient(2, vendor=vendor)
    blank = Volume(np.ones(thin.shape, np.float32), thin.affine, "1.2.3", (), contrast=plan.contrast)
    header = headers_of(series_header(patient, plan, blank, 1))[0]
    found = classify({**header, "NumberOfInstances": plan.geometry.shape[0]})
    assert (found.contrast, found.body_part, found.plane) == (
        plan.contrast,
        BodyPart.CERVICAL_SPINE,
        plan.geometry.plane,
    ), found.evidence


def test_every_way_to_make_a_neck_can_be_drawn():
    for key in NEW_KEYS:
        plan = PROTOCOL[key]
        small = stack(
            plan.geometry.plane, centre=(0, 34, -150), slices=2, slice_thickness=2, pixel=2, matrix=(40, 40)
        )
        volume = series_volume(PhantomPatient(2), replace(plan, geometry=small))
        assert volume.contrast is plan.contrast
        assert volume.array.max() > 0.5


@pytest.mark.parametrize(
    "options", [{"lordosis": 80.0}, {"stenosis": "C1"}, {"plaques": -1}, {"pulsation": 2.0}]
)
def test_refuses_impossible_necks(options):
    with pytest.raises(ValueError, match="must"):
        NeckOptions(**options)


def test_one_side_is_that_side():
    patient = PhantomPatient(23, {Sign.CORD_T1: 0.2}, {Sign.CORD_T1: Side.LEFT}, neck=STILL, **QUIET)
    geometry = axial(patient)
    change = neck_volume(patient, Contrast.T1, geometry).array / np.maximum(
        neck_volume(PhantomPatient(23, neck=STILL, **QUIET), Contrast.T1, geometry).array, 0.05
    )
    columns = np.nonzero(change > 1.1)[2]
    centre = np.nonzero(cord_truth(patient, Contrast.T1, geometry).inside > 0.5)[2].mean()
    assert columns.min() > centre - 1
