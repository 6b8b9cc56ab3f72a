"""Between a volume's array and SimpleITK images in the patient's LPS millimetres."""

import itertools

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import map_coordinates

from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

SMOOTHED = 0.4
"""Standard deviation of the smoothing for a grid, in its spacings."""


def to_image(volume: Volume) -> sitk.Image:
    """The volume as a SimpleITK image at the same place in the patient.

    The direction is made orthonormal (nearest rotation or reflection), which ITK demands and which
    differs from the affine by rounding only, unless the gantry was tilted.
    """
    columns = volume.affine[:3, 2::-1]
    left, _, right = np.linalg.svd(columns / np.linalg.norm(columns, axis=0))
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array, dtype=np.float32))
    image.SetSpacing([float(s) for s in np.linalg.norm(columns, axis=0)])
    image.SetDirection((left @ right).ravel().tolist())
    image.SetOrigin(volume.affine[:3, 3].tolist())
    return image


def extent(volume: Volume) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest LPS coordinate of the volume's voxel centres."""
    last = np.array(volume.array.shape) - 1
    corners = np.array(np.meshgrid(*((0, n) for n in last), indexing="ij")).reshape(3, -1)
    at = volume.affine[:3, :3] @ corners + volume.affine[:3, 3:]
    return at.min(axis=1), at.max(axis=1)


def bounds(image: sitk.Image) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest LPS coordinate of an image's voxel centres."""
    corners = itertools.product(*((0, n - 1) for n in image.GetSize()))
    at = np.array([image.TransformIndexToPhysicalPoint(corner) for corner in corners])
    return at.min(axis=0), at.max(axis=0)


def robust_range(array: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Nearly the darkest and nearly the brightest signal, from a sparse sample of the voxels."""
    low, high = np.percentile(array[::2, ::4, ::4], (1, 99.7))
    return float(low), float(max(high, low + 1e-6))


def on_grid(image: sitk.Image, low: FloatArray, high: FloatArray, spacing: float) -> sitk.Image:
    """The image smoothed for, and resampled on, an axis-aligned LPS grid with isotropic spacing (mm)."""
    smooth = image
    for axis, step in enumerate(image.GetSpacing()):
        if step < spacing:
            smooth = sitk.RecursiveGaussian(smooth, SMOOTHED * spacing, direction=axis)
    size = [max(4, int(np.ceil((b - a) / spacing)) + 1) for a, b in zip(low, high, strict=True)]
    return sitk.Resample(
        smooth,
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        low.tolist(),
        [spacing] * 3,
        np.eye(3).ravel().tolist(),
        0.0,
    )


def points_of(affine: FloatArray, indices: FloatArray) -> FloatArray:
    """LPS millimetres, shape (n, 3), of array indices (slice, row, column), shape (n, 3)."""
    return np.asarray(indices @ affine[:3, :3].T + affine[:3, 3])


def points_of_grid(image: sitk.Image) -> FloatArray:
    """LPS millimetres, shape (n, 3), of every voxel of an image, in the order of its array."""
    indices = np.indices(image.GetSize()[::-1], dtype=np.float64).reshape(3, -1)[::-1]
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    return np.asarray((direction @ indices).T + image.GetOrigin())


def index_at(image: sitk.Image, points: FloatArray) -> FloatArray:
    """Array indices (z, y, x), shape (3, n), of LPS points of shape (n, 3)."""
    direction = np.array(image.GetDirection()).reshape(3, 3)
    to_index = np.linalg.inv(direction * image.GetSpacing())[::-1]
    return np.asarray(to_index @ (points - image.GetOrigin()).T)


def sample(image: sitk.Image, points: FloatArray) -> FloatArray:
    """Linear interpolation of an image (scalar or vector) at LPS points of shape (n, 3); 0 outside."""
    index = index_at(image, points)
    array = sitk.GetArrayViewFromImage(image)
    if array.ndim == 3:
        return np.asarray(map_coordinates(array, index, order=1, output=np.float64))
    components = [
        map_coordinates(array[..., c], index, order=1, output=np.float64) for c in range(array.shape[-1])
    ]
    return np.stack(components, axis=1)
