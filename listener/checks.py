"""Whether a node is configured so that it can work."""

import socket
from collections.abc import Iterator

from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from catalogue.texts import CATALOGUE, TEXTS
from listener.archive import ArchiveError, open_archive
from listener.database import open_database
from listener.delivery.associations import accepted_classes, echo
from listener.delivery.outcomes import CLASSES, PLURALS, Outcome
from listener.delivery.stow import reach
from listener.destinations import Commitment, Destination, WebDestination
from listener.settings import Settings
from listener.tls import listener_context, tls_words

_TAKEN = 98


def check_node(settings: Settings, console: Console) -> int:
    """Try everything the node needs.

    Returns
    -------
    int
        0 if all is well, else 1.
    """
    failures = 0
    for what, problem in _checks(settings):
        mark = "[green]ok[/]" if problem is None else "[bold red]no[/]"
        console.print(f"{mark}  {what}" + ("" if problem is None else f": {problem}"))
        failures += problem is not None
    if not settings.destinations:
        console.print("[yellow]--[/]  no destination is configured: reports will be made and not delivered")
    return 1 if failures else 0


def _checks(settings: Settings) -> Iterator[tuple[str, str | None]]:
    yield _texts(), None
    yield f"storage {settings.storage.url}", _storage_problem(settings)
    yield "database", _database_problem(settings)
    listener = settings.listener
    where = f"{listener.host}:{listener.port} as {listener.ae_title}" + (", TLS" if listener.tls else "")
    yield f"listen on {where}", _port_problem(settings)
    calling = settings.delivery.calling_ae_title or listener.ae_title
    for destination in settings.destinations:
        if isinstance(destination, WebDestination):
            outcome = reach(destination)
            open_secret = destination.has_secret and destination.url.startswith("http:")
            care = ", its password or token goes unencrypted" if open_secret else ""
            yield f"DICOMweb of {destination.name} ({destination.url}){care}", _problem(outcome)
            continue
        outcome = echo(destination, calling)
        where = f"{destination.name} ({destination.ae_title} at {destination.host}:{destination.port})"
        yield f"C-ECHO to {where}" + (" over TLS" if destination.tls else ""), _problem(outcome)
        if outcome.acknowledged:
            yield from _offers(destination, calling)


def _texts() -> str:
    """In which language reports are written, and how much of it."""
    language, code = TEXTS["language"]["name"], TEXTS["language"]["code"]
    lacking = len(CATALOGUE.untranslated)
    return f"texts in {language} ({code})" + (f", {lacking} of them still English" if lacking else "")


def _problem(outcome: Outcome) -> str | None:
    return None if outcome.acknowledged else outcome.text


def _offers(destination: Destination, calling: str) -> Iterator[tuple[str, str | None]]:
    """Whether a destination accepts what it is to get, and Storage Commitment where that matters."""
    accepted = accepted_classes(destination, calling)
    for kind in destination.wants:
        missing = not accepted.intersection(CLASSES[kind])
        yield f"{destination.name} takes {PLURALS[kind]}", "it does not accept them" if missing else None
    if destination.commitment != Commitment.OFF:
        offered = StorageCommitmentPushModel in accepted
        required = destination.commitment == Commitment.REQUIRED
        if offered or required:
            what = f"{destination.name} offers Storage Commitment"
            yield what, None if offered else "it does not, and it is required"


def _storage_problem(settings: Settings) -> str | None:
    try:
        free = open_archive(settings.storage.url).free_space()
    except (ArchiveError, OSError, ImportError, ValueError) as error:
        return str(error)
    if free is not None and free < settings.listener.minimum_free_space:
        return f"only {free >> 20} MiB are free; the listener would refuse images"
    return None


def _database_problem(settings: Settings) -> str | None:
    try:
        open_database(settings)
    except (SQLAlchemyError, OSError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


def _port_problem(settings: Settings) -> str | None:
    if settings.listener.tls is not None:
        try:
            listener_context(settings.listener.tls)
        except OSError as error:
            return f"the files for TLS cannot be used ({tls_words(error)})"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.listener.host, settings.listener.port))
        except OSError as error:
            if error.errno == _TAKEN:
                return "the port is taken (by a running Betz, perhaps)"
            return error.strerror
    return None
