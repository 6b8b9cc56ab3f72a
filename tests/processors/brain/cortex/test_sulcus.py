"""The central sulcus: where the atlas has it, and found again where a person's lies elsewhere."""

import numpy as np
import pytest

from processors.brain.cortex.sulcus import Seen, find_sulcus, from_atlas, next_sulcus
from processors.brain.cortex.sulcus_prior import atlas_sheet
from processors.findings import MOTOR_BAND_REGIONS, Side

from .drawn_cortex import alignment, registered, t1, tissues

CLEAR = slice(2, 8)


@pytest.mark.parametrize("side", Side)
def test_the_sheet_lies_on_its_side_from_the_midline_outwards(side):
    sheet = atlas_sheet(side)
    outward = sheet.points[:, 0, 0] * (1 if side is Side.LEFT else -1)
    assert np.all(outward > 0)
    assert outward[0] < 8
    assert outward[-1] > 60
    assert tuple(dict.fromkeys(sheet.regions)) == MOTOR_BAND_REGIONS
    assert np.all(np.diff(sheet.depth_mm) > 0)


def test_the_hand_knob_of_the_atlas_is_where_it_is_published():
    """About 37, -25, 62 mm (right, anterior, superior): in the intermediate region, close to the sheet."""
    sheet = atlas_sheet(Side.LEFT)
    distance = np.linalg.norm(sheet.points - np.array([37.0, 25.0, 62.0]), axis=-1)
    place = np.unravel_index(np.argmin(distance), distance.shape)
    assert distance.min() < 5
    assert sheet.regions[place[0]] == "intermediate"


@pytest.fixture(scope="module")
def unmoved():
    shown = t1()
    return {s: find_sulcus(s, registered(), [Seen.of(shown, alignment(None, *tissues(shown)))]) for s in Side}


@pytest.mark.parametrize("side", Side)
def test_in_the_atlas_itself_the_sulcus_stays_where_it_is(unmoved, side):
    moved = np.abs(unmoved[side].displacement_mm[:, CLEAR])
    assert np.median(moved) < 0.8
    assert np.mean(unmoved[side].agreement[:, CLEAR] > 0.3) > 0.7


@pytest.mark.parametrize("forward", [-3.0, 4.0])
def test_a_sulcus_that_lies_elsewhere_is_found_there(unmoved, forward):
    shown = t1(forward)
    seen = [Seen.of(shown, alignment(None, *tissues(shown)))]
    for side in Side:
        found = find_sulcus(side, registered(), seen)
        shift = found.sheet.points - unmoved[side].sheet.points
        along_normal = (shift * unmoved[side].normals).sum(axis=-1)[5:-5, CLEAR]
        expected = (-forward * unmoved[side].normals[..., 1])[5:-5, CLEAR]
        assert np.median(np.abs(along_normal - expected)) < 0.8


@pytest.mark.parametrize("side", Side)
def test_the_normals_point_forward_and_the_next_sulci_lie_on_either_side(unmoved, side):
    central = unmoved[side]
    assert np.all(central.normals[..., 1].mean(axis=1) < 0)
    shown = t1()
    seen = [Seen.of(shown, alignment(None, *tissues(shown)))]
    for forward, sign in ((True, -1), (False, 1)):
        beyond = next_sulcus(central, seen, forward=forward)
        offset = (beyond.sheet.points - central.sheet.points)[..., 1] * sign
        assert np.mean(offset > 4) > 0.9


def test_without_contrast_it_stays_where_the_atlas_has_it():
    flat = Seen.of(t1(), alignment(None, 100.0, 101.0, 100.0))
    found = find_sulcus(Side.LEFT, registered(), [flat])
    assert not found.agreement.any()
    assert np.allclose(found.sheet.points, atlas_sheet(Side.LEFT).points)


def test_the_map_of_the_atlas_is_inverted():
    registration = registered()
    at = np.array([[30.0, 20.0, 60.0], [-40.0, 10.0, 50.0]])
    assert np.allclose(registration.to_atlas(from_atlas(registration, at)), at, atol=1e-3)
