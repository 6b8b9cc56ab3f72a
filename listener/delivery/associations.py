"""Associations with a destination, and C-ECHO."""

from collections.abc import Callable, Sequence

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event, EventHandlerType
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)

from listener.delivery.outcomes import CLASSES, Outcome, of_status
from listener.destinations import Destination
from listener.tls import destination_context, handshake_problem


def associate(
    destination: Destination,
    calling_ae_title: str,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[EventHandlerType] = (),
) -> Association:
    """Propose an association; whether it is established is for the caller to see.

    A destination that stops within a PDU, or takes no more of ours, is given up after its timeout:
    pynetdicom's own timers are looked at between PDUs only.

    Raises
    ------
    OSError
        If the files for TLS cannot be used.
    """
    ae = AE(ae_title=destination.calling_ae_title or calling_ae_title)
    seconds = destination.timeout.total_seconds()
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = seconds
    tls = destination.tls
    return ae.associate(
        destination.host,
        destination.port,
        contexts=list(contexts),
        ae_title=destination.ae_title,
        evt_handlers=[*handlers, (evt.EVT_CONN_OPEN, _limit, [seconds])],
        tls_args=None if tls is None else (destination_context(tls), destination.host),
    )


def _limit(event: Event, seconds: float) -> None:
    """Give each read and write of a connection so long."""
    transport = event.assoc.dul.socket
    if transport is not None and transport.socket is not None:
        transport.socket.settimeout(seconds)


def refusal_of(assoc: Association, destination: Destination) -> str:
    """Why an association was not established, unless it is for its contexts."""
    if assoc.is_rejected:
        return "The destination rejected the association."
    return handshake_problem(destination) or "The destination does not answer."


def answered(send: Callable[[], Dataset]) -> Dataset:
    """What a request is answered with; an empty answer if the association is lost."""
    try:
        return send()
    except RuntimeError:
        return Dataset()


def release(assoc: Association) -> None:
    """End an association, if it has not ended yet."""
    if assoc.is_established:
        assoc.release()


def echo(destination: Destination, calling_ae_title: str) -> Outcome:
    """Ask a destination whether it is there (C-ECHO)."""
    try:
        assoc = associate(destination, calling_ae_title, [build_context(Verification)])
    except OSError:
        return Outcome(False, handshake_problem(destination) or "The files for TLS cannot be used.")
    if not assoc.is_established:
        if assoc.rejected_contexts:
            return Outcome(False, "The destination does not accept C-ECHO.")
        return Outcome(False, refusal_of(assoc, destination))
    answer = answered(assoc.send_c_echo)
    release(assoc)
    return of_status(answer.get("Status"), answer.get("ErrorComment"))


def accepted_classes(destination: Destination, calling_ae_title: str) -> frozenset[str]:
    """Of what may be delivered, and Storage Commitment, the SOP classes that a destination accepts."""
    classes = [uid for kind in destination.wants for uid in CLASSES[kind]]
    contexts = [build_context(uid) for uid in (Verification, StorageCommitmentPushModel, *classes)]
    try:
        assoc = associate(destination, calling_ae_title, contexts)
    except OSError:
        return frozenset()
    accepted = frozenset(str(context.abstract_syntax) for context in assoc.accepted_contexts)
    release(assoc)
    return accepted
