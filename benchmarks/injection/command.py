"""The command: every real head that is at hand, in every case."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.injection.cases import CORE, DEGRADED, UNTOUCHED, Case
from benchmarks.injection.evaluation import Subject, evaluate, subject
from benchmarks.injection.left_out import norms_without
from benchmarks.injection.outcome import Outcome
from benchmarks.injection.report import by_case, by_segment, every_outcome, laterality_errors
from benchmarks.real_data import ROOT, brain_studies
from processors.findings import State
from processors.norms import default_norms

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=160)


class NormChoice(StrEnum):
    """What the heads are compared with."""

    LEFT_OUT = "left-out"
    LEFT_OUT_MEANS = "left-out-means"
    SHIPPED = "shipped"


@app.command()
def main(
    norms: Annotated[
        NormChoice,
        typer.Option(
            help="Norms of all other people here, their means with the shipped spread, or what is shipped."
        ),
    ] = NormChoice.LEFT_OUT,
    degraded: Annotated[bool, typer.Option(help="Worsen the series in four ways as well.")] = False,
    align_each: Annotated[bool, typer.Option(help="Align every changed study with the atlas anew.")] = False,
    study: Annotated[list[str] | None, typer.Option(help="Only these, compared with all others.")] = None,
    results: Annotated[Path | None, typer.Option(help="Write every outcome into this file as JSON.")] = None,
) -> None:
    """Inject, analyse, and print what was said."""
    studies = brain_studies()
    if not studies:
        console.print(f"No real heads: {ROOT} is not there. BETZ_REAL_DATA names another folder.")
        raise typer.Exit(1)
    subjects = [subject(one) for one in studies]
    untouched = [o for one in subjects for o in evaluate(one, [UNTOUCHED], default_norms())]
    cases = (*CORE, *DEGRADED) if degraded else CORE
    outcomes: list[Outcome] = []
    for one in subjects:
        if study and one.study.name not in study:
            continue
        outcomes += _outcomes(one, cases, norms, untouched, align_each=align_each)
    if results is not None:
        results.write_text(json.dumps([asdict(o) for o in outcomes], indent=1), encoding="utf-8")
    for table in (every_outcome(outcomes), by_case(outcomes), by_segment(outcomes)):
        console.print(table)
    _conclude(outcomes)


def _outcomes(
    one: Subject, cases: Sequence[Case], norms: NormChoice, untouched: Sequence[Outcome], *, align_each: bool
) -> list[Outcome]:
    if norms is NormChoice.SHIPPED:
        compared = default_norms()
    else:
        compared = norms_without(
            one.study.person,
            untouched,
            brain_studies(),
            one.volumes.values(),
            shipped_spread=norms is NormChoice.LEFT_OUT_MEANS,
        )
    return list(evaluate(one, cases, compared, align_each=align_each))


def _conclude(outcomes: Sequence[Outcome]) -> None:
    drawn = [o for o in outcomes if o.expected]
    others = [o for o in outcomes if not o.expected]
    console.print(f"Injected on both sides and called present: {_present(drawn)} of {len(drawn)}.")
    console.print(f"Not injected on both sides and called present: {_present(others)} of {len(others)}.")
    errors = laterality_errors(outcomes)
    console.print(f"Wrong side: {len(errors)}." + "".join(f"\n  {error}" for error in errors))
    people = {o.person for o in outcomes}
    console.print(f"{len(people)} people, none of them known to have motor neuron disease.")


def _present(outcomes: Sequence[Outcome]) -> int:
    return sum(o.state is State.PRESENT for o in outcomes)


if __name__ == "__main__":
    app()
