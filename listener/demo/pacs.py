"""Stand-ins for a hospital's PACS: an Orthanc where one is installed, else a plain SCP."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

from pydicom import Dataset, dcmread

from listener.destinations import Destination
from listener.sending import send_files

AE_TITLE = "PACS"
_READY_WITHIN_S = 90.0


class PACS(Protocol):
    """What the demo needs of a PACS."""

    name: str
    port: int

    def send(self, files: Sequence[Path], betz: Destination, on_answer: Callable[[], None]) -> None:
        """Have the PACS send a study to Betz by C-STORE.

        Raises
        ------
        ConnectionError
            If the PACS does not take a file, or Betz does not take the association.
        """

    def reports(self, study_instance_uid: str) -> list[Dataset]:
        """The structured reports that the PACS holds of a study."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def free_port() -> int:
    """A TCP port of the loopback interface that no one listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens.

    Raises
    ------
    RuntimeError
        If it ends before, or takes too long.
    """
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


def orthanc_binary() -> str | None:
    """Where Orthanc is installed."""
    return shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class PlainPACS:
    """A pynetdicom SCP in a process of its own, and an SCU for the way to Betz."""

    name = "a plain storage SCP (no Orthanc is installed)"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "listener.demo.pacs_scp", str(self._folder), str(self.port), AE_TITLE]
        )
        wait_for_port(self.port, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def send(self, files: Sequence[Path], betz: Destination, on_answer: Callable[[], None]) -> None:
        """Send from the files."""
        send_files(files, betz, AE_TITLE, on_answer)

    def reports(self, study_instance_uid: str) -> list[Dataset]:
        """What came back, by the folder."""
        found = [dcmread(path) for path in sorted(self._folder.glob("*.dcm"))]
        return [ds for ds in found if ds.StudyInstanceUID == study_instance_uid and ds.Modality == "SR"]


class OrthancPACS:
    """A real Orthanc, with an empty database, on loopback."""

    name = "Orthanc"

    def __init__(self, folder: Path, binary: str, betz: Destination) -> None:
        self._folder = folder
        self._binary = binary
        self._betz = betz
        self.port = free_port()
        self._http = free_port()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "orthanc.json"
        configuration.write_text(json.dumps(self._configuration(), indent=2))
        with (self._folder / "orthanc.log").open("wb") as log:
            self._process = subprocess.Popen([self._binary, str(configuration)], stdout=log, stderr=log)
        wait_for_port(self.port, self._process)
        wait_for_port(self._http, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def send(self, files: Sequence[Path], betz: Destination, on_answer: Callable[[], None]) -> None:
        """Put the study into Orthanc, and have Orthanc send it."""
        identifiers = []
        for path in files:
            stored = json.loads(self._rest("POST", "/instances", path.read_bytes()))
            identifiers.append(stored["ID"])
            on_answer()
        job = {"Resources": identifiers, "Synchronous": True, "Permissive": True, "Timeout": 60}
        self._rest("POST", "/modalities/betz/store", json.dumps(job).encode())

    def reports(self, study_instance_uid: str) -> list[Dataset]:
        """What Orthanc holds of modality SR."""
        query = {"StudyInstanceUID": study_instance_uid, "Modality": "SR"}
        body = json.dumps({"Level": "Instance", "Query": query}).encode()
        found = json.loads(self._rest("POST", "/tools/find", body))
        return [dcmread(BytesIO(self._rest("GET", f"/instances/{one}/file"))) for one in found]

    def _rest(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = Request(f"http://127.0.0.1:{self._http}{path}", body, method=method)
        try:
            with urlopen(request, timeout=300) as answer:  # noqa: S310
                content: bytes = answer.read()
        except URLError as error:
            raise ConnectionError(f"Orthanc did not do {method} {path}: {error.reason}") from error
        return content

    def _configuration(self) -> dict[str, Any]:
        betz = self._betz
        return {
            "Name": "Stand-in PACS",
            "StorageDirectory": str(self._folder / "storage"),
            "IndexDirectory": str(self._folder / "storage"),
            "DicomAet": AE_TITLE,
            "DicomPort": self.port,
            "HttpPort": self._http,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [],
            "DicomCheckCalledAet": True,
            "DicomModalities": {"betz": [betz.ae_title, betz.host, betz.port]},
        }


def open_pacs(folder: Path, betz: Destination) -> PACS:
    """The best PACS that is at hand."""
    binary = orthanc_binary()
    return PlainPACS(folder) if binary is None else OrthancPACS(folder, binary, betz)
