"""What an administrator's tools read: the views' columns and rows."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, inspect

from db.deliveries import add_deliveries, record_attempt
from db.engine import make_engine, migrate, writing
from db.findings import replace_findings
from db.index import index_instances, record_event
from db.lifecycle import finish_analysis, replace_stacks, start_analysis
from db.models import Report, Stack
from tests.db.arrivals import NOW, SR, arrival, rows, settled_study
from tests.db.results import LEFT, RIGHT, findings
from tests.images import STUDY_UID
from tests.peers import PostgreSQL

COLUMNS = {
    "v_studies": {
        "study_instance_uid", "status", "status_reason", "version", "complete", "patient_id", "patient_name",
        "accession_number", "study_date", "study_description", "first_received_at", "last_received_at",
        "settled_at", "series", "instances", "signs_present", "signs_evaluable", "reported_at",
        "normal_since", "normal_note",
    },
    "v_series": {
        "study_instance_uid", "series_instance_uid", "modality", "series_number", "series_description",
        "instances", "version", "stack", "images", "contrast", "body_part", "plane", "confidence", "evidence",
        "analysis", "decision",
    },
    "v_findings": {
        "study_instance_uid", "sign", "region", "side", "state", "confidence", "ratio", "z_score", "reasons",
        "software_version", "measured_at", "norm",
    },
    "v_profiles": {"study_instance_uid", "version", "sign", "profiles"},
    "v_pictures": {"study_instance_uid", "version", "analysis", "position", "sign", "title", "png"},
    "v_norms": {
        "version", "created_at", "who", "software_version", "studies", "withdrawn_at", "withdrawn_by",
    },
    "v_deliveries": {
        "study_instance_uid", "version", "sop_instance_uid", "sop_class_uid", "series_instance_uid",
        "software_version", "created_at", "destination", "status", "attempts", "next_attempt_at",
        "last_outcome", "delivered_at", "kind", "description",
    },
    "v_objects": {
        "study_instance_uid", "version", "kind", "analysis", "source_series_uid", "description",
        "sop_class_uid", "sop_instance_uid", "series_instance_uid", "software_version", "created_at",
    },
    "v_daily": {
        "day", "studies", "instances", "bytes", "reports", "deliveries", "failed_analyses",
        "refused_instances",
    },
}  # fmt: skip


def analysed(engine: Engine, version: int = 1, found=None) -> int:
    study = settled_study(engine) if version == 1 else rows(engine, "SELECT id FROM study")[0].id
    with writing(engine) as session:
        start_analysis(session, study, version, "brain", "0.1", NOW)
        replace_findings(
            session,
            study,
            version,
            findings() if found is None else found,
            analysis="brain",
            software_version="0.1",
            now=NOW,
        )
        finish_analysis(session, study, version, "brain", NOW)
    return study


def add_report(engine: Engine, study: int, destinations: tuple[str, ...], version: int = 1) -> int:
    with writing(engine) as session:
        report = Report(
            study_id=study,
            version=version,
            sop_instance_uid=f"2.25.{version}",
            sop_class_uid=SR,
            series_instance_uid="2.25.2",
            software_version="0.1",
            created_at=NOW,
        )
        session.add(report)
        session.flush()
        add_deliveries(session, report.id, destinations, NOW)
        return report.id


@pytest.mark.parametrize("view", COLUMNS)
def test_columns_of_the_contract_are_there(engine: Engine, view: str):
    have = {column["name"] for column in inspect(engine).get_columns(view)}
    assert COLUMNS[view] <= have


def test_finding_rows_are_sign_by_region_by_side(engine: Engine):
    analysed(engine)
    found = rows(engine, "SELECT * FROM v_findings ORDER BY sign, region, side")
    keys = [(r.sign, r.region, r.side) for r in found]
    assert keys == [
        ("cord_atrophy", "C3", None),
        ("cst_flair", None, None),
        ("cst_t1", "corona_radiata", LEFT),
        ("cst_t1", "corona_radiata", RIGHT),
        ("cst_t1", "subcortical", LEFT),
        ("cst_t1", "subcortical", RIGHT),
        ("motor_band", None, None),
    ]
    tract = {(r.region, r.side): r for r in found if r.sign == "cst_t1"}
    assert tract["subcortical", LEFT].ratio == pytest.approx(1.08)
    assert tract["corona_radiata", RIGHT].z_score == pytest.approx(2.2)
    assert {(r.state, r.confidence) for r in tract.values()} == {("present", "high")}
    flair, band = found[1], found[-1]
    assert (flair.ratio, flair.z_score) == (None, None)
    assert [reason["key"] for reason in json.loads(flair.reasons)] == ["plic-only", "low-snr"]
    assert (band.state, json.loads(band.reasons)[0]["key"]) == ("not_evaluated", "missing-series")
    assert {r.study_instance_uid for r in found} == {STUDY_UID}


def test_norm_and_profile_of_a_finding_are_shown(engine: Engine):
    analysed(engine)
    found = rows(engine, "SELECT DISTINCT sign, norm FROM v_findings WHERE norm <> ''")
    assert [tuple(r) for r in found] == [("cst_t1", "shipped default, T1, n = 5")]
    [profile] = rows(engine, "SELECT * FROM v_profiles")
    assert profile.sign == "cst_t1"
    assert [side["ratio"] for side in json.loads(profile.profiles)] == [[1.02, None], [1.03, 1.04]]


def test_findings_are_the_newest_version_s(engine: Engine):
    analysed(engine)
    index_instances(engine, [arrival(50)])
    assert len(rows(engine, "SELECT * FROM v_findings")) == 7
    analysed(engine, version=2, found=[f for f in findings() if f.sign == "cst_flair"])
    assert [r.sign for r in rows(engine, "SELECT * FROM v_findings")] == ["cst_flair"]
    [study] = rows(engine, "SELECT signs_present, signs_evaluable FROM v_studies")
    assert tuple(study) == (0, 0)


def test_findings_are_those_reported_until_a_newer_version_is(engine: Engine):
    study = analysed(engine)
    add_report(engine, study, ())
    index_instances(engine, [arrival(50)])
    analysed(engine, version=2, found=[f for f in findings() if f.sign == "cst_flair"])
    assert len(rows(engine, "SELECT * FROM v_findings")) == 7
    assert {r.version for r in rows(engine, "SELECT version FROM v_measurements")} == {1}
    assert rows(engine, "SELECT signs_present FROM v_studies")[0].signs_present == 1
    add_report(engine, study, (), version=2)
    assert [r.sign for r in rows(engine, "SELECT * FROM v_findings")] == ["cst_flair"]
    assert rows(engine, "SELECT signs_present FROM v_studies")[0].signs_present == 0


def test_study_row_counts_signs_and_images(engine: Engine):
    study = analysed(engine)
    add_report(engine, study, ())
    [row] = rows(engine, "SELECT * FROM v_studies")
    assert (row.series, row.instances, row.signs_present, row.signs_evaluable) == (1, 2, 1, 2)
    assert row.complete in (True, 1)
    assert row.reported_at is not None


def test_series_rows_have_the_newest_decision_of_each_stack(engine: Engine):
    study = settled_study(engine)
    index_instances(engine, [arrival(1, series=2, opens_version=False)])
    [first, _] = rows(engine, "SELECT id FROM series ORDER BY id")

    def stack(version: int, number: int, decision: str) -> Stack:
        return Stack(
            series_id=first.id,
            version=version,
            number=number,
            images=2,
            contrast="T1",
            body_part="brain",
            plane="axial",
            confidence=0.9,
            evidence=["TE 4 ms"],
            analysis="brain",
            decision=decision,
        )

    for version in (1, 2):
        with writing(engine) as session:
            stacks = [stack(version, number, f"version {version}") for number in range(2)]
            replace_stacks(session, study, version, stacks)
    found = rows(engine, "SELECT * FROM v_series ORDER BY series_instance_uid, stack")
    assert [(r.series_number, r.stack, r.decision, r.instances) for r in found] == [
        ("1", 0, "version 2", 2),
        ("1", 1, "version 2", 2),
        ("2", None, None, 1),
    ]


def test_delivery_rows_are_report_by_destination(engine: Engine):
    study = analysed(engine)
    add_report(engine, study, ("one", "two"))
    [first] = rows(engine, "SELECT id FROM delivery WHERE destination = 'one'")
    with writing(engine) as session:
        record_attempt(
            session,
            first.id,
            1,
            acknowledged=True,
            outcome="Status 0000",
            retry_after=timedelta(0),
            who="worker 0",
            now=NOW,
        )
    found = rows(engine, "SELECT * FROM v_deliveries ORDER BY destination")
    assert [(r.destination, r.status, r.attempts, r.last_outcome) for r in found] == [
        ("one", "delivered", 1, "Status 0000"),
        ("two", "waiting", 0, None),
    ]


def test_report_without_destination_has_a_row_too(engine: Engine):
    add_report(engine, analysed(engine), ())
    [row] = rows(engine, "SELECT sop_instance_uid, destination, status FROM v_deliveries")
    assert tuple(row) == ("2.25.1", None, None)


def test_days_count_what_happened_on_them(engine: Engine):
    """Days are UTC days; an event alone is enough for a day to have a row."""
    late, next_day = NOW.replace(hour=23, minute=59), NOW.replace(hour=0, minute=1) + timedelta(days=1)
    index_instances(engine, [arrival(1, received_at=late), arrival(2, received_at=next_day)])
    index_instances(engine, [arrival(1, study="1.2.3", received_at=next_day)])
    with writing(engine) as session:
        for what in ("instance-refused", "instance-quarantined", "study-routed"):
            record_event(session, at=next_day + timedelta(days=1), who="X", what=what)
    found = rows(engine, "SELECT * FROM v_daily ORDER BY day")
    assert [(r.studies, r.instances, r.bytes, r.refused_instances) for r in found] == [
        (1, 1, 1000, 0),
        (1, 2, 2000, 0),
        (0, 0, 0, 2),
    ]
    days = [datetime.fromisoformat(str(r.day)).date() for r in found]
    assert days == [NOW.date() + timedelta(days=n) for n in range(3)]


def test_days_do_not_depend_on_the_reader_s_time_zone(postgresql: PostgreSQL):
    url = postgresql.database()
    engine = make_engine(url)
    migrate(engine)
    index_instances(engine, [arrival(1, received_at=NOW.replace(hour=23, minute=30))])
    elsewhere = create_engine(url, connect_args={"options": "-c timezone=Pacific/Kiritimati"})
    [row] = rows(elsewhere, "SELECT * FROM v_daily")
    assert str(row.day)[:10] == NOW.date().isoformat()
    engine.dispose()
    elsewhere.dispose()
