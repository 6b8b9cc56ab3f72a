"""What is the matter with a brain is drawn where, and as bright as, it should be."""

import numpy as np
import pytest

from phantoms.acquire import moved
from phantoms.disease import depth_from_ventricles, disease_of, lateral_ventricles, shrunken
from phantoms.geometry import stack
from phantoms.imaging import head_truth, head_volume
from phantoms.patient import PhantomPatient
from phantoms.template import axes_mm, head_template
from phantoms.tract import tract_weight
from processors.acquisition import Contrast, Plane
from processors.findings import Side, Sign

HEAD = stack(
    Plane.AXIAL, centre=(0, 18, 6), slices=20, slice_thickness=1.0, gap=5.5, pixel=1.4, matrix=(150, 130)
)
QUIET = {"snr": 1e6, "bias": 0.0, "rotation": 0.0}


def _change(patient, contrast):
    healthy = PhantomPatient(patient.seed, **QUIET)
    return head_volume(patient, contrast, HEAD).array, head_volume(healthy, contrast, HEAD).array


def _x(mask):
    index = np.argwhere(mask)
    return (index @ HEAD.affine[:3, :3].T + HEAD.affine[:3, 3])[:, 0]


@pytest.mark.parametrize("side", list(Side))
def test_an_infarct_is_fluid_with_a_bright_rim_on_its_side(side):
    drawn, healthy = _change(PhantomPatient(6, infarct=side, **QUIET), Contrast.FLAIR)
    cavity, rim = drawn < 0.3 * healthy, (drawn > 1.3 * healthy) & (healthy > 0.8)
    assert cavity.sum() > 50
    assert rim.sum() > 50
    for mask in (cavity & (healthy > 0.8), rim):
        assert (np.median(_x(mask)) > 15) if side is Side.LEFT else (np.median(_x(mask)) < -15)


@pytest.mark.parametrize("side", list(Side))
def test_a_degenerated_tract_is_bright_on_its_side_from_cortex_to_pons(side):
    patient = PhantomPatient(6, wallerian=side, **QUIET)
    truth = head_truth(patient, HEAD)[Sign.CST_T1]
    for contrast, change in ((Contrast.FLAIR, 0.35), (Contrast.T2, 0.30), (Contrast.T1, -0.05)):
        drawn, healthy = _change(patient, contrast)
        for region, weight in truth.items():
            core = weight > 0.9
            if core.sum() < 3:
                continue
            expected = change if region.side is side else 0
            assert np.median(drawn[core] / healthy[core]) - 1 == pytest.approx(expected, abs=0.03)


def test_an_early_degenerated_tract_is_bright_on_t1():
    patient = PhantomPatient(6, wallerian=Side.LEFT, wallerian_t1_bright=True, **QUIET)
    drawn, healthy = _change(patient, Contrast.T1)
    assert _x(drawn > 1.08 * healthy).min() > 0


def test_an_old_degenerated_tract_leaves_a_thin_peduncle():
    tissue = head_template().tissue
    worn = tissue - shrunken(tissue, Side.RIGHT)
    x, _, z = axes_mm()
    where = np.argwhere(worn > 0)
    assert x.ravel()[where[:, 2]].min() > 0
    assert -30 < z.ravel()[where[:, 0]].mean() < 0


def test_plaques_on_the_tract_cut_it():
    patient = PhantomPatient(6, ms_on_tract=3)
    plaques = disease_of(patient).plaques
    tract = sum(tract_weight(patient, side) for side in Side)
    assert float((plaques * tract).sum()) > 60
    alone = disease_of(PhantomPatient(6, ms_lesions=12)).plaques
    assert (alone > 0.4).sum() > 12 * 30


def test_small_vessel_disease_lies_around_the_ventricles_and_grows_with_its_grade():
    sizes = []
    for grade in (1, 2, 3):
        weight = disease_of(PhantomPatient(6, leukoaraiosis=grade)).leukoaraiosis
        sizes.append(float(weight.sum()))
        assert np.median(depth_from_ventricles()[weight > 0.5]) < 9
    assert sizes == sorted(sizes)
    assert sizes[2] > 2.5 * sizes[0]


def test_the_ventricles_are_two_and_of_a_plausible_size():
    ventricles = lateral_ventricles()
    x = axes_mm()[0].ravel()[np.argwhere(ventricles)[:, 2]]
    assert 8_000 < len(x) < 40_000
    assert 0.3 < (x > 0).mean() < 0.7


def test_atrophy_leaves_more_fluid():
    patient, healthy = (
        head_volume(PhantomPatient(6, atrophy=a, **QUIET), Contrast.T2, HEAD).array for a in (0.9, 0.0)
    )
    assert (patient > 2.4).sum() > 1.15 * (healthy > 2.4).sum()


def test_movement_blurs_and_leaves_ghosts_along_the_rows():
    still = np.zeros((3, 96, 64), dtype=np.float32)
    still[:, 30:60, 20:40] = 1
    moving = moved(still, 1.5, np.random.default_rng(3))
    outside = moving[:, :25, 20:40]
    assert outside.mean() > 0.005
    assert np.abs(moving[:, :, :15]).max() < 1e-3
    assert moving.sum() == pytest.approx(still.sum(), rel=0.35)
