"""Slots for worker processes: the stable identities under which interrupted work is taken up again."""

import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from db.index import insert_new
from db.models import WorkerSlot

SLOT: Table = WorkerSlot.__table__  # type: ignore[assignment]

LEASE = timedelta(seconds=20)
"""A slot whose worker has not been heard of for so long is free."""


def claim_slot(session: Session, now: datetime) -> int:
    """Take the lowest free slot for this process.

    A slot is free if its worker has been silent for :data:`LEASE`, or if it ran on this machine and its
    process is gone.
    """
    slots = session.scalars(select(WorkerSlot).order_by(WorkerSlot.number).with_for_update()).all()
    for slot in slots:
        if is_free(slot, now):
            slot.host, slot.pid, slot.heartbeat_at = socket.gethostname(), os.getpid(), now
            return slot.number
    number = next(n for n in range(len(slots) + 1) if n not in {slot.number for slot in slots})
    here = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat_at": now}
    while not _insert(session, number, here):
        number += 1
    return number


def _insert(session: Session, number: int, here: dict[str, Any]) -> bool:
    """Make a slot, unless another process that starts at the same moment has just made it."""
    statement = insert_new(session.connection(), SLOT).values(number=number, **here)
    return session.scalar(statement.returning(SLOT.c.number)) is not None


def is_free(slot: WorkerSlot, now: datetime) -> bool:
    """Whether the worker of a slot is gone; a number that this process has itself was an earlier one's."""
    if now - slot.heartbeat_at > LEASE:
        return True
    return slot.host == socket.gethostname() and (slot.pid == os.getpid() or not _is_running(slot.pid))


def beat(session: Session, number: int, now: datetime) -> bool:
    """Keep a slot; false if another process has taken it meanwhile."""
    slot = session.get(WorkerSlot, number)
    if slot is None or (slot.host, slot.pid) != (socket.gethostname(), os.getpid()):
        return False
    slot.heartbeat_at = now
    return True


def release_slot(session: Session, number: int) -> None:
    """Give a slot back at an orderly end: it stays, free, so that the work left under it is taken up."""
    slot = session.get(WorkerSlot, number)
    if slot is not None and (slot.host, slot.pid) == (socket.gethostname(), os.getpid()):
        slot.heartbeat_at = datetime.fromtimestamp(0, UTC)


def abandoned_slots(session: Session, own: int, now: datetime) -> list[int]:
    """The slots, other than one's own, whose workers are gone."""
    slots = session.scalars(select(WorkerSlot).where(WorkerSlot.number != own))
    return [slot.number for slot in slots if is_free(slot, now)]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
