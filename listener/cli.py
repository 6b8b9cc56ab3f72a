"""The command line: ``betz``.

Each command imports what it needs when it is called, so that a process starts as fast as its job allows.
"""

import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from listener.destinations import Destination
from listener.logs import configure_logs
from listener.settings import Settings, read_settings

app = typer.Typer(
    help="Betz measures MRI signs that support a diagnosis of motor neuron disease, and reports them to the "
    "PACS. Research software: not a medical device.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings file; by default betz.toml, where there is one.")
]
console = Console()
verbatim = Console(markup=False)
"""For values that came over the network: brackets in them are no markup."""


class NodeProcess(StrEnum):
    """The processes of a node."""

    LISTENER = "listener"
    WORKER = "worker"
    DASHBOARD = "dashboard"


def _settings(file: Path | None) -> Settings:
    try:
        settings = read_settings(file)
    except (ValidationError, OSError, ValueError) as error:
        typer.echo(f"The settings are not valid.\n{error}", err=True)
        raise typer.Exit(2) from None
    configure_logs(settings.log_level)
    return settings


def _supervise(file: Path | None, settings: Settings, *others: str) -> None:
    """Run the listener's processes on one socket, and other commands beside them."""
    from listener.association import listening_socket
    from listener.supervisor import supervise

    try:
        listening = listening_socket(settings.listener.host, settings.listener.port)
    except OSError as error:
        where = f"{settings.listener.host}:{settings.listener.port}"
        typer.echo(f"Cannot listen on {where}: {error.strerror}.", err=True)
        raise typer.Exit(2) from None
    base = [sys.executable, "-m", "listener"]
    options = ["--settings", str(file)] if file else []
    share = ["listener", "--socket", str(listening.fileno())]
    commands = {
        f"listener {number}": [*base, *share, *options]
        for number in range(1, settings.listener.processes + 1)
    }
    supervise(commands | {name: [*base, name, *options] for name in others}, inherits=(listening.fileno(),))


@app.command()
def serve(settings: SettingsFile = None) -> None:
    """Run the node: a listener and a worker, until stopped."""
    _supervise(settings, _settings(settings), "worker")


@app.command()
def listener(
    settings: SettingsFile = None,
    socket: Annotated[
        int | None, typer.Option(hidden=True, help="A socket that listens already, by its file descriptor.")
    ] = None,
) -> None:
    """Receive images only; workers elsewhere do the rest."""
    node = _settings(settings)
    if socket is None and node.listener.processes > 1:
        _supervise(settings, node)
        return
    from listener.server import run_listener

    run_listener(node, socket)


@app.command()
def worker(settings: SettingsFile = None) -> None:
    """Settle, analyse, report and deliver; run as many as there are machines for."""
    from listener.worker import run_worker

    run_worker(_settings(settings))


@app.command()
def dashboard(settings: SettingsFile = None) -> None:
    """Show what came, what failed and what waits as pages for a browser; they only read."""
    from dashboard.server import run_dashboard
    from db.engine import make_engine

    node = _settings(settings)
    shown = node.dashboard
    try:
        engine = make_engine(node.database.address())
        run_dashboard(engine, shown.host, shown.port, shown.username, shown.password())
    except (OSError, ValueError) as error:
        typer.echo(f"The dashboard does not start: {error}", err=True)
        raise typer.Exit(2) from None


@app.command()
def demo(
    study: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="A folder with DICOM files of your own."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="An empty or new folder for everything it makes.")] = None,
) -> None:
    """Send studies from a stand-in PACS through Betz and back, and show what comes of it."""
    from listener.demo.run import run_demo

    folder = Path(tempfile.mkdtemp(prefix="betz-demo-")) if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        typer.echo(f"{folder} is not empty.", err=True)
        raise typer.Exit(2)
    configure_logs("ERROR")
    try:
        outcome = run_demo(console, folder.resolve(), study)
    except (ConnectionError, RuntimeError) as error:
        typer.echo(f"{error}\nThe logs are in {folder}.", err=True)
        outcome = 1
    raise typer.Exit(outcome)


@app.command()
def send(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 11112,
    ae_title: Annotated[str, typer.Option(help="AE title of the node to send to.")] = "BETZ",
    calling: Annotated[str, typer.Option(help="AE title to send as.")] = "BETZ_SEND",
) -> None:
    """Send the DICOM files of a folder to a node."""
    from listener.sending import dicom_files, send_files

    files = list(dicom_files(folder))
    if not files:
        typer.echo(f"There is no DICOM file in {folder}.", err=True)
        raise typer.Exit(1)
    destination = Destination(name="node", ae_title=ae_title, host=host, port=port)
    try:
        sent = send_files(files, destination, calling)
    except ConnectionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    console.print(f"{sent.accepted} of {len(files)} instances were accepted.")
    for answer, count in sent.refused.items():
        verbatim.print(f"  {count} × {answer}")
    raise typer.Exit(1 if sent.refused else 0)


@app.command()
def check(settings: SettingsFile = None) -> None:
    """Say what is wrong with the configuration, and whether each destination answers a C-ECHO."""
    from listener.checks import check_node

    raise typer.Exit(check_node(_settings(settings), console))


@app.command()
def health(
    process: Annotated[NodeProcess, typer.Argument(help="The process of this machine to ask after.")],
    settings: SettingsFile = None,
) -> None:
    """Say whether the listener or the dashboard answers, or a worker is at work; for health checks."""
    from listener.health import dashboard_problem, listener_problem, worker_problem

    problem_of = {
        NodeProcess.LISTENER: listener_problem,
        NodeProcess.WORKER: worker_problem,
        NodeProcess.DASHBOARD: dashboard_problem,
    }
    problem = problem_of[process](_settings(settings))
    typer.echo(problem or f"The {process} is well.", err=problem is not None)
    raise typer.Exit(0 if problem is None else 1)


@app.command()
def status(settings: SettingsFile = None) -> None:
    """Show the studies: what came, what ran, what failed and why, what waits."""
    from listener.status import print_status

    print_status(_settings(settings), verbatim)


@app.command()
def results(
    study_uid: Annotated[str, typer.Argument(help="Study Instance UID.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Show the findings of a study."""
    from listener.status import print_results

    raise typer.Exit(print_results(_settings(settings), verbatim, study_uid, as_json=as_json))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder with DICOM files.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Where the objects are written to.")],
    settings: SettingsFile = None,
) -> None:
    """Report on the studies of a folder, as files: the objects that a PACS would be sent."""
    from listener.database import now
    from listener.folder_report import report_folder

    raise typer.Exit(report_folder(folder, out, _settings(settings), now(), verbatim))


@app.command()
def retry(
    study_uid: Annotated[str, typer.Argument(help="Study Instance UID.")], settings: SettingsFile = None
) -> None:
    """Have a study processed again, such as one that failed."""
    from listener.status import process_study_again

    raise typer.Exit(process_study_again(_settings(settings), verbatim, study_uid))


@app.command()
def normal(
    study_uids: Annotated[list[str] | None, typer.Argument(help="Study Instance UIDs.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the mark back.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the studies that are marked.")] = False,
    note: Annotated[str | None, typer.Option(help="Why, or who says so.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Mark studies of people without any of the signs: betz calibrate learns from them."""
    from listener.normals import list_normals, mark

    if not study_uids and not listed:
        typer.echo("Name a study by its Study Instance UID, or give --list.", err=True)
        raise typer.Exit(2)
    node = _settings(settings)
    outcome = mark(node, verbatim, study_uids, note, remove=remove) if study_uids else 0
    if listed and outcome == 0:
        outcome = list_normals(node, verbatim)
    raise typer.Exit(outcome)


@app.command()
def calibrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be learnt.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the norms in use.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the norms in use back.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Learn the site's own norms from the studies marked as normal, and use them from now on."""
    from listener import normals

    if dry_run + show + withdraw > 1:
        typer.echo("Give one of --dry-run, --show and --withdraw.", err=True)
        raise typer.Exit(2)
    node = _settings(settings)
    if show:
        raise typer.Exit(normals.show_norms(node, verbatim))
    if withdraw:
        raise typer.Exit(normals.withdraw(node, verbatim))
    raise typer.Exit(normals.calibrate_site(node, verbatim, dry_run=dry_run))


@app.command()
def classify(
    folder: Annotated[Path | None, typer.Argument(exists=True, file_okay=False)] = None,
    headers: Annotated[
        bool, typer.Option("--headers", help="Read JSON lines of header values from standard input.")
    ] = False,
    settings: Annotated[
        Path | None, typer.Option("--settings", "--config", help="Settings with the overrides to try.")
    ] = None,
) -> None:
    """Show what the series of a folder would be taken for, and which analysis each would reach."""
    from listener.classification import classify_lines
    from listener.folder import classify_folder

    if headers:
        for line in classify_lines(sys.stdin):
            typer.echo(line)
        return
    if folder is None:
        typer.echo("Name a folder, or give --headers.", err=True)
        raise typer.Exit(2)
    classify_folder(folder, _settings(settings).classification(), console)


@app.command(
    "phantom",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    help="Make a synthetic patient as a DICOM study.",
)
def phantom(context: typer.Context) -> None:
    """Hand the words on to the phantoms' own command."""
    from phantoms.cli import app as phantoms_app

    phantoms_app(context.args, prog_name="betz phantom")
