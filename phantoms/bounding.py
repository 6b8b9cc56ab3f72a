"""The part of the template that a structure lies in."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Array = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Box = tuple[slice, slice, slice]


def bounding_box(mask: BoolArray, margin: int) -> Box:
    """The least box around the voxels of a mask, so many voxels wider, within the array.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    found = (np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
    z, y, x = (slice(max(int(at.min()) - margin, 0), int(at.max()) + margin + 1) for at in found)
    return z, y, x


def softened(mask: BoolArray, edge: float = 0.6) -> tuple[Box, Array]:
    """The mask with its edge blurred, in a box that holds it."""
    box = bounding_box(mask, 4)
    return box, np.asarray(ndi.gaussian_filter(mask[box].astype(np.float32), edge), dtype=np.float32)
