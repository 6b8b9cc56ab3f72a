import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cord_overlays import compare
from benchmarks.real_data import read_nifti
from processors.acquisition import Contrast, Plane
from processors.spine import centreline
from processors.spine.cord import CordNotFoundError, find_cord
from processors.volume import Volume
from tests.processors.spine.drawn_neck import Neck, cord_in, series

REAL = Path(os.environ.get("BETZ_REAL_DATA", Path(__file__).parents[4] / "shared" / "data")) / "cord"
NECKS = {
    "T1": Neck(Contrast.T1),
    "T2": Neck(Contrast.T2),
    "slices that lean and a cord that turns": Neck(Contrast.T1, tilt=20, rotation=8),
    "noise": Neck(Contrast.T2, snr=15),
    "shading": Neck(Contrast.T1, slope=(0.01, -0.01)),
    "bright fluid at an end": Neck(Contrast.T1, inflow=(0.7, 0.4)),
    "fluid gone over three levels": Neck(Contrast.T2, narrow=(-25.0, 10.0)),
    "a small cord": Neck(Contrast.T1, scale=0.75),
}


def area(cord):
    spoke = cord.contour - cord.centre[:, None]
    return 0.5 * np.linalg.norm(np.cross(spoke, np.roll(spoke, -1, axis=1)).sum(axis=1), axis=1)


@pytest.mark.parametrize("neck", NECKS.values(), ids=NECKS)
def test_the_outline_is_where_the_cord_was_drawn(neck):
    volume = series(neck)
    found, drawn = find_cord(volume), cord_in(volume, neck)
    assert len(found.slices) >= len(drawn.slices) - 1
    same = np.searchsorted(-drawn.centre[:, 2], -found.centre[:, 2] - 0.3)
    np.testing.assert_array_equal(found.slices, drawn.slices[same])
    clear = found.quality > 0.5
    assert clear.mean() > 0.5
    assert np.linalg.norm(found.centre - drawn.centre[same], axis=1)[clear].max() < 0.7
    assert abs(np.median(area(found)[clear] / area(drawn)[same][clear]) - 1) < 0.04
    gap = np.abs(
        np.linalg.norm(found.contour - found.centre[:, None], axis=2)
        - np.linalg.norm(drawn.contour - drawn.centre[:, None], axis=2)[same]
    )
    assert np.percentile(gap[clear], 95) < 0.7


def test_axes_are_the_patients():
    found = find_cord(series(Neck(Contrast.T2, tilt=15)))
    assert (found.left[:, 0] > 0.99).all()
    assert (found.front[:, 1] < -0.9).all()
    assert (found.along[:, 2] < -0.9).all()
    assert (np.diff(found.position_mm) > 0).all()
    front, left = (found.contour[:, i] - found.centre for i in (0, 18))
    np.testing.assert_allclose((front * found.left).sum(axis=1), 0, atol=1e-6)
    assert ((left * found.left).sum(axis=1) > 4).all()


def test_how_the_images_are_stored_changes_nothing():
    neck = Neck(Contrast.T1)
    straight, turned = (find_cord(series(neck, flipped=flipped)) for flipped in (False, True))
    np.testing.assert_allclose(straight.contour, turned.contour, atol=0.1)
    np.testing.assert_array_equal(straight.slices, 23 - turned.slices)


def test_a_volume_is_cut_across_the_cord():
    axial = series(Neck(Contrast.T2))
    turned = replace(
        axial,
        array=axial.array.transpose(2, 1, 0),
        affine=axial.affine[:, [2, 1, 0, 3]],
        plane=Plane.SAGITTAL,
    )
    found = find_cord(turned)
    assert (found.slices == -1).all()
    np.testing.assert_allclose(np.diff(found.position_mm), 2.0, atol=0.3)
    assert abs(np.median(area(found)) / area(find_cord(axial)).mean() - 1) < 0.05


@pytest.mark.parametrize("columns", [2, 6, 12])
def test_a_few_sagittal_slices_show_no_cord(columns):
    """A strip narrower than the cord is wide has no place for its outline, and is no failure."""
    axial = series(Neck(Contrast.T2))
    first = (axial.array.shape[2] - columns) // 2
    affine = axial.affine.copy()
    affine[:3, 3] += first * affine[:3, 2]
    strip = replace(
        axial,
        array=axial.array[:, :, first : first + columns].transpose(2, 0, 1),
        affine=affine[:, [2, 0, 1, 3]],
        plane=Plane.SAGITTAL,
    )
    with pytest.raises(CordNotFoundError) as error:
        find_cord(strip)
    assert error.value.reason.key == "cord-not-found"


def test_planes_are_searched_alike_however_many_there_are():
    images = np.random.default_rng(5).rayleigh(20, (centreline.TOGETHER + 5, 40, 40)).astype(np.float32)
    images[-1] = images[0]
    found = centreline.likeness(images, 1.0, -1)
    assert found.max() > 0
    np.testing.assert_allclose(found[-1], found[0], rtol=1e-5)


def nothing(kind: str) -> Volume:
    volume = series(Neck(Contrast.T1))
    z, y, x = np.indices(volume.array.shape)
    rng = np.random.default_rng(3)
    around = np.hypot(x - 49.5, y - 49.5)
    array = {
        "noise": rng.rayleigh(20, z.shape),
        "a knee": np.where(around < 45, 100.0, 5.0) * np.where(np.abs(around - 33) < 2, 0.2, 1),
        "nothing": np.zeros(z.shape),
    }[kind]
    noise = rng.normal(0, 2, z.shape) if kind == "a knee" else 0
    affine = volume.affine @ np.diag([1, 2.5, 2.5, 1])
    return replace(volume, array=(array + noise).astype(np.float32), affine=affine)


@pytest.mark.parametrize("kind", ["noise", "a knee", "nothing"])
@pytest.mark.parametrize("contrast", [Contrast.T1, Contrast.T2])
def test_where_there_is_no_cord_none_is_found(kind, contrast):
    with pytest.raises(CordNotFoundError) as error:
        find_cord(replace(nothing(kind), contrast=contrast))
    assert error.value.reason.key == "cord-not-found"


def test_a_round_cord_is_not_the_cervical_one():
    volume = series(Neck(Contrast.T2))
    affine = volume.affine.copy()
    affine[:3, 2] *= 0.6
    with pytest.raises(CordNotFoundError) as error:
        find_cord(replace(volume, affine=affine))
    assert error.value.reason.key == "no-cervical-cord"


@pytest.mark.skipif(not REAL.exists(), reason="the real necks are not here")
@pytest.mark.parametrize(("name", "contrast"), [("t1w", Contrast.T1), ("t2", Contrast.T2)])
def test_a_real_cord_is_outlined_as_by_hand(name, contrast):
    folder = REAL / "sct_testing_data"
    volume = read_nifti(folder / f"{name}.nii.gz", contrast)
    manual = read_nifti(folder / f"{name}_seg-manual.nii.gz").array > 0
    comparison = compare(volume, find_cord(volume), manual)
    assert comparison.dice > 0.94
    assert abs(comparison.found_mm2 / comparison.manual_mm2 - 1) < 0.05


@pytest.mark.skipif(not REAL.exists(), reason="the real necks are not here")
def test_a_real_cord_encloses_its_grey_matter():
    folder = REAL / "sct_testing_data"
    volume = read_nifti(folder / "t2s_uncropped.nii.gz", Contrast.T2_STAR)
    grey = read_nifti(folder / "t2s_uncropped_gmseg_manual.nii.gz").array > 0
    cord = find_cord(volume)
    assert sorted(cord.slices) == list(range(len(volume.array)))
    for station, index in enumerate(cord.slices):
        rows, columns = np.nonzero(grey[index])
        at = np.column_stack([np.full(len(rows), index), rows, columns, np.ones(len(rows))]) @ volume.affine.T
        spoke = at[:, :3] - cord.centre[station]
        angle = np.arctan2(spoke @ cord.left[station], spoke @ cord.front[station]) % (2 * np.pi)
        radius = np.linalg.norm(cord.contour[station] - cord.centre[station], axis=1)
        edge = np.interp(angle, np.deg2rad(np.arange(73) * 5), np.append(radius, radius[0]))
        assert (np.linalg.norm(spoke, axis=1) < edge).mean() > 0.97
