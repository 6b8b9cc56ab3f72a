"""The indexer: everyone who waits gets an answer, whatever happens to the commit."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine

from db.index import Indexed
from listener import indexer as module
from listener.indexer import Indexer
from tests.db.arrivals import arrival


class Interrupted(BaseException):
    """What no one catches."""


def asked(indexer: Indexer, count: int) -> list[Future[Indexed]]:
    """So many instances, each from a thread of its own, that wait for one commit."""
    with ThreadPoolExecutor(count) as pool:
        with indexer._committing:
            futures = [pool.submit(indexer.index, arrival(number)) for number in range(count)]
            while len(indexer._waiting) < count:
                threading.Event().wait(0.001)
        return futures


def test_error_that_is_not_the_databases_reaches_only_whose_instance_it_is(monkeypatch: pytest.MonkeyPatch):
    def index(_engine, instances):
        if any(instance.sop_instance_uid.endswith(".2") for instance in instances):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return [Indexed.NEW] * len(instances)

    monkeypatch.setattr(module, "index_instances", index)
    futures = asked(Indexer(create_engine("sqlite://")), 4)
    assert [type(future.exception(5)) for future in futures] == [
        type(None),
        type(None),
        UnicodeEncodeError,
        type(None),
    ]


def test_interrupted_commit_answers_all_of_its_batch(monkeypatch: pytest.MonkeyPatch):
    batches = []

    def index(_engine, instances):
        batches.append(len(instances))
        raise Interrupted

    monkeypatch.setattr(module, "index_instances", index)
    futures = asked(Indexer(create_engine("sqlite://")), 3)
    assert [type(future.exception(5)) for future in futures] == [Interrupted] * 3
    assert batches == [3]


def test_index_works_again_after_an_error(monkeypatch: pytest.MonkeyPatch):
    indexer = Indexer(create_engine("sqlite://"))

    def fail(_engine, _instances):
        raise ValueError

    monkeypatch.setattr(module, "index_instances", fail)
    with pytest.raises(ValueError):  # noqa: PT011
        indexer.index(arrival(1))
    monkeypatch.setattr(module, "index_instances", lambda _engine, instances: [Indexed.NEW] * len(instances))
    assert indexer.index(arrival(1)) is Indexed.NEW
