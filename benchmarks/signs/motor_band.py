"""The signs of the motor cortex on synthetic brains: ``python -m benchmarks signs motor_band``.

SWI comes from susceptibility: what was drawn is iron in ppb, and the result is how often the motor band is
found at each amount, and how often where something else darkens the cortex. ``precentral_atrophy`` is judged
wherever the T1 is three-dimensional.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.signs import motor_band_summary as summary
from benchmarks.signs.brain_summary import (
    Said,
    confidences,
    false_presents,
    labels_of,
    of_sign,
    said_of,
    sensitivity,
    specificity,
)
from benchmarks.signs.choosing import CALIBRATION, cases_of, chosen, cost
from benchmarks.signs.motor_band_case import run_case
from benchmarks.signs.motor_band_figure import draw_figure
from benchmarks.signs.motor_band_groups import BY_NAME, SEEDS_A_GROUP, Group
from benchmarks.signs.motor_band_heads import draw_heads
from benchmarks.signs.resuming import (
    Calibration,
    FigurePath,
    Jobs,
    KeptIn,
    Only,
    Row,
    results,
    table,
)

HELD_OUT = 23001
"""First seed of the block that figures are reported on. Seeds from 5001, 9001, 11001, 13001 and 19001 were
reported on before, and what they showed was mended for; those from 15001, 17001 and 21001 are the tract's."""

console = Console(width=150)


def main(
    patients: Annotated[
        int, typer.Option(min=1, max=SEEDS_A_GROUP, help="At most so many in each group.")
    ] = SEEDS_A_GROUP,
    only: Only = None,
    calibration: Calibration = False,
    jobs: Jobs = 1,
    json_path: KeptIn = None,
    figure: FigurePath = None,
    heads: Annotated[
        Path | None, typer.Option(help="Draw some of the heads to this file, and do nothing else.")
    ] = None,
) -> None:
    """Analyse synthetic brains with and without the signs of the motor cortex, and print tables."""
    if heads:
        draw_heads(heads)
        return
    groups = chosen(only, BY_NAME)
    block = CALIBRATION if calibration else HELD_OUT
    cases = cases_of(groups, block, patients)
    rows = list(results(cases, run_case, jobs, json_path).values())
    said = said_of(rows)
    _print_groups(groups, rows, said)
    _print_signs(said)
    _print_confounders(said)
    _print_grades(groups, rows)
    _print_criteria(said)
    console.print(cost(rows, "synthetic brains", block))
    if figure:
        draw_figure(said, figure)
    if len(rows) < len(cases):
        raise typer.Exit(1)


def _print_groups(groups: Sequence[Group], rows: Sequence[Row], said: Sequence[Said]) -> None:
    drawn = table(
        "What was said of each group: present / indeterminate / absent / not evaluated", "group", "n", "seeds"
    )
    signs = summary.signs_in(said)
    for sign in signs:
        drawn.add_column(sign.value)
        drawn.add_column("reasons")
    for group in groups:
        seeds = [row["seed"] for row in rows if row["group"] == group.name]
        if not seeds:
            continue
        cells = []
        for sign in signs:
            own = [s for s in of_sign(said, sign) if s.group == group.name]
            states = Counter(s.state for s in own)
            four = [states[state] for state in ("present", "indeterminate", "absent", "not_evaluated")]
            reasons = Counter(reason for s in own for reason in s.reasons)
            cells.append("/".join(map(str, four)) if own else "")
            cells.append(", ".join(f"{key} {count}" for key, count in reasons.most_common(3)))
        drawn.add_row(group.name, str(len(seeds)), f"{min(seeds)}–{max(seeds)}", *cells)
    console.print(drawn)


def _print_signs(said: Sequence[Said]) -> None:
    drawn = table("Per sign", "sign", "drawn", "present", "confidence", "specificity", "left open")
    for sign in summary.signs_in(said):
        own = of_sign(said, sign)
        for severity in summary.SEVERITIES:
            counts = confidences(own, severity)
            drawn.add_row(
                sign.value,
                summary.NAMES[sign][severity],
                str(sensitivity(own, severity)),
                ", ".join(f"{counts[name]} {name}" for name in ("low", "moderate", "high") if counts[name]),
                str(specificity(own)),
                str(summary.left_open(own)),
            )
    console.print(drawn)


def _print_confounders(said: Sequence[Said]) -> None:
    signs = summary.signs_in(said)
    drawn = table("Not drawn on both sides, called present", "what it is", *(s.value for s in signs))
    for label in labels_of(said):
        shares = [false_presents(of_sign(said, sign), label) for sign in signs]
        drawn.add_row(label, *(str(share) if share.of else "" for share in shares))
    console.print(drawn)


def _print_grades(groups: Sequence[Group], rows: Sequence[Row]) -> None:
    drawn = table("Sum of six grades, 0 to 12", "group", "sums")
    sums = summary.grade_sums(rows)
    for group in groups:
        if group.name in sums:
            drawn.add_row(group.name, " ".join(map(str, sums[group.name])))
    console.print(drawn)


def _print_criteria(said: Sequence[Said]) -> None:
    drawn = table("What it is held to", "figure", "measured", "")
    for criterion in summary.criteria(said):
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[criterion.met]
        drawn.add_row(criterion.name, criterion.figure, verdict)
    console.print(drawn)
