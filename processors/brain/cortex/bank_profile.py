"""The signal across a bank of cortex, from the fluid of the sulcus to white matter, at each place along it.

A band of dark layers is a valley in that profile (cortical profiles as in Donatelli 2018). Its floor would
lie where fluid or noise has it as often as where the layers are, so the mean over the cortex is taken, in
every bank alike.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from processors.brain.cortex.sulcus_prior import STEP_MM

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

BIN_MM = 0.5
BINS = 9
"""Bins across a bank, from the middle of the sulcus."""
CORTEX_MM = (1.0, 3.0)
"""Where the deep layers of either bank may lie."""
ALONG_MM = 4.0
ACROSS_BINS = 0.7
"""Standard deviations of the weights that a place in the profile is averaged with."""
FEWEST = 4.0
"""Voxels behind a place in the profile."""
OUTLIER = 0.35
"""Share by which a voxel may differ from its bank's median before it counts as differing by that."""


def profile_of(signal: FloatArray, position: IntArray, away_mm: FloatArray, positions: int) -> FloatArray:
    """The profile of one bank.

    Parameters
    ----------
    signal, position, away_mm
        Shape (n,), of its voxels: the node along the sulcus, and the distance from its middle.
    positions
        Number of nodes.

    Returns
    -------
    Shape (positions, BINS); NaN where too few voxels are near.
    """
    if not len(signal):
        return np.full((positions, BINS), np.nan)
    middle = float(np.median(signal))
    kept = np.clip(signal, (1 - OUTLIER) * middle, (1 + OUTLIER) * middle)
    bins = np.clip(np.rint(away_mm / BIN_MM), 0, BINS - 1).astype(np.intp)
    cell = position * BINS + bins
    shape = (positions, BINS)
    spread = (ALONG_MM / STEP_MM, ACROSS_BINS)
    count = np.bincount(cell, minlength=positions * BINS).reshape(shape).astype(np.float64)
    total = np.bincount(cell, kept, positions * BINS).reshape(shape)
    effective = 4 * np.pi * spread[0] * spread[1]
    near, summed = (gaussian_filter(values, spread, mode="constant") for values in (count, total))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(near * effective >= FEWEST, summed / near, np.nan))


def across_cortex(profile: FloatArray) -> FloatArray:
    """The mean over the cortex at each position, shape (positions,); NaN where too little of it is known."""
    first, last = (round(edge / BIN_MM) for edge in CORTEX_MM)
    inside = profile[:, first : last + 1]
    known = np.isfinite(inside)
    enough = known.sum(axis=1) >= (last - first + 1) // 2 + 1
    total = np.where(known, inside, 0.0).sum(axis=1)
    return np.where(enough, total / np.maximum(known.sum(axis=1), 1), np.nan)


def smoothed(values: FloatArray, millimetres: float) -> FloatArray:
    """Values along the gyrus averaged with their neighbours, shape (positions,); gaps are bridged."""
    known = np.isfinite(values)
    spread = millimetres / STEP_MM
    weight = gaussian_filter1d(known.astype(np.float64), spread, mode="constant")
    total = gaussian_filter1d(np.where(known, values, 0.0), spread, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weight > 1e-3, total / weight, np.nan))
