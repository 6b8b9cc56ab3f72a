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

_WARNINGS = frozenset((0xB000, 0xB006, 0xB007))
"""Statuses with which a PACS keeps an object while noting that it changed or doubts something."""
_REFUSALS = frozenset((0x0122, 0x0124, 0xA900))
"""SOP class not supported, not authorised, data set does not match SOP class: no attempt will change them."""
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
    return Outcome(status == 0 or status in _WARNINGS, text, refused=status in _REFUSALS)


def retry_after(attempt: int, settings: DeliverySettings, *, refused: bool = False) -> timedelta:
    """How long to wait after an attempt that failed: doubled each time, up to a limit; never given up."""
    longest = settings.longest_refused_retry if refused else settings.longest_retry
    return doubled(settings.first_retry, attempt, longest)


def doubled(first: timedelta, count: int, longest: timedelta) -> timedelta:
    """A pause that doubles from the first on, up to the longest."""
    seconds = first.total_seconds() * 2.0 ** min(count - 1, 32)
    return timedelta(seconds=min(seconds, longest.total_seconds()))
