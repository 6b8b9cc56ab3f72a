"""Versions that are processed once more: for an administrator, or after an outage."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from db.deliveries import deliver_again, standing
from db.index import record_event
from db.lifecycle import objects_of, report_of
from db.models import Analysis, Report, Study, StudyStatus


class Again(Enum):
    """What it meant to process a study again."""

    STILL_RECEIVING = "still receiving"
    ANALYSED = "analysed"
    DELIVERED = "delivered"


def process_again(
    session: Session,
    study_id: int,
    who: str,
    now: datetime,
    *,
    software_version: str,
    destinations_of: Callable[[str], Iterable[str]],
    norms_version: int | None = None,
) -> Again:
    """Have a study processed once more; an open version is left to settle.

    A version that this software has reported on, with these norms, is only delivered again: the same input,
    software and norms give the same report, and the same objects with it. One that was reported on
    otherwise keeps that report: what is found now goes into a new version, whose report names the other as
    its predecessor.

    Parameters
    ----------
    destinations_of
        From the kind of an object to the names of the destinations that want it.
    """
    study = session.get_one(Study, study_id, with_for_update=True)
    report = report_of(session, study_id, study.version, software_version)
    if study.status == StudyStatus.RECEIVING:
        return Again.STILL_RECEIVING
    if report is not None and report.norms_version == norms_version:
        for one in objects_of(session, report):
            deliver_again(session, one.id, destinations_of(one.kind), now)
        session.flush()
        status, why = standing(session, study_id, study.version)
        if status is not None:
            study.status, study.status_reason = status, why
        record_event(session, at=now, who=who, what="study-delivered-again", study_id=study_id)
        return Again.DELIVERED
    _analyse_again(session, study_id, who, now)
    return Again.ANALYSED


def _analyse_again(session: Session, study_id: int, who: str, now: datetime) -> None:
    reported = select(Report.id).where(Report.study_id == Study.id, Report.version == Study.version).exists()
    again = session.execute(
        update(Study)
        .where(Study.id == study_id, Study.status != StudyStatus.RECEIVING)
        .values(
            status=StudyStatus.ANALYSING,
            status_reason=None,
            version=case((reported, Study.version + 1), else_=Study.version),
            settled_at=case((reported, now), else_=Study.settled_at),
            run=Study.run + 1,
            away_since=None,
            again_at=None,
        )
        .returning(Study.version)
        .execution_options(synchronize_session=False)
    ).first()
    if again is not None:
        _forget_attempts(session, study_id, again.version)
        record_event(session, at=now, who=who, what="study-processed-again", study_id=study_id)


def postpone(
    session: Session, study_id: int, version: int, again_at: datetime, why: str, *, who: str, now: datetime
) -> None:
    """Have a version processed again at a time, for what it needs is away; its attempts are given back."""
    postponed = session.execute(
        update(Study)
        .where(Study.id == study_id, Study.version == version, Study.status == StudyStatus.ANALYSING)
        .values(
            status_reason=why,
            run=Study.run + 1,
            away_since=func.coalesce(Study.away_since, now),
            again_at=again_at,
        )
        .returning(Study.id)
        .execution_options(synchronize_session=False)
    ).first()
    if postponed is None:
        return
    _forget_attempts(session, study_id, version)
    record_event(
        session,
        at=now,
        who=who,
        what="study-postponed",
        why=why,
        study_id=study_id,
        details={"version": version},
    )


def give_attempt_back(session: Session, study_id: int, version: int, name: str) -> None:
    """Uncount an attempt that ended because storage or database were away, not because of the analysis."""
    session.execute(
        update(Analysis)
        .where(
            Analysis.study_id == study_id,
            Analysis.version == version,
            Analysis.name == name,
            Analysis.attempts > 0,
        )
        .values(attempts=Analysis.attempts - 1)
    )


def _forget_attempts(session: Session, study_id: int, version: int) -> None:
    session.execute(
        update(Analysis).where(Analysis.study_id == study_id, Analysis.version == version).values(attempts=0)
    )
