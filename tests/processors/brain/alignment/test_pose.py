"""The search of a pose, on a head of the atlas that lies aslant."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.spatial.transform import Rotation

from processors.brain import atlas
from processors.brain.alignment.pose import AFFINE_MM, find_pose, find_poses
from processors.brain.patient_space import bounds, on_grid

BRAIN = np.array([[20.0, 18, 20], [-20, 18, 20], [0, -50, 10], [0, 70, 10], [0, 15, -30]])


@pytest.fixture(scope="module")
def aslant():
    """Colin27, turned by 12° and 8° and moved, and where points of the atlas lie in it."""
    head = atlas.image("colin27_head")
    turn = Rotation.from_euler("xz", (12, 8), degrees=True).as_matrix()
    back = sitk.AffineTransform(turn.T.ravel().tolist(), (-turn.T @ [4.0, -9.0, 15.0]).tolist())
    low, high = bounds(head)
    grid = on_grid(head, low - 20, high + 20, AFFINE_MM)
    return sitk.Resample(head, grid, back), BRAIN @ turn.T + [4.0, -9.0, 15.0]


@pytest.mark.slow
def test_the_best_of_all_poses_is_the_true_one_and_no_two_are_alike(aslant):
    image, there = aslant
    first, *others = find_poses([image, sitk.Sqrt(image)])
    apart = [np.linalg.norm(BRAIN @ p[:3, :3].T + p[:3, 3] - there, axis=1).mean() for p in (first, *others)]
    assert apart[0] < 4
    assert all(other > 10 for other in apart[1:])
    _, usual = find_pose(image)
    assert np.linalg.norm(BRAIN @ usual[:3, :3].T + usual[:3, 3] - there, axis=1).mean() < 4
