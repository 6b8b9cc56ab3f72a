"""Discs are counted by the bodies between them, and by where the cord begins under the medulla."""

from itertools import pairwise

import numpy as np
import pytest

from processors.spine.vertebral_template import (
    AREA_AT_MM,
    AREA_MM2,
    BELOW_C23_MM,
    C12_ABOVE_C23_MM,
    NAMED,
    fit_template,
)

LENGTH, MEDULLA_ENDS = 280, 40
C23 = 76
DISCS = C23 + np.concatenate([[0.0], np.cumsum(BELOW_C23_MM)])


def profile(discs, others=(), strength=1.5):
    """Likeness to a disc along the spine: high at discs and at other things, low between them."""
    at = np.arange(LENGTH, dtype=float)
    likeness = np.full(LENGTH, -0.8)
    for place, height in [*((disc, strength) for disc in discs), *others]:
        likeness = np.maximum(likeness, height * np.exp(-0.5 * ((at - place) / 3.0) ** 2) - 0.3)
    return likeness


def area():
    below = np.arange(LENGTH) - C23
    found = np.interp(below, AREA_AT_MM, AREA_MM2)
    found[:MEDULLA_ENDS] = np.nan
    return found


def constant():
    """Of a cord whose size says nothing."""
    return np.where(np.arange(LENGTH) < MEDULLA_ENDS, np.nan, 75.0)


def off(fit):
    return np.abs(fit.discs_mm[1:] - DISCS[:NAMED]).max()


def test_discs_are_found_where_they_are():
    fit = fit_template(profile(DISCS), area())
    assert off(fit) <= 2
    assert fit.discs_mm[0] == pytest.approx(C23 - C12_ABOVE_C23_MM, abs=3)
    assert fit.confidence > 0.9


def test_bodies_that_are_uneven_make_a_count_less_sure():
    """As where every second disc of a count lies in the middle of a body."""
    middles = [((a + b) / 2, 1.5) for a, b in pairwise(DISCS)]
    even, uneven = (fit_template(profile(DISCS, others), constant()) for others in ((), middles))
    assert uneven.confidence < 0.7 < even.confidence


def test_the_beginning_of_the_cord_decides_where_the_axis_looks_like_a_vertebra():
    alike = C23 + 18.0 * np.arange(-1, 10)
    fit = fit_template(profile(alike), constant())
    assert fit.discs_mm[1] == pytest.approx(C23, abs=3)


def test_a_spine_without_discs_leaves_the_count_open():
    noise = np.random.default_rng(1).normal(0, 0.3, LENGTH)
    assert fit_template(noise, area()).confidence < 0.7
