"""What a few slices show."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from listener.classification import CONFIDENT, classify
from listener.classification.pixels import Fluid, Shown, fluid_in, shown_in
from listener.classification.settle import Doubt, doubts_of, settled
from processors.acquisition import BodyPart, Contrast, Plane

DATA = Path(__file__).parents[4] / "shared" / "data"


def slices(width, length, *, fluid=None, spacing=1.0, size=256, count=7):
    """Bright ellipses on noise, with a ring of brain, and fluid in the middle."""
    rng = np.random.default_rng(3)
    y, x = (np.indices((size, size)) - size / 2) * spacing
    inside = (x / (width / 2)) ** 2 + (y / (length / 2)) ** 2
    image = np.where(inside < 1, 100.0, 0.0)
    if fluid is not None:
        image[inside < 0.05] = fluid
    return [(image + rng.normal(0, 4, image.shape)).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((150, 190), Shown.HEAD),
        ((120, 115), Shown.NECK),
        ((40, 40), Shown.UNCLEAR),
        ((150, 120), Shown.UNCLEAR),
    ],
)
@pytest.mark.parametrize("spacing", [0.5, 1.0])
def test_the_outline(size, shown, spacing):
    images = slices(*size, spacing=spacing, size=round(240 / spacing))
    assert shown_in(images, (spacing, spacing), Plane.AXIAL) is shown


def test_an_outline_that_is_cut_off_tells_nothing():
    assert shown_in(slices(300, 190), (1.0, 1.0), Plane.AXIAL) is Shown.UNCLEAR
    assert shown_in(slices(150, 190), (1.0, 1.0), Plane.SAGITTAL) is Shown.UNCLEAR
    assert shown_in(slices(150, 190, count=2), (1.0, 1.0), Plane.AXIAL) is Shown.UNCLEAR


@pytest.mark.parametrize(
    ("fluid", "seen"), [(20.0, Fluid.DARK), (250.0, Fluid.BRIGHT), (None, Fluid.UNCLEAR)]
)
def test_the_fluid(fluid, seen):
    assert fluid_in(slices(150, 190, fluid=fluid), (1.0, 1.0)) is seen


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float32, st.tuples(st.just(4), st.integers(1, 40), st.integers(1, 40))),
    st.floats(0.05, 20), st.sampled_from(Plane),
)  # fmt: skip
def test_whatever_the_pixels_are_there_is_an_answer(images, spacing, plane):
    assert shown_in(list(images), (spacing, spacing), plane) in Shown
    assert fluid_in(list(images), (spacing, spacing)) in Fluid


def axial(path: Path):
    image = nib.as_closest_canonical(nib.load(path))
    array, zooms = np.asarray(image.dataobj, dtype=np.float32), image.header.get_zooms()
    places = np.linspace(0.15, 0.85, 7) * (array.shape[2] - 1)
    return [array[:, :, round(place)].T[::-1] for place in places], (float(zooms[1]), float(zooms[0]))


HEADS = [
    (f"brain/open_ms_data/{name}.nii.gz", fluid)
    for name, fluid in [
        ("patient01_study1_T1W", Fluid.DARK),
        ("patient01_study1_T2W", Fluid.BRIGHT),
        ("patient01_study1_FLAIR", Fluid.DARK),
        ("patient03_study2_T1W", Fluid.DARK),
        ("patient03_study2_T2W", Fluid.BRIGHT),
        ("mni_patient07_T1", Fluid.DARK),
        ("mni_patient07_T2", Fluid.BRIGHT),
    ]
]


@pytest.mark.parametrize(("name", "fluid"), HEADS)
def test_real_heads(name, fluid):
    if not (DATA / name).is_file():
        pytest.skip(f"no image at {DATA / name}")
    images, spacing = axial(DATA / name)
    assert fluid_in(images, spacing) is fluid
    assert shown_in(images, spacing, Plane.AXIAL) is not Shown.NECK


def test_a_real_neck():
    path = DATA / "cord" / "sct_testing_data" / "t2s_uncropped.nii.gz"
    if not path.is_file():
        pytest.skip(f"no image at {path}")
    images, spacing = axial(path)
    assert shown_in(images, spacing, Plane.AXIAL) is Shown.NECK


SERIES = {
    "Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "ImageType": ["ORIGINAL", "PRIMARY", "M"],
    "ScanningSequence": "SE", "EchoTime": 100, "RepetitionTime": 5000, "FlipAngle": 150,
    "SeriesDescription": "t2_tse_tra", "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
}  # fmt: skip


def after(header, shown=Shown.UNCLEAR, fluid=Fluid.UNCLEAR):
    return settled(header, classify(header), shown, fluid)


def test_a_tag_and_the_outline_of_a_head_are_a_brain():
    header = SERIES | {"BodyPartExamined": "HEAD"}
    assert doubts_of(header, classify(header)) == {Doubt.BODY_PART}
    found = after(header, Shown.HEAD)
    assert found.body_part is BodyPart.BRAIN
    assert CONFIDENT <= found.confidence < classify(header).confidence
    assert "the pixels show the outline of a head" in found.evidence


def test_an_outline_that_no_attribute_names_is_told_and_not_believed():
    found = after(SERIES, Shown.HEAD)
    assert found.body_part is BodyPart.UNKNOWN
    assert any("outline of a head" in reason for reason in found.evidence)


def test_a_neck_that_was_tagged_head_is_not_called_brain():
    header = SERIES | {"BodyPartExamined": "HEAD"}
    assert after(header, Shown.NECK).body_part is BodyPart.UNKNOWN
    named = header | {"StudyDescription": "HWS"}
    assert after(named, Shown.NECK).body_part is BodyPart.CERVICAL_SPINE
    lumbar = header | {"StudyDescription": "lumbar spine"}
    assert after(lumbar, Shown.NECK).body_part is BodyPart.UNKNOWN


WHOLE = {
    "BodyPartExamined": "HEAD", "PixelSpacing": [1, 1], "Rows": 240, "Columns": 240,
    "NumberOfInstances": 36, "SliceThickness": 4,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fluid", "contrast"),
    [(Fluid.BRIGHT, Contrast.T2), (Fluid.DARK, Contrast.OTHER), (Fluid.UNCLEAR, Contrast.OTHER)],
)
def test_words_and_fluid_settle_what_the_timing_denies(fluid, contrast):
    header = SERIES | WHOLE | {"EchoTime": 30}
    assert classify(header).confidence < CONFIDENT
    assert Doubt.WEIGHTING in doubts_of(header, classify(header))
    found = after(header, Shown.HEAD, fluid)
    assert found.contrast is contrast
    assert (found.confidence >= CONFIDENT) is (contrast is Contrast.T2)


def test_fluid_takes_back_what_it_contradicts():
    header = SERIES | WHOLE | {"EchoTime": None, "RepetitionTime": None}
    assert classify(header).contrast is Contrast.T2
    assert after(header, Shown.HEAD, Fluid.BRIGHT).confidence >= CONFIDENT
    assert after(header, Shown.HEAD, Fluid.DARK).confidence < CONFIDENT


def test_a_t1_that_may_be_after_contrast_is_not_settled():
    header = SERIES | WHOLE | {"SeriesDescription": "t1 tra post gd", "ContrastBolusAgent": "Gadovist"}
    assert after(header, Shown.HEAD, Fluid.DARK).contrast is not Contrast.T1


def test_what_is_clear_is_not_looked_at():
    header = SERIES | WHOLE | {"SeriesDescription": "T2 brain"}
    assert not doubts_of(header, classify(header))
