"""A stored study as classified stacks, and a stack as the datasets of a volume."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from listener.classification import Classification, classify
from listener.classification.headers import Header, headers_of, number_in, numbers_in
from listener.classification.overrides import Override, override
from listener.classification.pixels import MOST_SLICES, Fluid, fluid_in, shown_in
from listener.classification.settle import Doubt, doubts_of, settled
from listener.classification.stacks import Stack, frames_by_instance, split_stacks
from listener.classification.study import StudySeries, in_study
from listener.file_meta import dataset_of, file_meta
from listener.intake import IMAGE_CLASSES
from listener.routing import ClassifiedStack
from processors.acquisition import BodyPart, Contrast, Plane
from processors.attributes import UNREADABLE, text
from processors.frames import frames_of
from processors.pixels import read_pixels
from processors.reading import read_volume
from processors.volume import Volume, VolumeError

Instances = Sequence[tuple[str, str]]
"""(SOP Class UID, SOP Instance UID) of each instance of a series."""


UNCOMPRESSED = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
"""Transfer syntaxes whose pixels no codec has to read."""

LARGEST_INFLATED = 1 << 29
"""Bytes; a deflated dataset that is larger is taken for unreadable."""


@dataclass(frozen=True, slots=True)
class StudyStack:
    """A classified stack and the frames that it consists of.

    Attributes
    ----------
    frames
        Of each SOP Instance UID its frame numbers from 1; none for single-frame instances.
    description
        The series description.
    """

    classified: ClassifiedStack
    frames: Mapping[str, tuple[int, ...]]
    description: str = ""


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
class _Found:
    """A stack on its way to its classification."""

    series_instance_uid: str
    number: int
    stack: Stack
    frames: Mapping[str, tuple[int, ...]]
    sample: Mapping[str, tuple[int, ...]]
    series: StudySeries


def study_stacks(
    archive: Stored,
    study_instance_uid: str,
    images: Mapping[str, Instances],
    overrides: Sequence[Override] = (),
) -> tuple[StudyStack, ...]:
    """Read the headers of a study, split its series into stacks and classify each, one with the others.

    Parameters
    ----------
    images
        The instances of each Series Instance UID.
    overrides
        What the configuration says of some series.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    found: list[_Found] = []
    for series_uid, instances in images.items():
        headers: list[Header] = []
        for sop_class_uid, sop_instance_uid in instances:
            key = Key(study_instance_uid, series_uid, sop_instance_uid)
            headers.extend(_headers(archive, key, sop_class_uid))
        found.extend(_stacks_of(series_uid, headers, overrides))
    together = in_study([one.series for one in found])
    return tuple(
        StudyStack(
            ClassifiedStack(
                series_instance_uid=one.series_instance_uid,
                number=one.number,
                images=len(one.stack.members),
                classification=_with_pixels(archive, study_instance_uid, one, classification),
                fault=None if one.stack.usable else f"The series is no image series ({one.stack.note}).",
                note=one.stack.note,
                b_value=number_in(one.series.header, "DiffusionBValue"),
            ),
            one.frames,
            str(one.series.header.get("SeriesDescription") or ""),
        )
        for one, classification in zip(found, together, strict=True)
    )


def classified_stacks(
    archive: Stored, study_instance_uid: str, series_instance_uid: str, instances: Instances
) -> tuple[StudyStack, ...]:
    """Classify the stacks of one series, without the others of its study.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    return study_stacks(archive, study_instance_uid, {series_instance_uid: instances})


def _stacks_of(series_uid: str, headers: Sequence[Header], overrides: Sequence[Override]) -> Iterator[_Found]:
    for number, stack in enumerate(split_stacks(headers)):
        header = {"SeriesInstanceUID": series_uid, **stack.header}
        classification, applied = override(header, classify(header), overrides)
        yield _Found(
            series_uid,
            number,
            stack,
            frames_by_instance(stack, headers),
            frames_by_instance(_sample(stack, headers), headers),
            StudySeries(header, classification, fixed=applied is not None),
        )


def _with_pixels(
    archive: Stored, study_instance_uid: str, one: _Found, found: Classification
) -> Classification:
    """A classification after a look at a few slices, where its headers leave a doubt that they can settle.

    Compressed pixels are not looked at: a codec may end its process, which here is the worker's own.
    """
    header = one.series.header
    doubts = frozenset() if one.series.fixed or not one.stack.usable else doubts_of(header, found)
    if not doubts:
        return found
    reference = StackReference(
        one.series_instance_uid, found.contrast, found.plane, found.body_part, one.sample
    )
    try:
        datasets = list(_datasets(archive, study_instance_uid, reference))
        if any(_is_compressed(ds) for ds in datasets):
            return replace(found, evidence=(*found.evidence, "no look at the pixels: they are compressed"))
        frames = frames_of(datasets, _chosen(reference.frames))
        images = read_pixels(frames) if frames else None
    except VolumeError as error:
        return replace(found, evidence=(*found.evidence, f"no look at the pixels: {error.reason.sentence}"))
    if images is None or images.shape[0] < FEWEST_LOOKED_AT:
        return found
    ordered = [images[i] for i in sorted(range(len(frames)), key=lambda i: float(frames[i].position[2]))]
    spacing = frames[0].pixel_spacing
    shown = shown_in(ordered, spacing, found.plane)
    fluid = fluid_in(ordered, spacing) if Doubt.WEIGHTING in doubts else Fluid.UNCLEAR
    return settled(header, found, shown, fluid)


FEWEST_LOOKED_AT = 3


def _is_compressed(ds: Dataset) -> bool:
    return text(getattr(ds, "file_meta", Dataset()), "TransferSyntaxUID") not in UNCOMPRESSED


def _chosen(frames: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {uid: numbers for uid, numbers in frames.items() if numbers}


def _sample(stack: Stack, headers: Sequence[Header]) -> Stack:
    """A few of a stack's slices, spread from feet to head."""

    def height(member: int) -> float:
        position = numbers_in(headers[member], "ImagePositionPatient", 3)
        return 0.0 if position is None else position[2]

    ordered = sorted(stack.members, key=height)
    last = len(ordered) - 1
    places = {round(last * (0.15 + 0.7 * i / (MOST_SLICES - 1))) for i in range(MOST_SLICES)}
    return replace(stack, members=tuple(ordered[place] for place in sorted(places)))


def _headers(archive: Stored, key: Key, sop_class_uid: str) -> Sequence[Header]:
    unreadable = {"SOPInstanceUID": key.sop_instance_uid, "HasPixelData": False}
    if sop_class_uid not in IMAGE_CLASSES:
        return ({**unreadable, "Modality": "SR"},)
    ds = read_instance(archive, key)
    if ds is None:
        return ({**unreadable, "Modality": "MR"},)
    return [{**header, "SOPInstanceUID": key.sop_instance_uid} for header in headers_of(ds)]


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
        list(_datasets(archive, study_instance_uid, stack)),
        _chosen(stack.frames),
        contrast=stack.contrast,
        plane=stack.plane,
    )


def _datasets(archive: Stored, study_instance_uid: str, stack: StackReference) -> Iterator[Dataset]:
    for uid in stack.frames:
        ds = read_instance(archive, Key(study_instance_uid, stack.series_instance_uid, uid))
        if ds is not None:
            yield ds
