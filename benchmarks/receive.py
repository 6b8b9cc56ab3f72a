"""How fast Betz receives, beside other receivers in the same run: ``python -m benchmarks receive``.

Every run starts its receiver anew on an empty folder, warms it up, sends a series with DCMTK's ``storescu``,
one process an association, and counts afterwards what is really there. The receivers take turns in every
repeat, so that a machine that is slow for a while is slow for all of them.
"""

import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.made_series import write_series
from benchmarks.receivers import BETZ, NO_DELAY, PEERS, Receiver, running, wait_until_stored

SERIES = (("400 × 256²", 400, 256), ("200 × 512²", 200, 512))
ASSOCIATIONS = (1, 4, 16)
WARM_UP_IMAGES = 8

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)

Rates = dict[str, list[float]]
"""Images a second by receiver, one value a repeat."""


@dataclass(frozen=True, slots=True)
class Load:
    """A series to send; ``warm_up`` goes first and is not timed."""

    label: str
    files: Sequence[Path]
    warm_up: Sequence[Path]


@app.command()
def main(
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each receiver; the median counts.")] = 3,
    associations: Annotated[
        list[int] | None, typer.Option(min=1, max=64, help="At once; repeat for more.")
    ] = None,
) -> None:
    """Measure, and print one table a series."""
    if shutil.which("storescu") is None:
        console.print("Nothing can be sent: storescu is not installed (Debian: dcmtk).")
        raise typer.Exit(1)
    receivers = [BETZ]
    for peer in PEERS:
        if (reason := peer.missing()) is None:
            receivers.append(peer)
        else:
            console.print(f"{peer.name} is left out: {reason}.")
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}; {repeats} repeats, taking turns")
    with tempfile.TemporaryDirectory(prefix="betz-receive-") as name:
        folder = Path(name)
        for number, (label, images, size) in enumerate(SERIES):
            load = Load(
                label,
                write_series(folder / f"series-{number}", images, size, seed=number),
                write_series(folder / f"warm-up-{number}", WARM_UP_IMAGES, size, seed=100 + number),
            )
            measured = {n: _rates(load, n, receivers, repeats, folder) for n in associations or ASSOCIATIONS}
            console.print(_table(load, receivers, measured))


def _rates(load: Load, associations: int, receivers: Sequence[Receiver], repeats: int, folder: Path) -> Rates:
    rates: Rates = {receiver.name: [] for receiver in receivers}
    for turn in range(repeats):
        order = receivers if turn % 2 == 0 else receivers[::-1]
        for receiver in order:
            rates[receiver.name].append(_rate(load, associations, receiver, folder / "run"))
    return rates


def _rate(load: Load, associations: int, receiver: Receiver, folder: Path) -> float:
    """Images a second in one run.

    Raises
    ------
    RuntimeError
        If an image was refused, or is not there afterwards.
    """
    with running(receiver, folder) as node:
        _send(load.warm_up, 1, node.node.port, receiver.name)
        elapsed = _send(load.files, associations, node.node.port, receiver.name)
        expected = len(load.warm_up) + len(load.files)
        stored = wait_until_stored(node, expected)
    if stored != expected:
        raise RuntimeError(f"{receiver.name} has {stored} of {expected} images")
    shutil.rmtree(folder)
    return len(load.files) / elapsed


def _send(files: Sequence[Path], associations: int, port: int, name: str) -> float:
    """Seconds from the first start of a ``storescu`` to the end of the last."""
    command = ("storescu", "-R", "-aet", "BENCHMARK", "-aec", "RECEIVER", "127.0.0.1", str(port))
    started = time.perf_counter()
    processes = [
        subprocess.Popen(
            [*command, *map(str, files[n::associations])],
            env={**os.environ, **NO_DELAY},
            stderr=subprocess.PIPE,
        )
        for n in range(associations)
    ]
    said = [process.communicate()[1] for process in processes]
    elapsed = time.perf_counter() - started
    for process, words in zip(processes, said, strict=True):
        if process.returncode:
            raise RuntimeError(f"{name} did not take everything: {words.decode(errors='replace')}")
    return elapsed


def _table(load: Load, receivers: Sequence[Receiver], by_associations: dict[int, Rates]) -> Table:
    table = Table(
        title=f"{load.label}, 16 bit: images a second, median (lowest–highest)", title_justify="left"
    )
    table.add_column("associations", justify="right")
    peers = [receiver.name for receiver in receivers if receiver is not BETZ]
    for name in (BETZ.name, *peers):
        table.add_column(name, justify="right")
    for name in peers:
        table.add_column(f"Betz / {name}", justify="right")
    for associations, rates in by_associations.items():
        cells = [
            f"{median(rates[name]):.0f} ({min(rates[name]):.0f}–{max(rates[name]):.0f})"
            for name in (BETZ.name, *peers)
        ]
        ratios = [
            f"{median(own / other for own, other in zip(rates[BETZ.name], rates[name], strict=True)):.2f}"
            for name in peers
        ]
        table.add_row(str(associations), *cells, *ratios)
    return table


def _machine() -> str:
    with Path("/proc/cpuinfo").open() as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return f"{platform.system()}, {len(models)} × {models[0] if models else platform.machine()}"


if __name__ == "__main__":
    app()
