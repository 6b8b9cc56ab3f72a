"""The benchmark counts what it says it counts."""

import json
import math
import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from benchmarks.signs import brain_summary as summary
from benchmarks.signs.brain import HELD_OUT
from benchmarks.signs.brain_figure import draw_figure
from benchmarks.signs.brain_groups import GROUPS, SEEDS_A_GROUP, SIGNS
from benchmarks.signs.choosing import CALIBRATION
from benchmarks.signs.resuming import kept
from benchmarks.signs.statistics import Share
from processors.findings import READS, Side, Sign


def _row(group, label, seed, state, change=0.0, side=None, ratio=1.0, z=(0.0, 0.0), sign="cst_t1"):
    regions = {
        f"pons/{s}": {"ratio": ratio, "z": score} for s, score in zip(("left", "right"), z, strict=True)
    }
    confidence = "high" if state == "present" else None
    said = {
        "change": change,
        "side": side,
        "state": state,
        "confidence": confidence,
        "reasons": [],
        "regions": regions,
    }
    return {"group": group, "label": label, "seed": seed, "signs": {sign: said}}


ROWS = [
    _row("h", "healthy", 1, "absent", ratio=0.98),
    _row("h", "healthy", 2, "present", ratio=1.0),
    _row("h", "healthy", 3, "indeterminate"),
    _row("m", "moderate", 1, "present", 0.12, ratio=0.98 * 1.11),
    _row("m", "moderate", 2, "absent", 0.12, ratio=1.13),
    _row("m", "moderate", 4, "absent"),
    _row("s", "severe", 5, "present", 0.2),
    _row("w", "Wallerian", 6, "indeterminate", 0.0, "left", z=(1.0, 3.0), sign="cst_flair"),
    _row("o", "one side", 7, "indeterminate", 0.2, "left", z=(3.0, 1.0)),
    _row("g", "after gadolinium", 8, "present", 0.2),
]
SAID = summary.said_of(ROWS)


def test_wilson_interval_is_the_published_one():
    low, high = Share(9, 10).interval
    assert low == pytest.approx(0.5958, abs=1e-3)
    assert high == pytest.approx(0.9821, abs=1e-3)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert math.isnan(Share(0, 0).value)


def test_only_signs_drawn_on_both_sides_and_visible_are_positives():
    assert summary.sensitivity(SAID, "moderate") == Share(1, 2)
    assert summary.sensitivity(SAID, "severe") == Share(1, 1)
    assert summary.false_presents(SAID) == Share(2, 7)
    assert summary.false_presents(SAID, "after gadolinium") == Share(1, 1)
    assert summary.false_presents(SAID, "another sign") == Share(0, 1)


def test_what_is_left_open_counts_where_nothing_forbids_a_decision():
    assert summary.indeterminate(SAID) == Share(1, 7)


def test_measured_change_is_taken_from_the_same_person_without_the_sign():
    pairs = summary.change_pairs(SAID)
    assert sorted(round(p.measured, 3) for p in pairs) == [0.11, 0.11, 0.13, 0.13]
    assert summary.median_error(pairs) == pytest.approx(0.01)
    assert summary.median_shift(pairs) == pytest.approx(0.0, abs=1e-9)


def test_a_side_is_wrong_where_the_other_one_stands_out_more():
    assert summary.laterality_errors(SAID) == Share(1, 2)


def test_criteria_say_what_is_not_met():
    verdicts = {c.name: c.met for c in summary.criteria(SAID)}
    assert verdicts["sensitivity to moderate signs ≥ .95"] is False
    assert verdicts["sensitivity to severe signs ≥ .99"] is True
    assert verdicts["none present: after gadolinium"] is False
    assert verdicts["none present: Wallerian"] is True
    assert verdicts["none present: strong posterior limb"] is None


def test_groups_are_many_and_mostly_negative():
    patients = sum(group.patients for group in GROUPS)
    positive = sum(g.patients for g in GROUPS if g.label.split(",")[0] in summary.SEVERITIES)
    assert patients >= 200
    assert positive < patients / 2
    severe = [g for g in GROUPS if g.label == "severe"]
    drawn = sum(
        len(set(g.patient(g.seed(HELD_OUT, n)).signs) & set(SIGNS)) for g in severe for n in range(g.patients)
    )
    assert drawn > 100
    assert max(g.patients for g in GROUPS) <= SEEDS_A_GROUP
    assert len({group.name for group in GROUPS}) == len(GROUPS)
    assert max(group.place for group in GROUPS) * SEEDS_A_GROUP < HELD_OUT - CALIBRATION
    for sign in SIGNS:
        drawn = [g for g in GROUPS if g.patients and sign in g.patient(g.seed(HELD_OUT, 1)).signs]
        assert {"moderate", "severe"} <= {g.label for g in drawn}
        assert all(set(READS[sign]) & set(g.contrasts) for g in drawn)


def test_twins_differ_by_the_sign_alone():
    from dataclasses import replace

    by_name = {group.name: group for group in GROUPS}
    healthy, moderate = by_name["healthy, T1 T2 FLAIR"], by_name["moderate, T1 T2 FLAIR"]
    seed = healthy.seed(HELD_OUT, 3)
    assert seed == moderate.seed(HELD_OUT, 3)
    assert replace(moderate.patient(seed), signs={}) == healthy.patient(seed)


def test_both_sides_are_drawn_as_often():
    group = next(g for g in GROUPS if g.name == "one side")
    sides = [group.patient(group.seed(HELD_OUT, n)).one_sided[Sign.CST_T2] for n in range(group.patients)]
    assert sides.count(Side.LEFT) == sides.count(Side.RIGHT)


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + json.dumps(ROWS[1])[:20])
    assert [row["seed"] for row in kept(path)] == [1]
    assert path.read_text().endswith("\n")


def test_the_figure_can_be_drawn(tmp_path):
    draw_figure(SAID, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 5000
