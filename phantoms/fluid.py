"""What moving cerebrospinal fluid does to the images of a neck: inflow, flow voids, ghosts."""

import numpy as np
import numpy.typing as npt

from phantoms.acquire import texture
from phantoms.geometry import Geometry
from phantoms.neck_signal import NeckContrast
from phantoms.patient import PhantomPatient
from processors.acquisition import Contrast, Plane

Array = npt.NDArray[np.float32]

FIRST_SLICE, FADES = (0.5, 0.9), (0.45, 0.62)
"""Extra signal of fluid in the end slice, white matter of the cord being 1, and its share in each next."""

FURTHEST_SLICE = 3
WHOLE_STACK = (0.35, 0.8)
"""Extra signal where fluid is bright through most of the stack."""

GHOSTS = {NeckContrast.T2: 0.035, NeckContrast.T2_STAR: 0.045}
"""Share of the fluid's signal that a full pulsation throws to either side."""


def inflow(patient: PhantomPatient, contrast: Contrast, geometry: Geometry) -> Array:
    """Extra signal of fluid in each slice, where unsaturated fluid flows in; on axial T1 alone."""
    slices = geometry.shape[0]
    gain = np.zeros(slices, dtype=np.float32)
    if contrast not in (Contrast.T1, Contrast.T1_POST_CONTRAST) or geometry.plane is not Plane.AXIAL:
        return gain
    rng = patient.rng("inflow")
    ends = rng.choice(["both", "first", "last"], p=[0.6, 0.2, 0.2])
    first, fade = rng.uniform(*FIRST_SLICE), rng.uniform(*FADES)
    if patient.entry_slice:
        for depth in range(min(FURTHEST_SLICE, slices // 2)):
            if ends != "last":
                gain[depth] = first * fade**depth
            if ends != "first":
                gain[-1 - depth] = first * fade**depth
    if patient.neck.bright_fluid:
        from_, to = rng.uniform(-0.1, 0.2), rng.uniform(0.85, 1.1)
        along = np.linspace(0, 1, slices)
        swing = 0.75 + 0.25 * np.sin(along * rng.uniform(4, 12) + rng.uniform(0, 2 * np.pi))
        within = np.clip((along - from_) / 0.1, 0, 1) * np.clip((to - along) / 0.1, 0, 1)
        gain = np.maximum(gain, rng.uniform(*WHOLE_STACK) * swing * within).astype(np.float32)
    return gain


def pulsation(patient: PhantomPatient) -> float:
    """How far the patient's fluid pulsates, 0 to 1."""
    if patient.neck.pulsation is not None:
        return patient.neck.pulsation
    return float(patient.rng("pulsation").uniform(0, 0.8) ** 1.5)


def fluid_factor(patient: PhantomPatient, kind: NeckContrast, shape: tuple[int, ...]) -> Array | None:
    """What flow voids multiply the fluid's signal by on T2; ``None`` where there are none."""
    strength = pulsation(patient)
    if kind is not NeckContrast.T2 or strength == 0:
        return None
    voids = np.clip(texture(shape, 14, patient.rng("flow voids")) - 0.3, 0, 1.2)
    return np.asarray(1 - np.float32(0.6 * strength) * voids, dtype=np.float32)


def ghost_share(patient: PhantomPatient, kind: NeckContrast) -> float:
    """Share of the fluid's signal that appears a fifth of the field of view away along the rows."""
    return GHOSTS.get(kind, 0.0) * pulsation(patient)
