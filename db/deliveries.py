"""Objects made for the PACS on their way to their destinations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, or_, select, update
from sqlalchemy.orm import Session

from db.index import record_event
from db.models import CommitmentStatus, Delivery, DeliveryStatus, ObjectKind, Report, Study, StudyStatus

_UNSENT = (DeliveryStatus.WAITING, DeliveryStatus.REFUSED)
_AWAITED = (None, CommitmentStatus.ASKED)
_MOST_REASONS = 3
"""In a study's status; the deliveries themselves have all of them."""


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """What is due for one study at one destination, all of which is one piece of work.

    Attributes
    ----------
    leader, turn, due_at
        The first of the deliveries that are due, how often something was tried with it, and since when it is
        due: together they name this piece of work, and no later one.
    """

    study_id: int
    destination: str
    leader: int
    turn: int
    due_at: datetime


def add_deliveries(session: Session, report_id: int, destinations: Iterable[str], now: datetime) -> None:
    """Have an object delivered to destinations, at once; one that has it in hand already is left alone."""
    known = set(session.scalars(select(Delivery.destination).where(Delivery.report_id == report_id)))
    session.add_all(
        Delivery(
            report_id=report_id,
            destination=name,
            status=DeliveryStatus.WAITING,
            attempts=0,
            next_attempt_at=now,
        )
        for name in destinations
        if name not in known
    )


def deliver_again(session: Session, report_id: int, destinations: Iterable[str], now: datetime) -> None:
    """Have an object delivered to destinations once more, whether or not it was."""
    names = tuple(destinations)
    session.execute(
        update(Delivery)
        .where(Delivery.report_id == report_id, Delivery.destination.in_(names))
        .values(
            status=DeliveryStatus.WAITING,
            next_attempt_at=now,
            delivered_at=None,
            commitment=None,
            commitment_due_at=None,
            commitment_transaction_uid=None,
            committed_at=None,
        )
    )
    add_deliveries(session, report_id, names, now)


def due_deliveries(session: Session, now: datetime) -> Sequence[DueDelivery]:
    """What to try now, for each study and destination, the longest due first."""
    due_at = case((_is_to_be_sent(now), Delivery.next_attempt_at), else_=Delivery.commitment_due_at)
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.attempts + Delivery.commitment_asks,
            due_at,
            Delivery.destination,
            Report.study_id,
        )
        .join(Report, Report.id == Delivery.report_id)
        .where(or_(_is_to_be_sent(now), Delivery.commitment_due_at <= now))
        .order_by(due_at)
    )
    leaders: dict[tuple[int, str], DueDelivery] = {}
    for delivery_id, turn, since, destination, study_id in rows:
        one = DueDelivery(study_id, destination, delivery_id, turn, since)
        earlier = leaders.setdefault((study_id, destination), one)
        if delivery_id < earlier.leader:
            leaders[study_id, destination] = one
    return list(leaders.values())


def _is_to_be_sent(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.status.in_(_UNSENT), Delivery.next_attempt_at <= now)


def objects_to_send(
    session: Session, study_id: int, destination: str, now: datetime
) -> Sequence[tuple[Delivery, Report]]:
    """The deliveries of a study to a destination that are due, what is referred to before what refers to it.

    Segmentations and key images go before the structured report, so that whoever opens the report finds
    what it names.
    """
    rows = session.execute(
        select(Delivery, Report)
        .join(Report, Report.id == Delivery.report_id)
        .where(Report.study_id == study_id, Delivery.destination == destination, _is_to_be_sent(now))
        .order_by(Report.version, Report.kind == ObjectKind.SR, Report.id)
    )
    return [(delivery, report) for delivery, report in rows]


def record_attempt(
    session: Session,
    delivery_id: int,
    attempt: int,
    *,
    acknowledged: bool,
    outcome: str,
    retry_after: timedelta,
    who: str,
    now: datetime,
    refused: bool = False,
    commitment_due: bool = False,
    held: bool = False,
) -> None:
    """Record how the attempt of this number went; an attempt recorded already is left as it is.

    The study is locked meanwhile: of two acknowledgements at once, the second must see the first.

    Parameters
    ----------
    refused
        Whether the destination takes no objects of this kind.
    commitment_due
        Whether a destination that acknowledged is to be asked for Storage Commitment.
    held
        Whether the object counts as delivered with that commitment only.
    """
    session.execute(
        select(Study.id)
        .join(Report, Report.study_id == Study.id)
        .join(Delivery, Delivery.report_id == Report.id)
        .where(Delivery.id == delivery_id)
        .with_for_update(of=Study)
    )
    values: dict[str, object]
    if acknowledged:
        arrived = {"status": DeliveryStatus.DELIVERED, "delivered_at": now}
        values = {"status": DeliveryStatus.ACKNOWLEDGED} if held else arrived
        values["commitment_due_at"] = now if commitment_due else None
    else:
        status = DeliveryStatus.REFUSED if refused else DeliveryStatus.WAITING
        values = {"status": status, "next_attempt_at": now + retry_after}
    row = session.execute(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.attempts == attempt - 1,
            Delivery.status.in_(_UNSENT),
        )
        .values(attempts=attempt, last_outcome=outcome, **values)
        .returning(Delivery.report_id, Delivery.destination)
    ).first()
    if row is None:
        return
    report = session.get_one(Report, row.report_id)
    failure = "delivery-refused" if refused else "delivery-failed"
    record_event(
        session,
        at=now,
        who=who,
        what="report-delivered" if acknowledged else failure,
        why=outcome,
        study_id=report.study_id,
        details={
            "destination": row.destination,
            "attempt": attempt,
            "version": report.version,
            "kind": report.kind,
        },
    )
    set_standing(session, report.study_id, report.version)


def set_standing(session: Session, study_id: int, version: int) -> None:
    """Bring a study that was reported on to where its deliveries have brought it."""
    status, why = standing(session, study_id, version)
    if status is not None:
        session.execute(
            update(Study)
            .where(
                Study.id == study_id,
                Study.version == version,
                Study.status.in_(
                    (StudyStatus.DELIVERING, StudyStatus.DELIVERED, StudyStatus.DELIVERED_IN_PART)
                ),
            )
            .values(status=status, status_reason=why)
        )


def standing(session: Session, study_id: int, version: int) -> tuple[StudyStatus | None, str | None]:
    """Where the deliveries of all objects of a version stand, and what keeps them; none without deliveries.

    A destination that refuses segmentations or key images holds no study up, one that refuses the structured
    report does: without it nobody knows of the others.
    """
    rows = session.execute(
        select(Delivery.destination, Delivery.status, Delivery.last_outcome, Delivery.commitment, Report.kind)
        .join(Report, Report.id == Delivery.report_id)
        .where(Report.study_id == study_id, Report.version == version)
        .order_by(Delivery.destination, Report.kind, Delivery.id)
    ).all()
    if not rows:
        return None, None
    missing = [row for row in rows if row.status != DeliveryStatus.DELIVERED]
    said = dict.fromkeys(f"{row.destination}: {_words(row)}" for row in missing if row.last_outcome)
    why = " ".join(list(said)[:_MOST_REASONS]) or None
    if not missing:
        return StudyStatus.DELIVERED, None
    if all(row.status == DeliveryStatus.REFUSED and row.kind != ObjectKind.SR for row in missing):
        return StudyStatus.DELIVERED_IN_PART, why
    return StudyStatus.DELIVERING, why


def _words(delivery: Row[*tuple[Any, ...]]) -> str:
    if delivery.status == DeliveryStatus.ACKNOWLEDGED and delivery.commitment in _AWAITED:
        return "Acknowledged; it has not committed itself to keep it yet."
    return str(delivery.last_outcome)
