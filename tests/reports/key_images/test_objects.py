"""The pictures as Secondary Capture: valid, the same for the same input, and without the patient's name."""

from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from processors.findings import Sign
from reports.key_images import key_image_objects, preview
from reports.text import SIGN_NAMES

from .made_up import brain, neck

CREATED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def one_sign():
    findings, volumes, maps, strips = brain()
    return findings[1:2], volumes, maps, strips


def made(study, drawn=brain, **changes):
    return [ds for _, ds in with_signs(study, drawn, **changes)]


def with_signs(study, drawn=brain, **changes):
    findings, volumes, maps, last = drawn()
    strips, profiles = ((), last) if drawn is neck else (last, ())
    arguments = {
        "source": study.source(),
        "created": CREATED,
        "software_version": "0.1.0",
        "version": 1,
        "institution": "Clínica",
        **changes,
    }
    return key_image_objects(findings, volumes, maps, strips, profiles, **arguments)


@pytest.fixture(scope="module")
def objects(study):
    return made(study)


def test_valid_for_both_validators(objects, study, tmp_path, dciodvfy_lines, dicom_validator_errors):
    for number, ds in enumerate((*objects, *made(study, neck))):
        path = tmp_path / f"{number}.dcm"
        ds.save_as(path, enforce_file_format=True)
        assert not [line for line in dciodvfy_lines(path) if line.startswith("Error")]
        assert dicom_validator_errors(path) == {"status": "Passed", "errors": 0, "modules": {}}


def test_one_series_of_rgb_pictures_in_the_study(objects, study):
    assert {str(ds.StudyInstanceUID) for ds in objects} == {study.uid}
    assert len({ds.SeriesInstanceUID for ds in objects}) == 1
    assert len({ds.SOPInstanceUID for ds in objects}) == len(objects) == 4
    assert [ds.InstanceNumber for ds in objects] == [1, 2, 3, 4]
    for ds in objects:
        assert ds.SeriesDescription.startswith("Betz")
        assert ds.BurnedInAnnotation == "NO"
        assert ds.PatientID == "4711"
        stream = BytesIO()
        ds.save_as(stream, enforce_file_format=True)
        stream.seek(0)
        assert dcmread(stream).pixel_array.shape == (960, 1280, 3)
    assert objects[1].ImageComments == SIGN_NAMES[Sign.MOTOR_BAND]


def test_each_is_told_by_its_sign_and_not_by_its_title(study, monkeypatch):
    monkeypatch.setitem(SIGN_NAMES, Sign.CST_T1, SIGN_NAMES[Sign.MOTOR_BAND])
    assert [sign for sign, _ in with_signs(study)] == [None, Sign.MOTOR_BAND, Sign.CST_T1, Sign.CST_T2]


def test_what_is_shown_is_referenced(objects):
    for ds in objects:
        shown = {item.ReferencedSOPInstanceUID for item in ds.SourceImageSequence}
        named = {
            item.ReferencedSOPInstanceUID
            for series in ds.ReferencedSeriesSequence
            for item in series.ReferencedInstanceSequence
        }
        assert shown == named
        assert all(
            item.ReferencedSOPInstanceUID.startswith(series.SeriesInstanceUID + ".")
            for series in ds.ReferencedSeriesSequence
            for item in series.ReferencedInstanceSequence
        )


def test_the_same_again_is_the_same_to_the_last_byte(objects, study):
    def stored(ds):
        stream = BytesIO()
        ds.save_as(stream, enforce_file_format=True)
        return stream.getvalue()

    assert [stored(ds) for ds in made(study)] == [stored(ds) for ds in objects]


@pytest.mark.parametrize("change", [{"version": 2}, {"software_version": "0.2.0"}])
def test_another_version_is_another_series(study, change):
    first, other = made(study, one_sign), made(study, one_sign, **change)
    assert not {ds.SOPInstanceUID for ds in other} & {ds.SOPInstanceUID for ds in first}
    assert other[0].SeriesInstanceUID != first[0].SeriesInstanceUID


def test_nothing_of_the_patient_is_in_the_pixels(study):
    other = study.source()
    other.PatientName, other.PatientID, other.PatientBirthDate = "Another^Person", "X", "19000101"
    first, second = made(study, one_sign), made(study, one_sign, source=other)
    assert [ds.PixelData for ds in first] == [ds.PixelData for ds in second]
    assert first[0].PatientName != second[0].PatientName


def test_a_preview_is_the_picture(objects):
    picture = np.asarray(Image.open(BytesIO(preview(objects[0]))))
    assert picture.tobytes() == objects[0].PixelData


def test_faults_of_the_caller_are_told(study):
    with pytest.raises(ValueError, match="zone"):
        made(study, created=CREATED.replace(tzinfo=None))
    with pytest.raises(ValueError, match="from 1"):
        made(study, version=0)
