"""Reports on their way to their destinations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.index import record_event
from db.models import Delivery, DeliveryStatus, Report, Study, StudyStatus


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery whose time has come."""

    id: int
    attempts: int
    destination: str


def add_deliveries(session: Session, report_id: int, destinations: Iterable[str], now: datetime) -> None:
    """Have a report delivered to destinations, at once; one that has it in hand already is left alone."""
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
    """Have a report delivered to destinations once more, whether or not it was."""
    names = tuple(destinations)
    session.execute(
        update(Delivery)
        .where(Delivery.report_id == report_id, Delivery.destination.in_(names))
        .values(status=DeliveryStatus.WAITING, next_attempt_at=now, delivered_at=None)
    )
    add_deliveries(session, report_id, names, now)


def due_deliveries(session: Session, now: datetime) -> Sequence[DueDelivery]:
    """The deliveries to try now, the longest due first."""
    rows = session.execute(
        select(Delivery.id, Delivery.attempts, Delivery.destination)
        .where(Delivery.status == DeliveryStatus.WAITING, Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at)
    )
    return [DueDelivery(*row) for row in rows]


def delivery_by_id(session: Session, delivery_id: int) -> tuple[Delivery, Report, str]:
    """A delivery, its report, and the Study Instance UID."""
    delivery, report, uid = session.execute(
        select(Delivery, Report, Study.study_instance_uid)
        .join(Report, Report.id == Delivery.report_id)
        .join(Study, Study.id == Report.study_id)
        .where(Delivery.id == delivery_id)
    ).one()
    return delivery, report, uid


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
) -> None:
    """Record how the attempt of this number went; an attempt recorded already is left as it is.

    When the last delivery of a study's version is acknowledged, the study is delivered. The study is locked
    meanwhile: of two acknowledgements at once, the second must see the first.
    """
    session.execute(
        select(Study.id)
        .join(Report, Report.study_id == Study.id)
        .join(Delivery, Delivery.report_id == Report.id)
        .where(Delivery.id == delivery_id)
        .with_for_update(of=Study)
    )
    values = (
        {"status": DeliveryStatus.DELIVERED, "delivered_at": now}
        if acknowledged
        else {"next_attempt_at": now + retry_after}
    )
    row = session.execute(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.attempts == attempt - 1,
            Delivery.status == DeliveryStatus.WAITING,
        )
        .values(attempts=attempt, last_outcome=outcome, **values)
        .returning(Delivery.report_id, Delivery.destination)
    ).first()
    if row is None:
        return
    report = session.get_one(Report, row.report_id)
    record_event(
        session,
        at=now,
        who=who,
        what="report-delivered" if acknowledged else "delivery-failed",
        why=outcome,
        study_id=report.study_id,
        details={"destination": row.destination, "attempt": attempt, "version": report.version},
    )
    if acknowledged and not is_waiting(session, report):
        session.execute(
            update(Study)
            .where(
                Study.id == report.study_id,
                Study.version == report.version,
                Study.status == StudyStatus.DELIVERING,
            )
            .values(status=StudyStatus.DELIVERED, status_reason=None)
        )


def is_waiting(session: Session, report: Report) -> bool:
    """Whether a report on the same version of the study, this one or another, is still to be delivered."""
    found = session.scalar(
        select(Delivery.id)
        .join(Report, Report.id == Delivery.report_id)
        .where(
            Report.study_id == report.study_id,
            Report.version == report.version,
            Delivery.status == DeliveryStatus.WAITING,
        )
        .limit(1)
    )
    return found is not None
