"""One instance: check it, archive it, index it, answer with a status.

Success is answered only when the exact bytes are on disk under their final name and in the database.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.engine import reading, writing
from db.index import Indexed, ReceivedInstance, record_event
from db.lifecycle import is_own_report
from listener.archive import AlreadyArchived, Archive, ArchiveError
from listener.file_meta import dataset_of
from listener.identity import Identity, UnidentifiedError, read_identity
from listener.indexer import Indexer
from listener.settings import ListenerSettings

IMAGE_CLASSES = frozenset((MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage))
"""The SOP classes that a study is analysed for; all others are stored and left alone."""

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
DUPLICATE_SOP_INSTANCE = 0x0111
OUT_OF_RESOURCES = 0xA700
DATASET_DOES_NOT_MATCH_SOP_CLASS = 0xA900
CANNOT_UNDERSTAND = 0xC000

_FREE_SPACE_IS_FRESH = timedelta(seconds=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrival:
    """One C-STORE request.

    Attributes
    ----------
    file_meta
        Preamble, prefix and file meta information as they are to stand before the dataset.
    dataset
        As the peer encoded it.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    calling_ae: str
    file_meta: bytes
    dataset: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A DIMSE status, and the Error Comment that goes with a failure."""

    status: int
    comment: str = ""


class Intake:
    """Takes instances from any number of associations at once."""

    def __init__(
        self,
        archive: Archive,
        engine: Engine,
        settings: ListenerSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._archive = archive
        self._engine = engine
        self._settings = settings
        self._now = now
        self._indexer = Indexer(engine)
        self._space = threading.Lock()
        self._space_checked: tuple[datetime, int | None] | None = None

    def receive(self, arrival: Arrival) -> Answer:
        """Store one instance durably; the answer says whether it is, or why not."""
        if len(arrival.dataset) > self._settings.maximum_instance_size:
            return self._refuse(arrival, OUT_OF_RESOURCES, "The instance is larger than allowed.")
        if self.short_of_space():
            return self._refuse(arrival, OUT_OF_RESOURCES, "The storage is nearly full.")
        try:
            identity = read_identity(arrival.dataset, arrival.transfer_syntax_uid)
        except UnidentifiedError as error:
            return self._refuse(arrival, CANNOT_UNDERSTAND, str(error))
        contradiction = _contradiction(arrival, identity)
        if contradiction:
            return self._refuse(arrival, DATASET_DOES_NOT_MATCH_SOP_CLASS, contradiction)
        try:
            with self._indexer.coming():
                return self._store(arrival, identity)
        except ArchiveError as error:
            return self._refuse(arrival, OUT_OF_RESOURCES, f"The storage failed ({error}).")
        except SQLAlchemyError as error:
            log.error("index failed", error=type(error).__name__)
            return Answer(PROCESSING_FAILURE, "The database did not take the instance.")

    def short_of_space(self) -> bool:
        """Whether the storage has less space left than the settings demand."""
        now = self._now()
        with self._space:
            checked = self._space_checked
            if checked is None or now - checked[0] > _FREE_SPACE_IS_FRESH:
                checked = self._space_checked = (now, self._archive.free_space())
        free = checked[1]
        return free is not None and free < self._settings.minimum_free_space

    def _store(self, arrival: Arrival, identity: Identity) -> Answer:
        digest = hashlib.sha256(arrival.dataset).hexdigest()
        archived = False
        try:
            self._archive.put(identity.key, (arrival.file_meta, arrival.dataset))
            archived = True
        except AlreadyArchived:
            if dataset_of(self._archive.get(identity.key)) != arrival.dataset:
                if self._is_own_report(identity):
                    return Answer(SUCCESS)
                return self._quarantine(arrival, identity, digest)
        indexed = self._indexer.index(self._received(arrival, identity, digest))
        if indexed in (Indexed.CONFLICTING, Indexed.OWN) and archived:
            self._archive.remove(identity.key)
        if indexed is Indexed.CONFLICTING:
            return self._quarantine(arrival, identity, digest)
        return Answer(SUCCESS)

    def _is_own_report(self, identity: Identity) -> bool:
        """Whether it is a report of ours, which a PACS may send back encoded anew."""
        if identity.sop_class_uid in IMAGE_CLASSES:
            return False
        with reading(self._engine) as session:
            return is_own_report(session, identity.key.sop_instance_uid)

    def _received(self, arrival: Arrival, identity: Identity, digest: str) -> ReceivedInstance:
        return ReceivedInstance(
            study_instance_uid=identity.key.study_instance_uid,
            series_instance_uid=identity.key.series_instance_uid,
            sop_instance_uid=identity.key.sop_instance_uid,
            sop_class_uid=identity.sop_class_uid,
            transfer_syntax_uid=arrival.transfer_syntax_uid,
            sha256=digest,
            size_bytes=len(arrival.dataset),
            calling_ae=arrival.calling_ae,
            received_at=self._now(),
            opens_version=identity.sop_class_uid in IMAGE_CLASSES,
            study_attributes=identity.study_attributes,
            series_attributes=identity.series_attributes,
        )

    def _quarantine(self, arrival: Arrival, identity: Identity, digest: str) -> Answer:
        path = self._archive.quarantine(identity.key, digest, (arrival.file_meta, arrival.dataset))
        why = "The SOP Instance UID is stored already with other content."
        self._record(arrival, "instance-quarantined", why, path=path)
        return Answer(DUPLICATE_SOP_INSTANCE, why)

    def _refuse(self, arrival: Arrival, status: int, why: str) -> Answer:
        self._record(arrival, "instance-refused", why, status=f"{status:04X}")
        return Answer(status, why)

    def _record(self, arrival: Arrival, what: str, why: str, **details: str) -> None:
        """Add to the audit trail; if the database does not take it, the log has it at least."""
        log.warning(what, why=why, calling_ae=arrival.calling_ae, **details)
        try:
            with writing(self._engine) as session:
                record_event(
                    session,
                    at=self._now(),
                    who=arrival.calling_ae,
                    what=what,
                    why=why,
                    details={"sop_instance_uid": arrival.sop_instance_uid[:64], **details},
                )
        except SQLAlchemyError as error:
            log.error("event not recorded", error=type(error).__name__)


def _contradiction(arrival: Arrival, identity: Identity) -> str | None:
    if identity.sop_class_uid != arrival.sop_class_uid:
        return "The SOP Class UID of the dataset is not the one of the request."
    if identity.key.sop_instance_uid != arrival.sop_instance_uid:
        return "The SOP Instance UID of the dataset is not the one of the request."
    return None
