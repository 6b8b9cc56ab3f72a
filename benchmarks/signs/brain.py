"""The tract signs on synthetic brains: ``python -m benchmarks signs brain``.

What was drawn is known, so the result is how often each sign is found at each strength, how often one that
was not drawn is, and how well the change is measured. Each patient's result is written as soon as it is
there, and a run that was stopped goes on where it was.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.signs import brain_summary as summary
from benchmarks.signs.brain_case import run_case
from benchmarks.signs.brain_figure import draw_figure
from benchmarks.signs.brain_groups import BY_NAME, SEEDS_A_GROUP, Group
from benchmarks.signs.choosing import CALIBRATION, cases_of, chosen, cost
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

HELD_OUT = 21001
"""First seed of the block that figures are reported on. Seeds from 5001, 7001, 11001, 13001, 15001 and 17001
were reported on or looked at before, and what they showed was mended for."""

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
) -> None:
    """Analyse synthetic brains with and without the signs of the corticospinal tract, and print tables."""
    groups = chosen(only, BY_NAME)
    block = CALIBRATION if calibration else HELD_OUT
    cases = cases_of(groups, block, patients)
    found = list(results(cases, run_case, jobs, json_path).values())
    said = summary.said_of(found)
    _print_groups(groups, found, said)
    _print_signs(said)
    _print_traps(said)
    _print_criteria(said)
    console.print(cost(found, "synthetic brains", block))
    if figure:
        draw_figure(said, figure)
    if len(found) < len(cases):
        raise typer.Exit(1)


def _print_groups(groups: Sequence[Group], rows: Sequence[Row], said: Sequence[summary.Said]) -> None:
    drawn = table(
        "What was said of each group: present / indeterminate / absent / not evaluated", "group", "n", "seeds"
    )
    signs = summary.signs_in(said)
    for sign in signs:
        drawn.add_column(sign.value)
    for group in groups:
        seeds = [row["seed"] for row in rows if row["group"] == group.name]
        if not seeds:
            continue
        cells = []
        for sign in signs:
            states = Counter(s.state for s in summary.of_sign(said, sign) if s.group == group.name)
            four = [states[state] for state in ("present", "indeterminate", "absent", "not_evaluated")]
            cells.append("/".join(map(str, four)) if sum(four) else "")
        drawn.add_row(group.name, str(len(seeds)), f"{min(seeds)}–{max(seeds)}", *cells)
    console.print(drawn)


def _print_signs(said: Sequence[summary.Said]) -> None:
    severities = [f"{name}: present" for name in summary.SEVERITIES]
    drawn = table("Per sign", "sign", *severities, "specificity", "indeterminate", "change error", "shift")
    for sign in summary.signs_in(said):
        own = summary.of_sign(said, sign)
        pairs = summary.change_pairs(own)
        drawn.add_row(
            sign.value,
            *(_with_confidence(own, severity) for severity in summary.SEVERITIES),
            str(summary.specificity(own)),
            str(summary.indeterminate(own)),
            f"{median_error(pairs):.4f}" if pairs else "–",
            f"{median_shift(pairs):+.4f}" if pairs else "–",
        )
    console.print(drawn)


def _with_confidence(said: Sequence[summary.Said], severity: str) -> str:
    counts = summary.confidences(said, severity)
    words = ", ".join(f"{counts[name]} {name}" for name in ("low", "moderate", "high") if counts[name])
    return f"{summary.sensitivity(said, severity)}" + (f"\n{words}" if words else "")


def _print_traps(said: Sequence[summary.Said]) -> None:
    signs = summary.signs_in(said)
    drawn = table("Not drawn on both sides, called present", "what it is", "all", *(s.value for s in signs))
    for label in summary.labels_of(said):
        shares = [summary.false_presents(summary.of_sign(said, sign), label) for sign in signs]
        cells = (f"{share.hits}/{share.of}" if share.of else "" for share in shares)
        drawn.add_row(label, str(summary.false_presents(said, label)), *cells)
    console.print(drawn)
    reasons = ", ".join(f"{key} {count}" for key, count in summary.reasons(said).most_common())
    console.print(f"Reasons for leaving a decidable sign open: {reasons or 'none'}.")


def _print_criteria(said: Sequence[summary.Said]) -> None:
    drawn = table("What it is held to", "figure", "measured", "")
    for criterion in summary.criteria(said):
        verdict = {True: "met", False: "NOT MET", None: "not measured"}[criterion.met]
        drawn.add_row(criterion.name, criterion.figure, verdict)
    console.print(drawn)
