"""Whether a process of this machine does its work, for the health check of a container."""

import socket
from datetime import UTC, datetime, timedelta
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from db.engine import make_engine, reading
from db.models import WorkerSlot
from db.slots import LEASE
from listener.delivery.associations import echo
from listener.destinations import Commitment, Destination, DestinationTLS
from listener.settings import ListenerTLS, Settings

_PATIENCE = timedelta(seconds=5)
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def listener_problem(settings: Settings) -> str | None:
    """Why the listener does not answer a C-ECHO of a peer that may connect; ``None`` if it does."""
    listener, tls = settings.listener, settings.listener.tls
    node = Destination(
        name="listener",
        ae_title=listener.ae_title,
        host=_EVERY_ADDRESS.get(listener.host, listener.host),
        port=listener.port,
        timeout=_PATIENCE,
        commitment=Commitment.OFF,
        tls=None if tls is None else _own_certificate(tls),
    )
    outcome = echo(node, (*listener.calling_ae_titles, listener.ae_title)[0])
    return None if outcome.acknowledged else outcome.text


def _own_certificate(tls: ListenerTLS) -> DestinationTLS:
    """To trust the listener's certificate, whatever name it is for, and to show the same."""
    return DestinationTLS(
        ca_file=tls.certificate_file,
        certificate_file=tls.certificate_file,
        key_file=tls.key_file,
        check_host=False,
    )


def worker_problem(settings: Settings) -> str | None:
    """Why no worker of this machine seems to be at work; ``None`` if one is."""
    try:
        with reading(make_engine(settings.database.address())) as session:
            beats = session.scalars(
                select(WorkerSlot.heartbeat_at).where(WorkerSlot.host == socket.gethostname())
            ).all()
    except (SQLAlchemyError, OSError) as error:
        return f"The database does not answer ({type(error).__name__})."
    if any(datetime.now(UTC) - beat <= LEASE for beat in beats):
        return None
    return f"No worker of this machine was heard of in {LEASE.total_seconds():.0f} s."


def dashboard_problem(settings: Settings) -> str | None:
    """Why the dashboard of this machine does not answer; ``None`` if it does."""
    shown = settings.dashboard
    host = _EVERY_ADDRESS.get(shown.host, shown.host)
    try:
        with urlopen(
            f"http://{f'[{host}]' if ':' in host else host}:{shown.port}/health",
            timeout=_PATIENCE.total_seconds(),
        ):
            return None
    except (URLError, OSError) as error:
        return f"The dashboard does not answer ({type(error).__name__})."
