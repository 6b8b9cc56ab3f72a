"""A stored instance as a dataset, and a stack of them as a volume."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from pydicom import Dataset, dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from listener.archive import Key
from listener.file_meta import dataset_of, file_meta
from processors.acquisition import BodyPart, Contrast, Plane
from processors.attributes import UNREADABLE, text
from processors.reading import read_volume
from processors.volume import Volume

Instances = Sequence[tuple[str, str]]
"""(SOP Class UID, SOP Instance UID) of each instance of a series."""


UNCOMPRESSED = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
"""Transfer syntaxes whose pixels no codec has to read."""

LARGEST_INFLATED = 1 << 29
"""Bytes; a deflated dataset that is larger is taken for unreadable."""


class Stored(Protocol):
    """Whatever gives an instance as bytes; the archive does."""

    def get(self, key: Key) -> bytes:
        """The object of a key, in the format of a DICOM file.

        Raises
        ------
        ArchiveError
            If it cannot be had.
        """


def read_instance(archive: Stored, key: Key) -> Dataset | None:
    """A stored instance, or ``None`` if it cannot be decoded or is absurdly large when inflated."""
    try:
        return dcmread(BytesIO(_inflated(archive.get(key))))
    except UNREADABLE:
        return None


def _inflated(stored: bytes) -> bytes:
    """A stored object with its dataset inflated, where it is deflated; pydicom would do it without a limit.

    Raises
    ------
    ValueError
        If the dataset is cut or larger than :data:`LARGEST_INFLATED`.
    """
    dataset = dataset_of(stored)
    head = stored[: len(stored) - len(dataset)]
    if str(DeflatedExplicitVRLittleEndian).encode() not in head:
        return stored
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = stream.decompress(dataset, max_length=LARGEST_INFLATED)
    if not stream.eof:
        raise ValueError("the deflated dataset is cut, or too large")
    return file_meta("", "", str(ExplicitVRLittleEndian)) + inflated


@dataclass(frozen=True, slots=True)
class StackReference:
    """What it takes to read a stack as a volume, in plain values that a workflow can keep."""

    series_instance_uid: str
    contrast: Contrast
    plane: Plane
    body_part: BodyPart
    frames: Mapping[str, tuple[int, ...]]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "series_instance_uid": self.series_instance_uid,
            "contrast": self.contrast.value,
            "plane": self.plane.value,
            "body_part": self.body_part.value,
            "frames": {uid: list(numbers) for uid, numbers in self.frames.items()},
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "StackReference":
        """From JSON."""
        return cls(
            plain["series_instance_uid"],
            Contrast(plain["contrast"]),
            Plane(plain["plane"]),
            BodyPart(plain["body_part"]),
            {uid: tuple(numbers) for uid, numbers in plain["frames"].items()},
        )


def read_stack(archive: Stored, study_instance_uid: str, stack: StackReference) -> Volume:
    """Read a stack from the archive.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    processors.volume.VolumeError
        If it is no volume.
    """
    return read_volume(
        list(datasets_of(archive, study_instance_uid, stack)),
        chosen_frames(stack.frames),
        contrast=stack.contrast,
        plane=stack.plane,
    )


def datasets_of(archive: Stored, study_instance_uid: str, stack: StackReference) -> Iterator[Dataset]:
    """The instances of a stack that can be decoded.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    for uid in stack.frames:
        ds = read_instance(archive, Key(study_instance_uid, stack.series_instance_uid, uid))
        if ds is not None:
            yield ds


def chosen_frames(frames: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The frame numbers of the multi-frame instances."""
    return {uid: numbers for uid, numbers in frames.items() if numbers}


def is_compressed(ds: Dataset) -> bool:
    """Whether a codec would have to read the pixels."""
    return text(getattr(ds, "file_meta", Dataset()), "TransferSyntaxUID") not in UNCOMPRESSED
