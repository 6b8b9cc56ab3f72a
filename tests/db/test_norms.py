"""Studies that are marked as normal, what was found in them, and the versions of what was learnt."""

from datetime import timedelta

from sqlalchemy import Engine

from db.engine import reading, writing
from db.findings import replace_findings
from db.index import index_instances
from db.lifecycle import finish_analysis, norms_behind, start_analysis, study_by_uid
from db.models import Report
from db.norms import (
    add_norms,
    mark_normal,
    normal_findings,
    normal_studies,
    norms_in_use,
    unmark_normal,
    withdraw_norms,
)
from db.retries import Again, process_again
from processors.findings import Sign
from tests.db.arrivals import NOW, SR, arrival, rows, settled_study
from tests.db.results import findings
from tests.images import STUDY_UID

PROTOCOL = {"family": "T1 spin echo", "field_strength": 1.5, "manufacturer": "Siemens"}


def learn(engine: Engine, minutes: int = 0, **document) -> int:
    with writing(engine) as session:
        return add_norms(
            session,
            document,
            {"left out": {}},
            studies=7,
            software_version="0.1",
            who="administrator",
            now=NOW + timedelta(minutes=minutes),
        ).id


def in_use(engine: Engine):
    with reading(engine) as session:
        return norms_in_use(session)


def measure(engine: Engine, study: int, version: int = 1) -> None:
    with writing(engine) as session:
        start_analysis(session, study, version, "brain", "0.1", NOW)
        replace_findings(
            session,
            study,
            version,
            findings(),
            analysis="brain",
            software_version="0.1",
            now=NOW,
            protocols={Sign.CST_T1: PROTOCOL},
        )
        finish_analysis(session, study, version, "brain", NOW)


def test_the_newest_that_was_not_withdrawn_is_in_use(engine: Engine):
    assert in_use(engine) is None
    first, second = learn(engine, site=[1]), learn(engine, 1, site=[2])
    assert (in_use(engine).id, in_use(engine).document) == (second, {"site": [2]})
    with writing(engine) as session:
        assert withdraw_norms(session, who="administrator", now=NOW).id == second
    assert in_use(engine).id == first
    with writing(engine) as session:
        assert withdraw_norms(session, who="administrator", now=NOW).id == first
        assert withdraw_norms(session, who="administrator", now=NOW) is None
    assert in_use(engine) is None
    shown = rows(engine, "SELECT version, studies, withdrawn_by FROM v_norms ORDER BY version")
    assert [tuple(r) for r in shown] == [(first, 7, "administrator"), (second, 7, "administrator")]
    events = [r.what for r in rows(engine, "SELECT what FROM event WHERE what LIKE 'norms-%' ORDER BY id")]
    assert events == ["norms-learnt"] * 2 + ["norms-withdrawn"] * 2


def test_what_is_learnt_after_a_withdrawal_is_in_use(engine: Engine):
    learn(engine)
    with writing(engine) as session:
        withdraw_norms(session, who="administrator", now=NOW)
    later = learn(engine, 2)
    assert in_use(engine).id == later


def test_a_study_is_marked_once_and_unmarked(engine: Engine):
    study = settled_study(engine)
    with writing(engine) as session:
        assert mark_normal(session, study, "volunteer", who="administrator", now=NOW)
        assert not mark_normal(session, study, None, who="administrator", now=NOW)
    [shown] = rows(engine, "SELECT normal_since, normal_note FROM v_studies")
    assert shown.normal_since is not None
    assert shown.normal_note == "volunteer"
    with reading(engine) as session:
        [(marked, mark)] = normal_studies(session)
        assert (marked.study_instance_uid, mark.note, mark.marked_at) == (STUDY_UID, "volunteer", NOW)
    with writing(engine) as session:
        assert unmark_normal(session, study, who="administrator", now=NOW)
        assert not unmark_normal(session, study, who="administrator", now=NOW)
    assert rows(engine, "SELECT * FROM normal_study") == []
    assert len(rows(engine, "SELECT * FROM v_studies WHERE normal_since IS NULL")) == 1


def test_findings_of_normal_studies_have_protocol_and_pseudonym(engine: Engine):
    study = settled_study(engine)
    measure(engine, study)
    with reading(engine) as session:
        assert normal_findings(session) == ()
    with writing(engine) as session:
        mark_normal(session, study, None, who="administrator", now=NOW)
    with reading(engine) as session:
        found = normal_findings(session)
    assert tuple(one.finding for one in found) == findings()
    assert {one.finding.sign: one.protocol for one in found}[Sign.CST_T1] == PROTOCOL
    assert {one.protocol is None for one in found if one.finding.sign is not Sign.CST_T1} == {True}
    assert len({one.person for one in found}) == 1
    assert "PID" not in found[0].person


def test_two_studies_of_a_patient_are_one_person(engine: Engine):
    patients = {"2.25.71": "PID 1", "2.25.72": "PID 1 ", "2.25.73": "PID 2", "2.25.74": None, "2.25.75": " "}
    for uid, patient in patients.items():
        index_instances(engine, [arrival(study=uid, study_attributes={"patient_id": patient})])
        with writing(engine) as session:
            study = study_by_uid(session, uid).id
            mark_normal(session, study, None, who="administrator", now=NOW)
        measure(engine, study)
    with reading(engine) as session:
        people = {one.study_instance_uid: one.person for one in normal_findings(session)}
    assert people["2.25.71"] == people["2.25.72"]
    assert len(set(people.values())) == 4


def test_of_a_study_the_reported_findings_count(engine: Engine):
    study = settled_study(engine)
    measure(engine, study)
    with writing(engine) as session:
        mark_normal(session, study, None, who="administrator", now=NOW)
        session.add(report(study, None))
        replace_findings(session, study, 2, findings()[:1], analysis="brain", software_version="0.1", now=NOW)
    with reading(engine) as session:
        assert len(normal_findings(session)) == len(findings())


def report(study: int, norms_version: int | None) -> Report:
    return Report(
        study_id=study,
        version=1,
        sop_instance_uid="2.25.1",
        sop_class_uid=SR,
        series_instance_uid="2.25.2",
        software_version="0.1",
        created_at=NOW,
        norms_version=norms_version,
    )


def again(engine: Engine, study: int, norms_version: int | None) -> Again:
    with writing(engine) as session:
        return process_again(
            session,
            study,
            "administrator",
            NOW,
            software_version="0.1",
            destinations_of=lambda _kind: [],
            norms_version=norms_version,
        )


def test_other_norms_make_another_report(engine: Engine):
    """The same norms give the same report, which is only delivered again."""
    study = settled_study(engine)
    with writing(engine) as session:
        session.add(report(study, 3))
    assert again(engine, study, 3) is Again.DELIVERED
    assert again(engine, study, 4) is Again.ANALYSED
    assert rows(engine, "SELECT version FROM study")[0].version == 2


def test_norms_taken_back_make_another_report(engine: Engine):
    study = settled_study(engine)
    with writing(engine) as session:
        session.add(report(study, 3))
    assert again(engine, study, None) is Again.ANALYSED


def test_the_norms_behind_a_version_are_its_analyses_own(engine: Engine):
    study = settled_study(engine)
    with writing(engine) as session:
        start_analysis(session, study, 1, "brain", "0.1", NOW, 3)
        start_analysis(session, study, 1, "spine", "0.1", NOW)
        start_analysis(session, study, 2, "brain", "0.1", NOW, 4)
    with reading(engine) as session:
        assert [norms_behind(session, study, version) for version in (1, 2, 3)] == [3, 4, None]
