"""The tables: what came, what was decided, what was found, what was sent, and every event on the way."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, also on databases that keep no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StudyStatus(StrEnum):
    """Where a study is on its way; the last five are ends."""

    RECEIVING = "receiving"
    ANALYSING = "analysing"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    DELIVERED_IN_PART = "delivered_in_part"
    """Every report has arrived, and a destination refuses objects of another kind."""
    REPORTED = "reported"
    NOTHING_TO_ANALYSE = "nothing_to_analyse"
    FAILED = "failed"


class AnalysisStatus(StrEnum):
    """How an analysis stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ObjectKind(StrEnum):
    """What an object made for the PACS is; the names under which a destination asks for it."""

    SR = "sr"
    SEG = "seg"
    KEY_IMAGE = "key-image"


class DeliveryStatus(StrEnum):
    """How an object made for the PACS stands with one destination."""

    WAITING = "waiting"
    REFUSED = "refused"
    """The destination takes no objects of this kind; it is asked again at long intervals."""
    ACKNOWLEDGED = "acknowledged"
    """It has answered with success, and must commit itself to keep the object before that counts."""
    DELIVERED = "delivered"


class CommitmentStatus(StrEnum):
    """Whether a destination has taken responsibility for an object (Storage Commitment)."""

    ASKED = "asked"
    COMMITTED = "committed"
    FAILED = "failed"
    NOT_OFFERED = "not_offered"
    UNANSWERED = "unanswered"


class Base(DeclarativeBase):
    """Common to all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        dict[str, Any] | None: JSON(none_as_null=True),
        list[Any]: JSON,
        list[Any] | None: JSON(none_as_null=True),
    }


class Study(Base):
    """One study; ``version`` counts how often it was settled, or is about to be."""

    __tablename__ = "study"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(32), index=True)
    status_reason: Mapped[str | None]
    version: Mapped[int]
    patient_id: Mapped[str | None]
    patient_name: Mapped[str | None]
    accession_number: Mapped[str | None]
    study_date: Mapped[str | None]
    study_description: Mapped[str | None]
    first_received_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    """When the first image of this version came: the deadline counts from here."""
    last_received_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    """The ``last_received_at`` for which the required series were looked for."""
    waiting_for: Mapped[list[Any] | None]
    """The required series that had not come then."""
    run: Mapped[int]
    """How often the version was processed again, by an administrator or after an outage."""
    away_since: Mapped[datetime | None]
    """Since when the storage or the database has kept the version from being processed."""
    again_at: Mapped[datetime | None]
    """When it is tried again then."""
    settled_at: Mapped[datetime | None]
    complete: Mapped[bool | None]
    """Whether it settled with every required series, or at the deadline without."""


class Series(Base):
    """One series of a study, as its first image describes it."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "series_instance_uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    series_instance_uid: Mapped[str] = mapped_column(String(64), index=True)
    modality: Mapped[str | None]
    series_number: Mapped[str | None]
    series_description: Mapped[str | None]


class Instance(Base):
    """One stored instance; its bytes are in the archive under study, series and instance UID."""

    __tablename__ = "instance"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(64))
    transfer_syntax_uid: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the dataset as received, without the file meta information."""
    size_bytes: Mapped[int]
    version: Mapped[int]
    """The study's version it came for."""
    calling_ae: Mapped[str | None] = mapped_column(String(16))
    received_at: Mapped[datetime]


class Stack(Base):
    """The part of a series that is one volume: what it was taken for, and what was decided."""

    __tablename__ = "stack"
    __table_args__ = (UniqueConstraint("series_id", "version", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    version: Mapped[int]
    number: Mapped[int]
    images: Mapped[int]
    contrast: Mapped[str] = mapped_column(String(32))
    body_part: Mapped[str] = mapped_column(String(32))
    plane: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float]
    evidence: Mapped[list[Any]]
    analysis: Mapped[str | None] = mapped_column(String(32))
    """The analysis it was routed to; none if it was left out."""
    decision: Mapped[str]
    """Why it was routed there, or left out, in a sentence."""


class Analysis(Base):
    """One run of one analysis on one version of a study."""

    __tablename__ = "analysis"
    __table_args__ = (UniqueConstraint("study_id", "version", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    error: Mapped[str | None]
    software_version: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    norms_version: Mapped[int | None]
    """The site norms it compared with; none for the shipped ones alone."""
    objects: Mapped[list[Any] | None]
    """The segmentations and key images it archived, which the report will name and take along."""


class Finding(Base):
    """What was found of one sign in one version of a study."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("study_id", "version", "sign"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    version: Mapped[int]
    analysis_id: Mapped[int | None] = mapped_column(ForeignKey("analysis.id", ondelete="CASCADE"))
    sign: Mapped[str] = mapped_column(String(32), index=True)
    state: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[str | None] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    series_uids: Mapped[list[Any]]
    algorithm_name: Mapped[str] = mapped_column(String(64))
    algorithm_version: Mapped[str] = mapped_column(String(32))
    software_version: Mapped[str] = mapped_column(String(32))
    measured_at: Mapped[datetime]
    norm: Mapped[str] = mapped_column(String(512), server_default="")
    """Which reference distribution the z-scores are from, in words."""
    profiles: Mapped[list[Any] | None]
    """The signal along the tract, one entry for each side that was measured."""
    protocol: Mapped[dict[str, Any] | None]
    """Of the series that was measured: sequence family, field strength, manufacturer."""


class Measurement(Base):
    """One number of one region of a finding."""

    __tablename__ = "measurement"
    __table_args__ = (UniqueConstraint("finding_id", "region", "side", "quantity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"))
    position: Mapped[int]
    """The region's place in the finding, from 0."""
    region: Mapped[str] = mapped_column(String(32))
    side: Mapped[str | None] = mapped_column(String(8))
    quantity: Mapped[str] = mapped_column(String(32))
    value: Mapped[float]
    unit: Mapped[str] = mapped_column(String(32))


class Report(Base):
    """One object made for the PACS from one version of a study.

    All objects of a version are recorded together with its structured report, which there is one of for
    each software version: a version that has any is a version that was reported on.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    version: Mapped[int]
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(64))
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    software_version: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    norms_version: Mapped[int | None]
    """The site norms behind its z-scores; none for the shipped ones alone."""
    kind: Mapped[str] = mapped_column(String(16), default=ObjectKind.SR, server_default=ObjectKind.SR.value)
    analysis: Mapped[str | None] = mapped_column(String(32))
    """The analysis that made it; none for the structured report, which is on all of them."""
    source_series_uid: Mapped[str | None] = mapped_column(String(64))
    """The one series it is about; none where there are several."""
    description: Mapped[str | None]
    """What it shows, in a line."""

    __table_args__ = (
        Index(
            "uq_report_structured_report",
            "study_id",
            "version",
            "software_version",
            unique=True,
            sqlite_where=text("kind = 'sr'"),
            postgresql_where=text("kind = 'sr'"),
        ),
    )


class Picture(Base):
    """One picture of what an analysis found, on the newest version of a study that it ran on."""

    __tablename__ = "picture"
    __table_args__ = (UniqueConstraint("study_id", "analysis", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"))
    version: Mapped[int]
    analysis: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    """Among those of its analysis, from 0."""
    sign: Mapped[str | None] = mapped_column(String(32))
    """The sign that it shows; none for an overview."""
    title: Mapped[str]
    png: Mapped[bytes] = mapped_column(LargeBinary)


class NormalStudy(Base):
    """A study that the administrator says is of a person without any of the signs."""

    __tablename__ = "normal_study"

    study_id: Mapped[int] = mapped_column(
        ForeignKey("study.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    marked_at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    note: Mapped[str | None]


class NormsVersion(Base):
    """Norms that the site learnt; those in use are the newest that were not withdrawn."""

    __tablename__ = "norms_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    software_version: Mapped[str] = mapped_column(String(32))
    studies: Mapped[int]
    """From how many studies."""
    document: Mapped[dict[str, Any]]
    """The norms themselves."""
    provenance: Mapped[dict[str, Any]]
    """What they were learnt from, and what was left out."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(64))


class Delivery(Base):
    """One object made for the PACS on its way to one destination."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("report_id", "destination"),
        Index("ix_delivery_due", "status", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
    destination: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    last_outcome: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    commitment: Mapped[str | None] = mapped_column(String(16))
    """What came of asking the destination for Storage Commitment; none before, or where it is not asked."""
    commitment_asks: Mapped[int] = mapped_column(default=0, server_default="0")
    commitment_due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is asked, or asked again."""
    commitment_transaction_uid: Mapped[str | None] = mapped_column(String(64), index=True)
    """Under which it was asked last."""
    committed_at: Mapped[datetime | None]


class Event(Base):
    """One thing that happened: the audit trail."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(64))
    why: Mapped[str | None]
    details: Mapped[dict[str, Any]]


class WorkerSlot(Base):
    """A place for one worker process; its number is the identity under which its work is recovered."""

    __tablename__ = "worker_slot"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    heartbeat_at: Mapped[datetime]
