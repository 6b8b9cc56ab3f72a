"""Files of a folder to a node."""

from pathlib import Path

import pydicom.uid as uids
import pytest

from listener.demo.pacs import free_port
from listener.destinations import Destination
from listener.sending import dicom_files, send_files
from tests.images import dataset_bytes, mr_image, without_meta, write_files


def to(port: int, ae_title: str = "BETZ") -> Destination:
    return Destination(name="node", ae_title=ae_title, host="127.0.0.1", port=port, timeout=5)


def test_only_dicom_files_in_the_order_of_their_names(tmp_path: Path):
    files = write_files([mr_image(n) for n in (1, 2)], tmp_path / "b")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "truth.json").write_text("{}" * 100)
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "a" / "x").write_bytes(files[0].read_bytes())
    assert list(dicom_files(tmp_path)) == [tmp_path / "a" / "x", *files]


def test_mixed_classes_and_syntaxes_arrive_as_they_are(receiving_node, tmp_path: Path):
    node = receiving_node()
    images = [
        mr_image(1),
        mr_image(2, syntax=uids.ImplicitVRLittleEndian),
        mr_image(3, syntax=uids.JPEGLSLossless),
        mr_image(4, sop_class=uids.EnhancedMRImageStorage),
    ]
    answers = []
    sent = send_files(
        write_files(images, tmp_path / "study"), to(node.port), "TESTER", lambda: answers.append(1)
    )
    assert (sent.accepted, sent.refused, len(answers)) == (4, {}, 4)
    for image in images:
        stored = next((node.folder / "archive" / "studies").rglob(f"{image.SOPInstanceUID}.dcm"))
        assert without_meta(stored.read_bytes()) == dataset_bytes(image)


def test_what_is_refused_is_counted_by_its_answer(receiving_node, tmp_path: Path):
    node = receiving_node()
    images = [mr_image(1), mr_image(1, SeriesDescription="another"), mr_image(2, StudyInstanceUID=None)]
    sent = send_files(write_files(images, tmp_path / "study"), to(node.port), "TESTER")
    assert sent.accepted == 1
    assert sorted((answer[:4], count) for answer, count in sent.refused.items()) == [("0111", 1), ("C000", 1)]


def test_syntax_that_the_node_does_not_take_is_not_sent(receiving_node, tmp_path: Path):
    node = receiving_node()
    images = [mr_image(1), mr_image(2, syntax=uids.MPEG2MPML)]
    sent = send_files(write_files(images, tmp_path / "study"), to(node.port), "TESTER")
    assert sent.accepted == 1
    assert list(sent.refused.values()) == [1]


@pytest.mark.parametrize("ae_title", ["BETZ", "OTHER"])
def test_no_association_is_an_error(receiving_node, tmp_path: Path, ae_title: str):
    port = free_port() if ae_title == "BETZ" else receiving_node().port
    with pytest.raises(ConnectionError, match="does not accept"):
        send_files(write_files([mr_image()], tmp_path / "study"), to(port, ae_title), "TESTER")


def test_node_that_goes_away_is_an_error(receiving_node, tmp_path: Path):
    node = receiving_node()
    files = write_files([mr_image(n) for n in range(1, 20)], tmp_path / "study")
    answers = []

    def go_away() -> None:
        answers.append(1)
        if len(answers) == 5:
            for association in node.associations:
                association.abort()

    with pytest.raises(ConnectionError, match="before the last file"):
        send_files(files, to(node.port), "TESTER", go_away)
