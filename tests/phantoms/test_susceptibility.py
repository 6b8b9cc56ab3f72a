"""What is magnetic makes the field it must, and the images look as such images do."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.dipole import field_of
from phantoms.geometry import stack
from phantoms.gradient_echo import RELAXIVITY, GradientEcho, tissues_of, usual_swi
from phantoms.head import head_anatomy
from phantoms.imaging import head_truth, head_volume
from phantoms.magnetism import Magnetism
from phantoms.patient import PhantomPatient
from phantoms.severity import Severity, fractional_change
from phantoms.susceptibility import AGED_IRON, aged_iron, magnetised, parts_weight
from phantoms.swi import high_pass_phase, minimum_projection, susceptibility_weighted
from phantoms.template import ORIGIN_RAS, Label, axes_mm, head_template
from processors.acquisition import Contrast, Plane
from processors.findings import MOTOR_BAND_REGIONS, Side, Sign

HEAD = stack(
    Plane.AXIAL, centre=(0, 18, 40), slices=26, slice_thickness=2.0, gap=2.0, pixel=1.0, matrix=(210, 180)
)
QUIET = {"snr": 1e6, "bias": 0.0, "rotation": 0.0, "years": 40}
HEALTHY = PhantomPatient(3, **QUIET)


def test_field_of_a_sphere_is_the_analytical_one():
    z, y, x = np.indices((96, 96, 96)) - 48.0
    r = np.sqrt(z**2 + y**2 + x**2)
    field = field_of(np.clip(8.5 - r, 0, 1).astype(np.float32) * 300, (1.0, 1.0, 1.0))
    assert np.abs(field[r < 6]).max() < 6
    near = (r > 11) & (r < 22)
    dipole = 300 / 3 * (8 / r[near]) ** 3 * (3 * (z[near] / r[near]) ** 2 - 1)
    assert np.abs(field[near] - dipole).max() < 0.04 * np.abs(dipole).max()


@pytest.mark.parametrize(("axis", "share"), [(0, 1 / 3), (2, -1 / 6)])
def test_field_in_a_vein_depends_on_its_direction(axis, share):
    others = [i for i in range(3) if i != axis]
    index = np.indices((64, 64, 64)) - 32.0
    r = np.hypot(index[others[0]], index[others[1]])
    vein = np.clip(4.5 - r, 0, 1).astype(np.float32) * 450
    inside = field_of(vein, (1.0, 1.0, 1.0))[r < 2]
    assert inside.mean() == pytest.approx(450 * share, abs=10)


def test_the_mask_darkens_where_the_field_is_raised_alone():
    image = np.ones((1, 64, 64), dtype=np.complex64)
    image[0, 30:33, 20] = np.exp(1j * np.pi / 2)
    image[0, 30:33, 44] = np.exp(-1j * np.pi / 2)
    swi = susceptibility_weighted(image, (0.9, 0.9))
    assert swi[0, 31, 20] == pytest.approx(0.5**4, abs=0.05)
    assert swi[0, 31, 44] == pytest.approx(1, abs=0.01)
    ramp = np.exp(1j * np.linspace(0, 6, 64))[None, :, None] * image
    assert np.abs(high_pass_phase(ramp, (0.9, 0.9))[0, 8:56, 2:18]).max() < 0.1


def test_signal_of_usual_swi_is_flat_between_grey_and_white_matter_and_lower_in_fluid():
    for strength in (1.5, 3.0, 7.0):
        sequence = usual_swi(strength)
        assert sequence.weighting == pytest.approx(60, abs=1)
        tissues = tissues_of(HEALTHY, sequence)
        assert 0.9 < tissues.grey < 1.25
        assert tissues.fluid < 0.9
    late = tissues_of(HEALTHY, GradientEcho(3.0, 20.0, 600.0, 20.0))
    assert late.fluid > 1.1


@pytest.fixture(scope="module")
def swi():
    """SWI of a healthy head, of the same with a motor band, and where the band lies."""
    drawn = replace(HEALTHY, signs={Sign.MOTOR_BAND: Severity.MODERATE})
    images = [head_volume(patient, Contrast.SWI, HEAD).array for patient in (HEALTHY, drawn)]
    return *images, head_truth(HEALTHY, HEAD)[Sign.MOTOR_BAND]


def test_motor_band_darkens_the_deep_layers_and_nothing_else(swi):
    normal, drawn, truth = swi
    change = drawn / normal - 1
    for region, weight in truth.items():
        core = weight > 0.65
        assert core.sum() >= 6, region
        assert -0.25 < np.median(change[core]) < -0.05, region
    far = sum(truth.values()) == 0
    assert np.percentile(np.abs(change[far & (normal > 0.5)]), 99.9) < 0.02


def test_a_named_severity_is_a_susceptibility():
    ppb = [fractional_change(Sign.MOTOR_BAND, s) for s in Severity]
    assert ppb == [6.0, 11.0, 20.0, 40.0]
    drop = 1 - np.exp(-RELAXIVITY * 60e-3 * np.array(ppb))
    assert drop == pytest.approx([0.04, 0.07, 0.12, 0.23], abs=0.01)
    with pytest.raises(ValueError, match="ppb"):
        fractional_change(Sign.MOTOR_BAND, 0.15)


@pytest.fixture(scope="module")
def anatomy():
    """Drawn once; none of the options of the susceptibility changes it."""
    return head_anatomy(HEALTHY)


def test_band_lies_in_front_of_the_sulcus_and_deep(anatomy):
    for side in Side:
        front, back = anatomy.front[side], anatomy.back[side]
        here = anatomy.tissue[front.box]
        assert (front.deep <= front.cortex + 1e-6).all()
        assert np.average(here, weights=front.deep) > np.average(here, weights=front.cortex) + 0.05
        assert 0.25 < front.deep.sum() / front.cortex.sum() < 0.75
        middles = [
            np.average(np.arange(b.box[1].start, b.box[1].stop), weights=b.deep.sum(axis=(0, 2)))
            for b in (front, back)
        ]
        assert middles[0] > middles[1] + 1.5
        x = axes_mm()[0][0, 0, front.box[2]]
        assert (np.average(x, weights=front.deep.sum(axis=(0, 1))) < -20) == (side is Side.LEFT)


def _iron(anatomy, **options):
    patient = replace(HEALTHY, magnetism=Magnetism(**options))
    return magnetised(patient, anatomy).total - magnetised(HEALTHY, anatomy).total


def test_deep_nuclei_are_ordered_by_their_iron(anatomy):
    total = magnetised(HEALTHY, anatomy).total
    labels = head_template().labels
    pallidum, putamen, thalamus = (
        np.median(total[labels == label]) for label in (Label.PALLIDUM, Label.PUTAMEN, Label.THALAMUS)
    )
    assert pallidum > 80 > putamen > thalamus
    white = (anatomy.tissue > 1.95) & (labels == Label.INTRACRANIAL)
    assert np.median(total[white]) == pytest.approx(-30, abs=3)


@pytest.mark.parametrize(
    "options", [{"calcification": Side.LEFT}, {"microbleeds": Side.LEFT}, {"siderosis": Side.LEFT}]
)
def test_what_is_the_matter_lies_on_its_side(anatomy, options):
    x = axes_mm()[0].ravel()[np.nonzero(np.abs(_iron(anatomy, **options)) > 100)[2]]
    assert len(x) > 20
    assert x.max() < 0


def test_an_implant_lies_in_the_skull(anatomy):
    where = np.argwhere(_iron(anatomy, implant=Side.RIGHT) > 1e5)
    assert len(where) > 5
    assert not head_template().inside[tuple(where.T)].any()
    assert (where[:, 2] + ORIGIN_RAS[0] > 40).all()


def test_iron_of_the_whole_cortex_and_of_age_lie_elsewhere_too(anatomy):
    cortex = (np.abs(anatomy.tissue - 1) < 0.05) & (head_template().labels == Label.INTRACRANIAL)
    cortex[:70] = False
    assert np.median(_iron(anatomy, cortical_iron=20.0)[cortex]) == pytest.approx(20, abs=2)
    aged = _iron(anatomy, aged_motor_cortex=20.0)
    for sided in (anatomy.front, anatomy.back):
        bank = sided[Side.LEFT]
        assert np.average(aged[bank.box], weights=bank.deep**4) > 8
    assert np.median(aged[cortex]) == 0


def test_a_vein_runs_along_the_central_sulcus(anatomy):
    added = _iron(anatomy, central_vein=2.0) > 150
    near = np.zeros_like(added)
    for sided in (anatomy.front, anatomy.back):
        for bank in sided.values():
            near[bank.box] = True
    heights = np.flatnonzero(added.any(axis=(1, 2)))
    assert (added & near).sum() > 0.98 * added.sum() > 100
    assert len(heights) > 30


def test_motor_cortex_darkens_with_age_in_most_of_the_old_and_none_of_the_young():
    def share(years):
        return np.mean([aged_iron(PhantomPatient(seed, years=years)) > 0 for seed in range(300)])

    assert share(59) == 0
    assert share(80) == pytest.approx(0.66, abs=0.08)
    assert 0 < share(66) < 0.4
    drawn = [aged_iron(PhantomPatient(seed, years=85)) for seed in range(50)]
    assert AGED_IRON[0] <= min(d for d in drawn if d) <= max(drawn) <= AGED_IRON[1]


def test_parts_of_the_band_make_up_the_whole():
    parts = [parts_weight((name,)) for name in MOTOR_BAND_REGIONS]
    np.testing.assert_allclose(sum(parts)[0, 0], parts_weight(MOTOR_BAND_REGIONS)[0, 0], atol=1e-5)
    assert parts_weight(("medial",))[0, 0, round(-ORIGIN_RAS[0]) + 35] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"band_parts": ()},
        {"band_parts": ("hand",)},
        {"cortical_iron": -1},
        {"central_vein": 9},
        {"both_siderotic": True},
    ],
)
def test_refuses_impossible_options(options):
    with pytest.raises(ValueError, match="must"):
        Magnetism(**options)


def test_where_the_phase_is_high_the_image_is_dark(swi):
    phase = head_volume(HEALTHY, Contrast.SWI_PHASE, HEAD).array
    assert np.abs(phase).max() <= np.pi + 1e-5
    slices = (slice(6, 20), slice(50, 160), slice(40, 140))
    phase, image = phase[slices], swi[0][slices]
    raised, usual = (phase > 0.5) & (image > 0.1), (np.abs(phase) < 0.05) & (image > 0.6)
    assert raised.sum() > 50
    assert np.median(image[raised]) < 0.75 * np.median(image[usual])


def test_a_minimum_projection_is_of_neighbouring_slices():
    image = np.ones((9, 2, 2), dtype=np.float32)
    image[4] = 0.3
    assert (minimum_projection(image, 4)[:, 0, 0] < 1).sum() == 4
