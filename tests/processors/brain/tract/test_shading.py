"""Shading is fitted to white matter and blind to the tract."""

import numpy as np
import pytest

from processors.brain.signal_quality import spread
from processors.brain.tract.shading import shading


@pytest.fixture
def points():
    return np.random.default_rng(5).uniform(-60, 60, (5000, 3))


def test_a_smooth_field_is_recovered(points):
    field = np.exp(0.002 * points[:, 0] - 0.00003 * points[:, 2] ** 2)
    found = shading(300 * field, points, np.ones(len(points), bool))
    assert np.std(np.log(found / field)) < 1e-6


def test_what_is_left_out_does_not_bend_the_field(points):
    tract = np.hypot(points[:, 0] - 20, points[:, 1]) < 8
    found = shading(np.where(tract, 390.0, 300.0), points, ~tract)
    assert np.allclose(found, 1, atol=1e-6)


def test_outliers_are_trimmed(points):
    rng = np.random.default_rng(6)
    signal = 300 + rng.normal(0, 6, len(points))
    signal[points[:, 0] > 50] = 120
    found = shading(signal, points, np.ones(len(points), bool))
    assert np.abs(found - 1).max() < 0.03


def test_too_few_voxels_are_left_alone(points):
    few = np.zeros(len(points), bool)
    few[:100] = True
    assert np.all(shading(np.full(len(points), 3.0), points, few) == 1)


def test_spread_of_nothing_is_not_small():
    assert spread(np.array([])) == float("inf")
    assert spread(np.random.default_rng(7).normal(100, 5, 20000)) == pytest.approx(0.05, rel=0.05)
