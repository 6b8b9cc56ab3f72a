"""The listener process: the association server over the archive and the index."""

import signal
import threading

import structlog

from listener.archive import open_archive
from listener.database import open_database
from listener.intake import Intake
from listener.scp import StorageSCP
from listener.settings import Settings

log = structlog.get_logger()


def run_listener(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT; associations under way are aborted then, what they sent is kept.

    Raises
    ------
    OSError
        If the address cannot be listened on.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    engine = open_database(settings)
    intake = Intake(open_archive(settings.storage.url), engine, settings.listener)
    scp = StorageSCP(intake, settings.listener)
    log.info("listening", ae_title=settings.listener.ae_title, host=settings.listener.host, port=scp.port)
    stopping.wait()
    scp.stop()
    log.info("listener stopped")
