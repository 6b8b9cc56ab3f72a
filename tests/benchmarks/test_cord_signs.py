"""The cord's part of the signs benchmark counts what it says it counts."""

import os
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from benchmarks.signs import cord_summary as summary
from benchmarks.signs.choosing import CALIBRATION
from benchmarks.signs.cord import HELD_OUT
from benchmarks.signs.cord_case import _compared, _dice, _levels_off
from benchmarks.signs.cord_figure import draw_figure
from benchmarks.signs.cord_groups import GROUPS, SEEDS_A_GROUP, label_of
from benchmarks.signs.statistics import Share
from phantoms.neck_imaging import CordTruth
from phantoms.neck_variety import drawn_neck_plan
from phantoms.patient import PhantomPatient
from processors.acquisition import Contrast, Plane
from processors.depiction import CordProfile
from processors.findings import CORD_SIGNS, Side, Sign
from processors.volume import Volume

NUMBER = count(1)


def _row(label, state, sign=Sign.CORD_T1, change=0.0, seed=None, side=None, value=1.0, reasons=(), **cord):
    seed = next(NUMBER) if seed is None else seed
    sides = ("left", "right")
    values = {s: value * (1.1 if side == s else 1.0) for s in sides}
    said = {
        "change": change,
        "side": side,
        "state": state,
        "confidence": "low" if state == "present" else None,
        "reasons": list(reasons),
        "regions": {f"C4/{s}": {"value": values[s], "z": 0.0} for s in sides},
    }
    found = {
        "slices": 10,
        "outlined": 10,
        "dice": 0.95,
        "area": 0.01,
        "levelled": 10,
        "misnamed": 0,
        "furthest": 0.0,
        "bright": 0,
        "counted": 0,
        "ratios": {f"C4/{s}": values[s] for s in sides},
        "areas": {},
    }
    return {
        "group": label,
        "label": label,
        "seed": seed,
        "signs": {sign.value: said},
        "cord": {sign.value: {**found, **cord}},
    }


STRONG = label_of(Sign.CORD_T1, 0.20)
ROWS = [
    _row("healthy", "absent", seed=1, value=1.0),
    _row("healthy", "present", seed=2),
    _row("healthy", "indeterminate", seed=3, reasons=("few-slices",)),
    _row(STRONG, "present", change=0.2, seed=1, value=1.18),
    _row(STRONG, "absent", change=0.2, seed=2, value=1.1),
    _row("one side", "indeterminate", change=0.2, side="left"),
    _row("after gadolinium", "not_evaluated", change=0.2),
    _row("entry slice", "absent", reasons=("entry-slice-inflow",), bright=3),
    _row("entry slice", "absent", bright=2, counted=1),
    _row("bright fluid", "indeterminate", reasons=("entry-slice-inflow",), bright=4, counted=2),
    _row(label_of(Sign.CORD_T2, 0.30), "absent", misnamed=2, furthest=0.4),
]
SAID = summary.said_of(ROWS)


def test_only_what_is_drawn_on_both_sides_and_visible_is_a_positive():
    assert summary.sensitivity(SAID, Sign.CORD_T1, 0.20) == Share(1, 2)
    assert summary.sensitivity(SAID, Sign.CORD_T1, 0.12) == Share(0, 0)
    assert summary.false_presents(SAID, "healthy") == Share(1, 3)
    assert summary.false_presents(SAID) == Share(1, 9)
    assert summary.specificity(SAID) == Share(8, 9)
    assert "another sign" in summary.labels_of(SAID)


def test_open_decisions_and_their_reasons_are_counted():
    assert summary.undecided(SAID) == Share(1, 3)
    assert summary.reasons(SAID) == {"few-slices": 1}


def test_measured_change_is_taken_from_the_same_person_without_the_sign():
    pairs = summary.change_pairs(SAID, Sign.CORD_T1)
    assert sorted(round(p.measured, 3) for p in pairs) == [0.1, 0.1, 0.18, 0.18]
    assert summary.change_pairs(SAID, Sign.CORD_T1, 0.12) == ()


def test_a_side_is_wrong_where_the_other_one_stands_out_more():
    assert summary.laterality_errors(SAID) == Share(0, 1)
    swapped = [replace(s, side="right") if s.side else s for s in SAID]
    assert summary.laterality_errors(swapped) == Share(1, 1)


def test_inflow_must_be_told_and_not_measured():
    assert summary.inflow_reported(ROWS) == Share(2, 3)
    assert summary.inflow_counted(ROWS) == Share(1, 9)
    verdicts = {c.name: c.met for c in summary.criteria(SAID, ROWS)}
    assert verdicts["inflow always reported"] is False
    assert verdicts["inflow never counted"] is False
    assert verdicts["no laterality error"] is True
    assert verdicts["area -10 %: median error ≤ .02"] is None


def test_levels_and_outlines_are_added_up():
    found = summary.geometry_of(ROWS, Sign.CORD_T1)
    assert found.series == len(ROWS)
    assert found.misnamed == Share(2, 110)
    assert found.furthest == 0.4


def test_groups_are_many_and_mostly_negative():
    assert sum(group.patients for group in GROUPS) >= 150
    assert len({group.name for group in GROUPS}) == len(GROUPS)
    assert max(group.patients for group in GROUPS) <= SEEDS_A_GROUP
    assert max(group.place for group in GROUPS) * SEEDS_A_GROUP < HELD_OUT - CALIBRATION
    for sign in CORD_SIGNS:
        drawn = sum(g.patients for g in GROUPS if sign in g.patient(g.seed(HELD_OUT, 0)).signs)
        assert 0 < drawn < sum(g.patients for g in GROUPS) / 2


def test_twins_differ_by_the_sign_alone():
    by_name = {group.name: group for group in GROUPS}
    healthy, strong = by_name["healthy"], by_name["T1 +20 %"]
    seed = healthy.seed(HELD_OUT, 3)
    assert seed == strong.seed(HELD_OUT, 3)
    assert replace(strong.patient(seed), signs={}) == healthy.patient(seed)


def _square(place=1.5, level="C2"):
    inside = np.zeros((1, 40, 40), dtype=np.float32)
    inside[0, 10:20, 15:25] = 1
    return CordTruth(inside, (level,), np.zeros(1), np.array([100.0]), np.array([place]), np.zeros(1))


def test_dice_of_an_outline_with_the_cord():
    volume = Volume(np.zeros((1, 40, 40), np.float32), np.eye(4), "1.2", ())
    corners = np.array([[0, 9.5, 14.5], [0, 9.5, 24.5], [0, 19.5, 24.5], [0, 19.5, 14.5]])
    assert _dice(corners, volume, 0, _square()) == 1.0
    assert _dice(corners + np.array([0, 5, 0]), volume, 0, _square()) == pytest.approx(0.5)
    assert _dice(corners + np.array([0, 0, 90]), volume, 0, _square()) == 0.0


def test_a_level_is_wrong_by_what_lies_between_it_and_the_slice():
    assert _levels_off("C2", _square(), 0) == 0.0
    assert _levels_off("C3", _square(place=1.8), 0) == pytest.approx(0.2)
    assert _levels_off("C2", _square(place=3.25), 0) == pytest.approx(1.25)


def test_a_profile_is_compared_with_the_truth_of_its_series():
    patient = PhantomPatient(3, entry_slice=True)
    plan = drawn_neck_plan(patient, Contrast.T1, Plane.AXIAL)
    geometry = plan.geometry
    volume = Volume(
        np.zeros(geometry.shape, np.float32),
        geometry.affine,
        "1.2",
        (),
        contrast=Contrast.T1,
        plane=Plane.AXIAL,
    )
    slices = geometry.shape[0]
    far_off = geometry.affine[:3, 3] + np.outer(np.arange(slices), geometry.affine[:3, 0])
    circle = np.array([[0, 0, 0], [5, 0, 0], [5, 5, 0.0]])
    profile = CordProfile(
        Sign.CORD_T1,
        "1.2",
        np.arange(slices, dtype=float),
        ("C1",) * slices,
        {side: np.ones(slices) for side in Side},
        np.ones(slices),
        np.ones(slices),
        np.ones(slices, dtype=bool),
        np.full(slices, 80.0),
        far_off[:, None] + circle,
        np.zeros(1),
        np.zeros((slices, 1)),
    )
    found = _compared(patient, volume, {(Contrast.T1, Plane.AXIAL): plan}, profile)
    assert found["outlined"] == found["slices"] == found["levelled"]
    assert found["dice"] == 0.0
    assert found["misnamed"] > 0
    assert 0 < found["counted"] <= found["bright"]
    assert set(found["areas"].values()) == {80.0}
    assert set(found["ratios"].values()) == {1.0}


def test_the_figure_can_be_drawn(tmp_path):
    draw_figure(SAID, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 5000
