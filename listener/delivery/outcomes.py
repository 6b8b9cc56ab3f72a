"""What came of sending an object to a destination."""

from dataclasses import dataclass
from datetime import timedelta

from pydicom.uid import (
    Comprehensive3DSRStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from db.models import ObjectKind
from listener.settings import DeliverySettings

_OTHER_WARNINGS = frozenset((0x0001, 0x0107, 0x0116))
"""Warnings beside Bxxx (PS3.7, Annex C): a PACS keeps the object, but changed or doubts something."""
_OTHER_REFUSALS = frozenset((0x0122, 0x0124))
"""SOP class not supported, not authorised; beside A9xx, data set does not match SOP class (PS3.4, B.2.3)."""
_SLOWEST_LINK = 16_000
"""Bytes a second, 128 kbit/s: no line that images are sent over is slower."""
_LONGEST_COMMENT = 64

PLURALS = {
    ObjectKind.SR: "structured reports",
    ObjectKind.SEG: "segmentations",
    ObjectKind.KEY_IMAGE: "key images",
}
"""The kinds of objects, in words."""
CLASSES = {
    ObjectKind.SR: (Comprehensive3DSRStorage,),
    ObjectKind.SEG: (SegmentationStorage,),
    ObjectKind.KEY_IMAGE: (
        SecondaryCaptureImageStorage,
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        MultiFrameTrueColorSecondaryCaptureImageStorage,
    ),
}
"""The SOP classes that objects of a kind may be of."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object to be sent, as stored, with file meta information."""

    kind: ObjectKind
    sop_instance_uid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a destination has acknowledged an object, and its own words for it.

    Attributes
    ----------
    refused
        Whether it takes no such objects, however often it is asked.
    """

    acknowledged: bool
    text: str
    refused: bool = False


def refusal(kind: ObjectKind) -> Outcome:
    """Of a destination that does not accept objects of a kind."""
    return Outcome(False, f"The destination does not accept {PLURALS[kind]}.", refused=True)


def of_status(status: int | None, comment: object = "") -> Outcome:
    """What a C-STORE status, or a failure reason of STOW-RS, means."""
    if status is None:
        return Outcome(False, "The destination did not answer the request.")
    printable = "".join(c for c in str(comment or "") if c.isprintable())[:_LONGEST_COMMENT]
    text = f"Status {status:04X}" + (f" ({printable})" if printable else "")
    return Outcome(status == 0 or _is_warning(status), text, refused=_is_refusal(status))


def _is_warning(status: int) -> bool:
    return 0xB000 <= status <= 0xBFFF or status in _OTHER_WARNINGS


def _is_refusal(status: int) -> bool:
    """Whether no further attempt will change the status."""
    return 0xA900 <= status <= 0xA9FF or status in _OTHER_REFUSALS


def patience(timeout: timedelta, size: int) -> timedelta:
    """How long to wait for an answer to so many bytes that were only handed to the network.

    Many of them may be under way still: in the buffers of this machine, and of those between. A link that
    takes nothing more for the length of the timeout is given up before.
    """
    return timeout + timedelta(seconds=size / _SLOWEST_LINK)


def retry_after(attempt: int, settings: DeliverySettings, *, refused: bool = False) -> timedelta:
    """How long to wait after an attempt that failed: doubled each time, up to a limit; never given up."""
    longest = settings.longest_refused_retry if refused else settings.longest_retry
    return doubled(settings.first_retry, attempt, longest)


def doubled(first: timedelta, count: int, longest: timedelta) -> timedelta:
    """A pause that doubles from the first on, up to the longest."""
    seconds = first.total_seconds() * 2.0 ** min(count - 1, 32)
    return timedelta(seconds=min(seconds, longest.total_seconds()))
