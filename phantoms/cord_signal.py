"""What changes the signal inside a cord: healthy differences, the signs, and other diseases."""

import numpy as np
import numpy.typing as npt

from phantoms.acquire import texture
from phantoms.cord import Cord
from phantoms.cord_section import Section, dorsal_columns, sign_weight
from phantoms.neck_signal import NeckContrast
from phantoms.patient import PhantomPatient
from processors.findings import Sign

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

COLUMNS = {
    NeckContrast.T1_SPIN_ECHO: (0.012, 0.008),
    NeckContrast.T1_GRADIENT_ECHO: (0.014, 0.010),
    NeckContrast.T1_PREPARED: (0.014, 0.010),
    NeckContrast.T2: (0.0, 0.012),
    NeckContrast.T2_STAR: (0.0, 0.015),
}
"""By how much the lateral and anterolateral columns of the healthy are brighter than the dorsal ones: mean
and SD between people. T1 gradient echo measured 1.014 ± .020 per slice; the rest is proposed."""

WAVE = 0.009
"""How far that difference swings along one cord."""

TEXTURE = 0.012

DORSAL_ON_T1 = -0.2
"""Change of the dorsal columns on T1, per unit of their change on T2."""

MYELOPATHY = {"T1": -0.10, "T2": 0.45}
PLAQUE = {"T1": -0.04, "T2": 0.45}


def cord_factor(
    patient: PhantomPatient,
    cord: Cord,
    kind: NeckContrast,
    u: Array,
    v: Array,
    height: Array,
    grey: Mask,
    fluid: float,
) -> Array:
    """What the signal inside the cord is multiplied by.

    Parameters
    ----------
    u, v
        Shape (z, y, x), offsets from the cord's middle in half-diameters.
    height
        Shape (z, 1, 1), mm.
    fluid
        Signal of cerebrospinal fluid, which fills a cavity.
    """
    section, k, sunk = cord.section, cord.reference(height), cord.sunk()
    angle, share = section.place(u, v, sunk)
    t1 = kind not in (NeckContrast.T2, NeckContrast.T2_STAR)
    factor = 1 + np.float32(TEXTURE) * texture(u.shape, 4, patient.rng("cord texture"))
    factor *= 1 + _healthy(patient, kind, k) * (1 - dorsal_columns(section, angle, share))
    sign = Sign.CORD_T1 if t1 else Sign.CORD_T2
    if patient.change(sign):
        for side, weight in sign_weight(section, sign, u, v, sunk, grey).items():
            factor *= 1 + weight * np.float32(patient.change_on(sign, side))
    neck = patient.neck
    if neck.dorsal_columns:
        change = neck.dorsal_columns * (DORSAL_ON_T1 if t1 else 1.0)
        factor *= 1 + np.float32(change) * dorsal_columns(section, angle, share) * ~grey
    contrast = "T1" if t1 else "T2"
    if neck.stenosis is not None and neck.myelopathy:
        factor *= 1 + np.float32(MYELOPATHY[contrast]) * _myelopathy(cord, u, v, k)
    if neck.plaques:
        factor *= 1 + np.float32(PLAQUE[contrast]) * plaques(patient, section, angle, share, k)
    if neck.syrinx:
        cavity = syrinx(patient, u, v, k)
        factor = factor * (1 - cavity) + np.float32(fluid) * cavity
    return np.asarray(factor, dtype=np.float32)


def _healthy(patient: PhantomPatient, kind: NeckContrast, k: Array) -> Array:
    rng = patient.rng(f"columns {kind}")
    mean, sd = COLUMNS[kind]
    level = mean + sd * float(np.clip(rng.normal(), -2, 2))
    swing = sum(WAVE / 2 * np.sin(k / w + rng.uniform(0, 2 * np.pi)) for w in (4.0, 9.0, 19.0))
    return np.asarray(level + swing, dtype=np.float32)


def _myelopathy(cord: Cord, u: Array, v: Array, k: Array) -> Array:
    """Grey matter and the columns beside it at the narrow place, both sides, one level long."""
    ovals = [((np.abs(u) - 0.33) / 0.26) ** 2 + ((v - at) / 0.3) ** 2 for at in (0.05, -0.3)]
    core = np.clip(1.6 - 1.2 * np.minimum(*ovals), 0, 1)
    along = np.clip((8.5 - np.abs(k - (cord.canal.narrow or 0.0))) / 3, 0, 1)
    return np.asarray(core * along, dtype=np.float32)


def syrinx(patient: PhantomPatient, u: Array, v: Array, k: Array) -> Array:
    """The cavity of a syrinx, 0 to 1."""
    rng = patient.rng("syrinx")
    middle, length = rng.uniform(-70, -30), rng.uniform(30, 55)
    size = rng.uniform(0.22, 0.42) * np.clip((length / 2 - np.abs(k - middle)) / 8, 0, 1)
    out = np.hypot(u, (v - 0.02) / 0.9)
    return np.asarray(np.clip((size - out) / 0.06 + 0.5, 0, 1) * (size > 0.05), dtype=np.float32)


def plaques(patient: PhantomPatient, section: Section, angle: Array, share: Array, k: Array) -> Array:
    """Demyelinating lesions: wedges at the surface, mostly lateral or dorsal, under two levels long."""
    rng = patient.rng("cord plaques")
    weight = np.zeros(np.broadcast_shapes(angle.shape, k.shape), dtype=np.float32)
    for _ in range(patient.neck.plaques):
        side = rng.choice([-1.0, 1.0])
        at = side * np.deg2rad(rng.choice([rng.uniform(85, 130), rng.uniform(140, 180)], p=[0.6, 0.4]))
        height, length = rng.uniform(-85, 5), rng.uniform(8, 26)
        width = np.deg2rad(rng.uniform(22, 45))
        off = np.abs((angle - at + np.pi) % (2 * np.pi) - np.pi)
        wedge = np.clip((width - off) / 0.15, 0, 1) * np.clip((share - 0.42) / 0.1, 0, 1)
        weight = np.maximum(weight, wedge * np.clip((length / 2 - np.abs(k - height)) / 2, 0, 1))
    return weight


def lesions(patient: PhantomPatient, cord: Cord, u: Array, v: Array, height: Array) -> Array:
    """How far a point belongs to a plaque, a cavity or a compressed part of the cord, 0 to 1."""
    k = cord.reference(height)
    angle, share = cord.section.place(u, v, cord.sunk())
    found = np.zeros(np.broadcast_shapes(angle.shape, k.shape), dtype=np.float32)
    if patient.neck.plaques:
        found = np.maximum(found, plaques(patient, cord.section, angle, share, k))
    if patient.neck.syrinx:
        found = np.maximum(found, syrinx(patient, u, v, k))
    if patient.neck.stenosis is not None:
        found = np.maximum(found, _myelopathy(cord, u, v, k))
    return np.asarray(found, dtype=np.float32)
