"""Veins, bleedings and calcifications on susceptibility-weighted images: what is darker than cortex can be.

A vein is a dark tube and a band of cortex a dark sheet: across a tube the signal rises in two directions,
across a sheet in one. The two larger eigenvalues of the Hessian tell them apart (Frangi et al.,
MICCAI 1998:130).

A vein darkens more than itself. Its field falls with the square of the distance over its radius: at three
radii from a vein of 1 mm across B0 it turns the phase at 60 T·ms by .4 rad (half of .45 ppm, a ninth, Larmor
frequency times echo time), by which SWI's mask takes a third of the signal where the field is raised. So what
borders on a vein is no measure of cortex either.
"""

from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, gaussian_filter

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

SCALES_MM = (0.8, 1.3)
TUBE = 0.045
"""Second derivative across a tube in its less curved direction, times the square of the scale, over the
signal of cortex."""
TUBE_TO_SHEET = 0.4
"""Ratio of the curvatures from which it is a tube."""
DIM = 0.93
"""Of the signal of cortex: brighter voxels are not asked about."""
NARROWEST = 0.6
"""Voxels, of the filters across thick slices."""
EXTREME = 0.5
"""Of the signal of cortex: no cortex is as dark; veins, blood, calcium and air are."""
AROUND_EXTREME = 0.75
"""What borders on it and is darker than this belongs to it (its partial volume and blooming)."""
BESIDE_MM = 1.5
"""Three radii of a vein of 1 mm, from the middle of one voxel to that of another (p)."""


def veins_and_beside(
    array: npt.NDArray[np.float32],
    spacing: tuple[float, float, float],
    cortex: float,
    indices: IntArray,
) -> tuple[BoolArray, BoolArray]:
    """Which voxels are a vein's or too dark for cortex, and which are or lie beside such, shape (n,) each.

    A vein counts beside the voxels that are asked for, too. Parameters as of :func:`veins`.
    """
    steps = _ball(spacing)
    last = np.array(array.shape) - 1
    near = np.zeros(array.shape, dtype=bool)
    for step in steps:
        near[tuple(np.clip(indices + step, 0, last).T)] = True
    around = np.argwhere(near)
    dark = np.zeros(array.shape, dtype=bool)
    dark[tuple(around.T)] = veins(array, spacing, cortex, around)
    beside = np.zeros(len(indices), dtype=bool)
    for step in steps:
        beside |= dark[tuple(np.clip(indices + step, 0, last).T)]
    return dark[tuple(indices.T)], beside


def _ball(spacing: tuple[float, float, float]) -> IntArray:
    """Steps to every voxel within reach, shape (n, 3)."""
    reach = [int(BESIDE_MM / step) for step in spacing]
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1)
    steps = steps.reshape(-1, 3)
    return np.asarray(steps[np.linalg.norm(steps * np.array(spacing), axis=1) <= BESIDE_MM], dtype=np.intp)


def veins(
    array: npt.NDArray[np.float32],
    spacing: tuple[float, float, float],
    cortex: float,
    indices: IntArray,
) -> BoolArray:
    """Which voxels are a vein's, or too dark for cortex.

    Parameters
    ----------
    array
        Shape (slices, rows, columns).
    spacing
        Millimetres between slices, rows and columns.
    cortex
        Usual signal of cortex.
    indices
        Shape (n, 3), of the voxels that are asked for.

    Returns
    -------
    Shape (n,).
    """
    place = tuple(indices.T)
    relative = array / np.float32(cortex)
    own = relative[place]
    found = np.zeros(len(own), dtype=bool)
    dim = np.flatnonzero(own < DIM)
    for scale in SCALES_MM:
        across, sheet = _curvatures(relative, spacing, scale, indices[dim])
        found[dim] |= (across > TUBE) & (across > TUBE_TO_SHEET * sheet)
    extreme = relative < EXTREME
    beside = binary_dilation(extreme)[place] & (own < AROUND_EXTREME)
    return np.asarray(found | extreme[place] | beside)


def _curvatures(
    array: npt.NDArray[np.float32], spacing: tuple[float, float, float], scale: float, indices: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Middle and largest eigenvalue of the Hessian at a scale (mm), times its square, of some voxels."""
    widths = [max(scale / step, NARROWEST) for step in spacing]
    hessian = np.empty((len(indices), 3, 3))
    for row, column in combinations_with_replacement(range(3), 2):
        order = [int(axis == row) + int(axis == column) for axis in range(3)]
        second = gaussian_filter(array, widths, order=order)[tuple(indices.T)]
        hessian[:, row, column] = hessian[:, column, row] = second * widths[row] * widths[column]
    values: FloatArray = np.linalg.eigvalsh(hessian).astype(np.float64)
    return values[:, 1], values[:, 2]
