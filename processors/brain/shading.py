"""Shading (bias field) of white matter, with the tract left out of the fit."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SCALE_MM = 70.0
ROUNDS = 6
OUTLIER = 2.5


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
    terms = _polynomial(points / SCALE_MM, order)
    logs = np.log(np.maximum(signal, 1e-6))
    kept = usable & (np.abs(logs - np.median(logs[usable])) < 0.4)
    field = np.zeros_like(signal)
    for _ in range(ROUNDS):
        weights, *_ = np.linalg.lstsq(terms[kept], logs[kept], rcond=None)
        field = terms @ weights
        residual = logs - field
        spread = 1.4826 * np.median(np.abs(residual[kept] - np.median(residual[kept])))
        kept = usable & (np.abs(residual - np.median(residual[kept])) < max(OUTLIER * spread, 1e-3))
    return np.asarray(np.exp(field - np.median(field[kept])))


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
