"""Fixtures for real peers, and for Betz itself."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .certificates import Authority
from .peers import (
    DCMTK,
    NodeProcesses,
    Orthanc,
    PostgreSQL,
    ReceivingNode,
    StoreSCP,
    postgresql_binaries,
    program,
)


@pytest.fixture(scope="session")
def dcmtk() -> DCMTK:
    """DCMTK's programs: ``dcmtk.store(port, files)``, ``dcmtk.echo(port)``."""
    return DCMTK(*(program(name, "dcmtk") for name in ("storescu", "storescp", "echoscu", "dsrdump")))


@pytest.fixture
def storescp(dcmtk: DCMTK, tmp_path: Path) -> Iterator[StoreSCP]:
    """DCMTK's ``storescp``, running; it can be stopped and started."""
    scp = StoreSCP(dcmtk.storescp, tmp_path / "storescp")
    scp.start()
    yield scp
    scp.stop()


@pytest.fixture
def start_orthanc(tmp_path: Path) -> Iterator[Callable[..., Orthanc]]:
    """Start an Orthanc: ``start_orthanc(betz=("BETZ", "127.0.0.1", port))`` names whom it may send to.

    ``settings`` are further ones of its own.
    """
    binary = program("Orthanc", "orthanc")
    running: list[Orthanc] = []

    def start(settings: dict[str, Any] | None = None, **modalities: tuple[str, str, int]) -> Orthanc:
        folder = tmp_path / f"orthanc-{len(running)}"
        running.append(Orthanc(binary, folder, modalities, settings))
        return running[-1].start()

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; ``postgresql.database()`` gives the address of a new database."""
    server = PostgreSQL(postgresql_binaries())
    yield server
    server.remove()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'betz.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once on each of the two databases."""
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgresql")
        return server.database()
    url: str = request.getfixturevalue("sqlite_url")
    return url


@pytest.fixture
def receiving_node(tmp_path: Path, sqlite_url: str) -> Iterator[Callable[..., ReceivingNode]]:
    """Betz's listener in this process: ``receiving_node(url=…, **listener_settings)``."""
    nodes: list[ReceivingNode] = []

    def start(url: str = sqlite_url, **listener: Any) -> ReceivingNode:
        nodes.append(ReceivingNode(tmp_path / "node", url, **listener))
        return nodes[-1]

    yield start
    for node in nodes:
        node.close()


@pytest.fixture
def betz(tmp_path: Path, sqlite_url: str) -> Iterator[Callable[..., NodeProcesses]]:
    """Betz's processes: ``betz(url=…, BETZ_LISTENER__…="…")``, then ``.start("listener")`` and so on."""
    nodes: list[NodeProcesses] = []

    def make(url: str = sqlite_url, **environment: str) -> NodeProcesses:
        nodes.append(NodeProcesses(tmp_path / f"betz-{len(nodes)}", url, **environment))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


@pytest.fixture(scope="session")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcesses]:
    """One listener process, on SQLite, for all tests that send it studies of their own."""
    folder = tmp_path_factory.mktemp("listening")
    node = NodeProcesses(folder, f"sqlite:///{folder / 'betz.sqlite'}")
    node.start()
    yield node
    node.close()


@pytest.fixture
def study_uid() -> str:
    """A Study Instance UID that no other test uses."""
    return f"2.25.{uuid.uuid4().int}"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority."""
    return Authority(program("openssl", "openssl"), tmp_path_factory.mktemp("authority"))
