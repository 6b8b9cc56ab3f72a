"""The archive: whole or not there, never overwritten, nowhere but in its place."""

import os
import resource
import shutil
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listener.archive import AlreadyArchived, ArchiveError, FolderArchive, Key, is_uid, open_archive

KEY = Key("1.2", "1.2.3", "1.2.3.4")
PARTS = (b"meta", b"dataset")


@pytest.fixture(params=["folder", "objects"])
def archive(request: pytest.FixtureRequest, tmp_path: Path):
    """A folder, then an object store."""
    return open_archive(str(tmp_path) if request.param == "folder" else f"memory://{uuid.uuid4()}")


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_gives_back_what_it_was_given(archive):
    archive.put(KEY, PARTS)
    assert archive.get(KEY) == b"metadataset"


def test_never_overwrites(archive):
    archive.put(KEY, PARTS)
    with pytest.raises(AlreadyArchived):
        archive.put(KEY, (b"other",))
    assert archive.get(KEY) == b"metadataset"


def test_has_nothing_it_was_not_given(archive):
    with pytest.raises(ArchiveError):
        archive.get(KEY)


def test_takes_back(archive):
    archive.put(KEY, PARTS)
    archive.remove(KEY)
    with pytest.raises(ArchiveError):
        archive.get(KEY)
    archive.put(KEY, (b"other",))
    assert archive.get(KEY) == b"other"


def test_quarantine_is_apart_and_takes_the_same_bytes_twice(archive):
    archive.put(KEY, PARTS)
    paths = [archive.quarantine(KEY, digest * 64, (digest.encode(),)) for digest in ("a", "b", "a")]
    assert paths[0] == paths[2] != paths[1]
    assert all(path.startswith("quarantine/") for path in paths)
    assert archive.get(KEY) == b"metadataset"


def test_folder_has_the_object_under_its_uids_and_nothing_else(tmp_path: Path):
    FolderArchive(tmp_path).put(KEY, PARTS)
    assert files(tmp_path) == ["studies/1.2/1.2.3/1.2.3.4.dcm"]


def test_folder_may_be_named_by_a_url(tmp_path: Path):
    open_archive(f"file://{tmp_path}").put(KEY, PARTS)
    assert files(tmp_path) == ["studies/1.2/1.2.3/1.2.3.4.dcm"]


def test_one_of_many_writers_wins(tmp_path: Path):
    archive = FolderArchive(tmp_path)

    def put(number: int) -> bool:
        try:
            archive.put(KEY, (bytes([number]) * 100_000,))
        except AlreadyArchived:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(put, range(16)))
    assert won.count(True) == 1
    assert archive.get(KEY) == bytes([won.index(True)]) * 100_000
    assert files(tmp_path) == ["studies/1.2/1.2.3/1.2.3.4.dcm"]


def test_many_series_of_a_new_study_at_once(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    keys = [Key("1.2", f"1.2.{n % 4}", f"1.2.9.{n}") for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: archive.put(key, PARTS), keys))
    assert len(files(tmp_path)) == 40


def test_writing_that_fails_half_way_leaves_nothing(tmp_path: Path):
    archive = FolderArchive(tmp_path)

    def parts():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(ArchiveError, match="No space left"):
        archive.put(KEY, parts())
    with pytest.raises(ArchiveError, match="No space left"):
        archive.quarantine(KEY, "a" * 64, parts())
    assert files(tmp_path) == []
    archive.put(KEY, PARTS)


def synced(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[str]:
    """The folders that are fsynced from now on, relative to the root."""
    done: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            done.append(str(path.relative_to(root)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return done


ALL_FOLDERS = ["studies/1.2/1.2.3", "studies/1.2", "studies"]


def test_who_finds_the_name_taken_has_it_on_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The one who took the name may not have fsynced the folder yet."""
    FolderArchive(tmp_path).put(KEY, PARTS)
    archive = FolderArchive(tmp_path)
    folders = synced(monkeypatch, tmp_path)
    with pytest.raises(AlreadyArchived):
        archive.put(KEY, PARTS)
    assert folders == ALL_FOLDERS


def test_folders_that_another_made_are_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = FolderArchive(tmp_path)
    (tmp_path / "studies/1.2/1.2.3").mkdir(parents=True)
    folders = synced(monkeypatch, tmp_path)
    archive.put(KEY, PARTS)
    assert folders == ALL_FOLDERS
    archive.put(Key("1.2", "1.2.3", "1.2.3.5"), PARTS)
    assert folders == [*ALL_FOLDERS, ALL_FOLDERS[0]]


def test_folders_removed_by_hand_are_made_and_on_disk_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = FolderArchive(tmp_path)
    archive.put(KEY, PARTS)
    shutil.rmtree(tmp_path / "studies/1.2")
    folders = synced(monkeypatch, tmp_path)
    archive.put(KEY, PARTS)
    assert folders == ALL_FOLDERS


def test_what_a_crash_left_half_written_is_removed_after_an_hour(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    for name, minutes in (("old", 61), ("young", 59)):
        (tmp_path / "incoming" / name).write_bytes(b"half")
        then = time.time() - 60 * minutes
        os.utime(tmp_path / "incoming" / name, (then, then))
    assert archive.remove_abandoned() == 1
    assert files(tmp_path) == ["incoming/young"]


def test_set_aside_after_an_hour(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    archive.put(KEY, PARTS)
    assert not archive.set_aside(KEY, "a" * 64)
    then = time.time() - 3700
    os.utime(tmp_path / "studies" / KEY.path, (then, then))
    assert archive.set_aside(KEY, "a" * 64)
    assert files(tmp_path) == [f"quarantine/1.2/1.2.3/1.2.3.4.{'a' * 16}.dcm"]
    assert not archive.set_aside(KEY, "a" * 64)


def test_store_takes_a_key_once_even_if_it_looked_free(monkeypatch: pytest.MonkeyPatch):
    archive = open_archive(f"memory://{uuid.uuid4()}")
    archive.put(KEY, PARTS)
    looks = iter([False])
    exists = archive._files.exists
    monkeypatch.setattr(archive._files, "exists", lambda path: next(looks, None) is None and exists(path))
    with pytest.raises(AlreadyArchived):
        archive.put(KEY, (b"other",))
    assert archive.get(KEY) == b"metadataset"


def test_errors_of_a_stores_own_client_are_errors_of_the_archive(monkeypatch: pytest.MonkeyPatch):
    class EndpointConnectionError(Exception):
        pass

    def fail(*_args, **_kwargs):
        raise EndpointConnectionError("https://store.example/PLANCK^MAX")

    archive = open_archive(f"memory://{uuid.uuid4()}")
    monkeypatch.setattr(archive._files, "pipe_file", fail)
    with pytest.raises(ArchiveError, match=r"^EndpointConnectionError$"):
        archive.put(KEY, PARTS)


_FILL = """
import sys
from pathlib import Path
from listener.archive import ArchiveError, FolderArchive, Key
archive = FolderArchive(Path(sys.argv[1]))
try:
    archive.put(Key("1.2", "1.3", "1.4"), [bytes(3000), bytes(3000)])
except ArchiveError as error:
    print(error)
archive.put(Key("1.2", "1.3", "1.5"), [bytes(2000)])
"""


def test_file_that_grows_beyond_what_the_system_allows(tmp_path: Path):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-B", "-c", _FILL, str(tmp_path)],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == "File too large\n"
    assert files(tmp_path) == ["studies/1.2/1.3/1.5.dcm"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_may_not_be_written_to(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    (tmp_path / "incoming").chmod(0o500)
    with pytest.raises(ArchiveError, match="Permission denied"):
        archive.put(KEY, PARTS)


def test_folder_that_has_vanished(tmp_path: Path):
    archive = FolderArchive(tmp_path)
    (tmp_path / "incoming").rmdir()
    with pytest.raises(ArchiveError, match="No such file"):
        archive.put(KEY, PARTS)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "1.", ".1", "1..2", "01.2", "1.02", "1.2a", "1.2/3", "../1.2", "1.2\n", "1.2\0", " 1.2",
     "1" * 65, "١.٢", "-1.2", "1.2.dcm"],
)  # fmt: skip
def test_what_is_no_uid_is_never_part_of_a_path(text: str):
    assert not is_uid(text)
    for place in range(3):
        with pytest.raises(ValueError, match="not a UID"):
            Key(*("1.2" if n != place else text for n in range(3)))


@pytest.mark.parametrize("text", ["0", "1", "0.0", "1.2.840.10008", "2.25." + "9" * 39, "1" * 64])
def test_uids(text: str):
    assert is_uid(text)


@given(st.text(alphabet="0123456789./\\\n\0a٣ ", max_size=66))
@example("1.2\n")
def test_paths_stay_below_the_root(text: str):
    if not is_uid(text):
        return
    path = Path("/archive/studies") / Key(text, text, text).path
    assert path == Path(os.path.normpath(path))
    assert path.is_relative_to("/archive/studies")
    assert len(path.relative_to("/archive/studies").parts) == 3


def test_free_space(tmp_path: Path):
    assert FolderArchive(tmp_path).free_space() > 0
    assert open_archive("memory://x").free_space() is None
