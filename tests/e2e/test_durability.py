"""Processes killed at random moments while studies come: nothing is lost, nothing doubled."""

import hashlib
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.sop_class import MRImageStorage

from db.slots import LEASE
from tests.peers import NodeProcesses, PostgreSQL, eventually

from .processes import analysis_process, child
from .scripted_pacs import ScriptedPACS
from .small_studies import PATIENT, PATIENT_ID, small_study

pytestmark = pytest.mark.slow

SETTINGS = {
    "BETZ_SETTLING__QUIET_PERIOD": "3",
    "BETZ_WORKER__ANALYSIS_ATTEMPTS": "20",
    "BETZ_DELIVERY__FIRST_RETRY": "0.5",
}
FINISH_WITHIN_S = 120.0


class Modality(threading.Thread):
    """Sends studies, each image until it is answered with Success, as a PACS does."""

    def __init__(self, port: int, studies: dict[str, list[Path]], pause: float) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._studies = studies
        self._pause = pause
        self.accepted: list[Path] = []

    def run(self) -> None:
        for files in self._studies.values():
            waiting = list(files)
            while waiting:
                waiting = self._send(waiting)
                time.sleep(0.1)
            time.sleep(self._pause)

    def _send(self, files: list[Path]) -> list[Path]:
        """Send over one association for as long as it holds; what was not answered with Success."""
        ae = AE(ae_title="MODALITY")
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 10
        ae.add_requested_context(MRImageStorage, "1.2.840.10008.1.2.1")
        assoc = ae.associate("127.0.0.1", self._port, ae_title="BETZ")
        refused = []
        for path in files:
            answer = None
            if assoc.is_established:
                answer = assoc.send_c_store(dcmread(path)).get("Status")
            if answer == 0:
                self.accepted.append(path)
            else:
                refused.append(path)
            time.sleep(0.05)
        if assoc.is_established:
            assoc.release()
        return refused


@pytest.fixture(autouse=True)
def quiet() -> None:
    """A peer that is killed is no news of the peers' own library."""
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)


@pytest.fixture
def pacs() -> Iterator[ScriptedPACS]:
    one = ScriptedPACS().start()
    yield one
    one.stop()


def studies_in(folder: Path, count: int) -> dict[str, list[Path]]:
    return dict(small_study(folder) for _ in range(count))


def wait_until_all_are_delivered(node: NodeProcesses, studies: dict[str, Any]) -> None:
    def standing() -> bool:
        rows = node.rows("SELECT status FROM v_studies")
        return len(rows) == len(studies) and all(row.status == "delivered" for row in rows)

    try:
        eventually(standing, FINISH_WITHIN_S)
    except AssertionError:
        raise AssertionError(node.rows("SELECT status, version, run FROM study")) from None


def check_nothing_lost_nothing_doubled(
    node: NodeProcesses, pacs: ScriptedPACS, studies: dict[str, list[Path]], accepted: list[Path]
) -> None:
    """Every image is stored as sent; each version of a study has one report, which the PACS has once."""
    stored = {row.sop_instance_uid: row.sha256 for row in node.rows("SELECT * FROM instance")}
    files = [path for paths in studies.values() for path in paths]
    assert sorted(accepted) == sorted(files)
    for path in files:
        ds = dcmread(path)
        archived = (
            node.folder / "archive/studies" / ds.StudyInstanceUID / ds.SeriesInstanceUID / f"{path.stem}.dcm"
        )
        sent, kept = _dataset(path), _dataset(archived)
        assert kept == sent
        assert stored[path.stem] == hashlib.sha256(sent).hexdigest()
    reports = node.rows("SELECT * FROM v_deliveries ORDER BY study_instance_uid, version")
    versions = {row.study_instance_uid: row.version for row in node.rows("SELECT * FROM v_studies")}
    assert {row.sop_instance_uid for row in reports} == set(pacs.objects)
    for uid, version in versions.items():
        made = [row.version for row in reports if row.study_instance_uid == uid]
        assert made == sorted(set(made))
        assert made[-1] == version
    assert all(len(contents) == 1 for contents in pacs.objects.values())


def check_log(node: NodeProcesses) -> None:
    log = node.log.read_text()
    for word in (*PATIENT.split("^"), PATIENT_ID, "A-4711"):
        assert word not in log
    assert "Traceback" not in log
    assert "database is locked" not in log


def _dataset(path: Path) -> bytes:
    content = path.read_bytes()
    return content[144 + int.from_bytes(content[140:144], "little") :]


class Kept:
    """A process of a node that can be killed and started again."""

    def __init__(self, node: NodeProcesses, command: str) -> None:
        self._node = node
        self._command = command
        self.process = node.start(command)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def revive(self) -> None:
        self.process = self._node.start(self._command)


def kill_often(kept: list[Kept], times: int, seed: int, modality: Modality) -> None:
    """Kill one at random, after a random while, and start it again."""
    choose = random.Random(seed)
    modality.start()
    for _ in range(times):
        time.sleep(choose.uniform(0.1, 2.5))
        victim = choose.choice(kept)
        victim.kill()
        victim.revive()


def test_two_workers_on_sqlite_killed_at_random(
    betz: Callable[..., NodeProcesses], pacs: ScriptedPACS, tmp_path: Path
) -> None:
    node = betz(BETZ_DESTINATIONS=f"[{pacs.setting()}]", **SETTINGS)
    studies = studies_in(tmp_path / "studies", 7)
    kept = [Kept(node, command) for command in ("listener", "worker", "worker")]
    modality = Modality(node.port, studies, 2.0)
    kill_often(kept, 9, 20240105, modality)
    modality.join(60)
    assert not modality.is_alive()
    wait_until_all_are_delivered(node, studies)
    check_nothing_lost_nothing_doubled(node, pacs, studies, modality.accepted)
    check_log(node)


def test_children_of_serve_killed_at_random(
    betz: Callable[..., NodeProcesses], pacs: ScriptedPACS, tmp_path: Path
) -> None:
    node = betz(BETZ_DESTINATIONS=f"[{pacs.setting()}]", **SETTINGS)
    studies = studies_in(tmp_path / "studies", 3)
    serve = node.start("serve")
    modality = Modality(node.port, studies, 1.0)
    modality.start()
    choose = random.Random(7)
    for name in ("worker", "listener", "worker", "listener"):
        time.sleep(choose.uniform(0.5, 2.5))
        os.kill(eventually(lambda name=name: child(serve.pid, name), 30), signal.SIGKILL)
    modality.join(60)
    assert not modality.is_alive()
    wait_until_all_are_delivered(node, studies)
    check_nothing_lost_nothing_doubled(node, pacs, studies, modality.accepted)
    check_log(node)


def test_two_workers_on_postgresql_killed_at_random_and_one_for_good(
    betz: Callable[..., NodeProcesses], postgresql: PostgreSQL, pacs: ScriptedPACS, tmp_path: Path
) -> None:
    node = betz(url=postgresql.database(), BETZ_DESTINATIONS=f"[{pacs.setting()}]", **SETTINGS)
    studies = studies_in(tmp_path / "studies", 5)
    kept = [Kept(node, command) for command in ("listener", "worker", "worker")]
    modality = Modality(node.port, studies, 1.0)
    kill_often(kept, 4, 42, modality)
    kept[1].kill()
    modality.join(60)
    assert not modality.is_alive()
    wait_until_all_are_delivered(node, studies)
    check_nothing_lost_nothing_doubled(node, pacs, studies, modality.accepted)
    check_log(node)


def test_a_database_that_goes_away_and_comes_back(
    betz: Callable[..., NodeProcesses], postgresql: PostgreSQL, pacs: ScriptedPACS, tmp_path: Path
) -> None:
    """No image is answered with Success meanwhile that is not kept, and everything goes on afterwards."""
    node = betz(url=postgresql.database(), BETZ_DESTINATIONS=f"[{pacs.setting()}]", **SETTINGS)
    studies = studies_in(tmp_path / "studies", 4)
    for command in ("listener", "worker"):
        node.start(command)
    modality = Modality(node.port, studies, 1.0)
    modality.start()
    eventually(lambda: node.rows("SELECT 1 FROM event WHERE what = 'study-settled'"), 30)
    postgresql.stop()
    node.engine.dispose()
    time.sleep(4)
    postgresql.start()
    modality.join(60)
    assert not modality.is_alive()
    wait_until_all_are_delivered(node, studies)
    check_nothing_lost_nothing_doubled(node, pacs, studies, modality.accepted)


def test_a_frozen_worker_loses_its_work_after_the_lease(
    betz: Callable[..., NodeProcesses], postgresql: PostgreSQL, pacs: ScriptedPACS, tmp_path: Path
) -> None:
    """As when its machine stands still: it holds its slot, and is heard of no more; later it wakes up."""
    node = betz(url=postgresql.database(), BETZ_DESTINATIONS=f"[{pacs.setting()}]", **SETTINGS)
    studies = studies_in(tmp_path / "studies", 2)
    first, second = studies
    node.start("listener")
    frozen = node.start("worker")
    accepted = []
    for uid in (first, second):
        modality = Modality(node.port, {uid: studies[uid]}, 0)
        modality.start()
        modality.join(30)
        accepted += modality.accepted
        if uid == first:
            wait_until_all_are_delivered(node, {first: studies[first]})
            os.kill(eventually(lambda: analysis_process(frozen.pid)), signal.SIGSTOP)
    running = "SELECT 1 FROM analysis WHERE status = 'running'"
    eventually(lambda: node.rows(running), 20)
    frozen.send_signal(signal.SIGSTOP)
    os.kill(analysis_process(frozen.pid), signal.SIGCONT)
    stopped = time.monotonic()
    node.start("worker")
    wait_until_all_are_delivered(node, studies)
    assert time.monotonic() - stopped > LEASE.total_seconds() / 2
    frozen.send_signal(signal.SIGCONT)
    time.sleep(3)
    assert [row.status for row in node.rows("SELECT status FROM v_studies")] == ["delivered"] * 2
    check_nothing_lost_nothing_doubled(node, pacs, studies, accepted)
    check_log(node)
