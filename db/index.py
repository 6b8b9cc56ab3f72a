"""The index of received instances: which are new, which are repeats, which contradict what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.engine import writing
from db.models import Event, Instance, Report, Series, Study, StudyStatus

STUDY: Table = Study.__table__  # type: ignore[assignment]
SERIES: Table = Series.__table__  # type: ignore[assignment]
INSTANCE: Table = Instance.__table__  # type: ignore[assignment]
EVENT: Table = Event.__table__  # type: ignore[assignment]


class Indexed(StrEnum):
    """What the index says of an instance."""

    NEW = "new"
    REPEATED = "repeated"
    CONFLICTING = "conflicting"
    OWN = "own"
    """One of our own reports, come back from a destination."""


@dataclass(frozen=True, slots=True)
class ReceivedInstance:
    """One instance that the archive has on disk.

    Attributes
    ----------
    opens_version
        Whether it is an image that a finished study must be analysed again for.
    study_attributes, series_attributes
        Columns of :class:`db.models.Study` and :class:`db.models.Series` as this instance describes them;
        used only by the first instance of each.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    sha256: str
    size_bytes: int
    calling_ae: str | None
    received_at: datetime
    opens_version: bool
    study_attributes: Mapping[str, str | None] = field(default_factory=dict)
    series_attributes: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _StudyRow:
    id: int
    status: str
    version: int


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401
    """An INSERT for this database that leaves rows alone which are there already."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return build(table).on_conflict_do_nothing()


def index_instances(engine: Engine, instances: Sequence[ReceivedInstance]) -> list[Indexed]:
    """Record instances in one transaction.

    Parameters
    ----------
    instances
        In the order of their arrival. Two of one SOP Instance UID are judged one after the other.

    Returns
    -------
    list of Indexed
        One per instance, in the same order.
    """
    with writing(engine) as session:
        connection = session.connection()
        studies = _studies(connection, instances)
        series = _series(connection, studies, instances)
        known = _known(connection, (i.sop_instance_uid for i in instances))
        own = _own(connection, instances)
        answers: list[Indexed] = []
        rows: list[dict[str, Any]] = []
        opening: dict[str, datetime] = {}
        latest: dict[str, datetime] = {}
        for instance in instances:
            study = studies[instance.study_instance_uid]
            series_id = series[study.id, instance.series_instance_uid]
            identity = (series_id, instance.sha256, instance.transfer_syntax_uid)
            if instance.sop_instance_uid in own:
                answers.append(Indexed.OWN)
                continue
            if instance.sop_instance_uid in known:
                same = known[instance.sop_instance_uid] == identity
                answers.append(Indexed.REPEATED if same else Indexed.CONFLICTING)
                continue
            known[instance.sop_instance_uid] = identity
            answers.append(Indexed.NEW)
            reopens = instance.opens_version and study.status != StudyStatus.RECEIVING
            if reopens:
                opening.setdefault(instance.study_instance_uid, instance.received_at)
            latest[instance.study_instance_uid] = instance.received_at
            rows.append(_instance_row(instance, series_id, study.version + reopens))
        if rows:
            connection.execute(insert(INSTANCE), rows)
        _touch(connection, studies, opening, latest)
    return answers


def _instance_row(instance: ReceivedInstance, series_id: int, version: int) -> dict[str, Any]:
    return {
        "series_id": series_id,
        "sop_instance_uid": instance.sop_instance_uid,
        "sop_class_uid": instance.sop_class_uid,
        "transfer_syntax_uid": instance.transfer_syntax_uid,
        "sha256": instance.sha256,
        "size_bytes": instance.size_bytes,
        "version": version,
        "calling_ae": instance.calling_ae,
        "received_at": instance.received_at,
    }


def _studies(connection: Connection, instances: Sequence[ReceivedInstance]) -> dict[str, _StudyRow]:
    """The study rows of these instances, locked against other writers; missing ones are made."""
    by_uid = {i.study_instance_uid: i for i in reversed(instances)}
    find = (
        select(STUDY.c.study_instance_uid, STUDY.c.id, STUDY.c.status, STUDY.c.version)
        .where(STUDY.c.study_instance_uid.in_(by_uid))
        .order_by(STUDY.c.id)
        .with_for_update()
    )
    found = {uid: _StudyRow(*rest) for uid, *rest in connection.execute(find)}
    missing = [i for uid, i in sorted(by_uid.items()) if uid not in found]
    if not missing:
        return found
    connection.execute(
        insert_new(connection, STUDY),
        [
            {
                "study_instance_uid": i.study_instance_uid,
                "status": StudyStatus.RECEIVING,
                "version": 1,
                "run": 0,
                "first_received_at": i.received_at,
                "opened_at": i.received_at,
                "last_received_at": i.received_at,
                **{name: i.study_attributes.get(name) for name in _STUDY_ATTRIBUTES},
            }
            for i in missing
        ],
    )
    return {uid: _StudyRow(*rest) for uid, *rest in connection.execute(find)}


_STUDY_ATTRIBUTES = ("patient_id", "patient_name", "accession_number", "study_date", "study_description")
_SERIES_ATTRIBUTES = ("modality", "series_number", "series_description")


def _series(
    connection: Connection, studies: Mapping[str, _StudyRow], instances: Sequence[ReceivedInstance]
) -> dict[tuple[int, str], int]:
    """Row ids by study row and Series Instance UID; missing ones are made."""
    wanted = {(studies[i.study_instance_uid].id, i.series_instance_uid): i for i in reversed(instances)}
    find = select(SERIES.c.study_id, SERIES.c.series_instance_uid, SERIES.c.id).where(
        SERIES.c.series_instance_uid.in_({uid for _, uid in wanted})
    )
    found = {(study_id, uid): row for study_id, uid, row in connection.execute(find)}
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    connection.execute(
        insert_new(connection, SERIES),
        [
            {
                "study_id": study_id,
                "series_instance_uid": uid,
                **{name: wanted[study_id, uid].series_attributes.get(name) for name in _SERIES_ATTRIBUTES},
            }
            for study_id, uid in missing
        ],
    )
    return {(study_id, uid): row for study_id, uid, row in connection.execute(find)}


def _known(connection: Connection, uids: Iterable[str]) -> dict[str, tuple[int, str, str]]:
    """What is recorded under these SOP Instance UIDs: series row, digest, transfer syntax."""
    find = select(
        INSTANCE.c.sop_instance_uid, INSTANCE.c.series_id, INSTANCE.c.sha256, INSTANCE.c.transfer_syntax_uid
    ).where(INSTANCE.c.sop_instance_uid.in_(set(uids)))
    return {uid: (series_id, digest, syntax) for uid, series_id, digest, syntax in connection.execute(find)}


def _own(connection: Connection, instances: Sequence[ReceivedInstance]) -> set[str]:
    """Those of these instances, other than images, that we made ourselves."""
    uids = {i.sop_instance_uid for i in instances if not i.opens_version}
    if not uids:
        return set()
    return set(connection.scalars(select(Report.sop_instance_uid).where(Report.sop_instance_uid.in_(uids))))


def _touch(
    connection: Connection,
    studies: Mapping[str, _StudyRow],
    opening: Mapping[str, datetime],
    latest: Mapping[str, datetime],
) -> None:
    """Note the arrival on the study rows; open a new version where a finished study got an image."""
    if latest:
        connection.execute(
            update(STUDY).where(STUDY.c.id == bindparam("row")).values(last_received_at=bindparam("at")),
            [{"row": studies[uid].id, "at": at} for uid, at in sorted(latest.items())],
        )
    for uid, at in opening.items():
        study = studies[uid]
        connection.execute(
            update(STUDY)
            .where(STUDY.c.id == study.id)
            .values(
                status=StudyStatus.RECEIVING,
                version=study.version + 1,
                opened_at=at,
                settled_at=None,
                complete=None,
                status_reason=None,
                checked_at=None,
                waiting_for=None,
                run=0,
            )
        )
        connection.execute(
            insert(EVENT).values(
                study_id=study.id,
                at=at,
                who="listener",
                what="study-reopened",
                why="An image came after the study had settled.",
                details={"version": study.version + 1},
            )
        )


def record_event(
    session: Session,
    *,
    at: datetime,
    who: str,
    what: str,
    why: str | None = None,
    study_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Add to the audit trail; ``details`` must not hold patient data."""
    session.add(Event(study_id=study_id, at=at, who=who, what=what, why=why, details=dict(details or {})))
