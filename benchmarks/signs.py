"""How often a drawn sign is found, and one that was not drawn: ``python -m benchmarks signs``.

Synthetic heads in groups, each patient with a seed of its own. The result is phantom performance: it says how
the software behaves on what the phantoms draw, and nothing of diagnostic accuracy.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from phantoms.geometry import Geometry, stack
from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from phantoms.severity import Severity
from phantoms.study import series_volume
from processors.acquisition import Contrast, Plane
from processors.brain.analysis import analyse_brain
from processors.findings import Quantity, Side, Sign, State

THICK = stack(
    Plane.AXIAL,
    centre=(0.0, 18.0, 6.0),
    slices=37,
    slice_thickness=4.0,
    gap=0.4,
    pixel=0.9,
    matrix=(256, 256),
)
SEEDS_A_GROUP = 10

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=130)


@dataclass(frozen=True, slots=True)
class Group:
    """Patients drawn alike.

    Attributes
    ----------
    drawn
        Whether the sign is drawn on both sides, so that it should be found.
    """

    name: str
    drawn: bool
    patient: Callable[[int], PhantomPatient]
    geometry: Geometry = PROTOCOL["t1"].geometry


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one patient."""

    state: State
    confidence: str
    reasons: tuple[str, ...]
    highest_z: float | None


def _healthy(seed: int) -> PhantomPatient:
    return PhantomPatient(seed)


def _lesions(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, ms_lesions=20)


def _mild(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, signs={Sign.CST_T1: Severity.MILD})


def _moderate(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, signs={Sign.CST_T1: Severity.MODERATE})


def _severe(seed: int) -> PhantomPatient:
    return PhantomPatient(seed, signs={Sign.CST_T1: Severity.SEVERE})


def _one_sided(seed: int) -> PhantomPatient:
    return replace(_severe(seed), one_sided={Sign.CST_T1: tuple(Side)[seed % 2]})


GROUPS = (
    Group("healthy", False, _healthy),
    Group("moderate, +12 %", True, _moderate),
    Group("severe, +20 %", True, _severe),
    Group("mild, +6 %", True, _mild),
    Group("severe on one side", False, _one_sided),
    Group("20 MS lesions", False, _lesions),
    Group("healthy, 4 mm slices", False, _healthy, THICK),
    Group("severe, 4 mm slices", True, _severe, THICK),
)


@app.command()
def main(
    patients: Annotated[int, typer.Option(min=1, max=SEEDS_A_GROUP, help="In each group.")] = 4,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first patient; each group begins ten further on.")
    ] = 301,
    jobs: Annotated[int, typer.Option(min=1, help="Patients analysed at once.")] = 1,
) -> None:
    """Analyse the axial T1 of every patient, and print a table."""
    tasks = [
        (group, seed + SEEDS_A_GROUP * group + n) for group in range(len(GROUPS)) for n in range(patients)
    ]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes = list(pool.map(_outcome, *zip(*tasks, strict=True)))
    table = Table(title="cst_t1 on synthetic heads", title_justify="left")
    for column in ("group", "seeds", "present", "indeterminate", "absent", "highest z", "reasons"):
        table.add_column(column, justify="left" if column in ("group", "seeds", "reasons") else "right")
    for number, group in enumerate(GROUPS):
        found = outcomes[number * patients : (number + 1) * patients]
        first = seed + SEEDS_A_GROUP * number
        table.add_row(group.name, f"{first}–{first + patients - 1}", *_cells(found))
    console.print(table)
    drawn = [o for (g, _), o in zip(tasks, outcomes, strict=True) if GROUPS[g].drawn]
    undrawn = [o for (g, _), o in zip(tasks, outcomes, strict=True) if not GROUPS[g].drawn]
    console.print(f"Drawn on both sides and called present: {_present(drawn)} of {len(drawn)}.")
    console.print(f"Not drawn on both sides and called present: {_present(undrawn)} of {len(undrawn)}.")


def _outcome(group: int, seed: int) -> Outcome:
    plan = replace(PROTOCOL["t1"], geometry=GROUPS[group].geometry)
    volume = series_volume(GROUPS[group].patient(seed), plan)
    finding = next(f for f in analyse_brain({Contrast.T1: volume}).findings if f.sign is Sign.CST_T1)
    scores = [region.value(Quantity.Z_SCORE) for region in finding.regions]
    return Outcome(
        finding.state,
        finding.confidence or "",
        tuple(reason.key for reason in finding.reasons),
        max((z for z in scores if z is not None), default=None),
    )


def _cells(found: list[Outcome]) -> tuple[str, ...]:
    states = Counter(outcome.state for outcome in found)
    confidences = Counter(outcome.confidence for outcome in found if outcome.confidence)
    scores = sorted(outcome.highest_z for outcome in found if outcome.highest_z is not None)
    reasons = Counter(reason for outcome in found for reason in outcome.reasons)
    how = ", ".join(f"{count} {name}" for name, count in sorted(confidences.items()))
    return (
        f"{states[State.PRESENT]}" + (f" ({how})" if how else ""),
        str(states[State.INDETERMINATE]),
        str(states[State.ABSENT]),
        f"{scores[0]:.1f} to {scores[-1]:.1f}" if scores else "–",
        ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())),
    )


def _present(outcomes: list[Outcome]) -> int:
    return sum(outcome.state is State.PRESENT for outcome in outcomes)


if __name__ == "__main__":
    app()
