"""The cervical cord of a synthetic patient: centreline, levels, cross-section and what lies where in it.

Heights are millimetres above the disc C2/3; within a cross-section *u* and *v* are the offsets to the
patient's left and to the front in half-diameters. Diameters and level distances are those of PAM50-normalized
metrics of 203 healthy adults (MIT licence).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phantoms.patient import PhantomPatient
from processors.findings import CERVICAL_LEVELS, Side, Sign

Array = npt.NDArray[np.float32]

DISCS: dict[str, float] = {
    "C1": 15.5, "C2": 0.0, "C3": -18.5, "C4": -37.0, "C5": -53.5, "C6": -69.0, "C7": -86.0, "T1": -105.0,
}  # fmt: skip
"""Height of the disc below each vertebra; for C1 the joint with C2."""

TOP_OF_C1 = 29.0

MEDULLA: tuple[float, float, float] = (35.0, 11.5, 12.5)
"""Height and diameters (anteroposterior, right-left), mm, where the cord has become the medulla."""

DIAMETERS: dict[str, tuple[tuple[float, float], ...]] = {
    "M": (
        (7.9, 11.9),
        (7.9, 11.9),
        (7.7, 12.3),
        (7.7, 13.1),
        (7.6, 13.2),
        (7.1, 12.6),
        (6.6, 11.2),
        (6.5, 10.2),
    ),
    "F": (
        (7.6, 11.5),
        (7.6, 11.5),
        (7.5, 12.0),
        (7.5, 12.8),
        (7.4, 12.9),
        (7.0, 12.2),
        (6.5, 10.7),
        (6.4, 9.8),
    ),
}
"""Anteroposterior and right-left millimetres at C1 ... C7 and T1."""

CONCAVITY_PER_CHANGE = 4.0
"""Millimetres by which the front of a flattened cord sinks in, per unit of fractional change of AP/RL."""


@dataclass(frozen=True, slots=True)
class Cord:
    """The cord of one patient.

    Attributes
    ----------
    height_scale
        How much longer than the reference the patient's neck is.
    half_ap, half_rl
        Half-diameters at ``centres``, mm, with the patient's atrophy and flattening.
    concavity
        Depth by which the front sinks in, mm.
    centres
        Heights of the middles of C1 ... C7 and T1, from C1 down, mm.
    sway, lordosis
        How far the centreline swings to the side and to the back, mm.
    """

    height_scale: float
    half_ap: tuple[float, ...]
    half_rl: tuple[float, ...]
    concavity: float
    centres: tuple[float, ...]
    sway: float
    lordosis: float

    def levels(self) -> dict[str, tuple[float, float]]:
        """Lower and upper height of each cervical level."""
        lowers = {name: DISCS[name] * self.height_scale for name in CERVICAL_LEVELS}
        uppers = (TOP_OF_C1 * self.height_scale, *list(lowers.values())[:-1])
        return {name: (low, high) for (name, low), high in zip(lowers.items(), uppers, strict=True)}

    def centre(self, height: Array) -> tuple[Array, Array]:
        """Where the middle of the cord is at a height: millimetres to the left, and to the back."""
        k = height / self.height_scale
        back = self.lordosis * ((k + 42) / 60) ** 2
        return self.sway * np.sin(k / 35).astype(np.float32), np.asarray(back, dtype=np.float32)

    def uv(self, left: Array, back: Array, height: Array) -> tuple[Array, Array]:
        """Offsets from the cord's middle in half-diameters: to the left and to the front."""
        top, top_ap, top_rl = MEDULLA
        at = np.array([*self.centres[::-1], TOP_OF_C1 * self.height_scale, top])
        half_rl = np.interp(height, at, [*self.half_rl[::-1], self.half_rl[0], top_rl / 2]).astype(np.float32)
        half_ap = np.interp(height, at, [*self.half_ap[::-1], self.half_ap[0], top_ap / 2]).astype(np.float32)
        x, y = self.centre(height)
        return (left - x) / half_rl, -(back - y) / half_ap

    def area(self, half_ap: float, half_rl: float) -> float:
        """Area in mm² of the cross-section of these half-diameters, less what its sunken front takes away."""
        u = np.linspace(-1, 1, 401)
        front = np.sqrt(1 - u * u)
        sunk = self.concavity / float(np.mean(self.half_ap)) * np.exp(-((u / 0.42) ** 2))
        height = np.clip(np.minimum(front, front - sunk) + front, 0, None)
        return float(np.trapezoid(height, u)) * half_ap * half_rl

    def inside(self, u: Array, v: Array) -> npt.NDArray[np.bool_]:
        """Whether a point of the cross-section belongs to the cord."""
        front = np.sqrt(np.clip(1 - u * u, 0, None))
        sunk = self.concavity / float(np.mean(self.half_ap)) * np.exp(-((u / 0.42) ** 2))
        fissure = (np.abs(u) < 0.04) & (v > 0.55)
        return np.asarray((u * u + v * v <= 1) & (v <= front - sunk) & ~fissure)


def draw_cord(patient: PhantomPatient) -> Cord:
    """The cord of a patient, with the atrophy and flattening asked for."""
    rng = patient.rng("cord")
    diameters = np.array(DIAMETERS[patient.sex])
    size = float(np.exp(rng.normal(0, 0.035)))
    roundness = float(np.exp(rng.normal(0, 0.02)))
    area = np.sqrt(1 + patient.change(Sign.CORD_ATROPHY))
    flat = np.sqrt(1 + patient.change(Sign.CORD_FLATTENING))
    scale = float(rng.uniform(0.95, 1.05)) * (1.02 if patient.sex == "M" else 0.96)
    edges = np.array([TOP_OF_C1, *DISCS.values()]) * scale
    return Cord(
        height_scale=scale,
        half_ap=tuple((diameters[:, 0] / 2 * size * roundness * area * flat).tolist()),
        half_rl=tuple((diameters[:, 1] / 2 * size / roundness * area / flat).tolist()),
        concavity=-CONCAVITY_PER_CHANGE * patient.change(Sign.CORD_FLATTENING),
        centres=tuple(((edges[:-1] + edges[1:]) / 2).tolist()),
        sway=float(rng.normal(0, 0.8)),
        lordosis=float(rng.uniform(2.0, 6.0)),
    )


def grey_matter(u: Array, v: Array) -> npt.NDArray[np.bool_]:
    """The butterfly of the cross-section."""
    w = np.abs(u)
    anterior = ((w - 0.28) / 0.16) ** 2 + ((v - 0.22) / 0.26) ** 2 <= 1
    share = np.clip((0.05 - v) / 0.70, 0, 1)
    posterior = (np.abs(w - (0.20 + 0.24 * share)) < 0.075) & (v <= 0.1) & (v >= -0.66)
    commissure = (w < 0.24) & (np.abs(v - 0.03) < 0.07)
    return np.asarray(anterior | posterior | commissure)


def anterolateral_column(u: Array, v: Array) -> Array:
    """How far a point belongs to the lateral corticospinal tract or the anterolateral column, 0 to 1."""
    w = np.abs(u)
    edges = np.stack([(w - 0.46) / 0.05, (0.84 - w) / 0.04, (v + 0.52) / 0.06, (0.60 - v) / 0.06])
    return np.asarray(np.clip(edges, 0, 1).prod(axis=0) * ~grey_matter(u, v), dtype=np.float32)


def lateral_tract(u: Array, v: Array) -> Array:
    """How far a point belongs to the lateral corticospinal tract, 0 to 1."""
    distance = np.hypot((np.abs(u) - 0.64) / 0.17, (v + 0.24) / 0.27)
    return np.asarray(np.clip((1.1 - distance) / 0.2, 0, 1) * ~grey_matter(u, v), dtype=np.float32)


def sign_weight(sign: Sign, u: Array, v: Array) -> Mapping[Side, Array]:
    """The region that a cord signal sign lights up, per side of the patient."""
    weight = anterolateral_column(u, v) if sign is Sign.CORD_T1 else lateral_tract(u, v)
    return {Side.LEFT: weight * (u > 0), Side.RIGHT: weight * (u <= 0)}
