"""The database of the settings, and the clock that goes into it."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url

from db.engine import make_engine, migrate
from listener.settings import Settings


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def open_database(settings: Settings) -> Engine:
    """The database of the settings, at the newest schema."""
    url = settings.database.address()
    for address in (url, settings.database.workflow_address()):
        parsed = make_url(address)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(url)
    migrate(engine)
    return engine
