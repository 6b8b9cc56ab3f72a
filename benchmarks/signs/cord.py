"""The signs of the cord on synthetic necks: ``python -m benchmarks signs cord``.

What was drawn is known, so the result is how often each sign is found at each strength, how often one that
was not drawn is, how well the change is measured, and how well the cord and its levels are found.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.signs import cord_summary as summary
from benchmarks.signs.choosing import CALIBRATION, cases_of, chosen, cost
from benchmarks.signs.cord_case import run_case
from benchmarks.signs.cord_figure import draw_figure
from benchmarks.signs.cord_groups import BY_NAME, SEEDS_A_GROUP, Group
from benchmarks.signs.cord_panel import draw_panel
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
from benchmarks.signs.statistics import median_error, median_shift
from processors.findings import CORD_SIGNS

HELD_OUT = 9001
"""First seed of the block that figures are reported on. Seeds from 5001 were reported on before, and
what they showed was mended for."""

STATES = ("present", "indeterminate", "absent", "not_evaluated")

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
    panel: Annotated[
        Path | None, typer.Option(help="Draw some of the necks to this file, and analyse none.")
    ] = None,
) -> None:
    """Analyse synthetic necks with and without the signs of the cord, and print tables."""
    if panel:
        draw_panel(panel)
        return
    groups = chosen(only, BY_NAME)
    block = CALIBRATION if calibration else HELD_OUT
    cases = cases_of(groups, block, patients)
    found = results(cases, run_case, jobs, json_path)
    rows = list(found.values())
    said = summary.said_of(rows)
    _print_groups(groups, rows, said)
    _print_strengths(said)
    _print_negatives(said)
    _print_geometry(rows)
    _print_criteria(said, rows)
    console.print(cost(rows, "synthetic necks", block))
    if figure:
        draw_figure(said, figure)
    if len(rows) < len(cases):
        raise typer.Exit(1)


def _four(states: Counter[str]) -> str:
    return "/".join(str(states[state]) for state in STATES)


def _print_groups(groups: Sequence[Group], rows: Sequence[Row], said: Sequence[summary.Said]) -> None:
    columns = ("group", "n", *(sign.value for sign in CORD_SIGNS))
    shown = table("What was said: present / indeterminate / absent / not evaluated", *columns)
    for group in groups:
        own = [s for s in said if s.group == group.name]
        if own:
            cells = (_four(summary.states(summary.of_sign(own, sign))) for sign in CORD_SIGNS)
            shown.add_row(group.name, str(sum(row["group"] == group.name for row in rows)), *cells)
    console.print(shown)


def _print_strengths(said: Sequence[summary.Said]) -> None:
    columns = ("sign", "drawn", "called present", "all four states", "confidence", "change: error", "shift")
    shown = table("Drawn on both sides", *columns)
    for sign, change in summary.strengths():
        own = summary.drawn_so(said, sign, change)
        pairs = summary.change_pairs(said, sign, change)
        sure = Counter(s.confidence for s in own if s.present)
        shown.add_row(
            sign.value,
            f"{100 * change:+.0f} %",
            str(summary.sensitivity(said, sign, change)),
            _four(summary.states(own)),
            ", ".join(f"{n} {name}" for name, n in sure.items()),
            f"{median_error(pairs):.4f}" if pairs else "–",
            f"{median_shift(pairs):+.4f}" if pairs else "–",
        )
    console.print(shown)


def _print_negatives(said: Sequence[summary.Said]) -> None:
    shown = table("Not drawn on both sides, called present", "what it is", *(s.value for s in CORD_SIGNS))
    for label in (*summary.labels_of(said), None):
        shares = [summary.false_presents(summary.of_sign(said, sign), label) for sign in CORD_SIGNS]
        cells = (f"{share.hits}/{share.of}" if share.of else "" for share in shares)
        shown.add_row(label or "all", *cells)
    shares = [summary.specificity(summary.of_sign(said, sign)) for sign in CORD_SIGNS]
    shown.add_row("specificity", *map(str, shares))
    shares = [summary.undecided(summary.of_sign(said, sign)) for sign in CORD_SIGNS]
    shown.add_row("healthy, left open", *map(str, shares))
    console.print(shown)
    found = ", ".join(f"{key} {count}" for key, count in summary.reasons(said).most_common())
    console.print(f"Reasons for leaving a healthy or a drawn sign open: {found or 'none'}.")


def _print_geometry(rows: Sequence[Row]) -> None:
    columns = ("axial series", "n", "slices outlined", "Dice", "area error", "level misnamed", "furthest")
    shown = table("The cord on axial series, against what was drawn", *columns)
    for sign in summary.SIGNAL_SIGNS:
        found = summary.geometry_of(rows, sign)
        if not found.series:
            continue
        shown.add_row(
            "T1" if sign is summary.SIGNAL_SIGNS[0] else "T2 or T2*",
            str(found.series),
            str(found.outlined),
            f"{median(found.dice):.3f}, least {min(found.dice):.3f}" if found.dice else "–",
            f"{median(found.area):+.3f}, median |·| {median(map(abs, found.area)):.3f}"
            if found.area
            else "–",
            str(found.misnamed),
            "–" if found.furthest is None else f"{found.furthest:.2f} vertebrae",
        )
    console.print(shown)


def _print_criteria(said: Sequence[summary.Said], rows: Sequence[Row]) -> None:
    shown = table("What it is held to", "figure", "measured", "")
    for criterion in summary.criteria(said, rows):
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[criterion.met]
        shown.add_row(criterion.name, criterion.figure, verdict)
    console.print(shown)
