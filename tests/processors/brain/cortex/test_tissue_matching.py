"""Cortex of equal iron looks alike whatever its voxels hold beside it, and dark layers stay dark."""

import numpy as np
import pytest

from processors.brain.cortex.tissue_matching import Shown, explained_by_tissues, matched

T1 = (0.4, 0.75, 1.0)
VOXELS = 6000


@pytest.fixture
def voxels():
    """Two banks: the second holds a fifth more fluid, which is dark, and the first 5 % darker deep layers."""
    rng = np.random.default_rng(5)
    bank = rng.integers(0, 2, VOXELS)
    away = rng.uniform(0.3, 4.0, VOXELS)
    fluid = np.clip(rng.normal(0.6 - 0.3 * away, 0.1) + 0.2 * bank, 0, 1)
    white = np.clip(away - 2.5, 0, 1) * (1 - fluid)
    grey = 1 - fluid - white
    points = rng.uniform(-20, 20, (VOXELS, 3))
    deep = np.interp(away, (1.0, 1.5, 2.5, 3.0), (0.0, 1.0, 1.0, 0.0)) * (bank == 0)
    signal = (0.65 * fluid + 1.0 * grey + 0.97 * white) * (1 - 0.05 * deep) * np.exp(0.004 * points[:, 1])
    signal *= rng.normal(1, 0.02, VOXELS)
    shown = Shown(fluid * T1[0] + grey * T1[1] + white * T1[2] + rng.normal(0, 0.01, VOXELS), T1)
    return signal, points, away, bank, shown


def darker(values, away, bank):
    """By how much the first bank's deep layers are darker than the second's."""
    deep = np.isfinite(values) & (away > 1.5) & (away < 2.5)
    return 1 - values[deep & (bank == 0)].mean() / values[deep & (bank == 1)].mean()


def test_fluid_and_shading_hide_a_band_and_are_taken_out(voxels):
    signal, points, away, bank, shown = voxels
    assert darker(signal, away, bank) < 0.01
    assert darker(matched(signal, points, away, bank, shown), away, bank) == pytest.approx(0.05, abs=0.012)


def test_even_banks_stay_even(voxels):
    signal, points, away, bank, shown = voxels
    bright = np.where((bank == 0) & (away > 1) & (away < 3), signal / 0.95, signal)
    assert abs(darker(matched(bright, points, away, bank, shown), away, bank)) < 0.015


def test_a_series_that_hardly_reaches_is_not_used(voxels):
    signal, points, away, bank, shown = voxels
    values = np.where(np.arange(VOXELS) < VOXELS // 2, np.nan, shown.values)
    alone = matched(signal, points, away, bank, None)
    assert np.array_equal(matched(signal, points, away, bank, Shown(values, T1)), alone)
    assert np.isfinite(alone).all()


def test_what_is_left_out_stays_unknown(voxels):
    signal, points, away, bank, shown = voxels
    signal[:10], signal[10:20] = np.nan, 0.0
    assert np.isnan(matched(signal, points, away, bank, shown)[:20]).all()
    assert np.isnan(matched(np.zeros(VOXELS), points, away, bank, shown)).all()


def test_tissues_in_any_order_explain():
    flair = (0.2, 1.0, 0.8)
    terms = explained_by_tissues(np.array([0.2, 0.8, 1.0]), flair)
    assert np.allclose(terms.sum(axis=1), 1)
