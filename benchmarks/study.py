"""How long a study takes from its last image to the PACS, and where the time goes.

``python -m benchmarks study``: a whole node, as ``betz serve`` runs it, is sent the demo's patient with the
signs by a PACS, Orthanc where one is installed. The clock starts when the quiet period after the last image
is over, and stops when the PACS has acknowledged the last object. All times are from the node's own database.
"""

import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from db.engine import make_engine, reading
from db.models import UTCDateTime
from listener.demo.cases import SEED
from listener.demo.pacs import free_port, open_pacs
from listener.demo.run import running_node
from listener.destinations import Destination
from phantoms.patient import seed_patient
from phantoms.study import write_study

LIMIT_S = 45.0
QUIET_PERIOD_S = 10
"""Longer than the demo's: a busy machine must not take a pause of the PACS for the end of the study."""
_GIVE_UP_AFTER_S = 900.0
_ENDS = ("delivered", "delivered_in_part", "failed", "nothing_to_analyse")
_UTC = UTCDateTime()

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(width=110)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One thing that was done, or waited for, one after the other."""

    what: str
    seconds: float


@app.command()
def main(
    repeats: Annotated[int, typer.Option(min=1, help="Runs, each of a new node; the median counts.")] = 1,
    limit: Annotated[
        float, typer.Option(min=0.0, help="Seconds; a median above ends with status 1.")
    ] = LIMIT_S,
) -> None:
    """Measure, and print where the time went."""
    load = f"{os.getloadavg()[0]:.1f}"
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" load before the start {load}"
    )
    with tempfile.TemporaryDirectory(prefix="betz-study-") as name:
        folder = Path(name)
        study = write_study(seed_patient(SEED), folder / "study")
        runs = [
            _run(folder / f"run-{number}", study.study_instance_uid, study.files) for number in range(repeats)
        ]
    console.print(_table(runs))
    total = median(sum(one.seconds for one in run) for run in runs)
    within = total <= limit
    console.print(
        f"{len(study.files)} images: {total:.1f} s from the end of the quiet period to the last object in the"
        f" PACS, {'within' if within else 'above'} the limit of {limit:.0f} s."
    )
    raise typer.Exit(0 if within else 1)


def _run(folder: Path, study_uid: str, files: Sequence[Path]) -> list[Stretch]:
    """Send the study to a new node, and read from its database what was when.

    Raises
    ------
    RuntimeError
        If the study does not end delivered.
    """
    folder.mkdir()
    betz = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=free_port())
    with open_pacs(folder / "pacs", betz) as pacs, running_node(folder, betz.port, pacs.port, QUIET_PERIOD_S):
        pacs.send(files, betz, lambda: None)
        engine = make_engine(f"sqlite:///{folder / 'betz.sqlite'}")
        deadline = time.monotonic() + _GIVE_UP_AFTER_S
        while (status := _status(engine, study_uid)) not in _ENDS:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        if status != "delivered":
            raise RuntimeError(f"the study ended as {status}")
        stretches = _stretches(engine, study_uid)
        console.print(f"Processor time of the node's processes so far: {_node_seconds(folder):.1f} s.")
        engine.dispose()
    return stretches


def _node_seconds(folder: Path) -> float:
    """Processor seconds of the processes that work on a node's folder, however busy the machine is."""
    setting = f"BETZ_STORAGE__URL={folder / 'archive'}".encode()
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if setting in (process / "environ").read_bytes().split(b"\0"):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _status(engine: Engine, study_uid: str) -> str | None:
    with reading(engine) as session:
        statement = text("SELECT status FROM v_studies WHERE study_instance_uid = :uid")
        status: str | None = session.scalar(statement, {"uid": study_uid})
        return status


def _stretches(engine: Engine, study_uid: str) -> list[Stretch]:
    def rows(statement: str, **columns: Any) -> Sequence[Any]:  # noqa: ANN401
        with reading(engine) as session:
            return session.execute(text(statement).columns(**columns), {"uid": study_uid}).all()

    [study] = rows(
        "SELECT last_received_at, settled_at FROM v_studies WHERE study_instance_uid = :uid",
        last_received_at=_UTC,
        settled_at=_UTC,
    )
    events = {
        row.what: row.at
        for row in rows(
            "SELECT what, MAX(at) AS at FROM v_events WHERE study_instance_uid = :uid GROUP BY what", at=_UTC
        )
    }
    analyses = rows(
        "SELECT name, started_at, finished_at FROM v_analyses WHERE study_instance_uid = :uid"
        " ORDER BY started_at",
        started_at=_UTC,
        finished_at=_UTC,
    )
    deliveries = rows(
        "SELECT kind, delivered_at FROM v_deliveries WHERE study_instance_uid = :uid ORDER BY delivered_at",
        delivered_at=_UTC,
    )
    points = [("settled: the end of the quiet period is noticed", study.settled_at)]
    points.append(("routed: every series read and classified", events["study-routed"]))
    for one in analyses:
        points.append((f"{one.name}: waiting for its process", one.started_at))
        points.append((f"{one.name}: analysis, segmentations and key images", one.finished_at))
    points.append(("report made and archived", events["study-delivering"]))
    count = len(deliveries)
    points.append((f"delivered: {count} objects in the PACS", max(one.delivered_at for one in deliveries)))
    stretches = []
    last = study.last_received_at + timedelta(seconds=QUIET_PERIOD_S)
    for what, at in points:
        stretches.append(Stretch(what, (at - last).total_seconds()))
        last = at
    return stretches


def _table(runs: Sequence[Sequence[Stretch]]) -> Table:
    table = Table(title="Where the time goes", title_justify="left")
    table.add_column("until")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    total = median(sum(one.seconds for one in run) for run in runs)
    for position, one in enumerate(runs[0]):
        seconds = median(run[position].seconds for run in runs)
        table.add_row(one.what, f"{seconds:.2f}", f"{seconds / total:.0%}")
    table.add_section()
    table.add_row("all", f"{total:.2f}", "")
    return table
