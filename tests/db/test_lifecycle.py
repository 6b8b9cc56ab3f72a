"""The life of a study in the database."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.deliveries import add_deliveries, due_deliveries, record_attempt
from db.engine import reading, writing
from db.index import index_instances
from db.lifecycle import (
    add_objects,
    close_version,
    fail_version,
    finish_analysis,
    images_of,
    latest_report,
    made_objects,
    note_check,
    objects_of,
    receiving_studies,
    set_status,
    settled_studies,
    start_analysis,
    study_by_uid,
)
from db.models import ObjectKind, Report, Study, StudyStatus
from db.retries import Again, give_attempt_back, postpone, process_again
from tests.db.arrivals import MR, NOW, SR, arrival, rows, settled_study
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
        assert [s.study_instance_uid for s in settled_studies(session, NOW)] == [STUDY_UID]
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
        note_check(session, study.id, ["T1 brain"], study.last_received_at)
    with reading(engine) as session:
        checked = study_by_uid(session, STUDY_UID)
        assert (checked.waiting_for, checked.checked_at) == (["T1 brain"], study.last_received_at)
        assert checked.status_reason == "Waiting for T1 brain."


def test_check_that_an_image_overtook_is_forgotten(engine: Engine):
    study = received(engine)
    index_instances(engine, [arrival(3)])
    with writing(engine) as session:
        note_check(session, study.id, ["T1 brain"], study.last_received_at)
    with reading(engine) as session:
        checked = study_by_uid(session, STUDY_UID)
        assert (checked.waiting_for, checked.checked_at, checked.status_reason) == (None, None, None)


def test_images_of_a_version_are_those_that_came_for_it_or_before(engine: Engine):
    study = settled_study(engine, images=2)
    index_instances(engine, [arrival(3), arrival(1, series=2)])
    with reading(engine) as session:
        first, second = images_of(session, study, 1), images_of(session, study, 2)
    one, two = f"{STUDY_UID}.1", f"{STUDY_UID}.2"
    assert {uid: found for (_, uid), found in first.items()} == {one: [(MR, f"{one}.1"), (MR, f"{one}.2")]}
    assert {uid: len(found) for (_, uid), found in second.items()} == {one: 3, two: 1}


def again(engine: Engine, study: int, software_version: str = "0.1") -> Again:
    with writing(engine) as session:
        return process_again(
            session,
            study,
            "administrator",
            NOW,
            software_version=software_version,
            destinations_of=lambda _kind: ["one", "new"],
        )


def add_report(engine: Engine, study: int) -> None:
    """A report on version 1, delivered to one destination and to one that is not configured any more."""
    with writing(engine) as session:
        report = Report(
            study_id=study,
            version=1,
            sop_instance_uid="2.25.1",
            sop_class_uid=SR,
            series_instance_uid="2.25.2",
            software_version="0.1",
            created_at=NOW,
        )
        session.add(report)
        session.flush()
        add_deliveries(session, report.id, ["one", "gone"], NOW)
        for delivery in due_deliveries(session, NOW):
            record_attempt(
                session,
                delivery.leader,
                1,
                acknowledged=True,
                outcome="Status 0000",
                retry_after=timedelta(0),
                who="worker 0",
                now=NOW,
            )


def test_what_the_same_software_reported_is_only_delivered_again(engine: Engine):
    study = settled_study(engine, status=StudyStatus.DELIVERED)
    add_report(engine, study)
    assert again(engine, study) is Again.DELIVERED
    assert status(engine) == ("delivering", 1)
    with reading(engine) as session:
        due = {d.destination: d.turn for d in due_deliveries(session, NOW)}
    assert due == {"one": 1, "new": 0}
    assert len(rows(engine, "SELECT 1 FROM report")) == 1
    assert events(engine)[-1][:2] == ("administrator", "study-delivered-again")


def test_what_other_software_reported_becomes_a_new_version(engine: Engine):
    study = settled_study(engine, status=StudyStatus.DELIVERED)
    add_report(engine, study)
    assert again(engine, study, "0.2") is Again.ANALYSED
    assert status(engine) == ("analysing", 2)


def fail(engine: Engine, study: int, version: int) -> bool:
    with writing(engine) as session:
        return fail_version(session, study, version, "An error.", who="worker 0", now=NOW)


def test_only_a_version_under_analysis_fails(engine: Engine):
    study = settled_study(engine, status=StudyStatus.DELIVERED)
    before = events(engine)
    assert not fail(engine, study, 1)
    assert (status(engine), events(engine)) == (("delivered", 1), before)


def test_version_with_a_report_does_not_fail(engine: Engine):
    study = settled_study(engine, status=StudyStatus.ANALYSING)
    assert not fail(engine, study, 2)
    add_report(engine, study)
    assert not fail(engine, study, 1)
    assert status(engine) == ("analysing", 1)


def test_version_under_analysis_fails_with_its_reason(engine: Engine):
    study = settled_study(engine, status=StudyStatus.ANALYSING)
    assert fail(engine, study, 1)
    assert status(engine) == ("failed", 1)
    assert events(engine)[-1] == ("worker 0", "study-failed", "An error.")


def settled(engine: Engine, now: datetime) -> list[int]:
    with reading(engine) as session:
        return [study.run for study in settled_studies(session, now)]


def test_postponed_study_is_due_later_under_another_run(engine: Engine):
    study = settled_study(engine, status=StudyStatus.ANALYSING)
    later = NOW + timedelta(minutes=1)
    with writing(engine) as session:
        start_analysis(session, study, 1, "brain", "0.1", NOW)
        postpone(session, study, 1, later, "The storage is away.", who="worker 0", now=NOW)
    assert settled(engine, NOW) == []
    assert settled(engine, later) == [1]
    assert rows(engine, "SELECT attempts FROM analysis")[0].attempts == 0
    assert events(engine)[-1] == ("worker 0", "study-postponed", "The storage is away.")
    with writing(engine) as session:
        postpone(session, study, 1, later, "Still.", who="worker 0", now=later)
        assert session.get(Study, study).away_since == NOW
    assert again(engine, study) is Again.ANALYSED
    assert settled(engine, NOW) == [3]


def test_processing_again(engine: Engine):
    study = settled_study(engine, status=StudyStatus.FAILED)
    with writing(engine) as session:
        assert start_analysis(session, study, 1, "brain", "0.1", NOW) == 1
        assert start_analysis(session, study, 1, "brain", "0.1", NOW) == 2
    assert again(engine, study) is Again.ANALYSED
    assert status(engine) == ("analysing", 1)
    assert rows(engine, "SELECT run FROM study")[0].run == 1
    assert rows(engine, "SELECT attempts FROM analysis")[0].attempts == 0
    assert events(engine)[-1][:2] == ("administrator", "study-processed-again")


def test_open_version_is_not_processed_again(engine: Engine):
    study = received(engine)
    assert again(engine, study.id) is Again.STILL_RECEIVING
    assert status(engine) == ("receiving", 1)
    assert events(engine) == []


def test_attempts_are_counted_before_they_are_made(engine: Engine):
    study = settled_study(engine)
    for attempt in (1, 2, 3):
        with writing(engine) as session:
            assert start_analysis(session, study, 1, "brain", "0.1", NOW) == attempt
    with writing(engine) as session:
        assert start_analysis(session, study, 2, "brain", "0.1", NOW) == 1


def test_attempt_given_back_is_not_counted(engine: Engine):
    study = settled_study(engine)
    with writing(engine) as session:
        start_analysis(session, study, 1, "brain", "0.1", NOW)
        start_analysis(session, study, 1, "brain", "0.1", NOW)
        give_attempt_back(session, study, 1, "brain")
    with writing(engine) as session:
        assert start_analysis(session, study, 1, "brain", "0.1", NOW) == 2


def test_trail_of_a_study_in_order(engine: Engine):
    settled_study(engine)
    index_instances(engine, [arrival(9, received_at=NOW + timedelta(hours=1))])
    assert [what for _, what, _ in events(engine)] == ["study-settled", "study-reported", "study-reopened"]


def test_what_an_analysis_archived_is_forgotten_when_it_starts_again(engine: Engine):
    study = received(engine).id
    with writing(engine) as session:
        for name in ("spine", "brain"):
            start_analysis(session, study, 1, name, "0.1", NOW)
            finish_analysis(session, study, 1, name, NOW, objects=[{"kind": "seg", "of": name}])
        kept = [("brain", {"kind": "seg", "of": "brain"}), ("spine", {"kind": "seg", "of": "spine"})]
        assert made_objects(session, study, 1) == kept
        start_analysis(session, study, 1, "brain", "0.1", NOW)
        assert made_objects(session, study, 1) == kept[1:]


def test_objects_stand_beside_the_one_structured_report_of_a_version(engine: Engine):
    study = received(engine).id
    add_report(engine, study)

    def others():
        return [
            Report(
                kind=ObjectKind.SEG, sop_instance_uid=f"1.9.{n}", sop_class_uid="1", series_instance_uid="2"
            )
            for n in range(2)
        ]

    with writing(engine) as session:
        report = latest_report(session, study)
        for _ in range(2):
            add_objects(session, report, others())
            session.flush()
        together = objects_of(session, report)
        assert [one.kind for one in together] == ["sr", "seg", "seg"]
        assert {(one.version, one.software_version) for one in together} == {(1, report.software_version)}
        assert latest_report(session, study).id == report.id
    another = Report(kind=ObjectKind.SR, sop_instance_uid="1.8", sop_class_uid="1", series_instance_uid="2")
    with pytest.raises(IntegrityError), writing(engine) as session:
        add_objects(session, report, [another])
