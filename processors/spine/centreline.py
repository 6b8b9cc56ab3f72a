"""Where the cord runs: per plane the places that look like it, and the smoothest way through them.

After the idea of OptiC (Gros et al., Med Image Anal 2018), with a drawn filter in place of its trained one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, maximum_filter, uniform_filter1d

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

DIRECTIONS = np.arange(16) * (2 * np.pi / 16)
"""Around the cord from the front towards the left, radians."""

HALF_AP_MM, HALF_RL_MM = (3.0, 5.8), (4.6, 8.4)
"""Half-diameters where a cord may end: those of healthy adults (PAM50-normalized metrics), widely."""

SHADING_MM = 12.0
"""Signal is compared with its surroundings at this distance (Gaussian standard deviation)."""

CONTRAST_CAP = 0.45
"""Difference of cord and fluid, as a share of the signal around, beyond which one is as good as any."""

NO_SIGNAL, BRIGHTEST = (0.15, 0.4), 2.0
"""Signal as a share of that around: air and bone have less; differences above are of no interest."""

FLUID = (1.0, 1.5)
"""Signal as a share of that around which bright fluid hardly has, and has for certain."""

MISSING = 5
"""Of 16 directions, those in which a cord may touch the wall of its canal."""

WALL = 0.6
"""What the dark wall of the canal is worth beside a dark cord, where fluid is worth 1."""

MIDDLE_MM, UNEVEN = 1.5, 0.30
"""Width of what is compared with the fluid (standard deviation); its own spread that halves a likeness."""

SYMMETRY_MM = (30.0, 12.0)
"""Half-width and half-height of the surroundings that are compared with their mirror image."""

DEPTH_MM = {"back": 22.0, "side": 22.0, "front": 14.0}
"""The cord lies at least this deep under the skin, or behind the part of a neck that is made dark."""

AIR = 0.12
"""Signal of air at most, as a share of the upper decile of the images."""

CANDIDATES = 24
GAP_MM = 22.0
"""A cord may be out of sight over this distance."""

STEEPEST, BEND = 1.1, 2.0
"""Largest displacement per millimetre of height; weight of its square."""

TOGETHER = 32
"""Planes that are looked at in all directions at a time, for the memory's sake."""

WORTH = 0.20
"""Likeness that a plane must have to be worth passing."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A way through planes.

    Attributes
    ----------
    planes
        Shape (m,): indices of the planes on which the cord was seen, from the top.
    position
        Shape (m, 2): row and column in the planes' images.
    likeness
        Shape (m,): 0 to 1.
    worth
        Sum of what is gained by passing, millimetres.
    """

    planes: npt.NDArray[np.intp]
    position: FloatArray
    likeness: FloatArray
    worth: float


def likeness(images: Array, pixel: float, polarity: int) -> Array:
    """How much each pixel looks like the middle of a cord, 0 to 1.

    In 16 directions fluid is looked for at the distance where a cord ends: it differs from the middle almost
    all round, the middle is even, and left and right of it look alike.

    Parameters
    ----------
    images
        Shape (n, rows, columns): planes across the neck, rows from front to back.
    pixel
        Millimetres, equal along rows and columns.
    polarity
        1 where the cord is brighter than the fluid, -1 where it is darker.
    """
    level = gaussian_filter(images, (0, SHADING_MM / pixel, SHADING_MM / pixel), mode="nearest")
    floor = 0.15 * np.percentile(images, 90) + 1e-6
    relative = np.minimum(images / (level + floor), BRIGHTEST)
    middle, square = (
        gaussian_filter(r, (0, MIDDLE_MM / pixel, MIDDLE_MM / pixel), mode="nearest")
        for r in (relative, relative * relative)
    )
    even = 1 / (1 + np.clip(square - middle * middle, 0, None) / UNEVEN**2)
    tissue = np.clip((middle - NO_SIGNAL[0]) / (NO_SIGNAL[1] - NO_SIGNAL[0]), 0, 1)
    closed = np.empty_like(middle)
    for first in range(0, len(images), TOGETHER):
        some = slice(first, first + TOGETHER)
        closed[some] = _closed(relative[some], middle[some], pixel, polarity)
    alike = 0.4 + 0.6 * np.clip(symmetry(relative, pixel), 0, 1)
    return np.asarray(closed * even * tissue * alike * deep(images, pixel), dtype=np.float32)


def _closed(relative: Array, middle: Array, pixel: float, polarity: int) -> Array:
    """How far fluid, or the wall of the canal, encloses each pixel of some planes, 0 to 1."""
    sign = np.float32(polarity)
    fine = sign * gaussian_filter(relative, (0, 0.6 / pixel, 0.6 / pixel), mode="nearest")
    fluid = np.stack([_lowest(fine, angle, pixel) for angle in DIRECTIONS])
    contrast = np.clip((sign * middle - fluid) / CONTRAST_CAP, 0, 1)
    if polarity < 0:
        wall = np.stack([_lowest(-fine, angle, pixel) for angle in DIRECTIONS])
        np.maximum(contrast, WALL * np.clip((middle - wall) / CONTRAST_CAP, 0, 1), out=contrast)
    contrast.partition(MISSING, axis=0)
    closed: Array = 0.5 * contrast.mean(axis=0) + 0.5 * contrast[MISSING]
    if polarity < 0:
        fluid.partition(len(DIRECTIONS) // 2, axis=0)
        brightness = -fluid[: len(DIRECTIONS) // 2].mean(axis=0)
        closed *= np.clip((brightness - FLUID[0]) / (FLUID[1] - FLUID[0]), 0.2, 1)
    return np.asarray(closed)


def _lowest(relative: Array, angle: float, pixel: float) -> Array:
    """The lowest signal, seen from each pixel in one direction, where the cord may end."""
    front, left = np.cos(angle), np.sin(angle)
    near, far = (1 / np.hypot(front / ap, left / rl) for ap, rl in zip(HALF_AP_MM, HALF_RL_MM, strict=True))
    lowest = np.full_like(relative, np.inf)
    radii = np.arange(near, far + 0.5 * pixel, pixel)
    for shift in {(round(-front * r / pixel), round(left * r / pixel)) for r in radii}:
        _lower_to(lowest, relative, shift)
    return np.where(np.isinf(lowest), relative, lowest)


def _lower_to(best: Array, values: Array, shift: tuple[int, int]) -> None:
    """Lower ``best`` at each pixel to the value at the shifted pixel, where there is one."""
    (to_r, from_r), (to_c, from_c) = (
        (slice(max(0, -s), max(0, n - max(0, s))), slice(max(0, s), max(0, n + min(0, s))))
        for s, n in zip(shift, best.shape[1:], strict=True)
    )
    target = best[:, to_r, to_c]
    np.minimum(target, values[:, from_r, from_c], out=target)


def symmetry(relative: Array, pixel: float) -> Array:
    """Correlation of each pixel's surroundings with their mirror image, -1 to 1.

    Near the edge of the images, where little is left to compare, what is missing counts as half alike.
    """
    half, height = (int(mm / pixel) for mm in SYMMETRY_MM)
    centred = relative - gaussian_filter(relative, (0, height, half), mode="nearest")
    product, power = np.zeros_like(centred), np.full_like(centred, 1e-6)
    compared = np.zeros(centred.shape[2], dtype=np.float32)
    columns = centred.shape[2]
    apart = range(2, half + 1, 2)
    for d in (d for d in apart if 2 * d < columns):
        left, right = centred[:, :, 2 * d :], centred[:, :, : columns - 2 * d]
        product[:, :, d : columns - d] += left * right
        power[:, :, d : columns - d] += 0.5 * (left * left + right * right)
        compared[d : columns - d] += 1 / len(apart)
    size = 2 * height + 1
    product = uniform_filter1d(product, size, axis=1, mode="nearest")
    power = uniform_filter1d(power, size, axis=1, mode="nearest")
    return np.asarray(compared * product / power + (1 - compared) * np.float32(0.5))


def deep(images: Array, pixel: float) -> npt.NDArray[np.bool_]:
    """Whether a pixel lies deep in the body, seen from each side.

    What lies beyond the images counts as body, and so does all that narrow ones show.
    """
    smooth = gaussian_filter(images, (0, 1.5 / pixel, 1.5 / pixel), mode="nearest")
    body = smooth > AIR * np.percentile(smooth, 90)
    inside = np.ones_like(body)
    for name, axis, turned in (("front", 1, False), ("back", 1, True), ("side", 2, False), ("side", 2, True)):
        depth = round(DEPTH_MM[name] / pixel)
        if body.shape[axis] < 4 * depth:
            continue
        flipped = np.flip(body, axis) if turned else body
        seen = np.maximum.accumulate(flipped, axis=axis)
        moved = np.take(seen, np.maximum(0, np.arange(body.shape[axis]) - depth), axis=axis)
        cropped = np.take(seen, [0], axis=axis)
        moved |= cropped
        inside &= np.flip(moved, axis) if turned else moved
    return np.asarray(inside)


def candidates(image: Array, pixel: float) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Row and column, shape (k, 2), and likeness of the best local maxima of one plane's likeness."""
    width = max(3, 2 * round(2 / pixel) + 1)
    peaks = np.argwhere((maximum_filter(image, width) == image) & (image > 0.05))
    values = image[tuple(peaks.T)].astype(np.float64)
    best = np.argsort(values)[::-1][:CANDIDATES]
    return peaks[best], values[best]


def track(likenesses: Array, pixel: float, heights: FloatArray) -> Track | None:
    """The way through the planes that gathers the most likeness and bends the least.

    Parameters
    ----------
    likenesses
        Shape (n, rows, columns), 0 to 1.
    heights
        Shape (n,): millimetres from the first plane, increasing.

    Returns
    -------
    Track or None
        It may begin and end anywhere, and pass planes by; ``None`` where nothing is worth passing.
    """
    found = [candidates(image, pixel) for image in likenesses]
    steps = np.clip(np.gradient(heights), 0, 8.0) if len(heights) > 1 else np.array([4.0])
    sums: list[FloatArray] = []
    origins: list[list[tuple[int, int]]] = []
    for i, (at, value) in enumerate(found):
        gain = (value - WORTH) * steps[i]
        total, origin = gain.copy(), [(-1, -1)] * len(at)
        for j in range(i - 1, -1, -1):
            gap = heights[i] - heights[j]
            if (gap > GAP_MM and j < i - 1) or not len(found[j][0]):
                break
            offset = pixel * (at[:, None] - found[j][0][None])
            moved = np.maximum(0, np.linalg.norm(offset, axis=2) - pixel)
            slope = moved / gap
            passed = WORTH * 0.5 * max(0.0, gap - steps[i])
            reached = sums[j][None] - BEND * WORTH * slope**2 * min(gap, 8.0) - passed + gain[:, None]
            reached[slope > STEEPEST] = -np.inf
            best = reached.argmax(axis=1) if reached.size else np.zeros(0, dtype=int)
            for k, b in enumerate(best):
                if reached[k, b] > total[k]:
                    total[k], origin[k] = reached[k, b], (j, int(b))
        sums.append(total)
        origins.append(origin)
    return _followed(found, sums, origins)


def _followed(
    found: list[tuple[npt.NDArray[np.intp], FloatArray]],
    sums: list[FloatArray],
    origins: list[list[tuple[int, int]]],
) -> Track | None:
    ends = [float(total.max()) if len(total) else -np.inf for total in sums]
    last = int(np.argmax(ends))
    if ends[last] <= 0:
        return None
    here = (last, int(sums[last].argmax()))
    way = []
    while here[0] >= 0:
        way.append(here)
        here = origins[here[0]][here[1]]
    way.reverse()
    return Track(
        np.array([i for i, _ in way]),
        np.array([found[i][0][k] for i, k in way], dtype=np.float64),
        np.array([found[i][1][k] for i, k in way]),
        ends[last],
    )
