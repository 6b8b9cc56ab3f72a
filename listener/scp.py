"""The association server: C-ECHO, C-STORE, N-EVENT-REPORT; who may connect, what is accepted."""

import threading
from functools import partial
from socket import socket
from socketserver import TCPServer
from typing import cast

import pydicom.uid as uids
import structlog
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)
from pynetdicom.transport import ThreadedAssociationServer

from listener.association import AcceptedConnection, SharingServer, listening_socket
from listener.commitments import CommitmentReports
from listener.file_meta import file_meta
from listener.intake import PROCESSING_FAILURE, SUCCESS, Answer, Arrival, Intake
from listener.logs import place_of
from listener.settings import ListenerSettings
from listener.tls import listener_context

NATIVE_SYNTAXES = (
    uids.ExplicitVRLittleEndian,
    uids.ImplicitVRLittleEndian,
    uids.DeflatedExplicitVRLittleEndian,
    uids.ExplicitVRBigEndian,
)
_ENCAPSULATED_SYNTAXES = (
    uids.RLELossless,
    uids.JPEGBaseline8Bit,
    uids.JPEGExtended12Bit,
    uids.JPEGLossless,
    uids.JPEGLosslessSV1,
    uids.JPEGLSLossless,
    uids.JPEGLSNearLossless,
    uids.JPEG2000Lossless,
    uids.JPEG2000,
    uids.HTJ2KLossless,
    uids.HTJ2KLosslessRPCL,
    uids.HTJ2K,
)
_ERROR_COMMENT_LENGTH = 64
_REJECTED_PERMANENT, _BY_SERVICE_USER, _NO_REASON = 0x01, 0x01, 0x01

log = structlog.get_logger()


def readable_syntaxes() -> list[UID]:
    """The transfer syntaxes that can be accepted because an installed decoder reads them."""
    return [*NATIVE_SYNTAXES, *(s for s in _ENCAPSULATED_SYNTAXES if get_decoder(s).is_available)]


def storage_contexts() -> list[PresentationContext]:
    """Every storage class in every transfer syntax that can be read back."""
    syntaxes = readable_syntaxes()
    contexts = []
    for known in AllStoragePresentationContexts:
        context = PresentationContext()
        context.abstract_syntax = known.abstract_syntax
        context.transfer_syntax = list(syntaxes)
        contexts.append(context)
    return contexts


class StorageSCP:
    """The server, from its start until :meth:`stop`."""

    def __init__(
        self,
        intake: Intake,
        settings: ListenerSettings,
        listening: socket | None = None,
        commitments: CommitmentReports | None = None,
    ) -> None:
        self._commitments = commitments
        self._listening = listening or listening_socket(settings.host, settings.port)
        self._intake = intake
        self._settings = settings
        self._server = self._start()

    @property
    def port(self) -> int:
        """The TCP port that it listens on."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Take no further associations, and end those there are."""
        TCPServer.shutdown(self._server)  # pynetdicom's own wants a server that its AE has started
        self._server.server_close()
        self._server.ae.shutdown()

    def _start(self) -> ThreadedAssociationServer:
        settings = self._settings
        ae = AE(ae_title=settings.ae_title)
        ae.supported_contexts = storage_contexts()
        ae.add_supported_context(Verification)
        if self._commitments is not None:
            # The destination is the SCP of its report, though it is the one that asks for the association.
            ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        ae.require_called_aet = True
        ae.require_calling_aet = list(settings.calling_ae_titles)
        ae.maximum_associations = max(1, settings.maximum_associations // settings.processes)
        ae.maximum_pdu_size = settings.maximum_pdu_size
        ae.network_timeout = settings.idle_timeout.total_seconds()
        ae.dimse_timeout = settings.idle_timeout.total_seconds()
        ae.acse_timeout = min(30.0, settings.idle_timeout.total_seconds())
        handlers: list[evt.EventHandlerType] = [
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_EVENT_REPORT, self._take_commitment_report),
            (evt.EVT_REQUESTED, self._admit),
            (evt.EVT_ACCEPTED, lambda event: _log(event, "association accepted")),
            (evt.EVT_REJECTED, lambda event: _log(event, "association rejected")),
            (evt.EVT_ABORTED, lambda event: _log(event, "association aborted")),
        ]
        server = ae.make_server(
            self._listening.getsockname(),
            evt_handlers=handlers,
            server_class=partial(SharingServer, self._listening),  # type: ignore[arg-type]
            request_handler=AcceptedConnection,
            ssl_context=None if settings.tls is None else listener_context(settings.tls),
        )
        threading.Thread(target=server.serve_forever, name="association server", daemon=True).start()
        return server

    def _admit(self, event: Event) -> None:
        """Reject an association from an address that is not on the list."""
        allowed = self._settings.calling_addresses
        if allowed and event.assoc.requestor.address not in allowed:
            event.assoc.acse.send_reject(_REJECTED_PERMANENT, _BY_SERVICE_USER, _NO_REASON)
            _log(event, "association rejected")
            # Only then is the rejection on its way before pynetdicom closes the connection.
            event.assoc.kill()

    def _take_commitment_report(self, event: Event) -> tuple[int, None]:
        """Called only where the class was accepted."""
        return (PROCESSING_FAILURE if self._commitments is None else self._commitments.receive(event)), None

    def _store(self, event: Event) -> Dataset | int:
        try:
            answer = self._intake.receive(_arrival(event))
        except Exception as error:  # noqa: BLE001
            log.error("intake failed", error=type(error).__name__, place=place_of(error))
            answer = Answer(PROCESSING_FAILURE, "The instance could not be processed.")
        if not answer.comment:
            return answer.status
        response = Dataset()
        response.Status = answer.status
        response.ErrorComment = answer.comment[:_ERROR_COMMENT_LENGTH]
        return response


def _arrival(event: Event) -> Arrival:
    request = cast(C_STORE, event.request)
    sop_class_uid = request.AffectedSOPClassUID or ""
    sop_instance_uid = request.AffectedSOPInstanceUID or ""
    syntax = event.context.transfer_syntax
    return Arrival(
        sop_class_uid=str(sop_class_uid),
        sop_instance_uid=str(sop_instance_uid),
        transfer_syntax_uid=str(syntax),
        calling_ae=(event.assoc.requestor.ae_title or "").strip(),
        file_meta=file_meta(str(sop_class_uid), str(sop_instance_uid), str(syntax)),
        dataset=event.encoded_dataset(include_meta=False),
    )


def _log(event: Event, what: str) -> None:
    requestor = event.assoc.requestor
    log.info(what, calling_ae=(requestor.ae_title or "").strip(), address=requestor.address)
