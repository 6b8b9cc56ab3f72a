"""The signal of cortex without what its voxels owe to the mixture of tissues, and to shading.

Cortex is about as thick as a voxel of SWI is long, so nearly every voxel of a bank holds some fluid and some
white matter, and how much differs from bank to bank: the sulcus in front is wider, the postcentral cortex is
thinner. At 3 T fluid is a third darker than cortex on SWI, and a fifth of it in the voxels darkens a bank as
much as the iron that is looked for. What a voxel holds is seen on another series of the study, where fluid,
cortex and white matter differ far more and iron hardly shows.

So the logarithm of the signal is explained, in each person anew, by three things at once: a function of the
other series' signal and of the distance from the middle of the sulcus, the same in all banks; a linear
shading; and a level of each bank's deep layers. The levels are there so that a dark bank is not taken for its
tissues. Then the first two are taken out (partial volume correction by regression, as Asllani et al., Magn
Reson Med 2008;60:1362; robust after Huber 1964).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SHADING_MM = 30.0
DISTANCES_MM = (0.25, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Where the function of the distance bends."""
DEEP_MM = (0.5, 1.5, 2.5, 4.0)
"""Distance at which the level of a bank begins to count, counts wholly, does so no more, and ends."""
ROUNDS = 4
ORDINARY = 2.0
"""Robust standard deviations from which a voxel counts less."""
RIDGE = 1e-6
"""Of the voxels: it settles what the data leave open, for the levels and the distance overlap."""
MIN_SHOWN = 0.6
"""Share of the voxels that the other series must reach to be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What another series shows of the voxels.

    Attributes
    ----------
    values
        Shape (n,): its signal there, NaN where it does not reach.
    tissues
        Its signal of fluid, cortex and white matter.
    """

    values: FloatArray
    tissues: tuple[float, float, float]


def matched(
    signal: FloatArray, points: FloatArray, away_mm: FloatArray, level: IntArray, shown: Shown | None
) -> FloatArray:
    """The signal as it were if every voxel held the same tissues.

    Parameters
    ----------
    signal
        Shape (n,), of voxels; NaN or 0 where they are not to be used.
    points
        Shape (n, 3), millimetres in any patient space.
    away_mm
        Shape (n,): from the middle of the sulcus.
    level
        Shape (n,): which level of deep layers a voxel has, from 0; negative for none.
    shown
        The other series; ``None`` where there is none, so that the distance alone must tell.

    Returns
    -------
    Shape (n,), in the units of the signal; NaN where it is not known.
    """
    with np.errstate(invalid="ignore"):
        used = np.isfinite(signal) & (signal > 0)
    reached = None if shown is None else used & np.isfinite(shown.values)
    if reached is None or np.count_nonzero(reached) < MIN_SHOWN * np.count_nonzero(used):
        shown = None
    else:
        used = reached
    found = np.full(len(signal), np.nan)
    if not used.any():
        return found
    logarithm = np.log(signal[used])
    explained = [(points[used] - points[used].mean(axis=0)) / SHADING_MM, _hats(away_mm[used], DISTANCES_MM)]
    if shown is not None:
        explained.append(explained_by_tissues(shown.values[used], shown.tissues))
    taken_out = np.hstack(explained)
    levels = np.zeros((len(logarithm), int(level.max(initial=0)) + 1))
    own = np.flatnonzero(level[used] >= 0)
    levels[own, level[used][own]] = np.interp(away_mm[used][own], DEEP_MM, (0.0, 1.0, 1.0, 0.0))
    weights = robust_fit(np.hstack([taken_out, levels]), logarithm)
    fitted = taken_out @ weights[: taken_out.shape[1]]
    found[used] = np.exp(logarithm - fitted + np.median(fitted))
    return found


def explained_by_tissues(values: FloatArray, tissues: tuple[float, float, float]) -> FloatArray:
    """Terms of any function of another series' signal that bends at its tissues and half-way between.

    Parameters
    ----------
    values
        Shape (n,): the other series' signal.
    tissues
        Its signal of fluid, cortex and white matter.

    Returns
    -------
    Shape (n, k).
    """
    fluid, grey, white = tissues
    beyond = white + (white - grey) / 2
    return _hats(values, tuple(sorted({fluid, (fluid + grey) / 2, grey, (grey + white) / 2, white, beyond})))


def _hats(values: FloatArray, knots: tuple[float, ...]) -> FloatArray:
    """Weights of a piecewise linear function's values at its knots, shape (n, knots); level beyond them."""
    return np.stack([np.interp(values, knots, row) for row in np.eye(len(knots))], axis=1)


def robust_fit(terms: FloatArray, values: FloatArray) -> FloatArray:
    """Weights of some terms, shape (n, k), that explain values but for a constant; outliers count less."""
    settling = RIDGE * len(values) * np.eye(terms.shape[1])
    middle = float(np.median(values))
    trust: FloatArray = np.ones(len(values))
    weights: FloatArray = np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        trusted = terms * trust[:, None]
        weights = np.asarray(np.linalg.solve(trusted.T @ terms + settling, trusted.T @ (values - middle)))
        left = np.abs(values - middle - terms @ weights)
        spread = 1.4826 * float(np.median(left))
        trust = 1 / np.maximum(1.0, left / max(ORDINARY * spread, 1e-12))
    return weights
