"""The answer to one C-STORE: every status, and what is left behind."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pydicom.uid as uids
import pytest
from pydicom import FileDataset
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from db.engine import make_engine, migrate, reading, writing
from db.models import Report, Study
from listener.archive import ArchiveError, FolderArchive, Key
from listener.intake import Arrival, Intake
from listener.settings import ListenerSettings
from tests.images import STUDY_UID, dataset_bytes, file_bytes, mr_image

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


class Disk(FolderArchive):
    """A folder whose free space and failures are told to it."""

    free = 1 << 40
    failure: str | None = None

    def free_space(self) -> int:
        return self.free

    def put(self, key: Key, parts) -> None:
        if self.failure:
            raise ArchiveError(self.failure)
        super().put(key, parts)


class Desk:
    """An intake over a folder and SQLite, at a time that is told to it."""

    def __init__(self, folder: Path, url: str, **settings) -> None:
        self.folder = folder
        self.disk = Disk(folder)
        self.engine: Engine = make_engine(url)
        migrate(self.engine)
        self.now = NOW
        limits = ListenerSettings(**{"minimum_free_space": 1000, **settings})
        self.intake = Intake(self.disk, self.engine, limits, lambda: self.now)

    def receive(self, image: FileDataset, **changes) -> tuple[int, str]:
        content, data = file_bytes(image), dataset_bytes(image)
        fields = {
            "sop_class_uid": str(image.file_meta.MediaStorageSOPClassUID),
            "sop_instance_uid": str(image.file_meta.MediaStorageSOPInstanceUID),
            "transfer_syntax_uid": str(image.file_meta.TransferSyntaxUID),
            "calling_ae": "SCANNER",
            "file_meta": content[: len(content) - len(data)],
            "dataset": data,
            **changes,
        }
        answer = self.intake.receive(Arrival(**fields))
        return answer.status, answer.comment

    def events(self) -> list[tuple[str, str]]:
        with reading(self.engine) as session:
            return [tuple(row) for row in session.execute(text("SELECT what, why FROM event ORDER BY id"))]

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file())

    def instances(self) -> int:
        with reading(self.engine) as session:
            return session.execute(text("SELECT COUNT(*) FROM instance")).scalar_one()


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str):
    made = Desk(tmp_path / "archive", sqlite_url)
    yield made
    made.engine.dispose()


PATH = f"{STUDY_UID}/{STUDY_UID}.1/{STUDY_UID}.1.1"


def test_success_has_the_file_as_received_and_a_row(desk: Desk):
    image = mr_image()
    assert desk.receive(image) == (0x0000, "")
    assert (desk.folder / "studies" / f"{PATH}.dcm").read_bytes() == file_bytes(image)
    assert (desk.instances(), desk.events()) == (1, [])


def test_success_again(desk: Desk):
    assert desk.receive(mr_image()) == desk.receive(mr_image()) == (0x0000, "")
    assert (desk.instances(), len(desk.files()), desk.events()) == (1, 1, [])


def test_same_dataset_with_other_meta_information_is_the_same(desk: Desk):
    image = mr_image()
    desk.receive(image)
    image.file_meta.SourceApplicationEntityTitle = "ELSEWHERE"
    assert desk.receive(image) == (0x0000, "")
    assert desk.files() == [f"studies/{PATH}.dcm"]


def test_other_bytes_under_a_known_uid(desk: Desk):
    desk.receive(mr_image())
    status, comment = desk.receive(mr_image(SeriesDescription="another"))
    assert (status, comment) == (0x0111, "The SOP Instance UID is stored already with other content.")
    original, quarantined = sorted(desk.files(), reverse=True)
    assert (original, quarantined.split("/")[0]) == (f"studies/{PATH}.dcm", "quarantine")
    assert (desk.folder / original).read_bytes() == file_bytes(mr_image())
    assert desk.events() == [("instance-quarantined", comment)]


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_known_uid_in_another_place(desk: Desk, keyword: str):
    """Only the index can see it: the archive has nothing under that name."""
    desk.receive(mr_image())
    status, _ = desk.receive(mr_image(**{keyword: "1.2.3"}))
    assert status == 0x0111
    assert [f.split("/")[0] for f in desk.files()] == ["quarantine", "studies"]
    assert (desk.folder / "studies" / f"{PATH}.dcm").read_bytes() == file_bytes(mr_image())


def test_same_bytes_in_another_syntax(desk: Desk):
    desk.receive(mr_image(syntax=uids.RLELossless))
    assert desk.receive(mr_image(syntax=uids.JPEG2000Lossless))[0] == 0x0111


def test_cannot_understand(desk: Desk):
    status, comment = desk.receive(mr_image(), dataset=b"\xff" * 100)
    assert status == 0xC000
    assert desk.events() == [("instance-refused", comment)]
    assert desk.files() == []


def test_does_not_match(desk: Desk):
    assert desk.receive(mr_image(), sop_class_uid=uids.CTImageStorage)[0] == 0xA900
    assert desk.receive(mr_image(), sop_instance_uid="1.2.3")[0] == 0xA900
    assert desk.receive(mr_image(), sop_instance_uid="")[0] == 0xA900
    assert (desk.files(), desk.instances(), len(desk.events())) == ([], 0, 3)


def test_too_large(tmp_path: Path, sqlite_url: str):
    desk = Desk(tmp_path / "archive", sqlite_url, maximum_instance_size=1 << 20)
    assert desk.receive(mr_image(size=1024)) == (0xA700, "The instance is larger than allowed.")


def test_nearly_full(desk: Desk):
    desk.disk.free = 999
    assert desk.receive(mr_image()) == (0xA700, "The storage is nearly full.")
    assert desk.files() == []


def test_space_is_looked_at_again(desk: Desk):
    assert desk.receive(mr_image(1))[0] == 0
    desk.disk.free = 999
    desk.now += timedelta(seconds=2)
    assert desk.receive(mr_image(2))[0] == 0xA700
    desk.disk.free = 1000
    desk.now += timedelta(seconds=2)
    assert desk.receive(mr_image(2))[0] == 0


def test_storage_fails(desk: Desk):
    desk.disk.failure = "No space left on device"
    assert desk.receive(mr_image()) == (0xA700, "The storage failed (No space left on device).")
    assert desk.instances() == 0
    desk.disk.failure = None
    assert desk.receive(mr_image())[0] == 0


def test_database_fails_and_the_peer_sends_again(desk: Desk):
    """The file stays without a row; the same bytes sent again get their row."""

    @event.listens_for(desk.engine, "before_cursor_execute")
    def fail(_c, _k, statement, *_):
        if "INSERT INTO instance" in statement:
            raise OperationalError(statement, {}, Exception("disk I/O error"))

    assert desk.receive(mr_image()) == (0x0110, "The database did not take the instance.")
    assert desk.instances() == 0
    event.remove(desk.engine, "before_cursor_execute", fail)
    assert desk.receive(mr_image()) == (0, "")
    assert desk.instances() == 1


def test_other_bytes_just_after_a_failed_index_do_not_replace(desk: Desk):
    """Another listener may be about to index what lies there."""
    desk.disk.put(Key(STUDY_UID, f"{STUDY_UID}.1", f"{STUDY_UID}.1.1"), (file_bytes(mr_image()),))
    assert desk.receive(mr_image(SeriesDescription="another"))[0] == 0x0111
    assert desk.receive(mr_image())[0] == 0
    assert desk.instances() == 1


def orphan(desk: Desk) -> Path:
    """A file that a crash left without a row more than an hour ago."""
    desk.disk.put(Key(STUDY_UID, f"{STUDY_UID}.1", f"{STUDY_UID}.1.1"), (file_bytes(mr_image()),))
    path = desk.folder / "studies" / f"{PATH}.dcm"
    then = time.time() - 3700
    os.utime(path, (then, then))
    return path


def test_file_that_a_crash_left_gives_way_to_other_content(desk: Desk):
    path = orphan(desk)
    another = mr_image(SeriesDescription="another")
    assert desk.receive(another) == (0, "")
    assert path.read_bytes() == file_bytes(another)
    digest = hashlib.sha256(dataset_bytes(mr_image())).hexdigest()
    assert desk.files() == [f"quarantine/{PATH}.{digest[:16]}.dcm", f"studies/{PATH}.dcm"]
    assert [what for what, _ in desk.events()] == ["file-set-aside"]
    assert desk.receive(mr_image())[0] == 0x0111
    assert path.read_bytes() == file_bytes(another)


def test_old_file_that_the_index_knows_gives_way_to_nothing(desk: Desk):
    path = orphan(desk)
    assert desk.receive(mr_image())[0] == 0
    assert desk.receive(mr_image(SeriesDescription="another"))[0] == 0x0111
    assert path.read_bytes() == file_bytes(mr_image())


def test_many_contents_of_one_uid_at_once_over_a_file_that_a_crash_left(desk: Desk):
    """Whatever was answered Success is what is there; everything else is in quarantine."""
    path = orphan(desk)
    images = [mr_image(), *(mr_image(SeriesDescription=f"{n}") for n in range(7))]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(desk.receive, images))
    [stored] = [image for image, (status, _) in zip(images, answers, strict=True) if status == 0]
    assert path.read_bytes() == file_bytes(stored)
    assert sorted({status for status, _ in answers}) == [0, 0x0111]
    assert (desk.instances(), len(desk.files())) == (1, 8)


def test_events_of_a_known_study_belong_to_it(desk: Desk):
    desk.receive(mr_image())
    desk.receive(mr_image(SeriesDescription="another"))
    desk.receive(mr_image(), sop_class_uid=uids.CTImageStorage)
    desk.receive(mr_image(2, StudyInstanceUID="1.2.3"), sop_class_uid=uids.CTImageStorage)
    with reading(desk.engine) as session:
        study = session.query(Study).one().id
        found = list(session.scalars(text("SELECT study_id FROM event ORDER BY id")))
    assert found == [study, study, None]


def test_same_refusal_is_one_event_a_day(desk: Desk):
    for _ in range(3):
        desk.receive(mr_image(), dataset=b"\xff" * 100)
        desk.receive(mr_image(2), dataset=b"\xff" * 100)
    assert len(desk.events()) == 2
    desk.now += timedelta(days=1)
    desk.receive(mr_image(), dataset=b"\xff" * 100)
    assert len(desk.events()) == 3


def test_own_report_come_back_is_a_success_and_leaves_no_second_file(desk: Desk):
    desk.receive(mr_image())
    report = mr_image(2, series=9, sop_class=uids.Comprehensive3DSRStorage, PixelData=None, Modality="SR")
    with writing(desk.engine) as session:
        study = session.query(Study).one()
        session.add(
            Report(
                study_id=study.id,
                version=1,
                sop_instance_uid=str(report.SOPInstanceUID),
                sop_class_uid=str(report.SOPClassUID),
                series_instance_uid=str(report.SeriesInstanceUID),
                software_version="0.1",
                created_at=NOW,
            )
        )
    assert desk.receive(report) == (0, "")
    assert desk.files() == [f"studies/{PATH}.dcm"]
    assert desk.instances() == 1


def test_other_objects_are_kept_and_do_not_count_as_images(desk: Desk):
    desk.receive(mr_image())
    with writing(desk.engine) as session:
        session.query(Study).one().status = "reported"
    other = mr_image(2, sop_class=uids.CTImageStorage, Modality="CT")
    assert desk.receive(other) == (0, "")
    with reading(desk.engine) as session:
        assert session.query(Study).one().version == 1
    assert desk.receive(mr_image(3)) == (0, "")
    with reading(desk.engine) as session:
        assert session.query(Study).one().version == 2
