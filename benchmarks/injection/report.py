"""The tables of the injection benchmark."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from benchmarks.injection.outcome import Outcome
from processors.findings import TRACT_SEGMENTS, Side, State

LATERALITY_MARGIN = 0.01
"""Share by which the side that was not changed must have risen more to be called the wrong one."""


def every_outcome(outcomes: Sequence[Outcome]) -> Table:
    """One line for each series and case."""
    table = Table(title="Signs in real heads", title_justify="left")
    for column in ("study", "series", "case", "state", "confidence", "z", "measured %", "reasons"):
        table.add_column(column, justify="right" if column in ("z", "measured %") else "left")
    before = _untouched(outcomes)
    for o in outcomes:
        scores = list(o.scores.values())
        rises = [rise for rise in _rises(o, before).values() if rise is not None]
        table.add_row(
            o.study,
            o.contrast,
            o.case,
            o.state.replace("_", " "),
            o.confidence or "",
            f"{min(scores):.1f} to {max(scores):.1f}" if scores else "–",
            f"{100 * np.median(rises):+.0f}" if rises and o.injected else "",
            ", ".join(o.reasons),
        )
    return table


def by_case(outcomes: Sequence[Outcome]) -> Table:
    """How often the sign was called present, by series and case."""
    table = Table(title="By case", title_justify="left")
    for column in ("series", "case", "ought to be", "present", "indeterminate", "absent", "not evaluated"):
        table.add_column(column, justify="left" if column in ("series", "case", "ought to be") else "right")
    for contrast, case in dict.fromkeys((o.contrast, o.case) for o in outcomes):
        found = [o for o in outcomes if (o.contrast, o.case) == (contrast, case)]
        table.add_row(
            contrast,
            case,
            "present" if found[0].expected else "not present",
            *(
                str(sum(o.state is state for o in found))
                for state in (State.PRESENT, State.INDETERMINATE, State.ABSENT, State.NOT_EVALUATED)
            ),
        )
    return table


def by_segment(outcomes: Sequence[Outcome]) -> Table:
    """Which share of the injected change arrives, by series and segment, against the same head untouched."""
    table = Table(title="Measured over injected change, median (quartiles)", title_justify="left")
    for column in ("series", "tract", *TRACT_SEGMENTS):
        table.add_column(column, justify="left" if column in ("series", "tract") else "right")
    before = _untouched(outcomes)
    for contrast in dict.fromkeys(o.contrast for o in outcomes):
        for tract in ("tube", "juelich"):
            cells = [
                _share(
                    [
                        rise / o.injected
                        for o in outcomes
                        if o.expected and o.contrast == contrast and o.case.endswith(tract)
                        for key, rise in _rises(o, before).items()
                        if key.startswith(f"{segment}/") and rise is not None
                    ]
                )
                for segment in TRACT_SEGMENTS
            ]
            table.add_row(contrast, tract, *cells)
    return table


def laterality_errors(outcomes: Sequence[Outcome]) -> list[str]:
    """Every one-sided injection after which the other side had risen more."""
    before = _untouched(outcomes)
    errors = []
    for o in outcomes:
        for side, other in ((Side.LEFT, Side.RIGHT), (Side.RIGHT, Side.LEFT)):
            if o.case.endswith(f"{side} only") and o.ratios:
                rises = _rises(o, before)
                here, there = (_mean_rise(rises, s) for s in (side, other))
                if there > here + LATERALITY_MARGIN:
                    errors.append(f"{o.study} {o.contrast} {o.case}")
    return errors


def _mean_rise(rises: dict[str, float | None], side: Side) -> float:
    found = [rise for key, rise in rises.items() if rise is not None and key.endswith(side)]
    return float(np.mean(found)) if found else 0.0


def _untouched(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Outcome]:
    return {(o.study, o.contrast): o for o in outcomes if o.case == "untouched"}


def _rises(o: Outcome, before: dict[tuple[str, str], Outcome]) -> dict[str, float | None]:
    """Fractional change of each segment's ratio against the same series untouched."""
    base = before.get((o.study, o.contrast))
    if base is None:
        return {}
    return {key: ratio / base.ratios[key] - 1 for key, ratio in o.ratios.items() if key in base.ratios}


def _share(shares: list[float]) -> str:
    if not shares:
        return "–"
    low, middle, high = np.percentile(shares, (25, 50, 75))
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"
