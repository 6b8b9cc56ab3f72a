"""The head of a synthetic patient: signal of every contrast on the template's grid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.acquire import texture
from phantoms.patient import PhantomPatient
from phantoms.template import Label, Template, axes_mm, head_template
from phantoms.tract import tract_weight
from phantoms.veins import sinus_weight, vein_weight
from processors.acquisition import Contrast
from processors.findings import Side, Sign

Array = npt.NDArray[np.float32]

TISSUE_SIGNAL: dict[Contrast, tuple[float, float, float]] = {
    Contrast.T1: (0.28, 0.72, 1.0),
    Contrast.T1_POST_CONTRAST: (0.28, 0.73, 1.0),
    Contrast.T1_MTC: (0.45, 0.84, 1.0),
    Contrast.T2: (2.7, 1.42, 1.0),
    Contrast.FLAIR: (0.15, 1.22, 1.0),
    Contrast.SWI: (0.88, 1.13, 1.0),
    Contrast.T2_STAR: (1.6, 1.22, 1.0),
    Contrast.ADC: (3.9, 1.08, 1.0),
}
"""Signal of CSF, grey and white matter, white matter being 1: plausible for 3 T, not simulated."""

MPRAGE_SIGNAL = (0.15, 0.62, 1.0)
"""The same for a T1 after an inversion."""

EXTRACRANIAL_SIGNAL: dict[Contrast, tuple[float, float, float, float, float]] = {
    Contrast.T2: (0.03, 0.10, 0.55, 0.85, 1.35),
    Contrast.FLAIR: (0.03, 0.08, 0.6, 0.85, 1.25),
    Contrast.SWI: (0.03, 0.05, 0.5, 0.55, 0.6),
    Contrast.T2_STAR: (0.03, 0.05, 0.8, 0.8, 0.9),
    Contrast.ADC: (0.0, 0.0, 0.9, 0.3, 0.1),
}
EXTRACRANIAL_T1 = (0.0, 0.17, 0.5, 0.85, 1.6)
"""T1 signal of air, cortical bone, muscle, marrow and fat, at which ``EXTRACRANIAL_SIGNAL`` is given."""

IRON: dict[Contrast, dict[Label, float]] = {
    Contrast.SWI: {
        Label.PALLIDUM: 0.66,
        Label.SUBSTANTIA_NIGRA: 0.60,
        Label.RED_NUCLEUS: 0.68,
        Label.DENTATE: 0.74,
        Label.PUTAMEN: 0.88,
        Label.CAUDATE: 0.92,
        Label.PRECENTRAL_BANK: 0.96,
    },
    Contrast.T2_STAR: {
        Label.PALLIDUM: 0.72,
        Label.SUBSTANTIA_NIGRA: 0.68,
        Label.RED_NUCLEUS: 0.74,
        Label.DENTATE: 0.8,
        Label.PUTAMEN: 0.92,
        Label.PRECENTRAL_BANK: 0.97,
    },
    Contrast.T2: {
        Label.PALLIDUM: 0.78,
        Label.SUBSTANTIA_NIGRA: 0.8,
        Label.RED_NUCLEUS: 0.8,
        Label.DENTATE: 0.88,
    },
    Contrast.FLAIR: {Label.PALLIDUM: 0.85, Label.SUBSTANTIA_NIGRA: 0.9, Label.RED_NUCLEUS: 0.9},
}
"""Normal darkening by iron; the motor cortex is a little darker on SWI in every adult."""

POSTERIOR_LIMB = ((25.0, -20.5, 9.0), (2.6, 4.2, 9.0))
"""Centre (\\|x\\|, y, z) and half-axes, mm, of the normal variant at the back of the internal capsule."""

POSTERIOR_LIMB_CHANGE: dict[Contrast, tuple[float, float]] = {
    Contrast.T1: (-0.06, -0.02),
    Contrast.T1_POST_CONTRAST: (-0.06, -0.02),
    Contrast.T2: (0.10, 0.22),
    Contrast.FLAIR: (0.10, 0.25),
}
"""Range of its fractional signal change: bright on T2 and FLAIR, slightly dark on T1 (Mirowitz 1989)."""

MOST_EROSIONS = 3
"""Millimetres that the precentral cortex may lose from its surface: enough for ``LARGEST`` atrophy."""

TRACT_SIGN: dict[Contrast, Sign] = {
    Contrast.T1: Sign.CST_T1,
    Contrast.T1_POST_CONTRAST: Sign.CST_T1,
    Contrast.T1_MTC: Sign.CST_T1_MTC,
    Contrast.T2: Sign.CST_T2,
    Contrast.FLAIR: Sign.CST_FLAIR,
    Contrast.ADC: Sign.CST_DIFFUSION,
}

WALLERIAN_CHANGE: dict[Contrast, float] = {Contrast.T2: 0.30, Contrast.FLAIR: 0.35, Contrast.T1: -0.05}

LESION_SIGNAL: dict[Contrast, float] = {
    Contrast.T1: 0.72,
    Contrast.T1_POST_CONTRAST: 0.8,
    Contrast.T1_MTC: 0.75,
    Contrast.T2: 1.9,
    Contrast.FLAIR: 2.0,
    Contrast.SWI: 1.1,
    Contrast.T2_STAR: 1.3,
    Contrast.ADC: 1.4,
}


@dataclass(frozen=True, slots=True, eq=False)
class HeadAnatomy:
    """What is drawn into the head of one patient, on the template's grid (z, y, x).

    Attributes
    ----------
    tissue
        0 CSF, 1 grey, 2 white matter, with the patient's atrophy.
    tract, band
        Per side, how far each voxel belongs to the tract and to the motor band, 0 to 1.
    lesions, veins
        The same for demyelinating lesions and veins.
    texture
        Unit noise that every contrast shares.
    """

    tissue: Array
    tract: dict[Side, Array]
    band: dict[Side, Array]
    lesions: Array | None
    veins: Array
    texture: Array


def head_anatomy(patient: PhantomPatient) -> HeadAnatomy:
    """Draw the head of a patient."""
    template = head_template()
    tissue = _atrophied(patient, template)
    left = axes_mm()[0] < 0
    bank = _soft(template.labels == Label.PRECENTRAL_BANK) * np.clip(1.6 * _greyness(tissue), 0, 1)
    band = {Side.LEFT: bank * left, Side.RIGHT: bank * ~left}
    tract = {side: tract_weight(patient, side) for side in Side}
    lesions = _lesions(patient, template) if patient.ms_lesions else None
    grain = texture(tissue.shape, 3, patient.rng("texture"))
    return HeadAnatomy(tissue, tract, band, lesions, vein_weight(patient), grain)


def head_signal(
    patient: PhantomPatient, anatomy: HeadAnatomy, contrast: Contrast, *, inversion_prepared: bool = False
) -> Array:
    """Signal of a contrast on the template's grid (z, y, x), normal white matter being 1.

    Parameters
    ----------
    inversion_prepared
        Whether a T1 is a 3-D gradient echo after an inversion (MPRAGE) and not a spin echo.

    Raises
    ------
    ValueError
        If there is no head of this contrast.
    """
    if contrast not in TISSUE_SIGNAL:
        raise ValueError(f"a head cannot be drawn as {contrast}")
    template = head_template()
    tissues = MPRAGE_SIGNAL if inversion_prepared and contrast is Contrast.T1 else TISSUE_SIGNAL[contrast]
    brain = np.interp(anatomy.tissue, (0, 1, 2), tissues).astype(np.float32)
    brain *= 1 + np.float32(0.02) * anatomy.texture
    if anatomy.lesions is not None:
        brain += anatomy.lesions * (LESION_SIGNAL[contrast] - brain)
    for label, factor in IRON.get(contrast, {}).items():
        weight = _greyness(anatomy.tissue) if label is Label.PRECENTRAL_BANK else np.float32(1)
        brain *= 1 + _soft(template.labels == label) * weight * np.float32(factor - 1)
    _draw_posterior_limb(patient, contrast, brain)
    for side in Side:
        _draw_signs(patient, anatomy, contrast, side, brain)
    if contrast in (Contrast.SWI, Contrast.T2_STAR):
        brain *= 1 - anatomy.veins * np.float32(0.75 if contrast is Contrast.SWI else 0.45)
    outside = template.extracranial
    if contrast in EXTRACRANIAL_SIGNAL:
        outside = np.interp(outside, EXTRACRANIAL_T1, EXTRACRANIAL_SIGNAL[contrast]).astype(np.float32)
        outside[template.labels == Label.BACKGROUND] = 0
    signal = np.where(template.inside, brain, outside)
    if contrast is Contrast.T1_POST_CONTRAST:
        signal += np.maximum(anatomy.veins, sinus_weight()) * (np.float32(1.7) - signal)
    vitreous = (template.labels == Label.EYE) & (template.extracranial < 0.6)
    signal[vitreous] = TISSUE_SIGNAL[contrast][0]
    return signal.astype(np.float32)


def _draw_signs(
    patient: PhantomPatient, anatomy: HeadAnatomy, contrast: Contrast, side: Side, brain: Array
) -> None:
    change = patient.change_on(TRACT_SIGN[contrast], side) if contrast in TRACT_SIGN else 0.0
    if change:
        brain *= 1 + anatomy.tract[side] * np.float32(change)
    if patient.wallerian is side and contrast in WALLERIAN_CHANGE:
        brain *= 1 + anatomy.tract[side] * np.float32(WALLERIAN_CHANGE[contrast])
    band = patient.change_on(Sign.MOTOR_BAND, side)
    if band and contrast in (Contrast.SWI, Contrast.T2_STAR):
        brain *= 1 + anatomy.band[side] * np.float32(band * (1 if contrast is Contrast.SWI else 0.6))


def _draw_posterior_limb(patient: PhantomPatient, contrast: Contrast, brain: Array) -> None:
    if contrast not in POSTERIOR_LIMB_CHANGE:
        return
    (cx, cy, cz), (ax, ay, az) = POSTERIOR_LIMB
    x, y, z = axes_mm()
    rng = patient.rng(f"posterior limb {contrast}")
    low, high = POSTERIOR_LIMB_CHANGE[contrast]
    centre = rng.uniform(low, high)
    for sign in (-1, 1):
        spot = np.exp(-(((sign * x - cx) / ax) ** 2) - ((y - cy) / ay) ** 2 - ((z - cz) / az) ** 2)
        brain *= 1 + spot * np.float32(centre * rng.uniform(0.85, 1.15))


def _atrophied(patient: PhantomPatient, template: Template) -> Array:
    """The tissue map with the precentral cortex worn from its surface, by the share asked for."""
    tissue = template.tissue
    if not patient.change(Sign.PRECENTRAL_ATROPHY):
        return tissue
    left = np.broadcast_to(axes_mm()[0] < 0, tissue.shape)
    gyrus = (template.labels == Label.PRECENTRAL_BANK) | (template.labels == Label.PRECENTRAL)
    thinned = tissue.copy()
    for side in Side:
        here = gyrus & (left if side is Side.LEFT else ~left)
        wanted = -patient.change_on(Sign.PRECENTRAL_ATROPHY, side) * float(_greyness(tissue[here]).sum())
        for _ in range(MOST_EROSIONS):
            surface = here & (thinned <= 1)
            drop = (thinned - ndi.minimum_filter(thinned, 3))[surface]
            share = min(1.0, max(wanted, 0.0) / max(float(drop.sum()), 1e-6))
            thinned[surface] -= np.float32(share) * drop
            wanted -= share * float(drop.sum())
    return thinned


def _lesions(patient: PhantomPatient, template: Template) -> Array:
    rng = patient.rng("lesions")
    candidates = np.argwhere(ndi.binary_erosion(template.tissue > 1.8, iterations=3))
    high = candidates[candidates[:, 0] > 65]
    weight = np.zeros(template.labels.shape, dtype=np.float32)
    reach = np.arange(-9, 10)
    dz, dy, dx = np.meshgrid(reach, reach, reach, indexing="ij")
    for centre in high[rng.integers(len(high), size=patient.ms_lesions)]:
        rz, ry, rx = rng.uniform(1.8, 5.5, 3)
        ball = np.clip(3 * (1 - np.sqrt((dz / rz) ** 2 + (dy / ry) ** 2 + (dx / rx) ** 2)), 0, 1)
        box = tuple(slice(c - 9, c + 10) for c in centre)
        weight[box] = np.maximum(weight[box], ball)
    return weight * (template.tissue > 1.2)


def _greyness(tissue: Array) -> Array:
    return np.asarray(np.clip(1 - np.abs(tissue - 1), 0, 1), dtype=np.float32)


def _soft(mask: npt.NDArray[np.bool_]) -> Array:
    """The mask with its edge blurred, computed in its bounding box only."""
    soft = np.zeros(mask.shape, dtype=np.float32)
    box = tuple(
        slice(max(int(at.min()) - 4, 0), int(at.max()) + 5)
        for at in (np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
    )
    soft[box] = ndi.gaussian_filter(mask[box].astype(np.float32), 0.6)
    return soft
