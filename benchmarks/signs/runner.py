"""Patients analysed one after the other, each result written as soon as it is there."""

import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Row = dict[str, Any]
"""What is kept of a patient, as JSON can hold it; ``group`` and ``seed`` say which one."""

Case = tuple[str, int]
"""Name of a group, and seed."""

HELD_OUT, CALIBRATION = 5001, 1001
"""First seeds of the block that figures are reported on, and of the one that may be tuned on."""


def results(
    cases: Sequence[Case],
    work: Callable[[str, int], Row],
    *,
    jobs: int,
    kept_in: Path | None,
    console: Console,
) -> Mapping[Case, Row]:
    """The result of every case, those of an earlier run read from a file and the others added to it.

    Parameters
    ----------
    work
        Analyses one case in a process of its own.
    """
    rows = {(row["group"], row["seed"]): row for row in kept(kept_in)}
    missing = [case for case in cases if case not in rows]
    for row in _analysed(missing, work, jobs, console):
        rows[row["group"], row["seed"]] = row
        if kept_in:
            with kept_in.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return {case: rows[case] for case in cases if case in rows}


def kept(path: Path | None) -> Iterator[Row]:
    """Results of an earlier run; a line that was cut off does not count."""
    if path is None or not path.exists():
        return
    text = path.read_text()
    if text and not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1])
    for line in path.read_text().splitlines():
        yield json.loads(line)


def _analysed(
    cases: Sequence[Case], work: Callable[[str, int], Row], jobs: int, console: Console
) -> Iterator[Row]:
    if not cases:
        return
    context = multiprocessing.get_context("spawn")
    with _progress(len(cases)) as advance, ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = {pool.submit(work, *case): case for case in cases}
        for future in as_completed(futures):
            if error := future.exception():
                console.print(f"{futures[future]} was not analysed: {error!r}", style="red")
            else:
                yield future.result()
            advance()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("patients", total=total)
        yield lambda: progress.advance(task)
