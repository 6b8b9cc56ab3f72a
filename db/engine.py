"""Engines for SQLite and PostgreSQL that behave alike, and the migration to the newest schema."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"
_SQLITE_PRAGMAS = ("PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA busy_timeout=30000")
_WAIT_FOR_OTHERS_S = 30.0
_TRY_AGAIN_S = 0.02


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql+psycopg://…``.

    On SQLite every transaction that may write takes the write lock at its start, so that two processes wait
    for one another instead of failing half-way, and every commit is on disk before it returns. The text of
    an error does not quote the values of the statement, which may be a patient's.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.isolation_level = None
        _use_write_ahead_log(connection)
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Retried here: for this change of mode SQLite fails at once, without its own wait, while others look."""
    end = time.monotonic() + _WAIT_FOR_OTHERS_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_TRY_AGAIN_S)
        else:
            return


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads."""
    with Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that commits at its end, or leaves nothing behind if it fails."""
    writer = engine.execution_options(writing=True)
    with Session(writer, expire_on_commit=False) as session, session.begin():
        yield session


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision; two processes that do so at once wait for one another."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(717001)")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
