import numpy as np
import pytest

from processors.spine.cord import ANGLES, Cord
from processors.spine.cross_section import sections_of
from processors.spine.shape import shape_of
from tests.processors.spine.drawn_neck import HALF_AP, HALF_RL, Neck, cord_in, series


def outlined(radius):
    """A cord whose outline has these radii at the angles from the front to the left."""
    angle = np.deg2rad(ANGLES)
    flat = np.stack([np.sin(angle), -np.cos(angle), np.zeros(72)], axis=1) * radius[:, None]
    height = np.stack([np.zeros(5), np.zeros(5), -3.0 * np.arange(5)], axis=1)
    ones = np.ones((5, 1))
    return Cord(
        3.0 * np.arange(5),
        height,
        ones * [1.0, 0, 0],
        ones * [0, -1.0, 0],
        ones * [0, 0, -1.0],
        flat[None] + height[:, None],
        np.ones(5),
        np.arange(5),
        np.zeros(5),
    )


def ellipse():
    angle = np.deg2rad(ANGLES)
    return 1 / np.hypot(np.sin(angle) / HALF_RL, np.cos(angle) / HALF_AP)


@pytest.mark.parametrize("tilt", [0.0, 25.0])
def test_area_and_diameters_are_those_across_the_cord_however_the_slices_lean(tilt):
    neck = Neck(tilt=tilt)
    cord = cord_in(series(neck), neck)
    shape = shape_of(cord, sections_of(cord))
    assert shape.area_mm2 == pytest.approx(np.full(24, np.pi * HALF_RL * HALF_AP), rel=0.01)
    assert shape.ap_mm == pytest.approx(np.full(24, 2 * HALF_AP), rel=0.01)
    assert shape.rl_mm == pytest.approx(np.full(24, 2 * HALF_RL), rel=0.01)
    assert (shape.solidity > 0.99).all()


def test_a_tenth_less_area_is_measured_as_a_tenth():
    found = []
    for scale in (1.0, 0.9):
        neck = Neck(scale=scale)
        cord = cord_in(series(neck), neck)
        found.append(shape_of(cord, sections_of(cord)).area_mm2.mean())
    assert found[1] / found[0] == pytest.approx(0.9, abs=0.002)


def test_a_sunken_front_is_measured_and_a_fissure_is_not():
    angle = np.minimum(ANGLES, 360 - ANGLES)
    sunken = outlined(ellipse() - 1.5 * np.exp(-((angle / 28) ** 2)))
    fissured = outlined(ellipse() - np.where(angle < 4, 1.5, 0.0))
    plain = outlined(ellipse())
    depths = [shape_of(one, sections_of(one)).concavity_mm.mean() for one in (sunken, fissured, plain)]
    assert 0.5 < depths[0] < 1.5
    assert depths[1] < 0.1
    assert depths[2] < 0.02
    assert shape_of(sunken, sections_of(sunken)).solidity.mean() < 0.98
