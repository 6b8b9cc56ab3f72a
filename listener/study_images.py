"""A stored study as classified stacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from listener.archive import Key
from listener.classification import Classification, classify
from listener.classification.facts import facts_of
from listener.classification.headers import Header, headers_of, number_in, numbers_in
from listener.classification.kinds import lacks_phase
from listener.classification.overrides import Override, override
from listener.classification.pixels import MOST_SLICES, Fluid, Shown, air_is_dark, fluid_in, shown_in
from listener.classification.settle import Doubt, doubts_of, settled
from listener.classification.stacks import Stack, frames_by_instance, split_stacks
from listener.classification.study import StudySeries, in_study
from listener.intake import IMAGE_CLASSES
from listener.routing import ClassifiedStack
from listener.stored_images import (
    Instances,
    StackReference,
    Stored,
    chosen_frames,
    datasets_of,
    is_compressed,
    read_instance,
)
from processors.acquisition import Contrast
from processors.frames import frames_of
from processors.pixels import read_pixels
from processors.volume import VolumeError

FEWEST_LOOKED_AT = 3
"""Slices; fewer show nothing for certain."""


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
                susceptibility_weighting=_susceptibility_weighting(one.series.header),
                lacks_phase=classification.contrast is Contrast.SWI
                and lacks_phase(facts_of(one.series.header)),
            ),
            one.frames,
            str(one.series.header.get("SeriesDescription") or ""),
        )
        for one, classification in zip(found, together, strict=True)
    )


def _susceptibility_weighting(header: Header) -> float | None:
    """Tesla times milliseconds; ``None`` where the header does not say both."""
    field, echo = number_in(header, "MagneticFieldStrength"), number_in(header, "EchoTime")
    return field * echo if field and echo and field * echo > 0 else None


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
        datasets = list(datasets_of(archive, study_instance_uid, reference))
        if any(is_compressed(ds) for ds in datasets):
            return replace(found, evidence=(*found.evidence, "no look at the pixels: they are compressed"))
        frames = frames_of(datasets, chosen_frames(reference.frames))
        images = read_pixels(frames) if frames else None
    except VolumeError as error:
        return replace(found, evidence=(*found.evidence, f"no look at the pixels: {error.reason.sentence}"))
    if images is None or images.shape[0] < FEWEST_LOOKED_AT:
        return found
    ordered = [images[i] for i in sorted(range(len(frames)), key=lambda i: float(frames[i].position[2]))]
    spacing = frames[0].pixel_spacing
    shown = shown_in(ordered, spacing, found.plane) if doubts - {Doubt.COMPONENT} else Shown.UNCLEAR
    fluid = fluid_in(ordered, spacing) if Doubt.WEIGHTING in doubts else Fluid.UNCLEAR
    magnitude = Doubt.COMPONENT not in doubts or air_is_dark(ordered)
    return settled(header, found, shown, fluid, magnitude=magnitude)


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
