"""The cross-section of a cord: its outline, the butterfly in it, and the columns around the butterfly.

Positions are *u* and *v*, offsets to the patient's left and to the front in half-diameters. Columns follow
the outline: they are given by the angle from the front and by the share of the way from middle to surface.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phantoms.patient import PhantomPatient
from processors.findings import Side, Sign

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

FISSURE_DEPTH, FISSURE_WIDTH = 0.42, 0.035
"""Of the anterior median fissure, in half-diameters; the width is to either side."""

ENLARGEMENT = (-37.0, -86.0)
"""Heights in the reference neck between which the horns are largest: C5 to C7."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one person's cross-section looks like.

    Attributes
    ----------
    exponent
        Of the superellipse that the outline is; 2 is an ellipse, more is squarer.
    egg
        How much wider the back half is than the front one, as a fraction.
    lean
        How much fuller the left is than the right.
    rotation, twist
        Radians by which the cord is turned about its own axis, on average and more towards an end.
    grey
        Size of the butterfly beside the average.
    horn
        Half-diameters by which the tips of the posterior horns lie further out than on average.
    tract, front
        Degrees by which the lateral tract and the anterolateral column begin and end beside the average.
    """

    exponent: float
    egg: float
    lean: float
    rotation: float
    twist: float
    grey: float
    horn: float
    tract: tuple[float, float]
    front: float

    def turn(self, height: Array) -> Array:
        """Angle of the cord's own front at reference heights, radians."""
        return np.asarray(self.rotation + self.twist * np.sin(height / 37), dtype=np.float32)

    def radius(self, angle: Array, sunk: float) -> Array:
        """Distance of the outline from the middle at angles from the front, in half-diameters.

        Parameters
        ----------
        angle
            Radians, positive to the patient's left.
        sunk
            Depth of the hollow of a flattened front, in half-diameters.
        """
        c, s = np.cos(angle), np.sin(angle)
        n = np.float32(self.exponent)
        radius = (np.abs(s) ** n + np.abs(c) ** n) ** (-1 / n)
        radius = radius * (1 - self.egg * c * s * s + self.lean * s)
        return np.asarray(radius - sunk * np.exp(-((angle / 0.52) ** 2)), dtype=np.float32)

    def area(self, sunk: float) -> float:
        """Area in squares of a half-diameter."""
        angle = np.linspace(-np.pi, np.pi, 1441, dtype=np.float32)
        return float(np.trapezoid(self.radius(angle, sunk).astype(float) ** 2 / 2, angle.astype(float)))

    def place(self, u: Array, v: Array, sunk: float) -> tuple[Array, Array]:
        """Angle from the front in radians, and the share of the way from the middle to the surface."""
        angle = np.arctan2(u, v).astype(np.float32)
        return angle, np.asarray(np.hypot(u, v) / self.radius(angle, sunk), dtype=np.float32)

    def fissure(self, u: Array, v: Array, share: Array) -> Mask:
        """The anterior median fissure."""
        return np.asarray((np.abs(u) < FISSURE_WIDTH) & (v > 0) & (share > 1 - FISSURE_DEPTH))

    def grey_matter(self, u: Array, v: Array, height: Array) -> Mask:
        """The butterfly at reference heights."""
        w = np.abs(u)
        upper, lower = ENLARGEMENT
        large = np.clip((upper + 12 - height) / 12, 0, 1) * np.clip((height - lower + 14) / 14, 0, 1)
        g = np.float32(self.grey)
        x, y = w - (0.255 + 0.06 * large), v - 0.24
        c, s = np.cos(0.35), np.sin(0.35)
        across = (c * x - s * y) / (g * (0.125 + 0.065 * large))
        along = (c * y + s * x) / (g * (0.27 + 0.035 * large))
        anterior = across**2 + along**2 <= 1
        neck = ((w - 0.20) / (g * 0.125)) ** 2 + ((v + 0.02) / (g * 0.2)) ** 2 <= 1
        share = np.clip((-0.05 - v) / 0.66, 0, 1)
        middle = 0.19 + (0.29 + self.horn) * share**1.15
        width = g * (0.085 - 0.03 * share + 0.02 * large)
        posterior = (np.abs(w - middle) < width) & (v <= 0.05) & (v >= -0.71)
        commissure = (w < 0.25) & (np.abs(v - 0.02) < 0.055 * g)
        return np.asarray(anterior | neck | posterior | commissure)


def draw_section(patient: PhantomPatient) -> Section:
    """The cross-section of a patient's cord."""
    rng = patient.rng("cord section")
    return Section(
        exponent=float(rng.uniform(1.95, 2.25)),
        egg=float(rng.uniform(-0.02, 0.07)),
        lean=float(rng.normal(0, 0.012)),
        rotation=float(np.deg2rad(np.clip(rng.normal(0, 4), -11, 11))),
        twist=float(np.deg2rad(rng.normal(0, 2))),
        grey=float(rng.uniform(0.86, 1.1)),
        horn=float(rng.normal(0, 0.025)),
        tract=(float(rng.normal(0, 3)), float(rng.normal(0, 3))),
        front=float(rng.normal(0, 5)),
    )


def _soft(value: Array, low: float, high: float, edge: float) -> Array:
    """1 between the limits, falling to 0 over an edge centred on each."""
    rising = np.clip((value - low) / edge + 0.5, 0, 1)
    return np.asarray(rising * np.clip((high - value) / edge + 0.5, 0, 1), dtype=np.float32)


def lateral_tract(section: Section, angle: Array, share: Array) -> Array:
    """How far a point belongs to the lateral corticospinal tract, 0 to 1; grey matter is not left out.

    It lies before the posterior horn and under the spinocerebellar rim.
    """
    degrees = np.abs(np.rad2deg(angle))
    first, last = section.tract
    return _soft(degrees, 94 + first, 136 + last, 8) * _soft(share, 0.34, 0.90, 0.06)


def anterolateral_column(section: Section, angle: Array, share: Array) -> Array:
    """How far a point belongs to the anterolateral column, 0 to 1; grey matter is not left out."""
    degrees = np.abs(np.rad2deg(angle))
    return _soft(degrees, 34 + section.front, 98, 8) * _soft(share, 0.40, 0.94, 0.06)


def anterior_tract(u: Array, v: Array, share: Array) -> Array:
    """How far a point belongs to the anterior corticospinal tract beside the fissure, 0 to 1."""
    return _soft(np.abs(u), 0.04, 0.125, 0.03) * _soft(v, 0.46, 1.2, 0.06) * _soft(share, 0, 0.95, 0.05)


def dorsal_columns(section: Section, angle: Array, share: Array) -> Array:
    """How far a point belongs to the posterior columns between the posterior horns, 0 to 1."""
    degrees = np.abs(np.rad2deg(angle))
    return _soft(degrees, 147 - 40 * section.horn, 200, 6) * _soft(share, 0.14, 0.97, 0.06)


def sign_weight(
    section: Section, sign: Sign, u: Array, v: Array, sunk: float, grey: Mask
) -> Mapping[Side, Array]:
    """The region that a cord signal sign lights up, per side of the patient."""
    angle, share = section.place(u, v, sunk)
    weight = lateral_tract(section, angle, share)
    if sign is Sign.CORD_T1:
        weight = np.maximum(weight, anterolateral_column(section, angle, share))
        weight = np.maximum(weight, anterior_tract(u, v, share))
    weight = np.where(grey, np.float32(0), weight)
    return {Side.LEFT: weight * (u > 0), Side.RIGHT: weight * (u <= 0)}
