"""Reports on their way to PACSs that are down, full, picky or broken, through real processes."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from listener.destinations import Destination
from listener.sending import send_files
from tests.peers import NodeProcesses, environment_without_betz, eventually

from .scripted_pacs import COERCED, OUT_OF_RESOURCES, SUCCESS, ScriptedPACS
from .small_studies import small_study

pytestmark = pytest.mark.slow

PACSS = ("good", "warning", "down", "rejecting", "aborting", "full", "without_sr")
FIRST_RETRY_S = 0.5


@pytest.fixture
def pacss() -> Iterator[dict[str, ScriptedPACS]]:
    all_of_them = {name: ScriptedPACS() for name in PACSS}
    all_of_them["warning"].answer = COERCED
    all_of_them["rejecting"].rejecting = True
    all_of_them["aborting"].aborting = True
    all_of_them["full"].answer = OUT_OF_RESOURCES
    all_of_them["without_sr"].structured_reports = False
    for name, one in all_of_them.items():
        if name != "down":
            one.start()
    yield all_of_them
    for one in all_of_them.values():
        one.stop()


def send(node: NodeProcesses, files: Sequence[Path]) -> None:
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    assert send_files(files, there, "TEST").accepted == len(files)


def status(node: NodeProcesses, study: str) -> str | None:
    rows = node.rows("SELECT status FROM v_studies WHERE study_instance_uid = :uid", uid=study)
    return rows[0].status if rows else None


def deliveries(node: NodeProcesses, study: str) -> dict[str, Any]:
    rows = node.rows("SELECT * FROM v_deliveries WHERE study_instance_uid = :uid", uid=study)
    return {row.destination: row for row in rows}


def cli(node: NodeProcesses, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "listener", *words],
        env={**environment_without_betz(), **node.environment, "COLUMNS": "300"},
        cwd=node.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def attempt_times(node: NodeProcesses, destination: str) -> list[datetime]:
    rows = node.rows("SELECT at, details FROM event WHERE what = 'delivery-failed' ORDER BY id")
    return [
        datetime.fromisoformat(str(row.at))
        for row in rows
        if json.loads(row.details)["destination"] == destination
    ]


def test_every_destination_gets_the_report_once_whatever_the_others_do(
    betz: Callable[..., NodeProcesses], pacss: dict[str, ScriptedPACS], tmp_path: Path
) -> None:
    node = betz(
        BETZ_SETTLING__QUIET_PERIOD="1",
        BETZ_DELIVERY__FIRST_RETRY=str(FIRST_RETRY_S),
        BETZ_DELIVERY__LONGEST_RETRY="3",
        BETZ_DESTINATIONS=f"[{', '.join(one.setting(name) for name, one in pacss.items())}]",
    )
    node.start("serve")
    uid, files = small_study(tmp_path)
    send(node, files)

    def tried() -> bool:
        found = deliveries(node, uid)
        return len(found) == len(PACSS) and all(
            row.status == "delivered" or row.attempts >= 3 for row in found.values()
        )

    eventually(tried, 60)
    found = deliveries(node, uid)
    assert {name for name, row in found.items() if row.status == "delivered"} == {"good", "warning"}
    assert {name: row.last_outcome for name, row in found.items()} == {
        "good": "Status 0000",
        "warning": "Status B000",
        "down": "The destination does not answer.",
        "rejecting": "The destination rejected the association.",
        "aborting": "The destination did not answer the request.",
        "full": "Status A700",
        "without_sr": "The destination does not accept structured reports.",
    }
    assert status(node, uid) == "delivering"
    for destination in ("down", "full"):
        first, second, third = attempt_times(node, destination)[:3]
        assert (second - first).total_seconds() >= FIRST_RETRY_S
        assert (third - second).total_seconds() >= 2 * FIRST_RETRY_S

    shown = cli(node, "status")
    assert "delivering" in shown
    for name in set(PACSS) - {"good", "warning"}:
        how = "Refused by" if name == "without_sr" else "Waiting for"
        assert f"{how} {name}: {uid}, 1 sr" in shown
    results = json.loads(cli(node, "results", uid, "--json"))
    assert {row["state"] for row in results} <= {"not_evaluated", "indeterminate"}

    pacss["down"].start()
    pacss["aborting"].aborting = pacss["rejecting"].rejecting = False
    pacss["full"].answer = SUCCESS
    pacss["without_sr"].structured_reports = True
    for name in ("rejecting", "without_sr"):
        pacss[name].stop()
        pacss[name].start()
    eventually(lambda: status(node, uid) == "delivered", 30)
    (report,) = {row.sop_instance_uid for row in deliveries(node, uid).values()}
    contents = set()
    for name, one in pacss.items():
        assert list(one.objects) == [report], name
        contents |= one.objects[report]
        assert one.stores[report] == 1, name
    assert len(contents) == 1
    assert "Waiting" not in cli(node, "status")


def test_destination_that_hangs_holds_up_no_other(
    betz: Callable[..., NodeProcesses], pacss: dict[str, ScriptedPACS], tmp_path: Path
) -> None:
    """More reports wait for it than are delivered at once, and none of its attempts has ended meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = (
            f'{{"name": "hanging", "ae_title": "X", "host": "127.0.0.1",'
            f' "port": {silent.getsockname()[1]}, "timeout": "300"}}'
        )
        node = betz(
            BETZ_SETTLING__QUIET_PERIOD="0.5",
            BETZ_DESTINATIONS=f"[{hanging}, {pacss['good'].setting('good')}]",
        )
        node.start("serve")
        studies = dict(small_study(tmp_path) for _ in range(6))
        for files in studies.values():
            send(node, files)
        eventually(lambda: len(pacss["good"].objects) == len(studies), 60)
        found = [deliveries(node, uid)["hanging"] for uid in studies]
        assert [(row.status, row.attempts) for row in found] == [("waiting", 0)] * len(studies)
