"""What the listener hands to the index, and a way to ask the database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from db.engine import reading, writing
from db.index import ReceivedInstance, index_instances
from db.lifecycle import close_version, set_status, study_by_uid
from db.models import StudyStatus
from tests.images import STUDY_UID

NOW = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)
MR, SR = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.88.34"
EXPLICIT = "1.2.840.10008.1.2.1"


def arrival(number: int = 1, series: int = 1, study: str = STUDY_UID, **changes: Any) -> ReceivedInstance:
    """The instance of this number."""
    fields: dict[str, Any] = {
        "study_instance_uid": study,
        "series_instance_uid": f"{study}.{series}",
        "sop_instance_uid": f"{study}.{series}.{number}",
        "sop_class_uid": MR,
        "transfer_syntax_uid": EXPLICIT,
        "sha256": f"{number:064x}",
        "size_bytes": 1000,
        "calling_ae": "SCANNER",
        "received_at": NOW + timedelta(seconds=number),
        "opens_version": True,
        "study_attributes": {"patient_id": "PID", "patient_name": "Planck^Max"},
        "series_attributes": {"modality": "MR", "series_number": str(series)},
    }
    return ReceivedInstance(**{**fields, **changes})


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    """Ask the database."""
    with reading(engine) as session:
        return list(session.execute(text(statement), values))


def settled_study(engine: Engine, *, images: int = 2, status: StudyStatus = StudyStatus.REPORTED) -> int:
    """A study whose first version is closed and at a status; its row id."""
    index_instances(engine, [arrival(number) for number in range(1, images + 1)])
    with writing(engine) as session:
        study = study_by_uid(session, STUDY_UID)
        assert study is not None
        closed = close_version(
            session,
            study.id,
            1,
            last_received_at=study.last_received_at,
            complete=True,
            why="quiet",
            who="test",
            now=NOW + timedelta(minutes=3),
        )
        assert closed
        set_status(session, study.id, 1, status, who="test", now=NOW + timedelta(minutes=4))
        return study.id
