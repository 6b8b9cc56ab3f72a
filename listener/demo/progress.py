"""The way of each study, live: a row a study, a column a station."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

STATIONS = ("sent", "received", "settled", "routed", "analysed", "reported", "delivered")


@dataclass(slots=True)
class _Row:
    notes: dict[str, str] = field(default_factory=dict)
    reached: dict[str, float] = field(default_factory=dict)


class Progress:
    """A table that redraws itself on a terminal, and a line per station elsewhere."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console = console
        self._start = time.monotonic()
        self._rows = {name: _Row() for name in names}
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=5, transient=False)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def note(self, name: str, station: str, text: str) -> None:
        """Say how far a study is with a station that it has not passed."""
        self._rows[name].notes[station] = text

    def reach(self, name: str, station: str, text: str = "") -> None:
        """Mark a station as passed, once."""
        row = self._rows[name]
        if station in row.reached:
            return
        row.reached[station] = time.monotonic() - self._start
        row.notes[station] = text
        if not self._console.is_terminal:
            self._console.print(f"{row.reached[station]:6.1f} s  {name}: {station} {text}".rstrip())

    def has_reached(self, name: str, station: str) -> bool:
        """Whether a station was passed."""
        return station in self._rows[name].reached

    def _table(self) -> RenderableType:
        table = Table(title=f"{time.monotonic() - self._start:.0f} s", title_justify="left", expand=False)
        table.add_column("study")
        for station in STATIONS:
            table.add_column(station, justify="center", min_width=9)
        for name, row in self._rows.items():
            table.add_row(name, *(self._cell(row, station) for station in STATIONS))
        return table

    @staticmethod
    def _cell(row: _Row, station: str) -> str:
        note = row.notes.get(station, "")
        if station in row.reached:
            return f"[green]✓[/] {row.reached[station]:.1f} s" + (f"\n[dim]{note}[/]" if note else "")
        return f"[yellow]{note}[/]" if note else "[dim]·[/]"
