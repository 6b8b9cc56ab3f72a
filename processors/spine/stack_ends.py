"""The slices of an axial stack above and below the part of the cord that was outlined."""

import numpy as np

from processors.spine.cord import Cord
from processors.volume import Volume


def beyond_outlines(volume: Volume, cord: Cord, most: int) -> Cord:
    """The cord drawn on straight, with its last outlines, to the ends of the stack.

    Parameters
    ----------
    cord
        Of which every station is a slice of the volume.
    most
        Slices without an outline at an end, beyond which the stack goes on into something else there: the
        end is left alone then.

    Returns
    -------
    Cord
        Of the slices without an outline alone, of which there may be none; their quality is 0.
    """
    step = 1 if cord.slices[-1] >= cord.slices[0] else -1
    first, last = (0, len(volume.array) - 1)[::step]
    above = np.arange(cord.slices[0] - step, first - step, -step)[::-1]
    below = np.arange(cord.slices[-1] + step, last + step, step)
    above, below = (end if len(end) <= most else end[:0] for end in (above, below))
    slices = np.concatenate([above, below]).astype(np.intp)
    station = np.concatenate([np.zeros(len(above)), np.full(len(below), len(cord.slices) - 1)]).astype(
        np.intp
    )
    normal = np.cross(volume.affine[:3, 1], volume.affine[:3, 2])
    corner = volume.affine[:3, 3] + slices[:, None] * volume.affine[:3, 0]
    away = ((corner - cord.centre[station]) @ normal) / (cord.along[station] @ normal)
    shift = away[:, None] * cord.along[station]
    return Cord(
        cord.position_mm[station] + away,
        cord.centre[station] + shift,
        cord.left[station],
        cord.front[station],
        cord.along[station],
        cord.contour[station] + shift[:, None],
        np.zeros(len(slices)),
        slices,
        cord.rim_mm[station],
    )
