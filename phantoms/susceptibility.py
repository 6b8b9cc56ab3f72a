"""How magnetic each part of a synthetic head is, relative to water, in parts per billion."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.bounding import Box, softened
from phantoms.head import HeadAnatomy
from phantoms.magnetic_lesions import draw_implant, draw_lesions
from phantoms.patient import PhantomPatient
from phantoms.sulcal_veins import inner_vein_weight
from phantoms.template import Label, axes_mm, head_template
from phantoms.veins import sinus_weight
from processors.findings import Sign

Array = npt.NDArray[np.float32]

FLUID, GREY, WHITE = 19.0, 20.0, -30.0
"""Marques et al., Magn Reson Med 2021;86:526 (the second QSM challenge), as are the next three."""

AIR, BONE = 9200.0, -2100.0
NUCLEI: dict[Label, float] = {
    Label.PALLIDUM: 131.0,
    Label.PUTAMEN: 38.0,
    Label.CAUDATE: 44.0,
    Label.RED_NUCLEUS: 100.0,
    Label.SUBSTANTIA_NIGRA: 111.0,
    Label.DENTATE: 152.0,
    Label.THALAMUS: 20.0,
}
NUCLEUS_SPREAD = 0.12
NUCLEI_RELAXING = 0.65
"""Share of their susceptibility that relaxes as iron in cells does: the pallidum then has 38/s at 3 T."""

VENOUS_BLOOD = 450.0
"""4π · 0.27 ppm · haematocrit 0.4 · (1 − saturation 0.65); Weisskoff & Kiihne, Magn Reson Med 1992;24:375."""

PPB_PER_IRON = 0.6
"""ppb for each mg/kg of iron: what makes the pallidum, of 213 mg/kg, as magnetic as above."""

CORTEX_IRON, MOTOR_IRON, SENSORY_IRON, VISUAL_IRON, FRONTAL_IRON = 36.0, 50.3, 43.2, 45.5, 29.2
"""mg/kg in adults: all cortex, precentral, postcentral, occipital, prefrontal (Hallgren & Sourander,
J Neurochem 1958;3:41)."""

MOTOR_IRON_SPREAD = 8.8
"""Its standard deviation between people, mg/kg, of the motor cortex; the same source."""

AGED_FROM, AGED_AT_80 = 60.0, 0.66
"""Age before which nobody's motor cortex is dark on T2, and share of people in whom it is at 80 (1996)."""

AGED_IRON = (12.0, 32.0)
"""Range of the iron that such a motor cortex holds in addition, ppb: a proposal, as strong as the sign."""

BAND_REGIONS = {"medial": (0.0, 24.0), "intermediate": (24.0, 42.0), "lateral": (42.0, 90.0)}
"""Distance from the midline, template mm, of the parts of the motor band; the hand lies in the middle one."""

PART_EDGE = 3.0
"""Millimetres over which a part of the band fades."""

AGED_ELSEWHERE = 0.75
"""Share of it in the postcentral and the visual cortex, which darken with age, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Magnetised:
    """The susceptibility of a head, on the template's grid (z, y, x).

    Attributes
    ----------
    total
        ppb relative to water, air and bone included.
    iron
        ppb of what relaxes the signal beyond its tissue's usual rate: iron, blood products and calcium.
    veins
        How far each voxel belongs to a vein, 0 to 1.
    void
        How far a voxel holds no water at all, 0 to 1: calcium.
    """

    total: Array
    iron: Array
    veins: Array
    void: Array


def magnetised(patient: PhantomPatient, anatomy: HeadAnatomy) -> Magnetised:
    """The susceptibility of a patient's head."""
    template = head_template()
    total = np.interp(anatomy.tissue, (0, 1, 2), (FLUID, GREY, WHITE)).astype(np.float32)
    iron = np.zeros_like(total)
    rng = patient.rng("nuclei")
    for label, usual in NUCLEI.items():
        value = usual * (1 + NUCLEUS_SPREAD * float(rng.normal()))
        box, weight = _nucleus(label)
        total[box] += weight * (value - total[box])
        iron[box] += weight * np.float32(NUCLEI_RELAXING * max(value - GREY, 0.0))
    cortex = _cortical_iron(patient, anatomy)
    total += cortex
    iron += cortex
    void = draw_lesions(patient, anatomy.tissue, total, iron)
    veins = np.maximum(np.maximum(anatomy.veins, inner_vein_weight(patient)), sinus_weight())
    total += veins * (np.float32(VENOUS_BLOOD) - total)
    total = np.where(template.inside, total, _outside())
    if patient.magnetism.wide_sinuses:
        total[_forehead()] = AIR
    draw_implant(patient, total)
    return Magnetised(total, iron, veins, void)


def aged_iron(patient: PhantomPatient) -> float:
    """Ppb that age has added to the cortex about the central sulcus of this patient."""
    given = patient.magnetism.aged_motor_cortex
    if given is not None:
        return given
    rng = patient.rng("aged motor cortex")
    share = AGED_AT_80 * np.clip((patient.age - AGED_FROM) / (80 - AGED_FROM), 0, 1.3)
    amount = float(rng.uniform(*AGED_IRON))
    return amount if rng.uniform() < share else 0.0


def _cortical_iron(patient: PhantomPatient, anatomy: HeadAnatomy) -> Array:
    """Ppb that the cortex holds beyond the usual of all grey matter; negative where it holds less."""
    template = head_template()
    y = axes_mm()[1]
    grey = np.clip(1 - np.abs(anatomy.tissue - 1), 0, 1) * _cortex()
    rng = patient.rng("cortical iron")
    personal, motor = rng.normal(), rng.normal()
    level = patient.magnetism.cortical_iron + 2.0 * personal
    frontal = PPB_PER_IRON * (FRONTAL_IRON - CORTEX_IRON) * np.clip((y - 5) / 25, 0, 1)
    aged = aged_iron(patient)
    iron = grey * (np.float32(level) + frontal.astype(np.float32))
    box, visual = _visual()
    iron[box] += grey[box] * visual * (PPB_PER_IRON * (VISUAL_IRON - CORTEX_IRON) + AGED_ELSEWHERE * aged)
    extra = MOTOR_IRON - CORTEX_IRON + 0.7 * MOTOR_IRON_SPREAD * motor
    for sided, usual, share in (
        (anatomy.front, extra, 1.0),
        (anatomy.back, SENSORY_IRON - CORTEX_IRON, AGED_ELSEWHERE),
    ):
        for bank in sided.values():
            iron[bank.box] += PPB_PER_IRON * usual * bank.cortex + share * aged * bank.deep
    crown = (template.labels == Label.PRECENTRAL) & (grey > 0.3)
    iron[crown] += np.float32(0.6 * PPB_PER_IRON * extra + 0.5 * aged) * grey[crown]
    for side, bank in anatomy.front.items():
        amount = patient.change_on(Sign.MOTOR_BAND, side)
        if amount:
            drawn = parts_weight(patient.magnetism.band_parts)[:, :, bank.box[2]]
            iron[bank.box] += np.float32(amount) * bank.deep * drawn
    return np.asarray(iron, dtype=np.float32)


def parts_weight(parts: tuple[str, ...]) -> Array:
    """How far each x of the template belongs to some parts of the motor band, shape (1, 1, x), 0 to 1."""
    away = np.abs(axes_mm()[0])
    edges = (
        np.clip((away - low) / PART_EDGE + 0.5, 0, 1) * np.clip((high - away) / PART_EDGE + 0.5, 0, 1)
        for low, high in (BAND_REGIONS[part] for part in parts)
    )
    return np.asarray(np.clip(sum(edges), 0, 1), dtype=np.float32)


@cache
def _nucleus(label: Label) -> tuple[tuple[slice, ...], Array]:
    return softened(head_template().labels == label)


@cache
def _cortex() -> Array:
    """1 in the hemispheres, 0 in nuclei, brain stem and cerebellum."""
    labels = head_template().labels
    _, y, z = axes_mm()
    hemispheres = head_template().inside & ((z > -18) | (y > -35)) & ~np.isin(labels, list(NUCLEI))
    return np.asarray(hemispheres, dtype=np.float32)


@cache
def _visual() -> tuple[Box, Array]:
    """How far voxels about the calcarine sulcus belong to the visual cortex, 0 to 1, in a box."""
    x, y, z = axes_mm()
    square = (x / 22) ** 2 + ((y + 85) / 24) ** 2 + ((z - 4) / 17) ** 2
    return softened(np.asarray(square < 1), 2.0)


@cache
def _outside() -> Array:
    """Ppb of what lies outside the skull: air, bone, and soft tissue like water; 0 inside."""
    template = head_template()
    x, y, z = axes_mm()
    dark = (template.extracranial < 0.13) & ~template.inside
    away = np.abs(x)
    nose = (y > 5) & (away < 42) & (z < -28) | (y > 58) & (away < 25) & (z < -12)
    mastoid = (away > 32) & (y > -55) & (y < -5) & (z < -28) & (z > -55)
    cells = ndi.binary_opening(dark & (template.extracranial < 0.09) & (nose | mastoid))
    outside = np.where(dark, np.float32(BONE), np.float32(0))
    outside[cells | (template.labels == Label.BACKGROUND)] = AIR
    outside[template.inside] = 0
    return np.asarray(outside, dtype=np.float32)


@cache
def _forehead() -> npt.NDArray[np.bool_]:
    """The bone of the forehead, which a wide frontal sinus fills with air."""
    template = head_template()
    x, y, z = axes_mm()
    front = (y > 50) & (np.abs(x) < 32) & (z > -30) & (z < 24)
    bone = (template.extracranial < 0.2) & ~template.inside & (template.labels != Label.BACKGROUND)
    return np.asarray(bone & front)
