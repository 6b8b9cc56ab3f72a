"""Instances from many associations into the index, with as few transactions as they allow.

While one transaction is being committed, the instances of all other associations gather; the next
transaction takes them together. No one waits for a timer, and everyone's instance is committed before its
answer is given.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from db.index import Indexed, ReceivedInstance, index_instances

_LARGEST_BATCH = 64
_ATTEMPTS = 3

_Waiting = tuple[ReceivedInstance, "Future[Indexed]"]


class Indexer:
    """A thread that owns the index's write transactions for one listener."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
        self._thread.start()

    def index(self, instance: ReceivedInstance) -> Indexed:
        """Wait until the instance is committed.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If the database could not take it.
        """
        answer: Future[Indexed] = Future()
        self._waiting.put((instance, answer))
        return answer.result()

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) == _LARGEST_BATCH or self._waiting.empty():
                return batch, True
            item = self._waiting.get()
        return batch, False

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = _retried(lambda: index_instances(self._engine, [instance for instance, _ in batch]))
        except SQLAlchemyError as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._commit([one])
            return
        for (_, answer), indexed in zip(batch, answers, strict=True):
            answer.set_result(indexed)


def _retried(commit: Callable[[], list[Indexed]]) -> list[Indexed]:
    """Commit again where another listener has just written the same row."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return commit()
        except IntegrityError:
            continue
    return commit()
