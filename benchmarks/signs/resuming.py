"""Cases that are analysed one after the other, or several at once, and go on where a run was stopped."""

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

Only = Annotated[list[str] | None, typer.Option(help="A group to run; repeat for more.")]
Calibration = Annotated[
    bool, typer.Option("--calibration", help="Use the seeds that may be tuned on, not the held-out ones.")
]
Jobs = Annotated[int, typer.Option(min=1, help="Patients analysed at once.")]
KeptIn = Annotated[
    Path | None,
    typer.Option("--json", help="Keep each patient's result here, a line each, and go on from it."),
]
FigurePath = Annotated[Path | None, typer.Option(help="Draw the result to this file.")]
"""The options that every part of the benchmark has."""

Row = dict[str, Any]
"""What is kept of a patient, as JSON can hold it; ``group`` and ``seed`` say which one it is."""

Case = tuple[str, int]
"""Name of the group, and seed."""


def key_of(row: Row) -> Case:
    """Which case a result is of."""
    return row["group"], row["seed"]


def kept(path: Path | None) -> Iterator[Row]:
    """Results of an earlier run; a line that was cut off does not count."""
    if path is None or not path.exists():
        return
    text = path.read_text()
    if text and not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1])
    for line in path.read_text().splitlines():
        yield json.loads(line)


def results(
    cases: Sequence[Case], run_case: Callable[[str, int], Row], jobs: int, path: Path | None
) -> dict[Case, Row]:
    """The result of every case: kept ones first, the others as they come, each written at once."""
    rows = {key_of(row): row for row in kept(path)}
    for row in analysed([case for case in cases if case not in rows], run_case, jobs):
        rows[key_of(row)] = row
        if path:
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return {case: rows[case] for case in cases if case in rows}


def analysed(cases: Sequence[Case], run_case: Callable[[str, int], Row], jobs: int) -> Iterator[Row]:
    """The result of each case as it comes; one that fails is named and left out."""
    if not cases:
        return
    context = multiprocessing.get_context("spawn")
    with _progress(len(cases)) as advance, ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = {pool.submit(run_case, *case): case for case in cases}
        for future in as_completed(futures):
            if error := future.exception():
                Console().print(f"{futures[future]} was not analysed: {error!r}", style="red")
            else:
                yield future.result()
            advance()


def table(title: str, *columns: str) -> Table:
    """An empty table of the style that all parts of the benchmark share."""
    drawn = Table(title=title, title_justify="left")
    for column in columns:
        drawn.add_column(column)
    return drawn


@contextmanager
def _progress(total: int) -> Iterator:  # type: ignore[type-arg]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("patients", total=total)
        yield lambda: progress.advance(task)
