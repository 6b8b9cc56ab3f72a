"""The measured regions of one series as a Segmentation object, in the series' own geometry."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from highdicom import (
    AlgorithmIdentificationSequence,
)
from highdicom.color import CIELabColor
from highdicom.seg import SegmentDescription
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian, SegmentationStorage

from catalogue.texts import FINGERPRINT
from processors.depiction import RegionMap
from processors.findings import Algorithm, Region, Side, Sign
from processors.volume import Volume
from reports import codes
from reports.identity import derived_uid
from reports.palette import Rgb, region_colour
from reports.provenance import contributing_equipment, date, equip
from reports.segmentation_frames import add_frames
from reports.study_header import legal_attributes, study_header
from reports.text import (
    PRODUCT,
    SEGMENTATION_DESCRIPTION,
    SEGMENTATION_SERIES_DESCRIPTION,
    segment_label,
)

FIRST_SERIES_NUMBER = 9810
_DARKER = 0.82
_DARKEST = 8
"""Two regions may share a colour as dark as this: darker ones could not be told apart."""


class NoSegmentationError(Exception):
    """A series whose regions cannot be an object of their own; the text says why, without patient data."""


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """One region of one sign, and its voxels as (slice, row, column)."""

    sign: Sign
    region: Region
    is_reference: bool
    indices: npt.NDArray[np.intp]

    @property
    def key(self) -> str:
        if self.is_reference and self.region.name != "reference":
            return f"{self.sign.value}/reference/{self.region.key}"
        return f"{self.sign.value}/{self.region.key}"

    @property
    def site(self) -> Code:
        if self.is_reference:
            return codes.reference_site(self.sign)
        return codes.site_code(self.sign, self.region)


def segmentation(
    region_maps: Sequence[RegionMap],
    volume: Volume,
    algorithms: Mapping[Sign, Algorithm],
    *,
    source: Dataset,
    created: datetime,
    software_version: str,
    version: int = 1,
    number: int = 1,
    manufacturer: str = PRODUCT,
    institution: str | None = None,
) -> Dataset:
    """The regions that were measured on one series.

    Parameters
    ----------
    region_maps
        Of the signs that were measured on the volume, in the order of the segments. The regions of two signs
        may overlap.
    volume
        What the indices of the maps are of; its affine places every frame.
    algorithms
        Which one made each sign's regions.
    source
        The header of any image of the series, however incomplete.
    created
        As for the structured report: it dates the object and has no part in its identity.
    number
        Of this object among those of the study, from 1; its series is numbered by it.

    Returns
    -------
    pydicom.Dataset
        With file meta information, in Explicit VR Little Endian; of type BINARY, with a frame for each slice
        that a segment has voxels on. The Tracking ID of a segment is the Tracking Identifier of its group in
        the structured report: see :func:`segment_numbers`. The SOP Instance UID follows from the study, the
        software version, the version, the algorithms and the voxels; each version is a series of its own.

    Raises
    ------
    NoSegmentationError
        If the series names no Frame of Reference, or no region has a voxel.
    ValueError
        If the study has no legal UID or ``created`` has no time zone.
    """
    frame_of_reference = volume.frame_of_reference_uid or ""
    if not UID(frame_of_reference).is_valid:
        raise NoSegmentationError("the series names no Frame of Reference")
    segments = _segments(region_maps)
    if not segments:
        raise NoSegmentationError("no region has a voxel")
    header = study_header(source)
    study_uid = str(header.StudyInstanceUID)
    ds = Dataset()
    ds.update(header)
    ds.SOPClassUID = SegmentationStorage
    ds.SOPInstanceUID = derived_uid(
        "segmentation",
        study_uid,
        volume.series_instance_uid,
        software_version,
        version,
        [manufacturer, institution],
        [[sign.value, made.name, made.version] for sign, made in sorted(algorithms.items())],
        _digest(segments, volume),
    )
    ds.Modality = "SEG"
    ds.SeriesInstanceUID = derived_uid(
        "segmentation series", study_uid, volume.series_instance_uid, manufacturer, software_version, version
    )
    ds.SeriesNumber = FIRST_SERIES_NUMBER + number - 1
    ds.SeriesDescription = SEGMENTATION_SERIES_DESCRIPTION
    ds.InstanceNumber = version
    equip(ds, manufacturer, software_version, institution)
    date(ds, header, created)
    ds.SeriesDate, ds.SeriesTime = ds.ContentDate, ds.ContentTime
    ds.FrameOfReferenceUID = frame_of_reference
    ds.PositionReferenceIndicator = ""
    ds.update(legal_attributes(source, ("PositionReferenceIndicator",)))
    _describe_pixels(ds, volume)
    ds.SegmentsOverlap = "YES" if _overlap(segments) else "NO"
    ds.SegmentSequence = _descriptions(segments, algorithms, study_uid, manufacturer)
    ds.ContributingEquipmentSequence = contributing_equipment(
        (algorithms[segment.sign] for segment in segments), manufacturer
    )
    add_frames(ds, [segment.indices for segment in segments], volume)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def segment_numbers(ds: Dataset) -> dict[str, int]:
    """The Segment Number of each Tracking ID of a segmentation."""
    return {str(item.TrackingID): int(item.SegmentNumber) for item in ds.SegmentSequence}


def _segments(region_maps: Sequence[RegionMap]) -> list[_Segment]:
    """Every region that has a voxel, those of a sign before its references."""
    found = (
        _Segment(one.sign, region, is_reference, one.indices[one.labels == label])
        for one in region_maps
        for named, is_reference in ((one.regions, False), (one.references, True))
        for label, region in sorted(named.items())
    )
    return [segment for segment in found if len(segment.indices)]


def _digest(segments: Sequence[_Segment], volume: Volume) -> str:
    digest = hashlib.sha256(np.round(volume.affine, 6).tobytes())
    digest.update(FINGERPRINT.encode())
    digest.update(repr([source.sop_instance_uid for source in volume.sources]).encode())
    for segment in segments:
        digest.update(segment.key.encode())
        digest.update(np.ascontiguousarray(segment.indices, dtype="<i8").tobytes())
    return digest.hexdigest()


def _overlap(segments: Sequence[_Segment]) -> bool:
    voxels = np.concatenate([segment.indices for segment in segments])
    return len(np.unique(voxels, axis=0)) < len(voxels)


def _describe_pixels(ds: Dataset, volume: Volume) -> None:
    """Of the Segmentation Image Module, PS3.3 C.8.20.2, what does not depend on the segments."""
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ContentLabel = PRODUCT.upper()
    ds.ContentDescription = SEGMENTATION_DESCRIPTION
    ds.ContentCreatorName = ""
    ds.SegmentationType = "BINARY"
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelRepresentation = 0
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    ds.Rows, ds.Columns = volume.array.shape[1:]


def _descriptions(
    segments: Sequence[_Segment], algorithms: Mapping[Sign, Algorithm], study_uid: str, manufacturer: str
) -> DicomSequence:
    taken: set[tuple[int, ...]] = set()
    items = []
    for number, segment in enumerate(segments, start=1):
        made = algorithms[segment.sign]
        item = SegmentDescription(
            segment_number=number,
            segment_label=segment_label(segment.sign, segment.region),
            segmented_property_category=codes.ANATOMICAL_STRUCTURE,
            segmented_property_type=segment.site,
            algorithm_type="AUTOMATIC",
            algorithm_identification=AlgorithmIdentificationSequence(
                name=made.name,
                family=codes.algorithm_family(segment.sign),
                version=made.version,
                source=manufacturer,
            ),
            tracking_uid=derived_uid("tracking", study_uid, segment.key),
            tracking_id=segment.key,
            anatomic_regions=_anatomic_regions(segment),
            display_color=_colour(segment, taken),
        )
        if segment.region.side is not None:
            side = codes.LATERALITIES[segment.region.side]
            item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
                codes.item_of(side)
            ]
        items.append(item)
    return DicomSequence(items)


def _anatomic_regions(segment: _Segment) -> list[Code] | None:
    level = codes.vertebra(segment.region)
    return None if level is None else [level]


def _colour(segment: _Segment, taken: set[tuple[int, ...]]) -> CIELabColor:
    """That of the region, darker on the left, and darker again where another sign's region has it."""
    colour: Rgb = region_colour(segment.region)
    if segment.region.side is Side.LEFT:
        colour = _darkened(colour)
    lab = CIELabColor.from_rgb(*colour)
    while tuple(lab.value) in taken and max(colour) > _DARKEST:
        colour = _darkened(colour)
        lab = CIELabColor.from_rgb(*colour)
    taken.add(tuple(lab.value))
    return lab


def _darkened(colour: Rgb) -> Rgb:
    red, green, blue = (round(_DARKER * part) for part in colour)
    return red, green, blue
