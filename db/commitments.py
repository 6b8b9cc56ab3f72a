"""Storage Commitment: what a destination was asked to take responsibility for, and what it said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from db.deliveries import set_standing
from db.index import record_event
from db.models import CommitmentStatus, Delivery, DeliveryStatus, Report, Study

_TAKEN = (DeliveryStatus.ACKNOWLEDGED, DeliveryStatus.DELIVERED)


def commitments_to_ask(
    session: Session, study_id: int, destination: str, now: datetime
) -> Sequence[tuple[Delivery, Report]]:
    """The deliveries of a study that a destination has taken and is to be asked about."""
    rows = session.execute(
        select(Delivery, Report)
        .join(Report, Report.id == Delivery.report_id)
        .where(
            Report.study_id == study_id,
            Delivery.destination == destination,
            Delivery.status.in_(_TAKEN),
            Delivery.commitment_due_at <= now,
        )
        .order_by(Delivery.id)
    )
    return [(delivery, report) for delivery, report in rows]


def begin_commitment(
    session: Session, delivery_ids: Sequence[int], transaction_uid: str, ask_again_at: datetime
) -> None:
    """Record a request before it is made, so that its answer is known whenever and wherever it comes."""
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids), Delivery.status.in_(_TAKEN))
        .values(
            commitment=CommitmentStatus.ASKED,
            commitment_transaction_uid=transaction_uid,
            commitment_asks=Delivery.commitment_asks + 1,
            commitment_due_at=ask_again_at,
        )
    )


def end_commitment(
    session: Session,
    delivery_ids: Sequence[int],
    status: CommitmentStatus,
    ask_again_at: datetime | None,
    *,
    why: str,
    who: str,
    now: datetime,
) -> None:
    """Record that asking led to nothing, and when to ask again; if never, what was acknowledged must do.

    An answer that came all the same is left as it is.
    """
    _lock_studies(session, Delivery.id.in_(delivery_ids))
    held = Delivery.status == DeliveryStatus.ACKNOWLEDGED
    given_up: dict[str, object] = {
        "status": DeliveryStatus.DELIVERED,
        "delivered_at": func.coalesce(Delivery.delivered_at, now),
    }
    reports = session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(delivery_ids),
            Delivery.status.in_(_TAKEN),
            Delivery.commitment_due_at.is_not(None),
        )
        .values(
            commitment=status,
            commitment_due_at=ask_again_at,
            last_outcome=case((held, why), else_=Delivery.last_outcome),
            **(given_up if ask_again_at is None else {}),
        )
        .returning(Delivery.report_id, Delivery.destination)
    ).all()
    if not reports:
        return
    report = session.get_one(Report, reports[0].report_id)
    record_event(
        session,
        at=now,
        who=who,
        what=f"commitment-{status.replace('_', '-')}",
        why=why,
        study_id=report.study_id,
        details={
            "destination": reports[0].destination,
            "objects": len(reports),
            "version": report.version,
        },
    )
    set_standing(session, report.study_id, report.version)


def record_commitment(
    session: Session,
    transaction_uid: str,
    committed: Collection[str],
    failed: Mapping[str, str],
    *,
    send_again_after: Callable[[int], timedelta],
    who: str,
    now: datetime,
    unsupported: Collection[str] = (),
) -> bool:
    """Record a destination's answer: what it keeps is safe, what it does not is sent again.

    Parameters
    ----------
    committed
        SOP Instance UIDs.
    failed
        From SOP Instance UID to the reason, in words.
    send_again_after
        From how often the destination was asked to the pause before an object is sent again.
    unsupported
        Those of the failed that it commits itself to none of the class of. Where that is not required they
        count as delivered still: to send them again would be answered in the same way.

    Returns
    -------
    bool
        Whether the transaction is one that was asked last for some object.
    """
    of_transaction = Delivery.commitment_transaction_uid == transaction_uid
    _lock_studies(session, of_transaction)
    rows = session.execute(
        select(Delivery, Report)
        .join(Report, Report.id == Delivery.report_id)
        .where(of_transaction, Delivery.status.in_(_TAKEN))
    ).all()
    asked = [(d, r) for d, r in rows if d.commitment != CommitmentStatus.COMMITTED]
    safe = [(d, r) for d, r in asked if r.sop_instance_uid in committed and r.sop_instance_uid not in failed]
    waived = [
        (d, r) for d, r in asked if r.sop_instance_uid in unsupported and d.status == DeliveryStatus.DELIVERED
    ]
    lost = [(d, r) for d, r in asked if r.sop_instance_uid in failed and (d, r) not in waived]
    for delivery, _ in safe:
        _commit(delivery, now)
    for delivery, _ in waived:
        delivery.commitment, delivery.commitment_due_at = CommitmentStatus.NOT_OFFERED, None
    for delivery, report in lost:
        again_at = now + send_again_after(delivery.commitment_asks)
        _fail(delivery, failed[report.sop_instance_uid], again_at)
    session.flush()
    for what, some in (
        ("objects-committed", safe),
        ("commitment-not-offered", waived),
        ("commitment-failed", lost),
    ):
        for delivery, report in some[:1]:
            record_event(
                session,
                at=now,
                who=who,
                what=what,
                why=delivery.last_outcome if some is lost else None,
                study_id=report.study_id,
                details={
                    "destination": delivery.destination,
                    "objects": len(some),
                    "version": report.version,
                },
            )
    for study_id, version in {(report.study_id, report.version) for _, report in asked}:
        set_standing(session, study_id, version)
    return bool(rows)


def _lock_studies(session: Session, of_deliveries: ColumnElement[bool]) -> None:
    """Before their deliveries change: what is concluded from all of them must see all of them."""
    studies = select(Report.study_id).join(Delivery, Delivery.report_id == Report.id).where(of_deliveries)
    session.execute(select(Study.id).where(Study.id.in_(studies)).with_for_update())


def _commit(delivery: Delivery, now: datetime) -> None:
    delivery.commitment = CommitmentStatus.COMMITTED
    delivery.commitment_due_at = None
    delivery.committed_at = now
    if delivery.status == DeliveryStatus.ACKNOWLEDGED:
        delivery.status = DeliveryStatus.DELIVERED
        delivery.delivered_at = now


def _fail(delivery: Delivery, why: str, send_again_at: datetime) -> None:
    delivery.commitment = CommitmentStatus.FAILED
    delivery.commitment_due_at = None
    delivery.status = DeliveryStatus.WAITING
    delivery.next_attempt_at = send_again_at
    delivery.delivered_at = None
    delivery.last_outcome = why
