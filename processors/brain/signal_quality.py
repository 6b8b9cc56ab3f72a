"""How even and how noisy the signal of white matter is."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

MIN_VOXELS = 30


def spread(values: FloatArray) -> float:
    """Robust coefficient of variation: IQR-based SD over median; infinite with fewer than 30 values."""
    if len(values) < MIN_VOXELS or (middle := float(np.median(values))) <= 0:
        return float("inf")
    low, high = np.percentile(values, (25, 75))
    return float((high - low) / 1.349 / middle)


def signal_to_noise(array: npt.NDArray[np.float32], indices: IntArray) -> float:
    """Median signal over the noise of the differences between neighbours in the plane.

    Parameters
    ----------
    array
        Shape (slices, rows, columns).
    indices
        Shape (n, 3), of voxels in even tissue; 0 is returned for fewer than 30.
    """
    if len(indices) < MIN_VOXELS:
        return 0.0
    s, r, c = indices.T
    beyond = np.minimum(c + 1, array.shape[2] - 1)
    difference = array[s, r, c].astype(np.float64) - array[s, r, beyond]
    noise = 1.4826 * float(np.median(np.abs(difference))) / np.sqrt(2)
    return float(np.median(array[s, r, c]) / max(noise, 1e-6))
