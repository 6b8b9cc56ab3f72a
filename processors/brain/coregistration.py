"""One series of a study brought to another: a rigid map, from the scanner's coordinates."""

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain.mutual_information import best_rigid, samples, target
from processors.brain.patient_space import extent, on_grid, robust_range, to_image
from processors.brain.registration import Registration, RegistrationError
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

COARSE_MM, FINE_MM = 4.0, 2.0
STRIDES = (2, 2)
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
    The normalised mutual information, 1 to 2, and the map, LPS matrix of shape (4, 4).

    Raises
    ------
    RegistrationError
        If the two do not overlap.
    """
    image = sitk.Clamp(to_image(volume), sitk.sitkFloat32, *robust_range(volume.array))
    reached, agreement = start, 0.0
    for spacing, stride in zip((COARSE_MM, FINE_MM), STRIDES, strict=True):
        fixed = _overlap(image, volume, anchor.subject, reached, spacing)
        mask = sitk.Resample(anchor.brain, fixed, _affine(reached), sitk.sitkNearestNeighbor)
        chosen = samples(fixed, sitk.GetArrayFromImage(mask) > 0, stride)
        if len(chosen.bins) < MIN_SAMPLES:
            raise RegistrationError("the series do not overlap")
        moving = on_grid_of(anchor.subject, spacing)
        agreement, reached = best_rigid(chosen, target(moving), reached)
    return agreement, reached


def on_grid_of(image: sitk.Image, spacing: float) -> sitk.Image:
    """An axis-aligned image at another spacing (mm)."""
    low = np.array(image.GetOrigin())
    high = low + (np.array(image.GetSize()) - 1) * image.GetSpacing()
    return on_grid(image, low, high, spacing)


def _overlap(
    image: sitk.Image, volume: Volume, anchor: sitk.Image, to_anchor: FloatArray, spacing: float
) -> sitk.Image:
    """The part of a volume that the anchor's brain may lie in, on an isotropic grid."""
    back = np.linalg.inv(to_anchor)
    corners = _corners(anchor) @ back[:3, :3].T + back[:3, 3]
    seen = extent(volume)
    low, high = np.maximum(corners.min(axis=0), seen[0]), np.minimum(corners.max(axis=0), seen[1])
    return on_grid(image, low, np.maximum(high, low + spacing), spacing)


def _affine(matrix: FloatArray) -> sitk.Transform:
    return sitk.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist())


def _corners(image: sitk.Image) -> FloatArray:
    size = np.array(image.GetSize()) - 1
    corners = np.array(np.meshgrid(*((0, n) for n in size), indexing="ij")).reshape(3, -1).T
    return np.asarray([image.TransformIndexToPhysicalPoint(corner.tolist()) for corner in corners])
