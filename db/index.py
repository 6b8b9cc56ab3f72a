"""The index of received instances: which are new, which are repeats, which contradict what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, bindparam, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.engine import writing
from db.models import Event, Instance, Report, Series, Study, StudyStatus, UTCDateTime

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
    """A study, and the row ids of those of its series that were asked for, by Series Instance UID."""

    id: int
    status: str
    version: int
    series: dict[str, int] = field(default_factory=dict)

    def version_for(self, instance: ReceivedInstance) -> int:
        """The version that an instance belongs to."""
        return self.version + (instance.opens_version and self.status != StudyStatus.RECEIVING)


_STUDY_ATTRIBUTES = ("patient_id", "patient_name", "accession_number", "study_date", "study_description")
_SERIES_ATTRIBUTES = ("modality", "series_number", "series_description")
_FIND = (
    select(
        STUDY.c.study_instance_uid,
        STUDY.c.id,
        STUDY.c.status,
        STUDY.c.version,
        SERIES.c.series_instance_uid,
        SERIES.c.id.label("series_id"),
    )
    .select_from(
        STUDY.outerjoin(
            SERIES,
            (SERIES.c.study_id == STUDY.c.id)
            & SERIES.c.series_instance_uid.in_(bindparam("series", expanding=True)),
        )
    )
    .where(STUDY.c.study_instance_uid.in_(bindparam("studies", expanding=True)))
    .with_for_update(of=STUDY)
)
_FIND_IN_ORDER = _FIND.order_by(STUDY.c.study_instance_uid.collate("C"))
"""For PostgreSQL, where several transactions lock rows at once: all in Python's order of UIDs."""
_STORED = select(
    INSTANCE.c.sop_instance_uid,
    STUDY.c.study_instance_uid,
    SERIES.c.series_instance_uid,
    INSTANCE.c.sha256,
    INSTANCE.c.transfer_syntax_uid,
).select_from(INSTANCE.join(SERIES).join(STUDY))
_ARRIVED_OPEN = text(
    "UPDATE study SET last_received_at = :at WHERE study_instance_uid = :uid AND status = 'receiving'"
    " RETURNING id, version"
).bindparams(bindparam("at", type_=UTCDateTime()))
_ADD_TO_SERIES = text(
    "INSERT INTO instance (series_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, sha256,"
    " size_bytes, version, calling_ae, received_at)"
    " SELECT id, :sop_instance_uid, :sop_class_uid, :transfer_syntax_uid, :sha256, :size_bytes,"
    " :version, :calling_ae, :received_at"
    " FROM series WHERE study_id = :study_id AND series_instance_uid = :series_instance_uid"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("received_at", type_=UTCDateTime()))
_ARRIVED = update(STUDY).where(STUDY.c.id == bindparam("row")).values(last_received_at=bindparam("at"))


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401
    """An INSERT for this database that leaves rows alone which are there already."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return build(table).on_conflict_do_nothing()


def index_instances(engine: Engine, instances: Sequence[ReceivedInstance]) -> list[Indexed]:
    """Record instances in one transaction.

    Images more of known series that are being received cost one statement together, and each study another.

    Parameters
    ----------
    instances
        In the order of their arrival. Two of one SOP Instance UID are judged one after the other.

    Returns
    -------
    list of Indexed
        One per instance, in the same order.
    """
    if _index_images(engine, instances):
        return [Indexed.NEW] * len(instances)
    with writing(engine) as session:
        connection = session.connection()
        studies = _studies(connection, instances)
        own = _own(connection, instances)
        first: dict[str, ReceivedInstance] = {}
        for instance in instances:
            if instance.sop_instance_uid not in own:
                first.setdefault(instance.sop_instance_uid, instance)
        inserted = _insert(connection, studies, tuple(first.values()))
        _note_arrival(connection, studies, [first[uid] for uid in first if uid in inserted])
        answers = [
            Indexed.OWN
            if instance.sop_instance_uid in own
            else Indexed.NEW
            if instance.sop_instance_uid in inserted and first[instance.sop_instance_uid] is instance
            else None
            for instance in instances
        ]
        stored = _stored(
            connection,
            {i.sop_instance_uid for i, answer in zip(instances, answers, strict=True) if answer is None},
        )
    return [
        answer or _compared(instance, stored[instance.sop_instance_uid])
        for instance, answer in zip(instances, answers, strict=True)
    ]


def _index_images(engine: Engine, images: Sequence[ReceivedInstance]) -> bool:
    """Record new images of known series whose studies are open; if one is not such, none, and false."""
    if not images or not all(image.opens_version for image in images):
        return False
    latest = {image.study_instance_uid: image.received_at for image in images}
    with engine.execution_options(writing=True).connect() as connection:
        studies = {}
        for uid, at in sorted(latest.items()):
            study = connection.execute(_ARRIVED_OPEN, {"at": at, "uid": uid}).first()
            if study is None:
                return False
            studies[uid] = study
        rows = [_image_row(image, studies[image.study_instance_uid]) for image in images]
        if connection.execute(_ADD_TO_SERIES, rows).rowcount != len(rows):
            return False
        connection.commit()
    return True


def _image_row(image: ReceivedInstance, study: Row[Any]) -> dict[str, Any]:
    return {
        "study_id": study.id,
        "series_instance_uid": image.series_instance_uid,
        "sop_instance_uid": image.sop_instance_uid,
        "sop_class_uid": image.sop_class_uid,
        "transfer_syntax_uid": image.transfer_syntax_uid,
        "sha256": image.sha256,
        "size_bytes": image.size_bytes,
        "version": study.version,
        "calling_ae": image.calling_ae,
        "received_at": image.received_at,
    }


def _studies(connection: Connection, instances: Sequence[ReceivedInstance]) -> Mapping[str, _StudyRow]:
    """The studies of these instances, with their series, locked against other writers.

    What is not in the database yet is made.
    """
    by_study = {i.study_instance_uid: i for i in reversed(instances)}
    by_series = {(i.study_instance_uid, i.series_instance_uid): i for i in reversed(instances)}
    found = _find(connection, by_series)
    if new := [i for uid, i in sorted(by_study.items()) if uid not in found]:
        connection.execute(insert_new(connection, STUDY), [_study_row(i) for i in new])
        found = _find(connection, by_series)
    if new := [i for (study, uid), i in sorted(by_series.items()) if uid not in found[study].series]:
        rows = [_series_row(found[i.study_instance_uid].id, i) for i in new]
        connection.execute(insert_new(connection, SERIES), rows)
        found = _find(connection, by_series)
    return found


def _find(connection: Connection, series: Iterable[tuple[str, str]]) -> dict[str, _StudyRow]:
    wanted = list(series)
    found: dict[str, _StudyRow] = {}
    values = {"studies": [study for study, _ in wanted], "series": [uid for _, uid in wanted]}
    find = _FIND_IN_ORDER if connection.dialect.name == "postgresql" else _FIND
    for study_uid, study_id, status, version, series_uid, series_id in connection.execute(find, values):
        study = found.setdefault(study_uid, _StudyRow(study_id, status, version))
        if series_uid is not None:
            study.series[series_uid] = series_id
    return found


def _study_row(first: ReceivedInstance) -> dict[str, Any]:
    return {
        "study_instance_uid": first.study_instance_uid,
        "status": StudyStatus.RECEIVING,
        "version": 1,
        "run": 0,
        "first_received_at": first.received_at,
        "opened_at": first.received_at,
        "last_received_at": first.received_at,
        **{name: first.study_attributes.get(name) for name in _STUDY_ATTRIBUTES},
    }


def _series_row(study_id: int, first: ReceivedInstance) -> dict[str, Any]:
    return {
        "study_id": study_id,
        "series_instance_uid": first.series_instance_uid,
        **{name: first.series_attributes.get(name) for name in _SERIES_ATTRIBUTES},
    }


def _own(connection: Connection, instances: Sequence[ReceivedInstance]) -> set[str]:
    """Those of these instances, other than images, that we made ourselves."""
    uids = {i.sop_instance_uid for i in instances if not i.opens_version}
    if not uids:
        return set()
    return set(connection.scalars(select(Report.sop_instance_uid).where(Report.sop_instance_uid.in_(uids))))


def _insert(
    connection: Connection, studies: Mapping[str, _StudyRow], instances: Sequence[ReceivedInstance]
) -> set[str]:
    """Insert instances of different SOP Instance UIDs; those of them that were not taken."""
    rows = [
        {
            "series_id": studies[i.study_instance_uid].series[i.series_instance_uid],
            "sop_instance_uid": i.sop_instance_uid,
            "sop_class_uid": i.sop_class_uid,
            "transfer_syntax_uid": i.transfer_syntax_uid,
            "sha256": i.sha256,
            "size_bytes": i.size_bytes,
            "version": studies[i.study_instance_uid].version_for(i),
            "calling_ae": i.calling_ae,
            "received_at": i.received_at,
        }
        for i in instances
    ]
    if not rows:
        return set()
    statement = insert_new(connection, INSTANCE).returning(INSTANCE.c.sop_instance_uid)
    return set(connection.scalars(statement, rows))


def _stored(connection: Connection, uids: set[str]) -> dict[str, tuple[str, str, str, str]]:
    """What is recorded under these SOP Instance UIDs: study, series, digest, transfer syntax."""
    if not uids:
        return {}
    find = _STORED.where(INSTANCE.c.sop_instance_uid.in_(uids))
    return {
        uid: (study, series, digest, syntax)
        for uid, study, series, digest, syntax in connection.execute(find)
    }


def _compared(instance: ReceivedInstance, stored: tuple[str, str, str, str]) -> Indexed:
    same = stored == (
        instance.study_instance_uid,
        instance.series_instance_uid,
        instance.sha256,
        instance.transfer_syntax_uid,
    )
    return Indexed.REPEATED if same else Indexed.CONFLICTING


def _note_arrival(
    connection: Connection, studies: Mapping[str, _StudyRow], new: Sequence[ReceivedInstance]
) -> None:
    """Note the arrival on the study rows; open a new version where a finished study got an image."""
    latest = {studies[i.study_instance_uid].id: i.received_at for i in new}
    if latest:
        connection.execute(_ARRIVED, [{"row": row, "at": at} for row, at in sorted(latest.items())])
    opening = {
        i.study_instance_uid: i.received_at
        for i in reversed(new)
        if studies[i.study_instance_uid].version_for(i) > studies[i.study_instance_uid].version
    }
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


def is_indexed(session: Session, sop_instance_uid: str) -> bool:
    """Whether an instance was ever recorded under this SOP Instance UID."""
    find = select(INSTANCE.c.id).where(INSTANCE.c.sop_instance_uid == sop_instance_uid)
    return session.scalar(find) is not None


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
