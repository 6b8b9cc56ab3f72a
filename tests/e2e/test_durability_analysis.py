"""Analyses that crash, hang or raise, and workers that are stopped or killed in the middle of one."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.analyses import AnalysisFailedError, AnalysisProcess
from listener.archive import open_archive
from listener.destinations import Destination
from listener.reporting import store_object
from listener.sending import send_files
from listener.stored_images import StackReference
from processors.acquisition import BodyPart, Contrast, Plane
from processors.findings import CORD_SIGNS
from tests.peers import NodeProcesses, end, environment_without_betz, eventually

from .processes import analysis_process
from .scripted_pacs import ScriptedPACS
from .small_studies import series, small_study

pytestmark = pytest.mark.slow


class EndsItsProcess:
    """What the pictures of an analysis are asked for with; whoever makes them is gone."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        os._exit(1)


class TestAnalysisProcess:
    """The process by itself; an analysis of no series is the shortest there is."""

    @pytest.fixture
    def process(self, tmp_path: Path) -> Iterator[AnalysisProcess]:
        one = AnalysisProcess(str(tmp_path / "archive"), timedelta(seconds=60), "ERROR")
        yield one
        one.close()

    def test_a_process_killed_while_idle_is_made_anew(self, process):
        before = process.run("spine", "1.2.3", [])
        os.kill(analysis_process(os.getpid()), signal.SIGKILL)
        time.sleep(0.5)
        assert process.run("spine", "1.2.3", []) == before

    def test_a_process_killed_while_it_works_is_a_failure_once(self, process):
        process.run("spine", "1.2.3", [])
        worker = analysis_process(os.getpid())
        os.kill(worker, signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (worker, signal.SIGKILL)).start()
        with pytest.raises(AnalysisFailedError, match="its process ended"):
            process.run("spine", "1.2.3", [])
        process.run("spine", "1.2.3", [])

    def test_a_hung_one_is_ended(self, tmp_path):
        process = AnalysisProcess(str(tmp_path / "archive"), timedelta(seconds=60), "ERROR")
        process.run("spine", "1.2.3", [])
        process._timeout = timedelta(seconds=0.5)
        hung = analysis_process(os.getpid())
        os.kill(hung, signal.SIGSTOP)
        with pytest.raises(AnalysisFailedError, match="it took too long"):
            process.run("spine", "1.2.3", [])
        assert analysis_process(os.getpid()) is None
        process.close()

    def test_one_that_is_lost_over_its_pictures_keeps_its_findings(self, process, tmp_path):
        images = series("1.2.3")
        for ds in images:
            store_object(open_archive(str(tmp_path / "archive")), ds)
        stack = StackReference(
            images[0].SeriesInstanceUID,
            Contrast.T2,
            Plane.AXIAL,
            BodyPart.CERVICAL_SPINE,
            {ds.SOPInstanceUID: () for ds in images},
        )
        found = process.run("spine", "1.2.3", [stack])
        kept = process.run("spine", "1.2.3", [stack], None, EndsItsProcess())
        assert len(found.findings) == len(CORD_SIGNS)
        assert kept == replace(found, missing=("No segmentations and key images: its process ended.",))

    def test_one_that_raises_leaves_only_its_type(self, process):
        with pytest.raises(AnalysisFailedError, match=r"^AttributeError$"):
            process.run("spine", "1.2.3", [object()])


@pytest.fixture
def pacs() -> Iterator[ScriptedPACS]:
    one = ScriptedPACS().start()
    yield one
    one.stop()


@pytest.fixture
def node(betz: Callable[..., NodeProcesses], pacs: ScriptedPACS) -> NodeProcesses:
    return betz(BETZ_SETTLING__QUIET_PERIOD="0.5", BETZ_DESTINATIONS=f"[{pacs.setting()}]")


def send(node: NodeProcesses, files: Sequence[Path]) -> None:
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    assert send_files(files, there, "TEST").accepted == len(files)


def is_delivered(node: NodeProcesses, study: str) -> bool:
    return bool(
        node.rows(
            "SELECT 1 FROM v_studies WHERE study_instance_uid = :uid AND status = 'delivered'", uid=study
        )
    )


def cord_t2(node: NodeProcesses, study: str) -> Any:
    (row,) = node.rows(
        "SELECT state, reasons FROM v_findings WHERE study_instance_uid = :uid AND sign = 'cord_t2'",
        uid=study,
    )
    return row


def analysis(node: NodeProcesses, study: str) -> Any:
    rows = node.rows(
        "SELECT analysis.* FROM analysis JOIN study ON study.id = analysis.study_id"
        " WHERE study_instance_uid = :uid",
        uid=study,
    )
    return rows[0] if rows else None


def hang_next_analysis(worker: subprocess.Popen[bytes], node: NodeProcesses, folder: Path) -> None:
    """Stop the process that waits for the next analysis; a first study brings it up."""
    uid, files = small_study(folder)
    send(node, files)
    eventually(lambda: is_delivered(node, uid), 60)
    os.kill(analysis_process(worker.pid), signal.SIGSTOP)


def test_a_worker_stopped_in_order_leaves_its_analysis_to_the_next(node, pacs, tmp_path):
    node.start("listener")
    worker = node.start("worker")
    hang_next_analysis(worker, node, tmp_path)
    uid, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: (row := analysis(node, uid)) and row.status == "running", 20)
    time.sleep(1)
    end(worker)
    assert worker.returncode == 0
    assert analysis(node, uid).status == "running"
    node.start("worker")
    eventually(lambda: is_delivered(node, uid), 60)
    assert "analysis-failed" not in cord_t2(node, uid).reasons
    assert analysis(node, uid).attempts == 2
    assert len(pacs.objects) == 2


def test_an_analysis_that_dies_or_hangs_is_reported_as_failed(betz, pacs, tmp_path):
    node = betz(
        BETZ_SETTLING__QUIET_PERIOD="0.5",
        BETZ_WORKER__ANALYSIS_TIMEOUT="20",
        BETZ_DESTINATIONS=f"[{pacs.setting()}]",
    )
    node.start("listener")
    worker = node.start("worker")
    hang_next_analysis(worker, node, tmp_path)
    dies, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: (row := analysis(node, dies)) and row.status == "running", 20)
    time.sleep(1)
    os.kill(analysis_process(worker.pid), signal.SIGKILL)
    eventually(lambda: is_delivered(node, dies), 30)
    row = cord_t2(node, dies)
    assert row.state == "not_evaluated"
    assert [reason["key"] for reason in json.loads(row.reasons)] == ["analysis-failed"]
    assert (analysis(node, dies).status, analysis(node, dies).error) == ("failed", "its process ended")
    assert len(pacs.objects) == 2
    assert worker.poll() is None


def test_a_worker_killed_in_every_attempt_gives_the_analysis_up(betz, pacs, tmp_path):
    node = betz(
        BETZ_SETTLING__QUIET_PERIOD="0.5",
        BETZ_WORKER__ANALYSIS_ATTEMPTS="2",
        BETZ_DESTINATIONS=f"[{pacs.setting()}]",
    )
    node.start("listener")
    uid, files = small_study(tmp_path)
    send(node, files)
    for attempt in (1, 2):
        worker = node.start("worker")

        def is_under_way(number: int = attempt) -> bool:
            row = analysis(node, uid)
            return row is not None and (row.attempts, row.status) == (number, "running")

        eventually(is_under_way, 40)
        worker.kill()
        worker.wait()
    node.start("worker")
    eventually(lambda: is_delivered(node, uid), 40)
    row = cord_t2(node, uid)
    assert [reason["key"] for reason in json.loads(row.reasons)] == ["analysis-failed"]
    assert analysis(node, uid).error == "every attempt was cut off"
    assert len(pacs.objects) == 1


def test_an_upgrade_finishes_what_the_old_version_began(node, pacs, tmp_path):
    """The other version is one by its installed metadata, which is where the product reads its version."""
    newer = tmp_path / "newer"
    metadata = newer / "betz-99.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: betz\nVersion: 99.0\n")
    node.start("listener")
    old = node.start("worker")
    hang_next_analysis(old, node, tmp_path)
    begun, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: (row := analysis(node, begun)) and row.status == "running", 20)
    waiting, files = small_study(tmp_path)
    send(node, files)
    queued = "SELECT 1 FROM v_studies WHERE study_instance_uid = :uid AND status = 'analysing'"
    eventually(lambda: node.rows(queued, uid=waiting), 20)
    time.sleep(1)
    old.kill()
    old.wait()
    node.start("worker", PYTHONPATH=f"{newer}:{environment_without_betz()['PYTHONPATH']}")
    for uid in (begun, waiting):
        eventually(lambda uid=uid: is_delivered(node, uid), 60)
        (report,) = node.rows("SELECT * FROM v_deliveries WHERE study_instance_uid = :uid", uid=uid)
        assert report.software_version == "99.0"
    assert len(pacs.objects) == 3


def test_a_study_whose_storage_is_away_makes_way_and_is_reported_when_it_is_back(node, pacs, tmp_path):
    away, files = small_study(tmp_path)
    node.start("listener")
    send(node, files)
    (folder,) = (node.folder / "archive/studies").iterdir()
    hidden = folder.rename(node.folder / "away")
    node.start("worker")
    eventually(lambda: node.rows("SELECT 1 FROM event WHERE what = 'study-postponed'"), 60)
    (row,) = node.rows("SELECT status, status_reason FROM v_studies")
    assert row.status == "analysing"
    assert "(ArchiveError)" in row.status_reason
    other, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: is_delivered(node, other), 60)
    hidden.rename(folder)
    eventually(lambda: is_delivered(node, away), 90)
    assert "analysis-failed" not in cord_t2(node, away).reasons
    assert len(pacs.objects) == 2
