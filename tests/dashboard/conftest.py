"""A database with a study at every place of the way, and the pages over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url
from starlette.testclient import TestClient

from dashboard.server import make_application
from db.engine import make_engine, migrate

from .rows import fill


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of an empty database at the newest schema, and of one with the rows of ``fill``."""
    empty, filled = (tmp_path_factory.mktemp("databases") / name for name in ("empty", "filled"))
    engine = make_engine(f"sqlite:///{empty}")
    migrate(engine)
    engine.dispose()
    shutil.copy(empty, filled)
    engine = make_engine(f"sqlite:///{filled}")
    fill(engine)
    engine.dispose()
    return empty, filled


@pytest.fixture
def engine(request: pytest.FixtureRequest, databases: tuple[Path, Path], sqlite_url: str) -> Iterator[Engine]:
    """A database of the test's own; empty, unless the test asks for ``filled``."""
    shutil.copy(databases["filled" in request.fixturenames], make_url(sqlite_url).database or "")
    engine = make_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """The test's database, with the rows of ``fill``."""
    return engine


@pytest.fixture
def client(engine: Engine) -> TestClient:
    """A browser on this machine, before the pages of ``engine``."""
    return browser(engine)


def browser(engine: Engine, password: str | None = None) -> TestClient:
    """A client of the pages of a database."""
    application = make_application(engine, "admin", password)
    return TestClient(application, base_url="http://127.0.0.1", raise_server_exceptions=False)
