"""A neck of plain shapes: an elliptic cord along the patient's axis, in fluid, in tissue; and its outline."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Side
from processors.spine.cord import ANGLES, Cord
from processors.volume import SliceSource, Volume

HALF_RL, HALF_AP = 6.3, 3.8
SLICES, SIZE, STEP, PIXEL = 24, 100, 3.3, 0.6
DISC_C2_3 = 30.0
"""LPS z of the disc C2/3; the stack reaches from C2 to C7."""

LEVELS = {"C2": 15.5, "C3": 0.0, "C4": -18.5, "C5": -37.0, "C6": -53.5, "C7": -69.0}
"""Upper end of each level, mm above the disc C2/3."""


@dataclass(frozen=True)
class Neck:
    """What is drawn.

    ``left`` and ``right`` are changes of the lateral and anterolateral columns over a span of z, ``dorsal``
    one of the dorsal columns; ``inflow`` is the signal added to the fluid of each slice; ``slope`` the
    shading a millimetre to the left and to the front; ``tilt`` the angle by which the slices lean to the
    front, and ``rotation`` that of the cord about its axis, degrees; ``scale`` that of its area; ``cavity``
    the radius of a syrinx, half-diameters; ``narrow`` the range of z where disc and ligament are, not fluid.
    """

    contrast: Contrast = Contrast.T1
    left: float = 0.0
    right: float = 0.0
    dorsal: float = 0.0
    span: tuple[float, float] = (-200.0, 200.0)
    inflow: tuple[float, ...] = ()
    slope: tuple[float, float] = (0.0, 0.0)
    tilt: float = 0.0
    rotation: float = 0.0
    scale: float = 1.0
    cavity: float = 0.0
    narrow: tuple[float, float] | None = None
    snr: float = 60.0
    acquisition: Acquisition = Acquisition(patient_age=40.0, patient_sex="M", gradient_echo=False)


def series(neck: Neck, *, flipped: bool = False) -> Volume:
    """The axial series of a neck; flipped, its columns and slices are stored the other way round."""
    turn = np.deg2rad(neck.tilt)
    rows = np.array([0, np.cos(turn), np.sin(turn)]) * PIXEL
    slices = np.array([0, -np.sin(turn), np.cos(turn)]) * STEP
    affine = np.eye(4)
    affine[:3, :3] = np.stack([slices, rows, [PIXEL, 0, 0]], axis=1)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array([SLICES, SIZE, SIZE]) - 1) / 2)
    array = _drawn(neck, affine.tobytes()).copy()
    array += np.random.default_rng(7).normal(0, 100 / neck.snr, array.shape)
    if flipped:
        array = array[::-1, :, ::-1]
        for axis, count in ((0, SLICES), (2, SIZE)):
            affine[:3, 3] += affine[:3, axis] * (count - 1)
            affine[:3, axis] *= -1
    uid = f"1.2.{list(Contrast).index(neck.contrast)}"
    sources = tuple(SliceSource("1.2.840.10008.5.1.4.1.1.4", f"{uid}.{k}") for k in range(SLICES))
    return Volume(
        np.ascontiguousarray(array, dtype=np.float32),
        affine,
        uid,
        sources,
        "1.2.3",
        neck.contrast,
        Plane.AXIAL,
        neck.acquisition,
    )


@lru_cache(maxsize=8)
def _drawn(neck: Neck, affine_bytes: bytes) -> np.ndarray:
    affine = np.frombuffer(affine_bytes).reshape(4, 4)
    fine = (np.arange(2 * SIZE) - 0.5) / 2
    index = np.stack(np.meshgrid(np.arange(SLICES), fine, fine, indexing="ij"), axis=-1)
    signal = _signal(neck, index @ affine[:3, :3].T + affine[:3, 3])
    return signal.reshape(SLICES, SIZE, 2, SIZE, 2).mean(axis=(2, 4))


def cord_in(volume: Volume, neck: Neck) -> Cord:
    """The outline that was drawn, where each slice cuts it, from the top."""
    affine = volume.affine
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    normal = axes[:, 0] * np.sign(axes[2, 0])
    front = np.array([0.0, -1.0, 0.0]) - normal * -normal[1]
    front /= np.linalg.norm(front)
    left = np.array([1.0, 0.0, 0.0])
    heights = affine[2, 3] + np.arange(SLICES) * affine[2, 0]
    middle_row = (SIZE - 1) / 2
    centres = affine[:3, 3] + np.arange(SLICES)[:, None] * affine[:3, 0] + middle_row * affine[:3, 1]
    centres = centres + middle_row * affine[:3, 2]
    centres -= (centres[:, 1] / front[1])[:, None] * front
    order = np.argsort(-heights)
    angles = np.deg2rad(ANGLES)
    outward = np.cos(angles)[:, None] * front + np.sin(angles)[:, None] * left
    u, v = _uv(neck, outward)
    contour = centres[order][:, None] + (1 / np.hypot(u, v))[:, None] * outward
    steps = np.linalg.norm(np.diff(centres[order], axis=0), axis=1)
    count = (SLICES, 1)
    return Cord(
        np.concatenate([[0.0], np.cumsum(steps)]),
        centres[order],
        np.tile(left, count),
        np.tile(front, count),
        np.tile([0.0, 0.0, -1.0], count),
        contour,
        np.ones(SLICES),
        order.astype(np.intp),
        np.zeros(SLICES),
    )


class DrawnLevels:
    """The levels that were drawn."""

    confidence = 1.0

    def level_of(self, points: np.ndarray) -> tuple[str, ...]:
        heights = points[:, 2] - DISC_C2_3
        return tuple(
            next((name for name, top in reversed(LEVELS.items()) if -86.0 <= height < top), "")
            for height in heights
        )


def levels_of(cord: Cord) -> tuple[str, ...]:
    return DrawnLevels().level_of(cord.centre)


def with_contrast(neck: Neck, contrast: Contrast) -> Neck:
    return replace(neck, contrast=contrast)


def _uv(neck: Neck, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c, s = np.cos(np.deg2rad(neck.rotation)), np.sin(np.deg2rad(neck.rotation))
    x, y = points[..., 0], -points[..., 1]
    size = np.sqrt(neck.scale)
    return (c * x + s * y) / (HALF_RL * size), (c * y - s * x) / (HALF_AP * size)


def _signal(neck: Neck, points: np.ndarray) -> np.ndarray:
    bright_fluid = neck.contrast in (Contrast.T2, Contrast.T2_STAR)
    fluid = 300.0 if bright_fluid else 35.0
    x, y, z = np.moveaxis(points, -1, 0)
    signal = np.full(x.shape, 60.0)
    signal[np.hypot((np.abs(x) - 18) / 8, (y - 18) / 9) < 1] = 150.0
    signal[np.hypot(x / 11, (y + 18) / 9) < 1] = 90.0
    signal[np.hypot(x / 34, y / 32) > 1] = 2.0
    added = np.zeros(SLICES)
    added[: len(neck.inflow)] = neck.inflow
    sac = np.hypot(x / 10.0, y / 7.0) < 1
    filled = sac if neck.narrow is None else sac & ~((z > neck.narrow[0]) & (z < neck.narrow[1]))
    signal[sac] = 85.0 if not bright_fluid else 40.0
    signal = np.where(filled, fluid + 100 * added[:, None, None], signal)
    u, v = _uv(neck, points)
    cord = np.where(np.hypot(np.abs(u) / 0.3, (v - 0.1) / 0.35) < 1, 118.0 if bright_fluid else 93.0, 100.0)
    column = (np.abs(u) > 0.44) & (v > -0.6) & (v < 0.7) & (z > neck.span[0]) & (z < neck.span[1])
    cord = np.where(column, cord * (1 + np.where(u > 0, neck.left, neck.right)), cord)
    cord = np.where((np.abs(u) < 0.45) & (v < -0.28), cord * (1 + neck.dorsal), cord)
    cord = np.where(np.hypot(u, v) < neck.cavity, fluid, cord)
    signal = np.where(np.hypot(u, v) < 1, cord, signal)
    return signal * np.exp(neck.slope[0] * x - neck.slope[1] * y)


SIDES = (Side.LEFT, Side.RIGHT)
