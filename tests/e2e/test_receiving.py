"""What a PACS sends is stored as it was sent: real storescu and SCUs against a listener process."""

from pathlib import Path

import pydicom.uid as uids
import pytest
from pydicom import FileDataset, dcmread

from listener.intake import IMAGE_CLASSES
from listener.scp import readable_syntaxes
from tests.images import dataset_bytes, mr_image, without_meta, write_files
from tests.peers import DCMTK, SCU, NodeProcesses

SUCCESS, DUPLICATE = 0x0000, 0x0111


def stored_file(node: NodeProcesses, image: FileDataset) -> Path:
    key = f"{image.StudyInstanceUID}/{image.SeriesInstanceUID}/{image.SOPInstanceUID}.dcm"
    return node.folder / "archive" / "studies" / key


def indexed(node: NodeProcesses, study: str) -> int:
    return sum(
        r.instances for r in node.rows("SELECT * FROM v_studies WHERE study_instance_uid = :s", s=study)
    )


def test_echo(dcmtk: DCMTK, listening: NodeProcesses):
    assert dcmtk.echo(listening.port) == 0


def test_study_by_storescu(dcmtk: DCMTK, listening: NodeProcesses, study_uid: str, tmp_path: Path):
    images = [mr_image(n, series=s, study=study_uid) for s in (1, 2) for n in range(1, 6)]
    stored = dcmtk.store(listening.port, write_files(images, tmp_path / "study"))
    assert (stored.exit_status, stored.statuses) == (0, (SUCCESS,) * 10)
    assert indexed(listening, study_uid) == 10
    for image in images:
        assert without_meta(stored_file(listening, image).read_bytes()) == dataset_bytes(image)
    rows = listening.rows(
        "SELECT series_number, instances FROM v_series WHERE study_instance_uid = :s ORDER BY 1", s=study_uid
    )
    assert [tuple(row) for row in rows] == [("1", 5), ("2", 5)]


@pytest.mark.parametrize("sop_class", sorted(IMAGE_CLASSES), ids=lambda uid: uids.UID(uid).keyword)
def test_every_mr_class_in_every_readable_syntax(listening: NodeProcesses, study_uid: str, sop_class: str):
    syntaxes = readable_syntaxes()
    assert {uids.RLELossless, uids.JPEGLosslessSV1, uids.JPEGLSLossless, uids.JPEG2000Lossless} <= set(
        syntaxes
    )
    for number, syntax in enumerate(syntaxes, start=1):
        image = mr_image(number, study=study_uid, sop_class=sop_class, syntax=syntax)
        with SCU(listening.port, sop_class, syntax) as scu:
            assert scu.status(image) == SUCCESS, syntax.name
        content = stored_file(listening, image).read_bytes()
        assert without_meta(content) == dataset_bytes(image), syntax.name
        back = dcmread(stored_file(listening, image))
        assert back.file_meta.TransferSyntaxUID == syntax
        assert back.SOPInstanceUID == image.SOPInstanceUID
    assert indexed(listening, study_uid) == len(syntaxes)


def test_bytes_that_an_encoder_would_change_stay(listening: NodeProcesses, study_uid: str):
    """Elements out of order, odd private values, trailing padding: not a byte is touched."""
    image = mr_image(study=study_uid)
    data = dataset_bytes(image)
    private = (
        b"\x09\x00\x10\x00LO\x06\x00ODD \x00 " + b"\x09\x00\x01\x10UN\x00\x00\x03\x00\x00\x00\x01\x02\x03"
    )
    padding = b"\xfc\xff\xfc\xffOB\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00"
    sent = data + padding + private
    with SCU(listening.port) as scu:
        assert scu.status(image, sent) == SUCCESS
    assert without_meta(stored_file(listening, image).read_bytes()) == sent


def test_same_instance_again_changes_nothing(listening: NodeProcesses, study_uid: str):
    image = mr_image(study=study_uid)
    with SCU(listening.port) as scu:
        assert scu.status(image) == SUCCESS
        before = stored_file(listening, image).stat()
        arrived = listening.rows(
            "SELECT received_at FROM instance WHERE sop_instance_uid = :u", u=str(image.SOPInstanceUID)
        )
        assert scu.status(image) == SUCCESS
    assert stored_file(listening, image).stat().st_mtime_ns == before.st_mtime_ns
    assert indexed(listening, study_uid) == 1
    assert arrived == listening.rows(
        "SELECT received_at FROM instance WHERE sop_instance_uid = :u", u=str(image.SOPInstanceUID)
    )


def test_other_bytes_under_a_known_uid_are_quarantined(listening: NodeProcesses, study_uid: str):
    image, other = mr_image(study=study_uid), mr_image(study=study_uid, SeriesDescription="another")
    with SCU(listening.port) as scu:
        assert scu.status(image) == SUCCESS
        answer = scu.send(other)
        assert scu.status(other) == DUPLICATE
        assert scu.status(image) == SUCCESS
    assert (answer.Status, answer.ErrorComment) == (
        DUPLICATE,
        "The SOP Instance UID is stored already with other content.",
    )
    assert without_meta(stored_file(listening, image).read_bytes()) == dataset_bytes(image)
    [kept] = (listening.folder / "archive" / "quarantine" / study_uid).rglob("*.dcm")
    assert without_meta(kept.read_bytes()) == dataset_bytes(other)
    events = listening.rows("SELECT who, details FROM event WHERE what = 'instance-quarantined'")
    assert [e.who for e in events if str(image.SOPInstanceUID) in e.details] == ["TESTER"]
    assert indexed(listening, study_uid) == 1


@pytest.mark.parametrize(
    ("charset", "name", "read"),
    [
        ("ISO_IR 100", "Müller^Jürgen", "Müller^Jürgen"),
        ("ISO_IR 144", "Люкceмбypг", "Люкceмбypг"),
        ("GB18030", "王^小东", "王^小东"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "Yamada^Tarou=山田^太郎"),
        ("ISO_IR 192", "Ñandú^Ω", "Ñandú^Ω"),
    ],
    ids=str,
)
def test_character_sets(listening: NodeProcesses, study_uid: str, charset, name: str, read: str):
    image = mr_image(study=study_uid, SpecificCharacterSet=charset, PatientName=name)
    with SCU(listening.port) as scu:
        assert scu.status(image) == SUCCESS
    assert without_meta(stored_file(listening, image).read_bytes()) == dataset_bytes(image)
    [study] = listening.rows("SELECT patient_name FROM v_studies WHERE study_instance_uid = :s", s=study_uid)
    assert study.patient_name == read


@pytest.mark.parametrize("charset", [b"ISO_IR 999", b"\xff\xfe\x80\x81", b"ISO 2022 IR 87\\\\garbage"])
def test_character_sets_that_do_not_exist(listening: NodeProcesses, study_uid: str, charset: bytes):
    image = mr_image(
        study=study_uid, PatientName="M\udcfcller".encode("utf8", "surrogateescape").decode("latin1")
    )
    good = b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 192"
    padded = charset + b" " * (len(charset) % 2)
    data = dataset_bytes(image).replace(
        good, b"\x08\x00\x05\x00CS" + len(padded).to_bytes(2, "little") + padded
    )
    assert data != dataset_bytes(image)
    with SCU(listening.port) as scu:
        assert scu.status(image, data) == SUCCESS
    assert without_meta(stored_file(listening, image).read_bytes()) == data
    assert indexed(listening, study_uid) == 1


@pytest.mark.parametrize(
    "sop_class",
    [
        uids.Comprehensive3DSRStorage,
        uids.GrayscaleSoftcopyPresentationStateStorage,
        uids.KeyObjectSelectionDocumentStorage,
        uids.EncapsulatedPDFStorage,
        uids.CTImageStorage,
        uids.SecondaryCaptureImageStorage,
    ],
    ids=lambda uid: uid.keyword,
)
def test_what_is_not_mr_is_kept_and_left_alone(listening: NodeProcesses, study_uid: str, sop_class: str):
    other = mr_image(study=study_uid, sop_class=sop_class, PixelData=None, Modality="OT")
    with SCU(listening.port, sop_class) as scu:
        assert scu.status(other) == SUCCESS
    assert without_meta(stored_file(listening, other).read_bytes()) == dataset_bytes(other)
