"""A plaque is a lesion, a bright tract is not."""

import numpy as np
import pytest

from processors.brain.tract.lesions import find_lesions

SHAPE = (40, 40, 40)


@pytest.fixture
def white_matter():
    """Signal of even white matter in voxels of 2 mm; the tract runs up through the middle."""
    indices = np.indices(SHAPE).reshape(3, -1).T
    rng = np.random.default_rng(9)
    return rng.normal(1, 0.04, len(indices)), indices


def found(relative, indices):
    distance = 2.0 * np.hypot(indices[:, 1] - 20, indices[:, 2] - 20)
    everywhere = np.ones(len(indices), dtype=bool)
    points = 2.0 * (indices[:, ::-1] - (10, 20, 20))
    return find_lesions(relative, indices, everywhere, distance, points, 8.0)


def ball(indices, centre, radius):
    return np.linalg.norm(indices - centre, axis=1) <= radius


def tube(indices):
    return np.hypot(indices[:, 1] - 20, indices[:, 2] - 20) <= 1.5


def test_noise_is_no_lesion(white_matter):
    assert not found(*white_matter).any()


@pytest.mark.parametrize("signal", [1.6, 0.65])
def test_a_plaque_beside_the_tract_is_found_bright_or_dark(white_matter, signal):
    relative, indices = white_matter
    plaque = ball(indices, (20, 20, 32), 3)
    lesion = found(np.where(plaque, signal * relative, relative), indices)
    assert np.mean(lesion[plaque]) > 0.95
    assert not lesion[~plaque].any()


def test_a_plaque_in_the_tract_is_found(white_matter):
    relative, indices = white_matter
    plaque = ball(indices, (20, 20, 20), 3)
    assert np.mean(found(np.where(plaque, 1.9 * relative, relative), indices)[plaque]) > 0.95


@pytest.mark.parametrize("signal", [1.2, 1.35, 1.8])
def test_a_tract_bright_over_its_whole_length_is_no_lesion(white_matter, signal):
    relative, indices = white_matter
    assert not found(np.where(tube(indices), signal * relative, relative), indices).any()


def test_parts_of_a_bright_tract_are_no_lesions(white_matter):
    relative, indices = white_matter
    weaker = tube(indices) & (indices[:, 0] % 8 == 0)
    relative[tube(indices)] *= 1.5
    relative[weaker] *= 0.93
    assert not found(relative, indices).any()


def test_a_thin_bright_tract_broken_by_noise_is_no_lesion_but_a_plaque_in_it_is(white_matter):
    """Of a tract of 20 mm² the brightest short piece is compared with the tract, not with all around it."""
    relative, indices = white_matter
    thin = np.hypot(indices[:, 1] - 20, indices[:, 2] - 20) <= 1
    relative[thin] *= 1.35
    piece = thin & (np.abs(indices[:, 0] - 20) <= 2)
    assert not found(np.where(piece, 1.15 * relative, relative), indices).any()
    plaque = ball(indices, (20, 20, 20), 3)
    assert np.mean(found(np.where(plaque, 2.1, relative), indices)[plaque]) > 0.9


def test_fibres_that_leave_the_line_below_the_cortex_are_no_lesion_but_a_plaque_there_is(white_matter):
    relative, indices = white_matter
    high = indices + np.array([26, 0, 0])
    fan = np.hypot(high[:, 1] - 20, high[:, 2] - 25) <= 1.5
    fan &= (high[:, 0] > 46) & (high[:, 0] < 52)
    assert not found(np.where(fan, 1.28 * relative, relative), high).any()
    plaque = ball(high, (49, 20, 25), 3)
    assert np.mean(found(np.where(plaque, 1.9 * relative, relative), high)[plaque]) > 0.9


def test_a_single_bright_voxel_is_no_lesion(white_matter):
    relative, indices = white_matter
    relative[1234] = 3.0
    assert not found(relative, indices).any()


def test_without_white_matter_nothing_is_found():
    assert not found(np.full(50, 5.0), np.indices((50, 1, 1)).reshape(3, -1).T).any()


@pytest.mark.parametrize(("radius", "lesion"), [(4.5, False), (13.5, True)])
def test_a_long_tract_beside_its_usual_place_is_no_lesion_but_a_wide_one_is(white_matter, radius, lesion):
    relative, indices = white_matter
    beside = np.hypot(indices[:, 1] - 20, indices[:, 2] - 24) <= radius / 2
    bright = beside & (indices[:, 0] > 8) & (indices[:, 0] < 32)
    assert (np.mean(found(np.where(bright, 1.6 * relative, relative), indices)[bright]) > 0.5) == lesion


@pytest.mark.parametrize(("away", "tract"), [(3, True), (8, False)])
def test_a_tract_at_the_edge_of_its_place_is_none_in_its_outer_part_either(white_matter, away, tract):
    """Only its outer half is bright enough beside the place, only its middle within."""
    relative, indices = white_matter
    across = np.hypot(indices[:, 1] - 20, indices[:, 2] - 20 - away)
    strand = across <= 1.5
    changed = np.where(strand, np.where(across <= 0.5, 1.5, 1.4) * relative, relative)
    assert bool(found(changed, indices)[strand].any()) is not tract


def two_tracts(indices, aside, back):
    """Strands of 6 mm on both sides, beside their place, and the distance to it in millimetres."""
    away = [np.hypot(indices[:, 1] - 20, indices[:, 2] - (20 + side)) for side in (-8, 8)]
    strands = [
        np.hypot(indices[:, 1] - 20 - back, indices[:, 2] - (20 + side)) <= 1.5
        for side in (-8 - aside, 8 + aside)
    ]
    return strands, 2.0 * np.minimum(*away)


@pytest.mark.parametrize(("both", "share"), [(True, 0.0), (False, 1.0)])
def test_slender_strands_behind_their_place_are_the_tracts_if_they_mirror_each_other(
    white_matter, both, share
):
    relative, indices = white_matter
    strands, distance = two_tracts(indices, aside=0, back=4)
    here = strands[0] | strands[1] if both else strands[0]
    everywhere = np.ones(len(indices), dtype=bool)
    points = 2.0 * (indices[:, ::-1] - (20, 20, 20))
    lesion = find_lesions(
        np.where(here, 1.35 * relative, relative), indices, everywhere, distance, points, 8.0
    )
    assert np.mean(lesion[strands[0] & (distance > 8)]) == pytest.approx(share, abs=0.05)
