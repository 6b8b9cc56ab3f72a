"""Exact bytes to durable storage, atomically; and back.

An object is stored under a key of three UIDs. It is either there whole, under its final name and on disk,
or not there; one that is there is never overwritten.
"""

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import fsspec
from fsspec.core import url_to_fs

ABANDONED_AFTER = timedelta(hours=1)
"""After so long no process is still at work on a file: it was written, and indexed or not."""
_MOST_FOLDERS_REMEMBERED = 10_000

RE_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


class ArchiveError(Exception):
    """The storage failed, or is full."""


class AlreadyArchived(Exception):  # noqa: N818
    """There is an object under this key already."""


def is_uid(text: str) -> bool:
    """Whether a text is a DICOM UID (PS3.5, section 9): 1 to 64 digits and dots, no leading zeros."""
    return 0 < len(text) <= 64 and RE_UID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Key:
    """Where an instance is kept.

    Raises
    ------
    ValueError
        If one of the three is no UID: nothing else ever becomes part of a path.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str

    def __post_init__(self) -> None:
        for uid in (self.study_instance_uid, self.series_instance_uid, self.sop_instance_uid):
            if not is_uid(uid):
                raise ValueError("not a UID")

    @property
    def path(self) -> str:
        """Relative to the root of a collection."""
        return f"{self.study_instance_uid}/{self.series_instance_uid}/{self.sop_instance_uid}.dcm"


class Archive(Protocol):
    """What keeps the objects."""

    def put(self, key: Key, parts: Iterable[bytes]) -> None:
        """Store an object.

        Raises
        ------
        AlreadyArchived
            If the key is taken.
        ArchiveError
            If it could not be stored; then nothing is under the key.
        """

    def quarantine(self, key: Key, digest: str, parts: Iterable[bytes]) -> str:
        """Keep an object that must not enter its study, once per digest; give its path."""

    def get(self, key: Key) -> bytes:
        """The bytes as they were stored.

        Raises
        ------
        ArchiveError
            If there is no such object, or it cannot be read.
        """

    def remove(self, key: Key) -> None:
        """Take back an object that the index did not accept."""

    def set_aside(self, key: Key, digest: str) -> bool:
        """Move an object that no index knows to the quarantine, so that its key is free.

        Parameters
        ----------
        digest
            Of the object that is moved, under which the quarantine keeps it.

        Returns
        -------
        bool
            Whether it was moved. One younger than an hour is not: another listener may be about to index it.
        """

    def remove_abandoned(self) -> int:
        """Remove what writes of more than an hour ago left half-done; how many there were."""

    def free_space(self) -> int | None:
        """Bytes left, or ``None`` where the storage has no such limit."""


def open_archive(url: str) -> Archive:
    """The archive at a folder or an fsspec URL."""
    protocol = fsspec.utils.get_protocol(url)
    if protocol in ("file", "local"):
        return FolderArchive(Path(url.removeprefix("file://")))
    return ObjectArchive(url)


class FolderArchive:
    """Objects as files of a folder.

    Each is written to a name of its own, fsynced, and then linked to its final name, which fails if that
    exists; then the folder is fsynced. Who finds a name taken, or a folder made, fsyncs as well: the one who
    took or made it may not have come to that yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._studies = root / "studies"
        self._quarantine = root / "quarantine"
        self._incoming = root / "incoming"
        for folder in (self._studies, self._quarantine, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        _fsync_folder(root)
        self._on_disk: set[Path] = set()

    def put(self, key: Key, parts: Iterable[bytes]) -> None:
        """Store an object; see :class:`Archive`."""
        try:
            self._write(self._studies / key.path, parts)
        except FileExistsError:
            raise AlreadyArchived from None
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error

    def quarantine(self, key: Key, digest: str, parts: Iterable[bytes]) -> str:
        """Keep an object outside its study; see :class:`Archive`."""
        path = self._quarantine / _quarantined(key, digest)
        with _storage_errors(), suppress(FileExistsError):
            self._write(path, parts)
        return str(path.relative_to(self._root))

    def get(self, key: Key) -> bytes:
        """Read an object; see :class:`Archive`."""
        with _storage_errors():
            return (self._studies / key.path).read_bytes()

    def remove(self, key: Key) -> None:
        """Take back an object; see :class:`Archive`."""
        with _storage_errors():
            (self._studies / key.path).unlink(missing_ok=True)

    def set_aside(self, key: Key, digest: str) -> bool:
        """Move an object that no index knows to the quarantine; see :class:`Archive`."""
        path, aside = self._studies / key.path, self._quarantine / _quarantined(key, digest)
        with _storage_errors():
            if not _is_abandoned(path):
                return False
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.rename(aside)
            self._to_disk(aside.parent)
            _fsync_folder(path.parent)
        return True

    def remove_abandoned(self) -> int:
        """Remove half-written files; see :class:`Archive`. Other listeners may be writing theirs."""
        with _storage_errors():
            abandoned = [path for path in self._incoming.iterdir() if _is_abandoned(path)]
            for path in abandoned:
                path.unlink(missing_ok=True)
        return len(abandoned)

    def free_space(self) -> int:
        """Bytes left on the file system."""
        return shutil.disk_usage(self._root).free

    def _write(self, path: Path, parts: Iterable[bytes]) -> None:
        incoming = self._incoming / uuid.uuid4().hex
        descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            try:
                for part in parts:
                    _write_all(descriptor, part)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            try:
                self._link(incoming, path)
            except FileExistsError:
                self._to_disk(path.parent)
                raise
            self._to_disk(path.parent)
        finally:
            incoming.unlink()

    def _link(self, incoming: Path, path: Path) -> None:
        try:
            os.link(incoming, path)
        except FileNotFoundError:
            self._on_disk.discard(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(incoming, path)

    def _to_disk(self, folder: Path) -> None:
        """Have what a folder lists on disk; and, once in this process, that the folder itself is listed."""
        _fsync_folder(folder)
        if folder in self._on_disk:
            return
        for above in (folder.parent, folder.parent.parent):
            _fsync_folder(above)
        if len(self._on_disk) >= _MOST_FOLDERS_REMEMBERED:
            self._on_disk.clear()
        self._on_disk.add(folder)


def _is_abandoned(path: Path) -> bool:
    """Whether a file is older than any work under way; one that is gone is not."""
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - written > ABANDONED_AFTER.total_seconds()


def _quarantined(key: Key, digest: str) -> str:
    return key.path.replace(".dcm", f".{digest[:16]}.dcm")


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ObjectArchive:
    """Objects in a store that has no folders, such as S3: an upload is there whole or not at all.

    That a key is never overwritten is as certain as the store's ``mode="create"``: S3 checks it as it
    uploads; where fsspec can only look first and write then, two listeners may both write at the same moment.
    """

    def __init__(self, url: str) -> None:
        self._files, self._root = url_to_fs(url)

    def put(self, key: Key, parts: Iterable[bytes]) -> None:
        """Store an object; see :class:`Archive`."""
        path = f"{self._root}/studies/{key.path}"
        with _storage_errors():
            if self._files.exists(path):
                raise AlreadyArchived
            try:
                self._files.pipe_file(path, b"".join(parts), mode="create")
            except FileExistsError:
                raise AlreadyArchived from None

    def quarantine(self, key: Key, digest: str, parts: Iterable[bytes]) -> str:
        """Keep an object outside its study; see :class:`Archive`."""
        path = f"quarantine/{_quarantined(key, digest)}"
        with _storage_errors():
            self._files.pipe_file(f"{self._root}/{path}", b"".join(parts))
        return path

    def get(self, key: Key) -> bytes:
        """Read an object; see :class:`Archive`."""
        with _storage_errors():
            data: bytes = self._files.cat_file(f"{self._root}/studies/{key.path}")
        return data

    def remove(self, key: Key) -> None:
        """Take back an object; see :class:`Archive`."""
        with _storage_errors(), suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/studies/{key.path}")

    def set_aside(self, key: Key, digest: str) -> bool:
        """Move nothing: a store without folders cannot do so atomically."""
        return False

    def remove_abandoned(self) -> int:
        """Remove nothing: an upload that was cut off has left nothing."""
        return 0

    def free_space(self) -> None:
        """No limit is known."""
        return


@contextmanager
def _storage_errors() -> Iterator[None]:
    """What a storage raises, as an error of the archive; a store may raise kinds of its own client."""
    try:
        yield
    except AlreadyArchived:
        raise
    except OSError as error:
        raise ArchiveError(error.strerror or "storage error") from error
    except Exception as error:
        raise ArchiveError(type(error).__name__) from error
