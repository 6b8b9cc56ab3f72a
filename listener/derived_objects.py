"""The segmentations and key images of an analysis: made, and what the report must know of them.

They show what was measured and decide nothing. One that cannot be made is left out, and the report goes
without it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from pydicom import Dataset

from db.models import ObjectKind
from listener.archive import ArchiveError, Key
from listener.logs import place_of
from listener.measuring import Measured
from listener.stored_images import Stored, read_instance
from listener.version import SOFTWARE_VERSION
from processors.depiction import RegionMap
from processors.findings import READS, Sign, State
from processors.volume import Volume
from reports.key_images import key_image_objects
from reports.references import Companions, ReportedKeyImage, ReportedSegmentation
from reports.segmentation import NoSegmentationError, segment_numbers, segmentation

log = structlog.get_logger()

_FIRST_NUMBERS = {"brain": 1, "spine": 51}
"""Of the segmentations of each analysis, so that their series have numbers of their own."""


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """What the objects of one version of a study have in common; the arguments are those of the report.

    Attributes
    ----------
    study
        What they all say of patient and study, whatever their own series does.
    """

    version: int
    created: datetime
    institution: str | None = None
    study: Dataset = field(default_factory=Dataset)

    def source(self, header: Dataset) -> Dataset:
        """The header of a series, with what its study says of patient and study."""
        header.update(self.study)
        return header


@dataclass(frozen=True, slots=True)
class MadeObject:
    """An object that an analysis made, as the database keeps it until the report names it.

    Attributes
    ----------
    source_series_uid
        The series it is about, where it is about one.
    sign
        Key of the sign that a picture shows; empty where it shows several.
    segments
        Of a segmentation, its Segment Numbers by Tracking ID.
    """

    kind: ObjectKind
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    source_series_uid: str | None = None
    description: str = ""
    sign: str = ""
    segments: Mapping[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind.value,
            "sop_class_uid": self.sop_class_uid,
            "sop_instance_uid": self.sop_instance_uid,
            "series_instance_uid": self.series_instance_uid,
            "source_series_uid": self.source_series_uid,
            "description": self.description,
            "sign": self.sign,
            "segments": dict(self.segments),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "MadeObject":
        """From JSON."""
        return cls(**{**plain, "kind": ObjectKind(plain["kind"])})


def derived_objects(
    name: str, measured: Measured, stored: Stored, study_instance_uid: str, request: ObjectRequest
) -> tuple[list[tuple[MadeObject, Dataset]], list[str]]:
    """Everything that can be made of what was measured, and in a sentence each what cannot, and why.

    Parameters
    ----------
    name
        Of the analysis.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    made: list[tuple[MadeObject, Dataset]] = []
    missing: list[str] = []
    numbers: dict[str, int] = {}
    for volume, maps in _by_volume(measured):
        number = numbers.setdefault(volume.series_instance_uid, _FIRST_NUMBERS.get(name, 1) + len(numbers))
        found = _attempt(
            "segmentation",
            partial(_segmentation, maps, volume, measured, stored, study_instance_uid, request, number),
            missing,
        )
        made.extend(found)
    missing.extend(_not_outlined(measured))
    made.extend(
        _attempt("key images", lambda: _key_images(measured, stored, study_instance_uid, request), missing)
    )
    return made, missing


def companions_of(objects: Sequence[MadeObject]) -> Companions:
    """The objects as the structured report names them."""
    return Companions(
        segmentations=tuple(
            ReportedSegmentation(
                one.series_instance_uid, one.sop_instance_uid, one.source_series_uid or "", one.segments
            )
            for one in objects
            if one.kind is ObjectKind.SEG
        ),
        key_images=tuple(
            ReportedKeyImage(one.series_instance_uid, one.sop_class_uid, one.sop_instance_uid, one.sign)
            for one in objects
            if one.kind is ObjectKind.KEY_IMAGE
        ),
    )


def _attempt(
    what: str,
    make: Callable[[], list[tuple[MadeObject, Dataset]]],
    missing: list[str],
) -> list[tuple[MadeObject, Dataset]]:
    """What could be made. An error is told by its type and place only: its text may quote data."""
    try:
        return make()
    except ArchiveError:
        raise
    except NoSegmentationError as error:
        missing.append(f"No {what}: {error}.")
    except Exception as error:  # noqa: BLE001
        log.error("object not made", kind=what, error=type(error).__name__, place=place_of(error))
        missing.append(f"No {what}: an error ({type(error).__name__}).")
    return []


def _not_outlined(measured: Measured) -> Iterator[str]:
    """Of each sign that was measured on series in none of which a region was outlined, the first of those."""
    outlined = {volume.series_instance_uid for volume, _ in _by_volume(measured)}
    read = [one.series_uids for one in measured.findings if one.state is not State.NOT_EVALUATED]
    without = dict.fromkeys(uids[0] for uids in read if uids and outlined.isdisjoint(uids))
    numbers = {volume.series_instance_uid: volume.series_number for volume in measured.volumes}
    for uid in without:
        number = numbers.get(uid)
        which = "a series" if number is None else f"series {number}"
        yield f"No segmentation of {which}: no region was outlined in it."


def _by_volume(measured: Measured) -> list[tuple[Volume, list[RegionMap]]]:
    """The region maps of each volume that has any, in the order of the volumes."""
    own: dict[int, list[RegionMap]] = {}
    for one in measured.region_maps:
        place = _place(one, measured.volumes)
        if place is not None:
            own.setdefault(place, []).append(one)
    return [(measured.volumes[place], maps) for place, maps in sorted(own.items(), key=lambda item: item[0])]


def _place(regions: RegionMap, volumes: Sequence[Volume]) -> int | None:
    """Which volume a map is of; of several in one series the one that its sign is best read from."""
    order = READS[regions.sign]
    places = [
        place
        for place, volume in enumerate(volumes)
        if volume.series_instance_uid == regions.series_instance_uid
        and (regions.indices < volume.array.shape).all()
    ]
    contrasts = [volumes[place].contrast for place in places]
    ranks = [order.index(contrast) if contrast in order else len(order) for contrast in contrasts]
    return min(zip(ranks, places, strict=True), default=(0, None))[1]


def _headers(volume: Volume, stored: Stored, study_instance_uid: str) -> Iterator[Dataset]:
    for source in volume.sources:
        ds = read_instance(
            stored, Key(study_instance_uid, volume.series_instance_uid, source.sop_instance_uid)
        )
        if ds is not None:
            yield ds


def _segmentation(
    maps: Sequence[RegionMap],
    volume: Volume,
    measured: Measured,
    stored: Stored,
    study_instance_uid: str,
    request: ObjectRequest,
    number: int,
) -> list[tuple[MadeObject, Dataset]]:
    ds = segmentation(
        maps,
        volume,
        {finding.sign: finding.algorithm for finding in measured.findings},
        source=request.source(next(_headers(volume, stored, study_instance_uid))),
        created=request.created,
        software_version=SOFTWARE_VERSION,
        version=request.version,
        number=number,
        institution=request.institution,
    )
    return [(_made(ObjectKind.SEG, ds, volume.series_instance_uid, segments=segment_numbers(ds)), ds)]


def _key_images(
    measured: Measured, stored: Stored, study_instance_uid: str, request: ObjectRequest
) -> list[tuple[MadeObject, Dataset]]:
    if not measured.volumes:
        return []
    shown = {volume.series_instance_uid: volume for volume in measured.volumes}
    shown.update({volume.series_instance_uid: volume for volume, _ in _by_volume(measured)})
    images = key_image_objects(
        measured.findings,
        shown,
        measured.region_maps,
        measured.strips,
        measured.cord_profiles,
        source=request.source(next(_headers(measured.volumes[0], stored, study_instance_uid))),
        created=request.created,
        software_version=SOFTWARE_VERSION,
        version=request.version,
        institution=request.institution,
    )
    return [(_made(ObjectKind.KEY_IMAGE, ds, sign=sign), ds) for sign, ds in images]


def _made(
    kind: ObjectKind,
    ds: Dataset,
    source_series_uid: str | None = None,
    *,
    sign: Sign | None = None,
    segments: Mapping[str, int] | None = None,
) -> MadeObject:
    return MadeObject(
        kind,
        str(ds.SOPClassUID),
        str(ds.SOPInstanceUID),
        str(ds.SeriesInstanceUID),
        source_series_uid,
        str(ds.get("ImageComments") or ds.get("ContentDescription") or ""),
        "" if sign is None else sign.value,
        segments or {},
    )
