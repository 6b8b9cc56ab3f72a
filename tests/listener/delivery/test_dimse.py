"""Objects by C-STORE: every way a destination can answer, or not; and what the others get meanwhile."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pydicom.uid as uids
import pytest
from pydicom import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import Verification

from listener.delivery.associations import echo
from listener.delivery.dimse import store
from listener.demo.pacs import free_port
from listener.destinations import Destination
from tests.images import dataset_bytes, file_bytes, mr_image, without_meta
from tests.listener.delivery.links import slow_link
from tests.listener.delivery.objects import EVERY_KIND, KEY_IMAGE, SEG, SEG_DATASET, SR, SR_DATASET
from tests.peers import StoreSCP

HUNG_UP = "The destination did not answer the request."


def to(port: int, ae_title: str = "PACS", **settings: object) -> Destination:
    return Destination(
        **{"name": "pacs", "ae_title": ae_title, "host": "127.0.0.1", "port": port, "timeout": 2, **settings}
    )


class PACS:
    """An SCP that answers C-STORE by a function of its event, and counts associations and objects."""

    def __init__(self) -> None:
        self.answer: Callable[[evt.Event], Dataset | int] = lambda _: 0
        self.classes = [context.abstract_syntax for context in AllStoragePresentationContexts]
        self.syntaxes = [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian]
        self.associations: list[list[str]] = []
        self.came: list[str] = []

    def start(self, on_pdu: Callable[[evt.Event], None] = lambda _: None) -> Destination:
        ae = AE(ae_title="PACS")
        ae.require_called_aet = True
        for sop_class in self.classes[:120]:
            ae.add_supported_context(sop_class, self.syntaxes)
        ae.add_supported_context(Verification)
        handlers = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_REQUESTED, self._count),
            (evt.EVT_PDU_RECV, on_pdu),
        ]
        self._server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        return to(self._server.server_address[1])

    def stop(self) -> None:
        self._server.shutdown()

    def _count(self, event: evt.Event) -> None:
        contexts = event.assoc.requestor.requested_contexts
        self.associations.append([context.abstract_syntax for context in contexts])

    def _store(self, event: evt.Event) -> Dataset | int:
        self.came.append(event.request.AffectedSOPInstanceUID)
        return self.answer(event)


@pytest.fixture
def pacs() -> Iterator[PACS]:
    one = PACS()
    one.classes = [uids.Comprehensive3DSRStorage, uids.SegmentationStorage, uids.SecondaryCaptureImageStorage]
    yield one
    one.stop()


def texts(outcomes) -> dict[str, str]:
    return {uid: outcome.text for uid, outcome in outcomes.items()}


def test_all_objects_of_a_study_go_over_one_association_which_proposes_only_their_classes(pacs):
    outcomes = store(EVERY_KIND, pacs.start(), "BETZ")
    assert all(outcome.acknowledged for outcome in outcomes.values())
    assert pacs.came == [one.sop_instance_uid for one in EVERY_KIND]
    [proposed] = pacs.associations
    assert sorted(proposed) == sorted(pacs.classes)


def test_warning_is_an_acknowledgement_and_a_failure_of_one_object_is_its_own(pacs):
    statuses = {SEG.sop_instance_uid: 0xC000, KEY_IMAGE.sop_instance_uid: 0xB007, SR.sop_instance_uid: 0}
    pacs.answer = lambda event: statuses[event.request.AffectedSOPInstanceUID]
    outcomes = store(EVERY_KIND, pacs.start(), "BETZ")
    assert [outcomes[one.sop_instance_uid].acknowledged for one in EVERY_KIND] == [False, True, True]
    assert not outcomes[SEG.sop_instance_uid].refused
    assert len(pacs.associations) == 1


def test_destination_that_accepts_one_of_three_contexts_gets_that_object(pacs):
    pacs.classes = [uids.Comprehensive3DSRStorage]
    outcomes = store(EVERY_KIND, pacs.start(), "BETZ")
    assert texts(outcomes) == {
        SEG.sop_instance_uid: "The destination does not accept segmentations.",
        KEY_IMAGE.sop_instance_uid: "The destination does not accept key images.",
        SR.sop_instance_uid: "Status 0000",
    }
    assert [outcomes[one.sop_instance_uid].refused for one in EVERY_KIND] == [True, True, False]
    assert pacs.came == [SR.sop_instance_uid]


def test_destination_that_accepts_none_refuses_all(pacs):
    pacs.classes = [uids.CTImageStorage]
    outcomes = store([SR], pacs.start(), "BETZ")
    assert outcomes[SR.sop_instance_uid].text == "The destination does not accept structured reports."
    assert outcomes[SR.sop_instance_uid].refused


def test_destination_that_aborts_over_one_object_gets_the_others(pacs):
    def abort_over_segmentations(event) -> int:
        if event.request.AffectedSOPInstanceUID == SEG.sop_instance_uid:
            event.assoc.abort()
        return 0

    pacs.answer = abort_over_segmentations
    outcomes = store(EVERY_KIND, pacs.start(), "BETZ")
    assert texts(outcomes)[SEG.sop_instance_uid] == HUNG_UP
    assert [outcomes[one.sop_instance_uid].acknowledged for one in EVERY_KIND] == [False, True, True]
    assert len(pacs.associations) == 2


def test_destination_that_never_answers_one_object_gets_the_others(pacs):
    release = threading.Event()
    pacs.answer = lambda event: (
        release.wait(6) and 0 if event.request.AffectedSOPInstanceUID == SEG.sop_instance_uid else 0
    )
    outcomes = store([SEG, SR], pacs.start(), "BETZ")
    release.set()
    assert texts(outcomes) == {SEG.sop_instance_uid: HUNG_UP, SR.sop_instance_uid: "Status 0000"}


def test_object_is_converted_for_a_destination_that_reads_implicit_vr_only(pacs):
    pacs.syntaxes = [uids.ImplicitVRLittleEndian]
    received = []
    pacs.answer = lambda event: received.append(event.dataset) or 0
    outcomes = store([SEG], pacs.start(), "BETZ")
    assert outcomes[SEG.sop_instance_uid].acknowledged
    assert received[0].PixelData == SEG_DATASET.PixelData
    assert received[0].PatientName == SEG_DATASET.PatientName


def test_arrives_as_it_is(storescp: StoreSCP):
    outcomes = store([SR], to(storescp.port, storescp.ae_title), "BETZ")
    assert texts(outcomes) == {SR.sop_instance_uid: "Status 0000"}
    [file] = storescp.files()
    assert without_meta(file.read_bytes()) == dataset_bytes(SR_DATASET)
    assert file_bytes(SR_DATASET) == SR.data


def test_no_one_listens():
    assert texts(store([SR], to(free_port()), "BETZ")) == {
        SR.sop_instance_uid: "The destination does not answer."
    }


def test_called_ae_title_is_wrong(pacs):
    wrong = pacs.start().model_copy(update={"ae_title": "OTHER"})
    assert texts(store([SR], wrong, "BETZ")) == {
        SR.sop_instance_uid: "The destination rejected the association."
    }


def test_destination_accepts_the_connection_and_is_silent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcomes = store([SR], to(silent.getsockname()[1]), "BETZ")
    assert texts(outcomes) == {SR.sop_instance_uid: "The destination does not answer."}


def store_within(seconds: float, *arguments) -> dict[str, str]:
    """What came of objects, in words; empty where that is not known by then."""
    outcomes: dict[str, str] = {}
    sending = threading.Thread(target=lambda: outcomes.update(texts(store(*arguments))), daemon=True)
    sending.start()
    sending.join(seconds)
    return outcomes


def test_destination_that_stops_within_an_answer_is_given_up():
    def answer_in_part(listening: socket.socket) -> None:
        connections.append(listening.accept()[0])
        connections[0].sendall(b"\x02\x00\x00")

    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer_in_part, args=(listening,), daemon=True).start()
        outcomes = store_within(15, [SR], to(listening.getsockname()[1]), "BETZ")
    assert outcomes == {SR.sop_instance_uid: "The destination does not answer."}
    connections[0].close()


def test_destination_that_stops_taking_an_object_is_given_up(pacs):
    over = threading.Event()

    def stop_reading(event: evt.Event) -> None:
        if isinstance(event.pdu, P_DATA_TF):
            over.wait(30)

    there = pacs.start(stop_reading)
    large = mr_image(2, sop_class=uids.SegmentationStorage, PixelData=bytes(20_000_000))
    outcomes = store_within(15, [replace(SEG, data=file_bytes(large))], there, "BETZ")
    over.set()
    assert outcomes == {SEG.sop_instance_uid: HUNG_UP}


def test_slow_link_gets_a_large_object_that_takes_longer_than_the_timeout(pacs):
    large = mr_image(2, sop_class=uids.SegmentationStorage, PixelData=bytes(4_000_000))
    with slow_link(pacs.start().port, bytes_per_second=1_500_000) as port:
        outcomes = store([replace(SEG, data=file_bytes(large)), SR], to(port, timeout=1), "BETZ")
    assert texts(outcomes) == {one.sop_instance_uid: "Status 0000" for one in (SEG, SR)}
    assert pacs.came == [SEG.sop_instance_uid, SR.sop_instance_uid]


def test_calls_under_the_destination_s_own_calling_ae_title(pacs):
    names = []
    pacs.answer = lambda event: names.append(event.assoc.requestor.ae_title) or 0
    there = pacs.start()
    store([SR], there, "BETZ")
    store([SR], there.model_copy(update={"calling_ae_title": "BETZ_SR"}), "BETZ")
    assert [name.strip() for name in names] == ["BETZ", "BETZ_SR"]


def test_echo(pacs):
    destination = pacs.start()
    assert echo(destination, "BETZ").acknowledged
    assert not echo(destination.model_copy(update={"ae_title": "OTHER"}), "BETZ").acknowledged
    assert not echo(to(free_port()), "BETZ").acknowledged
