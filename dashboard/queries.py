"""What the pages show, read from the views; every statement is valid on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Row, text

from db.models import DeliveryStatus, StudyStatus, UTCDateTime

PAGE = 50
"""Studies on one page."""
NEWEST = 20
"""Lines in the lists of what failed and what waits."""
_DAYS = 14
_UTC = UTCDateTime()
_JSON = JSON()

Rows = Sequence[Row[Any]]


@contextmanager
def reading_only(engine: Engine) -> Iterator[Connection]:
    """One look at the database, in which it refuses every change."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection
            return
        connection.exec_driver_sql("PRAGMA query_only=ON")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("PRAGMA query_only=OFF")


def answers(connection: Connection) -> bool:
    """Whether the views are there and can be read."""
    statement = text("SELECT COUNT(*) FROM (SELECT 1 AS one FROM v_studies LIMIT 1) AS any_study")
    return connection.scalar(statement) is not None


def studies_by_status(connection: Connection) -> dict[str, int]:
    """How many studies stand where; every status is there."""
    rows = connection.execute(text("SELECT status, COUNT(*) AS studies FROM v_studies GROUP BY status"))
    counted = {row.status: row.studies for row in rows}
    return {status.value: counted.get(status.value, 0) for status in StudyStatus}


def waiting_deliveries(connection: Connection) -> int:
    """How many objects are still to be delivered, or were not committed to, where that is required."""
    statement = text("SELECT COUNT(*) FROM v_deliveries WHERE status IN (:waiting, :acknowledged)")
    values = {"waiting": DeliveryStatus.WAITING, "acknowledged": DeliveryStatus.ACKNOWLEDGED}
    return int(connection.scalar(statement, values) or 0)


def newest_studies(connection: Connection, status: StudyStatus | None, page: int) -> Rows:
    """One page of studies, counted from 1, the one that last received an image first."""
    statement = text(
        "SELECT study_instance_uid, status, status_reason, version, complete, patient_id, patient_name,"
        " study_date, study_description, series, instances, signs_present, signs_evaluable, last_received_at"
        " FROM v_studies WHERE (:status = '' OR status = :status)"
        " ORDER BY last_received_at DESC, study_instance_uid LIMIT :limit OFFSET :offset"
    ).columns(last_received_at=_UTC)
    values = {"status": status or "", "limit": PAGE, "offset": (page - 1) * PAGE}
    return connection.execute(statement, values).all()


def failures(connection: Connection) -> Rows:
    """What failed, of each kind the newest, the newest first.

    Studies that stand as failed, failed analyses of the studies' current versions, and instances that were
    refused or quarantined; all with the columns study_instance_uid, at, what, name, why and details.
    """
    of_studies = (
        "SELECT study_instance_uid, settled_at AS at, 'study-failed' AS what, '' AS name,"
        " status_reason AS why, NULL AS details"
        " FROM v_studies WHERE status = 'failed' ORDER BY settled_at DESC, study_instance_uid LIMIT :limit"
    )
    of_analyses = (
        "SELECT v_analyses.study_instance_uid, v_analyses.started_at AS at, 'analysis-failed' AS what,"
        " v_analyses.name, v_analyses.error AS why, NULL AS details FROM v_analyses JOIN v_studies"
        " ON v_studies.study_instance_uid = v_analyses.study_instance_uid"
        " AND v_studies.version = v_analyses.version WHERE v_analyses.status = 'failed'"
        " ORDER BY v_analyses.started_at DESC, v_analyses.study_instance_uid LIMIT :limit"
    )
    of_instances = (
        "SELECT study_instance_uid, at, what, '' AS name, why, details FROM v_events"
        " WHERE what IN ('instance-refused', 'instance-quarantined') ORDER BY number DESC LIMIT :limit"
    )
    rows = [
        row
        for statement in (of_studies, of_analyses, of_instances)
        for row in connection.execute(text(statement).columns(at=_UTC, details=_JSON), {"limit": NEWEST})
    ]
    return sorted(rows, key=lambda row: (row.at is not None, row.at), reverse=True)


def unsettled_studies(connection: Connection) -> Rows:
    """The studies that wait for images, the longest waiting first."""
    statement = text(
        "SELECT study_instance_uid, status_reason, last_received_at FROM v_studies WHERE status = :receiving"
        " ORDER BY last_received_at, study_instance_uid LIMIT :limit"
    ).columns(last_received_at=_UTC)
    return connection.execute(statement, {"receiving": StudyStatus.RECEIVING, "limit": NEWEST}).all()


def analysing_studies(connection: Connection) -> Rows:
    """The studies that are analysed or wait for a worker, with an analysis that runs, if one does."""
    statement = text(
        "SELECT v_studies.study_instance_uid, v_studies.settled_at, v_analyses.name, v_analyses.attempts,"
        " v_analyses.started_at FROM v_studies LEFT JOIN v_analyses"
        " ON v_analyses.study_instance_uid = v_studies.study_instance_uid"
        " AND v_analyses.version = v_studies.version AND v_analyses.status = 'running'"
        " WHERE v_studies.status = :analysing"
        " ORDER BY v_studies.settled_at, v_studies.study_instance_uid LIMIT :limit"
    ).columns(settled_at=_UTC, started_at=_UTC)
    return connection.execute(statement, {"analysing": StudyStatus.ANALYSING, "limit": NEWEST}).all()


def unacknowledged_deliveries(connection: Connection) -> Rows:
    """The deliveries that wait, or that a destination refuses, the oldest object first."""
    statement = text(
        "SELECT study_instance_uid, sop_class_uid, destination, status, attempts, next_attempt_at,"
        " last_outcome, commitment, created_at FROM v_deliveries WHERE status <> :delivered"
        " ORDER BY created_at, sop_instance_uid, destination LIMIT :limit"
    ).columns(created_at=_UTC, next_attempt_at=_UTC)
    return connection.execute(statement, {"delivered": DeliveryStatus.DELIVERED, "limit": NEWEST}).all()


def last_days(connection: Connection, today: date) -> dict[date, Row[Any] | None]:
    """The last fourteen days up to today, each with its row of ``v_daily`` where anything happened."""
    first = today - timedelta(days=_DAYS - 1)
    statement = text(
        "SELECT CAST(day AS VARCHAR) AS day, studies, reports, failed_analyses, refused_instances"
        " FROM v_daily WHERE CAST(day AS VARCHAR) >= :first"
    )
    rows = {date.fromisoformat(row.day): row for row in connection.execute(statement, {"first": str(first)})}
    return {day: rows.get(day) for day in (first + timedelta(days=n) for n in range(_DAYS))}


def study(connection: Connection, uid: str) -> Row[Any] | None:
    """The study of this UID."""
    statement = text("SELECT * FROM v_studies WHERE study_instance_uid = :uid").columns(
        first_received_at=_UTC,
        last_received_at=_UTC,
        settled_at=_UTC,
        reported_at=_UTC,
        normal_since=_UTC,
    )
    return connection.execute(statement, {"uid": uid}).one_or_none()


def series_of(connection: Connection, uid: str) -> Rows:
    """The stacks of every series, in the order of the series numbers."""
    statement = text("SELECT * FROM v_series WHERE study_instance_uid = :uid").columns(evidence=_JSON)
    return sorted(connection.execute(statement, {"uid": uid}), key=_series_order)


def _series_order(row: Row[Any]) -> tuple[float, str, int]:
    number = row.series_number or ""
    counted = number.isascii() and number.isdigit() and len(number) <= 12
    return (int(number) if counted else float("inf"), row.series_instance_uid, row.stack or 0)


def analyses_of(connection: Connection, uid: str) -> Rows:
    """Every analysis that was run, in the order of their starts."""
    statement = text(
        "SELECT * FROM v_analyses WHERE study_instance_uid = :uid ORDER BY started_at, name"
    ).columns(started_at=_UTC, finished_at=_UTC)
    return connection.execute(statement, {"uid": uid}).all()


def findings_of(connection: Connection, uid: str) -> list[dict[str, Any]]:
    """The newest finding of each sign, without its regions."""
    statement = text(
        "SELECT DISTINCT sign, state, confidence, reasons, measured_at, software_version, algorithm_name,"
        " algorithm_version, version, norm FROM v_findings WHERE study_instance_uid = :uid ORDER BY sign"
    ).columns(measured_at=_UTC)
    rows = connection.execute(statement, {"uid": uid}).mappings()
    return [{**row, "reasons": json.loads(row["reasons"])} for row in rows]


def profiles_of(connection: Connection, uid: str) -> dict[str, list[dict[str, Any]]]:
    """The signal along the tract of each sign that has it, side by side."""
    statement = text("SELECT sign, profiles FROM v_profiles WHERE study_instance_uid = :uid")
    return {row.sign: json.loads(row.profiles) for row in connection.execute(statement, {"uid": uid})}


def pictures_of(connection: Connection, uid: str) -> Rows:
    """What pictures there are of what was found, the overviews first; without the pictures themselves."""
    statement = text(
        "SELECT version, analysis, position, sign, title FROM v_pictures WHERE study_instance_uid = :uid"
        " ORDER BY CASE WHEN sign IS NULL THEN 0 ELSE 1 END, analysis, position"
    )
    return connection.execute(statement, {"uid": uid}).all()


def picture(connection: Connection, uid: str, analysis: str, position: int) -> bytes | None:
    """One picture, as a PNG file."""
    statement = text(
        "SELECT png FROM v_pictures"
        " WHERE study_instance_uid = :uid AND analysis = :analysis AND position = :position"
    )
    found = connection.scalar(statement, {"uid": uid, "analysis": analysis, "position": position})
    return None if found is None else bytes(found)


def measurements_of(connection: Connection, uid: str) -> Rows:
    """Every number of the newest findings, sign by sign and region by region."""
    statement = text(
        "SELECT sign, position, region, side, quantity, value, unit FROM v_measurements"
        " WHERE study_instance_uid = :uid ORDER BY sign, position, quantity"
    )
    return connection.execute(statement, {"uid": uid}).all()


def deliveries_of(connection: Connection, uid: str) -> Rows:
    """Every report with each of its deliveries, the newest version first."""
    statement = text(
        "SELECT * FROM v_deliveries WHERE study_instance_uid = :uid"
        " ORDER BY version DESC, created_at, sop_class_uid, destination"
    ).columns(
        created_at=_UTC,
        next_attempt_at=_UTC,
        delivered_at=_UTC,
        commitment_due_at=_UTC,
        committed_at=_UTC,
    )
    return connection.execute(statement, {"uid": uid}).all()


def events_of(connection: Connection, uid: str) -> Rows:
    """The events, in their order."""
    statement = text(
        "SELECT at, who, what, why, details FROM v_events WHERE study_instance_uid = :uid ORDER BY number"
    ).columns(at=_UTC, details=_JSON)
    return connection.execute(statement, {"uid": uid}).all()
