"""How much the spine in front of the cord looks like a disc, millimetre by millimetre along the cord."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from processors.spine.cord import Cord
from processors.spine.planes import across, local_line, sampled, smoothed
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

SPINE_MM = (9.0, 21.0)
"""Where the vertebral bodies and discs lie in front of the middle of the cord."""

ACROSS_MM = (-4.0, -2.0, 0.0, 2.0, 4.0)

BEYOND_MM = 40.0
"""How far the line of the cord is drawn on beyond its ends."""

LEAST_SPREAD = 0.15
"""Of the logarithm of the change of signal along the spine, where there are discs."""

EDGE_MM = 5
"""So near to the edge of the images nothing is said."""

LOCAL_MM = 20.0
"""A disc differs from what is this near."""

DISC_MM = 3.2
"""Width over which the two end plates of a disc become one."""


@dataclass(frozen=True, slots=True, eq=False)
class ExtendedLine:
    """The cord's centreline with a point every millimetre, drawn on straight beyond the cord.

    Attributes
    ----------
    point
        Shape (m, 3): LPS millimetres, from the top down.
    along
        Shape (m, 3): unit tangents towards the feet.
    area_mm2
        Shape (m,): cross-sectional area of the cord; NaN beyond it.
    """

    point: FloatArray
    along: FloatArray
    area_mm2: FloatArray


def extended_line(cord: Cord) -> ExtendedLine:
    """The centreline of a cord, millimetre by millimetre."""
    at = np.arange(-BEYOND_MM, cord.position_mm[-1] + BEYOND_MM)
    weight = np.clip(cord.quality, 0.05, 1)
    known = np.clip(at, 0, cord.position_mm[-1])
    point, slope = local_line(cord.position_mm, cord.centre, weight, known, 4.0)
    along = slope / np.linalg.norm(slope, axis=1, keepdims=True)
    point = point + (at - known)[:, None] * along
    cosine = np.abs((np.cross(cord.left, cord.front) * cord.along).sum(axis=1))
    area, _ = local_line(cord.position_mm, _areas(cord)[:, None] * cosine[:, None], weight, known, 4.0)
    return ExtendedLine(point, along, np.where(at == known, area[:, 0], np.nan))


def _areas(cord: Cord) -> FloatArray:
    spoke = cord.contour - cord.centre[:, None]
    return np.asarray(0.5 * np.linalg.norm(np.cross(spoke, np.roll(spoke, -1, axis=1)).sum(axis=1), axis=1))


def disc_profile(sagittal: Volume, line: ExtendedLine) -> FloatArray:
    """Likeness to a disc along the line: about 1 at a disc, 0 on average, NaN beyond the images.

    The signal of bodies, discs and end plates differs between contrasts, but it changes along the spine at
    the end plates on all of them.
    """
    left, front = across(line.along)
    depth = np.arange(SPINE_MM[0], SPINE_MM[1] + 0.1, 1.0)
    points = (
        line.point[:, None, None]
        + depth[None, :, None, None] * front[:, None, None]
        + np.array(ACROSS_MM)[None, None, :, None] * left[:, None, None]
    )
    values = sampled(smoothed(sagittal, 0.5), sagittal.affine, points)
    seen = np.isfinite(values).mean(axis=(1, 2)) > 0.8
    if seen.sum() < 20:
        return np.full(len(seen), np.nan)
    image = np.nan_to_num(values).mean(axis=2)
    level = gaussian_filter(image, (12, 6), mode="nearest") + 0.1 * np.percentile(image[seen], 90) + 1e-9
    change = np.abs(np.gradient(gaussian_filter1d(image / level, 0.8, axis=0), axis=0)).mean(axis=1)
    first, last = np.flatnonzero(seen)[[0, -1]]
    change[: first + 2] = change[first + 2]
    change[last - 1 :] = change[last - 2]
    profile = np.log(gaussian_filter1d(change, DISC_MM) + 1e-6)
    profile -= gaussian_filter1d(profile, LOCAL_MM)
    spread = float(np.median(np.abs(profile[seen]))) / 0.6745
    profile[: first + EDGE_MM] = profile[last - EDGE_MM + 1 :] = 0.0
    return np.where(seen, profile / max(spread, LEAST_SPREAD), np.nan)
