"""Storage Commitment Push Model, as SCU: a destination is asked to take responsibility, and what it says."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.dimse_messages import N_EVENT_REPORT_RSP
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)

from listener.archive import is_uid
from listener.delivery.associations import answered, associate, refusal_of, release
from listener.destinations import Destination
from listener.tls import handshake_problem
from processors.attributes import UNREADABLE, integer, items, text

_REQUEST = 1
_WAIT_S = 2.0
"""For a report on the same association; one that takes longer comes on an association of its own."""
_CLASS_NOT_SUPPORTED = 0x0122
_REASONS = {
    0x0110: "processing failure",
    0x0112: "it does not have the object",
    0x0213: "out of resources",
    _CLASS_NOT_SUPPORTED: "it does not commit itself to objects of this class",
    0x0119: "class and instance do not agree",
    0x0131: "the transaction was asked twice",
}
"""PS3.3, C.14.1.1."""

SUCCESS, CANNOT_BE_UNDERSTOOD, PROCESSING_FAILURE = 0x0000, 0x0115, 0x0110


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What a destination says of a transaction.

    Attributes
    ----------
    committed
        SOP Instance UIDs that it keeps.
    failed
        From SOP Instance UID to the reason, in words.
    unsupported
        Those of the failed that it commits itself to none of the class of.
    """

    transaction_uid: str
    committed: frozenset[str]
    failed: Mapping[str, str]
    unsupported: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a request: whether it was offered, and whether it was taken, with words for it."""

    offered: bool
    taken: bool
    text: str


def ask(
    transaction_uid: str,
    references: Sequence[tuple[str, str]],
    destination: Destination,
    calling_ae_title: str,
    on_report: Callable[[Event], int],
) -> Asked:
    """Ask a destination to keep instances (N-ACTION), and wait a little for its report.

    Parameters
    ----------
    references
        SOP class UID and SOP Instance UID of each.
    on_report
        Is given a report that comes on the same association, and gives the status to answer with.
    """
    answering, over = threading.Event(), threading.Event()

    def note_message(event: Event) -> None:
        if isinstance(event.message, N_EVENT_REPORT_RSP):
            answering.set()

    def note_pdu(event: Event) -> None:
        if answering.is_set() and isinstance(event.pdu, P_DATA_TF):
            over.set()

    handlers: list[evt.EventHandlerType] = [
        (evt.EVT_N_EVENT_REPORT, lambda event: (on_report(event), None)),
        (evt.EVT_DIMSE_SENT, note_message),
        (evt.EVT_PDU_SENT, note_pdu),
    ]
    contexts = [build_context(StorageCommitmentPushModel), build_context(Verification)]
    try:
        assoc = associate(destination, calling_ae_title, contexts, handlers)
    except OSError:
        return Asked(True, False, handshake_problem(destination) or "The files for TLS cannot be used.")
    if not assoc.is_established:
        if assoc.rejected_contexts:
            return Asked(False, False, "The destination does not offer Storage Commitment.")
        return Asked(True, False, refusal_of(assoc, destination))
    try:
        if not any(c.abstract_syntax == StorageCommitmentPushModel for c in assoc.accepted_contexts):
            return Asked(False, False, "The destination does not offer Storage Commitment.")
        status = _request(transaction_uid, references, assoc.send_n_action)
        if status == SUCCESS:
            over.wait(_WAIT_S)
    finally:
        release(assoc)
    if status == SUCCESS:
        return Asked(True, True, "The destination was asked for Storage Commitment.")
    said = "no answer" if status is None else f"status {status:04X}"
    return Asked(True, False, f"The destination did not take the request for Storage Commitment ({said}).")


def _request(
    transaction_uid: str,
    references: Sequence[tuple[str, str]],
    send_n_action: Callable[..., tuple[Dataset, Dataset | None]],
) -> int | None:
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = []
    for sop_class_uid, sop_instance_uid in references:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class_uid
        item.ReferencedSOPInstanceUID = sop_instance_uid
        information.ReferencedSOPSequence.append(item)
    instance = StorageCommitmentPushModelInstance
    answer = answered(lambda: send_n_action(information, _REQUEST, StorageCommitmentPushModel, instance)[0])
    return cast(int | None, answer.get("Status"))


def read_report(event: Event) -> CommitmentReport | None:
    """The report in an N-EVENT-REPORT request; none where it cannot be understood."""
    try:
        information = event.event_information
    except UNREADABLE:
        return None
    transaction = text(information, "TransactionUID") or ""
    if not is_uid(transaction):
        return None
    kept = (text(item, "ReferencedSOPInstanceUID") for item in items(information, "ReferencedSOPSequence"))
    failed = {
        text(item, "ReferencedSOPInstanceUID"): integer(item, "FailureReason")
        for item in items(information, "FailedSOPSequence")
    }
    return CommitmentReport(
        transaction,
        frozenset(uid for uid in kept if uid is not None),
        {uid: _reason(code) for uid, code in failed.items() if uid is not None},
        frozenset(uid for uid, code in failed.items() if uid is not None and code == _CLASS_NOT_SUPPORTED),
    )


def _reason(code: int | None) -> str:
    if code is None:
        return "The destination does not keep it (no reason given)."
    return f"The destination does not keep it ({_REASONS.get(code, 'reason')}, {code & 0xFFFF:04X})."
