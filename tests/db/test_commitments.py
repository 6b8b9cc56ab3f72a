"""Storage Commitment, in the database: asked, answered, refused, forgotten and asked again."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from db.commitments import begin_commitment, commitments_to_ask, end_commitment, record_commitment
from db.deliveries import add_deliveries, deliver_again, due_deliveries, record_attempt
from db.engine import reading, writing
from db.models import CommitmentStatus, Report, StudyStatus
from tests.db.arrivals import NOW, SR, rows, settled_study

LATER = timedelta(hours=1)
PAUSE = timedelta(seconds=10)


@pytest.fixture
def study(engine: Engine) -> int:
    """A study with a report and a segmentation on their way to one destination."""
    study = settled_study(engine, status=StudyStatus.DELIVERING)
    with writing(engine) as session:
        for kind, uid in (("sr", "2.25.1"), ("seg", "2.25.2")):
            row = Report(
                study_id=study,
                version=1,
                sop_instance_uid=uid,
                sop_class_uid=SR,
                series_instance_uid="2.25.9",
                software_version="0.1",
                created_at=NOW,
                kind=kind,
            )
            session.add(row)
            session.flush()
            add_deliveries(session, row.id, ["pacs"], NOW)
    return study


def acknowledge(engine: Engine, *, held: bool) -> list[int]:
    ids = [row.id for row in rows(engine, "SELECT id FROM delivery ORDER BY id")]
    with writing(engine) as session:
        for number in ids:
            record_attempt(
                session,
                number,
                1,
                acknowledged=True,
                outcome="Status 0000",
                retry_after=PAUSE,
                who="worker 0",
                now=NOW,
                commitment_due=True,
                held=held,
            )
    return ids


def ask(engine: Engine, ids: list[int], transaction: str = "2.25.100") -> None:
    with writing(engine) as session:
        begin_commitment(session, ids, transaction, NOW + LATER)


def answer(engine: Engine, committed=(), failed=None, transaction: str = "2.25.100", unsupported=()) -> bool:
    with writing(engine) as session:
        return record_commitment(
            session,
            transaction,
            committed,
            failed or {},
            unsupported=unsupported,
            send_again_after=lambda asks: asks * PAUSE,
            who="storage commitment",
            now=NOW,
        )


def to_ask(engine: Engine, study: int, now=NOW) -> list[int]:
    with reading(engine) as session:
        return [delivery.id for delivery, _ in commitments_to_ask(session, study, "pacs", now)]


def due(engine: Engine, now=NOW) -> list[tuple[int, int]]:
    with reading(engine) as session:
        return [(one.leader, one.turn) for one in due_deliveries(session, now)]


def stand(engine: Engine) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in rows(engine, "SELECT status, commitment FROM delivery ORDER BY id")]


def study_status(engine: Engine) -> str:
    return rows(engine, "SELECT status FROM study")[0].status


def test_what_was_acknowledged_is_asked_about_once(engine: Engine, study: int):
    ids = acknowledge(engine, held=False)
    assert study_status(engine) == "delivered"
    assert (to_ask(engine, study), due(engine)) == (ids, [(ids[0], 1)])
    ask(engine, ids)
    assert (to_ask(engine, study), due(engine)) == ([], [])
    assert answer(engine, ["2.25.1", "2.25.2"])
    assert stand(engine) == [("delivered", "committed")] * 2
    assert due(engine, NOW + 10 * LATER) == []


def test_required_commitment_holds_the_study_until_it_is_given(engine: Engine, study: int):
    ids = acknowledge(engine, held=True)
    assert study_status(engine) == "delivering"
    ask(engine, ids)
    answer(engine, ["2.25.1"])
    assert stand(engine) == [("delivered", "committed"), ("acknowledged", "asked")]
    assert study_status(engine) == "delivering"
    answer(engine, ["2.25.2"])
    assert study_status(engine) == "delivered"
    [row] = rows(engine, "SELECT COUNT(*) AS n FROM v_deliveries WHERE committed_at IS NOT NULL")
    assert row.n == 2


def test_what_is_not_kept_is_sent_again_and_asked_about_again(engine: Engine, study: int):
    ids = acknowledge(engine, held=False)
    ask(engine, ids)
    answer(engine, ["2.25.1"], {"2.25.2": "The destination does not keep it."})
    assert stand(engine) == [("delivered", "committed"), ("waiting", "failed")]
    assert study_status(engine) == "delivering"
    assert due(engine) == []
    assert due(engine, NOW + PAUSE) == [(ids[1], 2)]
    with writing(engine) as session:
        record_attempt(
            session,
            ids[1],
            2,
            acknowledged=True,
            outcome="Status 0000",
            retry_after=PAUSE,
            who="worker 0",
            now=NOW,
            commitment_due=True,
        )
    assert (study_status(engine), to_ask(engine, study)) == ("delivered", [ids[1]])
    ask(engine, ids[1:], "2.25.101")
    answer(engine, ["2.25.2"], transaction="2.25.101")
    assert stand(engine) == [("delivered", "committed")] * 2


def test_answer_to_an_older_request_changes_nothing(engine: Engine, study: int):
    ids = acknowledge(engine, held=False)
    ask(engine, ids, "2.25.100")
    ask(engine, ids, "2.25.101")
    assert not answer(engine, [], {"2.25.1": "lost"}, transaction="2.25.100")
    assert stand(engine) == [("delivered", "asked")] * 2


def test_without_answer_it_is_asked_again(engine: Engine, study: int):
    ids = acknowledge(engine, held=False)
    ask(engine, ids)
    assert due(engine, NOW + LATER) == [(ids[0], 2)]
    assert to_ask(engine, study, NOW + LATER) == ids


def test_what_is_given_up_lets_what_was_acknowledged_count(engine: Engine, study: int):
    ids = acknowledge(engine, held=True)
    ask(engine, ids)
    with writing(engine) as session:
        end_commitment(
            session, ids, CommitmentStatus.NOT_OFFERED, NOW + LATER, why="no", who="worker 0", now=NOW
        )
    assert (study_status(engine), due(engine)) == ("delivering", [])
    with writing(engine) as session:
        end_commitment(session, ids, CommitmentStatus.UNANSWERED, None, why="no", who="worker 0", now=NOW)
    assert stand(engine) == [("delivered", "unanswered")] * 2
    assert (study_status(engine), due(engine, NOW + 2 * LATER)) == ("delivered", [])
    what = [row.what for row in rows(engine, "SELECT what FROM event ORDER BY id")]
    assert what[-2:] == ["commitment-not-offered", "commitment-unanswered"]


def test_answer_that_comes_twice_changes_nothing_more(engine: Engine, study: int):
    ids = acknowledge(engine, held=False)
    ask(engine, ids)
    for _ in range(2):
        assert answer(engine, ["2.25.1", "2.25.2", "2.25.77"])
    assert answer(engine, [], {"2.25.1": "lost"})
    assert stand(engine) == [("delivered", "committed")] * 2
    assert len(rows(engine, "SELECT 1 FROM event WHERE what = 'objects-committed'")) == 1


def test_class_that_the_destination_commits_itself_to_nothing_of_is_not_sent_for_ever(
    engine: Engine, study: int
):
    ids = acknowledge(engine, held=False)
    ask(engine, ids)
    answer(engine, ["2.25.1"], {"2.25.2": "not of this class"}, unsupported=["2.25.2"])
    assert stand(engine) == [("delivered", "committed"), ("delivered", "not_offered")]
    assert (study_status(engine), due(engine, NOW + 100 * LATER)) == ("delivered", [])


def test_class_that_must_be_committed_to_and_is_not_stays_open(engine: Engine, study: int):
    ids = acknowledge(engine, held=True)
    ask(engine, ids)
    answer(engine, ["2.25.1"], {"2.25.2": "not of this class"}, unsupported=["2.25.2"])
    assert stand(engine) == [("delivered", "committed"), ("waiting", "failed")]
    assert study_status(engine) == "delivering"


def test_what_is_sent_again_after_an_end_without_an_attempt_is_other_work(engine: Engine, study: int):
    """Work of the same name would be taken for done."""
    ids = acknowledge(engine, held=False)
    ask(engine, ids)
    with reading(engine) as session:
        [asking] = due_deliveries(session, NOW + LATER)
    with writing(engine) as session:
        end_commitment(session, ids, CommitmentStatus.UNANSWERED, None, why="no", who="worker 0", now=NOW)
    with writing(engine) as session:
        for report in session.scalars(select(Report.id)):
            deliver_again(session, report, ["pacs"], NOW + 2 * LATER)
    with reading(engine) as session:
        [sending] = due_deliveries(session, NOW + 2 * LATER)
    assert sending.leader == asking.leader
    assert (sending.turn, sending.due_at) != (asking.turn, asking.due_at)
