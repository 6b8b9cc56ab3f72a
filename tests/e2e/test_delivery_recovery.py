"""Deliveries that meet trouble of our own: the storage away, two at once, workflows that ended, a retry."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from dbos import DBOSClient
from pydicom import dcmread
from sqlalchemy.orm import Session

from db.deliveries import add_deliveries, record_attempt
from db.engine import make_engine, migrate, reading, writing
from db.models import Delivery, Report, Study, StudyStatus
from listener.destinations import Destination
from listener.sending import send_files
from tests.peers import NodeProcesses, PostgreSQL, end, environment_without_betz, eventually

from .processes import analysis_process, child
from .scripted_pacs import OUT_OF_RESOURCES, SUCCESS, ScriptedPACS
from .small_studies import small_study

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def pacs() -> Iterator[ScriptedPACS]:
    one = ScriptedPACS().start()
    yield one
    one.stop()


@pytest.fixture
def node(betz: Callable[..., NodeProcesses], pacs: ScriptedPACS) -> NodeProcesses:
    one = betz(
        BETZ_SETTLING__QUIET_PERIOD="0.5",
        BETZ_DELIVERY__FIRST_RETRY="1",
        BETZ_DELIVERY__LONGEST_RETRY="1",
        BETZ_DESTINATIONS=f"[{pacs.setting()}]",
    )
    one.start("serve")
    return one


def send(node: NodeProcesses, files: Sequence[Path]) -> None:
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    assert send_files(files, there, "TEST").accepted == len(files)


def delivery(node: NodeProcesses, study: str, version: int = 1) -> object:
    rows = node.rows(
        "SELECT * FROM v_deliveries WHERE study_instance_uid = :uid AND version = :version",
        uid=study,
        version=version,
    )
    return rows[0] if rows else None


def is_delivered(node: NodeProcesses, study: str) -> bool:
    ended = "SELECT 1 FROM v_studies WHERE study_instance_uid = :uid AND status = 'delivered'"
    return bool(node.rows(ended, uid=study))


def failed_with(node: NodeProcesses, study: str, words: str) -> bool:
    row = delivery(node, study)
    return row is not None and row.last_outcome is not None and words in row.last_outcome


def test_report_is_delivered_once_the_storage_and_the_workflow_are_there_again(node, pacs, tmp_path):
    pacs.answer = OUT_OF_RESOURCES
    uid, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: failed_with(node, uid, "A700"), 40)
    (folder,) = (node.folder / "archive/studies").iterdir()
    away = folder.rename(node.folder / "away")
    eventually(lambda: failed_with(node, uid, "The storage does not give the report"), 20)
    tried = delivery(node, uid).attempts
    eventually(lambda: delivery(node, uid).attempts > tried, 20)
    away.rename(folder)
    eventually(lambda: failed_with(node, uid, "A700"), 20)

    client = DBOSClient(system_database_url=f"sqlite:///{tmp_path / 'betz-workflows.sqlite'}")

    def lost_one() -> bool:
        for workflow in client.list_workflows(status="ENQUEUED"):
            client.cancel_workflow(workflow.workflow_id)
        return bool(node.rows("SELECT 1 FROM event WHERE why = 'The attempt failed (its workflow ended).'"))

    eventually(lost_one, 30)
    client.destroy()
    pacs.answer = SUCCESS
    eventually(lambda: is_delivered(node, uid), 30)
    (report,) = pacs.objects
    assert pacs.stores[report] == 1


def test_retry_of_a_report_of_this_version_delivers_the_same_again(node, pacs, tmp_path):
    uid, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: is_delivered(node, uid), 40)
    said = retry(node, uid)
    assert "its report will be delivered again" in said
    (report,) = pacs.objects
    eventually(lambda: pacs.stores[report] == 2 and is_delivered(node, uid), 30)
    assert len(pacs.objects[report]) == 1
    assert delivery(node, uid).attempts == 2


def test_retry_after_an_upgrade_makes_a_new_version_that_names_the_report_before(node, pacs, tmp_path):
    """The other version is one by its installed metadata, which is where the product reads its version."""
    uid, files = small_study(tmp_path)
    send(node, files)
    eventually(lambda: is_delivered(node, uid), 40)
    (serve,) = node.processes
    end(serve)
    newer = tmp_path / "newer"
    metadata = newer / "betz-99.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: betz\nVersion: 99.0\n")
    path = f"{newer}:{environment_without_betz()['PYTHONPATH']}"
    assert "analysed again" in retry(node, uid, PYTHONPATH=path)
    node.start("worker", PYTHONPATH=path)
    eventually(lambda: is_delivered(node, uid) and delivery(node, uid, version=2), 40)
    first, second = delivery(node, uid), delivery(node, uid, version=2)
    (content,) = pacs.objects[second.sop_instance_uid]
    (study,) = dcmread(BytesIO(content)).PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (document,) = series.ReferencedSOPSequence
    assert document.ReferencedSOPInstanceUID == first.sop_instance_uid
    assert set(pacs.objects) == {first.sop_instance_uid, second.sop_instance_uid}


def test_study_whose_workflow_ended_without_a_word_is_failed_and_can_be_retried(node, pacs, tmp_path):
    first, files = small_study(tmp_path / "studies")
    send(node, files)
    eventually(lambda: is_delivered(node, first), 40)
    (serve,) = node.processes
    analyses = analysis_process(child(serve.pid, "worker"))
    os.kill(analyses, signal.SIGSTOP)
    uid, files = small_study(tmp_path / "studies")
    send(node, files)
    eventually(lambda: node.rows("SELECT 1 FROM analysis WHERE status = 'running'"), 20)
    client = DBOSClient(system_database_url=f"sqlite:///{tmp_path / 'betz-workflows.sqlite'}")
    client.cancel_workflow(f"study:{uid}:1:0")
    client.destroy()
    failed = "SELECT status_reason FROM v_studies WHERE study_instance_uid = :uid AND status = 'failed'"
    (row,) = eventually(lambda: node.rows(failed, uid=uid), 20)
    assert row.status_reason == "An error stopped it (its workflow ended)."
    os.kill(analyses, signal.SIGCONT)
    retry(node, uid)
    eventually(lambda: is_delivered(node, uid), 40)
    assert len(pacs.objects) == 2


def retry(node: NodeProcesses, study: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "listener", "retry", study],
        env={**environment_without_betz(), **node.environment, "COLUMNS": "300", **environment},
        cwd=node.folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_engine_forgets_workflows_that_ended_long_ago_and_starts_none_again(node, pacs, tmp_path):
    uid, files = small_study(tmp_path / "studies")
    send(node, files)
    eventually(lambda: is_delivered(node, uid), 40)
    (serve,) = node.processes
    time.sleep(2)
    end(serve)
    month_ms = timedelta(days=31) / timedelta(milliseconds=1)
    with closing(sqlite3.connect(tmp_path / "betz-workflows.sqlite")) as engine_tables, engine_tables:
        aged = "UPDATE workflow_status SET completed_at = completed_at - ?"
        assert engine_tables.execute(aged, (int(month_ms),)).rowcount == 2

    def workflows() -> int:
        with closing(sqlite3.connect(tmp_path / "betz-workflows.sqlite")) as tables:
            return tables.execute("SELECT COUNT(*) FROM workflow_status").fetchone()[0]

    node.start("worker")
    eventually(lambda: workflows() == 0, 20)
    time.sleep(2)
    assert workflows() == 0
    assert list(pacs.stores.values()) == [1]


def test_of_two_acknowledgements_at_once_the_last_ends_the_study(postgresql: PostgreSQL) -> None:
    engine = make_engine(postgresql.database())
    migrate(engine)
    with writing(engine) as session:
        report = _reported_study(session)
        add_deliveries(session, report, ["one", "other"], NOW)
    with reading(engine) as session:
        one, other = [row.id for row in session.query(Delivery).order_by(Delivery.id)]
    acknowledged = {
        "acknowledged": True,
        "outcome": "0000",
        "retry_after": timedelta(1),
        "who": "t",
        "now": NOW,
    }

    def acknowledge_other() -> None:
        with writing(engine) as session:
            record_attempt(session, other, 1, **acknowledged)

    with writing(engine) as session:
        record_attempt(session, one, 1, **acknowledged)
        meanwhile = threading.Thread(target=acknowledge_other)
        meanwhile.start()
        meanwhile.join(1)
    meanwhile.join(20)
    with reading(engine) as session:
        assert session.query(Study.status).scalar() == StudyStatus.DELIVERED
    engine.dispose()


def _reported_study(session: Session) -> int:
    study = Study(
        study_instance_uid="1.2.3",
        status=StudyStatus.DELIVERING,
        version=1,
        run=0,
        first_received_at=NOW,
        opened_at=NOW,
        last_received_at=NOW,
        settled_at=NOW,
    )
    session.add(study)
    session.flush()
    report = Report(
        study_id=study.id,
        version=1,
        sop_instance_uid="1.2.3.4",
        sop_class_uid="1.2",
        series_instance_uid="1.2.3.5",
        software_version="0",
        created_at=NOW,
    )
    session.add(report)
    session.flush()
    return report.id
