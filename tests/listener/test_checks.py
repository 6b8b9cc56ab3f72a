"""What ``betz check`` says of destinations."""

from collections.abc import Iterator

import pydicom.uid as uids
import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification
from rich.console import Console

from listener.checks import check_node
from listener.demo.pacs import free_port
from listener.settings import Settings


@pytest.fixture
def port() -> Iterator[int]:
    """A PACS that takes structured reports only."""
    ae = AE(ae_title="PACS")
    ae.add_supported_context(Verification)
    ae.add_supported_context(uids.Comprehensive3DSRStorage)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    yield server.server_address[1]
    server.shutdown()


def checked(tmp_path, capsys, **destination: object) -> tuple[int, str]:
    one = {"name": "pacs", "host": "127.0.0.1", "ae_title": "PACS", "timeout": 3, **destination}
    settings = Settings(
        destinations=[one],
        listener={"port": free_port(), "minimum_free_space": 0},
        storage={"url": str(tmp_path / "archive")},
        database={"url": f"sqlite:///{tmp_path / 'betz.sqlite'}"},
    )
    status = check_node(settings, Console(width=300))
    return status, capsys.readouterr().out


def test_destination_is_asked_for_what_it_is_to_get(port, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, said = checked(tmp_path, capsys, port=port)
    assert status == 1
    assert "ok  pacs takes structured reports" in said
    assert "no  pacs takes segmentations: it does not accept them" in said
    assert "Storage Commitment" not in said
    status, said = checked(tmp_path, capsys, port=port, wants=["sr"])
    assert status == 0
    assert "segmentations" not in said
    status, said = checked(tmp_path, capsys, port=port, wants=["sr"], commitment="required")
    assert status == 1
    assert "no  pacs offers Storage Commitment: it does not, and it is required" in said


@pytest.mark.parametrize("secret", [False, True])
def test_web_destination_that_does_not_answer(secret, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    web = {"name": "web", "kind": "stow", "url": f"http://127.0.0.1:{free_port()}/dicom-web", "timeout": 3}
    if secret:
        (tmp_path / "token").write_text("t")
        web["token_file"] = str(tmp_path / "token")
    settings = Settings(
        destinations=[web],
        listener={"port": free_port(), "minimum_free_space": 0},
        storage={"url": str(tmp_path / "archive")},
        database={"url": f"sqlite:///{tmp_path / 'betz.sqlite'}"},
    )
    assert check_node(settings, Console(width=300)) == 1
    said = capsys.readouterr().out
    assert "no  DICOMweb of web" in said
    assert ("goes unencrypted" in said) == secret
