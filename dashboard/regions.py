"""The findings of a study as tables: one a sign, a row a region, a column a quantity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

_FIRST = ("ratio", "cross_sectional_area", "z_score", "norm_mean", "norm_sd", "norm_n")
"""Quantities in the order a reader looks for them; others follow."""


@dataclass(frozen=True, slots=True)
class SignTable:
    """One sign with its numbers.

    Attributes
    ----------
    columns
        Quantity and UCUM unit.
    rows
        The region's name, and a number or ``None`` for each column.
    """

    finding: Mapping[str, Any]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


def sign_tables(
    findings: Sequence[Mapping[str, Any]], measurements: Sequence[Row[Any]]
) -> tuple[SignTable, ...]:
    """Bring the numbers of each sign into a table, in the order of the findings."""
    return tuple(
        _table(finding, [m for m in measurements if m.sign == finding["sign"]]) for finding in findings
    )


def _table(finding: Mapping[str, Any], measurements: Sequence[Row[Any]]) -> SignTable:
    units = {m.quantity: m.unit for m in measurements}
    columns = sorted(units, key=lambda q: (_FIRST.index(q) if q in _FIRST else len(_FIRST), q))
    regions: dict[str, dict[str, float]] = {}
    for m in measurements:
        name = f"{m.region}, {m.side}" if m.side else m.region
        regions.setdefault(name.replace("_", " "), {})[m.quantity] = m.value
    rows = tuple((name, tuple(values.get(q) for q in columns)) for name, values in regions.items())
    return SignTable(finding, tuple((q, units[q]) for q in columns), rows)
