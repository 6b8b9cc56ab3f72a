import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.classification import CONFIDENT, Classification, classify, classify_lines
from processors.acquisition import BodyPart, Contrast, Plane

TRAIN = Path(__file__).parents[4] / "shared" / "data" / "headers" / "train.jsonl"

AXIAL = [1, 0, 0, 0, 1, 0]
SAGITTAL = [0, 1, 0, 0, 0, -1]
MR = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
SIEMENS = MR | {"Manufacturer": "SIEMENS", "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"]}
SIEMENS_T2 = SIEMENS | {"ScanningSequence": "SE", "EchoTime": 96, "RepetitionTime": 5000, "FlipAngle": 150}

SEEN = [
    (Contrast(row["contrast"]), row["header"])
    for row in map(
        json.loads, (Path(__file__).parent / "vendor_headers.jsonl").read_text("utf-8").splitlines()
    )
]
"""Headers as the vendors write them, from what is known of their conventions; no real patient's."""


def name(value: object) -> str:
    return str(value.get("SeriesDescription", "-")) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("contrast", "series"), SEEN, ids=name)
def test_what_the_vendors_write(contrast, series):
    found = classify(series)
    assert found.contrast is contrast, found.evidence
    assert found.evidence


MEASURED = {
    Contrast.T1,
    Contrast.T1_MTC,
    Contrast.T2,
    Contrast.FLAIR,
    Contrast.SWI,
    Contrast.ADC,
    Contrast.DWI,
}
HARMLESS = {
    (Contrast.T1_MTC, Contrast.T1): "measured with the wrong norm, but the same anatomy",
    (Contrast.DWI, Contrast.ADC): "a trace and its map",
}


def is_harmful(truth: Contrast, answer: Classification) -> bool:
    """Whether an analysis would run on what it does not understand."""
    return (
        answer.confidence >= CONFIDENT
        and answer.contrast in MEASURED
        and answer.contrast is not truth
        and (truth, answer.contrast) not in HARMLESS
    )


@pytest.mark.parametrize(("contrast", "series"), [pair for pair in SEEN if len(pair[1]) > 4], ids=name)
def test_no_missing_attribute_makes_an_answer_harmful(contrast, series):
    for keyword in series:
        less = {key: value for key, value in series.items() if key != keyword}
        if keyword in ("SeriesDescription", "ProtocolName"):
            less = {
                key: value for key, value in less.items() if key not in ("SeriesDescription", "ProtocolName")
            }
        found = classify(less)
        assert not is_harmful(contrast, found), (keyword, found.contrast, found.evidence)


@pytest.mark.parametrize(
    ("words", "tag", "part"),
    [
        ("MRI CERVICAL SPINE", "CSPINE", BodyPart.CERVICAL_SPINE),
        ("T2 sag HWS", "HEAD", BodyPart.CERVICAL_SPINE),
        ("c-spine t2", "LSPINE", BodyPart.CERVICAL_SPINE),
        ("rachis cervical T2", "SPINE", BodyPart.CERVICAL_SPINE),
        ("颈椎 T2", None, BodyPart.CERVICAL_SPINE),
        ("頸椎 T2", None, BodyPart.CERVICAL_SPINE),
        ("Шейный отдел T2", None, BodyPart.CERVICAL_SPINE),
        ("경추 T2", None, BodyPart.CERVICAL_SPINE),
        ("kręgosłup szyjny T2", None, BodyPart.CERVICAL_SPINE),
        ("LWS T2 sag", "CSPINE", BodyPart.OTHER_SPINE),
        ("T2 lumbar", "LSPINE", BodyPart.OTHER_SPINE),
        ("thoracic spine T2", "SPINE", BodyPart.OTHER_SPINE),
        ("腰椎 T2", None, BodyPart.OTHER_SPINE),
        ("BWS t2", None, BodyPart.OTHER_SPINE),
        ("Schädel T2", None, BodyPart.BRAIN),
        ("Encéphale T2", None, BodyPart.BRAIN),
        ("RM encefalo T2", None, BodyPart.BRAIN),
        ("головной мозг T2", None, BodyPart.BRAIN),
        ("頭部 T2", None, BodyPart.BRAIN),
        ("T2", "BRAIN", BodyPart.UNKNOWN),
        ("T2 sag", "LSPINE", BodyPart.OTHER_SPINE),
        ("Knee T2", None, BodyPart.OTHER),
        ("T2", None, BodyPart.UNKNOWN),
    ],
)
def test_the_body_part(words, tag, part):
    series = SIEMENS_T2 | {"SeriesDescription": words}
    if tag:
        series["BodyPartExamined"] = tag
    assert classify(series).body_part is part


def test_a_study_of_the_neck_tagged_as_head_is_not_called_brain():
    series = SIEMENS_T2 | {"SeriesDescription": "t2_tse_sag", "BodyPartExamined": "HEAD"}
    series |= {"StudyDescription": "MRI CERVICAL SPINE WO", "ImageOrientationPatient": SAGITTAL}
    assert classify(series).body_part is not BodyPart.BRAIN
    narrow = series | {"NumberOfInstances": 15, "SpacingBetweenSlices": 3.3}
    assert classify(narrow).body_part is BodyPart.CERVICAL_SPINE


@pytest.mark.parametrize(
    ("extent", "part"),
    [
        ({"BodyPartExamined": "BRAIN"}, BodyPart.UNKNOWN),
        (
            {"BodyPartExamined": "BRAIN", "Rows": 230, "Columns": 230, "PixelSpacing": [1, 1]}
            | {"NumberOfInstances": 30},
            BodyPart.BRAIN,
        ),
        ({"BodyPartExamined": "BRAIN", "ReceiveCoilName": "Head_32"}, BodyPart.BRAIN),
        ({"BodyPartExamined": "CSPINE"}, BodyPart.CERVICAL_SPINE),
        ({}, BodyPart.UNKNOWN),
        ({"Rows": 256, "Columns": 256, "PixelSpacing": [0.9, 0.9], "NumberOfInstances": 42}, BodyPart.BRAIN),
        ({"Columns": 256, "PixelSpacing": [0.6, 0.6], "NumberOfInstances": 30}, BodyPart.UNKNOWN),
        (
            {"BodyPartExamined": "HEAD", "Columns": 256, "PixelSpacing": [0.6, 0.6], "NumberOfInstances": 30},
            BodyPart.UNKNOWN,
        ),
    ],
)
def test_a_study_of_head_and_neck(extent, part):
    series = SIEMENS_T2 | {"StudyDescription": "MR brain and cervical spine", "SpacingBetweenSlices": 3.6}
    assert classify(series | {"ImageOrientationPatient": AXIAL} | extent).body_part is part


SAID_TO_BE_A_BRAIN = {"BodyPartExamined": "BRAIN", "StudyDescription": "MRI brain without contrast"}
DIFFUSION = SIEMENS | {
    "SeriesDescription": "DWI", "ScanningSequence": "EP", "EchoTime": 77, "RepetitionTime": 3000,
    "ImageType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND"], "FlipAngle": 90,
    "SequenceName": "_ep_b0", "ImageOrientationPatient": AXIAL,
}  # fmt: skip
SMALL = {"Columns": 64, "Rows": 64, "PixelSpacing": [2, 2]}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"ReceiveCoilName": "Body_18"}, BodyPart.BRAIN),
        ({}, BodyPart.UNKNOWN),
        (SMALL, BodyPart.UNKNOWN),
        ({"SequenceName": "_ez_b0"}, BodyPart.UNKNOWN),
        ({"ScanOptions": ["PFP", "CT"]}, BodyPart.UNKNOWN),
        ({"ScanOptions": ["PPG_GEMS", "EPI_GEMS"]}, BodyPart.UNKNOWN),
        ({"SequenceName": "_ez_b0", "ReceiveCoilName": "Head_32"}, BodyPart.BRAIN),
    ],
)
def test_tag_and_study_tell_a_brain_only_where_nothing_of_the_images_speaks_against_it(changes, part):
    assert classify(DIFFUSION | SAID_TO_BE_A_BRAIN | changes).body_part is part


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"StudyDescription": "head^research"}, BodyPart.BRAIN),
        ({"BodyPartExamined": "HEAD"}, BodyPart.BRAIN),
        ({"ReceiveCoilName": "HeadNeck_64"}, BodyPart.BRAIN),
        ({}, BodyPart.UNKNOWN),
        ({"BodyPartExamined": "HEAD", "SequenceName": "*tfl3d1_16"}, BodyPart.UNKNOWN),
        ({"BodyPartExamined": "HEAD", "StudyDescription": "spine"}, BodyPart.UNKNOWN),
    ],
)
def test_a_volume_excited_as_a_whole_is_a_head_where_something_else_says_so(changes, part):
    header = MPRAGE | {"SequenceName": "*tfl3d1_16ns"} | changes
    assert classify(header).body_part is part


@pytest.mark.parametrize(
    ("cosines", "changes", "plane"),
    [
        (AXIAL, {}, Plane.AXIAL),
        ([0.97, 0.1, -0.2, -0.1, 0.98, -0.1], {}, Plane.AXIAL),
        (SAGITTAL, {}, Plane.SAGITTAL),
        ([1, 0, 0, 0, 0, -1], {}, Plane.CORONAL),
        ([0.7071, 0.7071, 0, 0, 0, -1], {}, Plane.OBLIQUE),
        (SAGITTAL, {"MRAcquisitionType": "3D", "SliceThickness": 1.0}, Plane.THREE_D),
        (SAGITTAL, {"MRAcquisitionType": "3D", "SliceThickness": 5.0}, Plane.SAGITTAL),
        (AXIAL, {"MRAcquisitionType": "3D", "SliceThickness": 1.5, "PixelSpacing": [0.5, 0.5]}, Plane.AXIAL),
        (None, {"SeriesDescription": "SAG T1"}, Plane.SAGITTAL),
        ([math.nan] * 6, {"SeriesDescription": "T1 tra"}, Plane.AXIAL),
        ([0, 0, 0, 0, 0, 0], {}, Plane.OBLIQUE),
    ],
)
def test_the_plane(cosines, changes, plane):
    assert classify(MR | {"ImageOrientationPatient": cosines} | changes).plane is plane


UNNAMED = SIEMENS | {
    "ImageOrientationPatient": AXIAL,
    "BodyPartExamined": "BRAIN",
    "ReceiveCoilName": "Head_32",
}
SPIN_ECHO_T1 = {"ScanningSequence": "SE", "EchoTime": 9, "RepetitionTime": 550, "FlipAngle": 90}


@pytest.mark.parametrize(
    ("changes", "contrast", "doubt"),
    [
        (SPIN_ECHO_T1, Contrast.T1, "it may be after contrast"),
        (SPIN_ECHO_T1 | {"StudyDescription": "MRI brain without contrast"}, Contrast.T1, None),
        (
            {"ScanningSequence": "GR", "SequenceVariant": "SP", "MRAcquisitionType": "3D"}
            | {"EchoTime": 3.5, "RepetitionTime": 23, "FlipAngle": 18},
            Contrast.T1,
            "inflow",
        ),
        (
            {"ScanningSequence": "GR", "EchoTime": 25, "RepetitionTime": 600, "FlipAngle": 20},
            Contrast.T2_STAR,
            "functional",
        ),
        (SPIN_ECHO_T1 | {"SeriesDescription": "T1 tra"}, Contrast.T1, None),
        (
            SPIN_ECHO_T1 | {"SeriesDescription": "T1 tra", "ImageType": ["DERIVED", "SECONDARY", "M"]},
            Contrast.T1,
            "computed from other images",
        ),
        (
            {"ScanningSequence": "SE", "EchoTime": 96, "RepetitionTime": 1500, "FlipAngle": 150}
            | {"SeriesDescription": "t2_haste_tra"},
            Contrast.T2,
            "too blurred",
        ),
    ],
)
def test_what_the_timing_alone_leaves_open_is_not_measured(changes, contrast, doubt):
    found = classify(UNNAMED | changes)
    assert found.contrast is contrast
    assert found.body_part is BodyPart.BRAIN
    assert (found.confidence < CONFIDENT) is (doubt is not None)
    assert doubt is None or any(doubt in reason for reason in found.evidence)


MPRAGE = MR | {
    "ImageType": ["ORIGINAL", "PRIMARY", "M"], "ScanningSequence": ["GR", "IR"],
    "SequenceVariant": ["SP", "MP"], "EchoTime": 3, "RepetitionTime": 2300, "InversionTime": 900,
    "FlipAngle": 9, "SeriesDescription": "t1_mprage",
}  # fmt: skip
CORONAL = [1, 0, 0, 0, 0, -1]
FIELDS = [
    ("1 mm template, axial", AXIAL, 182, 218, 182, 1, 1, True, True),
    ("without skull, axial", AXIAL, 124, 160, 140, 1, 1, True, False),
    ("without skull, coronal", CORONAL, 124, 140, 160, 1, 1, True, False),
    ("3 mm, axial", AXIAL, 256, 256, 48, 3, 0.91, True, True),
    ("20 slices of 5 mm, axial", AXIAL, 512, 512, 20, 5, 0.45, True, False),
    ("sagittal", SAGITTAL, 256, 256, 176, 1, 1, True, True),
    ("neck, axial", AXIAL, 512, 512, 30, 3, 0.35, False, False),
    ("neck, axial 3-D", AXIAL, 180, 180, 64, 2, 1, False, False),
    ("neck, sagittal", SAGITTAL, 384, 384, 15, 3.3, 0.6, False, False),
    ("head and neck, sagittal", SAGITTAL, 320, 320, 192, 1, 1, False, False),
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field[0])
def test_a_brain_is_as_large_as_a_head(field):
    """With the tag HEAD, and without: then only a prepared T1 of a whole head's field of view is a brain."""
    _, cosines, columns, rows, slices, step, spacing, tagged, untagged = field
    header = MPRAGE | {"ImageOrientationPatient": cosines, "Columns": columns, "Rows": rows}
    header |= {"NumberOfInstances": slices, "SliceThickness": step, "PixelSpacing": [spacing, spacing]}
    assert (classify(header | {"BodyPartExamined": "HEAD"}).body_part is BodyPart.BRAIN) is tagged
    assert (classify(header).body_part is BodyPart.BRAIN) is untagged
    spin_echo = (
        header | SPIN_ECHO_T1 | {"SeriesDescription": "t1", "InversionTime": None, "SequenceVariant": "SK"}
    )
    assert classify(spin_echo).body_part is BodyPart.UNKNOWN


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=9)
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=7) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
KNOWN = sorted(
    {keyword for _, series in SEEN for keyword in series} | {"ImageOrientationPatient", "PixelSpacing"}
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KNOWN) | st.text(max_size=5), ANYTHING))
def test_every_header_gets_an_answer_with_a_reason(series):
    found = classify(series)
    assert isinstance(found, Classification)
    assert 0 <= found.confidence <= 1
    assert all(found.evidence)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEN), st.dictionaries(st.sampled_from(KNOWN), ANYTHING, min_size=1, max_size=2))
def test_a_damaged_header_gets_an_answer(pair, damage):
    assert classify(pair[1] | damage).evidence


@pytest.mark.parametrize(
    "text", ["t1 " * 100_000, "flair" * 100_000, "\u0301" * 100_000, "post " * 99_999 + "1"]
)
def test_huge_texts_cost_nothing(text):
    start = time.process_time()
    classify(MR | {"SeriesDescription": text, "StudyDescription": [text] * 100, "ImageType": [text] * 10_000})
    assert time.process_time() - start < 0.5


def test_lines_are_answered_one_for_one():
    known = json.dumps(SEEN[0][1] | {"ReceiveCoilName": "Head_32"})
    lines = [known, "", "nonsense", "[1]", "null", '{"EchoTime": NaN}', "[" * 100_000, "{}"]
    answers = [json.loads(line) for line in classify_lines(lines)]
    assert len(answers) == len(lines)
    assert answers[0]["contrast"] == "T1"
    assert answers[0]["body"] == "brain"
    for answer in answers:
        assert set(answer) == {"contrast", "body", "plane", "confidence", "reason"}
        assert answer["reason"]
    assert all(answer["contrast"] == "other" for answer in answers[1:])


def test_real_headers():
    if not TRAIN.is_file():
        pytest.skip(f"no labelled headers at {TRAIN}")
    rows = [json.loads(line) for line in TRAIN.read_text().splitlines()]
    right = harmful = 0
    start = time.process_time()
    for row in rows:
        answer, truth = classify(row["header"]), row["truth"]
        accepted = {truth["contrast"], *truth.get("also", ()), *truth.get("tolerated", ())}
        right += answer.contrast in accepted
        harmful += answer.contrast not in accepted and is_harmful(Contrast(truth["contrast"]), answer)
    assert right / len(rows) >= 0.97
    assert harmful == 0
    assert len(rows) / (time.process_time() - start) > 500
