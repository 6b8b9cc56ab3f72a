"""The life of a study through real processes: settling, late images, and studies that cannot be analysed."""

import json
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import BasicTextSRStorage, ImplicitVRLittleEndian, generate_uid

from listener.destinations import Destination
from listener.sending import send_files
from tests.peers import NodeProcesses, eventually

from .scripted_pacs import ScriptedPACS
from .small_studies import PATIENT, PATIENT_ID, image, series, small_study, write

pytestmark = pytest.mark.slow

DEADLINE_S = 8.0
T1 = {
    "EchoTime": 10.0,
    "RepetitionTime": 620.0,
    "EchoTrainLength": 3,
    "SeriesDescription": "t1 c-spine",
    "ProtocolName": "t1 c-spine",
}
END = ("delivered", "nothing_to_analyse", "failed")


@pytest.fixture(scope="module")
def pacs() -> Iterator[ScriptedPACS]:
    one = ScriptedPACS().start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, pacs: ScriptedPACS) -> Iterator[NodeProcesses]:
    """One node for all tests of this module; it waits for a T2 of the neck until its deadline."""
    folder = tmp_path_factory.mktemp("node")
    one = NodeProcesses(
        folder,
        f"sqlite:///{folder / 'betz.sqlite'}",
        BETZ_SETTLING__QUIET_PERIOD="1.5",
        BETZ_SETTLING__DEADLINE=str(DEADLINE_S),
        BETZ_SETTLING__REQUIRED_SERIES='["T2 cervical spine"]',
        BETZ_DESTINATIONS=f"[{pacs.setting()}]",
    )
    one.start("serve")
    yield one
    one.close()


def send(node: NodeProcesses, files: Sequence[Path]) -> None:
    there = Destination(name="betz", ae_title="BETZ", host="127.0.0.1", port=node.port)
    sent = send_files(files, there, "TEST")
    assert sent.accepted == len(files), sent.refused


def study_row(node: NodeProcesses, study: str) -> Any:
    rows = node.rows("SELECT * FROM v_studies WHERE study_instance_uid = :uid", uid=study)
    return rows[0] if rows else None


def reaches(node: NodeProcesses, study: str, *statuses: str, version: int = 1) -> Any:
    def there() -> Any:
        row = study_row(node, study)
        return row if row and row.version == version and row.status in statuses else None

    return eventually(there, 40)


def events(node: NodeProcesses, study: str) -> list[str]:
    return [
        row.what
        for row in node.rows(
            "SELECT what FROM event JOIN study ON study.id = event.study_id"
            " WHERE study_instance_uid = :uid ORDER BY event.id",
            uid=study,
        )
    ]


def reports(node: NodeProcesses, study: str) -> list[Any]:
    return node.rows("SELECT * FROM v_deliveries WHERE study_instance_uid = :uid ORDER BY version", uid=study)


def received(pacs: ScriptedPACS, uid: str) -> Dataset:
    (content,) = pacs.objects[uid]
    return dcmread(BytesIO(content))


class TestSettling:
    def test_study_over_several_associations_is_settled_once(self, node, pacs, tmp_path):
        uid, files = small_study(tmp_path)
        for at in range(0, len(files), 2):
            send(node, files[at : at + 2])
            time.sleep(0.7)
        row = reaches(node, uid, "delivered")
        assert row.complete
        assert events(node, uid).count("study-settled") == 1
        assert len(reports(node, uid)) == 1
        (decision,) = node.rows("SELECT images FROM v_series WHERE study_instance_uid = :uid", uid=uid)
        assert decision.images == len(files)

    def test_required_series_is_waited_for(self, node, tmp_path):
        uid = str(generate_uid())
        t1 = series(uid, **T1)
        send(node, write(t1, tmp_path))
        eventually(lambda: (row := study_row(node, uid)) and row.status_reason, 6)
        assert study_row(node, uid).status_reason == "Waiting for T2 cervical spine."
        send(node, write(series(uid), tmp_path))
        row = reaches(node, uid, "delivered")
        assert row.complete
        assert events(node, uid).count("study-settled") == 1

    def test_deadline_ends_the_wait_and_says_so(self, node, tmp_path):
        uid = str(generate_uid())
        t1 = series(uid, **T1)
        sent = time.monotonic()
        send(node, write(t1, tmp_path))
        row = reaches(node, uid, "delivered")
        assert time.monotonic() - sent >= DEADLINE_S
        assert not row.complete
        assert events(node, uid).count("study-settled-incomplete") == 1
        (why,) = node.rows(
            "SELECT why FROM event JOIN study ON study.id = event.study_id"
            " WHERE study_instance_uid = :uid AND what = 'study-settled-incomplete'",
            uid=uid,
        )
        assert why.why == "The deadline passed without T2 cervical spine."


class TestLateImages:
    def test_late_images_make_a_second_report_that_names_the_first(self, node, pacs, tmp_path):
        uid, files = small_study(tmp_path)
        send(node, files)
        reaches(node, uid, "delivered")
        send(node, write(series(uid, EchoTime=90.0), tmp_path / "late"))
        row = reaches(node, uid, "delivered", version=2)
        assert row.instances == 2 * len(files)
        first, second = reports(node, uid)
        assert first.sop_instance_uid != second.sop_instance_uid
        sr = received(pacs, second.sop_instance_uid)
        (study,) = sr.PredecessorDocumentsSequence
        (of_series,) = study.ReferencedSeriesSequence
        (document,) = of_series.ReferencedSOPSequence
        assert study.StudyInstanceUID == uid == sr.StudyInstanceUID
        assert of_series.SeriesInstanceUID == first.series_instance_uid
        assert document.ReferencedSOPInstanceUID == first.sop_instance_uid
        assert "PredecessorDocumentsSequence" not in received(pacs, first.sop_instance_uid)

    def test_whole_study_again_and_our_own_report_back_start_nothing(self, node, pacs, tmp_path):
        uid, files = small_study(tmp_path)
        send(node, files)
        reaches(node, uid, "delivered")
        eventually(lambda: "commitment-not-offered" in events(node, uid), 20)
        before = events(node, uid)
        (report,) = reports(node, uid)
        sr = received(pacs, report.sop_instance_uid)
        back = tmp_path / "back.dcm"
        dcmwrite(back, sr, enforce_file_format=True)
        sr.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        recoded = tmp_path / "recoded.dcm"
        dcmwrite(recoded, sr, enforce_file_format=True)
        send(node, [*files, back])
        send(node, [recoded])
        time.sleep(3)
        row = study_row(node, uid)
        assert (row.status, row.version, row.instances) == ("delivered", 1, len(files))
        assert events(node, uid) == before
        assert pacs.stores[report.sop_instance_uid] == 1


def geometry(number: int, ds: Dataset) -> None:
    if number >= 3:
        ds.PixelSpacing = [2.0, 2.0]
        ds.Rows = ds.Columns = 16
        ds.PixelData = ds.PixelData[: 16 * 16 * 2]


def contrast(number: int, ds: Dataset) -> None:
    if number % 2:
        ds.EchoTime = 10.0


def truncated(_: int, ds: Dataset) -> None:
    ds.PixelData = ds.PixelData[:500]


def without_pixels(_: int, ds: Dataset) -> None:
    del ds.PixelData


def only_text(_: int, ds: Dataset) -> None:
    del ds.PixelData
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    ds.Modality = "SR"


def without_position(_: int, ds: Dataset) -> None:
    del ds.ImagePositionPatient
    del ds.ImageOrientationPatient


class TestStudiesThatCannotBeAnalysed:
    def test_each_ends_with_a_stored_reason(self, node, pacs, tmp_path):
        changes = {
            "geometries": geometry,
            "contrasts": contrast,
            "truncated": truncated,
            "no pixels": without_pixels,
            "reports only": only_text,
            "no position": without_position,
        }
        studies = {"one slice": (uid := str(generate_uid()))}
        files = write([image(uid, generate_uid(), 0)], tmp_path)
        for name, change in changes.items():
            studies[name] = str(generate_uid())
            datasets = series(studies[name])
            for number, ds in enumerate(datasets):
                change(number, ds)
            files += write(datasets, tmp_path)
        send(node, files)
        ends = {name: reaches(node, uid, *END) for name, uid in studies.items()}
        assert {name: row.status for name, row in ends.items()} == {
            "one slice": "nothing_to_analyse",
            "geometries": "delivered",
            "contrasts": "delivered",
            "truncated": "delivered",
            "no pixels": "nothing_to_analyse",
            "reports only": "nothing_to_analyse",
            "no position": "delivered",
        }
        decisions = {name: self._decisions(node, uid) for name, uid in studies.items()}
        assert decisions["one slice"] == {"Too few images for a volume (1)."}
        assert decisions["no pixels"] == {"The series is no image series (no pixel data)."}
        assert decisions["reports only"] == {"The series is no image series (non-image)."}
        assert len(decisions["geometries"]) == len(decisions["contrasts"]) == 2
        assert self._reasons(node, studies["truncated"]) == ["unreadable-pixels"]
        assert self._reasons(node, studies["no position"]) == ["missing-geometry"]
        for name, row in ends.items():
            made = reports(node, studies[name])
            assert len(made) == (row.status == "delivered")
            if not made:
                assert row.status_reason == "No series of the study is one that an analysis reads."
                assert events(node, studies[name])[-1] == "study-nothing-to-analyse"

    @staticmethod
    def _decisions(node: NodeProcesses, study: str) -> set[str]:
        rows = node.rows("SELECT decision FROM v_series WHERE study_instance_uid = :uid", uid=study)
        return {row.decision for row in rows}

    @staticmethod
    def _reasons(node: NodeProcesses, study: str) -> list[str]:
        (row,) = node.rows(
            "SELECT state, reasons FROM v_findings WHERE study_instance_uid = :uid AND sign = 'cord_t2'",
            uid=study,
        )
        assert row.state == "not_evaluated"
        return [reason["key"] for reason in json.loads(row.reasons)]


def test_the_log_has_no_patient_and_no_traceback(node):
    log = node.log.read_text()
    assert "Traceback" not in log
    assert "locked" not in log
    for word in (*PATIENT.replace("^", " ").split(), PATIENT_ID, "A-4711", "19600102"):
        assert word not in log
