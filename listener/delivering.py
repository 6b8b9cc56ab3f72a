"""The steps of a delivery: what is due for a study at a destination is sent, and the answers recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

import structlog
from pydicom import dcmread
from pydicom.uid import generate_uid
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.commitments import begin_commitment, commitments_to_ask, end_commitment
from db.deliveries import objects_to_send, record_attempt
from db.engine import reading, writing
from db.models import CommitmentStatus, Delivery, ObjectKind, Report, Study
from listener.archive import Archive, ArchiveError, Key
from listener.commitments import CommitmentReports
from listener.delivery import dimse, stow
from listener.delivery.commitment import ask
from listener.delivery.outcomes import Outcome, Outgoing, doubled, retry_after
from listener.destinations import AnyDestination, Commitment, Destination
from listener.settings import Settings
from processors.attributes import UNREADABLE

log = structlog.get_logger()

_MOST_ASKS = 8
"""After so many requests without answer a destination that need not commit itself is not asked again."""
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeliverySteps:
    """The steps, with what they work on.

    Attributes
    ----------
    who
        The worker's name in the audit trail.
    """

    engine: Engine
    archive: Archive
    settings: Settings
    now: Callable[[], datetime]
    who: str

    def deliver(self, study_id: int, destination_name: str, due_at: datetime | None = None) -> None:
        """Send what is due, record how it went, and ask for Storage Commitment where that is due.

        Parameters
        ----------
        due_at
            When something was due by the clock of another machine, which may be ahead of this one's.
        """
        with reading(self.engine) as session:
            due = objects_to_send(session, study_id, destination_name, self._now_or(due_at))
            uid = _study_uid(session, study_id)
        destination = self._destination(destination_name)
        if due:
            self._record(due, self._send(uid, due, destination), destination)
        with reading(self.engine) as session:
            to_ask = commitments_to_ask(session, study_id, destination_name, self._now_or(due_at))
        if not to_ask:
            return
        if isinstance(destination, Destination) and destination.commitment != Commitment.OFF:
            self._ask(to_ask, destination)
        else:
            why = "The destination is not to be asked for Storage Commitment any more."
            self._end(to_ask, CommitmentStatus.UNANSWERED, None, why)

    def not_delivered(
        self, study_id: int, destination_name: str, error: str, due_at: datetime | None = None
    ) -> None:
        """Record that an attempt ended with an error of our own."""
        now = self._now_or(due_at)
        with reading(self.engine) as session:
            due = objects_to_send(session, study_id, destination_name, now)
            to_ask = commitments_to_ask(session, study_id, destination_name, now)
        outcome = Outcome(False, f"The attempt failed ({error}).")
        self._record(due, {r.sop_instance_uid: outcome for _, r in due}, self._destination(destination_name))
        if to_ask:
            self._begin(to_ask, str(generate_uid()))

    def _now_or(self, due_at: datetime | None) -> datetime:
        return self.now() if due_at is None else max(self.now(), due_at)

    def _destination(self, name: str) -> AnyDestination | None:
        return next((d for d in self.settings.destinations if d.name == name), None)

    def _calling(self) -> str:
        return self.settings.delivery.calling_ae_title or self.settings.listener.ae_title

    def _send(
        self, study_uid: str, due: Sequence[tuple[Delivery, Report]], destination: AnyDestination | None
    ) -> Mapping[str, Outcome]:
        """From SOP Instance UID to what came of it, for each object that is due."""
        if destination is None:
            gone = Outcome(False, "The destination is not configured any more.")
            return {report.sop_instance_uid: gone for _, report in due}
        outcomes: dict[str, Outcome] = {}
        objects = []
        for _, report in due:
            try:
                objects.append(self._object(study_uid, report))
            except ArchiveError as error:
                outcomes[report.sop_instance_uid] = Outcome(
                    False, f"The storage does not give the report ({error})."
                )
        if not objects:
            return outcomes
        if isinstance(destination, Destination):
            return outcomes | dimse.store(objects, destination, self._calling())
        return outcomes | stow.store(objects, destination)

    def _object(self, study_uid: str, report: Report) -> Outgoing:
        key = Key(study_uid, report.series_instance_uid, report.sop_instance_uid)
        data = self.archive.get(key)
        try:
            dcmread(BytesIO(data), stop_before_pixels=True)
        except UNREADABLE as error:
            raise ArchiveError(f"not in a state to be read, {type(error).__name__}") from error
        return Outgoing(ObjectKind(report.kind), report.sop_instance_uid, data)

    def _record(
        self,
        due: Sequence[tuple[Delivery, Report]],
        outcomes: Mapping[str, Outcome],
        destination: AnyDestination | None,
    ) -> None:
        wanted = destination.commitment if isinstance(destination, Destination) else Commitment.OFF
        with writing(self.engine) as session:
            for delivery, report in due:
                outcome = outcomes[report.sop_instance_uid]
                attempt = delivery.attempts + 1
                record_attempt(
                    session,
                    delivery.id,
                    attempt,
                    acknowledged=outcome.acknowledged,
                    outcome=outcome.text,
                    retry_after=retry_after(attempt, self.settings.delivery, refused=outcome.refused),
                    who=self.who,
                    now=self.now(),
                    refused=outcome.refused,
                    commitment_due=wanted != Commitment.OFF,
                    held=wanted == Commitment.REQUIRED,
                )

    def _ask(self, due: Sequence[tuple[Delivery, Report]], destination: Destination) -> None:
        required = destination.commitment == Commitment.REQUIRED
        if not required and all(delivery.commitment_asks >= _MOST_ASKS for delivery, _ in due):
            why = f"No answer to {_MOST_ASKS} requests for Storage Commitment."
            self._end(due, CommitmentStatus.UNANSWERED, None, why)
            return
        transaction_uid = str(generate_uid())
        asks = self._begin(due, transaction_uid)
        answer = ask(
            transaction_uid,
            [(report.sop_class_uid, report.sop_instance_uid) for _, report in due],
            destination,
            self._calling(),
            CommitmentReports(self.engine, self.settings.delivery, self.now).receive,
        )
        if not answer.offered and not required:
            self._end(due, CommitmentStatus.NOT_OFFERED, None, answer.text)
        elif not answer.taken and required:
            status = CommitmentStatus.ASKED if answer.offered else CommitmentStatus.NOT_OFFERED
            pause = retry_after(asks, self.settings.delivery, refused=not answer.offered)
            self._end(due, status, self.now() + pause, answer.text)

    def _end(
        self,
        due: Sequence[tuple[Delivery, Report]],
        status: CommitmentStatus,
        ask_again_at: datetime | None,
        why: str,
    ) -> None:
        with writing(self.engine) as session:
            ids = [delivery.id for delivery, _ in due]
            end_commitment(session, ids, status, ask_again_at, why=why, who=self.who, now=self.now())

    def _begin(self, due: Sequence[tuple[Delivery, Report]], transaction_uid: str) -> int:
        """Record a request that is about to be made; the number of requests, with this one."""
        asks = max(delivery.commitment_asks for delivery, _ in due) + 1
        wait = doubled(self.settings.delivery.commitment_timeout, asks, _LONGEST_WAIT)
        with writing(self.engine) as session:
            begin_commitment(session, [d.id for d, _ in due], transaction_uid, self.now() + wait)
        return asks


def _study_uid(session: Session, study_id: int) -> str:
    return session.execute(select(Study.study_instance_uid).where(Study.id == study_id)).scalar_one()
