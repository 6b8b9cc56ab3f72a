"""How far the atlas would move for a better agreement with a series."""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.sparse import csr_array

from processors.brain.alignment.tissue_model import tissue_maps
from processors.brain.patient_space import index_at

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

STEP_VOXELS = 2
"""Of the atlas, by which it is moved to see: as moves of whole voxels need no new interpolation."""
FAR_MM = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class TissuesAround:
    """The atlas' tissue at points of its brain, and at the same points some whole voxels away.

    Attributes
    ----------
    weights
        Shape (n, voxels of the padded maps), of the eight voxels around each point.
    """

    weights: csr_array

    def at(self, move: tuple[int, int, int] = (0, 0, 0)) -> FloatArray:
        """White matter, grey matter and fluid, shape (n, 3), as many voxels away along z, y and x.

        At most :data:`STEP_VOXELS` along one of them.
        """
        table, strides = _table()
        start = STEP_VOXELS * strides[0] + int(np.dot(move, strides))
        return np.asarray(self.weights @ table[start : start + self.weights.shape[1]])


def tissues_around(at: FloatArray) -> TissuesAround:
    """The tissue around atlas LPS points inside the atlas, millimetres, shape (n, 3)."""
    maps = tissue_maps()
    _, strides = _table()
    index = index_at(maps, at)
    below = np.floor(index).astype(np.int32)
    above = index - below
    first = np.dot(strides, below + STEP_VOXELS)
    corners = np.array(list(itertools.product((0, 1), repeat=3)))
    shares = np.stack([1 - above, above])
    weights = np.stack([shares[z, 0] * shares[y, 1] * shares[x, 2] for z, y, x in corners], axis=1)
    voxels = (first[:, None] + corners @ strides).astype(np.int32)
    size = int(np.prod(_padded_shape(maps)))
    starts = np.arange(0, weights.size + 1, len(corners), dtype=np.int32)
    return TissuesAround(csr_array((weights.ravel(), voxels.ravel(), starts), shape=(len(at), size)))


def slip_mm(even: FloatArray, at: FloatArray, around: TissuesAround) -> float:
    """How far the atlas would move for a better agreement: the most of the halves of the brain.

    Parameters
    ----------
    even
        Shape (n,), the signal without its shading.
    at
        Shape (n, 3), where it lies in the atlas, LPS millimetres.
    around
        As of :func:`tissues_around` there.
    """
    octant = (at > np.median(at, axis=0)) @ np.array([1, 2, 4])
    order = np.argsort(octant, kind="stable")
    ends = np.searchsorted(octant[order], np.arange(9))
    parts = [order[start:end] for start, end in itertools.pairwise(ends)]
    signals = [even[part] - even.mean() for part in parts]

    def agreements(move: tuple[int, int, int]) -> FloatArray:
        tissues = around.at(move)
        moments = np.array(
            [_moments(signal, tissues[part]) for signal, part in zip(signals, parts, strict=True)]
        )
        halves = [
            moments[(np.arange(8) >> axis & 1) == side].sum(axis=0) for axis in range(3) for side in (0, 1)
        ]
        return np.array([_agreement(half) for half in halves])

    base = agreements((0, 0, 0))
    voxel_mm = np.array(tissue_maps().GetSpacing()[::-1])
    best = np.zeros((len(base), 3))
    for axis, step in enumerate(STEP_VOXELS * voxel_mm):
        move = (STEP_VOXELS * np.eye(3, dtype=int)[axis]).tolist()
        before, after = agreements(tuple(-m for m in move)), agreements(tuple(move))
        curve = 2 * base - before - after
        with np.errstate(divide="ignore", invalid="ignore"):
            best[:, axis] = np.where(
                curve > 0, step * (after - before) / (2 * curve), np.sign(after - before) * FAR_MM
            )
    return float(np.linalg.norm(np.clip(np.nan_to_num(best), -FAR_MM, FAR_MM), axis=1).max())


def _moments(signal: FloatArray, tissues: FloatArray) -> FloatArray:
    """Sums of the products of one, three tissues and a signal, shape (5, 5)."""
    terms = np.column_stack([np.ones(len(signal)), tissues, signal])
    return np.asarray(terms.T @ terms)


def _agreement(moments: FloatArray) -> float:
    """Share of the variance that the tissues explain."""
    sums = moments[0]
    about_mean = moments[1:, 1:] - np.outer(sums[1:], sums[1:]) / max(sums[0], 1.0)
    square, shared, whole = about_mean[:3, :3], about_mean[:3, 3], about_mean[3, 3]
    weights, *_ = np.linalg.lstsq(square, shared, rcond=None)
    return float(weights @ shared / max(whole, 1e-12))


@cache
def _table() -> tuple[FloatArray, IntArray]:
    """The tissue maps with nothing around them, shape (voxels, 3), and the strides of z, y and x.

    Nothing lies before and after them as well, as far as a move may reach. To be read only.
    """
    maps = tissue_maps()
    array = np.pad(
        sitk.GetArrayViewFromImage(maps), [(2 * STEP_VOXELS,) * 2] + [(STEP_VOXELS,) * 2] * 2 + [(0, 0)]
    )
    _, rows, columns = _padded_shape(maps)
    table = array.reshape(-1, array.shape[-1]).astype(np.float64)
    table.setflags(write=False)
    return table, np.array([rows * columns, columns, 1])


def _padded_shape(maps: sitk.Image) -> tuple[int, ...]:
    return tuple(count + 2 * STEP_VOXELS for count in maps.GetSize()[::-1])
