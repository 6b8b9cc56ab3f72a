"""Attributes of a DICOM dataset as plain values, whatever the dataset holds.

A dataset from the network may hold anything under any tag. These functions answer with a value of the
asked kind, or with ``None``; they never raise.
"""

import math
import struct
import zlib
from collections.abc import Iterable, Iterator

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

UNREADABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    struct.error,
    TypeError,
    ValueError,
    zlib.error,
)
"""What pydicom and its codecs raise on malformed content."""


def values(ds: Dataset, keyword: str) -> tuple[object, ...]:
    """All values of an attribute; empty where it is absent, empty or unreadable."""
    try:
        value = ds.get(keyword)
        if value is None or value == "":
            return ()
        if isinstance(value, (MultiValue, Sequence, list, tuple)):
            return tuple(value)
    except UNREADABLE:
        return ()
    return (value,)


def is_stated(ds: Dataset, keyword: str) -> bool:
    """Whether an attribute is there with any content, readable or not."""
    try:
        return keyword in ds and ds.get_item(keyword).value not in (None, b"", "")
    except UNREADABLE:
        return True


def items(ds: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The items of a sequence attribute."""
    return tuple(value for value in values(ds, keyword) if isinstance(value, Dataset))


def as_number(value: object) -> float | None:
    """A finite number, or ``None``."""
    if isinstance(value, (bool, bytes, bytearray)):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except UNREADABLE:
        return None
    return number if math.isfinite(number) else None


def numbers(ds: Dataset, keyword: str) -> tuple[float, ...] | None:
    """Every value of an attribute as a finite number; ``None`` if there is none or any is not a number."""
    found = tuple(as_number(value) for value in values(ds, keyword))
    complete = tuple(number for number in found if number is not None)
    return complete if complete and len(complete) == len(found) else None


def number(ds: Dataset, keyword: str) -> float | None:
    """The first value of an attribute as a finite number."""
    return next((as_number(value) for value in values(ds, keyword)), None)


def integer(ds: Dataset, keyword: str) -> int | None:
    """The first value of an attribute, if it is a whole number."""
    found = number(ds, keyword)
    return int(found) if found is not None and found == math.floor(found) else None


def text(ds: Dataset, keyword: str) -> str | None:
    """The first value of an attribute as text without surrounding blanks; ``None`` where there is none."""
    for value in values(ds, keyword):
        if isinstance(value, (bytes, bytearray, Dataset)):
            return None
        try:
            return str(value).strip(" \0") or None
        except UNREADABLE:
            return None
    return None


def words(ds: Dataset, keyword: str) -> frozenset[str]:
    """Every value of a code-string attribute, in capitals."""
    return frozenset(words_in_order(ds, keyword))


def words_in_order(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """The same in the order of the attribute, where that tells one from another."""
    return tuple(value.strip(" \0").upper() for value in values(ds, keyword) if isinstance(value, str))


def functional_groups(ds: Dataset) -> tuple[tuple[Dataset, ...], ...]:
    """For each frame of a multi-frame object the items that may describe it, nearest first.

    Returns
    -------
    tuple
        One entry per item of Per-Frame Functional Groups Sequence: that item and the shared item. Empty for
        a single-frame object.
    """
    shared = items(ds, "SharedFunctionalGroupsSequence")[:1]
    return tuple((frame, *shared) for frame in items(ds, "PerFrameFunctionalGroupsSequence"))


def group(places: Iterable[Dataset], keyword: str) -> Dataset | None:
    """The first item of a functional group macro, from the nearest place that has it."""
    return next(_groups(places, keyword), None)


def _groups(places: Iterable[Dataset], keyword: str) -> Iterator[Dataset]:
    for place in places:
        yield from items(place, keyword)
