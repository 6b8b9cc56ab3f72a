"""The other objects of a study as its structured report names them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydicom.uid import SegmentationStorage


@dataclass(frozen=True, slots=True)
class ReportedSegmentation:
    """A segmentation that was made together with the report.

    Attributes
    ----------
    source_series_uid
        The series that was segmented.
    segments
        Segment Number of each region, by the Tracking Identifier of its group.
    """

    series_instance_uid: str
    sop_instance_uid: str
    source_series_uid: str
    segments: Mapping[str, int]
    sop_class_uid: str = SegmentationStorage


@dataclass(frozen=True, slots=True)
class ReportedKeyImage:
    """A picture that was made together with the report.

    Attributes
    ----------
    sign
        Key of the sign it shows; empty for an overview.
    """

    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Companions:
    """What goes to the PACS beside the report, and is named in it."""

    segmentations: tuple[ReportedSegmentation, ...] = ()
    key_images: tuple[ReportedKeyImage, ...] = ()

    def segment_of(self, key: str) -> tuple[ReportedSegmentation, int] | None:
        """The segmentation that holds the region of a Tracking Identifier, and its Segment Number there."""
        for one in self.segmentations:
            if key in one.segments:
                return one, one.segments[key]
        return None

    def pictures_of(self, sign: str) -> tuple[ReportedKeyImage, ...]:
        """The pictures of a sign, or the overviews for an empty text."""
        return tuple(one for one in self.key_images if one.sign == sign)
