"""The frames of a segmentation: one bit for each voxel, each frame at its place in the patient."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from highdicom import (
    CoordinateSystemNames,
    PixelMeasuresSequence,
    PlaneOrientationSequence,
    PlanePositionSequence,
)
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from processors.volume import SliceSource, Volume
from reports import codes
from reports.identity import derived_uid

_SEGMENT_NUMBER, _SEGMENT_IDENTIFICATION = 0x0062000B, 0x0062000A
_POSITION, _PLANE_POSITION = 0x00200032, 0x00209113


def add_frames(ds: Dataset, segments: Sequence[npt.NDArray[np.intp]], volume: Volume) -> None:
    """Give an object its frames, segment by segment and slice by slice, with their place and their source.

    Parameters
    ----------
    ds
        Has its SOP Instance UID; is given the modules Image Pixel in part, Multi-frame Functional Groups,
        Multi-frame Dimension and Common Instance Reference.
    segments
        Of each segment, in the order of their numbers, the voxels: shape (n, 3), slice, row and column.
    volume
        What the voxels are of.
    """
    rows, columns = volume.array.shape[1:]
    slices = sorted({int(index) for indices in segments for index in np.unique(indices[:, 0])})
    rank = {index: place for place, index in enumerate(slices, start=1)}
    frames: list[Dataset] = []
    bits: list[npt.NDArray[np.intp]] = []
    for number, indices in enumerate(segments, start=1):
        for index in np.unique(indices[:, 0]):
            here = indices[indices[:, 0] == index]
            bits.append(len(frames) * rows * columns + here[:, 1] * columns + here[:, 2])
            frames.append(_frame(number, rank[int(index)], volume, int(index)))
    ds.NumberOfFrames = len(frames)
    ds.PerFrameFunctionalGroupsSequence = DicomSequence(frames)
    ds.SharedFunctionalGroupsSequence = [_shared(volume)]
    ds.PixelData = _packed(np.concatenate(bits), len(frames) * rows * columns)
    ds["PixelData"].VR = "OB"
    _add_dimensions(ds)
    ds.ReferencedSeriesSequence = [_referenced_series(volume, slices)]


def _packed(bits: npt.NDArray[np.intp], length: int) -> bytes:
    """One bit for each pixel, the first the lowest of its byte (PS3.5 8.2), padded to an even length."""
    packed = np.zeros((length + 15) // 16 * 2, dtype=np.uint8)
    np.bitwise_or.at(packed, bits >> 3, (1 << (bits & 7)).astype(np.uint8))
    return packed.tobytes()


def _frame(number: int, rank: int, volume: Volume, index: int) -> Dataset:
    frame = Dataset()
    content, segment, derivation = Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [number, rank]
    segment.ReferencedSegmentNumber = number
    derivation.DerivationCodeSequence = [codes.item_of(codes.SEGMENTATION)]
    derivation.SourceImageSequence = [_source_image(volume.sources[index])]
    frame.FrameContentSequence = [content]
    frame.SegmentIdentificationSequence = [segment]
    frame.DerivationImageSequence = [derivation]
    frame.PlanePositionSequence = PlanePositionSequence(
        CoordinateSystemNames.PATIENT, (volume.affine[:3, 3] + index * volume.affine[:3, 0]).tolist()
    )
    return frame


def _source_image(source: SliceSource) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class_uid
    item.ReferencedSOPInstanceUID = source.sop_instance_uid
    if source.frame is not None:
        item.ReferencedFrameNumber = source.frame
    item.PurposeOfReferenceCodeSequence = [codes.item_of(codes.SOURCE_IMAGE_FOR_PROCESSING)]
    item.SpatialLocationsPreserved = "YES"
    return item


def _shared(volume: Volume) -> Dataset:
    between_slices, between_rows, between_columns = volume.spacing
    shared = Dataset()
    shared.PixelMeasuresSequence = PixelMeasuresSequence(
        pixel_spacing=(between_rows, between_columns),
        slice_thickness=between_slices,
        spacing_between_slices=between_slices,
    )
    along_row = volume.affine[:3, 2] / between_columns
    along_column = volume.affine[:3, 1] / between_rows
    shared.PlaneOrientationSequence = PlaneOrientationSequence(
        CoordinateSystemNames.PATIENT, [*along_row, *along_column]
    )
    return shared


def _add_dimensions(ds: Dataset) -> None:
    """The Multi-frame Dimension Module: first the segment, then the place."""
    organization = derived_uid("dimensions", str(ds.SOPInstanceUID))
    uid = Dataset()
    uid.DimensionOrganizationUID = organization
    ds.DimensionOrganizationSequence = [uid]
    ds.DimensionIndexSequence = []
    for pointer, group, label in (
        (_SEGMENT_NUMBER, _SEGMENT_IDENTIFICATION, "Segment Number"),
        (_POSITION, _PLANE_POSITION, "Image Position Patient"),
    ):
        item = Dataset()
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
        item.DimensionOrganizationUID = organization
        item.DimensionDescriptionLabel = label
        ds.DimensionIndexSequence.append(item)


def _referenced_series(volume: Volume, slices: Sequence[int]) -> Dataset:
    """The Common Instance Reference Module: what the frames were derived from."""
    series = Dataset()
    series.SeriesInstanceUID = volume.series_instance_uid
    series.ReferencedInstanceSequence = []
    images = dict.fromkeys(
        (volume.sources[index].sop_class_uid, volume.sources[index].sop_instance_uid) for index in slices
    )
    for sop_class_uid, sop_instance_uid in images:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
        series.ReferencedInstanceSequence.append(item)
    return series
