"""A whole SWI as each vendor sends it: valid DICOM, and its parts are what they are called."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phantoms.geometry import stack
from phantoms.imaging import susceptibility_images
from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from phantoms.swi_export import EXPORTS, Part
from phantoms.swi_set import swi_instances
from processors.acquisition import Plane

DCIODVFY = shutil.which("dciodvfy") or str(Path(sys.executable).parent / "dciodvfy")
PATIENT = PhantomPatient(1001)
GEOMETRY = stack(Plane.AXIAL, centre=(0, 18, 20), slices=6, slice_thickness=2, pixel=3.6, matrix=(64, 52))
PLAN = replace(PROTOCOL["swi"], geometry=GEOMETRY)


@pytest.fixture(scope="module")
def images():
    return susceptibility_images(PATIENT, GEOMETRY)


def test_the_parts_are_of_one_acquisition(images):
    assert np.all(images.processed <= images.magnitude + 1e-6)
    assert np.all(images.minimum <= images.processed)
    darkened = images.processed < 0.7 * images.magnitude
    assert 0.01 < darkened.mean() < 0.5
    assert images.phase[darkened].min() > 0


def _shown(ds, frame=None):
    """What a viewer would show: stored values after their rescale."""
    pixels, place = ds.pixel_array.astype(float), ds
    if frame is not None:
        group = ds.PerFrameFunctionalGroupsSequence[frame]
        pixels, place = pixels[frame], group.PixelValueTransformationSequence[0]
    return pixels * float(place.get("RescaleSlope", 1)) + float(place.get("RescaleIntercept", 0))


@pytest.mark.parametrize(
    ("name", "sign"), [("Philips", 1), ("Philips, slice by slice", -1), ("Philips, enhanced", 1)]
)
def test_phase_is_in_milliradians_of_either_sign(images, name, sign):
    sent = list(swi_instances(PATIENT, PLAN, EXPORTS[name], images, (Part.PHASE,)))
    slices = [_shown(sent[0], k) for k in range(6)] if len(sent) == 1 else [_shown(ds) for ds in sent]
    np.testing.assert_allclose(np.array(slices), sign * 1000 * images.phase, atol=2)


@pytest.mark.parametrize("name", EXPORTS)
def test_parts_lie_in_their_series(images, name):
    export = EXPORTS[name]
    sent = list(swi_instances(PATIENT, PLAN, export, images))
    series = dict.fromkeys(str(ds.SeriesInstanceUID) for ds in sent)
    assert len(series) == len({one.series for one in export.sent})
    frames = sum(int(ds.get("NumberOfFrames", 1)) for ds in sent)
    assert frames == 6 * len(export.sent)
    assert len({str(ds.SOPInstanceUID) for ds in sent}) == len(sent)


KEPT_OF_DERIVED = "Module=<MRPulseSequence>"
"""Scanners leave the pulse sequence in the headers of projections, where it is not allowed."""


@pytest.mark.skipif(not Path(DCIODVFY).exists(), reason="dciodvfy is not installed")
@pytest.mark.parametrize("name", ["Siemens, enhanced", "Philips, enhanced", "Philips", "GE", "UIH"])
def test_what_is_sent_holds_up_before_dciodvfy(images, name, tmp_path):
    kinds = {tuple(ds.ImageType): ds for ds in swi_instances(PATIENT, PLAN, EXPORTS[name], images)}
    for number, ds in enumerate(kinds.values()):
        path = tmp_path / f"{number}.dcm"
        ds.save_as(path, enforce_file_format=True)
        done = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False)
        text = done.stdout + done.stderr
        assert "MRImage" in text, text
        errors = [line for line in text.splitlines() if line.startswith("Error")]
        assert [e for e in errors if ds.ImageType[0] == "ORIGINAL" or KEPT_OF_DERIVED not in e] == []
