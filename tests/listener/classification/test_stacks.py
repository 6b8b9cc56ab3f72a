from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from listener.classification import classify
from listener.classification.headers import headers_of
from listener.classification.stacks import frames_by_instance, split_stacks
from processors.acquisition import BodyPart, Contrast, Plane
from processors.reading import read_volume

REAL = Path(__file__).parents[4] / "shared" / "data" / "dicom"
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def slices(count: int = 4, **changes: object) -> list[dict[str, object]]:
    return [
        {
            "Modality": "MR", "ImageType": ["ORIGINAL", "PRIMARY", "M"], "ImageOrientationPatient": AXIAL,
            "ImagePositionPatient": [0.0, 0.0, 3.0 * z], "Rows": 256, "Columns": 256,
            "PixelSpacing": [1.0, 1.0],
            "EchoTime": 90.0, "InstanceNumber": z, "HasPixelData": True,
        } | changes
        for z in range(count)
    ]  # fmt: skip


def test_a_plain_series_is_one_stack():
    (stack,) = split_stacks(slices())
    assert stack.members == (0, 1, 2, 3)
    assert stack.header["NumberOfInstances"] == 4
    assert stack.usable
    assert stack.note == ""


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P"]}, "mixed contrasts"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"]}, "mixed contrasts"),
        ({"EchoTime": 20.0}, "mixed contrasts"),
        ({"DiffusionBValue": 1000}, "mixed contrasts"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "two geometries"),
        ({"Rows": 320}, "two geometries"),
        ({"PixelSpacing": [0.5, 0.5]}, "two geometries"),
        ({"TemporalPositionIdentifier": 2}, "several time points"),
        ({"InstanceNumber": 40}, "several time points"),
    ],
)
def test_what_splits_a_series(change, note):
    mixed = [header for pair in zip(slices(), slices(**change), strict=True) for header in pair]
    first, second = split_stacks(mixed)
    assert (first.members, second.members) == ((0, 2, 4, 6), (1, 3, 5, 7))
    assert first.note == second.note == note


def test_rounding_does_not_split_a_stack():
    headers = slices()
    for header, wobble in zip(headers, (0.00499, 0.00501, 0.0049, 0.0051), strict=True):
        header["ImageOrientationPatient"] = [1, wobble, 0, -wobble, 1, 0]
        header["EchoTime"] = 90.05 + wobble / 10
    assert len(split_stacks(headers)) == 1


def test_objects_without_pixels_are_set_aside():
    headers = [*slices(), {"Modality": "SR"}, {"Modality": "MR", "HasPixelData": False}]
    found = split_stacks(headers)
    assert [(stack.usable, stack.note) for stack in found] == [
        (True, ""), (False, "non-image"), (False, "no pixel data"),
    ]  # fmt: skip


def test_a_doubled_slice_stays_in_its_stack():
    assert len(split_stacks([*slices(), slices()[2]])) == 1


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=9)
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=7)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(slices(1)[0])), ANYTHING), max_size=6))
def test_every_header_is_in_exactly_one_stack(headers):
    found = split_stacks(headers)
    assert sorted(index for stack in found for index in stack.members) == list(range(len(headers)))


@pytest.mark.parametrize(
    ("folder", "plane"), [("siemens_prisma_flash", Plane.SAGITTAL), ("siemens_xa30_enhanced", Plane.SAGITTAL)]
)
def test_real_series_from_header_to_volume(folder, plane):
    if not (REAL / folder).is_dir():
        pytest.skip(f"no real images at {REAL / folder}")
    instances = [pydicom.dcmread(path) for path in sorted((REAL / folder).iterdir())]
    headers = [header for ds in instances for header in headers_of(ds)]
    (stack,) = split_stacks(headers)
    found = classify(stack.header)
    assert (found.contrast, found.body_part, found.plane) == (Contrast.T1, BodyPart.BRAIN, plane)
    frames = frames_by_instance(stack, headers)
    assert set(frames) == {ds.SOPInstanceUID for ds in instances}
    volume = read_volume(instances, frames, contrast=found.contrast, plane=found.plane)
    assert len(volume.array) == len(stack.members)


def test_two_echoes_of_an_enhanced_object_are_two_stacks():
    common = {"SOPInstanceUID": "1.2.3", "ImageOrientationPatient": AXIAL, "HasPixelData": True}
    headers = [
        common | {"FrameNumber": number, "EchoTime": echo, "ImagePositionPatient": [0, 0, z]}
        for number, (z, echo) in enumerate([(z, echo) for z in range(3) for echo in (10, 90)], start=1)
    ]
    first, second = split_stacks(headers)
    assert frames_by_instance(first, headers) == {"1.2.3": (1, 3, 5)}
    assert frames_by_instance(second, headers) == {"1.2.3": (2, 4, 6)}


def test_an_enhanced_header_is_flat():
    folder = REAL / "siemens_xa30_enhanced"
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}")
    header = headers_of(pydicom.dcmread(next(folder.iterdir())))[0]
    assert header["EchoTime"] == pytest.approx(2.41)
    assert header["RepetitionTime"] == 1800
    assert header["InversionTime"] == 900
    assert header["PixelSpacing"] == [2, 2]
    assert header["ImageType"] == ["ORIGINAL", "PRIMARY", "M", "NONE"]
    assert header["AnatomicRegion"] == "Brain"
    assert header["HasPixelData"] is True


KEYWORDS = [
    "EchoTime", "ImageType", "ImageOrientationPatient", "PerFrameFunctionalGroupsSequence", "Rows",
    "SharedFunctionalGroupsSequence", "ContrastBolusAgentSequence", "SeriesDescription",
    "SpecificCharacterSet",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(KEYWORDS), st.binary(max_size=30)), max_size=5))
@pytest.mark.filterwarnings("ignore")
def test_any_dataset_has_a_header(elements):
    ds = Dataset()
    for keyword, raw in elements:
        tag = pydicom.tag.Tag(keyword)
        vr = pydicom.datadict.dictionary_VR(keyword)
        ds[tag] = pydicom.dataelem.RawDataElement(tag, vr, len(raw), raw, 0, False, True)
    header = headers_of(ds)[0]
    assert header["HasPixelData"] is False
    assert classify(header).evidence
