"""From a study's volumes to one finding for each brain sign."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread

from phantoms.patient import PhantomPatient
from phantoms.protocol import PROTOCOL
from phantoms.severity import Severity
from phantoms.study import series_volume
from processors.acquisition import Acquisition, Contrast
from processors.brain import analysis, quality
from processors.brain.analysis import analyse_brain
from processors.brain.registration import Registration, register
from processors.findings import BRAIN_SIGNS, Finding, Quantity, Region, Side, Sign, State, regions_of
from processors.reading import read_volume
from processors.volume import Volume

REAL = Path(os.environ.get("BETZ_REAL_DATA", Path(__file__).parents[4] / "shared/data"))


def tract_finding(volume, contrast=Contrast.T1):
    return next(f for f in analyse_brain({contrast: volume}) if f.sign is Sign.CST_T1)


def keys(finding):
    return [reason.key for reason in finding.reasons]


def phantom(seed, severity=None, side=None):
    signs = {} if severity is None else {Sign.CST_T1: severity}
    patient = PhantomPatient(seed, signs=signs, one_sided={} if side is None else {Sign.CST_T1: side})
    return series_volume(patient, PROTOCOL["t1"])


def real(name):
    path = REAL / "brain" / name
    if not path.exists():
        pytest.skip(f"real data are absent: {path}")
    image = nib.load(path)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    array = np.asarray(image.dataobj, dtype=np.float32).squeeze().transpose(2, 1, 0)
    return Volume(array, lps[:, [2, 1, 0, 3]], "1.2.3", ())


EMPTY = Volume(
    np.zeros((20, 64, 64), np.float32), np.diag([3.0, 3.0, 3.0, 1.0])[:, [2, 1, 0, 3]], "1.2.3", ()
)


def test_an_empty_study_says_of_every_sign_what_is_missing():
    findings = analyse_brain({})
    assert [f.sign for f in findings] == list(BRAIN_SIGNS)
    assert all(f.state is State.NOT_EVALUATED and keys(f) == ["missing-series"] for f in findings)


def test_contrast_agent_is_never_measured():
    assert keys(tract_finding(EMPTY, Contrast.T1_POST_CONTRAST)) == ["post-contrast"]
    assert keys(tract_finding(replace(EMPTY, acquisition=Acquisition(contrast_agent=True)))) == [
        "post-contrast"
    ]


def test_a_series_whose_sign_is_not_built_yet_says_so():
    findings = {f.sign: f for f in analyse_brain({Contrast.SWI: EMPTY})}
    assert keys(findings[Sign.MOTOR_BAND]) == ["not-implemented"]
    assert keys(findings[Sign.CST_FLAIR]) == ["missing-series"]


def test_an_empty_volume_is_indeterminate():
    finding = tract_finding(EMPTY)
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, ["registration-failed"])


@pytest.mark.slow
def test_noise_is_not_a_brain():
    noise = np.random.default_rng(8).normal(100, 30, (30, 96, 96)).astype(np.float32)
    affine = np.array([[0, 0, 2.4, -115], [0, 2.4, 0, -115], [5.0, 0, 0, -70], [0, 0, 0, 1]])
    finding = tract_finding(Volume(noise, affine, "1.2.3", ()))
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, ["registration-failed"])


@dataclass(frozen=True, eq=False)
class Analysed:
    volume: Volume
    registration: Registration
    finding: Finding


@pytest.fixture(scope="module")
def healthy():
    """One head, analysed once for all tests that look at it."""
    volume, found = phantom(901), []

    def kept(volume):
        found.append(register(volume))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "register", kept)
        return Analysed(volume, finding=tract_finding(volume), registration=found[0])


@pytest.mark.slow
def test_half_a_brain_is_not_measured(healthy):
    half = replace(healthy.volume, array=np.ascontiguousarray(healthy.volume.array[:, :, :124]))
    finding = tract_finding(half)
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, ["registration-failed"])


@pytest.mark.slow
def test_a_healthy_phantom_is_absent_and_every_region_measured(healthy):
    assert healthy.finding.state is State.ABSENT
    assert {r.region for r in healthy.finding.regions} == set(regions_of(Sign.CST_T1))
    assert all(abs(r.value(Quantity.RATIO) - 1) < 0.08 for r in healthy.finding.regions)


@pytest.mark.slow
def test_a_severe_phantom_is_present(healthy, monkeypatch):
    """Seen through the registration of the same head without the sign."""
    monkeypatch.setattr(analysis, "register", lambda _: healthy.registration)
    finding = tract_finding(phantom(901, Severity.SEVERE))
    assert finding.state is State.PRESENT
    assert finding.series_uids


@pytest.mark.slow
def test_one_side_alone_is_never_present_and_lies_on_that_side(healthy, monkeypatch):
    """Seen through the registration of the same head without the sign."""
    monkeypatch.setattr(analysis, "register", lambda _: healthy.registration)
    finding = tract_finding(phantom(901, Severity.SEVERE, Side.LEFT))
    assert (finding.state, keys(finding)) == (State.INDETERMINATE, ["asymmetric"])
    measured = {r.region: r.value(Quantity.RATIO) for r in finding.regions}
    for name in ("cerebral_peduncle", "internal_capsule"):
        assert measured[Region(name, Side.LEFT)] > measured[Region(name, Side.RIGHT)] + 0.04


@pytest.mark.slow
def test_a_real_spin_echo_t1_registers_and_is_absent():
    finding = tract_finding(real("open_ms_data/patient03_study2_T1W.nii.gz"))
    assert finding.state is State.ABSENT
    assert all(r.value(Quantity.COVERAGE) == 100 for r in finding.regions)


@pytest.mark.slow
def test_a_head_with_a_bright_scalp_beside_a_surface_coil_registers():
    folder = REAL / "dicom/siemens_xa30_enhanced"
    if not folder.exists():
        pytest.skip(f"real data are absent: {folder}")
    volume = read_volume([dcmread(path) for path in folder.rglob("*.dcm")], contrast=Contrast.T1)
    assert quality.acceptable(quality.assess(register(volume)))


MID_BRAIN = np.array([[20.0, 18, 20], [-20, 18, 20], [12, 15, -5], [-12, 15, -5]])


@pytest.mark.slow
def test_the_same_head_maps_to_the_same_place(healthy):
    again = register(healthy.volume)
    assert np.array_equal(healthy.registration.to_atlas(MID_BRAIN), again.to_atlas(MID_BRAIN))


@pytest.mark.slow
def test_registration_follows_a_turn_of_25_degrees_to_within_3_mm_in_mid_brain(healthy):
    angle = np.radians(25)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turned = register(replace(healthy.volume, affine=turn @ healthy.volume.affine))
    assert quality.acceptable(quality.assess(turned))
    moved = turned.to_atlas(MID_BRAIN @ turn[:3, :3].T)
    assert np.linalg.norm(moved - healthy.registration.to_atlas(MID_BRAIN), axis=1).max() < 3
