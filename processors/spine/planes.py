"""Planes across the cord: the slices of an axial series, or resampled across any other one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, map_coordinates

from processors.acquisition import Plane
from processors.volume import Volume

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

THICK_SLICES = 1.6
"""Slices further apart than this many pixels are kept as they are, and not resampled across."""

ANTERIOR = np.array([0.0, -1.0, 0.0])
LEFT = np.array([1.0, 0.0, 0.0])
DOWN = np.array([0.0, 0.0, -1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Planes of one size, from the top of the patient down.

    Attributes
    ----------
    origin
        Shape (n, 3): LPS millimetres of the point that row 0 and column 0 of the plane's grid fall on.
    left, front
        Shape (n, 3): unit vectors towards the patient's left (along the columns) and front (against rows).
    slices
        Shape (n,): index of the slice in the volume; -1 where a plane is none.
    """

    origin: FloatArray
    left: FloatArray
    front: FloatArray
    slices: npt.NDArray[np.intp]

    def points(self, left_mm: FloatArray, front_mm: FloatArray) -> FloatArray:
        """LPS millimetres, shape (n, ..., 3), of offsets in the plane that broadcast to (n, ...)."""
        axes = (slice(None),) + (None,) * (np.ndim(left_mm) - 1)
        return np.asarray(
            self.origin[axes]
            + np.asarray(left_mm)[..., None] * self.left[axes]
            + np.asarray(front_mm)[..., None] * self.front[axes]
        )


def across(directions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Left and front, shape (n, 3), of planes with these downward normals of shape (n, 3)."""
    front = ANTERIOR - (directions @ ANTERIOR)[:, None] * directions
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    return np.cross(front, directions), front


def is_axial(volume: Volume) -> bool:
    """Whether the slices cut the neck across and are too far apart to be resampled."""
    normal = np.cross(volume.affine[:3, 1], volume.affine[:3, 2])
    spacing = volume.spacing
    upright = abs(normal[2]) > np.cos(np.deg2rad(50)) * np.linalg.norm(normal)
    return bool(upright and (volume.plane is Plane.AXIAL or spacing[0] > THICK_SLICES * max(spacing[1:])))


def slice_planes(volume: Volume) -> Planes:
    """The slices of an axial volume from the top down, their origin in the middle of the images."""
    count, rows, columns = volume.array.shape
    normal = np.cross(volume.affine[:3, 1], volume.affine[:3, 2])
    normal *= np.sign(normal @ DOWN) / np.linalg.norm(normal)
    middle = np.stack([np.arange(count), np.full(count, (rows - 1) / 2), np.full(count, (columns - 1) / 2)])
    origin = (volume.affine[:3, :3] @ middle).T + volume.affine[:3, 3]
    order = np.argsort(origin @ normal)
    left, front = across(np.tile(normal, (count, 1)))
    return Planes(origin[order], left, front, order.astype(np.intp))


def level_planes(volume: Volume, step: float) -> Planes:
    """Planes of equal height through any volume, a step (mm) apart, from the top down."""
    last = np.array(volume.array.shape) - 1
    corners = np.stack(np.meshgrid(*((0, n) for n in last), indexing="ij")).reshape(3, -1)
    at = (volume.affine[:3, :3] @ corners).T + volume.affine[:3, 3]
    middle, low, high = at.mean(axis=0), at[:, 2].min(), at[:, 2].max()
    heights = np.arange(high, low - 1e-3, -step)
    origin = np.column_stack([np.full(len(heights), middle[0]), np.full(len(heights), middle[1]), heights])
    left, front = across(np.tile(DOWN, (len(heights), 1)))
    return Planes(origin, left, front, np.full(len(heights), -1))


def local_line(
    at: FloatArray, values: FloatArray, weight: FloatArray, wanted: FloatArray, width: float
) -> tuple[FloatArray, FloatArray]:
    """Local linear regression of values of shape (n, c): values and slopes, shape (m, c), where wanted."""
    offset = at[None] - wanted[:, None]
    kernel = weight * np.exp(-0.5 * (offset / width) ** 2) + 1e-9 * weight
    total = kernel.sum(axis=1, keepdims=True)
    mean_at = (kernel * offset).sum(axis=1, keepdims=True) / total
    mean = kernel @ values / total
    spread = (kernel * (offset - mean_at) ** 2).sum(axis=1, keepdims=True) + 1e-6 * total
    slope = (kernel * (offset - mean_at)) @ values / spread
    return mean - slope * mean_at, slope


def perpendicular(points: FloatArray, step: float) -> Planes:
    """Planes across a line of points, shape (n, 3) from the top down, a step (mm) apart."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    wanted = np.arange(0, length[-1], step)
    origin, slope = local_line(length, points, np.ones(len(length)), wanted, 3.0)
    left, front = across(slope / np.linalg.norm(slope, axis=1, keepdims=True))
    return Planes(origin, left, front, np.full(len(wanted), -1))


def extent(volume: Volume, planes: Planes) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far the voxels reach in the planes' left and front directions, about the planes' origin."""
    last = np.array(volume.array.shape) - 1
    corners = np.stack(np.meshgrid(*((0, n) for n in last), indexing="ij")).reshape(3, -1)
    at = (volume.affine[:3, :3] @ corners).T + volume.affine[:3, 3] - planes.origin.mean(axis=0)
    left, front = at @ planes.left[0], at @ planes.front[0]
    return (float(left.min()), float(left.max())), (float(front.min()), float(front.max()))


def smoothed(volume: Volume, sigma_mm: float) -> Array:
    """The voxels smoothed along each axis that is sampled more finely than the given width."""
    array = volume.array
    for axis, step in enumerate(volume.spacing):
        if step < 2 * sigma_mm:
            array = gaussian_filter1d(array, sigma_mm / step, axis=axis, mode="nearest")
    return array


def sampled(array: Array, affine: FloatArray, points: FloatArray) -> Array:
    """Linear interpolation at LPS points of shape (..., 3); NaN further than half a voxel off the edge."""
    values, inside = nearest(array, affine, points)
    return np.where(inside, values, np.float32(np.nan))


def nearest(array: Array, affine: FloatArray, points: FloatArray) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Linear interpolation at LPS points of shape (..., 3), continued beyond the edge; whether inside."""
    index = np.linalg.solve(affine[:3, :3], (points.reshape(-1, 3) - affine[:3, 3]).T)
    last = np.array(array.shape)[:, None] - 1
    values = map_coordinates(array, index, order=1, mode="nearest", output=np.float32)
    inside = np.asarray(((index >= -0.5) & (index <= last + 0.5)).all(axis=0))
    shape = points.shape[:-1]
    return np.asarray(values.reshape(shape)), np.asarray(inside.reshape(shape))
