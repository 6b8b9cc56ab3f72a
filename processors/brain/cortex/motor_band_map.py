"""The banks of the central sulcus and of its neighbours in the voxels of a susceptibility-weighted series.

A bank is the cortex on one side of a sulcus. Every bank is cut out alike, by its distance from the middle of
the sulcus, so that what is measured of one can be compared with what is measured of another.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, zoom
from scipy.spatial import cKDTree

from processors.brain.cortex.sulcus import Sulcus
from processors.brain.patient_space import points_of
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

INNER_MM, OUTER_MM = 0.25, 4.0
"""A bank, with some fluid and white matter on either side of its cortex, lies that far from the middle of the
sulcus."""
WHITE_MM = (4.0, 7.0)
"""White matter below a bank, from the middle of the sulcus."""
FINER = 2
"""How many times finer than the sheet's own nodes a voxel's place on it is told."""
ASIDE_MM = 1.5
"""So far beside a node of the sheet, along it, a voxel may lie: what is beyond lies past the sheet's edge."""
MARGIN_MM = 10.0
CELL_MM = 4.0
DEPTHS_MM = (2.0, 16.0)
"""Of the sulcus: above lie the crown and the vessels on it, below its floor."""
MIN_AGREEMENT = 0.3
"""Of a node that counts as the sulcus."""


class Bank(IntEnum):
    """The cortex on one side of a sulcus."""

    POSTERIOR_PRECENTRAL = 1
    POSTCENTRAL = 2
    ANTERIOR_PRECENTRAL = 3
    FRONTAL = 4
    POSTERIOR_POSTCENTRAL = 5
    PARIETAL = 6


@dataclass(frozen=True, slots=True, eq=False)
class Sulci:
    """The central sulcus of one side, and what lies in front and behind; all have the same nodes."""

    central: Sulcus
    front: Sulcus
    behind: Sulcus


@dataclass(frozen=True, slots=True, eq=False)
class BankMap:
    """Voxels of one side in the banks of three sulci.

    Attributes
    ----------
    indices
        Shape (n, 3): slice, row, column.
    bank
        Shape (n,): a :class:`Bank`; 0 for white matter of the precentral gyrus.
    position, depth
        Shape (n,): node of the sulcus that is nearest, along it and down it.
    away_mm
        Shape (n,): from the middle of the sulcus.
    reached
        Shape (positions,): share of the bank's place that lies inside the images.
    sound
        Shape (positions,): whether the central sulcus shows there.
    """

    side: Side
    indices: IntArray
    bank: IntArray
    position: IntArray
    depth: IntArray
    away_mm: FloatArray
    reached: FloatArray
    sound: npt.NDArray[np.bool_]


def map_banks(volume: Volume, to_anchor: FloatArray, sulci: Sulci, side: Side) -> BankMap:
    """Find the voxels of every bank of one side; no voxel belongs to two."""
    central = sulci.central
    sheets = [sulcus.sheet.points for sulcus in (central, sulci.front, sulci.behind)]
    indices = _near(volume, to_anchor, np.concatenate([points.reshape(-1, 3) for points in sheets]))
    affine = to_anchor @ volume.affine
    at = points_of(affine, indices.astype(np.float64))
    bank = np.full(len(at), -1, dtype=np.intp)
    position, depth = np.zeros(len(at), dtype=np.intp), np.zeros(len(at), dtype=np.intp)
    taken = np.full(len(at), np.inf)
    pairs = (
        (central, Bank.POSTERIOR_PRECENTRAL, Bank.POSTCENTRAL),
        (sulci.front, Bank.FRONTAL, Bank.ANTERIOR_PRECENTRAL),
        (sulci.behind, Bank.PARIETAL, Bank.POSTERIOR_POSTCENTRAL),
    )
    for sulcus, beyond, before in pairs:
        place, down, signed, clear = _on_sheet(sulcus, at, WHITE_MM[1] if sulcus is central else OUTER_MM)
        away = np.abs(signed)
        inside = clear & (away > INNER_MM) & (away < OUTER_MM) & (away < taken)
        taken[inside] = away[inside]
        bank[inside] = np.where(signed[inside] > 0, beyond, before)
        position[inside], depth[inside] = place[inside], down[inside]
        if sulcus is central:
            white = clear & (signed >= WHITE_MM[0]) & (signed < WHITE_MM[1])
            bank[white], position[white], depth[white] = 0, place[white], down[white]
    kept = bank >= 0
    return BankMap(
        side,
        indices[kept],
        bank[kept],
        position[kept],
        depth[kept],
        taken[kept],
        _reached(volume, to_anchor, central),
        _clear(central).mean(axis=1) >= 0.4,
    )


def _deep(depth_mm: FloatArray) -> npt.NDArray[np.bool_]:
    return (depth_mm >= DEPTHS_MM[0]) & (depth_mm <= DEPTHS_MM[1])


def _clear(sulcus: Sulcus) -> npt.NDArray[np.bool_]:
    """Shape (positions, depths within the range): where the sulcus shows."""
    return np.asarray(sulcus.agreement[:, _deep(sulcus.sheet.depth_mm)] >= MIN_AGREEMENT)


def _near(volume: Volume, to_anchor: FloatArray, points: FloatArray) -> IntArray:
    """Voxels near points of some sheets, shape (n, 3), by the cells of a lattice that hold them."""
    affine = to_anchor @ volume.affine
    index = np.linalg.inv(affine)
    low, high = points.min(axis=0) - MARGIN_MM, points.max(axis=0) + MARGIN_MM
    corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1)
    at = index[:3, :3] @ corners + index[:3, 3:]
    first = np.clip(np.floor(at.min(axis=1)).astype(int), 0, volume.array.shape)
    last = np.clip(np.ceil(at.max(axis=1)).astype(int) + 1, 0, volume.array.shape)
    cells = np.zeros(np.ceil((high - low) / CELL_MM).astype(int) + 1, dtype=bool)
    cells[tuple(((points - low) / CELL_MM).astype(int).T)] = True
    cells = binary_dilation(cells, np.ones((3, 3, 3)), iterations=2)
    box = np.indices(np.maximum(last - first, 0)).reshape(3, -1).T + first
    cell = np.floor((points_of(affine, box.astype(np.float64)) - low) / CELL_MM).astype(int)
    inside = np.all((cell >= 0) & (cell < cells.shape), axis=1)
    inside[inside] = cells[tuple(cell[inside].T)]
    return np.asarray(box[inside], dtype=np.intp)


def _on_sheet(
    sulcus: Sulcus, at: FloatArray, off_mm: float
) -> tuple[IntArray, IntArray, FloatArray, npt.NDArray[np.bool_]]:
    """Node along and down, signed distance along the normal, and whether the sulcus shows there.

    What lies farther off the sheet than a distance shows none.
    """
    rows, columns = sulcus.displacement_mm.shape
    fine = (FINER * (rows - 1) + 1, FINER * (columns - 1) + 1)
    points, normals = (_finer(values, fine) for values in (sulcus.sheet.points, sulcus.normals))
    tree = cKDTree(points.reshape(-1, 3))
    away, nearest = tree.query(at, distance_upper_bound=float(np.hypot(off_mm, ASIDE_MM)))
    found = np.isfinite(away)
    nearest = np.where(found, nearest, 0)
    offset = at - points.reshape(-1, 3)[nearest]
    signed = (offset * normals.reshape(-1, 3)[nearest]).sum(axis=1)
    aside = np.sqrt(np.maximum(away**2 - signed**2, 0.0), where=found, out=np.full(len(at), np.inf))
    place, down = np.unravel_index(nearest, fine)
    place, down = (place + FINER // 2) // FINER, (down + FINER // 2) // FINER
    depth = sulcus.sheet.depth_mm[down]
    clear = found & (aside < ASIDE_MM) & _deep(depth) & (sulcus.agreement[place, down] >= MIN_AGREEMENT)
    return place, down, signed, clear


def _finer(values: FloatArray, shape: tuple[int, int]) -> FloatArray:
    return np.stack(
        [
            zoom(values[..., axis], np.divide(shape, values.shape[:2]), order=1, grid_mode=False)
            for axis in range(3)
        ],
        axis=-1,
    )


def _reached(volume: Volume, to_anchor: FloatArray, sulcus: Sulcus) -> FloatArray:
    """Share of the posterior bank's nodes inside the images, shape (positions,)."""
    deep = _deep(sulcus.sheet.depth_mm)
    points = (sulcus.sheet.points + OUTER_MM / 2 * sulcus.normals)[:, deep]
    index = np.linalg.inv(to_anchor @ volume.affine)
    at = points @ index[:3, :3].T + index[:3, 3]
    inside = np.all((at >= -0.5) & (at <= np.array(volume.array.shape) - 0.5), axis=-1)
    return np.asarray(inside.mean(axis=1))
