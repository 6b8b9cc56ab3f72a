"""A study's series carried to the atlas together, and what forbids to trust it."""

import os
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread

from processors.acquisition import Contrast
from processors.brain.alignment.assessment import FAILED, acceptable, assess, plausible
from processors.brain.alignment.coregistration import sharpness
from processors.brain.alignment.registration import RegistrationError, register
from processors.brain.alignment.study import align_study, in_doubt
from processors.brain.alignment.tissue_model import explain
from processors.brain.alignment.working_image import working_image
from processors.reading import read_volume
from processors.volume import Volume

REAL = Path(os.environ.get("BETZ_REAL_DATA", Path(__file__).parents[5] / "shared/data"))
FILES = {
    Contrast.T1: "open_ms_data/patient03_study2_T1W.nii.gz",
    Contrast.T2: "open_ms_data/patient03_study2_T2W.nii.gz",
    Contrast.FLAIR: "open_ms_data/patient03_study2_FLAIR.nii.gz",
}
MID_BRAIN = np.array([[20.0, 18, 20], [-20, 18, 20], [12, 15, -5], [-12, 15, -5]])
APART_MM = 5.0
"""Between the maps of two series that were registered each for itself, where they differ most."""
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


def real(contrast, file=None):
    path = REAL / "brain" / (file or FILES[contrast])
    if not path.exists():
        pytest.skip(f"real data are absent: {path}")
    image = nib.load(path)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    array = np.asarray(image.dataobj, dtype=np.float32).squeeze().transpose(2, 1, 0)
    return Volume(np.ascontiguousarray(array), lps[:, [2, 1, 0, 3]], "1.2.3", (), contrast=contrast)


def made(array):
    affine = np.array([[0, 0, 2.4, -115], [0, 2.4, 0, -115], [5.0, 0, 0, -70], [0, 0, 0, 1]])
    return Volume(array.astype(np.float32), affine, "1.2.3", ())


def trusted(volume, contrast=Contrast.T1):
    try:
        found = register(volume, working_image(volume))
    except RegistrationError:
        return False
    return acceptable(assess(working_image(volume), found.to_atlas, found.affine[:3, :3]), contrast)


@pytest.fixture(scope="module")
def study():
    volumes = {contrast: real(contrast) for contrast in (Contrast.FLAIR, Contrast.T2, Contrast.T1)}
    return volumes, align_study(volumes)


def test_an_empty_volume_has_a_problem_and_no_map():
    alignment = align_study({Contrast.T1: made(np.zeros((20, 64, 64)))})[Contrast.T1]
    assert alignment.problem is not None
    assert alignment.problem.key == "registration-failed"
    with pytest.raises(RegistrationError):
        alignment.to_atlas(MID_BRAIN)


def test_a_slab_may_be_part_of_a_head_and_must_still_have_its_shape():
    slab = replace(FAILED, white_matter_share=0.3, scales=(1.0, 1.1), turn_degrees=5.0)
    assert plausible(slab, part=True)
    assert not plausible(slab)
    for wrong in ({"turn_degrees": 180.0}, {"scales": (0.5, 1.1)}, {"white_matter_share": 1.5}):
        assert not plausible(replace(slab, **wrong), part=True)


@pytest.mark.slow
def test_what_agrees_by_chance_is_not_sharp():
    """A constant series agrees with nothing, and less so nowhere around; noise does by chance."""
    assert sharpness(0.0, 0.0) == 0
    assert sharpness(0.007, 0.005) == 0
    assert sharpness(0.2, 0.15) == pytest.approx(0.25)


def test_noise_is_not_trusted():
    assert not trusted(made(np.random.default_rng(8).normal(100, 30, (30, 96, 96))))


@pytest.mark.slow
def test_series_of_a_study_share_one_registration(study):
    _, aligned = study
    assert all(alignment.problem is None for alignment in aligned.values())
    assert len({id(alignment.registration) for alignment in aligned.values()}) == 1
    assert np.array_equal(aligned[Contrast.T1].to_anchor, np.eye(4))


@pytest.mark.slow
def test_a_head_that_moved_between_series_is_followed(study):
    """Between the T1 and the other two the patient moved by 5 mm."""
    _, aligned = study
    t2, flair = (aligned[contrast].to_anchor[:3, 3] for contrast in (Contrast.T2, Contrast.FLAIR))
    assert np.linalg.norm(t2) > 3
    assert (
        np.linalg.norm(
            aligned[Contrast.T2].to_atlas(MID_BRAIN) - aligned[Contrast.FLAIR].to_atlas(MID_BRAIN), axis=1
        ).max()
        < 3.0
    )
    assert np.linalg.norm(flair) > 3


@pytest.mark.slow
@pytest.mark.parametrize("shift", [(5, 0, 0), (0, -5, 0), (0, 0, 5)])
def test_a_map_that_is_5_mm_off_is_noticed(study, shift):
    volumes, aligned = study
    alignment = aligned[Contrast.FLAIR]
    assert alignment.registration is not None
    linear = alignment.registration.affine[:3, :3]
    off = assess(
        working_image(volumes[Contrast.FLAIR]), lambda points: alignment.to_atlas(points) + shift, linear
    )
    assert not acceptable(off, Contrast.FLAIR)
    assert alignment.assessment.slip_mm < 2 < off.slip_mm


@pytest.mark.slow
def test_a_t1_that_is_called_t2_has_its_tissues_in_the_wrong_order(study):
    _, aligned = study
    found = aligned[Contrast.T1].assessment
    assert acceptable(found, Contrast.T1)
    assert not acceptable(found, Contrast.T2)
    assert not acceptable(found, Contrast.FLAIR)


@pytest.mark.slow
def test_series_that_contradict_each_other_about_the_sides_are_in_doubt(study):
    volumes, _ = study
    flair = volumes[Contrast.FLAIR]
    mirrored = replace(flair, affine=MIRROR @ flair.affine)
    aligned = align_study({Contrast.T1: volumes[Contrast.T1], Contrast.FLAIR: mirrored})
    assert {a.problem and a.problem.key for a in aligned.values()} == {"laterality-conflict"}


@pytest.mark.parametrize(
    ("agreeing", "opposed", "doubted"),
    [
        (("T1",), (), ()),
        (("T1",), ("FLAIR",), ("T1", "FLAIR", "ADC")),
        (("T1", "T2"), ("FLAIR",), ("FLAIR",)),
        (("T1", "ADC"), ("FLAIR",), ("T1", "FLAIR", "ADC")),
        (("T1",), ("T2", "FLAIR"), ("T1", "FLAIR", "ADC")),
        (("T1", "FLAIR"), ("ADC",), ("ADC",)),
        (("T1",), ("ADC",), ("ADC",)),
        (("T1", "T2"), ("FLAIR", "ADC"), ("FLAIR", "ADC")),
    ],
)
def test_one_series_against_two_is_in_doubt_alone_and_one_of_low_contrast_doubts_no_other(
    agreeing, opposed, doubted
):
    every = [Contrast[name] for name in ("T1", "FLAIR", "ADC")]
    found = in_doubt([Contrast[n] for n in agreeing], [Contrast[n] for n in opposed], every)
    assert set(found) == {Contrast[name] for name in doubted}


def test_scalp_at_the_rim_of_the_brain_spoils_no_agreement():
    rng = np.random.default_rng(4)
    points = rng.uniform(-60, 60, (4000, 3))
    tissues = np.eye(3)[rng.integers(0, 3, 4000)]
    signal = tissues @ [100.0, 70.0, 30.0] + rng.normal(0, 5, 4000)
    clean = explain(signal, tissues, points).agreement
    signal[rng.random(4000) < 0.04] = 500
    assert clean > 0.95
    assert explain(signal, tissues, points).agreement > 0.85


@pytest.mark.slow
def test_a_head_beside_a_surface_coil_is_found():
    """Shading that only the brain itself can be evened by: the scalp is ten times as bright as the pons."""
    folder = REAL / "dicom/siemens_xa30_enhanced"
    if not folder.exists():
        pytest.skip(f"real data are absent: {folder}")
    volume = read_volume([dcmread(path) for path in folder.glob("*.dcm")], contrast=Contrast.T1)
    assert align_study({Contrast.T1: volume})[Contrast.T1].problem is None


@pytest.mark.slow
def test_a_brain_without_its_skull_is_found_by_its_t2_alone():
    name = "open_ms_data/mni_patient07_{}.nii.gz"
    t1, t2 = (
        align_study({contrast: real(contrast, name.format(contrast.name))})[contrast]
        for contrast in (Contrast.T1, Contrast.T2)
    )
    assert t2.problem is None
    assert np.linalg.norm(t1.to_atlas(MID_BRAIN) - t2.to_atlas(MID_BRAIN), axis=1).max() < APART_MM


@pytest.mark.slow
@pytest.mark.parametrize("contrast", [Contrast.T2, Contrast.FLAIR])
def test_any_contrast_registers_alone(study, contrast):
    volumes, aligned = study
    alone = align_study({contrast: volumes[contrast]})[contrast]
    assert alone.problem is None
    apart = alone.to_atlas(MID_BRAIN) - aligned[contrast].to_atlas(MID_BRAIN)
    assert np.linalg.norm(apart, axis=1).max() < APART_MM


@pytest.mark.slow
def test_the_same_study_gives_the_same_map(study):
    volumes, aligned = study
    t1 = volumes[Contrast.T1]
    again = register(t1, working_image(t1))
    assert np.array_equal(again.to_atlas(MID_BRAIN), aligned[Contrast.T1].to_atlas(MID_BRAIN))


@pytest.mark.slow
@pytest.mark.parametrize("axes", [(-1, 1, -1), (-1, -1, 1)])
def test_a_head_upside_down_or_back_to_front_is_not_trusted(axes):
    volume = real(Contrast.T1)
    assert not trusted(replace(volume, affine=np.diag([*axes, 1.0]) @ volume.affine))
