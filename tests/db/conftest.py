"""Both databases at the newest schema, and what comes into them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from db.engine import make_engine, migrate


@pytest.fixture
def empty_engine(database_url: str) -> Iterator[Engine]:
    """SQLite, then PostgreSQL, without any schema."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """SQLite, then PostgreSQL, at the newest schema."""
    migrate(empty_engine)
    return empty_engine
