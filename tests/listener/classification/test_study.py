"""What the other series of a study tell of one."""

import pytest

from listener.classification import CONFIDENT, classify
from listener.classification.place import POSITION_RANGE, acquired_at, span_of
from listener.classification.study import StudySeries, in_study
from processors.acquisition import BodyPart, Contrast

AXIAL = [1, 0, 0, 0, 1, 0]
SIEMENS = {
    "Modality": "MR",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    "Manufacturer": "SIEMENS",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"],
    "ImageOrientationPatient": AXIAL,
    "PixelSpacing": [0.9, 0.9],
    "Rows": 256,
    "Columns": 256,
    "SliceThickness": 4,
    "FrameOfReferenceUID": "1.2.3",
    "AcquisitionDate": "20260102",
}
SE = {"ScanningSequence": "SE", "FlipAngle": 90}


def t1(**changes):
    return SIEMENS | SE | {
        "SeriesDescription": "t1_se_tra", "EchoTime": 9, "RepetitionTime": 550, "BodyPartExamined": "HEAD",
        "NumberOfInstances": 36, POSITION_RANGE: [0, 0, -60, 0, 0, 80], "SeriesInstanceUID": "1.1",
        "AcquisitionTime": "101000", "SeriesNumber": 5,
    } | changes  # fmt: skip


def t2(**changes):
    return (
        t1(SeriesDescription="t2_tse_tra", EchoTime=100, RepetitionTime=5000, SeriesInstanceUID="1.2")
        | changes
    )


def together(*headers, fixed=()):
    series = [StudySeries(header, classify(header), index in fixed) for index, header in enumerate(headers)]
    return in_study(series)


def test_a_t1_after_a_bolus_is_after_contrast():
    perfusion = t1(
        SeriesDescription="ep2d_perf", ScanningSequence=["EP", "GR"], EchoTime=32, RepetitionTime=1500,
        ContrastBolusAgent="Gadovist", AcquisitionTime="100500", SeriesInstanceUID="1.9",
    )  # fmt: skip
    before, _, after = together(t1(AcquisitionTime="095500", SeriesInstanceUID="1.3"), perfusion, t1())
    assert before.contrast is Contrast.T1
    assert after.contrast is Contrast.T1_POST_CONTRAST
    assert after.confidence >= CONFIDENT
    assert any("ep2d_perf" in reason for reason in after.evidence)


def test_spin_labelling_is_no_bolus():
    labelled = t1(SeriesDescription="asl perfusion", AcquisitionTime="100500", SeriesInstanceUID="1.9")
    labelled |= {"ImageType": ["ORIGINAL", "PRIMARY", "ASL", "NONE"]}
    assert classify(labelled).contrast is Contrast.FUNCTIONAL
    assert together(labelled, t1())[1].contrast is Contrast.T1


def test_without_times_a_t1_of_a_later_number_than_a_bolus_is_left_out():
    post = t1(SeriesDescription="t1 post gd", SeriesNumber=4, SeriesInstanceUID="1.9", AcquisitionTime=None)
    unsure = together(post, t1(AcquisitionTime=None))[1]
    sure = together(post, t1(AcquisitionTime=None, SeriesNumber=3))[1]
    assert unsure.confidence < CONFIDENT <= sure.confidence


@pytest.mark.parametrize(
    ("study", "contrast", "sure"),
    [("MRI brain W WO contrast", Contrast.T1_POST_CONTRAST, True), ("MRI brain", Contrast.T1, False)],
)
def test_a_t1_that_is_repeated_without_a_word(study, contrast, sure):
    first = t1(StudyDescription=study)
    second = t1(StudyDescription=study, SeriesInstanceUID="1.7", AcquisitionTime="102500", SeriesNumber=9)
    found = together(first, second)
    assert found[0].contrast is Contrast.T1
    assert found[0].confidence >= CONFIDENT
    assert found[1].contrast is contrast
    assert (found[1].confidence >= CONFIDENT) is sure


def test_two_reconstructions_of_one_acquisition_are_no_repeats():
    found = together(t1(), t1(SeriesInstanceUID="1.7", SeriesNumber=6))
    assert [one.confidence for one in found] == [classify(t1()).confidence] * 2


def test_what_lies_in_the_head_of_a_sibling_is_of_the_head():
    named = t1(BodyPartExamined="BRAIN", StudyDescription="MRI brain")
    unnamed = t2(BodyPartExamined=None)
    unnamed = {
        key: value for key, value in unnamed.items() if key not in ("PixelSpacing", "BodyPartExamined")
    }
    unnamed["PixelSpacing"] = [0.7, 0.7]
    assert classify(unnamed).body_part is BodyPart.UNKNOWN
    found = together(named, unnamed)[1]
    assert found.body_part is BodyPart.BRAIN
    assert any("t1_se_tra" in reason for reason in found.evidence)


def test_what_lies_in_another_frame_of_reference_tells_nothing():
    unnamed = t2(BodyPartExamined=None, PixelSpacing=[0.7, 0.7], FrameOfReferenceUID="1.2.4")
    assert together(t1(StudyDescription="MRI brain"), unnamed)[1].body_part is BodyPart.UNKNOWN


def test_what_lies_below_the_head_is_not_called_brain():
    neck = t2(**{POSITION_RANGE: [0, 0, -260, 0, 0, -120]})
    assert classify(neck).body_part is BodyPart.BRAIN
    found = together(t1(), neck)[1]
    assert found.body_part is BodyPart.UNKNOWN
    assert any("below" in reason for reason in found.evidence)


def test_what_the_configuration_fixed_is_not_changed():
    post = t1(ContrastBolusAgent="Gadovist", AcquisitionTime="100000", SeriesInstanceUID="1.9")
    assert together(post, t1(), fixed={1})[1] == classify(t1())


def test_where_and_when():
    assert span_of(t1()).low == pytest.approx(-60)
    sagittal = t1(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    sagittal[POSITION_RANGE] = [-60, -100, 100, 60, -100, 100]
    assert span_of(sagittal).high == pytest.approx(100)
    assert span_of(sagittal).low == pytest.approx(100 - 0.9 * 256)
    assert acquired_at({"AcquisitionTime": "101112.5"}) == acquired_at({"AcquisitionTime": "10:11:12.500"})
    assert acquired_at({"AcquisitionDateTime": "20260102101112.123456+0100"}).minute == 11
    for nonsense in ("", "99", "256199", None, "noon"):
        assert acquired_at({"AcquisitionTime": nonsense}) is None
