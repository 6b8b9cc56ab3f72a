"""What destinations report of Storage Commitment, on whichever association it comes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pynetdicom.events import Event
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.commitments import record_commitment
from db.engine import writing
from listener.delivery.commitment import CANNOT_BE_UNDERSTOOD, PROCESSING_FAILURE, SUCCESS, read_report
from listener.delivery.outcomes import retry_after
from listener.settings import DeliverySettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CommitmentReports:
    """Takes the reports; a destination that fails to keep an object is sent it again."""

    engine: Engine
    settings: DeliverySettings
    now: Callable[[], datetime]

    def receive(self, event: Event) -> int:
        """Record a report (N-EVENT-REPORT), and give the status to answer it with.

        One on a transaction that is not known, or was asked again since, changes nothing.
        """
        report = read_report(event)
        if report is None:
            return CANNOT_BE_UNDERSTOOD
        try:
            with writing(self.engine) as session:
                known = record_commitment(
                    session,
                    report.transaction_uid,
                    report.committed,
                    report.failed,
                    unsupported=report.unsupported,
                    send_again_after=self._send_again_after,
                    who="storage commitment",
                    now=self.now(),
                )
        except SQLAlchemyError as error:
            log.error("commitment not recorded", error=type(error).__name__)
            return PROCESSING_FAILURE
        if not known:
            log.info("commitment of an unknown transaction", transaction=report.transaction_uid)
        return SUCCESS

    def _send_again_after(self, asks: int) -> timedelta:
        return retry_after(asks, self.settings, refused=True)
