"""The norms that a site learnt, version by version, and the studies that it learns from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.findings import findings_in
from db.index import record_event
from db.models import Finding, NormalStudy, NormsVersion, Report, Study
from processors import findings as vocabulary


@dataclass(frozen=True, slots=True)
class NormalFinding:
    """What was measured of one sign in a study of a normal person.

    Attributes
    ----------
    person
        A pseudonym that every study of the person has; the study's own where it names no patient.
    taken
        Study Date, or when it came, as text that sorts by time.
    protocol
        Of the series measured; ``None`` for findings made before it was kept.
    """

    study_instance_uid: str
    person: str
    taken: str
    measured_at: datetime
    protocol: Mapping[str, Any] | None
    finding: vocabulary.Finding


def norms_in_use(session: Session) -> NormsVersion | None:
    """The newest version that was not withdrawn; ``None`` where the shipped norms alone count."""
    return session.scalar(
        select(NormsVersion)
        .where(NormsVersion.withdrawn_at.is_(None))
        .order_by(NormsVersion.id.desc())
        .limit(1)
    )


def add_norms(
    session: Session,
    document: Mapping[str, Any],
    provenance: Mapping[str, Any],
    *,
    studies: int,
    software_version: str,
    who: str,
    now: datetime,
) -> NormsVersion:
    """Put a new version to use."""
    version = NormsVersion(
        created_at=now,
        who=who,
        software_version=software_version,
        studies=studies,
        document=dict(document),
        provenance=dict(provenance),
    )
    session.add(version)
    session.flush()
    details = {"norms_version": version.id, "studies": studies}
    record_event(session, at=now, who=who, what="norms-learnt", details=details)
    return version


def withdraw_norms(session: Session, *, who: str, now: datetime) -> NormsVersion | None:
    """Take the version in use back, so that the one before it counts again; ``None`` if there is none."""
    version = norms_in_use(session)
    if version is not None:
        version.withdrawn_at, version.withdrawn_by = now, who
        details = {"norms_version": version.id}
        record_event(session, at=now, who=who, what="norms-withdrawn", details=details)
    return version


def mark_normal(session: Session, study_id: int, note: str | None, *, who: str, now: datetime) -> bool:
    """Say that a study is of a normal person; false if that was said already, and then a note is renewed."""
    marked = session.get(NormalStudy, study_id)
    if marked is not None:
        marked.note = note or marked.note
        return False
    session.add(NormalStudy(study_id=study_id, marked_at=now, who=who, note=note))
    session.flush()
    record_event(session, at=now, who=who, what="study-marked-normal", study_id=study_id)
    return True


def unmark_normal(session: Session, study_id: int, *, who: str, now: datetime) -> bool:
    """Take back that a study is of a normal person; false if nobody said so."""
    marked = session.get(NormalStudy, study_id)
    if marked is None:
        return False
    session.delete(marked)
    session.flush()
    record_event(session, at=now, who=who, what="study-unmarked-normal", study_id=study_id)
    return True


def normal_studies(session: Session) -> Sequence[tuple[Study, NormalStudy]]:
    """The studies marked as normal, the earliest mark first."""
    rows = session.execute(
        select(Study, NormalStudy)
        .join(NormalStudy, NormalStudy.study_id == Study.id)
        .order_by(NormalStudy.marked_at, Study.id)
    )
    return [(study, mark) for study, mark in rows]


def normal_findings(session: Session) -> tuple[NormalFinding, ...]:
    """What was found in the studies marked as normal: of each, the version that the views show."""
    found = []
    for study, _ in normal_studies(session):
        version = _shown_version(session, study.id)
        if version is None:
            continue
        for row, finding in findings_in(session, study.id, version):
            found.append(
                NormalFinding(
                    study.study_instance_uid,
                    _pseudonym(study),
                    study.study_date or f"{study.first_received_at:%Y%m%d}",
                    row.measured_at,
                    row.protocol,
                    finding,
                )
            )
    return tuple(found)


def _shown_version(session: Session, study_id: int) -> int | None:
    reported = session.scalar(select(func.max(Report.version)).where(Report.study_id == study_id))
    if reported is not None:
        return reported
    return session.scalar(select(func.max(Finding.version)).where(Finding.study_id == study_id))


def _pseudonym(study: Study) -> str:
    identity = (study.patient_id or "").strip() or study.study_instance_uid
    return hashlib.sha256(identity.encode()).hexdigest()
