"""Reports to a PACS by C-STORE."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from listener.settings import DeliverySettings, Destination

_WARNINGS = frozenset((0xB000, 0xB006, 0xB007))
"""Statuses with which a PACS keeps an object while noting that it changed or doubts something."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a destination has acknowledged an object, and its own words for it."""

    acknowledged: bool
    text: str


def deliver(report: bytes, destination: Destination, calling_ae_title: str) -> Outcome:
    """Send one object; it counts as delivered when the destination has answered success or a warning.

    Parameters
    ----------
    report
        The object as stored, with file meta information.
    """
    ds = dcmread(BytesIO(report))
    ae = _ae(destination, calling_ae_title)
    ae.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    assoc = ae.associate(destination.host, destination.port, ae_title=destination.ae_title)
    if not assoc.is_established:
        return Outcome(False, _refusal(assoc, "structured reports"))
    try:
        answer = assoc.send_c_store(ds)
    except (RuntimeError, ValueError) as error:
        return Outcome(False, f"The report could not be sent ({type(error).__name__}).")
    finally:
        if assoc.is_established:
            assoc.release()
    return _outcome(answer)


def echo(destination: Destination, calling_ae_title: str) -> Outcome:
    """Ask a destination whether it is there (C-ECHO)."""
    ae = _ae(destination, calling_ae_title)
    ae.add_requested_context(Verification)
    assoc = ae.associate(destination.host, destination.port, ae_title=destination.ae_title)
    if not assoc.is_established:
        return Outcome(False, _refusal(assoc, "C-ECHO"))
    answer = assoc.send_c_echo()
    assoc.release()
    return _outcome(answer)


def retry_after(attempt: int, settings: DeliverySettings) -> timedelta:
    """How long to wait after an attempt that failed: doubled each time, up to a limit; never given up."""
    seconds = settings.first_retry.total_seconds() * 2.0 ** min(attempt - 1, 32)
    return timedelta(seconds=min(seconds, settings.longest_retry.total_seconds()))


def _ae(destination: Destination, calling_ae_title: str) -> AE:
    ae = AE(ae_title=calling_ae_title)
    seconds = destination.timeout.total_seconds()
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = seconds
    return ae


def _refusal(assoc: Association, proposed: str) -> str:
    if assoc.is_rejected:
        return "The destination rejected the association."
    if assoc.rejected_contexts:
        return f"The destination does not accept {proposed}."
    return "The destination does not answer."


def _outcome(answer: Dataset) -> Outcome:
    status = answer.get("Status")
    if status is None:
        return Outcome(False, "The destination did not answer the request.")
    comment = "".join(c for c in str(answer.get("ErrorComment") or "") if c.isprintable())[:64]
    text = f"Status {status:04X}" + (f" ({comment})" if comment else "")
    return Outcome(status == 0 or status in _WARNINGS, text)
