"""Veins, bleedings and calcifications on susceptibility-weighted images: what is darker than cortex can be.

A vein is a dark tube and a band of cortex a dark sheet: across a tube the signal rises in two directions,
across a sheet in one. The two larger eigenvalues of the Hessian tell them apart (Frangi et al.,
MICCAI 1998:130).
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, gaussian_filter

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SCALES_MM = (0.8, 1.3)
TUBE = 0.055
"""Second derivative across a tube in its less curved direction, times the square of the scale, over the
signal of cortex."""
TUBE_TO_SHEET = 0.4
"""Ratio of the curvatures from which it is a tube."""
EXTREME = 0.5
"""Of the signal of cortex: no cortex is as dark; veins, blood, calcium and air are."""
AROUND_EXTREME = 0.75
"""What borders on it and is darker than this belongs to it (its partial volume and blooming)."""


def veins(array: npt.NDArray[np.float32], spacing: tuple[float, float, float], cortex: float) -> BoolArray:
    """Which voxels are a vein's, or too dark for cortex.

    Parameters
    ----------
    array
        Shape (slices, rows, columns).
    spacing
        Millimetres between slices, rows and columns.
    cortex
        Usual signal of cortex.

    Returns
    -------
    Of the array's shape.
    """
    found = np.zeros(array.shape, dtype=bool)
    for scale in SCALES_MM:
        across, sheet = _curvatures(array.astype(np.float64) / cortex, spacing, scale)
        found |= (across > TUBE) & (across > TUBE_TO_SHEET * sheet)
    dark = array < EXTREME * cortex
    around = binary_dilation(dark, iterations=1) & (array < AROUND_EXTREME * cortex)
    return np.asarray(found & (array < 0.95 * cortex) | dark | around)


def _curvatures(
    array: FloatArray, spacing: tuple[float, float, float], scale: float
) -> tuple[FloatArray, FloatArray]:
    """Middle and largest eigenvalue of the Hessian at a scale (mm), in units of the array."""
    smooth = gaussian_filter(array, [max(scale / step, 0.4) for step in spacing])
    first = np.gradient(smooth, *spacing)
    hessian = np.empty((*array.shape, 3, 3))
    for row in range(3):
        second = np.gradient(first[row], *spacing)
        for column in range(3):
            hessian[..., row, column] = second[column]
    values = np.linalg.eigvalsh(hessian) * scale**2
    return values[..., 1], values[..., 2]
