"""What can be the matter with a brain besides the signs: plaques, an infarct, small vessel disease, Waller.

Weights are of the template's grid (z, y, x), 0 to 1.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS, axes_mm, head_template
from phantoms.tract import centreline
from processors.acquisition import Contrast
from processors.findings import Side

Array = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Box = tuple[slice, ...]

PLAQUE_SIGNAL: dict[Contrast, float] = {
    Contrast.T1: 0.72,
    Contrast.T1_POST_CONTRAST: 0.8,
    Contrast.T1_MTC: 0.75,
    Contrast.T2: 1.9,
    Contrast.FLAIR: 2.0,
    Contrast.SWI: 1.1,
    Contrast.T2_STAR: 1.3,
    Contrast.ADC: 1.4,
    Contrast.DWI: 1.3,
}
"""Signal of a demyelinating lesion, normal white matter being 1."""

GLIOSIS_SIGNAL: dict[Contrast, float] = {**PLAQUE_SIGNAL, Contrast.T1: 0.8, Contrast.T1_POST_CONTRAST: 0.82}
"""Signal around a chronic infarct."""

LEUKOARAIOSIS_SIGNAL: dict[Contrast, float] = {
    Contrast.T1: 0.88,
    Contrast.T1_POST_CONTRAST: 0.89,
    Contrast.T1_MTC: 0.9,
    Contrast.T2: 1.55,
    Contrast.FLAIR: 1.6,
    Contrast.T2_STAR: 1.15,
    Contrast.ADC: 1.25,
    Contrast.DWI: 1.15,
}

WALLERIAN_CHANGE: dict[Contrast, float] = {
    Contrast.T2: 0.30,
    Contrast.FLAIR: 0.35,
    Contrast.T1: -0.05,
    Contrast.T1_POST_CONTRAST: -0.05,
    Contrast.T1_MTC: -0.05,
    Contrast.ADC: 0.15,
    Contrast.DWI: 0.05,
}
"""Fractional signal change of a tract that has degenerated for months."""

WALLERIAN_T1_BRIGHT = 0.12
"""The same on T1 in its early weeks, when lipids stand out."""

PERIVENTRICULAR_SHARE = 0.5
"""Of demyelinating lesions; the others lie anywhere in the white matter of the hemispheres."""

INFARCT_CENTRE = ((34.0, 46.0), (-22.0, 14.0), (8.0, 38.0))
"""Range of \\|x\\|, y and z, template mm: the territory of the middle cerebral artery."""

RIM_MM = 3.5
RIM_OF_VENTRICLE_MM = {0: 0.0, 1: 2.5, 2: 5.0, 3: 9.0}
SPOTS = {0: 0, 1: 6, 2: 18, 3: 30}
"""Depth of the bright rim of the ventricles and number of spots in deep white matter by Fazekas grade."""

PEDUNCLE = ((6.0, 24.0), (-28.0, -6.0), (-28.0, -4.0))
"""Range of \\|x\\|, y and z, template mm, of the cerebral peduncle, which shrinks after an old stroke."""


@dataclass(frozen=True, slots=True, eq=False)
class Disease:
    """What is drawn into one brain; ``None`` for what the patient does not have.

    Attributes
    ----------
    plaques, cavity, gliosis, leukoaraiosis
        How far each voxel belongs to it, 0 to 1.
    """

    plaques: Array | None
    cavity: Array | None
    gliosis: Array | None
    leukoaraiosis: Array | None


def disease_of(patient: PhantomPatient) -> Disease:
    """Draw what is the matter with a patient."""
    cavity, gliosis = _infarct(patient) if patient.infarct else (None, None)
    return Disease(
        _plaques(patient) if patient.ms_lesions or patient.ms_on_tract else None,
        cavity,
        gliosis,
        _leukoaraiosis(patient) if patient.leukoaraiosis else None,
    )


def draw_disease(disease: Disease, contrast: Contrast, fluid: float, brain: Array) -> None:
    """Blend the lesions into the signal of a brain, in place."""
    for weight, signal in (
        (disease.leukoaraiosis, LEUKOARAIOSIS_SIGNAL),
        (disease.plaques, PLAQUE_SIGNAL),
        (disease.gliosis, GLIOSIS_SIGNAL),
    ):
        if weight is not None and contrast in signal:
            brain += weight * (np.float32(signal[contrast]) - brain)
    if disease.cavity is not None:
        brain += disease.cavity * (np.float32(fluid) - brain)


def wallerian_change(patient: PhantomPatient, contrast: Contrast) -> float:
    """The fractional change of the degenerated tract's signal."""
    on_t1 = contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST, Contrast.T1_MTC)
    if patient.wallerian_t1_bright and on_t1:
        return WALLERIAN_T1_BRIGHT
    return WALLERIAN_CHANGE.get(contrast, 0.0)


def shrunken(tissue: Array, side: Side) -> Array:
    """The tissue map with the cerebral peduncle of one side worn from its surface by a millimetre."""
    low, high = PEDUNCLE[0] if side is Side.RIGHT else (-PEDUNCLE[0][1], -PEDUNCLE[0][0])
    box = _box(((low, high), *PEDUNCLE[1:]))
    worn = tissue.copy()
    worn[box] = ndi.minimum_filter(tissue[box], 3)
    return worn


@cache
def lateral_ventricles() -> BoolArray:
    """The lateral ventricles of the template."""
    template = head_template()
    x, y, z = axes_mm()
    away = np.abs(x)
    fissure = (away < 9) & ((y > 25) | (y < -35) | (z > 26))
    here = (away > 1.5) & (away < 34) & (y > -72) & (y < 36) & (z > -2) & (z < 36) & ~fissure
    fluid = ndi.binary_opening((template.tissue < 0.8) & template.inside & here)
    parts, _ = ndi.label(fluid)
    column, row, plane = (round(mm - o) for mm, o in zip((14, -10, 24), ORIGIN_RAS, strict=True))
    mirrored = round(-14 - ORIGIN_RAS[0])
    ventricles: BoolArray = np.isin(parts, (parts[plane, row, column], parts[plane, row, mirrored]))
    return ventricles


@cache
def depth_from_ventricles() -> Array:
    """Millimetres from the lateral ventricles."""
    return np.asarray(ndi.distance_transform_edt(~lateral_ventricles()), dtype=np.float32)


def _plaques(patient: PhantomPatient) -> Array:
    rng = patient.rng("lesions")
    template = head_template()
    weight = np.zeros(template.labels.shape, dtype=np.float32)
    white = np.argwhere((template.tissue > 1.8) & (axes_mm()[2] > -6))
    depth = depth_from_ventricles()[tuple(white.T)]
    near = white[(depth > 2) & (depth < 7)]
    anywhere = white[depth > 7]
    for _ in range(patient.ms_lesions):
        candidates = near if rng.uniform() < PERIVENTRICULAR_SHARE else anywhere
        centre = candidates[rng.integers(len(candidates))]
        _add_ball(weight, centre, rng.uniform(1.8, 5.5, 3), rng.uniform(0.5, 1))
    for _ in range(patient.ms_on_tract):
        line = centreline(patient, (Side.LEFT, Side.RIGHT)[int(rng.integers(2))])
        line = line[(line[:, 2] > -18) & (line[:, 2] < 45)]
        at = line[rng.integers(len(line)), :3] - ORIGIN_RAS
        _add_ball(weight, np.round(at[::-1]).astype(int), rng.uniform(3, 5.5, 3), rng.uniform(0.6, 1))
    return np.asarray(weight * (template.tissue > 1.2), dtype=np.float32)


def _infarct(patient: PhantomPatient) -> tuple[Array, Array]:
    """The cavity and the gliosis around it."""
    rng = patient.rng("infarct")
    x, y, z = axes_mm()
    sign = -1 if patient.infarct is Side.LEFT else 1
    cx, cy, cz = (rng.uniform(*limits) for limits in INFARCT_CENTRE)
    rx, ry, rz = rng.uniform((8, 10, 8), (15, 20, 15))
    reach = np.sqrt(((sign * x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2)
    mean = (rx + ry + rz) / 3
    brain = head_template().tissue > 0.4
    cavity = np.clip((1 - reach) * mean / 1.5 + 0.5, 0, 1) * brain
    rim = np.clip((1 - reach) * mean / 2 + RIM_MM / 2, 0, 1) * (head_template().tissue > 1.1)
    return cavity.astype(np.float32), (0.8 * rim).astype(np.float32)


def _leukoaraiosis(patient: PhantomPatient) -> Array:
    rng = patient.rng("leukoaraiosis")
    template = head_template()
    depth = depth_from_ventricles()
    _, y, z = axes_mm()
    rim = RIM_OF_VENTRICLE_MM[patient.leukoaraiosis]
    caps = np.clip((np.abs(y + 12) - 28) / 8, 0, 1) * np.float32(4.0) * (z > 0)
    wavy = 1 + 0.35 * ndi.zoom(rng.normal(size=(9, 10, 9)), np.array(depth.shape) / (9, 10, 9), order=1)
    weight = np.clip((rim * np.clip(wavy, 0.3, 2) + caps - depth) / 1.5, 0, 1) * (depth > 0)
    weight = np.asarray(weight, dtype=np.float32)
    deep = np.argwhere((template.tissue > 1.9) & (depth > 10) & (z > 12))
    for centre in deep[rng.integers(len(deep), size=SPOTS[patient.leukoaraiosis])]:
        _add_ball(weight, centre, rng.uniform(1.5, 3.5, 3), 1.0)
    return np.asarray(weight * np.clip((template.tissue - 1.2) / 0.6, 0, 1), dtype=np.float32)


def _add_ball(
    weight: Array, centre: npt.NDArray[np.int_], radii: npt.NDArray[np.float64], peak: float
) -> None:
    """Draw an ellipsoid with a soft edge around a voxel, in place."""
    reach = np.arange(-9, 10)
    dz, dy, dx = np.meshgrid(reach, reach, reach, indexing="ij")
    rz, ry, rx = radii
    ball = peak * np.clip(3 * (1 - np.sqrt((dz / rz) ** 2 + (dy / ry) ** 2 + (dx / rx) ** 2)), 0, 1)
    box = tuple(slice(c - 9, c + 10) for c in centre)
    weight[box] = np.maximum(weight[box], ball)


def _box(ranges: tuple[tuple[float, float], ...]) -> Box:
    """Template voxels (z, y, x) whose (x, y, z) lie in the ranges."""
    return tuple(
        slice(round(low - origin), round(high - origin) + 1)
        for (low, high), origin in zip(ranges[::-1], ORIGIN_RAS[::-1], strict=True)
    )
