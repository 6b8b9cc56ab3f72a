"""Inflow is told from a narrow canal by the dark rim that fluid at rest leaves around the cord."""

import numpy as np

from processors.spine.entry_slice import Surroundings, find_inflow

STILL = 0.34


def around(annulus, rim, first=0):
    return Surroundings(np.arange(first, first + len(annulus)), np.array(annulus), np.array(rim))


def test_a_cord_that_fills_its_canal_is_not_taken_for_inflow():
    annulus = np.full(24, STILL)
    annulus[3:20] = 0.7
    found = find_inflow(around(annulus, np.full(24, 0.27)), None, 24, 3.3)
    assert not found.flagged.any()
    assert not found.tight.any()


def test_inflow_fades_from_the_end_and_takes_its_neighbours_along():
    annulus = np.full(24, STILL)
    annulus[:3] = 0.9, 0.62, 0.46
    found = find_inflow(around(annulus, annulus - 0.05), None, 24, 3.3)
    assert np.flatnonzero(found.flagged).tolist() == [0, 1, 2, 3]


def test_inflow_that_hides_the_cord_of_the_end_slice_is_seen_there():
    annulus = np.full(20, STILL)
    annulus[-1] = 0.41
    beyond = around([1.0], [1.0], first=20)
    alone = find_inflow(around(annulus, annulus - 0.05), None, 21, 5.0)
    assert not alone.flagged.any()
    found = find_inflow(around(annulus, annulus - 0.05), beyond, 21, 5.0)
    assert np.flatnonzero(found.flagged).tolist() == [18, 19]


def test_what_is_bright_in_the_middle_flows_if_it_is_long_and_is_narrow_if_it_is_short():
    annulus = np.full(24, STILL)
    annulus[8:18] = 0.65
    found = find_inflow(around(annulus, annulus - 0.05), None, 24, 3.3)
    assert np.flatnonzero(found.flagged).tolist() == list(range(7, 19))
    annulus[10:] = STILL
    found = find_inflow(around(annulus, annulus - 0.05), None, 24, 3.3)
    assert not found.flagged.any()
    assert np.flatnonzero(found.tight).tolist() == [8, 9]


def test_fluid_that_flows_through_the_whole_stack_has_no_still_slice_to_be_compared_with():
    annulus = np.full(24, 0.72)
    assert find_inflow(around(annulus, annulus - 0.05), None, 24, 3.3).flagged.all()
