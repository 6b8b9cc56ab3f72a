"""A stored study as classified stacks, and a stack as the datasets of a volume."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from listener.archive import Archive, Key
from listener.classification import classify
from listener.classification.headers import Header, headers_of, number_in
from listener.classification.stacks import Stack, frames_by_instance, split_stacks
from listener.file_meta import dataset_of, file_meta
from listener.intake import IMAGE_CLASSES
from listener.routing import ClassifiedStack
from processors.acquisition import BodyPart, Contrast, Plane
from processors.attributes import UNREADABLE
from processors.reading import read_volume
from processors.volume import Volume

Instances = Sequence[tuple[str, str]]
"""(SOP Class UID, SOP Instance UID) of each instance of a series."""


LARGEST_INFLATED = 1 << 29
"""Bytes; a deflated dataset that is larger is taken for unreadable."""


@dataclass(frozen=True, slots=True)
class StudyStack:
    """A classified stack and the frames that it consists of.

    Attributes
    ----------
    frames
        Of each SOP Instance UID its frame numbers from 1; none for single-frame instances.
    """

    classified: ClassifiedStack
    frames: Mapping[str, tuple[int, ...]]


def read_instance(archive: Archive, key: Key) -> Dataset | None:
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


def classified_stacks(
    archive: Archive, study_instance_uid: str, series_instance_uid: str, instances: Instances
) -> tuple[StudyStack, ...]:
    """Read the headers of a series, split it into stacks and classify each.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    headers: list[Header] = []
    for sop_class_uid, sop_instance_uid in instances:
        key = Key(study_instance_uid, series_instance_uid, sop_instance_uid)
        headers.extend(_headers(archive, key, sop_class_uid))
    return tuple(
        _study_stack(series_instance_uid, number, stack, headers)
        for number, stack in enumerate(split_stacks(headers))
    )


def _headers(archive: Archive, key: Key, sop_class_uid: str) -> Sequence[Header]:
    unreadable = {"SOPInstanceUID": key.sop_instance_uid, "HasPixelData": False}
    if sop_class_uid not in IMAGE_CLASSES:
        return ({**unreadable, "Modality": "SR"},)
    ds = read_instance(archive, key)
    if ds is None:
        return ({**unreadable, "Modality": "MR"},)
    return [{**header, "SOPInstanceUID": key.sop_instance_uid} for header in headers_of(ds)]


def _study_stack(
    series_instance_uid: str, number: int, stack: Stack, headers: Sequence[Header]
) -> StudyStack:
    return StudyStack(
        ClassifiedStack(
            series_instance_uid=series_instance_uid,
            number=number,
            images=len(stack.members),
            classification=classify(stack.header),
            fault=None if stack.usable else f"The series is no image series ({stack.note}).",
            note=stack.note,
            b_value=number_in(stack.header, "DiffusionBValue"),
        ),
        frames_by_instance(stack, headers),
    )


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


def read_stack(archive: Archive, study_instance_uid: str, stack: StackReference) -> Volume:
    """Read a stack from the archive.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    processors.volume.VolumeError
        If it is no volume.
    """
    return read_volume(
        list(_datasets(archive, study_instance_uid, stack)),
        {uid: numbers for uid, numbers in stack.frames.items() if numbers},
        contrast=stack.contrast,
        plane=stack.plane,
    )


def _datasets(archive: Archive, study_instance_uid: str, stack: StackReference) -> Iterator[Dataset]:
    for uid in stack.frames:
        ds = read_instance(archive, Key(study_instance_uid, stack.series_instance_uid, uid))
        if ds is not None:
            yield ds
