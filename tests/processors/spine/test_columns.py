from dataclasses import replace

import numpy as np
import pytest

from processors.acquisition import Contrast
from processors.findings import Side
from processors.spine.cross_section import sections_of
from processors.spine.measurement import has_cavity, measure_cord
from tests.processors.spine.drawn_neck import Neck, cord_in, levels_of, series


def measured(neck, **stored):
    volume = series(neck, **stored)
    cord = cord_in(volume, neck)
    return measure_cord(volume, cord, levels_of(cord))


def mean_ratio(found, side, *, corrected=True):
    return float(np.nanmean(found.ratio(side, tract=False, corrected=corrected)))


@pytest.mark.parametrize("flipped", [False, True])
def test_the_bright_column_is_on_the_side_of_the_patient_that_it_was_drawn_on(flipped):
    found = measured(Neck(left=0.2), flipped=flipped)
    assert mean_ratio(found, Side.LEFT) == pytest.approx(1.2, abs=0.02)
    assert mean_ratio(found, Side.RIGHT) == pytest.approx(1.0, abs=0.01)
    toward_left = (found.cord.contour[:, 18] - found.cord.centre)[:, 0]
    assert (toward_left > 5).all()


@pytest.mark.parametrize("change", [0.04, 0.12])
def test_a_change_of_both_columns_is_measured_as_it_was_drawn(change):
    plain, changed = measured(Neck()), measured(Neck(left=change, right=change))
    for side in Side:
        assert mean_ratio(changed, side) / mean_ratio(plain, side) == pytest.approx(1 + change, abs=0.01)


@pytest.mark.parametrize("rotation", [-10.0, 8.0])
def test_the_windows_turn_with_the_cord(rotation):
    neck = Neck(left=0.2, right=0.2, rotation=rotation)
    found = measured(neck)
    assert found.section.rotation == pytest.approx(np.full(len(found.levels), rotation), abs=0.5)
    assert mean_ratio(found, Side.LEFT) == pytest.approx(
        mean_ratio(measured(Neck(left=0.2)), Side.LEFT), abs=0.02
    )


def test_shading_is_taken_out_and_the_uncorrected_ratio_has_it():
    found = measured(Neck(slope=(0.004, -0.008)))
    assert found.slope == pytest.approx((0.004, -0.008), abs=0.001)
    assert mean_ratio(found, Side.LEFT) == pytest.approx(1.0, abs=0.01)
    uneven = mean_ratio(found, Side.LEFT, corrected=False) - mean_ratio(found, Side.RIGHT, corrected=False)
    assert uneven == pytest.approx(0.004 * 2 * 0.65 * 6.3, abs=0.01)


def test_a_bright_column_does_not_pass_for_shading():
    assert measured(Neck(left=0.2)).slope == pytest.approx((0, 0), abs=0.0005)


def test_a_voxel_of_the_unrolled_surface_lies_at_its_angle():
    found = measured(Neck(left=0.2))
    profile = np.nanmean(found.signals.unrolled / found.signals.dorsal[:, None], axis=0)
    degrees = np.arange(-180, 180, 10)
    assert profile[(degrees > 60) & (degrees < 110)].min() > 1.1
    assert profile[degrees < 0].max() < 1.05


def test_inflow_at_the_ends_is_flagged_and_a_narrow_place_is_not_called_inflow():
    found = measured(Neck(inflow=(0.9, 0.6, 0.05)))
    flagged = found.cord.slices[found.section.stations][found.inflow.flagged].tolist()
    assert set(flagged) >= {0, 1}
    assert len(flagged) <= 4, "the slices that adjoin them are left out, and no more"
    tight = measured(Neck(narrow=(-6.0, 4.0)))
    assert not tight.inflow.flagged.any()
    heights = tight.section.centre[:, 2]
    assert tight.stenotic[(heights > -5) & (heights < 3)].all()
    assert not tight.stenotic[np.abs(heights + 1) > 9].any()


def test_bright_fluid_on_t2_is_no_inflow_and_shows_a_narrow_sac():
    found = measured(Neck(Contrast.T2, narrow=(-6.0, 4.0)))
    assert not found.inflow.flagged.any()
    heights = found.section.centre[:, 2]
    inside = (heights > -5) & (heights < 3)
    assert found.stenotic[inside].all()
    assert not found.stenotic[~((heights > -7) & (heights < 5))].any()
    width = found.shape.ap_mm + found.canal.front_mm + found.canal.back_mm
    assert width[np.abs(heights) > 12] == pytest.approx(
        np.full(np.count_nonzero(np.abs(heights) > 12), 14.0), abs=0.8
    )


def test_a_cavity_is_seen_on_t1_and_t2():
    for contrast in (Contrast.T1, Contrast.T2):
        assert measured(Neck(contrast, cavity=0.35)).cavity.all()
        assert not measured(Neck(contrast)).cavity.any()


def test_a_cord_without_an_outline_has_no_sections():
    neck = Neck()
    volume = series(neck)
    cord = cord_in(volume, neck)
    cord.contour[:] = np.nan
    assert len(sections_of(cord).stations) == 0


def test_no_canal_is_read_from_a_t1_however_bright_its_surroundings():
    found = measured(Neck())
    assert np.isnan(found.canal.front_mm).all()
    assert np.isnan(found.sac_mm).all()
    assert not found.stenotic.any()


def test_a_cavity_is_longer_than_a_section():
    found = measured(Neck(Contrast.T2))
    scattered, joined = (np.zeros(len(found.cavity), dtype=bool) for _ in range(2))
    scattered[[3, 9, 15]] = True
    joined[[9, 10]] = True
    assert not has_cavity(replace(found, cavity=scattered))
    assert has_cavity(replace(found, cavity=joined))
