"""The outline of the cord on planes across it: a closed path of least cost in polar coordinates.

The idea is PropSeg's (De Leener et al., NeuroImage 2014): an outline that leans on its neighbours along the
cord where the images show no edge. All stations are outlined at once, first about an average cord, then
about what their neighbours look like, and at last the edge is placed where the signal is half way between
cord and fluid. How far inside that edge people draw an outline is told beside it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, map_coordinates, spline_filter

from processors.spine.planes import Planes

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

ANGLES = np.arange(72) * 5.0
"""Degrees around the centre, 0 in front, increasing towards the patient's left."""

AVERAGE_HALF_MM = (3.9, 6.2)
"""Anteroposterior and right-left half-diameters of the average cord (PAM50-normalized metrics, C2 to C7)."""

STEP_MM = 0.2
EDGE_MM = 0.45
"""Width (Gaussian standard deviation) over which the change of signal across the edge is measured."""

BEYOND_MM, WITHIN_MM = 1.8, (0.8, 2.4)
"""Where the levels of fluid and cord are read off, from the edge outwards and inwards."""

SURFACE_HEIGHT, DRAWN_HEIGHT = 0.5, 0.78
"""How far the signal has come from that of the fluid to that of the cord at its surface, where half of a
voxel is cord, and where people draw its outline. They leave out the rim of voxels that are cord in part, and
so do published areas. On the one T2 and the one T1 outlined by hand that were at hand (3-D, 1 mm,
sct_testing_data, MIT): chosen on the T2 alone it is 0.76, and areas on the T1 are 4.3 % too large; chosen on
the T1 alone it is 0.825, and areas on the T2 are 3.0 % too small. Between the two they are 3.0 % too large
and 0.8 % too small."""

FLUID_COST = 0.6
"""Cost of each millimetre of fluid inside the outline, in strengths of an average edge."""

WALL = 0.5
"""What an edge with the dark wall of the canal is worth, where the cord is dark, beside one with fluid."""

MOST_RIM_MM = 0.8
"""A rim that is wider is none, but an edge that does not look like one."""

STIFFNESS = 6.0
"""Cost of the outline's offset from its neighbours' changing by a millimetre from one angle to the next."""

ALONG_MM = 6.0
"""Width over which neighbouring stations shape the outline that a station starts from."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Outlines of the cord about centres in planes.

    Attributes
    ----------
    radii
        Shape (n, 72): millimetres from the planes' origins at :data:`ANGLES`.
    strength
        Shape (n, 72): difference of fluid and cord across the edge, as a share of the series' usual one;
        negative where it has the wrong sign.
    contrast
        The usual difference of fluid and cord, as a share of the cord's signal.
    rim_mm
        Shape (n,): how far inside of them people draw, the same all round.
    """

    radii: FloatArray
    strength: FloatArray
    contrast: float
    rim_mm: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Voxels prepared for cubic interpolation; ``affine`` maps indices of ``coefficients`` to LPS mm."""

    coefficients: Array
    affine: FloatArray

    @classmethod
    def around(cls, array: Array, affine: FloatArray, points: FloatArray, margin: float) -> "Signal":
        """Of the voxels within a margin (mm) of any of the points, shape (n, 3)."""
        index = np.linalg.solve(affine[:3, :3], (points - affine[:3, 3]).T)
        reach = margin / np.linalg.norm(affine[:3, :3], axis=0)[:, None]
        low = np.clip(np.floor((index - reach).min(axis=1)).astype(int), 0, np.array(array.shape) - 1)
        high = np.clip(np.ceil((index + reach).max(axis=1)).astype(int) + 1, low + 1, array.shape)
        crop = array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
        moved = affine.copy()
        moved[:3, 3] += affine[:3, :3] @ low
        return cls(spline_filter(crop, 3, output=np.float32, mode="nearest"), moved)

    def at(self, points: FloatArray) -> FloatArray:
        """Signal at LPS points of shape (..., 3)."""
        index = np.linalg.solve(self.affine[:3, :3], (points.reshape(-1, 3) - self.affine[:3, 3]).T)
        values = map_coordinates(self.coefficients, index, order=3, mode="nearest", prefilter=False)
        return np.asarray(values.reshape(points.shape[:-1]), dtype=np.float64)


def average_radii(count: int) -> FloatArray:
    """Radii of the average cord, shape (count, 72)."""
    angle = np.deg2rad(ANGLES)
    half_ap, half_rl = AVERAGE_HALF_MM
    return np.tile(1 / np.hypot(np.cos(angle) / half_ap, np.sin(angle) / half_rl), (count, 1))


def points_at(planes: Planes, radii: FloatArray) -> FloatArray:
    """LPS millimetres, shape (n, 72, ..., 3), of radii of shape (n, 72, ...) at :data:`ANGLES`."""
    angle = np.deg2rad(ANGLES).reshape((1, -1) + (1,) * (radii.ndim - 2))
    return planes.points(radii * np.sin(angle), radii * np.cos(angle))


def outline(
    signal: Signal, planes: Planes, start: FloatArray, reach: float, polarity: FloatArray
) -> Outlines:
    """Outlines within ``reach`` mm of the radii they start from.

    Parameters
    ----------
    start
        Shape (n, 72), mm.
    polarity
        Shape (n,): 1 where the cord is brighter than the fluid, -1 where it is darker.
    """
    count = round((reach + BEYOND_MM + EDGE_MM) / STEP_MM)
    offsets = np.arange(-count, count + 1, dtype=np.float64) * STEP_MM
    radii = np.maximum(start[..., None] + offsets, 0.2)
    values = signal.at(points_at(planes, radii)) * polarity[:, None, None]
    values = gaussian_filter1d(values, 0.7, axis=1, mode="wrap")
    edge = -gaussian_filter1d(values, EDGE_MM / STEP_MM, axis=2, order=1, mode="nearest") / STEP_MM
    allowed = np.abs(offsets) <= reach + 1e-9
    usual = np.median(np.percentile(edge[..., allowed].max(axis=2), 60, axis=1))
    scaled = np.clip(edge / max(float(usual), 1e-9), -1.0, 1.3)
    dark = (polarity < 0)[:, None, None]
    scaled = np.where(dark, np.maximum(scaled, -WALL * scaled), scaled)
    cord, fluid = _levels(values, start, offsets, edge)
    fluidness = np.clip((cord[:, None, None] - values) / (cord - fluid)[:, None, None], 0, 1)
    inside = np.cumsum(np.where(fluidness > 0.5, fluidness, 0.0), axis=2) * STEP_MM
    cost = FLUID_COST * inside - scaled + 0.02 * offsets**2
    path = _closed_path(cost[..., allowed], STIFFNESS * STEP_MM**2)
    chosen = path + int(np.argmax(allowed))
    refined, strength, seen = _placed(values, offsets, chosen, SURFACE_HEIGHT)
    drawn, _, drawn_seen = _placed(values, offsets, chosen, DRAWN_HEIGHT)
    difference = max(float(np.median(np.percentile(strength, 60, axis=1))), 1e-9)
    return Outlines(
        np.maximum(start + refined, 0.5),
        strength / difference,
        difference / max(float(np.median(np.abs(cord))), 1e-9),
        _rim(refined - drawn, seen & drawn_seen),
    )


def _rim(apart: FloatArray, seen: npt.NDArray[np.bool_]) -> FloatArray:
    """Of each station the median distance of the two heights where both are seen; otherwise the usual one."""
    rims = np.array([np.median(a[s]) if s.any() else np.nan for a, s in zip(apart, seen, strict=True)])
    usual = float(np.nanmedian(rims)) if np.isfinite(rims).any() else 0.0
    return np.clip(np.where(np.isfinite(rims), rims, usual), 0.0, MOST_RIM_MM)


def _levels(
    values: FloatArray, start: FloatArray, offsets: FloatArray, edge: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Signal of cord and fluid on each station, shape (n,): inside the start, beyond the best edges."""
    inside = np.where((offsets < -1.2) & (start[..., None] + offsets > 0), values, np.nan)
    cord = np.nanmedian(inside, axis=(1, 2))
    best = edge.argmax(axis=2)
    beyond = np.minimum(best + round(1.0 / STEP_MM), values.shape[2] - 1)
    fluid = np.percentile(np.take_along_axis(values, beyond[..., None], 2)[..., 0], 35, axis=1)
    return cord, np.minimum(fluid, cord - 0.1 * np.abs(cord) - 1e-9)


def _closed_path(cost: FloatArray, stiffness: float) -> npt.NDArray[np.intp]:
    """Index along the last axis of a cheap path round the second one, shape (n, angles).

    The path is looked for over one and a half rounds; its middle is closed for all practical purposes.
    """
    n, angles, depth = cost.shape
    half = angles // 2
    around = np.concatenate([cost[:, half:], cost, cost[:, :half]], axis=1)
    moves = range(-3, 4)
    total = around[:, 0].copy()
    came = np.zeros(around.shape, dtype=np.int8)
    for step in range(1, around.shape[1]):
        options = np.full((len(moves), n, depth), np.inf)
        for m, move in enumerate(moves):
            to = slice(max(0, -move), depth - max(0, move))
            source = slice(max(0, move), depth + min(0, move))
            options[m, :, to] = total[:, source] + stiffness * move * move
        best = options.argmin(axis=0)
        came[:, step] = best - 3
        total = np.take_along_axis(options, best[None], 0)[0] + around[:, step]
    rows = np.arange(n)
    at = total.argmin(axis=1)
    path = np.zeros(around.shape[:2], dtype=np.intp)
    for step in range(around.shape[1] - 1, -1, -1):
        path[:, step] = at
        at = at + came[rows, step, at]
    return path[:, half : half + angles]


def _placed(
    values: FloatArray, offsets: FloatArray, chosen: npt.NDArray[np.intp], height: float
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Offset at which the signal is so far between fluid and cord, their difference, and whether it is so."""
    depth = len(offsets)
    outside = chosen[..., None] + np.arange(round(0.2 / STEP_MM), round(BEYOND_MM / STEP_MM) + 1)
    inside = chosen[..., None] - np.arange(round(WITHIN_MM[0] / STEP_MM), round(WITHIN_MM[1] / STEP_MM) + 1)
    fluid = np.take_along_axis(values, np.clip(outside, 0, depth - 1), 2).min(axis=2)
    cord = np.median(np.take_along_axis(values, np.clip(inside, 0, depth - 1), 2), axis=2)
    wanted = fluid + height * (cord - fluid)
    window = chosen[..., None] + np.arange(-round(0.8 / STEP_MM), round(0.8 / STEP_MM) + 1)
    window = np.clip(window, 0, depth - 2)
    here = np.take_along_axis(values, window, 2)
    there = np.take_along_axis(values, window + 1, 2)
    crossing = (here >= wanted[..., None]) & (there < wanted[..., None])
    distance = np.where(crossing, np.abs(window - chosen[..., None]), depth)
    best = distance.argmin(axis=2)[..., None]
    a, b = np.take_along_axis(here, best, 2)[..., 0], np.take_along_axis(there, best, 2)[..., 0]
    share = np.clip((a - wanted) / np.maximum(a - b, 1e-9), 0, 1)
    exact = offsets[np.take_along_axis(window, best, 2)[..., 0]] + share * STEP_MM
    seen = crossing.any(axis=2) & (cord > fluid)
    return np.where(seen, exact, offsets[chosen]), cord - fluid, seen


def steadied(radii: FloatArray, strength: FloatArray, position_mm: FloatArray, width_mm: float) -> FloatArray:
    """Radii smoothed along the cord and a little around it, clear edges counting most."""
    weight = np.clip(strength, 0.05, 1.0)
    apart = (position_mm[:, None] - position_mm[None]) / width_mm
    kernel = np.exp(-0.5 * apart**2)
    usual = np.array([_weighted_median(radii, weight * k[:, None]) for k in kernel])
    trusted = weight * np.exp(-0.5 * ((radii - usual) / 0.8) ** 2)
    total = kernel @ trusted
    mean = (kernel @ (trusted * radii) + 1e-3 * usual) / (total + 1e-3)
    return np.asarray(gaussian_filter1d(mean, 1.0, axis=1, mode="wrap"))


def _weighted_median(values: FloatArray, weight: FloatArray) -> FloatArray:
    order = np.argsort(values, axis=0)
    summed = np.cumsum(np.take_along_axis(weight, order, 0), axis=0)
    middle = (summed >= 0.5 * summed[-1]).argmax(axis=0)
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, 0), middle[None], 0)[0])


def centroid(radii: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset to the left and front, shape (n,), of the middle of outlines from the point they are about."""
    angle = np.deg2rad(ANGLES)
    x, y = radii * np.sin(angle), radii * np.cos(angle)
    cross = x * np.roll(y, -1, 1) - np.roll(x, -1, 1) * y
    area = cross.sum(axis=1) / 2
    left = ((x + np.roll(x, -1, 1)) * cross).sum(axis=1) / (6 * area)
    front = ((y + np.roll(y, -1, 1)) * cross).sum(axis=1) / (6 * area)
    return left, front


def about(radii: FloatArray, left: FloatArray, front: FloatArray) -> FloatArray:
    """The same outlines as radii about points moved by (n,) offsets to the left and front."""
    angle = np.deg2rad(ANGLES)
    x, y = radii * np.sin(angle) - left[:, None], radii * np.cos(angle) - front[:, None]
    moved = np.empty_like(radii)
    for i, (seen, far) in enumerate(zip(np.arctan2(x, y) % (2 * np.pi), np.hypot(x, y), strict=True)):
        order = np.argsort(seen)
        moved[i] = np.interp(angle, seen[order], far[order], period=2 * np.pi)
    return moved


def areas(radii: FloatArray) -> FloatArray:
    """Area within each outline, mm², shape (n,)."""
    return np.asarray(0.5 * np.sin(np.deg2rad(5.0)) * (radii * np.roll(radii, -1, axis=1)).sum(axis=1))
