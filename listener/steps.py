"""What is done to a study between its last image and its report: each step is safe to repeat."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.deliveries import add_deliveries, standing
from db.engine import reading, writing
from db.findings import findings_of, replace_findings
from db.index import record_event
from db.lifecycle import (
    add_objects,
    fail_version,
    finish_analysis,
    images_of,
    latest_report,
    lock_study,
    made_objects,
    norms_behind,
    objects_of,
    replace_stacks,
    report_of,
    set_status,
    start_analysis,
    study_by_uid,
)
from db.models import NormsVersion, ObjectKind, Report, Study, StudyStatus
from db.norms import norms_in_use
from db.pictures import replace_pictures
from db.retries import give_attempt_back, postpone
from listener.analyses import Analysed, AnalysisFailedError, AnalysisProcess, failed
from listener.archive import Archive, ArchiveError
from listener.calibration import norms_of
from listener.derived_objects import MadeObject, ObjectRequest
from listener.measuring import unanswered
from listener.plan import Plan, plan_of, stack_row
from listener.reporting import make_report, object_row, store_object, study_source
from listener.routing import route
from listener.settings import Settings
from listener.stored_images import StackReference
from listener.study_images import study_stacks
from listener.version import SOFTWARE_VERSION

log = structlog.get_logger()

OUTAGES = (SQLAlchemyError, ArchiveError, OSError)
"""Errors of the database or the storage, which may be back in a while."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
_PATIENCE = timedelta(days=3)
"""For so long a study waits for what is away: a weekend."""


@dataclass(frozen=True, slots=True)
class StudySteps:
    """The steps, with what they work on.

    Attributes
    ----------
    who
        The worker's name in the audit trail.
    """

    engine: Engine
    archive: Archive
    settings: Settings
    process: AnalysisProcess
    now: Callable[[], datetime]
    who: str

    def route(self, study_instance_uid: str, version: int) -> Plan:
        """Classify every series, decide what runs, and record both with their reasons."""
        with reading(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            images = images_of(session, study.id, version)
        rows = {series_uid: series_row for series_row, series_uid in images}
        stacks = study_stacks(
            self.archive,
            study_instance_uid,
            {series_uid: instances for (_, series_uid), instances in images.items()},
            self.settings.classification(),
        )
        decisions = route([stack.classified for stack in stacks])
        with writing(self.engine) as session:
            replace_stacks(
                session,
                study.id,
                version,
                [
                    stack_row(rows[decision.stack.series_instance_uid], version, decision)
                    for decision in decisions
                ],
            )
            plan = plan_of(stacks, decisions)
            record_event(
                session,
                at=self.now(),
                who=self.who,
                what="study-routed",
                study_id=study.id,
                details={"version": version, "analyses": {name: len(taken) for name, taken in plan.items()}},
            )
        return plan

    def nothing_to_analyse(self, study_instance_uid: str, version: int) -> None:
        """End a study that no analysis reads anything of."""
        self._set_status(
            study_instance_uid,
            version,
            StudyStatus.NOTHING_TO_ANALYSE,
            "No series of the study is one that an analysis reads.",
        )

    def fail(self, study_instance_uid: str, version: int, error: str) -> None:
        """End a study that could not be reported on."""
        with writing(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            fail_version(
                session, study.id, version, f"An error stopped it ({error}).", who=self.who, now=self.now()
            )

    def postpone(self, study_instance_uid: str, version: int, error: str) -> None:
        """Have a study processed again later, for storage or database are away; at last, give it up.

        The pause grows with the outage, to a quarter of an hour.
        """
        now = self.now()
        with writing(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            away = now - (study.away_since or now)
            if away >= _PATIENCE:
                fail_version(
                    session, study.id, version, f"An error stopped it ({error}).", who=self.who, now=now
                )
                return
            again_at = now + min(max(away, _SHORTEST_PAUSE), _LONGEST_PAUSE)
            why = f"Storage or database do not answer ({error}); the study is tried again by itself."
            postpone(session, study.id, version, again_at, why, who=self.who, now=now)

    def analyse(
        self,
        study_instance_uid: str,
        version: int,
        name: str,
        stacks: Sequence[dict[str, Any]],
        settled_at: datetime,
    ) -> None:
        """Run one analysis, store its findings and archive its objects; if it fails, findings that say so.

        An attempt is counted before it is made, so that one that takes the worker down counts, and given back
        where storage or database fail it.
        """
        with writing(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            site = norms_in_use(session)
            attempt = start_analysis(
                session,
                study.id,
                version,
                name,
                SOFTWARE_VERSION,
                self.now(),
                None if site is None else site.id,
            )
        try:
            self._analyse(study, version, name, stacks, attempt, site, settled_at)
        except OUTAGES:
            with suppress(SQLAlchemyError), writing(self.engine) as session:
                give_attempt_back(session, study.id, version, name)
            raise

    def _analyse(
        self,
        study: Study,
        version: int,
        name: str,
        stacks: Sequence[dict[str, Any]],
        attempt: int,
        site: NormsVersion | None,
        settled_at: datetime,
    ) -> None:
        error: str | None = None
        try:
            if attempt > self.settings.worker.analysis_attempts:
                raise AnalysisFailedError("every attempt was cut off")  # noqa: TRY301
            analysed = self.process.run(
                name,
                study.study_instance_uid,
                [StackReference.from_plain(stack) for stack in stacks],
                norms_of(site).plain(),
                self._request(study, version, settled_at),
            )
        except AnalysisFailedError as failure:
            error = str(failure)
            analysed = Analysed(failed(name, error, SOFTWARE_VERSION))
        with writing(self.engine) as session:
            replace_findings(
                session,
                study.id,
                version,
                analysed.findings,
                analysis=name,
                software_version=SOFTWARE_VERSION,
                now=self.now(),
                protocols=analysed.protocols,
            )
            objects = [one.plain() for one in analysed.objects]
            finish_analysis(session, study.id, version, name, self.now(), error, objects)
            replace_pictures(session, study.id, version, name, analysed.pictures)
            if analysed.missing:
                record_event(
                    session,
                    at=self.now(),
                    who=self.who,
                    what="objects-missing",
                    why=" ".join(analysed.missing),
                    study_id=study.id,
                    details={"version": version, "analysis": name},
                )
            record_event(
                session,
                at=self.now(),
                who=self.who,
                what="analysis-failed" if error else "analysis-done",
                why=error,
                study_id=study.id,
                details={"version": version, "analysis": name, "attempt": attempt},
            )

    def _request(self, study: Study, version: int, settled_at: datetime) -> ObjectRequest:
        with reading(self.engine) as session:
            images = images_of(session, study.id, version)
        return ObjectRequest(
            version,
            self.settings.local(settled_at),
            self.settings.institution or None,
            study_source(self.archive, study.study_instance_uid, images),
        )

    def report(self, study_instance_uid: str, version: int, settled_at: datetime) -> None:
        """Make the report on a version once, archive it, and have it delivered.

        A report on another version that is made meanwhile, by another worker, is seen, and named.
        """
        while not self._report(study_instance_uid, version, settled_at):
            log.info("another report came first", version=version)

    def _report(self, study_instance_uid: str, version: int, settled_at: datetime) -> bool:
        """Report, unless the predecessor changed while the report was made."""
        with writing(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            self._answer_for_other_signs(session, study.id, version)
            findings = findings_of(session, study.id, version)
            images = images_of(session, study.id, version)
            row = report_of(session, study.id, version, SOFTWARE_VERSION)
            norms_version = norms_behind(session, study.id, version)
            objects = [
                (name, MadeObject.from_plain(one)) for name, one in made_objects(session, study.id, version)
            ]
            predecessor = latest_report(session, study.id) if row is None else None
        if predecessor is not None and predecessor.version > version:
            log.warning("report superseded", version=version, by=predecessor.version)
            return True
        is_new = row is None
        if row is None:
            report = make_report(
                self.archive,
                study_instance_uid,
                version,
                findings,
                images,
                created=self.settings.local(settled_at),
                institution=self.settings.institution or None,
                predecessor=predecessor,
                objects=[one for _, one in objects],
            )
            store_object(self.archive, report)
            row = Report(
                study_id=study.id,
                version=version,
                sop_instance_uid=str(report.SOPInstanceUID),
                sop_class_uid=str(report.SOPClassUID),
                series_instance_uid=str(report.SeriesInstanceUID),
                predecessor_id=predecessor.id if predecessor else None,
                software_version=SOFTWARE_VERSION,
                created_at=settled_at,
                norms_version=norms_version,
                kind=ObjectKind.SR,
            )
        with writing(self.engine) as session:
            lock_study(session, study.id)
            latest = latest_report(session, study.id)
            if is_new and (latest and latest.id) != (predecessor and predecessor.id):
                return False
            row = session.merge(row)
            session.flush()
            add_objects(session, row, [object_row(name, one) for name, one in objects])
            session.flush()
            for one in objects_of(session, row):
                add_deliveries(session, one.id, self.settings.destinations_of(one.kind), self.now())
            session.flush()
            status, why = standing(session, study.id, version)
            if status is None:
                anyone = "wants the report" if self.settings.destinations else "is configured"
                status, why = StudyStatus.REPORTED, f"No destination {anyone}."
            set_status(session, study.id, version, status, who=self.who, now=self.now(), why=why)
        return True

    def _answer_for_other_signs(self, session: Session, study_id: int, version: int) -> None:
        """Say of the signs that no analysis answered for that their series are missing."""
        answered = {finding.sign for finding in findings_of(session, study_id, version)}
        replace_findings(
            session,
            study_id,
            version,
            unanswered(answered),
            analysis=None,
            software_version=SOFTWARE_VERSION,
            now=self.now(),
        )

    def _set_status(self, study_instance_uid: str, version: int, status: StudyStatus, why: str) -> None:
        with writing(self.engine) as session:
            study = _known(study_by_uid(session, study_instance_uid))
            set_status(session, study.id, version, status, who=self.who, now=self.now(), why=why)


def _known(study: Study | None) -> Study:
    if study is None:
        raise LookupError("the study is not in the database")
    return study
