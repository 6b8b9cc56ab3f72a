"""The cervical cord of a synthetic patient: levels, size, shape, and how it lies in the canal.

Heights are millimetres along the canal above the disc C2/3. Diameters and level distances are those of
PAM50-normalized metrics of 203 healthy adults (MIT licence).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phantoms import thorax
from phantoms.canal import Canal, draw_canal
from phantoms.cord_section import Section, draw_section
from phantoms.patient import PhantomPatient
from processors.findings import CERVICAL_LEVELS, Sign

Array = npt.NDArray[np.float32]

DISCS: dict[str, float] = {
    "C1": 15.5, "C2": 0.0, "C3": -18.5, "C4": -37.0, "C5": -53.5, "C6": -69.0, "C7": -86.0, "T1": -105.0,
    "T2": -125.0, "T3": -146.0, "T4": -168.0,
}  # fmt: skip
"""Height of the disc below each vertebra in the reference; for C1 the joint with C2."""

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

RIM_MM = 0.3
"""How far the cord reaches beyond those diameters all round: they are of outlines that leave out the voxels
that are cord in part, by 0.25 to 0.45 mm in two real necks outlined by hand."""

SIZE_SD, SIZE_RANGE = 0.045, 0.105
"""Of the logarithm of the diameters: areas spread by about 9 % between people."""

ROUNDNESS_SD = 0.03
"""Of the logarithm of the anteroposterior over the geometric mean diameter: AP/RL spreads by 6 %."""

SHRINKS_FROM, SHRINKS_BY = 45, 0.0018
"""Age, and fraction of the area lost each year from there (0.09 to 0.19 mm² of about 75)."""

SEGMENT_SD = 0.035
"""Of the logarithm of the distance between two discs, beside that of the whole neck."""

CONCAVITY_PER_CHANGE = 4.0
"""Millimetres by which the front of a flattened cord sinks in, per unit of fractional change of AP/RL."""

TOUCHING_SHARE = 0.3
"""Of people whose cord lies against the front of the sac over some levels; beside the wall in a tenth."""


@dataclass(frozen=True, slots=True)
class Cord:
    """The cord of one patient.

    Attributes
    ----------
    discs
        Heights of the patient's own :data:`DISCS`, from C1 down, mm.
    half_ap, half_rl
        Half-diameters at ``centres``, mm, with the patient's atrophy and flattening.
    concavity
        Depth by which the front sinks in, mm.
    centres
        Heights of the middles of C1 ... C7 and T1, from C1 down, mm.
    section
        The shape of the cross-section.
    canal
        The canal it lies in.
    forward, sideways, phases
        How far it lies before and to the left of the canal's middle, mm, and where along the neck it swings.
    thoracic
        Whether it is the thoracic cord, which has no cervical levels.
    """

    discs: tuple[float, ...]
    half_ap: tuple[float, ...]
    half_rl: tuple[float, ...]
    concavity: float
    centres: tuple[float, ...]
    section: Section
    canal: Canal
    forward: tuple[float, float]
    sideways: tuple[float, float]
    phases: tuple[float, float]
    thoracic: bool = False

    @property
    def top(self) -> float:
        """Height of the upper end of C1, mm."""
        return TOP_OF_C1 * self.discs[0] / DISCS["C1"]

    def levels(self) -> dict[str, tuple[float, float]]:
        """Lower and upper height of each cervical level."""
        if self.thoracic:
            return {}
        edges = (self.top, *self.discs)
        return {name: (edges[i + 1], edges[i]) for i, name in enumerate(CERVICAL_LEVELS)}

    def reference(self, height: Array) -> Array:
        """The height that corresponds in the reference neck, whose discs lie at :data:`DISCS`."""
        own = np.array([*self.discs[::-1], self.top])
        there = np.array([*list(DISCS.values())[::-1], TOP_OF_C1])
        inside = np.interp(height, own, there)
        outside = np.clip(height - self.top, 0, None) + np.clip(height - self.discs[-1], None, 0)
        return np.asarray(inside + outside, dtype=np.float32)

    def half_diameters(self, height: Array) -> tuple[Array, Array]:
        """Half the anteroposterior and right-left diameters at heights, mm."""
        top, top_ap, top_rl = MEDULLA
        at = [*self.centres[::-1], self.top, self.top + top - TOP_OF_C1]
        half_ap = np.interp(height, at, [*self.half_ap[::-1], self.half_ap[0], top_ap / 2])
        half_rl = np.interp(height, at, [*self.half_rl[::-1], self.half_rl[0], top_rl / 2])
        squeeze = self.canal.squeeze(self.reference(height))
        half_ap = half_ap * (1 - 0.34 * squeeze)
        half_rl = half_rl * (1 + 0.06 * squeeze)
        return half_ap.astype(np.float32), half_rl.astype(np.float32)

    def centre(self, height: Array) -> tuple[Array, Array]:
        """Where the middle of the cord is at a height: millimetres to the left, and to the back."""
        k = self.reference(height)
        half_ap, half_rl = self.half_diameters(height)
        middle, room_ap, room_rl = self.canal.sac(k)
        swing = 0.5 + 0.5 * np.sin(k / 22 + self.phases[0])
        ahead = self.forward[0] + (self.forward[1] - self.forward[0]) * swing
        aside = self.sideways[0] + self.sideways[1] * np.sin(k / 31 + self.phases[1])
        free_ap = np.clip(room_ap - half_ap, 0.1, None)
        free_rl = np.clip(room_rl - half_rl, 0.1, None)
        within = 1 - np.clip((k - 16) / 14, 0, 1)
        back = middle - np.clip(ahead, -1, 1) * free_ap * within
        return (np.clip(aside, -1, 1) * free_rl * within).astype(np.float32), back.astype(np.float32)

    def uv(self, left: Array, back: Array, height: Array) -> tuple[Array, Array]:
        """Offsets from the cord's middle in half-diameters along its own axes: to its left, and its front."""
        half_ap, half_rl = self.half_diameters(height)
        x, y = self.centre(height)
        angle = self.section.turn(self.reference(height))
        c, s = np.cos(angle), np.sin(angle)
        dx, dy = left - x, -(back - y)
        return (c * dx + s * dy) / half_rl, (c * dy - s * dx) / half_ap

    def sunk(self) -> float:
        """Depth by which the front sinks in, in half-diameters."""
        return self.concavity / float(np.mean(self.half_ap))

    def area(self, height: float) -> float:
        """Area in mm² within the outline of the cross-section at a height, perpendicular to the canal.

        The outline is one as people draw it, which leaves out the rim.
        """
        half_ap, half_rl = self.half_diameters(np.array([height], dtype=np.float32))
        return self.section.area(self.sunk()) * float((half_ap[0] - RIM_MM) * (half_rl[0] - RIM_MM))


def draw_cord(patient: PhantomPatient) -> Cord:
    """The cord of a patient, with the atrophy and flattening asked for."""
    rng = patient.rng("cord")
    diameters = np.array(DIAMETERS[patient.sex])
    size = float(np.exp(np.clip(rng.normal(0, SIZE_SD), -SIZE_RANGE, SIZE_RANGE)))
    roundness = float(np.exp(np.clip(rng.normal(0, ROUNDNESS_SD), -0.065, 0.065)))
    aged = 1 - SHRINKS_BY * max(patient.age - SHRINKS_FROM, 0)
    area = np.sqrt(aged * (1 + patient.change(Sign.CORD_ATROPHY)))
    flat = np.sqrt(1 + patient.change(Sign.CORD_FLATTENING))
    scale = float(rng.uniform(0.92, 1.08)) * (1.02 if patient.sex == "M" else 0.96)
    discs = _discs(scale, rng)
    if patient.neck.thoracic:
        discs = thorax.disc_heights(len(DISCS), scale, rng)
        diameters[:] = thorax.DIAMETERS
    edges = np.array([TOP_OF_C1 * discs[0] / DISCS["C1"], *discs[:8]])
    touching = patient.neck.touching
    if touching is None:
        touching = bool(patient.rng("touching").uniform() < TOUCHING_SHARE)
    beside = patient.rng("beside").uniform()
    forward = (0.3, 1.15) if touching else tuple(sorted(rng.uniform(-0.35, 0.6, 2).tolist()))
    side = float(np.sign(beside - 0.05)) * 1.1 if beside < 0.1 else float(rng.normal(0, 0.12))
    section = draw_section(patient)
    return Cord(
        discs=discs,
        half_ap=tuple((RIM_MM + diameters[:, 0] / 2 * size * roundness * area * flat).tolist()),
        half_rl=tuple((RIM_MM + diameters[:, 1] / 2 * size / roundness * area / flat).tolist()),
        concavity=-CONCAVITY_PER_CHANGE * patient.change(Sign.CORD_FLATTENING),
        centres=tuple(((edges[:-1] + edges[1:]) / 2).tolist()),
        section=section,
        canal=draw_canal(patient),
        thoracic=patient.neck.thoracic,
        forward=(float(forward[0]), float(forward[1])),
        sideways=(0.0, side) if beside < 0.1 else (side, float(rng.uniform(0, 0.2))),
        phases=tuple(rng.uniform(0, 2 * np.pi, 2).tolist()),
    )


def _discs(scale: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Heights of the patient's discs: the reference's distances, each with a spread of its own."""
    reference = np.array(list(DISCS.values()))
    gaps = -np.diff(reference) * scale * np.exp(rng.normal(0, SEGMENT_SD, len(reference) - 1))
    heights = np.concatenate([[0.0], -np.cumsum(gaps)])
    return tuple((heights - heights[1]).tolist())
