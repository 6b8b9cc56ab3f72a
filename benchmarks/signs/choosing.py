"""Which synthetic patients a part of the benchmark analyses."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import typer

from benchmarks.signs.resuming import Case, Row

CALIBRATION = 1001
"""First seed of the block that may be tuned on; each part has one of its own to report on."""


class PatientGroup(Protocol):
    """Patients drawn alike."""

    @property
    def name(self) -> str:
        """By which it is asked for."""

    @property
    def patients(self) -> int:
        """How many there are in a block."""

    def seed(self, block: int, number: int) -> int:
        """Of a patient, from 0, in a block of seeds that begins where it says."""


_Group = TypeVar("_Group", bound=PatientGroup)


def chosen(only: Sequence[str] | None, groups: Mapping[str, _Group]) -> tuple[_Group, ...]:
    """The groups of some names, or all.

    Raises
    ------
    typer.BadParameter
        If there is no group of a name.
    """
    unknown = [name for name in only or () if name not in groups]
    if unknown:
        raise typer.BadParameter(f"no group {unknown[0]!r}; there are: {'; '.join(groups)}")
    return tuple(groups[name] for name in only or groups)


def cases_of(groups: Sequence[PatientGroup], block: int, patients: int) -> list[Case]:
    """At most so many of each group, so interleaved that a run cut short has the same share of each."""
    sizes = {group.name: min(patients, group.patients) for group in groups}
    numbered = [(group, number) for group in groups for number in range(sizes[group.name])]
    numbered.sort(key=lambda one: (one[1] + 0.5) / sizes[one[0].name])
    return [(group.name, group.seed(block, number)) for group, number in numbered]


def cost(rows: Sequence[Row], people: str, block: int) -> str:
    """What was analysed, and how long it took."""
    cpu = sum(row["drawing_s"] + row["analysis_s"] for row in rows)
    return (
        f"{len(rows)} {people}, seeds from {block}; {cpu / 60:.1f} CPU minutes, "
        f"{cpu / max(len(rows), 1):.1f} s each. Phantom performance: it says nothing of diagnostic accuracy."
    )
