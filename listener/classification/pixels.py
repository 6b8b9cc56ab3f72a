"""What a few slices show where the headers leave a doubt: a head or a neck, dark or bright fluid. Pure.

The outline of the body decides between head and neck: adult heads are 140 to 160 mm wide and 180 to 200 mm
long (Farkas, Anthropometry of the Head and Face, 2nd ed., 1994), necks about 110 to 130 mm across. The fluid
of the ventricles and sulci is the darkest large tissue inside the skull on T1, and the brightest on T2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from processors.acquisition import Plane

MOST_SLICES = 7
FEWEST_PIXELS = 16
COARSE_MM = 2.0
"""Slices are thinned out to about this pixel spacing before they are looked at."""

HEAD_WIDTH_MM = (125.0, 185.0)
HEAD_LENGTH_MM = (155.0, 225.0)
NECK_MM = (80.0, 145.0)
SKULL_AND_SCALP_MM = 22.0
"""What is taken off the outline of a head all round before its fluid is looked for."""

DARK_AIR = 0.5
"""Of the signal in the middle of a slice, which air does not reach unless the images are noise."""

SKEWED = 0.12
"""Difference of the two tails of the signal inside the skull, over their sum, that makes the fluid clear."""


class Shown(StrEnum):
    """What the outline of the body looks like."""

    HEAD = "head"
    NECK = "neck"
    UNCLEAR = "unclear"


class Fluid(StrEnum):
    """The signal of cerebrospinal fluid among that of the brain."""

    DARK = "dark"
    BRIGHT = "bright"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Outline:
    """The largest thing in a slice: its width and height in the image, millimetres, and its pixels."""

    width: float
    height: float
    mask: npt.NDArray[np.bool_]


def outline_of(image: npt.NDArray[np.floating[Any]], spacing: tuple[float, float]) -> Outline | None:
    """The outline of the body in a slice; ``None`` where there is nothing but noise.

    Parameters
    ----------
    image
        Of shape (rows, columns).
    spacing
        Millimetres between rows and between columns.
    """
    if min(image.shape) < FEWEST_PIXELS or not np.isfinite(image).all():
        return None
    low, high = np.percentile(image, (2, 98))
    if high <= low:
        return None
    above = image > low + 0.15 * (high - low)
    labels, count = ndimage.label(ndimage.binary_opening(above, iterations=1))
    if count == 0:
        return None
    largest = int(np.argmax(np.bincount(labels.ravel())[1:])) + 1
    mask = ndimage.binary_fill_holes(labels == largest)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Outline(
        float(columns[-1] - columns[0] + 1) * spacing[1], float(rows[-1] - rows[0] + 1) * spacing[0], mask
    )


def thinned(
    image: npt.NDArray[np.float32], spacing: tuple[float, float]
) -> tuple[npt.NDArray[np.float64], tuple[float, float]]:
    """A slice of about :data:`COARSE_MM`, averaged over blocks of pixels, and its spacing."""
    down, across = (
        max(1, round(min(COARSE_MM / step, size))) for step, size in zip(spacing, image.shape, strict=True)
    )
    rows, columns = image.shape[0] // down * down, image.shape[1] // across * across
    blocks = image[:rows, :columns].reshape(rows // down, down, columns // across, across)
    return blocks.mean(axis=(1, 3), dtype=np.float64), (spacing[0] * down, spacing[1] * across)


def shown_in(slices: Sequence[npt.NDArray[np.float32]], spacing: tuple[float, float], plane: Plane) -> Shown:
    """Whether slices from the feet to the head, or from side to side, show a head or a neck.

    Only whole outlines count: what touches two opposite borders of the image is cut off.
    """
    if plane is not Plane.AXIAL or len(slices) < 3:
        return Shown.UNCLEAR
    sizes = [size for image in slices if (size := _whole_size(*thinned(image, spacing))) is not None]
    if len(sizes) < 3 or len(sizes) < 0.6 * len(slices):
        return Shown.UNCLEAR
    width, length = (float(np.median(values)) for values in zip(*sizes, strict=True))
    heads = sum(_within(w, HEAD_WIDTH_MM) and _within(v, HEAD_LENGTH_MM) for w, v in sizes)
    if heads >= 0.5 * len(sizes) and _within(width, HEAD_WIDTH_MM) and _within(length, HEAD_LENGTH_MM):
        return Shown.HEAD
    if all(_within(w, NECK_MM) and _within(v, NECK_MM) for w, v in sizes):
        return Shown.NECK
    return Shown.UNCLEAR


def _whole_size(
    image: npt.NDArray[np.floating[Any]], spacing: tuple[float, float]
) -> tuple[float, float] | None:
    outline = outline_of(image, spacing)
    if outline is None:
        return None
    mask = outline.mask
    if (mask[0].any() and mask[-1].any()) or (mask[:, 0].any() and mask[:, -1].any()):
        return None
    return outline.width, outline.height


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def air_is_dark(slices: Sequence[npt.NDArray[np.floating[Any]]]) -> bool:
    """Whether the corners of most slices are dark beside their middle, as those of a magnitude are.

    In the air of a phase image every value is as likely as any other, or none is kept: its middle is that of
    the head's values.
    """
    return sum(_dark_corners(image) for image in slices) > len(slices) / 2


def _dark_corners(image: npt.NDArray[np.floating[Any]]) -> bool:
    rows, columns = (max(2, size // 12) for size in image.shape)
    corners = [image[y, x] for y in (slice(rows), slice(-rows, None)) for x in _ends(columns)]
    inner = image[3 * rows : -3 * rows, 3 * columns : -3 * columns]
    if inner.size < FEWEST_PIXELS or not np.isfinite(image).all():
        return False
    low = float(np.percentile(image, 1))
    outside = float(np.median([np.median(corner) for corner in corners])) - low
    return outside < DARK_AIR * (float(np.median(inner)) - low)


def _ends(width: int) -> tuple[slice, slice]:
    return slice(width), slice(-width, None)


def fluid_in(slices: Sequence[npt.NDArray[np.floating[Any]]], spacing: tuple[float, float]) -> Fluid:
    """Whether the fluid inside a head is dark (T1, FLAIR) or bright (T2).

    Inside the skull most is brain; the tail of the signal on the side of the fluid is the longer one.
    """
    inside = []
    for image in slices:
        coarse, step = thinned(image, spacing)
        outline = outline_of(coarse, step)
        if outline is None:
            continue
        depth = ndimage.distance_transform_edt(outline.mask, sampling=step)
        values = coarse[np.asarray(depth) > SKULL_AND_SCALP_MM]
        if values.size >= 200:
            inside.append(values / max(float(np.median(values)), 1e-6))
    if len(inside) < 3:
        return Fluid.UNCLEAR
    low, middle, high = (float(v) for v in np.percentile(np.concatenate(inside), (3, 50, 97)))
    total = high - low
    skew = ((high - middle) - (middle - low)) / total if total > 0.1 * abs(middle) else 0.0
    if skew > SKEWED:
        return Fluid.BRIGHT
    return Fluid.DARK if skew < -SKEWED else Fluid.UNCLEAR
