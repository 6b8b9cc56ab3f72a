"""A series at the resolution it is aligned at still lies where it lay."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.spatial.transform import Rotation

from processors.brain.alignment.mutual_information import LEVER_MM, linear
from processors.brain.alignment.working_image import coarser, part_of, working_image
from processors.brain.patient_space import points_of_grid
from processors.volume import Volume


def blob(affine):
    z, y, x = np.indices((40, 50, 60))
    array = 100 * np.exp(-((z - 18) ** 2 + (y - 22) ** 2 + (x - 35) ** 2) / 60)
    return Volume(array.astype(np.float32), affine, "1.2.3", ()), affine @ [18, 22, 35, 1]


def centre(image):
    weight = sitk.GetArrayFromImage(image).ravel()
    return weight @ points_of_grid(image) / weight.sum()


def test_smoothed_and_resampled_a_blob_stays_in_its_place():
    volume, place = blob(np.array([[0, 0, 1.1, -20], [0, -1.3, 0, 50], [1.7, 0, 0, -70], [0, 0, 0, 1]]))
    image = working_image(volume)
    for seen in (image, coarser(image, 4.0), part_of(image, place[:3] - 18, place[:3] + 18)):
        assert np.abs(centre(seen) - place[:3]).max() < 0.5


def test_a_part_is_never_thinner_than_four_voxels():
    image = working_image(blob(np.diag([1.0, 1, 1, 1]))[0])
    assert min(part_of(image, np.array([5.0, 5, 5]), np.array([5.0, 5, 5])).GetSize()) >= 4
    assert min(part_of(image, np.full(3, 900.0), np.full(3, 950.0)).GetSize()) >= 4


def test_a_linear_map_turns_about_its_point():
    about = np.array([3.0, -4.0, 5.0])
    moves = np.array([4.0, -6.0, 9.0, 1.0, 2.0, 3.0])
    found = linear(moves, about)
    assert found[:3, :3] == pytest.approx(Rotation.from_rotvec(moves[:3] / LEVER_MM).as_matrix())
    assert found[:3, :3] @ about + found[:3, 3] == pytest.approx(about + moves[3:])
