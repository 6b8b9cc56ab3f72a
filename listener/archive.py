"""Exact bytes to durable storage, atomically; and back.

An object is stored under a key of three UIDs. It is either there whole, under its final name and on disk,
or not there; one that is there is never overwritten.
"""

import os
import re
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import fsspec
from fsspec.core import url_to_fs

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
    exists; then the folder is fsynced.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._studies = root / "studies"
        self._quarantine = root / "quarantine"
        self._incoming = root / "incoming"
        for folder in (self._studies, self._quarantine, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)

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
        path = self._quarantine / key.path.replace(".dcm", f".{digest[:16]}.dcm")
        try:
            self._write(path, parts)
        except FileExistsError:
            pass
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error
        return str(path.relative_to(self._root))

    def get(self, key: Key) -> bytes:
        """Read an object; see :class:`Archive`."""
        try:
            return (self._studies / key.path).read_bytes()
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error

    def remove(self, key: Key) -> None:
        """Take back an object; see :class:`Archive`."""
        (self._studies / key.path).unlink(missing_ok=True)

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
                os.link(incoming, path)
            except FileNotFoundError:
                self._make_folders(path.parent)
                os.link(incoming, path)
            _fsync_folder(path.parent)
        finally:
            incoming.unlink()

    def _make_folders(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for made in (folder.parent, folder.parent.parent):
            _fsync_folder(made)


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
    """Objects in a store that has no folders, such as S3: an upload is there whole or not at all."""

    def __init__(self, url: str) -> None:
        self._files, self._root = url_to_fs(url)

    def put(self, key: Key, parts: Iterable[bytes]) -> None:
        """Store an object; see :class:`Archive`."""
        path = f"{self._root}/studies/{key.path}"
        try:
            if self._files.exists(path):
                raise AlreadyArchived
            self._files.pipe_file(path, b"".join(parts))
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error

    def quarantine(self, key: Key, digest: str, parts: Iterable[bytes]) -> str:
        """Keep an object outside its study; see :class:`Archive`."""
        path = f"quarantine/{key.path.replace('.dcm', f'.{digest[:16]}.dcm')}"
        try:
            self._files.pipe_file(f"{self._root}/{path}", b"".join(parts))
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error
        return path

    def get(self, key: Key) -> bytes:
        """Read an object; see :class:`Archive`."""
        try:
            data: bytes = self._files.cat_file(f"{self._root}/studies/{key.path}")
        except OSError as error:
            raise ArchiveError(error.strerror or "storage error") from error
        return data

    def remove(self, key: Key) -> None:
        """Take back an object; see :class:`Archive`."""
        self._files.rm_file(f"{self._root}/studies/{key.path}")

    def free_space(self) -> None:
        """No limit is known."""
        return
