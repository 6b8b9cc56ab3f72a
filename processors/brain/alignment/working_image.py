"""A series at the resolution it is aligned at: smoothed and resampled once, whatever it serves for."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain import atlas
from processors.brain.patient_space import SMOOTHED, bounds, extent, on_grid, robust_range, to_image
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

THREADS = 2
"""That an alignment may keep busy at a time."""
WORKING_MM = 2.0


@cache
def start_toolkit() -> None:
    """Have SimpleITK make what it makes once in a process, before threads use it.

    ITK keeps these objects in a map without a lock, and two threads that first use it at once may end the
    process (InsightSoftwareConsortium/ITK, issue 5493). So one small image takes the way of a series.
    """
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(THREADS)
    part = atlas.image("icbm_white_matter")[:8, :8, :8]
    small = coarser(sitk.Clamp(part, sitk.sitkFloat32), 2 * part.GetSpacing()[0])
    sitk.Mask(small, sitk.OtsuThreshold(small, 0, 1))


def working_image(volume: Volume, spacing: float = WORKING_MM) -> sitk.Image:
    """The volume on an axis-aligned isotropic LPS grid (mm), its very brightest voxels cut."""
    image = sitk.Clamp(to_image(volume), sitk.sitkFloat32, *robust_range(volume.array))
    return on_grid(image, *extent(volume), spacing)


def coarser(image: sitk.Image, spacing: float) -> sitk.Image:
    """The same on an isotropic grid of a larger spacing (mm) over the same extent.

    It is smoothed by what the first smoothing lacks: variances of Gaussians add.
    """
    sigma = SMOOTHED * math.sqrt(spacing**2 - image.GetSpacing()[0] ** 2)
    low, high = bounds(image)
    size = [max(4, math.ceil(round((b - a) / spacing, 6)) + 1) for a, b in zip(low, high, strict=True)]
    return sitk.Resample(
        sitk.SmoothingRecursiveGaussian(image, sigma),
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        low.tolist(),
        [spacing] * 3,
        image.GetDirection(),
        0.0,
    )


def part_of(image: sitk.Image, low: FloatArray, high: FloatArray) -> sitk.Image:
    """The voxels of an axis-aligned image between two LPS corners (mm), at least four along each axis."""
    spacing, count = image.GetSpacing()[0], np.array(image.GetSize())
    first, last = ((np.asarray(corner) - image.GetOrigin()) / spacing for corner in (low, high))
    first = np.clip(np.floor(first).astype(int), 0, np.maximum(count - 4, 0))
    last = np.clip(np.ceil(last).astype(int), np.minimum(first + 3, count - 1), count - 1)
    part: sitk.Image = image[tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))]
    return part
