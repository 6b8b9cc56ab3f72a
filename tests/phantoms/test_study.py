"""What is written: valid DICOM, the same every time, in the place the geometry says."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from phantoms.geometry import stack
from phantoms.patient import PhantomPatient, Vendor, healthy, seed_patient
from phantoms.protocol import DEMO_SERIES, PROTOCOL
from phantoms.series import instances, series_volume
from phantoms.study import write_study
from phantoms.truth import truth_of
from processors.acquisition import BodyPart, Plane
from processors.findings import Side, Sign

DCIODVFY = shutil.which("dciodvfy") or str(Path(sys.executable).parent / "dciodvfy")
SMALL = ("cervical_t1_sag",)


def _small(key, slices=3):
    """A series of the protocol with few voxels."""
    body = PROTOCOL[key].body_part
    centre = (0, 18, 6) if body is BodyPart.BRAIN else (0, 34, -130)
    geometry = stack(Plane.AXIAL, centre=centre, slices=slices, slice_thickness=3, pixel=1.2, matrix=(64, 72))
    return replace(PROTOCOL[key], geometry=geometry)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The whole demo patient, once."""
    return write_study(seed_patient(7), tmp_path_factory.mktemp("study") / "p")


def _verify(path):
    done = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert "MRImage" in text, text
    return [line for line in text.splitlines() if line.startswith("Error")]


@pytest.mark.skipif(not Path(DCIODVFY).exists(), reason="dciodvfy is not installed")
def test_every_series_holds_up_before_dciodvfy(study):
    for series in study.series:
        assert _verify(series.files[3]) == [], series.key


@pytest.mark.skipif(not Path(DCIODVFY).exists(), reason="dciodvfy is not installed")
@pytest.mark.parametrize("vendor", list(Vendor))
def test_headers_of_every_vendor_hold_up(vendor, tmp_path):
    for key in ("flair", "swi", "adc", "cervical_t2_ax"):
        ds = next(instances(healthy(2, vendor), _small(key), 1))
        ds.save_as(tmp_path / f"{key}.dcm", enforce_file_format=True)
        assert _verify(tmp_path / f"{key}.dcm") == []


def test_demo_study_has_its_series_under_one_study(study):
    assert tuple(series.key for series in study.series) == DEMO_SERIES
    assert 200 <= len(study.files) <= 350
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in study.files]
    assert {ds.StudyInstanceUID for ds in headers} == {study.study_instance_uid}
    assert len({ds.SOPInstanceUID for ds in headers}) == len(headers)
    assert all(ds.SOPInstanceUID.startswith("2.25.") and ds.SOPInstanceUID.is_valid for ds in headers)
    frames = {"CSPINE": set(), "BRAIN": set()}
    for ds in headers:
        frames[ds.BodyPartExamined].add(ds.FrameOfReferenceUID)
    assert all(len(uids) == 1 for uids in frames.values())


def test_positions_follow_the_geometry(study):
    for series in study.series:
        affine = PROTOCOL[series.key].geometry.affine
        for index in (0, len(series.files) - 1):
            ds = pydicom.dcmread(series.files[index])
            np.testing.assert_allclose(ds.ImagePositionPatient, (affine @ [index, 0, 0, 1])[:3], atol=1e-4)
            row = np.array(ds.ImageOrientationPatient[:3]) * ds.PixelSpacing[1]
            column = np.array(ds.ImageOrientationPatient[3:]) * ds.PixelSpacing[0]
            np.testing.assert_allclose(row, affine[:3, 2], atol=1e-6)
            np.testing.assert_allclose(column, affine[:3, 1], atol=1e-6)


@pytest.mark.parametrize("vendor", list(Vendor))
def test_pixels_are_the_volume_after_rescaling(vendor):
    patient = healthy(2, vendor)
    plan = _small("cervical_t1_ax")
    ds = list(instances(patient, plan, 1))[1]
    image = series_volume(patient, plan).array[1]
    stored = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
    bright = image > 0.5
    scale = np.median(stored[bright] / image[bright])
    np.testing.assert_allclose(stored / scale, image, atol=0.01)


def test_the_same_patient_is_written_byte_for_byte(tmp_path):
    first, again = (write_study(healthy(2), tmp_path / name, SMALL) for name in ("a", "b"))
    for one, other in zip(first.files, again.files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_head_is_the_same_in_another_process():
    code = (
        "import hashlib, sys; from phantoms.patient import seed_patient;"
        "from phantoms.imaging import head_volume;"
        "from phantoms.geometry import stack; from processors.acquisition import Contrast, Plane;"
        "g = stack(Plane.AXIAL, centre=(0, 18, 6), slices=2, slice_thickness=3, pixel=2, matrix=(64, 64));"
        "v = head_volume(seed_patient(7), Contrast.SWI, g);"
        "sys.stdout.write(hashlib.sha256(v.array.tobytes()).hexdigest() + v.series_instance_uid)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "ab"
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout) > 64


def test_another_seed_is_another_head_under_other_uids():
    plan = _small("flair")
    one, other = (series_volume(healthy(seed), plan) for seed in (2, 3))
    assert one.series_instance_uid != other.series_instance_uid
    assert np.corrcoef(one.array.ravel(), other.array.ravel())[0, 1] < 0.98


def test_a_sign_changes_the_uids_and_not_the_noise():
    plain, drawn = healthy(2), PhantomPatient(2, {Sign.CORD_T1: 0.1})
    plan = _small("cervical_t1_ax")
    one, other = series_volume(plain, plan), series_volume(drawn, plan)
    assert one.series_instance_uid != other.series_instance_uid
    assert (one.array == other.array).mean() > 0.9


def test_truth_beside_the_images_says_what_was_drawn(study):
    truth = json.loads((study.folder / "truth.json").read_text())
    assert truth == json.loads(json.dumps(study.truth))
    assert truth["signs"]["cst_t1"]["state"] == "present"
    assert truth["signs"]["cst_t1"]["regions"]["pons/left"] == pytest.approx(0.2)
    assert truth["signs"]["cord_t2"]["state"] == "absent"
    assert truth["signs"]["precentral_atrophy"]["state"] == "not_evaluated"
    assert set(truth["signs"]) == set(Sign)
    assert 50 < truth["cord"]["C4"]["area_mm2"] < 110


def test_truth_of_a_one_sided_sign_and_of_contrast_agent():
    patient = PhantomPatient(1, {Sign.CST_FLAIR: 0.2}, {Sign.CST_FLAIR: Side.LEFT}, post_contrast=True)
    signs = truth_of(patient, [PROTOCOL[key] for key in DEMO_SERIES])["signs"]
    assert signs["cst_flair"]["regions"]["pons/left"] == 0.2
    assert signs["cst_flair"]["regions"]["pons/right"] == 0
    assert signs["cst_t1"]["state"] == "not_evaluated"


def test_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(FileExistsError, match="not empty"):
        write_study(healthy(1), tmp_path, SMALL)


@pytest.mark.parametrize("series", [(), ("t9",), ("t1", "t1")])
def test_refuses_series_that_are_not_of_the_protocol(tmp_path, series):
    with pytest.raises(ValueError, match="series"):
        write_study(healthy(1), tmp_path / "s", series)


def test_a_study_can_be_written_as_enhanced_instances(tmp_path):
    written = write_study(healthy(2), tmp_path / "e", SMALL, enhanced=True)
    (path,) = written.files
    ds = pydicom.dcmread(path)
    assert ds.NumberOfFrames == 15
    assert ds.StudyInstanceUID == written.study_instance_uid
