"""Shading (bias field) of white matter, with the tract left out of the fit."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SCALE_MM = 70.0
ROUNDS = 6
OUTLIER = 2.5
NEAR = 0.4
"""Logarithm of the signal: what is farther from the median is no white matter."""
LEAST_SPREAD = 1e-3
MOST_VOXELS = 20_000
"""So many, evenly drawn, tell ten coefficients well enough."""


def shading(signal: FloatArray, points: FloatArray, fit: BoolArray, order: int = 2) -> FloatArray:
    """Multiplicative shading at each point: a polynomial of the log signal of white matter.

    Parameters
    ----------
    signal
        Shape (n,).
    points
        Shape (n, 3), millimetres.
    fit
        Shape (n,), the voxels that are fitted; outliers among them are trimmed.

    Returns
    -------
    Shape (n,), with median 1 over the fitted voxels. Ones where fewer than 200 voxels can be fitted.
    """
    usable = fit & (signal > 0)
    if np.count_nonzero(usable) < 200:
        return np.ones_like(signal)
    chosen = np.flatnonzero(usable)
    chosen = chosen[:: 1 + len(chosen) // MOST_VOXELS]
    logs = np.log(signal[chosen])
    terms = _polynomial(points[chosen] / SCALE_MM, order)
    kept = np.abs(logs - np.median(logs)) < NEAR
    for _ in range(ROUNDS):
        weights, *_ = np.linalg.lstsq(terms[kept], logs[kept], rcond=None)
        residual = logs - terms @ weights
        middle = np.median(residual[kept])
        spread = 1.4826 * np.median(np.abs(residual[kept] - middle))
        kept = np.abs(residual - middle) < max(OUTLIER * spread, LEAST_SPREAD)
    level = np.median((terms @ weights)[kept])
    return np.asarray(np.exp(_polynomial(points / SCALE_MM, order) @ weights - level))


def _polynomial(points: FloatArray, order: int) -> FloatArray:
    x, y, z = points.T
    return np.stack(
        [
            x**i * y**j * z**k
            for i in range(order + 1)
            for j in range(order + 1 - i)
            for k in range(order + 1 - i - j)
        ],
        axis=1,
    )
