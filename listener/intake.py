"""One instance: check it, archive it, index it, answer with a status.

Success is answered only when the exact bytes are on disk under their final name and in the database.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.engine import reading, writing
from db.index import Indexed, ReceivedInstance, is_indexed, record_event
from db.lifecycle import is_own_report, study_by_uid
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
_MOST_EVENTS_REMEMBERED = 10_000

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
    """Takes instances from any number of associations at once.

    Those of one SOP Instance UID are taken one after the other, so that none sees a file of which another has
    yet to say in the index what it is. Two listeners on one archive do not know of each other: of the same
    instance with different content, at the same moment, both have only the archive's refusal to overwrite,
    and leave alone what is younger than an hour.
    """

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
        self._in_work: set[str] = set()
        self._done = threading.Condition()
        self._recorded: set[tuple[date, tuple[str, ...]]] = set()

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
            return self._refuse(arrival, DATASET_DOES_NOT_MATCH_SOP_CLASS, contradiction, identity)
        try:
            with self._alone_with(identity.key.sop_instance_uid), self._indexer.coming():
                return self._store(arrival, identity)
        except ArchiveError as error:
            return self._refuse(arrival, OUT_OF_RESOURCES, f"The storage failed ({error}).", identity)
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

    @contextmanager
    def _alone_with(self, sop_instance_uid: str) -> Iterator[None]:
        """Wait until no other association is at work on this instance."""
        with self._done:
            while sop_instance_uid in self._in_work:
                self._done.wait()
            self._in_work.add(sop_instance_uid)
        try:
            yield
        finally:
            with self._done:
                self._in_work.remove(sop_instance_uid)
                self._done.notify_all()

    def _store(self, arrival: Arrival, identity: Identity) -> Answer:
        digest = hashlib.sha256(arrival.dataset).hexdigest()
        archived = False
        try:
            self._archive.put(identity.key, (arrival.file_meta, arrival.dataset))
            archived = True
        except AlreadyArchived:
            there = dataset_of(self._archive.get(identity.key))
            if there != arrival.dataset:
                if self._is_own_report(identity):
                    return Answer(SUCCESS)
                if not self._set_aside(arrival, identity, hashlib.sha256(there).hexdigest()):
                    return self._quarantine(arrival, identity, digest)
                self._archive.put(identity.key, (arrival.file_meta, arrival.dataset))
                archived = True
        indexed = self._indexer.index(self._received(arrival, identity, digest))
        if indexed in (Indexed.CONFLICTING, Indexed.OWN) and archived:
            self._archive.remove(identity.key)
        if indexed is Indexed.CONFLICTING:
            return self._quarantine(arrival, identity, digest)
        return Answer(SUCCESS)

    def _set_aside(self, arrival: Arrival, identity: Identity, digest: str) -> bool:
        """Have a file give way that no row tells of, as a crash between archive and index leaves one."""
        with reading(self._engine) as session:
            if is_indexed(session, identity.key.sop_instance_uid):
                return False
        if not self._archive.set_aside(identity.key, digest):
            return False
        why = "A file that the index did not know gave way to other content of the same SOP Instance UID."
        self._record(arrival, "file-set-aside", why, identity)
        return True

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
        self._record(arrival, "instance-quarantined", why, identity, path=path)
        return Answer(DUPLICATE_SOP_INSTANCE, why)

    def _refuse(self, arrival: Arrival, status: int, why: str, identity: Identity | None = None) -> Answer:
        self._record(arrival, "instance-refused", why, identity, status=f"{status:04X}")
        return Answer(status, why)

    def _record(
        self, arrival: Arrival, what: str, why: str, identity: Identity | None, **details: str
    ) -> None:
        """Add to the audit trail, once a day; if the database does not take it, the log has it at least."""
        log.warning(what, why=why, calling_ae=arrival.calling_ae, **details)
        now = self._now()
        details = {"sop_instance_uid": arrival.sop_instance_uid[:64], **details}
        this = (now.date(), (arrival.calling_ae, what, why, *details.values()))
        if this in self._recorded:
            return
        try:
            with writing(self._engine) as session:
                study = study_by_uid(session, identity.key.study_instance_uid) if identity else None
                record_event(
                    session,
                    at=now,
                    who=arrival.calling_ae,
                    what=what,
                    why=why,
                    study_id=study.id if study else None,
                    details=details,
                )
        except SQLAlchemyError as error:
            log.error("event not recorded", error=type(error).__name__)
            return
        if len(self._recorded) >= _MOST_EVENTS_REMEMBERED:
            self._recorded.clear()
        self._recorded.add(this)


def _contradiction(arrival: Arrival, identity: Identity) -> str | None:
    if identity.sop_class_uid != arrival.sop_class_uid:
        return "The SOP Class UID of the dataset is not the one of the request."
    if identity.key.sop_instance_uid != arrival.sop_instance_uid:
        return "The SOP Instance UID of the dataset is not the one of the request."
    return None
