"""How long the brain analysis takes, and how much memory: ``python -m benchmarks brain``.

Each run is a process of its own that reads the T1 of a synthetic patient from DICOM files, as a worker does,
and analyses it.
"""

import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydicom import dcmread
from rich.console import Console
from rich.table import Table

from phantoms.patient import PhantomPatient, healthy, seed_patient
from phantoms.protocol import PROTOCOL
from phantoms.study import write_study
from processors.acquisition import Contrast
from processors.brain.analysis import analyse_brain
from processors.findings import Sign
from processors.reading import read_volume

SERIES = tuple(key for key in ("t1", "t1_mprage") if key in PROTOCOL)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)


@dataclass(frozen=True, slots=True)
class Run:
    """One analysis.

    Attributes
    ----------
    cpu_s
        Processor seconds of the analysis, all threads together.
    peak_mib, before_mib
        Most memory the process ever held, at its end and before the analysis.
    """

    shape: tuple[int, ...]
    reading_s: float
    analysis_s: float
    cpu_s: float
    before_mib: float
    peak_mib: float
    state: str


@app.command()
def main(
    patients: Annotated[int, typer.Option(min=1, help="Healthy ones, and as many with the signs.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 7,
) -> None:
    """Measure, and print a table."""
    table = Table(title="Brain analysis of a T1, one process each", title_justify="left")
    for column in (
        "series",
        "voxels",
        "patient",
        "reading s",
        "analysis s",
        "CPU s",
        "before MiB",
        "peak MiB",
        "cst_t1",
    ):
        table.add_column(column, justify="left" if column in ("series", "patient", "cst_t1") else "right")
    for series in SERIES:
        for number in range(patients):
            for name, patient in (
                ("healthy", healthy(seed + number)),
                ("with the signs", seed_patient(seed + number)),
            ):
                run = _in_a_process(patient, series)
                table.add_row(
                    series,
                    "×".join(map(str, run.shape)),
                    name,
                    f"{run.reading_s:.1f}",
                    f"{run.analysis_s:.1f}",
                    f"{run.cpu_s:.1f}",
                    f"{run.before_mib:.0f}",
                    f"{run.peak_mib:.0f}",
                    run.state,
                )
    console.print(table)


def _in_a_process(patient: PhantomPatient, series: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="betz-brain-") as name:
        folder = Path(name) / "study"
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            pool.submit(_make, patient, folder, series).result()
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(measure, folder).result()


def _make(patient: PhantomPatient, folder: Path, series: str) -> None:
    write_study(patient, folder, (series,))


def measure(folder: Path) -> Run:
    """Read the one series of a study folder and analyse it."""
    started = time.perf_counter()
    volume = read_volume([dcmread(path) for path in sorted(folder.glob("*/*.dcm"))], contrast=Contrast.T1)
    read = time.perf_counter()
    before, cpu = _peak_mib(), time.process_time()
    findings = analyse_brain({Contrast.T1: volume}).findings
    done = time.perf_counter()
    state = next(finding.state for finding in findings if finding.sign is Sign.CST_T1)
    return Run(
        volume.array.shape,
        read - started,
        done - read,
        time.process_time() - cpu,
        before,
        _peak_mib(),
        state.replace("_", " "),
    )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    app()
