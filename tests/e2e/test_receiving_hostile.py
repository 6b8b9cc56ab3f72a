"""Who may connect and for how long; garbage, half-open connections, a killed listener; the log."""

import json
import random
import signal
import socket
import struct
import threading
import time
from io import BytesIO

import pydicom.uid as uids
import pytest
from pynetdicom import AE, build_context
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import P_DATA_TF

from tests.images import dataset_bytes, mr_image, without_meta
from tests.peers import DCMTK, SCU, NodeProcesses, ReceivingNode, eventually

SUCCESS = 0x0000
PERMANENT, BY_USER, NO_REASON, CALLING_AE_UNKNOWN, CALLED_AE_UNKNOWN = 0x01, 0x01, 0x01, 0x03, 0x07
TRANSIENT, BY_PRESENTATION, LIMIT_EXCEEDED = 0x02, 0x03, 0x02


def rejection(port: int, called: str = "BETZ", calling: str = "TESTER") -> tuple[int, int, int] | None:
    """Result, source and reason (PS3.8, 9.3.4) of the rejection of an association, if it is rejected."""
    ae = AE(ae_title=calling)
    contexts = [build_context(uids.MRImageStorage)]
    assoc = ae.associate("127.0.0.1", port, contexts=contexts, ae_title=called)
    if assoc.is_established:
        assoc.release()
        return None
    answer = assoc.acceptor.primitive
    return answer.result, answer.result_source, answer.diagnostic


def test_called_ae_title_must_be_ours(dcmtk: DCMTK, listening: NodeProcesses):
    assert rejection(listening.port, called="OTHER") == (PERMANENT, BY_USER, CALLED_AE_UNKNOWN)
    assert rejection(listening.port, called="betz") == (PERMANENT, BY_USER, CALLED_AE_UNKNOWN)
    assert dcmtk.echo(listening.port, called="OTHER") != 0
    assert rejection(listening.port) is None


def test_calling_ae_titles_on_the_list(receiving_node):
    node: ReceivingNode = receiving_node(calling_ae_titles=("PACS", "SCANNER 1"))
    assert rejection(node.port, calling="PACS") is None
    assert rejection(node.port, calling="SCANNER 1") is None
    assert rejection(node.port, calling="TESTER") == (PERMANENT, BY_USER, CALLING_AE_UNKNOWN)


def test_addresses_on_the_list(receiving_node):
    node: ReceivingNode = receiving_node(calling_addresses=("192.0.2.1",))
    assert rejection(node.port) == (PERMANENT, BY_USER, NO_REASON)


def test_addresses_on_the_list_may_connect(receiving_node):
    node: ReceivingNode = receiving_node(calling_addresses=("192.0.2.1", "127.0.0.1"))
    assert rejection(node.port) is None


def test_associations_at_once_are_limited(receiving_node):
    node: ReceivingNode = receiving_node(maximum_associations=2)
    with SCU(node.port) as first, SCU(node.port) as second:
        assert rejection(node.port) == (TRANSIENT, BY_PRESENTATION, LIMIT_EXCEEDED)
        assert first.status(mr_image(1)) == second.status(mr_image(2)) == SUCCESS
    eventually(lambda: rejection(node.port) is None)


def test_idle_association_is_aborted(receiving_node, study_uid: str):
    node: ReceivingNode = receiving_node(idle_timeout=1)
    with SCU(node.port) as scu:
        assert scu.status(mr_image(study=study_uid)) == SUCCESS
        started = time.monotonic()
        eventually(lambda: scu.assoc.is_aborted, within_s=10)
        assert 0.5 < time.monotonic() - started < 8
    assert rejection(node.port) is None


def test_connections_that_never_speak_are_closed(receiving_node):
    node: ReceivingNode = receiving_node(idle_timeout=1, maximum_associations=3)
    silent = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(6)]
    for connection in silent:
        connection.settimeout(15)
    assert [_closed(connection) for connection in silent] == [True] * 6
    eventually(lambda: rejection(node.port) is None)


def _closed(connection: socket.socket) -> bool:
    """Whether the peer closes, whatever it says before; a time-out is an error."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        return True
    finally:
        connection.close()
    return True


def test_peer_that_stalls_within_a_pdu_frees_its_place(receiving_node, study_uid: str):
    node: ReceivingNode = receiving_node(idle_timeout=1, maximum_associations=1)
    scu = SCU(node.port)
    [pdu, *_] = _pdus(mr_image(1, study=study_uid), scu.assoc.accepted_contexts[0].context_id)
    scu.assoc.dul.socket.socket.sendall(pdu[: len(pdu) // 2])
    assert rejection(node.port) == (TRANSIENT, BY_PRESENTATION, LIMIT_EXCEEDED)
    eventually(lambda: rejection(node.port) is None, within_s=10)
    eventually(lambda: not scu.assoc.is_established)


@pytest.mark.parametrize("sent", [3, 50])
def test_peer_that_stalls_within_its_association_request_is_closed(receiving_node, sent: int):
    node: ReceivingNode = receiving_node(idle_timeout=1)
    with socket.create_connection(("127.0.0.1", node.port)) as connection:
        connection.settimeout(15)
        connection.sendall((b"\x01\x00" + struct.pack(">I", 200) + bytes(200))[:sent])
        assert _closed(connection)


_RANDOM = random.Random(5)
GARBAGE = {
    "http": b"GET / HTTP/1.1\r\nHost: betz\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + _RANDOM.randbytes(500),
    "noise": _RANDOM.randbytes(5000),
    "zeros": bytes(1000),
    "request of length 0": b"\x01\x00" + struct.pack(">I", 0),
    "request cut short": b"\x01\x00" + struct.pack(">I", 200) + bytes(100),
    "request of 4 GB": b"\x01\x00" + struct.pack(">I", 0xFFFFFFFF) + bytes(100),
    "data before a request": b"\x04\x00" + struct.pack(">I", 10) + bytes(10),
    "request of noise": b"\x01\x00" + struct.pack(">I", 500) + _RANDOM.randbytes(500),
    "abort": b"\x07\x00" + struct.pack(">I", 4) + bytes(4),
    "nothing": b"",
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_on_the_port(listening: NodeProcesses, study_uid: str, what: str):
    with socket.create_connection(("127.0.0.1", listening.port)) as connection:
        connection.sendall(GARBAGE[what])
    with socket.create_connection(("127.0.0.1", listening.port)) as connection:
        connection.sendall(GARBAGE[what])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with SCU(listening.port) as scu:
        assert scu.status(mr_image(study=study_uid)) == SUCCESS
    assert listening.processes[0].poll() is None


def test_garbage_within_an_association(listening: NodeProcesses, study_uid: str):
    scu = SCU(listening.port)
    assert scu.status(mr_image(1, study=study_uid)) == SUCCESS
    scu.assoc.dul.socket.send(b"\x04\x00" + struct.pack(">I", 2000) + _RANDOM.randbytes(2000))
    eventually(lambda: not scu.assoc.is_established)
    with SCU(listening.port) as again:
        assert again.status(mr_image(2, study=study_uid)) == SUCCESS


def _pdus(image, context_id: int) -> list[bytes]:
    """A C-STORE request as the P-DATA-TF PDUs that go over the wire."""
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    request.DataSet = BytesIO(dataset_bytes(image))
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    pdus = []
    for primitive in message.encode_msg(context_id, 16382):
        pdu = P_DATA_TF()
        pdu.from_primitive(primitive)
        pdus.append(pdu.encode())
    return pdus


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_peer_that_vanishes_in_the_middle_of_an_instance(listening: NodeProcesses, study_uid: str, how: str):
    image = mr_image(1, study=study_uid, size=512)
    scu = SCU(listening.port)
    pdus = _pdus(image, scu.assoc.accepted_contexts[0].context_id)
    connection = scu.assoc.dul.socket.socket
    connection.sendall(b"".join(pdus[: len(pdus) // 2]) + pdus[-1][:100])
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    time.sleep(0.2)
    rows = "SELECT instances FROM v_studies WHERE study_instance_uid = :s"
    assert listening.rows(rows, s=study_uid) == []
    with SCU(listening.port) as again:
        assert again.status(image) == SUCCESS
    [row] = listening.rows(rows, s=study_uid)
    assert row.instances == 1
    assert list((listening.folder / "archive" / "incoming").iterdir()) == []


def test_the_whole_request_by_hand_is_a_success(listening: NodeProcesses, study_uid: str):
    """That the cut one above was cut, and not malformed."""
    image = mr_image(1, study=study_uid, size=512)
    with SCU(listening.port) as scu:
        scu.assoc._reactor_checkpoint.clear()
        scu.assoc.dul.socket.socket.sendall(b"".join(_pdus(image, scu.assoc.accepted_contexts[0].context_id)))
        _, answer = scu.assoc.dimse.get_msg(block=True)
        scu.assoc._reactor_checkpoint.set()
    assert answer.Status == SUCCESS


@pytest.mark.parametrize("after", [3, 11])
def test_killed_in_the_middle_everything_answered_is_there(
    betz, database_url: str, study_uid: str, after: int
):
    """Whatever was answered Success before SIGKILL is on disk, byte for byte, and in the database."""
    node: NodeProcesses = betz(database_url)
    process = node.start()
    answered: dict[str, bytes] = {}
    reached = threading.Event()

    def send(series: int) -> None:
        scu = SCU(node.port)
        for number in range(1, 400):
            image = mr_image(number, series=series, study=study_uid, size=128)
            try:
                answer = scu.send(image)
            except (RuntimeError, ValueError, OSError):
                return
            if "Status" not in answer:
                return
            assert answer.Status == SUCCESS
            answered[str(image.SOPInstanceUID)] = dataset_bytes(image)
            if len(answered) >= after:
                reached.set()

    senders = [threading.Thread(target=send, args=(series,)) for series in (1, 2)]
    for sender in senders:
        sender.start()
    assert reached.wait(30)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for sender in senders:
        sender.join(30)
        assert not sender.is_alive()
    assert len(answered) >= after
    rows = node.rows("SELECT sop_instance_uid, size_bytes FROM instance")
    assert answered.keys() <= {r.sop_instance_uid for r in rows}
    studies = node.folder / "archive" / "studies"
    stored = {path.stem: without_meta(path.read_bytes()) for path in studies.rglob("*.dcm")}
    assert answered.items() <= stored.items()

    node.start()
    with SCU(node.port) as scu:
        for number in range(1, 5):
            assert scu.status(mr_image(number, series=1, study=study_uid, size=128)) == SUCCESS


def test_log_tells_no_patient(betz, study_uid: str):
    node: NodeProcesses = betz(BETZ_LOG_LEVEL="DEBUG")
    node.start()
    secrets = {"PatientName": "Xanthippe^Zebedee", "PatientID": "SECRET-4711", "AccessionNumber": "ACC-0815"}
    private = {**secrets, "PatientBirthDate": "19010203", "StudyDescription": "Verschwiegen"}
    image = mr_image(1, study=study_uid, **private)
    data = dataset_bytes(image)
    with SCU(node.port) as scu:
        scu.send(image)
        scu.send(mr_image(1, study=study_uid, **private, Rows=1))
        scu.send(image, data[:200])
        scu.send(image, data.replace(b"\x20\x00\x0d\x00UI", b"\x20\x00\x0d\x00XX"))
        scu.send(image, b"\x10\x00\x10\x00PN\x12\x00Xanthippe^Zebedee " * 50)
        scu.send(image, AffectedSOPInstanceUID="1.2.3")
    node.close()
    log = node.log.read_text()
    assert "association accepted" in log
    assert "instance-quarantined" in log
    assert "instance-refused" in log
    for line in log.splitlines():
        assert json.loads(line)
    for value in private.values():
        for part in value.split("^"):
            assert part not in log
    events = node.rows("SELECT who, what, why, details FROM event")
    assert not [e for e in events for value in private.values() if value in str(tuple(e))]


def test_listener_stops_in_time_with_open_associations(betz, study_uid: str):
    node: NodeProcesses = betz()
    process = node.start()
    scus = [SCU(node.port) for _ in range(4)]
    assert [scu.status(mr_image(n, study=study_uid)) for n, scu in enumerate(scus, 1)] == [SUCCESS] * 4
    held = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(4)]
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert time.monotonic() - started < 10
    for connection in held:
        connection.close()
    for scu in scus:
        scu.assoc.abort()


def test_port_is_free_again_at_once(betz):
    node: NodeProcesses = betz()
    first = node.start()
    with SCU(node.port):
        first.send_signal(signal.SIGKILL)
        first.wait()
    node.start()
