"""Images whose brightest tissue was cut off when they were stored."""

import numpy as np
import numpy.typing as npt

MAX_SHARE = 0.1
"""Of a patient's pixels that may all have the highest value (p): fluid, fat and vessels may be cut off, and
tell nothing; where it is more, the tissue that is measured may be."""
BACKGROUND = 0.1
"""Of the highest value, below which a pixel is taken for air."""


def saturated(array: npt.NDArray[np.floating]) -> bool:
    """Whether more of a volume has one and the same highest value than noise and bright fluid explain.

    A volume of a single value is none of these: it shows nothing at all.

    Parameters
    ----------
    array
        Shape (slices, rows, columns).
    """
    sparse = np.nan_to_num(np.asarray(array[:, ::2, ::2]), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(sparse.max(initial=0.0))
    if not highest > 0:
        return False
    patient = sparse[sparse > BACKGROUND * highest]
    return MAX_SHARE < float(np.mean(patient >= highest)) < 1
