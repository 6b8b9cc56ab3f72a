"""One series of a study brought to another: a rigid map, from the scanner's coordinates."""

import itertools

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain.mutual_information import climb, samples, target
from processors.brain.patient_space import bounds, extent, on_grid, robust_range, to_image
from processors.brain.registration import Registration, RegistrationError, affine_transform
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

LEVELS = ((4.0, 2, 3.0), (2.0, 2, 1.0))
"""Spacing (mm), every which voxel is sampled, first step (mm)."""
MIN_SAMPLES = 500


def coregister(volume: Volume, anchor: Registration, start: FloatArray) -> tuple[float, FloatArray]:
    """The rigid map from a volume to the patient space of a registered one.

    Parameters
    ----------
    start
        Where to start from, LPS matrix of shape (4, 4); the identity where both share the scanner's
        coordinates.

    Returns
    -------
    The normalised mutual information beyond chance, and the map, LPS matrix of shape (4, 4).

    Raises
    ------
    RegistrationError
        If the two do not overlap.
    """
    image = sitk.Clamp(to_image(volume), sitk.sitkFloat32, *robust_range(volume.array))
    reached, agreement = start, 0.0
    for spacing, stride, step in LEVELS:
        fixed = _overlap(image, volume, anchor.subject, reached, spacing)
        mask = sitk.Resample(anchor.brain, fixed, affine_transform(reached), sitk.sitkNearestNeighbor)
        chosen = samples(fixed, sitk.GetArrayFromImage(mask) > 0, stride)
        if len(chosen.bins) < MIN_SAMPLES:
            raise RegistrationError("the series do not overlap")
        moving = on_grid(anchor.subject, *bounds(anchor.subject), spacing)
        agreement, reached = climb(chosen, target(moving), reached, 6, step)
    return agreement, reached


def _overlap(
    image: sitk.Image, volume: Volume, anchor: sitk.Image, to_anchor: FloatArray, spacing: float
) -> sitk.Image:
    """The part of a volume that the anchor's brain may lie in, on an isotropic grid."""
    back = np.linalg.inv(to_anchor)
    corners = np.array(list(itertools.product(*zip(*bounds(anchor), strict=True))))
    corners = corners @ back[:3, :3].T + back[:3, 3]
    seen = extent(volume)
    low, high = np.maximum(corners.min(axis=0), seen[0]), np.minimum(corners.max(axis=0), seen[1])
    return on_grid(image, low, np.maximum(high, low + spacing), spacing)
