"""Real peers on loopback: DCMTK, Orthanc, PostgreSQL; and Betz itself, in this process and in others.

The fixtures for them are in ``conftest.py``; each skips, saying so, where a program is not installed.
"""

import itertools
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import psycopg
import pytest
from pydicom import Dataset, FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage
from pynetdicom import AE, build_context
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from sqlalchemy import Engine, text

from db.engine import make_engine, migrate, reading
from listener.archive import open_archive
from listener.commitments import CommitmentReports
from listener.database import now
from listener.demo.pacs import free_port, wait_for_port
from listener.intake import Intake
from listener.parent import die_with_parent
from listener.scp import StorageSCP
from listener.settings import DeliverySettings, ListenerSettings, environment_without_settings
from tests.images import dataset_bytes

STOP_WITHIN_S = 20.0
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_STATUS = re.compile(r"DIMSE Status +: 0x(?P<status>[0-9a-fA-F]{4})")


def program(name: str, package: str) -> str:
    """Where a program is; the test is skipped if it is not installed."""
    found = shutil.which(name, path=_PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return found


def spawn(command: Sequence[str], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """A process that ends with this one, its output in a file."""
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=die_with_parent, **options)  # noqa: PLW1509


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Ask a process to end, and kill it where it does not."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def eventually(condition: Callable[[], Any], within_s: float = 20.0) -> Any:
    """Wait until a condition holds, and give what it gave."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s:.0f} s: {condition}")


@dataclass(frozen=True)
class DCMTK:
    """DCMTK's programs."""

    storescu: str
    storescp: str
    echoscu: str
    dsrdump: str

    def store(
        self, port: int, files: Iterable[Path], *options: str, called: str = "BETZ", calling: str = "STORESCU"
    ) -> "Stored":
        """Send files by ``storescu``, over one association."""
        command = [self.storescu, "-d", "-aet", calling, "-aec", called, *options, "127.0.0.1", str(port)]
        done = subprocess.run(
            [*command, *map(str, files)],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
        )
        output = done.stdout + done.stderr
        return Stored(done.returncode, tuple(int(m["status"], 16) for m in _STATUS.finditer(output)), output)

    def echo(self, port: int, *, called: str = "BETZ", calling: str = "ECHOSCU") -> int:
        """Send a C-ECHO; the exit status of ``echoscu``."""
        command = [self.echoscu, "-to", "5", "-aet", calling, "-aec", called, "127.0.0.1", str(port)]
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode


@dataclass(frozen=True)
class Stored:
    """What ``storescu`` said: its exit status, and the DIMSE status of each answer it got."""

    exit_status: int
    statuses: tuple[int, ...]
    output: str


class StoreSCP:
    """DCMTK's ``storescp`` as a PACS that keeps what it gets in a folder."""

    ae_title = "STORESCP"

    def __init__(self, binary: str, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> Self:
        """Listen, on the same port as before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [self._binary, "+xa", "-aet", self.ae_title, "-od", str(self.folder), *options]
        self._process = spawn([*command, str(self.port)], self.folder.with_suffix(".log"))
        wait_for_port(self.port, self._process)
        return self

    def stop(self) -> None:
        """Be down."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def files(self) -> list[Path]:
        """What came."""
        return sorted(self.folder.iterdir())


class Orthanc:
    """A real Orthanc as PACS; what it holds outlives :meth:`stop` and :meth:`start`."""

    ae_title = "ORTHANC"

    def __init__(
        self,
        binary: str,
        folder: Path,
        modalities: dict[str, tuple[str, str, int]],
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.port, self._http = free_port(), free_port()
        self._settings = settings or {}
        self._binary = binary
        self._folder = folder
        self._modalities = modalities
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Run, on the same ports as before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "orthanc.json"
        configuration.write_text(
            json.dumps(
                {
                    "StorageDirectory": str(self._folder / "storage"),
                    "IndexDirectory": str(self._folder / "storage"),
                    "DicomAet": self.ae_title,
                    "DicomPort": self.port,
                    "HttpPort": self._http,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "Plugins": [],
                    "DicomCheckCalledAet": True,
                    "DicomModalities": {name: list(node) for name, node in self._modalities.items()},
                    **self._settings,
                }
            )
        )
        self._process = spawn([self._binary, str(configuration)], self._folder / "orthanc.log")
        wait_for_port(self.port, self._process)
        wait_for_port(self._http, self._process)
        return self

    def stop(self) -> None:
        """Be down."""
        if self._process is not None:
            end(self._process)
            self._process = None

    @property
    def dicom_web(self) -> str:
        """The address of its DICOMweb, where it has the plugin."""
        return f"http://127.0.0.1:{self._http}/dicom-web"

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """One request of Orthanc's REST API; ``body`` is JSON-able or bytes, so is the answer."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self._http}{path}", data, method=method)
        with urlopen(request, timeout=120) as answer:
            content: bytes = answer.read()
        return json.loads(content) if "json" in answer.headers.get("Content-Type", "") else content

    def add(self, files: Iterable[Path]) -> list[str]:
        """Put files into Orthanc; their Orthanc identifiers."""
        return [self.rest("POST", "/instances", path.read_bytes())["ID"] for path in files]

    def send(self, identifiers: Sequence[str], modality: str) -> None:
        """Have Orthanc send instances by C-STORE."""
        body = {"Resources": list(identifiers), "Synchronous": True, "Timeout": 60}
        self.rest("POST", f"/modalities/{modality}/store", body)

    def find(self, **query: str) -> list[str]:
        """The Orthanc identifiers of instances by their attributes."""
        found: list[str] = self.rest("POST", "/tools/find", {"Level": "Instance", "Query": query})
        return found

    def file(self, identifier: str) -> bytes:
        """One instance."""
        content: bytes = self.rest("GET", f"/instances/{identifier}/file")
        return content


class PostgreSQL:
    """A PostgreSQL server of its own, with an empty data folder, on loopback and a Unix socket."""

    def __init__(self, binaries: Path) -> None:
        self.port = free_port()
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="betz-postgresql-"))
        self._names = itertools.count(1)
        self._user = _unprivileged()
        if self._user:
            os.chown(self._folder, self._user["user"], self._user["group"])
        self._password = "correct horse"
        secret = self._folder / "password"
        secret.write_text(self._password)
        secret.chmod(0o644)
        subprocess.run(
            [
                *(str(binaries / "initdb"), "-D", str(self._data), "-U", "betz", "--pwfile", str(secret)),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._user,
        )
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Run, on the same port as before."""
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(self._folder)]
        settings = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off -c max_connections=200"
        log = self._folder / "postgresql.log"
        self._process = spawn([*command, *settings.split()], log, cwd=self._folder, **self._user)
        wait_for_port(self.port, self._process)
        eventually(self._answers)

    def stop(self) -> None:
        """Be down; every connection is cut."""
        end(self._process, signal.SIGINT)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        end(self._process, signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """The address of a new, empty database, for SQLAlchemy."""
        name = f"betz_{next(self._names)}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://betz:{self._password.replace(' ', '%20')}@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=betz password='{self._password}' dbname={name}"


def postgresql_binaries() -> Path:
    """Where the newest PostgreSQL server is; the test is skipped if none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    return Path(program("initdb", "postgresql")).parent


def _unprivileged() -> dict[str, Any]:
    """How to start a process that root must not run itself."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class ReceivingNode:
    """Betz's listener in this process: association server, intake, archive folder and database."""

    ae_title = "BETZ"

    def __init__(self, folder: Path, url: str, **listener: Any) -> None:
        self.folder = folder
        self.engine: Engine = make_engine(url)
        migrate(self.engine)
        self.archive = open_archive(str(folder / "archive"))
        settings = ListenerSettings(
            **{"port": free_port(), "processes": 1, "minimum_free_space": 0, **listener}
        )
        self.intake = Intake(self.archive, self.engine, settings)
        commitments = CommitmentReports(self.engine, DeliverySettings(), now)
        self._scp = StorageSCP(self.intake, settings, commitments=commitments)
        self.port = self._scp.port

    @property
    def associations(self) -> list[Association]:
        """Those that are open."""
        associations: list[Association] = self._scp._server.ae.active_associations
        return associations

    def close(self) -> None:
        """Stop."""
        self._scp.stop()
        self.engine.dispose()


class NodeProcesses:
    """Betz's processes, each started by its own command, over one folder and one database.

    Attributes
    ----------
    environment
        The ``BETZ_…`` settings; what is changed holds for processes started later.
    """

    ae_title = "BETZ"

    def __init__(self, folder: Path, url: str, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.log = folder / "betz.log"
        self.environment = {
            "BETZ_LISTENER__PORT": str(self.port),
            "BETZ_LISTENER__PROCESSES": "1",
            "BETZ_LISTENER__MINIMUM_FREE_SPACE": "0",
            "BETZ_STORAGE__URL": str(folder / "archive"),
            "BETZ_DATABASE__URL": url,
            "BETZ_WORKER__POLL_INTERVAL": "0.25",
            **environment,
        }
        self.engine = make_engine(url)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: str = "listener", **environment: str) -> subprocess.Popen[bytes]:
        """Start ``betz listener``, ``worker`` or ``serve``, and wait until it listens, if it is to."""
        process = spawn(
            [sys.executable, "-m", "listener", command],
            self.log,
            cwd=self.folder,
            env={**environment_without_betz(), **self.environment, **environment},
        )
        self.processes.append(process)
        if command != "worker":
            wait_for_port(self.port, process)
        return process

    def close(self) -> None:
        """End every process."""
        for process in self.processes:
            end(process)
        self.engine.dispose()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Ask the database."""
        with reading(self.engine) as session:
            return list(session.execute(text(statement), values))


def environment_without_betz() -> dict[str, str]:
    """This process's environment, without settings of Betz; Python finds the source tree."""
    tree = str(Path(__file__).parent.parent)
    return {**environment_without_settings(), "PYTHONPATH": tree}


class SCU:
    """A peer that sends whatever it is told to, over one association with one presentation context."""

    def __init__(
        self,
        port: int,
        sop_class: str = MRImageStorage,
        syntax: str = ExplicitVRLittleEndian,
        *,
        called: str = "BETZ",
        calling: str = "TESTER",
    ) -> None:
        self._sop_class = sop_class
        ae = AE(ae_title=calling)
        ae.dimse_timeout = ae.acse_timeout = 20
        self.assoc = ae.associate(
            "127.0.0.1", port, contexts=[build_context(sop_class, syntax)], ae_title=called
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.assoc.is_established:
            self.assoc.release()

    def send(self, image: FileDataset, data: bytes | None = None, **command: str) -> Dataset:
        """Send an object, or other bytes in its name, and give the answer.

        Parameters
        ----------
        command
            ``AffectedSOPClassUID`` or ``AffectedSOPInstanceUID``, where they are to differ from the object's.
        """
        request = C_STORE()
        request.MessageID = 1
        request.Priority = 2
        request.AffectedSOPClassUID = UID(self._sop_class)
        request.AffectedSOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID
        for name, value in command.items():
            setattr(request, name, UID(value))
        request.DataSet = BytesIO(dataset_bytes(image) if data is None else data)
        [context] = self.assoc.accepted_contexts
        self.assoc._reactor_checkpoint.clear()
        eventually(lambda: self.assoc._is_paused)
        try:
            self.assoc.dimse.send_msg(request, context.context_id)
            _, answer = self.assoc.dimse.get_msg(block=True)
        finally:
            self.assoc._reactor_checkpoint.set()
        response = Dataset()
        if answer is not None:
            response.Status = answer.Status
            response.ErrorComment = answer.ErrorComment
        return response

    def status(self, image: FileDataset, data: bytes | None = None, **command: str) -> int:
        """The DIMSE status that :meth:`send` is answered with."""
        status: int = self.send(image, data, **command).Status
        return status
