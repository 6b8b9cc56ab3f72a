"""The durable life of a study: settle → route → analyse → report → deliver.

The database says where every study stands; :class:`Sweep` looks there for what is due and starts a workflow
for it, under an identity that makes a second start of the same thing a no-op. The workflows are kept by
DBOS: a step that is done is not done again, and one that was interrupted is.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import structlog
from dbos import DBOS, DBOSConfiguredInstance, SetEnqueueOptions, SetWorkflowID
from dbos import error as engine_errors

from db.deliveries import due_deliveries
from db.engine import reading, writing
from db.lifecycle import close_version, images_of, note_check, receiving_studies, settled_studies
from db.models import Study
from db.slots import abandoned_slots
from listener.delivering import DeliverySteps
from listener.logs import place_of
from listener.plan import Plan
from listener.routing import missing_series
from listener.settling import is_quiet, settle
from listener.steps import OUTAGES, StudySteps
from listener.study_images import study_stacks

STUDY_QUEUE = "studies"
DELIVERY_QUEUE = "deliveries"

_MOST_RECOVERIES = 1_000
"""How often an interrupted workflow is taken up again; what ends a poisonous analysis is its own limit."""

_KEPT, _TIDIED_EVERY, _TIDIED_AT_ONCE = timedelta(days=30), timedelta(days=1), 500
"""For how long the engine remembers what has ended, and how often, how many at a time, it forgets."""

_LOST = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger()


def _passes(error: BaseException) -> bool:
    """Whether an error is of the database or the storage, which may be back in a while."""
    return isinstance(error, OUTAGES)


def _step(function: Callable[P, R]) -> Callable[P, R]:
    """A step that is tried again, for 15 s, where the database or the storage is away."""
    return DBOS.step(
        retries_allowed=True, interval_seconds=1.0, max_attempts=5, backoff_rate=2.0, should_retry=_passes
    )(function)


def _last_step(function: Callable[P, R]) -> Callable[P, R]:
    """A step that says how a workflow ended: it waits for the database, for three days if need be."""
    return DBOS.step(
        retries_allowed=True,
        interval_seconds=15.0,
        max_attempts=17_280,
        backoff_rate=1.0,
        should_retry=_passes,
    )(function)


def _cause(error: Exception) -> Exception:
    """The error itself, where it is that of a step that was tried several times."""
    errors = error.errors if isinstance(error, engine_errors.DBOSMaxStepRetriesExceeded) else []
    return errors[-1] if errors else error


@DBOS.dbos_class()
class StudyWorkflow(DBOSConfiguredInstance):
    """The workflows of one worker; their steps are :class:`StudySteps` and :class:`DeliverySteps`."""

    def __init__(self, steps: StudySteps, deliveries: DeliverySteps) -> None:
        super().__init__(config_name="betz")
        self._steps = steps
        self._deliveries = deliveries

    @DBOS.workflow(max_recovery_attempts=_MOST_RECOVERIES)
    def process_study(self, study_instance_uid: str, version: int, settled_at: str) -> None:
        """Take a settled version of a study to its report."""
        try:
            plan = self._route(study_instance_uid, version)
            for name, stacks in sorted(plan.items()):
                self._analyse(study_instance_uid, version, name, stacks, settled_at)
            if plan:
                self._report(study_instance_uid, version, settled_at)
            else:
                self._nothing_to_analyse(study_instance_uid, version)
        except Exception as error:  # noqa: BLE001
            cause = _cause(error)
            if _passes(cause):
                log.warning("study postponed", error=type(cause).__name__, place=place_of(cause))
                self._postpone(study_instance_uid, version, type(cause).__name__)
                return
            log.error("study failed", error=type(cause).__name__, place=place_of(cause))
            self._fail(study_instance_uid, version, type(cause).__name__)

    @DBOS.workflow(max_recovery_attempts=_MOST_RECOVERIES)
    def deliver_objects(self, study_id: int, destination: str, due_at: str) -> None:
        """Try once to deliver what is due for a study at a destination; the next attempt is due later."""
        try:
            self._deliver(study_id, destination, due_at)
        except Exception as error:  # noqa: BLE001
            cause = _cause(error)
            log.error("delivery failed", error=type(cause).__name__, place=place_of(cause))
            self._not_delivered(study_id, destination, due_at, type(cause).__name__)

    @_step
    def _route(self, study_instance_uid: str, version: int) -> Plan:
        return self._steps.route(study_instance_uid, version)

    @_step
    def _analyse(
        self,
        study_instance_uid: str,
        version: int,
        name: str,
        stacks: Sequence[dict[str, Any]],
        settled_at: str,
    ) -> None:
        moment = datetime.fromisoformat(settled_at)
        self._steps.analyse(study_instance_uid, version, name, stacks, moment)

    @_step
    def _report(self, study_instance_uid: str, version: int, settled_at: str) -> None:
        self._steps.report(study_instance_uid, version, datetime.fromisoformat(settled_at))

    @_step
    def _nothing_to_analyse(self, study_instance_uid: str, version: int) -> None:
        self._steps.nothing_to_analyse(study_instance_uid, version)

    @_last_step
    def _postpone(self, study_instance_uid: str, version: int, error: str) -> None:
        self._steps.postpone(study_instance_uid, version, error)

    @_last_step
    def _fail(self, study_instance_uid: str, version: int, error: str) -> None:
        self._steps.fail(study_instance_uid, version, error)

    @_step
    def _deliver(self, study_id: int, destination: str, due_at: str) -> None:
        self._deliveries.deliver(study_id, destination, datetime.fromisoformat(due_at))

    @_last_step
    def _not_delivered(self, study_id: int, destination: str, due_at: str, error: str) -> None:
        self._deliveries.not_delivered(study_id, destination, error, datetime.fromisoformat(due_at))


class Sweep:
    """Finds what is due and starts its workflow; any number of workers may sweep at once."""

    def __init__(
        self, workflow: StudyWorkflow, steps: StudySteps, deliveries: DeliverySteps, slot: int
    ) -> None:
        self._workflow = workflow
        self._steps = steps
        self._deliveries = deliveries
        self._slot = slot
        self._started: set[str] = set()
        self._tidied_at: datetime | None = None

    def run(self) -> None:
        """Look once through the database."""
        now = self._steps.now()
        self._settle(now)
        self._started = self._start_studies(now) | self._start_deliveries(now)
        self._take_over(now)
        if self._tidied_at is None or now - self._tidied_at >= _TIDIED_EVERY:
            self._tidy(now)

    def _settle(self, now: datetime) -> None:
        steps = self._steps
        with reading(steps.engine) as session:
            studies = receiving_studies(session)
        for study in studies:
            try:
                missing = self._missing(study, now)
            except Exception as error:  # noqa: BLE001
                log.error("required series unknown", error=type(error).__name__, place=place_of(error))
                missing = steps.settings.settling.required_series
            settled = settle(now, study.opened_at, study.last_received_at, missing, steps.settings.settling)
            if settled is None:
                continue
            with writing(steps.engine) as session:
                close_version(
                    session,
                    study.id,
                    study.version,
                    last_received_at=study.last_received_at,
                    complete=settled.complete,
                    why=settled.why,
                    who=steps.who,
                    now=now,
                )

    def _missing(self, study: Study, now: datetime) -> tuple[str, ...]:
        """The required series that a quiet study lacks; looked for once after each arrival."""
        steps = self._steps
        required = steps.settings.settling.required_series
        if not required or not is_quiet(now, study.last_received_at, steps.settings.settling):
            return ()
        if study.checked_at == study.last_received_at:
            return tuple(study.waiting_for or ())
        with reading(steps.engine) as session:
            images = images_of(session, study.id, study.version)
        found = study_stacks(
            steps.archive,
            study.study_instance_uid,
            {series_uid: instances for (_, series_uid), instances in images.items()},
            steps.settings.classification(),
        )
        stacks = [stack.classified for stack in found]
        missing = missing_series(required, stacks)
        with writing(steps.engine) as session:
            note_check(session, study.id, missing, study.last_received_at)
        return missing

    def _start_studies(self, now: datetime) -> set[str]:
        with reading(self._steps.engine) as session:
            studies = {
                f"study:{study.study_instance_uid}:{study.version}:{study.run}": study
                for study in settled_studies(session, now)
            }
        for identity in self._lost(studies):
            study = studies[identity]
            self._steps.fail(study.study_instance_uid, study.version, "its workflow ended")
        for identity, study in studies.items():
            if identity not in self._started and study.settled_at is not None:
                with SetWorkflowID(identity):
                    DBOS.enqueue_workflow(
                        STUDY_QUEUE,
                        self._workflow.process_study,
                        study.study_instance_uid,
                        study.version,
                        study.settled_at.isoformat(),
                    )
        return set(studies)

    def _start_deliveries(self, now: datetime) -> set[str]:
        with reading(self._steps.engine) as session:
            due = {
                f"deliver:{one.leader}:{one.turn}:{one.due_at.isoformat()}": one
                for one in due_deliveries(session, now)
            }
        for identity in self._lost(due):
            lost = due[identity]
            self._deliveries.not_delivered(lost.study_id, lost.destination, "its workflow ended", lost.due_at)
        for identity, delivery in due.items():
            if identity not in self._started:
                with SetWorkflowID(identity), SetEnqueueOptions(queue_partition_key=delivery.destination):
                    DBOS.enqueue_workflow(
                        DELIVERY_QUEUE,
                        self._workflow.deliver_objects,
                        delivery.study_id,
                        delivery.destination,
                        delivery.due_at.isoformat(),
                    )
        return set(due)

    def _lost(self, due: Iterable[str]) -> list[str]:
        """Of the workflows that are due, those that ended and could not even say so."""
        started = [identity for identity in due if identity in self._started]
        if not started:
            return []
        ended = DBOS.list_workflows(
            workflow_ids=started, status=list(_LOST), load_input=False, load_output=False
        )
        return [workflow.workflow_id for workflow in ended]

    def _tidy(self, now: datetime) -> None:
        """Have the engine forget workflows that ended long ago; what they did is in Betz's own tables."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", *_LOST],
            completed_before=(now - _KEPT).isoformat(),
            limit=_TIDIED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([workflow.workflow_id for workflow in ended])
        if len(ended) < _TIDIED_AT_ONCE:
            self._tidied_at = now

    def _take_over(self, now: datetime) -> None:
        """Take up the work of workers that are gone and did not come back."""
        with reading(self._steps.engine) as session:
            slots = abandoned_slots(session, self._slot, now)
        if not slots:
            return
        pending = DBOS.list_workflows(
            status="PENDING",
            executor_id=[executor_id(slot) for slot in slots],
            load_input=False,
            load_output=False,
        )
        for workflow in pending:
            log.warning("work of a lost worker is taken up", workflow=workflow.workflow_id)
            DBOS.resume_workflow(workflow.workflow_id, queue_name=workflow.queue_name)


def executor_id(slot: int) -> str:
    """The identity under which DBOS recovers the work of a slot."""
    return f"worker-{slot}"
