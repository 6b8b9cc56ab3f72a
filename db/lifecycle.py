"""The life of a study: from the images that came to the report that was delivered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from db.index import record_event
from db.models import (
    Analysis,
    AnalysisStatus,
    Instance,
    ObjectKind,
    Report,
    Series,
    Stack,
    Study,
    StudyStatus,
)


def receiving_studies(session: Session) -> Sequence[Study]:
    """The studies that have not settled."""
    return session.scalars(
        select(Study).where(Study.status == StudyStatus.RECEIVING).order_by(Study.opened_at)
    ).all()


def study_by_uid(session: Session, study_instance_uid: str) -> Study | None:
    """The study, if an instance of it ever came."""
    return session.scalar(select(Study).where(Study.study_instance_uid == study_instance_uid))


def note_check(session: Session, study_id: int, missing: Sequence[str], last_received_at: datetime) -> None:
    """Remember which required series a quiet study still lacks, unless more has come meanwhile.

    Parameters
    ----------
    last_received_at
        The study's last arrival as the check knew it.
    """
    reason = f"Waiting for {', '.join(missing)}." if missing else None
    session.execute(
        update(Study)
        .where(
            Study.id == study_id,
            Study.status == StudyStatus.RECEIVING,
            Study.last_received_at == last_received_at,
        )
        .values(checked_at=last_received_at, waiting_for=list(missing), status_reason=reason)
    )


def close_version(
    session: Session,
    study_id: int,
    version: int,
    *,
    last_received_at: datetime,
    complete: bool,
    why: str,
    who: str,
    now: datetime,
) -> bool:
    """Take no more images into a version; later ones open the next.

    Parameters
    ----------
    last_received_at
        The study's last arrival as the decision to close knew it.

    Returns
    -------
    bool
        Whether the version was still open, and nothing had come meanwhile.
    """
    closed = session.execute(
        update(Study)
        .where(
            Study.id == study_id,
            Study.version == version,
            Study.status == StudyStatus.RECEIVING,
            Study.last_received_at == last_received_at,
        )
        .values(
            status=StudyStatus.ANALYSING,
            status_reason=None,
            complete=complete,
            settled_at=now,
            away_since=None,
            again_at=None,
        )
        .returning(Study.id)
    ).first()
    if closed is None:
        return False
    what = "study-settled" if complete else "study-settled-incomplete"
    record_event(
        session, at=now, who=who, what=what, why=why, study_id=study_id, details={"version": version}
    )
    return True


def settled_studies(session: Session, now: datetime) -> Sequence[Study]:
    """The studies whose version is closed and not yet at an end, but for those that wait out an outage."""
    due = or_(Study.again_at.is_(None), Study.again_at <= now)
    return session.scalars(select(Study).where(Study.status == StudyStatus.ANALYSING, due)).all()


def set_status(
    session: Session,
    study_id: int,
    version: int,
    status: StudyStatus,
    *,
    who: str,
    now: datetime,
    why: str | None = None,
) -> None:
    """Move a study on, unless a newer version of it is open already; the event is recorded either way."""
    session.execute(
        update(Study)
        .where(Study.id == study_id, Study.version == version, Study.status != StudyStatus.RECEIVING)
        .values(status=status, status_reason=why)
    )
    record_event(
        session,
        at=now,
        who=who,
        what=f"study-{status.replace('_', '-')}",
        why=why,
        study_id=study_id,
        details={"version": version},
    )


def fail_version(session: Session, study_id: int, version: int, why: str, *, who: str, now: datetime) -> bool:
    """End a version that could not be reported on.

    Returns
    -------
    bool
        Whether it was still being analysed, and there is no report on it.
    """
    reported = select(Report.id).where(Report.study_id == study_id, Report.version == version).exists()
    failed = session.execute(
        update(Study)
        .where(
            Study.id == study_id,
            Study.version == version,
            Study.status == StudyStatus.ANALYSING,
            ~reported,
        )
        .values(status=StudyStatus.FAILED, status_reason=why, away_since=None, again_at=None)
        .returning(Study.id)
    ).first()
    if failed is None:
        return False
    record_event(
        session,
        at=now,
        who=who,
        what="study-failed",
        why=why,
        study_id=study_id,
        details={"version": version},
    )
    return True


def images_of(session: Session, study_id: int, version: int) -> dict[tuple[int, str], list[tuple[str, str]]]:
    """What a version consists of.

    Returns
    -------
    dict
        From (series row, Series Instance UID) to its instances as (SOP Class UID, SOP Instance UID).
    """
    rows = session.execute(
        select(Series.id, Series.series_instance_uid, Instance.sop_class_uid, Instance.sop_instance_uid)
        .join(Instance, Instance.series_id == Series.id)
        .where(Series.study_id == study_id, Instance.version <= version)
        .order_by(Series.id, Instance.id)
    )
    images: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for series_id, series_uid, sop_class_uid, sop_instance_uid in rows:
        images.setdefault((series_id, series_uid), []).append((sop_class_uid, sop_instance_uid))
    return images


def replace_stacks(session: Session, study_id: int, version: int, stacks: Sequence[Stack]) -> None:
    """Record what the series of a version were taken for."""
    series = select(Series.id).where(Series.study_id == study_id)
    session.execute(delete(Stack).where(Stack.series_id.in_(series), Stack.version == version))
    session.add_all(stacks)


def start_analysis(
    session: Session,
    study_id: int,
    version: int,
    name: str,
    software_version: str,
    now: datetime,
    norms_version: int | None = None,
) -> int:
    """Count an attempt at an analysis before it is made.

    Parameters
    ----------
    norms_version
        The site norms that it compares with.

    Returns
    -------
    int
        How many attempts there have been, with this one.
    """
    analysis = session.scalar(
        select(Analysis).where(
            Analysis.study_id == study_id, Analysis.version == version, Analysis.name == name
        )
    )
    if analysis is None:
        analysis = Analysis(study_id=study_id, version=version, name=name, attempts=0)
        session.add(analysis)
    analysis.status = AnalysisStatus.RUNNING
    analysis.attempts += 1
    analysis.software_version = software_version
    analysis.norms_version = norms_version
    analysis.started_at = now
    analysis.finished_at = None
    analysis.error = None
    analysis.objects = None
    session.flush()
    return analysis.attempts


def finish_analysis(
    session: Session,
    study_id: int,
    version: int,
    name: str,
    now: datetime,
    error: str | None = None,
    objects: Sequence[dict[str, Any]] = (),
) -> None:
    """Record how an analysis ended.

    Parameters
    ----------
    objects
        What it archived for the PACS, as JSON, for the report to name and take along.
    """
    session.execute(
        update(Analysis)
        .where(Analysis.study_id == study_id, Analysis.version == version, Analysis.name == name)
        .values(
            status=AnalysisStatus.FAILED if error else AnalysisStatus.DONE,
            error=error,
            finished_at=now,
            objects=list(objects),
        )
    )


def made_objects(session: Session, study_id: int, version: int) -> list[tuple[str, dict[str, Any]]]:
    """What the analyses of a version archived for the PACS, each with the name of its analysis."""
    analyses = session.scalars(
        select(Analysis)
        .where(Analysis.study_id == study_id, Analysis.version == version)
        .order_by(Analysis.name)
    )
    return [(analysis.name, one) for analysis in analyses for one in analysis.objects or []]


def norms_behind(session: Session, study_id: int, version: int) -> int | None:
    """The newest site norms that an analysis of a version compared with."""
    return session.scalar(
        select(func.max(Analysis.norms_version)).where(
            Analysis.study_id == study_id, Analysis.version == version
        )
    )


def report_of(session: Session, study_id: int, version: int, software_version: str) -> Report | None:
    """The structured report that this software made on a version."""
    return session.scalar(
        select(Report).where(
            Report.study_id == study_id,
            Report.version == version,
            Report.software_version == software_version,
            Report.kind == ObjectKind.SR,
        )
    )


def latest_report(session: Session, study_id: int) -> Report | None:
    """The newest structured report on a study."""
    return session.scalar(
        select(Report)
        .where(Report.study_id == study_id, Report.kind == ObjectKind.SR)
        .order_by(Report.version.desc(), Report.id.desc())
    )


def objects_of(session: Session, report: Report) -> Sequence[Report]:
    """A structured report and what was made together with it, the structured report first."""
    return session.scalars(
        select(Report)
        .where(
            Report.study_id == report.study_id,
            Report.version == report.version,
            Report.software_version == report.software_version,
        )
        .order_by(Report.kind != ObjectKind.SR, Report.id)
    ).all()


def add_objects(session: Session, report: Report, objects: Iterable[Report]) -> None:
    """Record what was made together with a structured report; what is recorded already stays as it is."""
    for one in objects:
        known = session.scalar(select(Report.id).where(Report.sop_instance_uid == one.sop_instance_uid))
        if known is None:
            one.study_id, one.version = report.study_id, report.version
            one.software_version, one.created_at = report.software_version, report.created_at
            session.add(one)


def lock_study(session: Session, study_id: int) -> None:
    """Keep others from changing a study until this transaction ends."""
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update())


def is_own_report(session: Session, sop_instance_uid: str) -> bool:
    """Whether we made the object of this SOP Instance UID."""
    found = session.scalar(select(Report.id).where(Report.sop_instance_uid == sop_instance_uid))
    return found is not None
