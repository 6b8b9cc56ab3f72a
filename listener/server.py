"""The listener process: the association server over the archive and the index."""

import socket

import structlog

from listener.archive import open_archive
from listener.commitments import CommitmentReports
from listener.database import now, open_database
from listener.intake import Intake
from listener.scp import StorageSCP
from listener.settings import Settings
from listener.stop_order import StopOrder

log = structlog.get_logger()


def run_listener(settings: Settings, inherited: int | None = None) -> None:
    """Listen until SIGTERM or SIGINT; associations under way are aborted then, what they sent is kept.

    Parameters
    ----------
    inherited
        File descriptor of a socket that listens already, shared with the other listener processes.

    Raises
    ------
    OSError
        If the address cannot be listened on, or the files for TLS cannot be used.
    listener.archive.ArchiveError
        If the storage cannot be looked at.
    """
    stop_order = StopOrder()
    engine = open_database(settings)
    archive = open_archive(settings.storage.url)
    if abandoned := archive.remove_abandoned():
        log.info("half-written files removed", count=abandoned)
    intake = Intake(archive, engine, settings.listener)
    listening = None if inherited is None else socket.socket(fileno=inherited)
    commitments = CommitmentReports(engine, settings.delivery, now)
    scp = StorageSCP(intake, settings.listener, listening, commitments)
    log.info("listening", ae_title=settings.listener.ae_title, host=settings.listener.host, port=scp.port)
    stop_order.wait()
    scp.stop()
    log.info("listener stopped")
