"""How far the atlas would move, on the atlas' own tissue."""

import numpy as np
import pytest

from processors.brain.alignment.assessment import MAX_SLIP_MM
from processors.brain.alignment.slip import slip_mm, tissues_around
from processors.brain.alignment.tissue_model import brain_mask, probabilities, tissue_maps
from processors.brain.patient_space import sample


@pytest.fixture(scope="module")
def inside():
    """Points of the brain off the atlas' voxels, LPS millimetres."""
    at = np.random.default_rng(4).uniform((-70, -90, -50), (70, 90, 90), (60000, 3))
    return at[sample(brain_mask() * 1.0, at) > 0.5]


@pytest.mark.parametrize("move", [(0, 0, 0), (2, 0, 0), (0, -2, 0), (0, 0, 2)])
def test_tissue_some_voxels_away_is_that_of_points_moved_as_far(inside, move):
    maps = tissue_maps()
    lps = np.array(maps.TransformIndexToPhysicalPoint(move[::-1])) - maps.GetOrigin()
    assert np.allclose(tissues_around(inside).at(move), probabilities(inside + lps), atol=1e-4)


@pytest.mark.parametrize("shift", [(3, 0, 0), (0, -3, 0), (0, 0, 3)])
def test_a_signal_that_lies_beside_the_atlas_slips(inside, shift):
    around = tissues_around(inside)
    there, beside = (probabilities(inside + move) @ [1.0, 0.7, 0.2] for move in ((0, 0, 0), shift))
    assert slip_mm(there, inside, around) < 0.5
    assert slip_mm(beside, inside, around) > MAX_SLIP_MM


def test_where_half_of_the_brain_is_not_seen_a_number_comes_out(inside):
    seen = inside[inside[:, 0] > 0]
    signal = probabilities(seen) @ [1.0, 0.7, 0.2]
    assert slip_mm(signal, seen, tissues_around(seen)) < 1.0
