"""What a received dataset says it is: its UIDs, and a few attributes of its study and series."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from pydicom import DataElement, Dataset
from pydicom.dataelem import RawDataElement
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID
from pydicom.valuerep import VR

from listener.archive import Key

UNREADABLE = (
    AttributeError,
    BytesLengthException,
    EOFError,
    KeyError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom raises for bytes that are no dataset; the list is what fuzzing it brought to light."""

STUDY_ATTRIBUTES = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "accession_number": "AccessionNumber",
    "study_date": "StudyDate",
    "study_description": "StudyDescription",
}
SERIES_ATTRIBUTES = {
    "modality": "Modality",
    "series_number": "SeriesNumber",
    "series_description": "SeriesDescription",
}
_LONGEST_TEXT = 256
_UNDEFINED_LENGTH = 0xFFFFFFFF
_LAST_TAG = Tag("SeriesNumber")
_TAGS: list[BaseTag | int] = [
    Tag(keyword)
    for keyword in (
        "SpecificCharacterSet",
        "SOPClassUID",
        "SOPInstanceUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        *STUDY_ATTRIBUTES.values(),
        *SERIES_ATTRIBUTES.values(),
    )
]


class UnidentifiedError(Exception):
    """The dataset cannot be read, or does not say what it is; the text says why, without patient data."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a dataset says it is."""

    key: Key
    sop_class_uid: str
    study_attributes: Mapping[str, str | None]
    series_attributes: Mapping[str, str | None]


def read_identity(dataset: bytes, transfer_syntax_uid: str) -> Identity:
    """Read the first groups of an encoded dataset.

    Parameters
    ----------
    dataset
        Encoded in the given transfer syntax, without file meta information.

    Raises
    ------
    UnidentifiedError
        If it cannot be decoded so far, or its UIDs are missing or illegal.
    """
    try:
        ds = _head(dataset, UID(transfer_syntax_uid))
        uids = [_uid(ds, keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
        sop_class_uid = _uid(ds, "SOPClassUID")
    except UNREADABLE as error:
        raise UnidentifiedError(f"The dataset could not be decoded ({type(error).__name__}).") from error
    missing = [
        name
        for name, value in zip(
            ("Study Instance UID", "Series Instance UID", "SOP Instance UID", "SOP Class UID"),
            (*uids, sop_class_uid),
            strict=True,
        )
        if not value
    ]
    if missing:
        raise UnidentifiedError(f"The dataset has no {' and no '.join(missing)}.")
    try:
        key = Key(*(uid or "" for uid in uids))
    except ValueError as error:
        raise UnidentifiedError("A UID of the dataset is illegal.") from error
    return Identity(
        key,
        sop_class_uid or "",
        _Texts(ds, STUDY_ATTRIBUTES),
        _Texts(ds, SERIES_ATTRIBUTES),
    )


def _head(dataset: bytes, syntax: UID) -> Dataset:
    if syntax.is_deflated:
        dataset = zlib.decompressobj(-zlib.MAX_WBITS).decompress(dataset, max_length=1 << 20)

    def past_identity(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        return bool(tag > _LAST_TAG)

    ds = read_dataset(
        BytesIO(dataset),
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=past_identity,
        specific_tags=_TAGS,
    )
    if any(_is_cut(ds.get_item(tag)) for tag in _TAGS):
        raise EOFError
    return ds


def _is_cut(element: object) -> bool:
    """Whether the dataset ends within an element: pydicom gives the rest, which may be a UID of its own."""
    return (
        isinstance(element, RawDataElement)
        and element.value is not None
        and len(element.value) < element.length < _UNDEFINED_LENGTH
    )


class _Texts(Mapping[str, str | None]):
    """Attributes by column, decoded when they are asked for: only the first image of a series is."""

    def __init__(self, ds: Dataset, keywords: Mapping[str, str]) -> None:
        self._ds = ds
        self._keywords = keywords

    def __getitem__(self, column: str) -> str | None:
        try:
            return _text(self._ds, self._keywords[column])
        except UNREADABLE:
            if column not in self._keywords:
                raise
            return None

    def __iter__(self) -> Iterator[str]:
        return iter(self._keywords)

    def __len__(self) -> int:
        return len(self._keywords)


def _uid(ds: Dataset, keyword: str) -> str | None:
    """A UID without the checks and conversions that pydicom spends on it: they are made here once."""
    element = ds.get_item(keyword)
    if element is None or not element.value:
        return None
    if element.VR not in (None, VR.UI) or not isinstance(element.value, bytes):
        raise TypeError
    return element.value.decode("ascii").strip("\0 ")


def _text(ds: Dataset, keyword: str) -> str | None:
    """The value as printable text of at most 256 characters, or ``None`` where there is none."""
    if keyword not in ds:
        return None
    element: DataElement = ds[keyword]
    text = "".join(c for c in str(element.value if element.value is not None else "") if c.isprintable())
    return text.strip()[:_LONGEST_TEXT] or None
