"""Instances from many associations into the index, with as few transactions as they allow.

The first of the waiting associations commits for all that wait; those that come meanwhile gather, and one
of them commits next. While others are on their way it waits a moment for them; alone, it does not. Everyone's
instance is committed before its answer is given.
"""

import fcntl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.index import Indexed, ReceivedInstance, index_instances

_LARGEST_BATCH = 64
_ATTEMPTS = 3
_MOMENT_S = 0.001

_Waiting = tuple[ReceivedInstance, "Future[Indexed]"]


class Indexer:
    """The index's write transactions of one listener, one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Waiting] = deque()
        self._coming: set[int] = set()
        self._committing = threading.Lock()
        self._turns = _turns(engine)

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Say that this thread will have an instance indexed before long."""
        thread = threading.get_ident()
        self._coming.add(thread)
        try:
            yield
        finally:
            self._coming.discard(thread)

    def index(self, instance: ReceivedInstance) -> Indexed:
        """Wait until the instance is committed.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If the database could not take it.
        Exception
            Whatever else was raised on the way; everyone of the batch gets an answer of their own.
        """
        answer: Future[Indexed] = Future()
        self._waiting.append((instance, answer))
        with self._committing:
            while not answer.done():
                if len(self._coming) > len(self._waiting):
                    time.sleep(_MOMENT_S)
                self._answer(
                    [self._waiting.popleft() for _ in range(min(len(self._waiting), _LARGEST_BATCH))]
                )
        return answer.result()

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; none of it is left without an answer, or its thread would wait for ever."""
        try:
            with _turn(self._turns):
                self._commit(batch)
        except BaseException as error:
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            raise

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = _retried(lambda: index_instances(self._engine, [instance for instance, _ in batch]))
        except Exception as error:  # noqa: BLE001
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._commit([one])
            return
        for (_, answer), indexed in zip(batch, answers, strict=True):
            answer.set_result(indexed)


def _turns(engine: Engine) -> BinaryIO | None:
    """A file by which listener processes on one SQLite file take turns; other databases have their own way.

    SQLite has the one that comes second look again after a pause; a lock on a file wakes it at once.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(f"{engine.url.database}-turns").open("wb")


@contextmanager
def _turn(turns: BinaryIO | None) -> Iterator[None]:
    if turns is None:
        yield
        return
    fcntl.flock(turns, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(turns, fcntl.LOCK_UN)


def _retried(commit: Callable[[], list[Indexed]]) -> list[Indexed]:
    """Commit again where another listener has just written the same row."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return commit()
        except IntegrityError:
            continue
    return commit()
