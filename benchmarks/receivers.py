"""Betz and the receivers it is measured beside: each a process on loopback, with an empty folder of its own.

What they promise with their answer differs. Betz: on disk under its final name and in the database. The
bare handler: on disk under its final name. Orthanc: written and in its database. storescp: written, perhaps
not yet on disk.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from listener.delivery.associations import echo
from listener.demo.pacs import free_port, orthanc_binary, wait_for_port
from listener.destinations import Destination
from listener.settings import environment_without_settings

AE_TITLE = "RECEIVER"
MAXIMUM_PDU_SIZE = 1 << 17
"""Bytes; the same for all, so that no one wins by longer messages. It is Betz's default."""
NO_DELAY = {"TCP_NODELAY": "1"}
"""Debian's DCMTK, and what is built on it, leaves Nagle's algorithm on unless told: 40 ms an image here."""
MOST_ASSOCIATIONS = 64
_STOP_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run one receiver.

    Attributes
    ----------
    stored
        How many instances it really has, by its folder and its HTTP port.
    """

    command: Sequence[str]
    stored: Callable[[], int]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A kind of receiver.

    Attributes
    ----------
    plan
        From an empty folder and two free ports (DICOM, HTTP).
    missing
        What keeps it from running here, if anything.
    """

    name: str
    plan: Callable[[Path, int, int], Plan]
    missing: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver that answers."""

    node: Destination
    stored: Callable[[], int]


@contextmanager
def running(receiver: Receiver, folder: Path) -> Iterator[Running]:
    """A receiver from its start until its end; it has answered a C-ECHO when the block is entered.

    Raises
    ------
    RuntimeError
        If it does not come up.
    """
    folder.mkdir(parents=True)
    port = free_port()
    plan = receiver.plan(folder, port, free_port())
    environment = environment_without_settings()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            plan.command, env={**environment, **NO_DELAY, **plan.environment}, stdout=log, stderr=log
        )
        try:
            _wait(receiver, port, process, folder / "log")
            node = Destination(name=receiver.name, ae_title=AE_TITLE, host="127.0.0.1", port=port)
            if not echo(node, "BENCHMARK").acknowledged:
                raise RuntimeError(f"{receiver.name} does not answer a C-ECHO")
            yield Running(node, plan.stored)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(receiver: Receiver, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    try:
        wait_for_port(port, process)
    except RuntimeError as error:
        raise RuntimeError(f"{receiver.name} did not start: {log.read_text()[-500:]}") from error


def _betz(folder: Path, port: int, _http: int) -> Plan:
    database = folder / "betz.sqlite"

    def stored() -> int:
        files = _count(folder / "archive" / "studies", "*/*/*.dcm")
        with sqlite3.connect(database) as connection:
            rows: int = connection.execute("SELECT COUNT(*) FROM instance").fetchone()[0]
        return min(files, rows)

    settings = {
        "BETZ_LISTENER__AE_TITLE": AE_TITLE,
        "BETZ_LISTENER__PORT": str(port),
        "BETZ_LISTENER__MAXIMUM_ASSOCIATIONS": str(MOST_ASSOCIATIONS),
        "BETZ_LISTENER__MAXIMUM_PDU_SIZE": str(MAXIMUM_PDU_SIZE),
        "BETZ_STORAGE__URL": str(folder / "archive"),
        "BETZ_DATABASE__URL": f"sqlite:///{database}",
    }
    return Plan((sys.executable, "-m", "listener", "listener"), stored, settings)


def _bare(folder: Path, port: int, _http: int) -> Plan:
    command = (sys.executable, "-m", "benchmarks.bare_scp")
    arguments = (str(folder / "images"), str(port), AE_TITLE, str(MAXIMUM_PDU_SIZE))
    return Plan((*command, *arguments), lambda: _count(folder / "images", "*.dcm"))


def _storescp(folder: Path, port: int, _http: int) -> Plan:
    images = folder / "images"
    images.mkdir()
    command = ("storescp", "--fork", "-pdu", str(MAXIMUM_PDU_SIZE), "-aet", AE_TITLE, "-od", str(images))
    return Plan((*command, str(port)), lambda: _count(images, "*"))


def _orthanc(folder: Path, port: int, http: int) -> Plan:
    configuration = folder / "orthanc.json"
    configuration.write_text(
        json.dumps(
            {
                "StorageDirectory": str(folder / "storage"),
                "IndexDirectory": str(folder / "storage"),
                "DicomAet": AE_TITLE,
                "DicomPort": port,
                "DicomThreadsCount": MOST_ASSOCIATIONS,
                "MaximumPduLength": MAXIMUM_PDU_SIZE,
                "HttpPort": http,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "Plugins": [],
            }
        )
    )

    def stored() -> int:
        with urlopen(f"http://127.0.0.1:{http}/statistics", timeout=30) as answer:
            count: int = json.load(answer)["CountInstances"]
        return count

    return Plan((orthanc_binary() or "Orthanc", str(configuration)), stored)


def _count(folder: Path, pattern: str) -> int:
    return sum(1 for _ in folder.glob(pattern))


def _without(program: str, package: str) -> Callable[[], str | None]:
    return lambda: None if shutil.which(program) else f"{program} is not installed (Debian: {package})"


BETZ = Receiver("Betz", _betz)
PEERS = (
    Receiver("bare handler", _bare),
    Receiver("storescp", _storescp, _without("storescp", "dcmtk")),
    Receiver(
        "Orthanc",
        _orthanc,
        lambda: None if orthanc_binary() else "Orthanc is not installed (Debian: orthanc)",
    ),
)


def wait_until_stored(receiver: Running, expected: int, within_s: float = 10.0) -> int:
    """What the receiver has, as soon as it is what is expected, or in the end."""
    deadline = time.monotonic() + within_s
    while (stored := receiver.stored()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return stored
