"""Reports on their way, in the database."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from db.deliveries import add_deliveries, due_deliveries, objects_to_send, record_attempt
from db.engine import reading, writing
from db.index import index_instances
from db.models import Report, StudyStatus
from tests.db.arrivals import NOW, SR, arrival, rows, settled_study

LATER = timedelta(seconds=10)


@pytest.fixture
def report(engine: Engine) -> int:
    study = settled_study(engine, status=StudyStatus.DELIVERING)
    with writing(engine) as session:
        row = Report(
            study_id=study,
            version=1,
            sop_instance_uid="2.25.1",
            sop_class_uid=SR,
            series_instance_uid="2.25.2",
            software_version="0.1",
            created_at=NOW,
        )
        session.add(row)
        session.flush()
        add_deliveries(session, row.id, ("one", "two"), NOW)
        return row.id


def due(engine: Engine, now=NOW) -> list[tuple[int, int, str]]:
    with reading(engine) as session:
        return [(d.leader, d.turn, d.destination) for d in due_deliveries(session, now)]


def attempt(engine: Engine, delivery: int, number: int, *, acknowledged: bool, now=NOW) -> None:
    with writing(engine) as session:
        record_attempt(
            session,
            delivery,
            number,
            acknowledged=acknowledged,
            outcome="Status 0000" if acknowledged else "The destination does not answer.",
            retry_after=LATER,
            who="worker 0",
            now=now,
        )


def status(engine: Engine) -> str:
    return rows(engine, "SELECT status FROM study")[0].status


def test_due_at_once_one_for_each_destination(engine: Engine, report: int):
    assert [(n, name) for _, n, name in due(engine)] == [(0, "one"), (0, "two")]
    assert due(engine, NOW - timedelta(seconds=1)) == []


def test_added_twice_is_there_once(engine: Engine, report: int):
    with writing(engine) as session:
        add_deliveries(session, report, ("one", "three"), NOW)
    assert sorted(name for *_, name in due(engine)) == ["one", "three", "two"]


def test_failure_is_tried_again_later(engine: Engine, report: int):
    [(one, *_), (two, *_)] = due(engine)
    attempt(engine, one, 1, acknowledged=False)
    assert [d for d, *_ in due(engine)] == [two]
    assert [(d, n) for d, n, _ in due(engine, NOW + LATER)] == [(two, 0), (one, 1)]
    [event] = rows(engine, "SELECT what, why FROM event WHERE what LIKE 'delivery-%'")
    assert tuple(event) == ("delivery-failed", "The destination does not answer.")


def test_study_is_delivered_with_the_last_acknowledgement(engine: Engine, report: int):
    [(one, *_), (two, *_)] = due(engine)
    attempt(engine, one, 1, acknowledged=True)
    assert (status(engine), [d for d, *_ in due(engine)]) == ("delivering", [two])
    attempt(engine, two, 1, acknowledged=False)
    attempt(engine, two, 2, acknowledged=True)
    assert (status(engine), due(engine, NOW + LATER)) == ("delivered", [])
    trail = rows(engine, "SELECT what FROM event ORDER BY id")
    assert [e.what for e in trail][-3:] == ["report-delivered", "delivery-failed", "report-delivered"]


def test_attempt_recorded_twice_counts_once(engine: Engine, report: int):
    [(one, *_), _] = due(engine)
    attempt(engine, one, 1, acknowledged=True)
    attempt(engine, one, 1, acknowledged=False)
    attempt(engine, one, 1, acknowledged=True)
    [row] = rows(engine, "SELECT status, attempts FROM delivery WHERE id = :id", id=one)
    assert tuple(row) == ("delivered", 1)
    assert len(rows(engine, "SELECT 1 FROM event WHERE what = 'report-delivered'")) == 1


def test_attempt_out_of_turn_is_left_out(engine: Engine, report: int):
    [(one, *_), _] = due(engine)
    attempt(engine, one, 3, acknowledged=False)
    [row] = rows(engine, "SELECT status, attempts FROM delivery WHERE id = :id", id=one)
    assert tuple(row) == ("waiting", 0)


def test_old_report_s_acknowledgement_does_not_end_a_reopened_study(engine: Engine, report: int):
    [(one, *_), (two, *_)] = due(engine)
    index_instances(engine, [arrival(7)])
    attempt(engine, one, 1, acknowledged=True)
    attempt(engine, two, 1, acknowledged=True)
    assert status(engine) == "receiving"


def add_object(engine: Engine, kind: str, uid: str, destinations=("one",)) -> None:
    with writing(engine) as session:
        sr = session.query(Report).filter_by(kind="sr").one()
        row = Report(
            study_id=sr.study_id,
            version=1,
            sop_instance_uid=uid,
            sop_class_uid="1.2",
            series_instance_uid=f"{uid}.1",
            software_version="0.1",
            created_at=NOW,
            kind=kind,
        )
        session.add(row)
        session.flush()
        add_deliveries(session, row.id, destinations, NOW)


def study_row(engine: Engine) -> tuple[str, str | None]:
    [row] = rows(engine, "SELECT status, status_reason FROM study")
    return tuple(row)


def refuse(engine: Engine, delivery: int, number: int = 1) -> None:
    with writing(engine) as session:
        record_attempt(
            session,
            delivery,
            number,
            acknowledged=False,
            refused=True,
            outcome="The destination does not accept it.",
            retry_after=LATER,
            who="worker 0",
            now=NOW,
        )


def test_what_is_referred_to_goes_before_the_report_that_refers_to_it(engine: Engine, report: int):
    add_object(engine, "seg", "2.25.3")
    add_object(engine, "key-image", "2.25.4")
    with reading(engine) as session:
        study = session.get(Report, report).study_id
        kinds = [found.kind for _, found in objects_to_send(session, study, "one", NOW)]
        assert [found.kind for _, found in objects_to_send(session, study, "two", NOW)] == ["sr"]
        assert objects_to_send(session, study, "one", NOW - timedelta(seconds=1)) == []
    assert kinds == ["seg", "key-image", "sr"]


def test_all_that_is_due_for_a_destination_is_one_piece_of_work(engine: Engine, report: int):
    add_object(engine, "seg", "2.25.3")
    (one, *_), (two, *_) = due(engine)
    assert due(engine) == [(one, 0, "one"), (two, 0, "two")]
    attempt(engine, one, 1, acknowledged=True)
    [(seg, turn, name)] = [d for d in due(engine) if d[2] == "one"]
    assert (turn, name) == (0, "one")
    assert seg not in (one, two)


def test_refused_segmentation_leaves_the_study_delivered_in_part_until_it_is_taken(
    engine: Engine, report: int
):
    add_object(engine, "seg", "2.25.3")
    [(one, *_), (two, *_)] = due(engine)
    attempt(engine, one, 1, acknowledged=True)
    [(seg, *_)] = [d for d in due(engine) if d[2] == "one"]
    refuse(engine, seg)
    assert status(engine) == "delivering"
    attempt(engine, two, 1, acknowledged=True)
    assert study_row(engine) == ("delivered_in_part", "one: The destination does not accept it.")
    assert [d for d, *_ in due(engine, NOW + LATER)] == [seg]
    attempt(engine, seg, 2, acknowledged=True)
    assert study_row(engine) == ("delivered", None)


def test_refused_report_holds_the_study_and_says_so(engine: Engine, report: int):
    [(one, *_), (two, *_)] = due(engine)
    attempt(engine, one, 1, acknowledged=True)
    refuse(engine, two)
    assert study_row(engine) == ("delivering", "two: The destination does not accept it.")
