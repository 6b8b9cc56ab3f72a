"""Where the tract runs by what the images say, and how sure that is."""

import numpy as np
import pytest

from processors.brain.tract.core import core_levels, ridge_evidence
from processors.brain.tract.mapping import Disc
from processors.brain.tract.place import TractPlace, locate, offsets_within, places

SEGMENTS = ("pons",) * 5 + ("internal_capsule",) * 5 + ("subcortical",) * 5
BESIDE = (2.0, -1.0)


def at(offset):
    return np.all(places() == offset, axis=1)


def evidence(*offsets, strength=8.0):
    found = np.zeros((len(SEGMENTS), len(places())))
    for offset in offsets:
        found[:, at(offset)] = strength
    return found


def test_without_evidence_it_stays_on_the_line_and_is_unsure_where_fibres_fan_out():
    place = locate([evidence()], SEGMENTS)
    assert np.all(place.offsets == 0)
    assert place.chances.sum(axis=1) == pytest.approx(1)
    assert place.chances @ places() == pytest.approx(0, abs=1e-9)
    variance = np.trace(place.spread, axis1=1, axis2=2)
    assert variance[-1] > 2 * variance[0]


def test_it_follows_a_ridge_and_is_sure_of_it():
    unsure, sure = (locate([one], SEGMENTS) for one in (evidence(), evidence(BESIDE)))
    assert np.all(sure.offsets == BESIDE)
    assert np.all(sure.chances[:, at(BESIDE)] > 0.9)
    assert np.all(np.trace(sure.spread, axis1=1, axis2=2) < np.trace(unsure.spread, axis1=1, axis2=2))


def test_of_two_ridges_alike_neither_is_believed_alone():
    place = locate([evidence((2.0, 0.0), (-2.0, 0.0))], SEGMENTS)
    for offset in ((2.0, 0.0), (-2.0, 0.0)):
        assert place.chances[:, at(offset)] == pytest.approx(0.5, abs=0.05)


def test_the_series_of_a_study_agree_upon_one_place():
    faint = evidence(BESIDE, strength=1.0)
    alone, together = (locate([faint] * n, SEGMENTS).chances[:, at(BESIDE)] for n in (1, 4))
    assert np.median(alone) < 0.5 < np.median(together)
    assert np.all(together > alone)


def test_it_is_looked_for_farther_away_in_the_capsule_and_above_than_in_the_pons():
    place = locate([evidence((6.0, 0.0), strength=20.0)], SEGMENTS)
    away = np.hypot(*place.offsets.T)
    stem = np.isin(SEGMENTS, ("pons", "cerebral_peduncle"))
    assert np.all(away[np.isin(SEGMENTS, ("corona_radiata", "subcortical"))] == 6)
    assert away[np.array(SEGMENTS) == "internal_capsule"].max() == 6
    assert away[stem].max() <= 5


def tract(change, noise):
    """White matter with a tract beside the line, node by node in voxels of their own; its discs."""
    lattice = offsets_within(13.0)
    inside = np.hypot(*(lattice - BESIDE).T) <= 3
    rng = np.random.default_rng(7)
    signal = [1 + change * inside + noise * rng.normal(size=len(lattice)) for _ in SEGMENTS]
    numbers = np.arange(len(SEGMENTS) * len(lattice)).reshape(len(SEGMENTS), -1)
    return np.concatenate(signal), [Disc(n, lattice, 2.0, np.eye(2) / 12) for n in numbers]


def evidence_of(change, noise, *, either=False):
    signal, discs = tract(change, noise)
    sound = np.ones(len(signal))
    return ridge_evidence(
        signal, sound > 0, sound, discs, darker=False, either=np.full(len(SEGMENTS), either)
    )


def test_a_ridge_means_less_where_the_series_is_uneven():
    even, uneven = (np.median(evidence_of(0.06, noise)[:, at(BESIDE)]) for noise in (0.01, 0.08))
    assert uneven < 0.5 * even


def test_a_dark_ridge_counts_only_where_a_normal_tract_is_dark():
    here = at(BESIDE)
    assert np.median(evidence_of(-0.06, 0.01)[:, here]) < 0.5
    assert np.median(evidence_of(-0.06, 0.01, either=True)[:, here]) > 4


def test_the_signal_is_the_mean_over_the_places_by_their_chances():
    signal, discs = tract(0.2, 0.0)
    sound = np.ones(len(signal))
    chances = np.zeros((len(SEGMENTS), len(places())))
    chances[:, at(BESIDE)], chances[:, at((-4.0, 3.0))] = 0.75, 0.25
    place = TractPlace(np.zeros((len(SEGMENTS), 2)), chances)
    assert core_levels(signal, sound > 0, sound, discs, place) == pytest.approx(1.15, abs=0.005)
