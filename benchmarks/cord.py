"""Time and memory of the cord's analysis: ``python -m benchmarks cord``.

T1 axial, T2 axial and T2 sagittal of one synthetic neck are written as DICOM, read in a process of their own,
and analysed there, from volumes to findings.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import environ
from pathlib import Path
from typing import Annotated

import typer
from pydicom import dcmread
from rich.console import Console
from rich.table import Table

from benchmarks.brain.run import THREADS, peak_mib
from phantoms.patient import seed_patient
from phantoms.protocol import PROTOCOL
from phantoms.study import write_study
from processors.reading import read_volume
from processors.spine.analysis import analyse_spine

SERIES = ("cervical_t1_ax", "cervical_t2_ax", "cervical_t2_sag")
LIMIT_S, LIMIT_MIB = 8.0, 1024.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)


@dataclass(frozen=True, slots=True)
class Run:
    """What an analysis took.

    Attributes
    ----------
    cpu_s
        Processor seconds, all threads together.
    before_mib, peak_mib
        Most memory the process held before the analysis, with the volumes read, and at all.
    said
        Each sign and its state.
    """

    wall_s: float
    cpu_s: float
    before_mib: float
    peak_mib: float
    said: str


@app.command()
def main(
    seed: Annotated[int, typer.Option(min=0, help="Of the synthetic patient.")] = 7,
    repeat: Annotated[int, typer.Option(min=1, help="Runs, each in a new process.")] = 3,
) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory(prefix="betz-cord-") as name:
        folder = Path(name) / "study"
        write_study(seed_patient(seed), folder, SERIES)
        runs = [_alone(folder) for _ in range(repeat)]
    table = Table(title=f"Synthetic neck {seed}: {', '.join(SERIES)}", title_justify="left")
    for column in ("wall s", "CPU s", "MiB before", "peak MiB", "said"):
        table.add_column(column, justify="left" if column == "said" else "right")
    for run in runs:
        numbers = (f"{run.wall_s:.1f}", f"{run.cpu_s:.1f}", f"{run.before_mib:.0f}", f"{run.peak_mib:.0f}")
        table.add_row(*numbers, run.said)
    console.print(table)
    met = min(run.wall_s for run in runs) <= LIMIT_S and max(run.peak_mib for run in runs) <= LIMIT_MIB
    console.print(
        f"Limits: {LIMIT_S:.0f} s (fastest run), {LIMIT_MIB:.0f} MiB (largest), {THREADS} threads: "
        f"{'kept' if met else 'EXCEEDED'}."
    )


def _alone(folder: Path) -> Run:
    environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = environ["OMP_NUM_THREADS"] = str(THREADS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_analyse, folder).result()


def _analyse(folder: Path) -> Run:
    volumes = {}
    for place, key in zip(sorted(folder.glob("*/")), SERIES, strict=True):
        plan = PROTOCOL[key]
        images = [dcmread(path) for path in sorted(place.glob("*.dcm"))]
        volume = read_volume(images, contrast=plan.contrast, plane=plan.geometry.plane)
        volumes[plan.contrast, plan.geometry.plane] = volume
    before = peak_mib()
    wall, cpu = time.perf_counter(), time.process_time()
    findings = analyse_spine(volumes).findings
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    said = ", ".join(f"{f.sign} {f.state.replace('_', ' ')}" for f in findings)
    return Run(wall, cpu, before, peak_mib(), said)


if __name__ == "__main__":
    app()
