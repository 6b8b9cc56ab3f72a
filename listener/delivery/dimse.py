"""Objects to a destination by C-STORE: all of a study over one association."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO

import pydicom.uid as uids
from pydicom import FileDataset, dcmread
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from listener.delivery.associations import answered, associate, refusal_of, release
from listener.delivery.outcomes import Outcome, Outgoing, of_status, patience, refusal
from listener.destinations import Destination
from listener.tls import handshake_problem

_NATIVE = (uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian)
"""Either is made of the other on the way, as the destination accepts."""


def store(objects: Sequence[Outgoing], destination: Destination, calling_ae_title: str) -> dict[str, Outcome]:
    """Send objects in their order over one association.

    An object is acknowledged when the destination has answered success or a warning. Where the association
    is lost over an object, the ones after it are sent over another: none keeps the others from arriving.

    Returns
    -------
    dict
        From SOP Instance UID to what came of it, for each object.
    """
    outcomes: dict[str, Outcome] = {}
    left = [(one, dcmread(BytesIO(one.data))) for one in objects]
    while left:
        try:
            assoc = associate(destination, calling_ae_title, _contexts([ds for _, ds in left]))
        except OSError:
            problem = handshake_problem(destination) or "The files for TLS cannot be used."
            return outcomes | {one.sop_instance_uid: Outcome(False, problem) for one, _ in left}
        if not assoc.is_established:
            return outcomes | _not_established(assoc, destination, [one for one, _ in left])
        sent = _send_all(assoc, left, destination)
        release(assoc)
        outcomes |= sent
        left = left[len(sent) :]
    return outcomes


def _contexts(datasets: Sequence[FileDataset]) -> list[PresentationContext]:
    """One for each SOP class and kind of transfer syntax among the objects."""
    proposed: dict[tuple[str, ...], PresentationContext] = {}
    for ds in datasets:
        syntax = ds.file_meta.TransferSyntaxUID
        syntaxes = (
            [syntax, *(other for other in _NATIVE if other != syntax)] if syntax in _NATIVE else [syntax]
        )
        key = (ds.SOPClassUID, *sorted(syntaxes))
        proposed.setdefault(key, build_context(ds.SOPClassUID, [*syntaxes]))
    return list(proposed.values())


def _not_established(
    assoc: Association, destination: Destination, objects: Sequence[Outgoing]
) -> dict[str, Outcome]:
    if assoc.rejected_contexts:
        return {one.sop_instance_uid: refusal(one.kind) for one in objects}
    outcome = Outcome(False, refusal_of(assoc, destination))
    return {one.sop_instance_uid: outcome for one in objects}


def _send_all(
    assoc: Association, objects: Sequence[tuple[Outgoing, FileDataset]], destination: Destination
) -> dict[str, Outcome]:
    """What came of the objects up to the one with which the association was lost; of one at least."""
    outcomes: dict[str, Outcome] = {}
    for number, (one, ds) in enumerate(objects, start=1):
        if outcomes and not assoc.is_established:
            break
        # pynetdicom counts from when an object is queued, not from when it is sent
        assoc.dimse_timeout = patience(destination.timeout, len(one.data)).total_seconds()
        outcomes[one.sop_instance_uid] = _send(assoc, one, ds, message_id=number)
    return outcomes


def _send(assoc: Association, one: Outgoing, ds: FileDataset, message_id: int) -> Outcome:
    if not _is_accepted(assoc, ds):
        return refusal(one.kind)
    try:
        answer = answered(partial(assoc.send_c_store, ds, msg_id=message_id))
    except ValueError as error:
        return Outcome(False, f"The object could not be sent ({type(error).__name__}).")
    if "Status" not in answer and assoc.is_established:
        assoc.abort()
    return of_status(answer.get("Status"), answer.get("ErrorComment"))


def _is_accepted(assoc: Association, ds: FileDataset) -> bool:
    syntax = ds.file_meta.TransferSyntaxUID
    wanted = _NATIVE if syntax in _NATIVE else (syntax,)
    return any(
        context.abstract_syntax == ds.SOPClassUID and context.transfer_syntax[0] in wanted
        for context in assoc.accepted_contexts
    )
