"""A segmentation holds the voxels that were measured, at their place in the patient."""

from dataclasses import replace

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread

from processors.depiction import RegionMap
from processors.findings import Algorithm, Region, Sign, regions_of
from processors.volume import SliceSource, Volume
from reports.segmentation import NoSegmentationError, segment_numbers, segmentation

from .studies import regions_on

TRACT, GYRUS = Algorithm("Corticospinal tract profile", "1.0.0"), Algorithm("Precentral gyrus", "0.2.0")
CLASSIC, ENHANCED = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"


@pytest.fixture(params=["classic", "enhanced"])
def volume(request, study):
    """Seven oblique slices, unequal in every direction; as single images, or as frames 3, 5, … of one."""
    turned = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    affine = np.eye(4)
    affine[:3, :3] = turned * np.array([4.4, 0.9, 0.7])
    affine[:3, 3] = [-31.25, 12.5, -7.75]
    uid = f"{study.uid}.1"
    sources = [SliceSource(CLASSIC, f"{uid}.{i + 1}") for i in range(7)]
    if request.param == "enhanced":
        sources = [SliceSource(ENHANCED, f"{uid}.1", 3 + 2 * i) for i in range(7)]
    array = np.zeros((7, 29, 37), np.float32)
    return Volume(array, affine, uid, tuple(sources), frame_of_reference_uid=f"{study.uid}.99")


def made(study, volume, maps, **changes):
    arguments = {"source": study.source(), "created": study.created, "software_version": "0.1.0", **changes}
    return segmentation(maps, volume, {Sign.CST_T1: TRACT, Sign.PRECENTRAL_ATROPHY: GYRUS}, **arguments)


def both(volume):
    return [regions_on(Sign.CST_T1, volume), regions_on(Sign.PRECENTRAL_ATROPHY, volume)]


def test_another_reader_finds_every_voxel_where_it_was_measured(study, volume, tmp_path):
    maps = both(volume)
    made(study, volume, maps).save_as(tmp_path / "seg.dcm", enforce_file_format=True)
    read = hd.seg.segread(tmp_path / "seg.dcm")
    shown = read.get_volume(combine_segments=False)
    assert read.SegmentsOverlap == "YES"
    assert shown.frame_of_reference_uid == volume.frame_of_reference_uid
    numbers = segment_numbers(read)
    for one in maps:
        for label, region in {**one.regions, **one.references}.items():
            voxels = one.indices[one.labels == label]
            expected = voxels @ volume.affine[:3, :3].T + volume.affine[:3, 3]
            place = list(shown.get_channel_values("ReferencedSegmentNumber")).index(
                numbers[f"{one.sign.value}/{region.key}"]
            )
            found = shown.map_indices_to_reference(np.argwhere(shown.array[..., place]))
            assert len(found) == len(expected)
            order = np.lexsort(np.round(found, 2).T), np.lexsort(np.round(expected, 2).T)
            np.testing.assert_allclose(found[order[0]], expected[order[1]], atol=1e-3)


def test_every_frame_names_the_image_it_was_measured_on(study, volume):
    ds = made(study, volume, both(volume))
    positions = {
        (s.sop_instance_uid, s.frame): volume.affine[:3, 3] + i * volume.affine[:3, 0]
        for i, s in enumerate(volume.sources)
    }
    for frame in ds.PerFrameFunctionalGroupsSequence:
        [source] = frame.DerivationImageSequence[0].SourceImageSequence
        key = (source.ReferencedSOPInstanceUID, source.get("ReferencedFrameNumber"))
        position = [float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient]
        np.testing.assert_allclose(position, positions[key], atol=1e-6)
    [series] = ds.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == volume.series_instance_uid
    named = [item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence]
    assert len(named) == len(set(named)) == len({s.sop_instance_uid for s in volume.sources[1:4]})


def test_segments_are_coded_coloured_and_attributed(study, volume):
    ds = made(study, volume, both(volume))
    left, right = ds.SegmentSequence[:2]
    assert (left.SegmentLabel, left.TrackingID) == (
        "CST T1: Subcortical white matter, left", "cst_t1/subcortical/left",
    )  # fmt: skip
    assert left.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "corticospinal tract"
    sides = [
        item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence[0].CodeValue
        for item in (left, right)
    ]
    assert sides == ["7771000", "24028007"]
    colours = [tuple(item.RecommendedDisplayCIELabValue) for item in ds.SegmentSequence]
    assert len(set(colours)) == len(colours)
    hues = [hd.color.CIELabColor.from_dicom_value(colour).lab for colour in colours[:2]]
    assert abs(np.arctan2(*hues[0][1:]) - np.arctan2(*hues[1][1:])) < 0.2
    reference = ds.SegmentSequence[len(regions_of(Sign.CST_T1))]
    assert reference.TrackingID == "cst_t1/reference"
    assert "SegmentedPropertyTypeModifierCodeSequence" not in reference.SegmentedPropertyTypeCodeSequence[0]
    names = {item.SegmentAlgorithmName for item in ds.SegmentSequence}
    equipment = {item.ManufacturerModelName for item in ds.ContributingEquipmentSequence}
    assert names == equipment == {TRACT.name, GYRUS.name}
    for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions"):
        assert ds[keyword].value


def test_cord_segments_name_the_vertebra(study, volume):
    voxels = np.array([[3, 4, 5], [3, 4, 6]])
    one = RegionMap(
        Sign.CORD_ATROPHY, volume.series_instance_uid, voxels, np.array([1, 1], np.uint8),
        {1: Region("C4")}, {},
    )  # fmt: skip
    ds = segmentation(
        [one], volume, {Sign.CORD_ATROPHY: TRACT},
        source=study.source(), created=study.created, software_version="0.1.0",
    )  # fmt: skip
    [segment] = ds.SegmentSequence
    assert ds.NumberOfFrames == 1
    assert segment.AnatomicRegionSequence[0].CodeMeaning == "C4 vertebra"
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Spinal cord"


def test_the_same_voxels_give_the_same_object_and_others_another(study, volume, tmp_path):
    maps = both(volume)
    for name in "ab":
        made(study, volume, maps).save_as(tmp_path / name, enforce_file_format=True)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    first = dcmread(tmp_path / "a")
    fewer = replace(maps[0], indices=maps[0].indices[1:], labels=maps[0].labels[1:])
    others = [
        made(study, volume, [fewer, maps[1]]),
        made(study, volume, maps, version=2),
        made(study, volume, maps, software_version="0.2.0"),
    ]
    uids = {first.SOPInstanceUID, *(other.SOPInstanceUID for other in others)}
    assert len(uids) == 4
    assert others[0].SeriesInstanceUID == first.SeriesInstanceUID != others[1].SeriesInstanceUID


def test_no_segmentation_without_frame_of_reference_or_voxels(study, volume):
    with pytest.raises(NoSegmentationError, match="Frame of Reference"):
        made(study, replace(volume, frame_of_reference_uid=None), both(volume))
    empty = RegionMap(
        Sign.CST_T1, volume.series_instance_uid, np.zeros((0, 3), np.intp), np.zeros(0, np.uint8),
        {1: Region("pons")}, {},
    )  # fmt: skip
    with pytest.raises(NoSegmentationError, match="no region"):
        made(study, volume, [empty])
