"""A series as one Enhanced MR instance is the same volume as the series in single instances."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from phantoms.enhanced import enhanced_instance
from phantoms.geometry import flipped, stack
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL
from phantoms.series import instances
from processors.acquisition import Plane
from processors.reading import read_volume

DCIODVFY = shutil.which("dciodvfy") or str(Path(sys.executable).parent / "dciodvfy")
GEOMETRY = stack(
    Plane.AXIAL, centre=(0, 18, 6), slices=5, slice_thickness=3, pixel=1.6, matrix=(96, 104), tilt=12
)
KEYS = ("t1", "t1_mtc", "t1_mprage", "t2", "flair", "flair_3d", "adc", "dwi")

ALWAYS_SAID = ("field_strength", "echo_time", "manufacturer", "contrast_agent", "patient_age", "b_value")


@pytest.mark.parametrize("key", KEYS)
def test_both_kinds_of_instance_read_into_the_same_volume(key):
    patient = PhantomPatient(4, vendor=Vendor.PHILIPS, post_contrast=key == "t1")
    plan = replace(PROTOCOL[key], geometry=flipped(GEOMETRY, rows=True))
    classic = read_volume(list(instances(patient, plan, 1)))
    enhanced = read_volume([enhanced_instance(patient, plan, 1)])
    np.testing.assert_array_equal(enhanced.array, classic.array)
    np.testing.assert_allclose(enhanced.affine, classic.affine, atol=1e-5)
    assert enhanced.frame_of_reference_uid == classic.frame_of_reference_uid
    assert enhanced.series_instance_uid == classic.series_instance_uid
    said = {name: getattr(classic.acquisition, name) for name in ALWAYS_SAID}
    assert {name: getattr(enhanced.acquisition, name) for name in ALWAYS_SAID} == said
    if key not in ("adc", "dwi"):
        assert enhanced.acquisition == classic.acquisition


@pytest.mark.skipif(not Path(DCIODVFY).exists(), reason="dciodvfy is not installed")
@pytest.mark.parametrize("key", KEYS)
def test_enhanced_instances_hold_up_before_dciodvfy(key, tmp_path):
    patient = PhantomPatient(4, vendor=tuple(Vendor)[KEYS.index(key) % 3], post_contrast=key == "t1")
    path = tmp_path / "e.dcm"
    plan = replace(PROTOCOL[key], geometry=GEOMETRY)
    enhanced_instance(patient, plan, 1).save_as(path, enforce_file_format=True)
    assert dcmread(path).NumberOfFrames == 5
    done = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    assert "EnhancedMRImage" in text, text
    assert [line for line in text.splitlines() if line.startswith("Error")] == []
