"""The life of a study in the database."""

from datetime import timedelta

from sqlalchemy import Engine

from db.engine import reading, writing
from db.index import index_instances
from db.lifecycle import (
    close_version,
    images_of,
    note_check,
    process_again,
    receiving_studies,
    set_status,
    settled_studies,
    start_analysis,
    study_by_uid,
)
from db.models import Study, StudyStatus
from tests.db.arrivals import MR, NOW, arrival, rows, settled_study
from tests.images import STUDY_UID


def received(engine: Engine, images: int = 2) -> Study:
    index_instances(engine, [arrival(number) for number in range(1, images + 1)])
    with reading(engine) as session:
        return study_by_uid(session, STUDY_UID)


def close(engine: Engine, study: Study, **changes) -> bool:
    arguments = {"last_received_at": study.last_received_at, "complete": True, "why": "It is quiet."}
    with writing(engine) as session:
        return close_version(
            session, study.id, study.version, who="worker 0", now=NOW, **{**arguments, **changes}
        )


def status(engine: Engine) -> tuple[str, int]:
    [row] = rows(engine, "SELECT status, version FROM study")
    return tuple(row)


def events(engine: Engine) -> list[tuple[str, str, str | None]]:
    return [tuple(row) for row in rows(engine, "SELECT who, what, why FROM event ORDER BY id")]


def test_closing_a_quiet_version(engine: Engine):
    assert close(engine, received(engine))
    assert status(engine) == ("analysing", 1)
    assert events(engine) == [("worker 0", "study-settled", "It is quiet.")]
    with reading(engine) as session:
        assert [s.study_instance_uid for s in settled_studies(session)] == [STUDY_UID]
        assert receiving_studies(session) == []


def test_an_incomplete_study_says_so(engine: Engine):
    close(engine, received(engine), complete=False, why="The deadline passed.")
    [row] = rows(engine, "SELECT complete FROM v_studies")
    assert row.complete in (False, 0)
    assert events(engine) == [("worker 0", "study-settled-incomplete", "The deadline passed.")]


def test_image_that_comes_while_it_is_decided_keeps_the_version_open(engine: Engine):
    study = received(engine)
    index_instances(engine, [arrival(3)])
    assert not close(engine, study)
    assert status(engine) == ("receiving", 1)
    assert events(engine) == []


def test_only_one_of_two_workers_closes(engine: Engine):
    study = received(engine)
    assert [close(engine, study), close(engine, study)] == [True, False]
    assert len(events(engine)) == 1


def test_status_of_an_old_version_does_not_touch_a_newer_one(engine: Engine):
    study = settled_study(engine, status=StudyStatus.ANALYSING)
    index_instances(engine, [arrival(3)])
    with writing(engine) as session:
        set_status(session, study, 1, StudyStatus.DELIVERING, who="worker 0", now=NOW)
    assert status(engine) == ("receiving", 2)
    assert events(engine)[-1][:2] == ("worker 0", "study-delivering")


def test_checks_are_remembered_while_receiving(engine: Engine):
    study = received(engine)
    with writing(engine) as session:
        note_check(session, study.id, ["T1 brain"], NOW)
    with reading(engine) as session:
        checked = study_by_uid(session, STUDY_UID)
        assert (checked.waiting_for, checked.checked_at) == (["T1 brain"], NOW)
        assert checked.status_reason == "Waiting for T1 brain."


def test_images_of_a_version_are_those_that_came_for_it_or_before(engine: Engine):
    study = settled_study(engine, images=2)
    index_instances(engine, [arrival(3), arrival(1, series=2)])
    with reading(engine) as session:
        first, second = images_of(session, study, 1), images_of(session, study, 2)
    one, two = f"{STUDY_UID}.1", f"{STUDY_UID}.2"
    assert {uid: found for (_, uid), found in first.items()} == {one: [(MR, f"{one}.1"), (MR, f"{one}.2")]}
    assert {uid: len(found) for (_, uid), found in second.items()} == {one: 3, two: 1}


def test_processing_again(engine: Engine):
    study = settled_study(engine, status=StudyStatus.FAILED)
    with writing(engine) as session:
        assert start_analysis(session, study, 1, "brain", "0.1", NOW) == 1
        assert start_analysis(session, study, 1, "brain", "0.1", NOW) == 2
    with writing(engine) as session:
        process_again(session, study, "administrator", NOW)
    assert status(engine) == ("analysing", 1)
    assert rows(engine, "SELECT run FROM study")[0].run == 1
    assert rows(engine, "SELECT attempts FROM analysis")[0].attempts == 0
    assert events(engine)[-1][:2] == ("administrator", "study-processed-again")


def test_open_version_is_not_processed_again(engine: Engine):
    study = received(engine)
    with writing(engine) as session:
        process_again(session, study.id, "administrator", NOW)
    assert status(engine) == ("receiving", 1)
    assert events(engine) == []


def test_attempts_are_counted_before_they_are_made(engine: Engine):
    study = settled_study(engine)
    for attempt in (1, 2, 3):
        with writing(engine) as session:
            assert start_analysis(session, study, 1, "brain", "0.1", NOW) == attempt
    with writing(engine) as session:
        assert start_analysis(session, study, 2, "brain", "0.1", NOW) == 1


def test_trail_of_a_study_in_order(engine: Engine):
    settled_study(engine)
    index_instances(engine, [arrival(9, received_at=NOW + timedelta(hours=1))])
    assert [what for _, what, _ in events(engine)] == ["study-settled", "study-reported", "study-reopened"]
