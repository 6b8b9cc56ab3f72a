"""TLS to destinations and on the listener's own port, with DCMTK on the other side."""

import socket
import ssl

import pytest

from listener.checks import check_node
from listener.delivery.associations import echo
from listener.delivery.dimse import store
from listener.destinations import Destination, DestinationTLS
from listener.health import listener_problem
from listener.settings import ListenerTLS, Settings
from listener.tls import destination_context
from tests.certificates import Authority
from tests.images import mr_image, write_files
from tests.listener.delivery.objects import EVERY_KIND
from tests.peers import StoreSCP


@pytest.fixture(scope="module")
def server(authority):
    return authority.sign("server")


@pytest.fixture(scope="module")
def client(authority):
    return authority.sign("client")


@pytest.fixture
def tls_storescp(dcmtk, tmp_path, authority, server):
    scp = StoreSCP(dcmtk.storescp, tmp_path / "tls")
    scp.start("+tls", str(server.key), str(server.certificate), "+cf", str(authority.file))
    yield scp
    scp.stop()


def to(port: int, ae_title: str, tls: DestinationTLS | None) -> Destination:
    return Destination(
        name="pacs", ae_title=ae_title, host="127.0.0.1", port=port, timeout=5, tls=tls, commitment="off"
    )


def test_storescp_that_wants_a_certificate_gets_the_objects(tls_storescp, authority, client):
    tls = DestinationTLS(ca_file=authority.file, certificate_file=client.certificate, key_file=client.key)
    there = to(tls_storescp.port, tls_storescp.ae_title, tls)
    assert echo(there, "BETZ").acknowledged
    outcomes = store(EVERY_KIND, there, "BETZ")
    assert [outcome.text for outcome in outcomes.values()] == ["Status 0000"] * 3
    assert len(tls_storescp.files()) == 3


def test_why_there_is_no_connection_is_said(tls_storescp, authority, tmp_path, client):
    def said(**tls: object) -> str:
        there = to(tls_storescp.port, tls_storescp.ae_title, DestinationTLS(**tls))
        [outcome] = {outcome.text for outcome in store(EVERY_KIND, there, "BETZ").values()}
        return outcome

    stranger = Authority("openssl", tmp_path / "stranger", "Stranger")
    mine = {"certificate_file": client.certificate, "key_file": client.key}
    assert "certificate" in said(ca_file=stranger.file, **mine)
    assert "certificate required" in said(ca_file=authority.file)
    assert "No such file" in said(ca_file=tmp_path / "none.pem", **mine)
    (tmp_path / "empty.pem").touch()
    assert "cannot be used" in said(ca_file=tmp_path / "empty.pem", **mine)
    elsewhere = to(tls_storescp.port, tls_storescp.ae_title, None)
    assert not echo(elsewhere, "BETZ").acknowledged


def test_certificate_must_be_for_the_host_unless_that_is_switched_off(authority, dcmtk, tmp_path):
    other = authority.sign("other", "DNS:pacs.example.org")
    scp = StoreSCP(dcmtk.storescp, tmp_path / "other")
    scp.start("+tls", str(other.key), str(other.certificate), "-ic")
    try:
        strict = to(scp.port, scp.ae_title, DestinationTLS(ca_file=authority.file))
        outcome = echo(strict, "BETZ")
        assert "IP address mismatch" in outcome.text
        lax = DestinationTLS(ca_file=authority.file, check_host=False)
        assert echo(to(scp.port, scp.ae_title, lax), "BETZ").acknowledged
    finally:
        scp.stop()


def test_only_forward_secret_authenticated_encryption_from_version_1_2_on(authority):
    context = destination_context(DestinationTLS(ca_file=authority.file))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert all("GCM" in one["name"] or "POLY1305" in one["name"] for one in context.get_ciphers())


@pytest.mark.parametrize("mutual", [False, True])
def test_listener_receives_over_tls(
    receiving_node, dcmtk, authority, server, client, tmp_path, mutual, monkeypatch
):
    tls = ListenerTLS(
        certificate_file=server.certificate,
        key_file=server.key,
        ca_file=authority.file if mutual else None,
    )
    node = receiving_node(tls=tls, idle_timeout=5)
    files = write_files([mr_image(n, size=256) for n in range(1, 6)], tmp_path / "images")
    trusting = ["+cf", str(authority.file)]
    with_certificate = ["+tls", str(client.key), str(client.certificate), *trusting]
    assert dcmtk.store(node.port, files, *with_certificate).statuses == (0,) * 5
    anonymous = dcmtk.store(node.port, files, "+tla", *trusting)
    assert anonymous.statuses == (() if mutual else (0,) * 5)
    assert dcmtk.store(node.port, files).statuses == ()

    with socket.create_connection(("127.0.0.1", node.port)):
        # One that never begins its handshake holds up nobody.
        assert dcmtk.store(node.port, files, *with_certificate).statuses == (0,) * 5

    monkeypatch.chdir(tmp_path)
    settings = Settings(
        listener={"port": node.port, "tls": tls.model_dump(), "ae_title": node.ae_title}, log_level="ERROR"
    )
    assert listener_problem(settings) is None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused_by_the_listener(receiving_node, authority, server):
    node = receiving_node(tls=ListenerTLS(certificate_file=server.certificate, key_file=server.key))
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(authority.file)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", node.port), 5) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(plain, server_hostname="127.0.0.1")


def test_check_names_the_file_that_is_missing(tmp_path, monkeypatch, capsys):
    from rich.console import Console

    monkeypatch.chdir(tmp_path)
    tls = {"certificate_file": tmp_path / "gone.pem", "key_file": tmp_path / "gone.key"}
    assert check_node(Settings(listener={"tls": tls}), Console(width=300)) == 1
    assert "the files for TLS cannot be used" in capsys.readouterr().out
