"""The benchmark of the cortical signs counts what it says it counts."""

import os
from collections import Counter
from dataclasses import replace

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from benchmarks.signs import motor_band_summary as summary
from benchmarks.signs.brain_summary import false_presents, of_sign, said_of, sensitivity, specificity
from benchmarks.signs.choosing import CALIBRATION, cases_of
from benchmarks.signs.motor_band import HELD_OUT
from benchmarks.signs.motor_band_figure import draw_figure
from benchmarks.signs.motor_band_groups import AGED_BAND, BY_NAME, GROUPS, PLACES, SEEDS_A_GROUP
from benchmarks.signs.statistics import Share
from phantoms.susceptibility import aged_iron
from processors.acquisition import Contrast
from processors.findings import Side, Sign


def _row(
    group, label, seed, state, change=0.0, side=None, ratios=(0.95, 0.95), total=0, sign="motor_band", age=45
):
    regions = {
        f"{part}/{name}": {"ratio": ratio, "z": None, "grade_sum": float(total)}
        for name, ratio in zip(("left", "right"), ratios, strict=True)
        for part in ("medial", "lateral")
    }
    said = {
        "change": change,
        "side": side,
        "state": state,
        "confidence": "low" if state == "present" else None,
        "reasons": [],
        "regions": regions,
    }
    return {"group": group, "label": label, "seed": seed, "age": age, "signs": {sign: said}}


ROWS = [
    _row("healthy", "healthy", 1, "absent"),
    _row("healthy", "healthy", 2, "indeterminate", total=2),
    _row("+20 ppb", "moderate", 1, "present", 20.0, total=6),
    _row("+20 ppb", "moderate", 2, "absent", 20.0, total=3, age=66),
    _row("+40 ppb", "severe", 3, "present", 40.0, total=11),
    _row("one side", "one side", 4, "absent", 40.0, "left", (0.8, 0.97)),
    _row("one side", "one side", 5, "absent", 40.0, "right", (0.8, 0.97)),
    _row("central veins", "central veins", 6, "present"),
    _row("3-D T1, precentral -30 %", "severe", 7, "absent", -0.3, sign="precentral_atrophy"),
]
SAID = said_of(ROWS)
BAND = of_sign(SAID, Sign.MOTOR_BAND)


def test_sensitivity_and_specificity_are_of_their_own_sign():
    assert sensitivity(BAND, "moderate") == Share(1, 2)
    assert specificity(BAND) == Share(4, 5)
    assert false_presents(BAND, "central veins") == Share(1, 1)
    assert sensitivity(of_sign(SAID, Sign.PRECENTRAL_ATROPHY), "severe") == Share(0, 1)
    assert summary.left_open(BAND) == Share(1, 5)


def test_a_band_in_aged_cortex_is_neither_missed_nor_false():
    for state in ("present", "indeterminate"):
        aged = said_of([*ROWS, _row("+40 ppb with iron of age", AGED_BAND, 8, state, 40.0, age=70)])
        assert specificity(of_sign(aged, Sign.MOTOR_BAND)) == specificity(BAND)
        assert sensitivity(of_sign(aged, Sign.MOTOR_BAND), "severe") == sensitivity(BAND, "severe")


def test_iron_of_age_is_drawn_where_a_group_says_so_alone():
    for name in ("+11 ppb", "+20 ppb", "+40 ppb"):
        group = BY_NAME[name]
        assert all(aged_iron(group.patient(group.seed(HELD_OUT, n))) == 0 for n in range(group.patients))
    group = BY_NAME["+40 ppb with iron of age"]
    for number in range(group.patients):
        patient = group.patient(group.seed(HELD_OUT, number))
        assert patient.age >= 62
        assert aged_iron(patient) >= 12
        assert patient.change(Sign.MOTOR_BAND) == 40


def test_the_darker_side_is_the_one_with_the_lower_ratio():
    assert summary.laterality_errors(BAND) == Share(1, 2)


def test_criteria_name_every_confounder():
    verdicts = {c.name: c.met for c in summary.criteria(SAID)}
    assert verdicts["motor band: sensitivity to +20 ppb ≥ .90"] is False
    assert verdicts["motor band: sensitivity to +20 ppb ≥ .90, under 60"] is True
    assert verdicts["motor band: sensitivity to +40 ppb ≥ .98"] is True
    assert verdicts["motor band: none present, central veins"] is False
    assert verdicts["motor band: none present, one side"] is True
    assert verdicts["motor band: none present, implant"] is None
    assert verdicts["motor band: no laterality error"] is False


def test_sums_of_grades_are_kept_by_group():
    assert summary.grade_sums(ROWS)["+20 ppb"] == [3, 6]


def test_phantoms_of_the_band_are_many_and_mostly_negative():
    shown = [group for group in GROUPS if group.shows is not None]
    both = sum(
        group.patients
        for group in shown
        if group.label in (*summary.SEVERITIES, AGED_BAND) and group.shows is Contrast.SWI
    )
    total = sum(group.patients for group in shown)
    assert total >= 120
    assert both <= 0.4 * total
    assert set(summary.CONFOUNDERS) <= {group.label for group in GROUPS}
    assert max(group.place for group in GROUPS) < PLACES
    assert PLACES * SEEDS_A_GROUP <= HELD_OUT - CALIBRATION
    assert len(BY_NAME) == len(GROUPS)


def test_a_run_that_is_stopped_has_the_same_share_of_every_group():
    cases = cases_of(GROUPS, HELD_OUT, SEEDS_A_GROUP)
    assert len(set(cases)) == len(cases) == sum(group.patients for group in GROUPS)
    half = Counter(name for name, _ in cases[: len(cases) // 2])
    assert all(abs(half[group.name] - group.patients / 2) <= 1 for group in GROUPS)


def test_a_person_with_the_band_and_without_differ_by_it_alone():
    healthy, drawn = BY_NAME["healthy"], BY_NAME["+20 ppb"]
    seed = healthy.seed(HELD_OUT, 3)
    patient = drawn.patient(seed)
    assert replace(patient, signs={}, magnetism=healthy.patient(seed).magnetism) == healthy.patient(seed)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_group_can_be_drawn_and_acquired(group):
    for number in range(min(group.patients, 5)):
        patient = group.patient(group.seed(HELD_OUT, number))
        plans = group.plans(patient)
        assert plans[0].contrast is Contrast.T1
        assert (patient.field_strength or 3.0) >= 1.5
        if group.shows is not None:
            assert plans[1].contrast is group.shows
        if group.label == "half the echo time":
            assert patient.field_strength * plans[1].timing.echo_time < 40


def test_both_sides_are_drawn_as_often():
    group = BY_NAME["one side"]
    drawn = [group.patient(group.seed(HELD_OUT, n)).one_sided[Sign.MOTOR_BAND] for n in range(group.patients)]
    assert Counter(drawn) == {Side.LEFT: 4, Side.RIGHT: 4}


def test_the_figure_can_be_drawn(tmp_path):
    draw_figure(SAID, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 5000
