"""The command: a synthetic patient, and a real one where there is one."""

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.brain.agreement import dice, segment_agreement, tissue_labels, tract_labels
from benchmarks.brain.ants_program import syn_quick
from benchmarks.brain.betz_program import betz, betz_with_swi
from benchmarks.brain.run import THREADS, Run, alone
from benchmarks.brain.study import GREY, WHITE, Source, write_phantom
from benchmarks.real_data import brain_studies
from phantoms.patient import seed_patient
from processors.acquisition import Contrast
from processors.brain.patient_space import points_of

LIMIT_S = 20.0
LIMIT_MIB = 2048.0
LIMIT_RATIO = 0.25
LIMIT_SWI_S = 10.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)


@app.command()
def main(
    seed: Annotated[int, typer.Option(min=0, help="Of the synthetic patient.")] = 7,
    real: Annotated[bool, typer.Option(help="A real study as well, where there is one.")] = True,
) -> None:
    """Measure, and print the tables."""
    with tempfile.TemporaryDirectory(prefix="betz-brain-") as name:
        folder = Path(name) / "study"
        patient = seed_patient(seed)
        write_phantom(patient, folder)
        sources = [Source(f"synthetic patient {seed}, T1 + T2 + FLAIR", folder, patient)]
        sources += [Source(study.name) for study in brain_studies() if len(study.paths) == 3 and real][:1]
        met = [_compare(source) for source in sources]
    console.print("All limits are kept." if all(met) else "A limit is exceeded.")


def _compare(source: Source) -> bool:
    ours = alone(betz, source)
    theirs, tissue = alone(syn_quick, source)
    with_swi = alone(betz_with_swi, source) if source.folder is not None else None
    ratio = ours.wall_s / theirs.wall_s
    console.print(_resources(source, ours, theirs, with_swi))
    console.print(
        f"Betz takes {ratio:.2f} of the time of SyN quick (at most {LIMIT_RATIO}), {THREADS} threads each; "
        f"limits of Betz: {LIMIT_S:.0f} s, {LIMIT_MIB:.0f} MiB.\n"
    )
    added = 0.0 if with_swi is None else with_swi.wall_s - ours.wall_s
    if with_swi is not None:
        console.print(
            f"SWI adds {added:.1f} s ({with_swi.cpu_s - ours.cpu_s:.1f} s of processor) and "
            f"{with_swi.peak_mib - ours.peak_mib:.0f} MiB; at most {LIMIT_SWI_S:.0f} s.\n"
        )
    console.print(_overlap(source, ours, theirs, tissue))
    console.print(_tract(source, ours, theirs))
    kept = ours.wall_s <= LIMIT_S and ours.peak_mib <= LIMIT_MIB and added <= LIMIT_SWI_S
    return ratio <= LIMIT_RATIO and kept


def _resources(source: Source, ours: Run, theirs: Run, with_swi: Run | None) -> Table:
    table = Table(title=f"{source.name}: time and memory", title_justify="left")
    for column in ("program", "wall s", "CPU s", "peak MiB", "said"):
        table.add_column(column, justify="left" if column in ("program", "said") else "right")
    runs = [("Betz, volumes to findings", ours), ("ANTs SyN quick + 2 rigid", theirs)]
    if with_swi is not None:
        runs.insert(1, ("Betz, the same and SWI", with_swi))
    for name, run in runs:
        table.add_row(name, f"{run.wall_s:.1f}", f"{run.cpu_s:.1f}", f"{run.peak_mib:.0f}", run.said)
    return table


def _overlap(
    source: Source, ours: Run, theirs: Run, tissue: np.ndarray[tuple[int], np.dtype[np.uint8]]
) -> Table:
    truth = "what was drawn" if source.patient is not None else "three classes of signal"
    table = Table(title=f"{source.name}: Dice of the atlas' tissue with {truth}", title_justify="left")
    for column in ("program", "grey matter", "white matter"):
        table.add_column(column, justify="left" if column == "program" else "right")
    inside = tissue > 0
    for name, run in (("Betz", ours), ("ANTs SyN quick", theirs)):
        labels = tissue_labels(run.at[inside].astype(np.float64))
        table.add_row(name, *(f"{dice(labels == t, tissue[inside] == t):.3f}" for t in (GREY, WHITE)))
    return table


def _tract(source: Source, ours: Run, theirs: Run) -> Table:
    volume = source.read()[Contrast.T1]
    points = points_of(volume.affine, np.indices(volume.array.shape).reshape(3, -1).T.astype(np.float64))
    near = np.isfinite(theirs.at).all(axis=1)
    found = segment_agreement(
        tract_labels(ours.at[near].astype(np.float64)),
        tract_labels(theirs.at[near].astype(np.float64)),
        points[near],
    )
    table = Table(title=f"{source.name}: where the two find the tract", title_justify="left")
    for column in ("segment", "Dice", "centres apart, mm"):
        table.add_column(column, justify="left" if column == "segment" else "right")
    for segment, (overlap, apart) in found.items():
        table.add_row(segment, f"{overlap:.2f}", f"{apart:.1f}")
    return table


if __name__ == "__main__":
    app()
