"""First-order shading of a neck: the slope of the receive field across the cord.

Near a surface coil the signal falls by up to a per cent a millimetre, and the columns that are compared lie
three millimetres apart from front to back. A plane is too little for the whole neck and enough for its
middle. Its slope is that which makes the histogram of the tissues around the cord the sharpest: minimum
entropy (Mangin, IEEE Workshop Math Methods Biomed Image Anal 2000; Likar et al., IEEE Trans Med Imaging
2001;20:1398-1410). The cord itself is left out, so that no change of its columns can look like shading.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from scipy.optimize import minimize

from processors.spine.cord import Cord
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

NEAREST_MM, FARTHEST_MM = 9.0, 34.0
"""From the middle of the cord: tissue that the slope is told from; beyond, shading is no plane (p)."""

GRID_MM = 1.5
BINS = 64
LOGARITHMS = (-2.3, 1.2)
"""Of the signal over the cord's own: air and noise are below, flowing blood above (p)."""

LARGEST_SLOPE = 0.02
"""Change of the logarithm for each millimetre (p)."""

FEWEST_POINTS = 500


def shading_slope(volume: Volume, cord: Cord) -> tuple[float, float]:
    """How fast the logarithm of the signal changes, for each millimetre to the left and to the front.

    Returns
    -------
    tuple of float
        Zero where there is too little tissue around the cord.
    """
    logs, x, y = _neighbourhood(volume, cord)
    if len(logs) < FEWEST_POINTS:
        return 0.0, 0.0

    def disorder(slope: FloatArray) -> float:
        return _entropy(logs - slope[0] * x - slope[1] * y)

    steps = np.linspace(-LARGEST_SLOPE, LARGEST_SLOPE, 9)
    first = min(((a, b) for a in steps for b in steps), key=lambda slope: disorder(np.array(slope)))
    found = minimize(
        disorder,
        np.array(first),
        method="Nelder-Mead",
        options={
            "initial_simplex": np.array(first) + np.array([[0, 0], [0.004, 0], [0, 0.004]]),
            "xatol": 1e-4,
            "fatol": 1e-5,
        },
    )
    left, front = np.clip(found.x, -LARGEST_SLOPE, LARGEST_SLOPE)
    return float(left), float(front)


def _neighbourhood(volume: Volume, cord: Cord) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Logarithm of the signal around the cord over the cord's own, and millimetres to left and front."""
    axis = np.arange(-FARTHEST_MM, FARTHEST_MM + GRID_MM / 2, GRID_MM)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    ring = (np.hypot(x, y) >= NEAREST_MM) & (np.hypot(x, y) <= FARTHEST_MM)
    core = np.hypot(x, y) < 2 * GRID_MM
    stations = np.flatnonzero(cord.quality > 0)
    if len(stations) > 40:
        stations = stations[:: 1 + len(stations) // 40]
    to_index = np.linalg.inv(volume.affine)
    points = (
        cord.centre[stations][:, None, None]
        + x[None, ..., None] * cord.left[stations][:, None, None]
        + y[None, ..., None] * cord.front[stations][:, None, None]
    )
    index = np.moveaxis(points @ to_index[:3, :3].T + to_index[:3, 3], -1, 0)
    signal = ndi.map_coordinates(
        volume.array, index, order=1, output=np.float64, mode="constant", cval=np.nan
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.nanmedian(np.where(core, signal, np.nan), axis=(1, 2))
        logs = np.log(signal / own[:, None, None])
    usable = ring & np.isfinite(logs) & (logs > LOGARITHMS[0]) & (logs < LOGARITHMS[1])
    where = np.nonzero(usable)
    return logs[where], x[where[1:]], y[where[1:]]


def _entropy(logs: FloatArray) -> float:
    """Entropy of the logarithms' histogram, its bins shared out linearly so that it is smooth."""
    low, high = LOGARITHMS[0] - 0.7, LOGARITHMS[1] + 0.7
    place = np.clip((logs - low) / (high - low) * (BINS - 1), 0, BINS - 1 - 1e-6)
    base = place.astype(np.intp)
    share = place - base
    counts = np.bincount(base, 1 - share, BINS) + np.bincount(base + 1, share, BINS)
    smooth = ndi.gaussian_filter1d(counts, 1.0, mode="constant")
    density = smooth / smooth.sum()
    density = density[density > 0]
    return float(-np.sum(density * np.log(density)))
