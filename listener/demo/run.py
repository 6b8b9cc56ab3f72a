"""Run Betz and a stand-in PACS, send studies from one to the other and back, and show what came of it."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from sqlalchemy import Engine, text

from db.engine import make_engine, reading
from listener.demo.cases import Case, cases_of_folder, synthetic_cases
from listener.demo.outcome import findings_table, is_wrong, print_decisions
from listener.demo.pacs import AE_TITLE, PACS, free_port, open_pacs, wait_for_port
from listener.demo.progress import Progress
from listener.destinations import Destination
from listener.settings import environment_without_settings
from processors.findings import Finding
from reports.reading import read_findings, read_summary

QUIET_PERIOD_S = 3
_GIVE_UP_AFTER_S = 900.0
_ENDS = {"delivered", "delivered_in_part", "nothing_to_analyse", "failed"}
_EVENT_STATIONS = {
    "study-settled": "settled",
    "study-settled-incomplete": "settled",
    "study-routed": "routed",
    "analysis-done": "analysed",
    "analysis-failed": "analysed",
    "study-delivering": "reported",
    "report-delivered": "delivered",
}


def run_demo(console: Console, folder: Path, study_folder: Path | None) -> int:
    """Run the demo in an empty folder.

    Returns
    -------
    int
        0 if every report came back and no sign in them is wrong, else 1.
    """
    started = time.monotonic()
    cases: Mapping[str, Case | Future[Case]]
    cases = synthetic_cases(folder / "studies") if study_folder is None else cases_of_folder(study_folder)
    if not cases:
        console.print(f"[red]There is no DICOM study in {study_folder}.[/]")
        return 1
    betz = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=free_port())
    with open_pacs(folder / "pacs", betz) as pacs, running_node(folder, betz.port, pacs.port):
        console.print(f"Betz listens on 127.0.0.1:{betz.port} (AE title BETZ); the PACS is {pacs.name}.\n")
        engine = make_engine(f"sqlite:///{folder / 'betz.sqlite'}")
        with Progress(console, list(cases)) as progress:
            done = _send_all(pacs, betz, cases, progress, engine)
            _follow(engine, done, progress)
        reports = _reports(pacs, done, folder)
        _explain(console, engine, done, reports)
    console.print(findings_table(done, reports))
    console.print(f"\nTook {time.monotonic() - started:.0f} s. Research software: not a medical device.\n")
    _print_paths(console, folder)
    return _status(console, done, reports)


@contextmanager
def running_node(
    folder: Path, port: int, pacs_port: int, quiet_period_s: int = QUIET_PERIOD_S
) -> Iterator[None]:
    """Betz, embedded, as ``betz serve`` runs it."""
    settings = {
        "BETZ_LISTENER__PORT": str(port),
        "BETZ_STORAGE__URL": str(folder / "archive"),
        "BETZ_DATABASE__URL": f"sqlite:///{folder / 'betz.sqlite'}",
        "BETZ_SETTLING__QUIET_PERIOD": str(quiet_period_s),
        "BETZ_WORKER__POLL_INTERVAL": "0.25",
        "BETZ_DESTINATIONS": (
            f'[{{"name": "pacs", "ae_title": "{AE_TITLE}", "host": "127.0.0.1", "port": {pacs_port}}}]'
        ),
    }
    with (folder / "betz.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "listener", "serve"],
            env={**environment_without_settings(), **settings},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for_port(port, process)
            yield
        finally:
            process.terminate()
            process.wait()


def _send_all(
    pacs: PACS,
    betz: Destination,
    cases: Mapping[str, Case | Future[Case]],
    progress: Progress,
    engine: Engine,
) -> list[Case]:
    """Send each study as soon as it is made, while the progress of the others is shown."""
    ready: list[Case] = [case for case in cases.values() if isinstance(case, Case)]
    waiting = {case: name for name, case in cases.items() if isinstance(case, Future)}
    for name in waiting.values():
        progress.note(name, "sent", "drawing …")
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(engine, ready, progress, stop))
    watcher.start()
    try:
        for case in list(ready):
            _send(pacs, betz, case, progress)
        for future in as_completed(waiting):
            case = future.result()
            ready.append(case)
            _send(pacs, betz, case, progress)
    finally:
        stop.set()
        watcher.join()
    return [next(case for case in ready if case.name == name) for name in cases]


def _send(pacs: PACS, betz: Destination, case: Case, progress: Progress) -> None:
    count = 0

    def one_more() -> None:
        nonlocal count
        count += 1
        progress.note(case.name, "sent", f"{count} of {len(case.files)}")

    pacs.send(case.files, betz, one_more)
    progress.reach(case.name, "sent", f"{len(case.files)} images")


def _watch(engine: Engine, cases: Sequence[Case], progress: Progress, stop: threading.Event) -> None:
    while not stop.wait(0.3):
        for case in list(cases):
            _look(engine, case, progress)


def _follow(engine: Engine, cases: Sequence[Case], progress: Progress) -> None:
    """Show how the studies go on until all are at an end."""
    deadline = time.monotonic() + _GIVE_UP_AFTER_S
    while time.monotonic() < deadline:
        if all([_look(engine, case, progress) in _ENDS for case in cases]):  # noqa: C419
            return
        time.sleep(0.3)


def _look(engine: Engine, case: Case, progress: Progress) -> str:
    """Show where a study stands by the database, and give its status."""
    with reading(engine) as session:
        study = session.execute(
            text("SELECT status, status_reason, instances FROM v_studies WHERE study_instance_uid = :uid"),
            {"uid": case.study_instance_uid},
        ).first()
        events = session.execute(
            text("SELECT what FROM v_events WHERE study_instance_uid = :uid ORDER BY number"),
            {"uid": case.study_instance_uid},
        ).all()
    if study is None:
        return ""
    if study.instances < len(case.files) and study.status == "receiving":
        progress.note(case.name, "received", str(study.instances))
    else:
        progress.reach(case.name, "received", f"{study.instances} images")
    for (what,) in events:
        station = _EVENT_STATIONS.get(what)
        if station == "analysed" and study.status == "analysing":
            progress.note(case.name, station, "running …")
        elif station:
            progress.reach(case.name, station)
    if progress.has_reached(case.name, "routed") and not progress.has_reached(case.name, "analysed"):
        progress.note(case.name, "analysed", "running …")
    return str(study.status)


def _reports(pacs: PACS, cases: Sequence[Case], folder: Path) -> dict[str, tuple[Finding, ...]]:
    """The findings by study, from what the PACS holds; a copy of each goes into the folder."""
    (folder / "reports").mkdir(exist_ok=True)
    findings = {}
    for case in cases:
        for report in pacs.reports(case.study_instance_uid):
            path = folder / "reports" / f"{case.name.replace(' ', '-')}.dcm"
            report.save_as(path)
            path.with_suffix(".txt").write_text("\n".join(read_summary(report)) + "\n")
            findings[case.name] = read_findings(report)
    return findings


def _explain(
    console: Console, engine: Engine, cases: Sequence[Case], reports: Mapping[str, Sequence[Finding]]
) -> None:
    """Say of a user's own study, and of one without report, what its series were taken for."""
    for case in cases:
        if case.name in reports and case.drawn is not None:
            continue
        with reading(engine) as session:
            rows = session.execute(
                text(
                    "SELECT series_description, contrast, body_part, plane, analysis, decision FROM v_series"
                    " WHERE study_instance_uid = :uid ORDER BY series_number, stack"
                ),
                {"uid": case.study_instance_uid},
            ).all()
        print_decisions(
            console,
            case.name,
            [(r[0] or "", f"{r[1]}, {r[2]}, {r[3]}" if r[1] else "", r[4] or "–", r[5] or "") for r in rows],
        )


def _print_paths(console: Console, folder: Path) -> None:
    for what, where in (
        ("the reports", "reports"),
        ("what Betz stored", "archive"),
        ("the database", "betz.sqlite"),
        ("the log", "betz.log"),
        ("the PACS", "pacs"),
    ):
        console.print(f"  {what + ':':18} {folder / where}")


def _status(console: Console, cases: Sequence[Case], reports: Mapping[str, Sequence[Finding]]) -> int:
    missing = [case.name for case in cases if case.name not in reports]
    wrong = [
        f"{finding.sign} of {case.name}"
        for case in cases
        for finding in reports.get(case.name, ())
        if is_wrong(finding, case.drawn)
    ]
    if missing:
        console.print(f"\n[bold red]No report came back for {', '.join(missing)}.[/]")
    if wrong:
        console.print(f"\n[bold red]Wrong: {', '.join(wrong)}.[/]")
    if missing or wrong:
        return 1
    known = any(case.drawn is not None for case in cases)
    console.print(
        f"\n[bold green]Every report came back{', and no sign in them is wrong' if known else ''}.[/]"
    )
    return 0
