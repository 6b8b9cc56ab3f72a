"""The spinal canal of a synthetic patient: walls, dural sac, bulging discs, a narrow place.

Positions are millimetres from the canal's middle, heights those of the reference neck.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phantoms.patient import PhantomPatient

Array = npt.NDArray[np.float32]

DISC_HEIGHTS = {"C3": -18.5, "C4": -37.0, "C5": -53.5, "C6": -69.0}
"""Of the discs that may bulge, in the reference neck."""

WIDTH_SD = 0.06
BULGE_MM, BULGE_SHARE = (0.3, 1.4), 0.35
"""How far an ordinary bulge stands out, and of how many discs."""

STENOSIS_MM = 4.6
"""How far a disc and its ridges stand out where the canal is narrow; the ligament does by half as much."""

RIDGE, NARROW = 2.6, 4.0
"""Millimetres along the neck over which a bulge and a narrow place give way, standard deviations."""


@dataclass(frozen=True, slots=True)
class Canal:
    """One patient's canal.

    Attributes
    ----------
    scale
        Of its diameters beside the average.
    sac_scale
        Of the dural sac in it: the rest is fat.
    bulges
        Millimetres by which each of :data:`DISC_HEIGHTS` stands out.
    narrow
        Reference height of the narrow place; ``None`` for none.
    """

    scale: float
    sac_scale: float
    bulges: tuple[float, ...]
    narrow: float | None

    def squeeze(self, height: Array) -> Array:
        """How far the cord is squeezed at reference heights, 0 to 1."""
        if self.narrow is None:
            return np.zeros_like(height)
        return np.asarray(np.exp(-(((height - self.narrow) / NARROW) ** 2) / 2), dtype=np.float32)

    def intrusion(self, height: Array) -> tuple[Array, Array]:
        """Millimetres that stand out into the canal from the front, and from the back."""
        front = sum(
            (
                np.float32(mm) * np.exp(-(((height - at) / RIDGE) ** 2) / 2)
                for at, mm in zip(DISC_HEIGHTS.values(), self.bulges, strict=True)
            ),
            np.zeros_like(height),
        )
        squeeze = self.squeeze(height)
        return (
            np.asarray(front + STENOSIS_MM * squeeze, dtype=np.float32),
            np.asarray(STENOSIS_MM / 2 * squeeze, dtype=np.float32),
        )

    def walls(self, height: Array) -> tuple[Array, Array, Array]:
        """The bony canal at reference heights: its middle behind the line of the neck, its half-diameters."""
        upper = np.clip((height - 2) / 20, 0, 1)
        return (
            np.asarray(0.5 * upper, dtype=np.float32),
            np.asarray((7.7 + 2.4 * upper) * self.scale, dtype=np.float32),
            np.asarray((11.2 + 2 * upper) * self.scale, dtype=np.float32),
        )

    def sac(self, height: Array) -> tuple[Array, Array, Array]:
        """The dural sac at reference heights: its middle, its half-diameters to the front and to the side."""
        upper = np.clip((height - 2) / 20, 0, 1)
        front, back = self.intrusion(height)
        half_ap = (6.7 + 2.2 * upper) * self.scale * self.sac_scale
        half_rl = (9.7 + 2 * upper) * self.scale * self.sac_scale
        middle = -0.5 * self.scale + 0.6 * upper + (front - back) / 2
        return (
            np.asarray(middle, dtype=np.float32),
            np.asarray(half_ap - (front + back) / 2, dtype=np.float32),
            np.asarray(half_rl, dtype=np.float32),
        )


def draw_canal(patient: PhantomPatient) -> Canal:
    """The canal of a patient, with the narrow place asked for."""
    rng = patient.rng("canal")
    scale = float(np.exp(np.clip(rng.normal(0, WIDTH_SD), -0.1, 0.12)))
    bulging = rng.uniform(size=len(DISC_HEIGHTS)) < BULGE_SHARE
    bulges = np.where(bulging, rng.uniform(*BULGE_MM, len(DISC_HEIGHTS)), 0.0)
    level = patient.neck.stenosis
    return Canal(
        scale=scale,
        sac_scale=float(rng.uniform(0.93, 1.03)),
        bulges=tuple(bulges.tolist()),
        narrow=None if level is None else DISC_HEIGHTS[level],
    )
