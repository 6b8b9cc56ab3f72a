"""Worker slots: stable identities, taken over when their workers are gone."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from db.engine import reading, writing
from db.models import WorkerSlot
from db.slots import LEASE, abandoned_slots, beat, claim_slot, release_slot
from tests.db.arrivals import NOW, rows

ELSEWHERE = "another-machine"


def put(engine: Engine, number: int, *, host: str = ELSEWHERE, pid: int = 1, silent=timedelta(0)) -> None:
    with writing(engine) as session:
        session.add(WorkerSlot(number=number, host=host, pid=pid, heartbeat_at=NOW - silent))


def claim(engine: Engine) -> int:
    with writing(engine) as session:
        return claim_slot(session, NOW)


def gone() -> int:
    """The pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_lowest_free_number(engine: Engine):
    put(engine, 0)
    put(engine, 2)
    assert claim(engine) == 1


@pytest.mark.parametrize(("silent", "number"), [(LEASE, 1), (LEASE + timedelta(microseconds=1), 0)])
def test_silent_worker_s_slot_is_taken_after_the_lease(engine: Engine, silent, number: int):
    put(engine, 0, silent=silent)
    assert claim(engine) == number


def test_dead_worker_of_this_machine_loses_its_slot_at_once(engine: Engine):
    put(engine, 0, host=socket.gethostname(), pid=gone())
    assert claim(engine) == 0


def test_running_worker_of_this_machine_keeps_its_slot(engine: Engine):
    put(engine, 0, host=socket.gethostname(), pid=os.getppid())
    assert claim(engine) == 1


def test_beat_keeps_the_slot_and_tells_when_it_is_lost(engine: Engine):
    number = claim(engine)
    with writing(engine) as session:
        assert beat(session, number, NOW + timedelta(seconds=15))
    with reading(engine) as session:
        assert abandoned_slots(session, 99, NOW + timedelta(seconds=15)) == [number]
    with writing(engine) as session:
        session.get_one(WorkerSlot, number).pid = os.getppid()
    with writing(engine) as session:
        assert not beat(session, number, NOW + timedelta(seconds=16))
        assert not beat(session, 99, NOW)


def test_abandoned_are_the_others_that_are_gone(engine: Engine):
    put(engine, 0)
    put(engine, 1, silent=2 * LEASE)
    put(engine, 2, host=socket.gethostname(), pid=gone())
    put(engine, 3, silent=2 * LEASE)
    with reading(engine) as session:
        assert sorted(abandoned_slots(session, 3, NOW)) == [1, 2]


def test_released_slot_is_free_for_anyone(engine: Engine):
    number = claim(engine)
    with writing(engine) as session:
        release_slot(session, number)
        release_slot(session, 99)
    with reading(engine) as session:
        assert abandoned_slots(session, 99, NOW) == [number]
    assert claim(engine) == number


def test_lost_slot_is_not_released(engine: Engine):
    put(engine, 0)
    with writing(engine) as session:
        release_slot(session, 0)
    [slot] = rows(engine, "SELECT host FROM worker_slot")
    assert slot.host == ELSEWHERE


_CLAIM = """
import sys
from datetime import datetime
from db.engine import make_engine, writing
from db.slots import claim_slot
engine = make_engine(sys.argv[1])
engine.connect().close()
print("ready", flush=True)
sys.stdin.readline()
with writing(engine) as session:
    print(claim_slot(session, datetime.fromisoformat(sys.argv[2])), flush=True)
sys.stdin.read()
"""


def test_processes_that_start_together_get_different_slots(engine: Engine):
    put(engine, 0)
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _CLAIM, url, NOW.isoformat()]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(3)]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write(b"now\n")
        process.stdin.flush()
    answers = [process.stdout.readline() for process in processes]
    errors = b"".join(process.communicate()[1] for process in processes)
    assert sorted(answers) == [b"1\n", b"2\n", b"3\n"], errors.decode()
