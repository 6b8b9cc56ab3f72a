"""What is on the left of a picture is the patient's right, however the scanner stored it."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from phantoms.geometry import stack
from phantoms.imaging import head_volume
from phantoms.patient import PhantomPatient
from processors.acquisition import Contrast, Plane
from processors.findings import Side
from reports.key_images.slices import Field, cut, cutting_axis, letters
from reports.key_images.tiles import outlined

from .made_up import tract_map, volume

ORIENTATIONS = [(axes, flips) for axes in permutations(range(3)) for flips in product((1, -1), repeat=3)]


def stored(axes, flips, turn=0.0):
    """A cube of 2 mm voxels with a bright spot to the patient's left, in front and above its middle."""
    cosine, sine = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    steps = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])[:, list(axes)] * flips * 2.0
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = steps, steps @ np.full(3, -19.5)
    index = np.linalg.solve(steps, np.array([24.0, -14.0, 8.0])) + 19.5
    array = np.zeros((40, 40, 40), dtype=np.float32)
    array[tuple(np.rint(index).astype(int))] = 100.0
    return replace(volume(), array=array, affine=affine)


def spot(one, plane):
    axis = cutting_axis(one, plane)
    index = int(np.argwhere(one.array > 50)[0][axis])
    shown = cut(one, axis, index)
    row, column = np.argwhere(shown.pixels > 50)[0]
    return shown, "above" if row < 19.5 else "below", "right" if column > 19.5 else "left"


@pytest.mark.parametrize(("axes", "flips"), ORIENTATIONS)
def test_pictures_are_turned_as_radiologists_look_at_them(axes, flips):
    for turn in (0.0, 12.0, -20.0):
        one = stored(axes, flips, turn)
        axial, high, across = spot(one, Plane.AXIAL)
        assert (high, across) == ("above", "right")
        assert [letter[0] for letter in axial.letters] == ["R", "L", "A", "P"]
        assert axial.place == ("H", pytest.approx(8.0, abs=1.01))
        assert spot(one, Plane.CORONAL)[1:] == ("above", "right")
        sagittal, high, across = spot(one, Plane.SAGITTAL)
        assert (high, across) == ("above", "left")
        assert [letter[0] for letter in sagittal.letters] == ["A", "P", "H", "F"]


def test_letters_of_oblique_directions():
    assert letters(np.array([0.0, 0.0, 3.0])) == "H"
    assert letters(np.array([-1.0, 0.1, 0.0])) == "R"
    assert letters(np.array([-1.0, 0.5, 0.0])) == "RP"
    assert letters(np.array([0.4, -0.8, -0.5])) == "AFL"


@pytest.fixture(scope="module")
def stroke():
    """A head on T2 with an old infarct, as bright as fluid, in the left hemisphere."""
    geometry = stack(
        Plane.AXIAL, centre=(0, 18, 6), slices=24, slice_thickness=6.0, pixel=4.0, matrix=(46, 56)
    )
    patient = PhantomPatient(5, infarct=Side.LEFT, snr=1e6, bias=0.0, rotation=0.0)
    return head_volume(patient, Contrast.T2, geometry)


@pytest.mark.parametrize("axes", list(permutations(range(3))))
def test_an_infarct_of_the_left_hemisphere_is_on_the_right_of_the_picture(stroke, axes):
    """Proven on anatomy that no label speaks of, with the rows, columns and slices stored in any order."""
    affine = stroke.affine[:, [*axes, 3]]
    one = replace(stroke, array=stroke.array.transpose(axes), affine=affine)
    axis = cutting_axis(one, Plane.AXIAL)
    assert axis == axes.index(0)
    index = round((36.0 - affine[2, 3]) / affine[2, axis])
    shown = cut(one, axis, index)
    middle = round(float(shown.row_column(np.zeros((1, 3)))[0, 1]))
    fluid = shown.pixels > 2.5
    assert fluid[:, middle + 1 : middle + 14].sum() > 5 * fluid[:, middle - 13 : middle].sum()


def test_long_voxels_are_shown_as_they_were_acquired():
    sagittal = replace(stored((0, 1, 2), (1, 1, 1)), array=np.zeros((12, 40, 40), np.float32))
    sagittal.affine[:3, 0] *= 3
    assert cutting_axis(sagittal, Plane.AXIAL) == 0
    assert cut(sagittal, 0, 3).plane is Plane.SAGITTAL
    sagittal.affine[:3, 0] /= 3
    assert cutting_axis(sagittal, Plane.AXIAL) == 2


def test_a_field_keeps_proportions_and_places():
    one = volume(shape=(4, 40, 60), spacing=(5.0, 3.0, 1.0))
    shown = cut(one, 0, 2)
    field = Field((19.5, 29.5), (240, 120), 2.0)
    at = shown.row_column(np.array([[10.0, 0.0, 99.0], [0.0, -30.0, 0.0]]))
    assert field.pixel_of(shown, at) == pytest.approx(np.array([[119.5, 79.5], [59.5, 59.5]]))


def test_outlines_leave_what_they_surround_as_it_is():
    one = volume()
    shown = cut(one, 0, 10, tract_map(one))
    field = Field((29.5, 24.5), (300, 250), 1.0)
    labels = field.labels(shown)
    grey = np.full(labels.shape, 77, np.uint8)
    rgb = outlined(grey, labels, {5: (255, 0, 0), 6: (0, 255, 0)})
    assert set(np.unique(labels)) == {0, 5, 6}
    assert (rgb[labels > 0] == 77).all()
    assert (rgb[:, :125] == (0, 255, 0)).all(axis=2).sum() > 40
    assert (rgb[:, 125:] == (255, 0, 0)).all(axis=2).sum() > 40
    assert not (rgb[:, :125] == (255, 0, 0)).all(axis=2).any()
