"""What the PACS got back, beside what was put into the images."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from listener.demo.cases import Case
from processors.findings import Finding, Quantity, Sign, State

_STYLES = {
    State.PRESENT: "bold red",
    State.ABSENT: "green",
    State.INDETERMINATE: "yellow",
    State.NOT_EVALUATED: "dim",
}


_NOTHING_TO_READ = frozenset({"not-implemented", "missing-series", "swi-recommended"})


def is_wrong(finding: Finding, drawn: frozenset[Sign] | None) -> bool:
    """Whether a finding does not say what is in the images.

    A sign that this version does not measure, or that needs a series the study does not have, says nothing
    and is not wrong; one that it measures and could not judge is.
    """
    if drawn is None:
        return False
    if finding.state in (State.PRESENT, State.ABSENT):
        return (finding.state is State.PRESENT) != (finding.sign in drawn)
    return not {reason.key for reason in finding.reasons} <= _NOTHING_TO_READ


def findings_table(cases: Sequence[Case], reports: Mapping[str, Sequence[Finding]]) -> Table:
    """A row a sign; for each study what was drawn and what its report says."""
    table = Table(
        title="Findings, read back from the structured reports the PACS received", title_justify="left"
    )
    table.add_column("sign", no_wrap=True)
    for case in cases:
        if case.drawn is not None:
            table.add_column(f"{case.name}:\nput in", justify="center")
        table.add_column(f"{case.name}:\nreport says")
    for sign in Sign:
        cells: list[str] = []
        for case in cases:
            finding = next((f for f in reports.get(case.name, ()) if f.sign is sign), None)
            if case.drawn is not None:
                cells.append("yes" if sign in case.drawn else "[dim]no[/]")
            cells.append("[red]no report[/]" if finding is None else _cell(finding, case.drawn))
        table.add_row(sign, *cells)
    return table


def _cell(finding: Finding, drawn: frozenset[Sign] | None) -> str:
    words = finding.state.replace("_", " ")
    if finding.confidence:
        words += f", {finding.confidence} confidence"
    text = f"[{_STYLES[finding.state]}]{words}[/]"
    z_scores = [z for region in finding.regions if (z := region.value(Quantity.Z_SCORE)) is not None]
    if z_scores:
        text += f" [dim](z up to {max(z_scores):+.1f})[/]"
    if finding.state in (State.INDETERMINATE, State.NOT_EVALUATED):
        text += f"\n[dim]{finding.reasons[0].key.replace('-', ' ')}[/]"
    if is_wrong(finding, drawn):
        text += " [bold white on red] WRONG [/]"
    return text


def print_decisions(console: Console, name: str, decisions: Sequence[tuple[str, str, str, str]]) -> None:
    """Why each series of a study was taken or left: description, class, analysis, reason."""
    table = Table(title=f"{name}: what the series were taken for", title_justify="left")
    for column in ("series", "taken for", "analysis", "why"):
        table.add_column(column)
    for row in decisions:
        table.add_row(*row)
    console.print(table)
