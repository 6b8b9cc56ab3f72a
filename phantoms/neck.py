"""The neck of a synthetic patient around its cord, drawn tissue by tissue.

Positions are relative to the middle of the canal (left, back) and to the disc C2/3 (height), in millimetres;
sizes are those of an average adult.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from phantoms.cord import DISCS, TOP_OF_C1, Cord
from phantoms.thorax import great_vessels, lungs

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Tissue(IntEnum):
    """What a voxel of the neck holds."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    MARROW = 3
    CORTICAL_BONE = 4
    DISC = 5
    FLUID = 6
    CORD_WHITE = 7
    CORD_GREY = 8
    DURA = 9
    VESSEL = 10
    GLAND = 11
    FISSURE = 12
    ROOT = 13


CORD_TISSUES = (Tissue.CORD_WHITE, Tissue.CORD_GREY, Tissue.FISSURE)
"""What lies within the outline of the cord."""


SPINOUS = {"C2": 24.0, "C3": 17.0, "C4": 17.0, "C5": 19.0, "C6": 25.0, "C7": 34.0, "T1": 36.0}
"""Length of the spinous processes behind the canal."""


CHEST_MM = 60.0
"""How much further down a thoracic spine lies, for the width of the body."""

# Muscles of one side: |x|, y of the centre, half-axes, rotation in degrees (outwards at the back).
MUSCLES: tuple[tuple[float, float, float, float, float], ...] = (
    (10.0, 19.5, 9.4, 8.6, 20.0),
    (12.0, 35.0, 11.6, 8.2, -10.0),
    (27.5, 22.5, 9.4, 8.4, 30.0),
    (28.5, 37.5, 14.0, 6.4, -38.0),
    (40.0, 14.5, 10.4, 8.4, 60.0),
    (29.0, -2.5, 9.4, 11.0, 0.0),
    (41.5, -11.0, 7.0, 13.5, 25.0),
    (6.8, -27.0, 5.2, 2.6, 0.0),
    (10.0, -50.5, 9.0, 3.2, 0.0),
)


def paint(cord: Cord, girth: float, left: Array, back: Array, height: Array) -> npt.NDArray[np.uint8]:
    """The tissues at points given by the axes of a grid in neck coordinates.

    Parameters
    ----------
    girth
        Of the neck around the spine, beside the average.
    left, back, height
        Shapes (1, 1, x), (1, y, 1) and (z, 1, 1), in mm, ascending.

    Returns
    -------
    uint8 array of shape (z, y, x), members of :class:`Tissue`
    """
    x, y, k = _relative(cord, left / girth, back / girth, height[::2])
    every_other = _soft_tissue(x, y, k - CHEST_MM if cord.thoracic else k)
    tissue = np.ascontiguousarray(np.repeat(every_other, 2, axis=0)[: len(height)])
    _paint_front(tissue, *_relative(cord, left / girth, back / girth, height))
    if cord.thoracic:
        x, y, _ = _relative(cord, left, back, height)
        tissue[np.broadcast_to(lungs(x, y), tissue.shape)] = Tissue.AIR
        tissue[np.broadcast_to(great_vessels(x, y), tissue.shape)] = Tissue.VESSEL
    spine = _within(left, -27, 27), _within(back, -35, 62)
    x, y, k = _relative(cord, left[:, :, spine[0]], back[:, spine[1]], height)
    _paint_spine(tissue[:, spine[1], spine[0]], x, y, k)
    canal = _within(left, -18, 18), _within(back, -15, 30)
    _paint_canal(tissue[:, canal[1], canal[0]], cord, left[:, :, canal[0]], back[:, canal[1]], height)
    return tissue


def _within(axis: Array, low: float, high: float) -> slice:
    return slice(*np.searchsorted(axis.ravel(), (low, high)).tolist())


def _relative(cord: Cord, left: Array, back: Array, height: Array) -> tuple[Array, Array, Array]:
    x, y = np.broadcast_arrays(left, back)
    return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32), cord.reference(height)


def _soft_tissue(x: Array, y: Array, k: Array) -> npt.NDArray[np.uint8]:
    shoulders = np.clip(-70 - k, 0, None)
    face = np.clip((k + 24) / 40, 0, 1)
    half_width = 57 + 1.8 * shoulders + 23 * face
    half_depth = np.where(y < 0, 56 + 54 * face, 58 + 0.4 * shoulders + 14 * face)
    w = np.abs(x)
    r = np.sqrt((w / half_width) ** 2 + (y / half_depth) ** 2)
    tissue = np.full(r.shape, Tissue.AIR, dtype=np.uint8)
    tissue[r < 1] = Tissue.MUSCLE
    tissue[r < 0.985] = Tissue.FAT
    inner = np.where(y > 12, 0.80, 0.86)
    spread = 1 + 0.016 * shoulders + 0.18 * face
    for centre_x, centre_y, half_x, half_y, degrees in MUSCLES:
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        dx, dy = w / spread - centre_x, y / spread - centre_y
        oval = ((c * dx + s * dy) / half_x) ** 2 + ((c * dy - s * dx) / half_y) ** 2
        tissue[(oval < 1) & (r < 0.93)] = Tissue.MUSCLE
    trapezius = (r > inner - 0.10 - 0.02 * np.sin(w / 7)) & (r < inner) & (y > 4 + w / 6) & (w > 1.2)
    tissue[trapezius] = Tissue.MUSCLE
    deltoid = (r < inner - 0.12) & (w > 47) & (np.abs(np.sin(w / 8 + y / 21)) > 0.12) & (k < -66)
    tissue[deltoid] = Tissue.MUSCLE
    tongue = (w / 24) ** 2 + ((y + 64) / 30) ** 2 + ((k - 4) / 23) ** 2
    chewing = ((w - 36) / 13) ** 2 + ((y + 40) / 20) ** 2
    floor = (w < 30) & (y < -38) & (np.abs(k + 12) < 5) & (r < inner)
    tissue[((tongue < 1) & (np.abs(np.sin(w / 4 + y / 17)) > 0.10)) | floor] = Tissue.MUSCLE
    tissue[(chewing < 1) & (k > 0) & (r < inner)] = Tissue.MUSCLE
    ligament = (
        (w < 3.2)
        & (y > 10)
        & (r < inner - 0.06)
        & (np.abs(np.sin(y / 2.9 + k / 7 + 1.3 * np.sin(k / 9))) > 0.12)
    )
    tissue[ligament] = Tissue.MUSCLE
    visceral = ((w / 21) ** 4 + ((y + 37) / 14) ** 4 < 1) & (r < inner)
    tissue[visceral & (np.abs(np.sin(w / 5 - y / 9)) > 0.13)] = Tissue.MUSCLE
    return tissue


def _paint_front(tissue: npt.NDArray[np.uint8], x: Array, y: Array, k: Array) -> None:
    w = np.abs(x)
    in_front = tissue != Tissue.AIR
    below = np.clip((-48 - k) / 8, 0, 1)
    airway_x = 11 - 3 * below
    airway_y = 5.5 + 3 * below
    airway = (x / airway_x) ** 2 + ((y + 34 + 5 * below) / airway_y) ** 2
    tissue[in_front & (airway < 1.5)] = Tissue.MUSCLE
    tissue[in_front & (airway < 1)] = Tissue.AIR
    gullet = (x / 7) ** 2 + ((y + 28) / 3.2) ** 2 < 1
    tissue[in_front & gullet & (k < -45)] = Tissue.MUSCLE
    gland = ((w - 15) / 7) ** 2 + ((y + 36) / 10) ** 2 < 1
    tissue[in_front & gland & (k < -52) & (k > -95)] = Tissue.GLAND
    parotid = ((w - 44) / 9) ** 2 + ((y + 18) / 14) ** 2 < 1
    tissue[in_front & parotid & (k > -8)] = Tissue.GLAND
    arch = np.abs(np.hypot(x / 46, (y + 34) / 60) - 1)
    ramus = (arch < 0.11) & (y < -30) & (k > -16 + 0.22 * (y + 92)) & (k < 12 - 0.5 * (y + 40))
    tissue[in_front & ramus] = Tissue.CORTICAL_BONE
    marrow = ramus & (arch < 0.07)
    tissue[in_front & marrow] = Tissue.MARROW
    for centre_x, centre_y, radius in ((25, -26, 3.3), (30, -22, 5.0)):
        tissue[in_front & ((w - centre_x) ** 2 + (y - centre_y) ** 2 < radius**2)] = Tissue.VESSEL


def _paint_spine(tissue: npt.NDArray[np.uint8], x: Array, y: Array, k: Array) -> None:
    w = np.abs(x)
    inside = tissue != Tissue.AIR
    body = (w / 9.8) ** 3 + (np.abs(y + 16.2) / 8.2) ** 3
    tissue[inside & (body < 1.35) & (k < 12)] = Tissue.CORTICAL_BONE
    heights = np.array(list(DISCS.values())[1:])
    nearest = np.abs(k - heights.reshape((-1,) + (1,) * k.ndim)).min(axis=0)
    dish = 2.1 + 0.7 * np.clip(1 - body, 0, 1)
    column = inside & (body < 1) & (k < 12)
    tissue[column] = Tissue.MARROW
    tissue[column & (nearest < dish + 0.8)] = Tissue.CORTICAL_BONE
    tissue[column & (nearest < dish)] = Tissue.DISC
    dens = (w / 5.2) ** 2 + ((y + 13.5) / 5.2) ** 2 + (np.clip(k - 24, 0, None) / 6) ** 2
    tissue[inside & (k >= 6) & (dens < 1.5)] = Tissue.CORTICAL_BONE
    tissue[inside & (k >= 6) & (dens < 1)] = Tissue.MARROW
    _paint_ring(tissue, x, y, k, inside)
    pillar = ((w - 17) / 6) ** 2 + ((y + 1) / 7) ** 2
    low = -110.0
    tissue[inside & (pillar < 1.25) & (k < 13) & (k > low)] = Tissue.CORTICAL_BONE
    facet = np.abs(k - heights.reshape((-1,) + (1,) * k.ndim) - 0.5 * (y + 1)).min(axis=0) < 1.0
    tissue[inside & (pillar < 0.85) & (k < 13) & ~facet] = Tissue.MARROW
    for name, length in SPINOUS.items():
        upper = DISCS[{"C2": "C1", "T1": "C7"}.get(name, f"C{int(name[1]) - 1}")]
        middle = (DISCS[name] + upper) / 2 - 3 - 0.45 * (y - 9)
        across = (w / 3.4) ** 2 + ((k - middle) / 5.0) ** 2
        along = (y > 9) & (y < 9 + length)
        tissue[inside & along & (across < 1.5)] = Tissue.CORTICAL_BONE
        tissue[inside & along & (across < 1) & (y < 8 + length)] = Tissue.MARROW
        ring = (w / 13.0) ** 2 + (y / 10.5) ** 2
        lamina = inside & (y > 1) & (ring > 0.80) & (ring < 1.45) & (np.abs(k - middle - 4) < 5.5)
        tissue[lamina] = Tissue.CORTICAL_BONE
        tissue[lamina & (ring > 0.98) & (ring < 1.25) & (np.abs(k - middle - 4) < 4.5)] = Tissue.MARROW
    artery = inside & ((w - 16.5) ** 2 + (y + 11) ** 2 < 4.5) & (k > -75)
    tissue[artery] = Tissue.VESSEL


def _paint_ring(tissue: npt.NDArray[np.uint8], x: Array, y: Array, k: Array, inside: Mask) -> None:
    """The atlas: anterior arch, posterior arch and lateral masses."""
    w = np.abs(x)
    middle = (DISCS["C1"] + TOP_OF_C1) / 2
    arch = ((y + 22.0 - 0.02 * x * x) / 2.8) ** 2 + ((k - middle) / 5.5) ** 2
    anterior = inside & (w < 14)
    tissue[anterior & (arch < 1.5)] = Tissue.CORTICAL_BONE
    tissue[anterior & (arch < 0.8)] = Tissue.MARROW
    mass = ((w - 17) / 7) ** 2 + ((y + 8) / 8) ** 2 + ((k - middle) / 7) ** 2
    tissue[inside & (mass < 1.2)] = Tissue.CORTICAL_BONE
    tissue[inside & (mass < 0.9)] = Tissue.MARROW
    back = np.hypot(w / 16.5, y / 14.5)
    posterior = inside & (y > 2)
    ring = ((back - 1.0) / 0.17) ** 2 + ((k - middle + 2) / 4.0) ** 2
    tissue[posterior & (ring < 1.4)] = Tissue.CORTICAL_BONE
    tissue[posterior & (ring < 0.7)] = Tissue.MARROW


def _paint_canal(tissue: npt.NDArray[np.uint8], cord: Cord, left: Array, back: Array, height: Array) -> None:
    k = cord.reference(height)
    middle, half_ap, half_rl = cord.canal.walls(k)
    canal = (left / half_rl) ** 2 + ((back - middle) / half_ap) ** 2 < 1
    tissue[canal & (back >= 0)] = Tissue.FAT
    tissue[canal & (back < 0)] = Tissue.DURA
    front, behind = cord.canal.intrusion(k)
    wall = middle - half_ap
    nearest = np.abs(k - np.array(list(DISCS.values())[1:], dtype=np.float32)).min(axis=-1, keepdims=True)
    standing_out = canal & (back < wall + front + 0.1 * np.abs(left) * (front > 0.4)) & (front > 0.25)
    tissue[standing_out & (nearest < 2.4)] = Tissue.DISC
    tissue[standing_out & (nearest >= 2.4)] = Tissue.CORTICAL_BONE
    tissue[canal & (back > middle + half_ap - behind) & (behind > 0.3)] = Tissue.CORTICAL_BONE
    middle, half_ap, half_rl = cord.canal.sac(k)
    sac = (left / half_rl) ** 2 + ((back - middle) / half_ap) ** 2
    tissue[(sac < 1.12) & canal] = Tissue.DURA
    fluid = sac < 1
    tissue[fluid] = Tissue.FLUID
    u, v = cord.uv(left, back, height)
    _paint_roots(tissue, fluid, u, v, cord, height)
    _, share = cord.section.place(u, v, cord.sunk())
    inside = share <= 1
    tissue[inside] = Tissue.CORD_WHITE
    tissue[inside & cord.section.grey_matter(u, v, k)] = Tissue.CORD_GREY
    tissue[inside & cord.section.fissure(u, v, share)] = Tissue.FISSURE


def _paint_roots(
    tissue: npt.NDArray[np.uint8], fluid: Mask, u: Array, v: Array, cord: Cord, height: Array
) -> None:
    """Anterior and posterior roots on their way through the fluid, where they leave between two vertebrae."""
    exits = np.array(cord.discs, dtype=np.float32) + np.float32(3)
    w = np.abs(u)
    below = height + 4.5 * (w - 0.8)
    leaving = (np.abs(below - exits.reshape((-1,) + (1,) * below.ndim)) < 2.6).any(axis=0)
    path = np.abs(np.abs(v) - np.clip(0.78 - 0.35 * (w - 0.5), 0.2, None)) < 0.10
    tissue[fluid & leaving & path & (w > 0.5)] = Tissue.ROOT
