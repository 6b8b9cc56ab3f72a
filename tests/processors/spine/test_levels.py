import numpy as np
import pytest

from processors.acquisition import Contrast, Plane
from processors.spine.cord import find_cord
from processors.spine.levels import DISCS, LevelsNotFoundError, find_levels
from processors.volume import Volume

BELOW_C23 = {"C1/2": -15.5, "C2/3": 0, "C3/4": 18.5, "C4/5": 37, "C5/6": 53.5, "C6/7": 69, "C7/T1": 86}
FURTHER = (107.0, 129.0)
AREA = ((-40, 1.0), (0, 0.95), (28, 1.0), (45, 1.0), (61, 0.92), (77, 0.78), (96, 0.68), (140, 0.6))
SIGNAL = {
    Contrast.T1: {"cord": 100, "fluid": 35, "body": 95, "plate": 20, "disc": 60, "around": 70},
    Contrast.T2: {"cord": 100, "fluid": 300, "body": 80, "plate": 20, "disc": 130, "around": 60},
}


def bent_neck(contrast, degrees, scale=1.0, span=(-60.0, 135.0)):
    """A sagittal series of a neck bent by so many degrees a 100 mm, and the places of its discs."""
    slices, rows, columns, pixel, thick = 15, 200, 110, 1.0, 3.3
    affine = np.eye(4)
    affine[:3, :3] = np.array([[thick, 0, 0], [0, 0, pixel], [0, -pixel, 0]])
    affine[:3, 3] = [-thick * (slices - 1) / 2, -45.0, -span[0]]
    grid = np.indices((slices, rows, columns)).reshape(3, -1).T
    x, y, z = (grid @ affine[:3, :3].T + affine[:3, 3]).T
    curvature = np.deg2rad(degrees) / 100 + 1e-6
    middle = 40.0
    down, front = -z - middle, -y
    radius = 1 / curvature
    along = (np.arctan2(down, radius - front) / curvature + middle) / scale
    depth = np.sign(radius) * (abs(radius) - np.hypot(down, radius - front))
    if radius < 0:
        along = (np.arctan2(-down, -(radius - front)) / curvature + middle) / scale
    s = SIGNAL[contrast]
    at, size = np.array(AREA).T
    half = np.sqrt(np.interp(along, at, size))
    discs = np.array([*list(BELOW_C23.values())[1:], *FURTHER])
    nearest = np.abs(along[:, None] - discs).min(axis=1)
    signal = np.full(len(x), s["around"], dtype=float)
    spine = (depth > 8.5) & (depth < 24) & (np.abs(x) < 10) & (along > -37)
    signal[spine] = np.select(
        [nearest[spine] < 2.2, nearest[spine] < 3.4], [s["disc"], s["plate"]], s["body"]
    )
    signal[np.hypot(x / 10.5, depth / 7.2) < 1] = s["fluid"]
    signal[np.hypot(x / 6.4, depth / 4.1) < half] = s["cord"]
    signal[(np.abs(x) > 60) | (depth < -45)] = 1
    signal += np.random.default_rng(5).normal(0, 3, len(x))
    array = signal.reshape(slices, rows, columns).astype(np.float32)
    places = {}
    for name, height in BELOW_C23.items():
        turn = (height * scale - middle) * curvature
        places[name] = np.array([0.0, -radius * (1 - np.cos(turn)), -(middle + radius * np.sin(turn))])
    volume = Volume(array, affine, "1.2.3", (), "1.2", contrast, Plane.SAGITTAL)
    return volume, places


@pytest.mark.parametrize(
    ("contrast", "degrees", "scale"),
    [
        (Contrast.T1, -25.0, 1.06),
        (Contrast.T1, 30.0, 0.92),
        (Contrast.T2, -25.0, 0.92),
        (Contrast.T2, 30.0, 1.06),
    ],
)
def test_discs_are_counted_at_any_flexion(contrast, degrees, scale):
    volume, places = bent_neck(contrast, degrees, scale)
    levels = find_levels(volume, find_cord(volume))
    assert list(levels.discs) == list(DISCS)
    for name, at in places.items():
        assert np.linalg.norm(levels.discs[name] - at) < 5.0, name
    assert levels.confidence > 0.8


def test_levels_of_points_on_either_side_of_a_disc():
    volume, places = bent_neck(Contrast.T2, 10.0)
    levels = find_levels(volume, find_cord(volume))
    names = ("C2/3", "C4/5", "C7/T1")
    points = np.array([places[name] + [2.0, 1.0, up] for name in names for up in (7.0, -7.0)])
    assert levels.level_of(points) == ("C2", "C3", "C4", "C5", "C7", "")


def test_a_spine_without_discs_has_no_levels():
    volume, _ = bent_neck(Contrast.T2, 0.0)
    cord = find_cord(volume)
    blank = volume.array.copy()
    blank[:, :, :38] = 60 + np.random.default_rng(1).normal(0, 3, blank[:, :, :38].shape)
    with pytest.raises(LevelsNotFoundError) as error:
        find_levels(Volume(blank, volume.affine, "1.2.3", (), None, Contrast.T2, Plane.SAGITTAL), cord)
    assert error.value.reason.key == "level-indeterminate"
