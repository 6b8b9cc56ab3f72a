"""The head of a synthetic patient: signal of every contrast on the template's grid."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.acquire import texture
from phantoms.banks import Bank, banks
from phantoms.bounding import softened
from phantoms.disease import Disease, disease_of, draw_disease, shrunken, wallerian_change
from phantoms.normal_tract import REGION_SPREAD, draw_healthy_tract, draw_variant
from phantoms.patient import PhantomPatient
from phantoms.template import Label, Template, axes_mm, head_template
from phantoms.tissue_signal import EXTRACRANIAL, EXTRACRANIAL_T1, IRON, T1Family, TissueSignal, tissue_signal
from phantoms.tract import tract_weight
from phantoms.veins import sinus_weight, vein_weight
from processors.acquisition import Contrast
from processors.findings import Side, Sign

Array = npt.NDArray[np.float32]

MOST_EROSIONS = 3
"""Millimetres that the precentral cortex may lose from its surface: enough for ``LARGEST`` atrophy."""

TRACT_SIGN: dict[Contrast, Sign] = {
    Contrast.T1: Sign.CST_T1,
    Contrast.T1_POST_CONTRAST: Sign.CST_T1,
    Contrast.T1_MTC: Sign.CST_T1_MTC,
    Contrast.T2: Sign.CST_T2,
    Contrast.FLAIR: Sign.CST_FLAIR,
    Contrast.ADC: Sign.CST_DIFFUSION,
    Contrast.DWI: Sign.CST_DIFFUSION,
}

SULCAL_WEAR = 0.7
"""Share of the outermost millimetre of cortex that is lost at ``atrophy`` 1."""

DIFFUSION_B = 1000.0
"""Diffusion weighting of what is drawn as DWI, s/mm²."""

WHITE_MATTER_ADC = 750e-6
"""Apparent diffusion coefficient of normal white matter, mm²/s."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadAnatomy:
    """What is drawn into the head of one patient, on the template's grid (z, y, x).

    Attributes
    ----------
    tissue
        0 CSF, 1 grey, 2 white matter, with the patient's atrophy.
    tract
        Per side, how far each voxel belongs to the tract, 0 to 1.
    front, back
        Per side, the front and the back wall of the central sulcus: the posterior bank of the precentral
        gyrus, whose deep layers the motor band darkens, and the anterior bank of the postcentral one.
    veins
        How far each voxel belongs to a vein on the brain's surface, 0 to 1.
    disease
        Lesions of every kind.
    texture
        Unit noise that every contrast shares.
    """

    tissue: Array
    tract: dict[Side, Array]
    front: dict[Side, Bank]
    back: dict[Side, Bank]
    veins: Array
    disease: Disease
    texture: Array


def head_anatomy(patient: PhantomPatient) -> HeadAnatomy:
    """Draw the head of a patient."""
    template = head_template()
    tissue = _atrophied(patient, template)
    if patient.atrophy:
        tissue = _worn(tissue, patient.atrophy)
    if patient.wallerian is not None and patient.wallerian_shrinkage:
        tissue = shrunken(tissue, patient.wallerian)
    front, back = (banks(tissue, label) for label in (Label.PRECENTRAL_BANK, Label.POSTCENTRAL_BANK))
    tract = {side: tract_weight(patient, side) for side in Side}
    grain = texture(tissue.shape, 3, patient.rng("texture"))
    return HeadAnatomy(tissue, tract, front, back, vein_weight(patient), disease_of(patient), grain)


def head_signal(
    patient: PhantomPatient,
    anatomy: HeadAnatomy,
    contrast: Contrast,
    family: T1Family | None = None,
    tissues: TissueSignal | None = None,
) -> Array:
    """Signal of a contrast on the template's grid (z, y, x), normal white matter being 1.

    Parameters
    ----------
    family
        How a T1 was made; spin echo where ``None``.
    tissues
        Signal of fluid and grey matter, where it is not what :func:`tissue_signal` says.

    Raises
    ------
    ValueError
        If there is no head of this contrast.
    """
    template = head_template()
    if tissues is None:
        tissues = tissue_signal(patient, contrast, family)
    brain = np.interp(anatomy.tissue, (0, 1, 2), (tissues.fluid, tissues.grey, 1.0)).astype(np.float32)
    brain *= 1 + np.float32(0.02) * anatomy.texture
    regions = texture(brain.shape, 28, patient.rng(f"regions {contrast}"))
    brain *= 1 + np.float32(REGION_SPREAD) * regions
    draw_healthy_tract(patient, anatomy.tract, contrast, family, brain)
    draw_variant(patient, contrast, brain)
    for side in Side:
        _draw_signs(patient, anatomy, contrast, side, brain)
    draw_disease(anatomy.disease, contrast, tissues.fluid, brain)
    for label, factor in IRON.get(contrast, {}).items():
        box, weight = softened(template.labels == label)
        brain[box] *= 1 + weight * np.float32(factor - 1)
    outside = template.extracranial
    if contrast in EXTRACRANIAL:
        outside = np.interp(outside, EXTRACRANIAL_T1, EXTRACRANIAL[contrast]).astype(np.float32)
        outside[template.labels == Label.BACKGROUND] = 0
    signal = np.where(template.inside, brain, outside)
    if contrast is Contrast.T1_POST_CONTRAST:
        signal += np.maximum(anatomy.veins, sinus_weight()) * (np.float32(1.7) - signal)
    vitreous = (template.labels == Label.EYE) & (template.extracranial < 0.6)
    signal[vitreous] = tissues.fluid
    return signal.astype(np.float32)


def sign_change(patient: PhantomPatient, contrast: Contrast, side: Side) -> float:
    """The fractional change of the tract's signal that the patient's signs make in a contrast."""
    change = patient.change_on(TRACT_SIGN[contrast], side) if contrast in TRACT_SIGN else 0.0
    return math.expm1(-DIFFUSION_B * WHITE_MATTER_ADC * change) if contrast is Contrast.DWI else change


def _draw_signs(
    patient: PhantomPatient, anatomy: HeadAnatomy, contrast: Contrast, side: Side, brain: Array
) -> None:
    change = sign_change(patient, contrast, side)
    if change:
        brain *= 1 + anatomy.tract[side] * np.float32(change)
    if patient.wallerian is side:
        brain *= 1 + anatomy.tract[side] * np.float32(wallerian_change(patient, contrast))


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


def _worn(tissue: Array, atrophy: float) -> Array:
    """The tissue map with the whole cortex worn from its surface."""
    worn = tissue.copy()
    surface = (tissue > 0) & (tissue <= 1)
    drop = (tissue - ndi.minimum_filter(tissue, 3))[surface]
    worn[surface] -= np.float32(SULCAL_WEAR * atrophy) * drop
    return worn


def _greyness(tissue: Array) -> Array:
    return np.asarray(np.clip(1 - np.abs(tissue - 1), 0, 1), dtype=np.float32)
