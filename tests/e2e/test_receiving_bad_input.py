"""Bad input: each kind gets a precise status or a stored reason, and the listener goes on."""

import random
import resource
from collections.abc import Callable
from pathlib import Path

import pydicom.uid as uids
import pytest
from pynetdicom import AE, build_context

from tests.images import dataset_bytes, mr_image, without_meta
from tests.peers import SCU, NodeProcesses, eventually

SUCCESS, OUT_OF_RESOURCES, NO_MATCH, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xA900, 0xC000


def files(node: NodeProcesses) -> set[Path]:
    return {path for path in (node.folder / "archive").rglob("*") if path.is_file()}


def reason(node: NodeProcesses, uid: str) -> list[str]:
    """Why an instance was refused, as the audit trail has it."""
    events = node.rows("SELECT why, details FROM event WHERE what = 'instance-refused' ORDER BY id")
    return [e.why for e in events if f'"{uid}"' in e.details]


def _with(image, tag: bytes, vr: bytes, value: bytes) -> bytes:
    """The dataset with the value of one element that is a UID changed."""
    data = dataset_bytes(image)
    start = data.index(tag + b"UI")
    length = int.from_bytes(data[start + 6 : start + 8], "little")
    value += bytes(len(value) % 2)
    head = tag + vr + len(value).to_bytes(2, "little")
    return data[:start] + head + value + data[start + 8 + length :]


def _without(image, keyword: str) -> bytes:
    return dataset_bytes(mr_image(study=image.StudyInstanceUID, **{keyword: None}))


STUDY, SERIES = b"\x20\x00\x0d\x00", b"\x20\x00\x0e\x00"
NOISE = random.Random(1).randbytes(4096)
UNREADABLE: dict[str, Callable[..., bytes]] = {
    "noise": lambda image: NOISE,
    "text": lambda image: b"<html><body>404</body></html>" * 10,
    "one byte": lambda image: b"\x08",
    "a file instead of a dataset": lambda image: bytes(128) + b"DICM" + dataset_bytes(image),
    "cut in the header": lambda image: dataset_bytes(image)[:100],
    "cut in a UID": lambda image: dataset_bytes(image)[: dataset_bytes(image).index(SERIES) + 12],
    "an element longer than the dataset": lambda image: b"\x08\x00\x05\x00CS\xff\x7f" + dataset_bytes(image),
    "no Study Instance UID": lambda image: _without(image, "StudyInstanceUID"),
    "no Series Instance UID": lambda image: _without(image, "SeriesInstanceUID"),
    "no SOP Instance UID": lambda image: _without(image, "SOPInstanceUID"),
    "no SOP Class UID": lambda image: _without(image, "SOPClassUID"),
    "empty Study Instance UID": lambda image: _with(image, STUDY, b"UI", b""),
    "Study Instance UID of letters": lambda image: _with(image, STUDY, b"UI", b"study-1"),
    "Study Instance UID that is a path": lambda image: _with(image, STUDY, b"UI", b"../../../../etc/passwd"),
    "Study Instance UID of dots": lambda image: _with(image, STUDY, b"UI", b".."),
    "Series Instance UID with leading zeros": lambda image: _with(image, SERIES, b"UI", b"1.02.3"),
    "Series Instance UID of 66 characters": lambda image: _with(image, SERIES, b"UI", b"1." * 32 + b"11"),
    "Series Instance UID of two values": lambda image: _with(image, SERIES, b"UI", b"1.2\\1.3"),
    "Study Instance UID that is a number": lambda image: _with(image, STUDY, b"US", b"\x01\x00"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_understood(listening: NodeProcesses, study_uid: str, what: str):
    image = mr_image(study=study_uid)
    before = files(listening)
    with SCU(listening.port) as scu:
        answer = scu.send(image, UNREADABLE[what](image))
        assert answer.Status == NOT_UNDERSTOOD
        assert files(listening) == before
        assert scu.status(mr_image(2, study=study_uid)) == SUCCESS
    [why] = reason(listening, str(image.SOPInstanceUID))
    assert why.startswith(answer.ErrorComment)
    assert len(answer.ErrorComment) > 20
    assert (
        listening.rows("SELECT 1 FROM instance WHERE sop_instance_uid = :u", u=str(image.SOPInstanceUID))
        == []
    )


@pytest.mark.parametrize(
    ("what", "data", "command"),
    [
        ("SOP Class UID", {"SOPClassUID": uids.EnhancedMRImageStorage}, {}),
        ("SOP Instance UID", {"SOPInstanceUID": "1.2.3"}, {}),
        ("SOP Instance UID", {}, {"AffectedSOPInstanceUID": "1.2.3"}),
    ],
)
def test_dataset_that_contradicts_its_command(
    listening: NodeProcesses, study_uid: str, what: str, data, command
):
    why = f"The {what} of the dataset is not the one of the request."
    image = mr_image(study=study_uid)
    with SCU(listening.port) as scu:
        answer = scu.send(image, dataset_bytes(mr_image(study=study_uid, **data)), **command)
        assert answer.Status == NO_MATCH
        assert why.startswith(answer.ErrorComment)
        assert len(answer.ErrorComment) > 50
        assert scu.status(image) == SUCCESS
    assert reason(listening, command.get("AffectedSOPInstanceUID", str(image.SOPInstanceUID)))[-1] == why


@pytest.mark.parametrize("syntax", ["1.2.3.4.5", uids.MPEG2MPML], ids=str)
def test_transfer_syntax_that_no_decoder_reads_is_not_negotiated(listening: NodeProcesses, syntax: str):
    ae = AE()
    wanted = [build_context(uids.MRImageStorage, syntax), build_context(uids.EnhancedMRImageStorage)]
    assoc = ae.associate("127.0.0.1", listening.port, contexts=wanted, ae_title="BETZ")
    assert [c.abstract_syntax for c in assoc.accepted_contexts] == [uids.EnhancedMRImageStorage]
    assert [(c.abstract_syntax, c.result) for c in assoc.rejected_contexts] == [(uids.MRImageStorage, 4)]
    assoc.release()


def test_sop_class_that_is_not_storage_is_not_negotiated(listening: NodeProcesses):
    with SCU(listening.port, "1.2.840.10008.5.1.4.1.2.2.1") as scu:
        assert not scu.assoc.accepted_contexts


def test_cut_in_the_pixels_is_kept_as_it_came(listening: NodeProcesses, study_uid: str):
    """Whether its pixels can be used is for the analysis to say; what was sent is not lost."""
    image = mr_image(study=study_uid)
    data = dataset_bytes(image)[:-100]
    with SCU(listening.port) as scu:
        assert scu.status(image, data) == SUCCESS
    [kept] = (listening.folder / "archive" / "studies" / study_uid).rglob("*.dcm")
    assert without_meta(kept.read_bytes()) == data


def test_nearly_full_disk_refuses(betz, study_uid: str):
    node = betz(BETZ_LISTENER__MINIMUM_FREE_SPACE=str(1 << 60))
    node.start()
    image = mr_image(study=study_uid)
    with SCU(node.port) as scu:
        answer = scu.send(image)
    assert (answer.Status, answer.ErrorComment) == (OUT_OF_RESOURCES, "The storage is nearly full.")
    assert reason(node, str(image.SOPInstanceUID)) == ["The storage is nearly full."]
    assert files(node) == set()


def test_full_disk(betz, study_uid: str):
    """A limit on the size of files stands in for the end of the disk: writing fails half-way."""
    node = betz()
    large, small = mr_image(1, study=study_uid, size=2048), mr_image(2, study=study_uid)
    node.start()
    [process] = node.processes
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))
    with SCU(node.port) as scu:
        for _ in range(2):
            answer = scu.send(large)
            assert (answer.Status, answer.ErrorComment) == (
                OUT_OF_RESOURCES,
                "The storage failed (File too large).",
            )
        assert scu.status(small) == SUCCESS
    assert [path.name for path in files(node)] == [f"{small.SOPInstanceUID}.dcm"]
    assert len(reason(node, str(large.SOPInstanceUID))) == 1


def test_instance_larger_than_allowed(betz, study_uid: str):
    node = betz(BETZ_LISTENER__MAXIMUM_INSTANCE_SIZE=str(1 << 20))
    node.start()
    with SCU(node.port) as scu:
        answer = scu.send(mr_image(study=study_uid, size=1024))
        assert (answer.Status, answer.ErrorComment) == (
            OUT_OF_RESOURCES,
            "The instance is larger than allowed.",
        )
        assert scu.status(mr_image(2, study=study_uid)) == SUCCESS


def _odd_studies(uid: str) -> dict[str, list]:
    """Studies that are received and that no analysis can use."""
    t1 = {
        "ScanningSequence": "SE", "RepetitionTime": 500, "EchoTime": 10, "MagneticFieldStrength": 3,
        "BodyPartExamined": "HEAD", "SeriesDescription": "T1 SE axial", "ProtocolName": "head",
    }  # fmt: skip
    turned = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}

    def study(number: int) -> str:
        return f"{uid}.{number}"

    return {
        "no pixel data": [mr_image(n, study=study(1), PixelData=None, **t1) for n in range(1, 6)],
        "one slice": [mr_image(1, study=study(2), **t1)],
        "two geometries": [
            mr_image(n, study=study(3), **t1, **(turned if n > 2 else {})) for n in range(1, 5)
        ],
        "mixed contrasts": [
            mr_image(n, study=study(4), **{**t1, "EchoTime": 10 if n % 2 else 90, "RepetitionTime": 4000})
            for n in range(1, 5)
        ],
        "no image": [
            mr_image(1, study=study(5), sop_class=uids.EncapsulatedPDFStorage, PixelData=None, Modality="DOC")
        ],
        "broken pixels": [mr_image(n, study=study(6), PixelData=b"\0\0", **t1) for n in range(1, 6)],
    }


def test_received_and_not_usable_says_why(betz, study_uid: str):
    node = betz(BETZ_SETTLING__QUIET_PERIOD="1", BETZ_LOG_LEVEL="ERROR")
    node.start()
    studies = _odd_studies(study_uid)
    for images in studies.values():
        with SCU(node.port, images[0].SOPClassUID) as scu:
            assert {scu.status(image) for image in images} == {SUCCESS}
    node.start("worker")

    def ended() -> bool:
        rows = node.rows("SELECT status FROM v_studies")
        return {r.status for r in rows} <= {"reported", "delivered", "nothing_to_analyse"} and len(rows) == 6

    eventually(ended, within_s=90)
    for what, images in studies.items():
        of_study = "WHERE study_instance_uid = :uid"
        uid = images[0].StudyInstanceUID
        decisions = node.rows(f"SELECT decision, analysis FROM v_series {of_study}", uid=uid)
        assert decisions, what
        findings = node.rows(f"SELECT state, reasons FROM v_findings {of_study}", uid=uid)
        assert all(d.decision.endswith(".") for d in decisions), what
        assert all(f.state == "not_evaluated" and len(f.reasons) > 10 for f in findings), what
        [study] = node.rows(
            "SELECT status, status_reason FROM v_studies WHERE study_instance_uid = :s", s=uid
        )
        assert findings or study.status_reason, what
