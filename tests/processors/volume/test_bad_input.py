import struct
import tracemalloc

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from processors.parameters import acquisition_of
from processors.pixels import codestream_shape
from processors.reading import read_volume
from processors.volume import Volume, VolumeError


def reason_of(instances, frames=None) -> str:
    with pytest.raises(VolumeError) as caught:
        read_volume(instances, frames)
    assert caught.value.reason.sentence
    return caught.value.reason.key


def element(keyword: str, raw: bytes, vr: str = "DS") -> pydicom.dataelem.RawDataElement:
    """An attribute as it comes from the network, not yet looked at."""
    tag = pydicom.tag.Tag(keyword)
    return pydicom.dataelem.RawDataElement(tag, vr, len(raw), raw, 0, False, True)


@pytest.mark.parametrize(
    ("keyword", "raw"),
    [
        ("PixelSpacing", b"0\\0.5 "),
        ("PixelSpacing", b"-1\\0.5"),
        ("PixelSpacing", b"nan\\nan "),
        ("PixelSpacing", b"1e30\\1"),
        ("PixelSpacing", b"1 "),
        ("PixelSpacing", b"wide\\high "),
        ("ImagePositionPatient", b""),
        ("ImagePositionPatient", b"1\\2"),
        ("ImagePositionPatient", b"1\\2\\inf "),
        ("ImagePositionPatient", b"1\\2\\1e300"),
        ("ImageOrientationPatient", b"0\\0\\0\\0\\0\\0"),
        ("ImageOrientationPatient", b"2\\0\\0\\0\\1\\0"),
        ("ImageOrientationPatient", b"1\\0\\0\\1\\0\\0"),
        ("ImageOrientationPatient", b"1\\0\\0\\.7\\.7\\0"),
        ("ImageOrientationPatient", b"nan\\0\\0\\0\\1\\0"),
        ("ImageOrientationPatient", b"1e300\\0\\0\\0\\1\\0"),
    ],
)
def test_impossible_geometry(classic, every_voxel, keyword, raw):
    instances = classic(every_voxel())
    instances[2][pydicom.tag.Tag(keyword)] = element(keyword, raw)
    assert reason_of(instances) == "missing-geometry"


@pytest.mark.parametrize(
    ("keyword", "raw"),
    [
        ("RescaleSlope", b"0 "),
        ("RescaleSlope", b"nan "),
        ("RescaleSlope", b"steep "),
        ("RescaleIntercept", b"inf "),
        ("RescaleSlope", b"1e60"),
    ],
)
def test_a_scale_without_a_meaning(classic, every_voxel, keyword, raw):
    instances = classic(every_voxel())
    instances[0][pydicom.tag.Tag(keyword)] = element(keyword, raw)
    assert reason_of(instances) == "unreadable-pixels"


@pytest.mark.parametrize(
    "keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns"]
)
def test_without_geometry(classic, every_voxel, keyword):
    instances = classic(every_voxel())
    for ds in instances:
        delattr(ds, keyword)
    assert reason_of(instances) == "missing-geometry"


def test_without_pixels(classic, every_voxel):
    instances = classic(every_voxel())
    del instances[3].PixelData
    assert reason_of(instances) == "no-pixel-data"
    instances[3].PixelData = b""
    assert reason_of(instances) == "no-pixel-data"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few(classic, every_voxel, count):
    assert reason_of(classic(every_voxel())[:count]) == "too-few-slices"


def test_all_at_one_place(classic, every_voxel):
    instances = classic(every_voxel(), spacing=(0.0, 1.0, 1.0))
    assert reason_of(instances) == "too-few-slices"


def test_a_localizer_of_three_planes(classic, every_voxel):
    planes = [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0, -1)]
    assert reason_of([ds for plane in planes for ds in classic(every_voxel(3), plane)]) == "mixed-geometry"


@pytest.mark.parametrize(
    "change",
    [
        {"Rows": 4},
        {"PixelSpacing": [1, 1]},
        {"FrameOfReferenceUID": "9.9"},
        {"ImagePositionPatient": [40, 20, 36]},
    ],
)
def test_one_slice_of_another_stack(classic, every_voxel, change):
    instances = classic(every_voxel())
    for keyword, value in change.items():
        setattr(instances[2], keyword, value)
    assert reason_of(instances) == "mixed-geometry"


def test_truncated_pixels(classic, every_voxel):
    instances = classic(every_voxel())
    instances[1].PixelData = instances[1].PixelData[:-4]
    assert reason_of(instances) == "unreadable-pixels"


def test_an_unknown_or_missing_transfer_syntax(classic, every_voxel):
    instances = classic(every_voxel())
    instances[0].file_meta.TransferSyntaxUID = "1.2.3.4"
    assert reason_of(instances) == "unreadable-pixels"
    del instances[0].file_meta
    assert reason_of(instances) == "unreadable-pixels"


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 3], lambda b: b[:-9], lambda b: b"\0" * len(b), lambda b: b"\0\0"]
)
def test_damaged_compressed_pixels(classic, syntax, damage):
    array = np.random.default_rng(0).integers(0, 4000, (3, 32, 32)).astype("u2")
    instances = classic(array)
    for ds in instances:
        ds.compress(syntax, generate_instance_uid=False)
        raw = next(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1))
        ds.PixelData = encapsulate([damage(raw)], has_bot=False)
    assert reason_of(instances) == "unreadable-pixels"


def test_run_lengths_beyond_the_frame(classic):
    instances = classic(np.zeros((3, 8, 8), "u1"))
    header = struct.pack("<16I", 1, 64, *[0] * 14)
    for ds in instances:
        ds.PixelData = encapsulate([header + b"\x81\x00" * 40])
        ds["PixelData"].VR = "OB"
        ds.file_meta.TransferSyntaxUID = RLELossless
    with pytest.warns(UserWarning, match="RLE"):
        assert read_volume(instances).array.shape == (3, 8, 8)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_a_codestream_that_is_larger_than_the_header_is_not_decoded(classic, syntax):
    large = classic(np.zeros((3, 512, 512), "u2"))
    for ds in large:
        ds.compress(syntax, generate_instance_uid=False)
        ds.Rows, ds.Columns = 8, 8
    assert reason_of(large) == "unreadable-pixels"


def test_the_shape_a_codestream_declares():
    siz = b"\xff\x4f\xff\x51" + struct.pack(">HHIIIIIIIIH", 41, 0, 60000, 50000, 0, 0, 60000, 50000, 0, 0, 1)
    assert codestream_shape(siz) == (50000, 60000)
    jpeg = b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"ab\xff\xf7" + struct.pack(">HBHHB", 11, 8, 7, 9, 1)
    assert codestream_shape(jpeg) == (7, 9)
    assert codestream_shape(b"anything else") is None
    with pytest.raises(struct.error):
        codestream_shape(b"\xff\xd8\xff")


@pytest.mark.parametrize("count", [0, 3, 4, 6, 10**9])
def test_a_lie_about_the_number_of_frames(enhanced, every_voxel, count):
    ds = enhanced(every_voxel())
    ds.NumberOfFrames = count
    assert reason_of([ds]) == "unreadable-pixels"


@pytest.mark.parametrize("number", [0, 6, -1])
def test_a_frame_that_is_not_there(enhanced, every_voxel, number):
    assert reason_of([enhanced(every_voxel())], {"1.2.3.99": [1, 2, number]}) == "missing-geometry"


def test_frames_without_functional_groups(enhanced, every_voxel):
    ds = enhanced(every_voxel())
    del ds.PerFrameFunctionalGroupsSequence
    assert reason_of([ds]) == "missing-geometry"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"PhotometricInterpretation": "MONOCHROME1"}, "inverted-grey-scale"),
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "colour-images"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour-images"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"HighBit": 3}, "unreadable-pixels"),
        ({"BitsAllocated": 13}, "unreadable-pixels"),
    ],
)
def test_pixels_that_are_no_grey_signal(classic, every_voxel, change, key):
    instances = classic(every_voxel())
    for keyword, value in change.items():
        setattr(instances[0], keyword, value)
    assert reason_of(instances) == key


@pytest.mark.parametrize(
    ("named", "cosines", "key"),
    [
        (["L", "P"], [-1, 0, 0, 0, 1, 0], "orientation-conflict"),
        (["L", "P"], [1, 0, 0, 0, -1, 0], "orientation-conflict"),
        (["RA", "F"], [0.8, 0.6, 0, 0, 0, -1], "orientation-conflict"),
        (["L", "P"], [1, 0, 0, 0, 1, 0], None),
        (["R", "P"], [-1, 0, 0, 0, 1, 0], None),
        (["LP", "F"], [0.6, 0.8, 0, 0, 0, -1], None),
        (["L", "P"], [0, 1, 0, 0, 0, -1], None),
        (["L"], [1, 0, 0, 0, 1, 0], None),
        (["LE", "DI"], [-1, 0, 0, 0, 1, 0], "orientation-conflict"),
        (["X", ""], [-1, 0, 0, 0, 1, 0], None),
        (["", "P"], [-1, 0, 0, 0, 1, 0], None),
        (None, [-1, 0, 0, 0, 1, 0], None),
    ],
)
def test_an_orientation_in_words_that_contradicts_the_one_in_numbers(
    classic, every_voxel, named, cosines, key
):
    instances = classic(every_voxel())
    for place, ds in enumerate(instances):
        ds.ImageOrientationPatient = cosines
        ds.ImagePositionPatient = list(3.0 * place * np.cross(cosines[:3], cosines[3:]))
        ds.PatientOrientation = named
    if key is None:
        assert read_volume(instances).array.shape == every_voxel().shape
    else:
        assert reason_of(instances) == key


def test_no_memory_is_taken_for_promises(classic, every_voxel):
    instances = classic(every_voxel(slices=3))
    for ds in instances:
        ds.Rows = ds.Columns = 65535
    tracemalloc.start()
    assert reason_of(instances) == "too-large"
    for ds in instances:
        ds.Rows = ds.Columns = 9000
    assert reason_of(instances) == "unreadable-pixels"
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("keywords", "age"),
    [
        ({"PatientAge": "051Y"}, 51.0),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "999Y"}, None),
        ({"PatientAge": "999Y", "PatientBirthDate": "19600101", "StudyDate": "20200101"}, 60.0),
        ({"PatientAge": "000Y"}, None),
        ({"PatientAge": "000D", "PatientBirthDate": "19600101", "StudyDate": "20200101"}, 60.0),
        ({"PatientBirthDate": "20200101", "StudyDate": "20200101"}, None),
        ({"PatientBirthDate": "19600101", "StudyDate": "20200101"}, 60.0),
        ({"PatientAge": "old!", "PatientBirthDate": "19600101", "StudyDate": "20200101"}, 60.0),
        ({"PatientBirthDate": "20300101", "StudyDate": "20200101"}, None),
        ({"PatientBirthDate": "19601399", "StudyDate": "20200101"}, None),
        ({}, None),
    ],
)
def test_the_age(keywords, age):
    ds = Dataset()
    for keyword, value in keywords.items():
        ds[pydicom.tag.Tag(keyword)] = element(keyword, value.encode(), "LO")
    assert acquisition_of(ds).patient_age == (None if age is None else pytest.approx(age, abs=0.01))


@pytest.mark.parametrize(
    ("keyword", "value", "given_"),
    [
        ("ContrastBolusAgent", "Gadovist", True),
        ("ContrastBolusAgent", "none", False),
        ("ContrastBolusAgent", "", False),
        ("ContrastBolusVolume", 7, True),
        ("ContrastBolusVolume", 0, False),
    ],
)
def test_the_contrast_agent(keyword, value, given_):
    ds = Dataset()
    setattr(ds, keyword, value)
    assert acquisition_of(ds).contrast_agent is given_


RAW = st.one_of(
    st.binary(max_size=40), st.sampled_from([b"", b"1", b"-1\\0\\0", b"\\\\\\", b"\xff" * 9, b"1e999"])
)
KEYWORDS = [
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
    "NumberOfFrames",
    "PhotometricInterpretation",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "InstanceNumber",
    "SOPInstanceUID",
    "SOPClassUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImageType",
    "PatientAge",
    "PatientBirthDate",
    "PatientSex",
    "EchoTime",
    "MagneticFieldStrength",
    "ContrastBolusAgent",
    "PixelData",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "SpecificCharacterSet",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(KEYWORDS), RAW), min_size=1, max_size=4))
@pytest.mark.filterwarnings("ignore")
def test_whatever_comes_is_a_volume_or_a_reason(classic, every_voxel, changes):
    instances = classic(every_voxel(slices=4))
    for which, keyword, raw in changes:
        vr = pydicom.datadict.dictionary_VR(keyword).split(" ")[0]
        instances[which][pydicom.tag.Tag(keyword)] = element(keyword, raw, vr)
    try:
        volume = read_volume(instances)
    except VolumeError:
        return
    assert isinstance(volume, Volume)
    assert np.isfinite(volume.array).all()
    assert np.isfinite(volume.affine).all()
    assert len(volume.sources) == len(volume.array) >= 3
