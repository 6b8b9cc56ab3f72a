"""The tract in a native grid, proven on a head that is the atlas itself."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import uniform_filter1d
from scipy.spatial import cKDTree

from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.patient_space import points_of, sample
from processors.brain.tract.core import recovery
from processors.brain.tract.displaced import is_displaced
from processors.brain.tract.mapping import Disc, map_tract
from processors.brain.tract.measurement import LABELS, measure_study
from processors.findings import TRACT_SEGMENTS, Region, Side
from processors.volume import Volume

AXIAL = np.array([[0, 0, 1.5, -70], [0, 1.5, 0, -75], [3.0, 0, 0, -60], [0, 0, 0, 1]], dtype=float)
SAGITTAL_FLIPPED = np.array([[-1.5, 0, 0, 70], [0, 0, 1.5, -75], [0, -1.5, 0, 82], [0, 0, 0, 1]], dtype=float)


PLANES = {"axial": (AXIAL, (46, 100, 94)), "sagittal": (SAGITTAL_FLIPPED, (94, 95, 100))}


def head(affine, shape, brighter=None):
    """The atlas' own tissue as a volume, one side's tract brighter by 20 % where asked."""
    at = points_of(affine, np.indices(shape, dtype=float).reshape(3, -1).T)
    white, grey = (sample(atlas.image(f"icbm_{name}_matter"), at) / 255 for name in ("white", "grey"))
    values = 100 * (0.3 + 0.7 * white + 0.5 * grey)
    if brighter is not None:
        line = atlas.centreline(brighter)
        distance, _ = cKDTree(line.points).query(at)
        values[distance < 4] *= 1.2
    return Volume(values.reshape(shape).astype(np.float32), affine, "1.2.3", ())


@cache
def plain(plane):
    """A head without a bright tract, measured once for all tests."""
    return measured(head(*PLANES[plane]))


def measured(volume):
    return measured_together(volume)[0]


def measured_together(*volumes):
    series = dict(zip((volumes[0].contrast, Contrast.T2, Contrast.FLAIR), volumes, strict=False))
    return list(measure_study({c: (volume, lambda points: points) for c, volume in series.items()}).values())


def ratios(measurement):
    return {s.region: s.ratio for s in measurement.segments}


@pytest.mark.parametrize("plane", list(PLANES))
@pytest.mark.parametrize("side", list(Side))
def test_a_bright_tract_is_found_on_its_own_side_in_any_orientation(plane, side):
    before, after = ratios(plain(plane)), ratios(measured(head(*PLANES[plane], brighter=side)))
    for region, ratio in after.items():
        change = ratio / before[region] - 1
        assert change == pytest.approx(0.2 if region.side is side else 0, abs=0.04), region.key


def test_left_is_where_lps_x_is_positive():
    assert np.all(atlas.centreline(Side.LEFT).points[:, 0] > 0)
    assert np.all(atlas.centreline(Side.RIGHT).points[:, 0] < 0)


def test_ratios_do_not_depend_on_the_scale_of_the_signal():
    volume = head(*PLANES["axial"])
    once, more = ratios(plain("axial")), ratios(measured(replace(volume, array=7 * volume.array)))
    assert all(once[r] == pytest.approx(more[r], rel=1e-4) for r in once)


def test_a_stack_that_ends_above_the_pons_does_not_cover_it():
    affine = AXIAL.copy()
    affine[2, 3] = -18
    found = {s.region: s for s in measured(head(affine, (32, 100, 94))).segments}
    assert found[Region("pons", Side.LEFT)].ratio is None
    assert found[Region("pons", Side.LEFT)].coverage < 0.8
    assert found[Region("corona_radiata", Side.LEFT)].coverage == 1


def test_the_centreline_runs_upwards_through_white_matter():
    white = atlas.image("icbm_white_matter")
    for side in Side:
        line = atlas.centreline(side)
        assert [
            name for i, name in enumerate(line.segments) if i == 0 or line.segments[i - 1] != name
        ] == list(reversed(TRACT_SEGMENTS))
        assert np.all(np.diff(line.points[:, 2]) > -1e-9)
        supratentorial = line.points[:, 2] > -10
        assert np.min(sample(white, line.points[supratentorial])) > 255 * 0.5


def test_the_internal_capsule_lies_between_thalamus_and_lentiform_nucleus():
    """Anatomy, not labels: grey matter medial and lateral of the capsule, ventricle medial of the corona."""
    t1 = atlas.image("icbm_t1")
    for side in Side:
        outward = 1.0 if side is Side.LEFT else -1.0
        line = atlas.centreline(side)
        middle = line.points[np.argmin(np.abs(line.points[:, 2] - 6))]
        thalamus, capsule, putamen = (
            sample(t1, middle[None] + [[outward * dx, -dy, 0]])[0] for dx, dy in ((-12, -4), (0, 0), (7, 4))
        )
        assert capsule > thalamus
        assert capsule > putamen
        corona = line.points[np.argmin(np.abs(line.points[:, 2] - 22))]
        ventricle = min(sample(t1, corona[None] - [[outward * dx, 0, 0]])[0] for dx in (8, 10, 12, 14))
        assert ventricle < 0.6 * sample(t1, corona[None])[0]


def test_points_and_images_agree():
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    image.SetOrigin((5.0, 6.0, 7.0))
    image.SetSpacing((2.0, 3.0, 4.0))
    assert sample(image, np.array([[5 + 2 * 3, 6 + 3 * 2, 7 + 4 * 1.0]]))[0] == 23


def test_restricted_diffusion_is_measured_where_it_is_dark():
    volume = replace(head(*PLANES["axial"]), contrast=Contrast.ADC)
    at = points_of(volume.affine, np.indices(volume.array.shape, dtype=float).reshape(3, -1).T)
    line = atlas.centreline(Side.LEFT)
    distance, nearest = cKDTree(line.points).query(at)
    dark = np.where(distance < line.radii[nearest], 0.6, 1.0).reshape(volume.array.shape)
    before = ratios(measured(volume))
    after = ratios(measured(replace(volume, array=volume.array * dark.astype(np.float32))))
    for region, ratio in after.items():
        change = ratio / before[region] - 1
        assert change == pytest.approx(-0.4 if region.side is Side.LEFT else 0, abs=0.05), region.key


def test_a_tract_beside_the_centreline_is_followed():
    """The tract lies 3 mm to the side of where the atlas has it."""
    volume = head(*PLANES["axial"])
    at = points_of(volume.affine, np.indices(volume.array.shape, dtype=float).reshape(3, -1).T)
    line = atlas.centreline(Side.RIGHT).points + np.array([-2.0, 2.0, 0.0])
    distance, _ = cKDTree(line).query(at)
    bright = np.where(distance < 3.5, 1.15, 1.0).reshape(volume.array.shape).astype(np.float32)
    before, after = (
        ratios(measured(replace(volume, array=array))) for array in (volume.array, volume.array * bright)
    )
    for name in ("subcortical", "corona_radiata"):
        region = Region(name, Side.RIGHT)
        assert after[region] / before[region] - 1 == pytest.approx(0.15, abs=0.04)


def test_a_tract_that_one_series_does_not_show_is_measured_where_another_shows_it():
    """It lies 3 mm beside the line, bright on one series, and on the other a shade darker than all around."""
    volume = head(*PLANES["axial"])
    at = points_of(volume.affine, np.indices(volume.array.shape, dtype=float).reshape(3, -1).T)
    line = atlas.centreline(Side.RIGHT).points + np.array([-2.0, 2.0, 0.0])
    inside = (cKDTree(line).query(at)[0] < 3.5).reshape(volume.array.shape)
    clear, dim = (
        replace(volume, array=np.where(inside, factor, 1).astype(np.float32) * volume.array)
        for factor in (1.2, 0.97)
    )
    alone, together = (ratios(m[-1]) for m in (measured_together(dim), measured_together(clear, dim)))
    corona = Region("corona_radiata", Side.RIGHT)
    usual = ratios(plain("axial"))[corona]
    assert together[corona] / usual - 1 == pytest.approx(-0.03, abs=0.012)
    assert together[corona] < alone[corona] - 0.005


@pytest.mark.parametrize(("pixel", "thick"), [(1.0, 1.0), (1.0, 5.0), (2.0, 2.0)])
def test_what_voxels_take_from_a_thin_tract_is_given_back(pixel, thick):
    """A cylinder of 6 mm, averaged over voxels that lie aslant to it, through the core's own weights."""
    spread = np.diag([pixel**2, thick**2 / 2]) / 12
    fine = np.arange(-8, 8.01, 0.2)
    x, y = np.meshgrid(fine, fine, indexing="ij")
    tract = (np.hypot(x, y) <= 3).astype(float)
    for axis, variance in enumerate(np.diag(spread)):
        width = max(1, round(np.sqrt(12 * variance) / 0.2))
        tract = uniform_filter1d(tract, width, axis=axis)
    core = max(2.0, 1.25 * np.cbrt(pixel * pixel * thick))
    weight = np.exp(-0.5 * (x**2 + y**2) / (0.4 * core) ** 2)
    measured = float((weight * tract).sum() / weight.sum())
    disc = Disc(np.zeros(0, np.intp), np.zeros((0, 2)), core, spread)
    sure, unsure = (
        recovery([disc], np.array([3.0]), np.eye(2)[None] * place_mm**2)[0] for place_mm in (0.0, 1.5)
    )
    assert sure == pytest.approx(measured, abs=0.02)
    assert unsure < sure - 0.02
    assert recovery([disc], np.array([2.0]), np.zeros((1, 2, 2)))[0] < sure - 0.02


def test_labels_are_those_of_the_table_and_lie_on_their_side():
    found = plain("axial")
    at = points_of(AXIAL, found.indices.astype(float))
    known = dict(LABELS)
    assert set(found.labels.tolist()) <= set(known)
    for value, region in known.items():
        here = at[found.labels == value]
        if region.side is not None:
            assert len(here)
            assert np.all((here[:, 0] > 0) == (region.side is Side.LEFT))


def test_the_profile_runs_from_the_pons_up():
    left, right = plain("axial").nodes
    assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
    assert 20 <= len(left.ratio) <= 40
    assert left.segments[0] == "pons"
    assert left.segments[-1] == "subcortical"
    assert np.all(np.diff(left.position_mm) > 0)
    assert len(left.position_mm) == len(left.segments) == len(left.ratio)


def head_with(contrast, factor, beside_mm, low, high):
    """The atlas' tissue, with a strand beside the left tract, between two heights, of another signal."""
    volume = replace(head(*PLANES["axial"]), contrast=contrast)
    at = points_of(volume.affine, np.indices(volume.array.shape, dtype=float).reshape(3, -1).T)
    points = np.add(atlas.centreline(Side.LEFT).points, [beside_mm, 0, 0])
    distance, _ = cKDTree(points).query(at)
    strand = (distance < 2.5) & (at[:, 2] > low) & (at[:, 2] < high)
    values = np.where(strand, factor, 1.0).reshape(volume.array.shape).astype(np.float32)
    return replace(volume, array=volume.array * values)


def test_what_a_t1_shows_to_be_cortex_is_not_taken_for_a_bright_tract_on_t2():
    below_cortex = {"beside_mm": 4.0, "low": 42.0, "high": 80.0}
    t1, t2 = (head_with(c, f, **below_cortex) for c, f in ((Contrast.T1, 0.75), (Contrast.T2, 1.3)))
    plain_t2, region = replace(head(*PLANES["axial"]), contrast=Contrast.T2), Region("subcortical", Side.LEFT)
    usual = ratios(measured(plain_t2))[region]
    assert ratios(measured(t2))[region] > 1.03 * usual
    assert ratios(measured_together(t1, t2)[1])[region] == pytest.approx(usual, rel=0.015)


def test_a_noisy_t1_takes_nothing_from_the_t2():
    t2 = replace(head(*PLANES["axial"]), contrast=Contrast.T2)
    noise = np.random.default_rng(3).normal(0, 0.2 * np.percentile(t2.array, 90), t2.array.shape)
    t1 = replace(t2, contrast=Contrast.T1, array=(t2.array + noise).astype(np.float32))
    alone, beside = (
        {s.region: s.voxels for s in found.segments} for found in (measured(t2), measured_together(t1, t2)[1])
    )
    assert sum(beside.values()) > 0.97 * sum(alone.values())


def test_the_capsule_that_is_dark_on_t1_is_measured_on_t2():
    capsule = {"beside_mm": 0.0, "low": 0.0, "high": 18.0}
    t1, t2 = (head_with(c, f, **capsule) for c, f in ((Contrast.T1, 0.82), (Contrast.T2, 1.2)))
    region = Region("internal_capsule", Side.LEFT)
    found = {s.region: s for s in measured_together(t1, t2)[1].segments}[region]
    assert found.ratio > 1.1


@pytest.mark.parametrize("size", [1.0, 0.7])
def test_no_node_falls_between_thick_slices_however_small_the_head(size):
    affine = np.diag([size, size, size, 1.0]) @ AXIAL @ np.diag([2.2, 1, 1, 1])
    thick = Volume(np.ones((22, 100, 94), dtype=np.float32), affine, "1.2.3", ())
    discs = map_tract(thick, lambda points: points / size).discs
    found = [np.any(np.hypot(*disc.offsets.T) <= disc.core_mm) for side in Side for disc in discs[side]]
    assert all(found)


def with_strands(gain, back_mm):
    """A head whose tracts are brighter, and from the capsule upwards farther back than the atlas has them."""
    affine, shape = PLANES["axial"]
    volume = head(affine, shape)
    at = points_of(affine, np.indices(shape, dtype=float).reshape(3, -1).T)
    values = volume.array.ravel() * np.random.default_rng(1).normal(1, 0.02, len(at))
    white = sample(atlas.image("icbm_white_matter"), at) > 150
    for side in Side:
        points = atlas.centreline(side).points
        moved = points + np.where(points[:, 2:] > 10, [0, back_mm, 0], 0)
        values[white & (cKDTree(moved).query(at)[0] < 3.5)] *= gain
    return replace(volume, array=values.reshape(shape).astype(np.float32))


@pytest.mark.parametrize(
    ("back_mm", "found", "displaced"), [(6, 1.35, False), (8, 1.35, False), (12, 1.0, True), (14, 1.0, True)]
)
def test_two_tracts_behind_their_place_are_measured_where_they_can_be_reached_or_else_noticed(
    back_mm, found, displaced
):
    volume, plain_ratios = with_strands(1.35, back_mm), ratios(measured(with_strands(1.0, 0)))
    measurement = measured(volume)
    for side in Side:
        region = Region("corona_radiata", side)
        assert ratios(measurement)[region] / plain_ratios[region] == pytest.approx(found, abs=0.03)
    assert is_displaced(volume, measurement) is displaced
