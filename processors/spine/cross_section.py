"""The cord's cross-sections: their own axes, and their signal on a fine grid around the cord.

Lengths are millimetres in the plane of the section; *x* points to the patient's left and *y* to the front,
from the centre of the cord's bounding box. *u* and *v* are the same in half-diameters, after the rotation of
the cord about its own axis.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from processors.spine.cord import ANGLES, Cord
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

STEP_MM = 0.25
"""Of the grid: a lateral corticospinal tract is 2 mm wide."""

REACH_MM = 13.0
"""From the centre: the half-diameter of the largest cord (7.5 mm) and the fluid around it."""

LARGEST_ROTATION = 25.0
"""Degrees by which a cord is taken to be rotated at most: the atlas turns by 40°, the cord by less (p)."""

ROTATION_SMOOTHING_MM = 8.0
"""Standard deviation of the smoothing of the rotation along the cord (p)."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The cross-sections of a cord with an outline all round, from the top.

    Attributes
    ----------
    stations
        Shape (n,): which stations of the cord they are.
    centre, left, front
        Shape (n, 3): LPS millimetres and unit vectors, with the cord's own rotation.
    rotation
        Shape (n,): degrees about the cord's axis, positive where the cord's left turns to the front.
    half_rl, half_ap
        Shape (n,): half-diameters in the plane of the section.
    """

    stations: npt.NDArray[np.intp]
    centre: FloatArray
    left: FloatArray
    front: FloatArray
    rotation: FloatArray
    half_rl: FloatArray
    half_ap: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The signal around the cord on a grid in each section's own axes, shape (n, g, g), y then x.

    Attributes
    ----------
    signal
        NaN outside the images.
    u, v
        Half-diameters from the centre.
    depth
        Millimetres under the cord's surface; negative outside.
    axis
        Shape (g,): millimetres from the centre.
    """

    signal: FloatArray
    u: FloatArray
    v: FloatArray
    depth: FloatArray
    axis: FloatArray


def sections_of(cord: Cord) -> Section:
    """Rotation, centre and diameters of every cross-section that has an outline.

    The rotation is that of the outline's longer principal axis, which lies from side to side in every
    cervical cord, smoothed along the cord; a rounder section counts less.
    """
    stations = np.flatnonzero(np.isfinite(cord.contour).all(axis=(1, 2)))
    x, y = _in_plane(cord, stations)
    rotation = _rotation(x, y, cord.position_mm[stations])
    turned_x, turned_y = _turned(x, y, rotation)
    middle_x, half_rl = _span(turned_x)
    middle_y, half_ap = _span(turned_y)
    c, s = np.cos(np.deg2rad(rotation))[:, None], np.sin(np.deg2rad(rotation))[:, None]
    left = c * cord.left[stations] + s * cord.front[stations]
    front = c * cord.front[stations] - s * cord.left[stations]
    centre = cord.centre[stations] + middle_x[:, None] * left + middle_y[:, None] * front
    return Section(stations, centre, left, front, rotation, half_rl, half_ap)


def outline(cord: Cord, section: Section) -> tuple[FloatArray, FloatArray]:
    """The outlines in the sections' own axes, millimetres to the left and to the front, shape (n, k)."""
    offset = cord.contour[section.stations] - section.centre[:, None]
    return (
        np.einsum("nkc,nc->nk", offset, section.left),
        np.einsum("nkc,nc->nk", offset, section.front),
    )


def drawn_outline(cord: Cord, section: Section) -> tuple[FloatArray, FloatArray]:
    """The same of the outlines as people draw them, inside of the surface."""
    offset = cord.drawn[section.stations] - section.centre[:, None]
    return (
        np.einsum("nkc,nc->nk", offset, section.left),
        np.einsum("nkc,nc->nk", offset, section.front),
    )


def patches_of(volume: Volume, cord: Cord, section: Section) -> Patches:
    """Sample a series around the cord; a station that is a slice is read from that slice alone."""
    axis = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    points = (
        section.centre[:, None, None]
        + x[None, ..., None] * section.left[:, None, None]
        + y[None, ..., None] * section.front[:, None, None]
    )
    signal = _sampled(volume, points, cord.slices[section.stations])
    half_rl, half_ap = section.half_rl[:, None, None], section.half_ap[:, None, None]
    return Patches(signal, x / half_rl, y / half_ap, _depth(cord, section, x, y), axis)


def _in_plane(cord: Cord, stations: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    offset = cord.contour[stations] - cord.centre[stations][:, None]
    return (
        np.einsum("nkc,nc->nk", offset, cord.left[stations]),
        np.einsum("nkc,nc->nk", offset, cord.front[stations]),
    )


def _rotation(x: FloatArray, y: FloatArray, position: FloatArray) -> FloatArray:
    """Degrees, from the second moments of the outlined area."""
    if not len(x):
        return np.zeros(0)
    to_x, to_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    cross = x * to_y - to_x * y
    xx = np.sum(cross * (x * x + x * to_x + to_x * to_x), axis=1) / 12
    yy = np.sum(cross * (y * y + y * to_y + to_y * to_y), axis=1) / 12
    xy = np.sum(cross * (x * to_y + 2 * x * y + 2 * to_x * to_y + to_x * y), axis=1) / 24
    sign = np.where(cross.sum(axis=1) < 0, -1.0, 1.0)
    away = (position[:, None] - position[None]) / ROTATION_SMOOTHING_MM
    weight = np.exp(-0.5 * away**2)
    angle = 0.5 * np.arctan2(weight @ (2 * sign * xy), weight @ (sign * (xx - yy)))
    return np.asarray(np.clip(np.rad2deg(angle), -LARGEST_ROTATION, LARGEST_ROTATION))


def _turned(x: FloatArray, y: FloatArray, rotation: FloatArray) -> tuple[FloatArray, FloatArray]:
    c, s = np.cos(np.deg2rad(rotation))[:, None], np.sin(np.deg2rad(rotation))[:, None]
    return c * x + s * y, c * y - s * x


def _span(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Middle and half of the extent of each row."""
    low, high = values.min(axis=1, initial=np.inf), values.max(axis=1, initial=-np.inf)
    return (low + high) / 2, (high - low) / 2


def _depth(cord: Cord, section: Section, x: FloatArray, y: FloatArray) -> FloatArray:
    """Distance to the outline, positive inside it."""
    contour_x, contour_y = outline(cord, section)
    grid_angle, grid_radius = np.arctan2(x, y), np.hypot(x, y)
    depth = np.empty((len(section.stations), *x.shape))
    for index, (cx, cy) in enumerate(zip(contour_x, contour_y, strict=True)):
        angle = np.arctan2(cx, cy)
        order = np.argsort(angle)
        edge = np.interp(grid_angle, angle[order], np.hypot(cx, cy)[order], period=2 * np.pi)
        inside = grid_radius <= edge
        depth[index] = np.where(
            inside, ndi.distance_transform_edt(inside), 1 - ndi.distance_transform_edt(~inside)
        )
    return np.asarray((depth - 0.5) * STEP_MM)


def _sampled(volume: Volume, points: FloatArray, slices: npt.NDArray[np.intp]) -> FloatArray:
    """Cubic interpolation, in the plane for stations that are slices."""
    to_index = np.linalg.inv(volume.affine)
    index = points @ to_index[:3, :3].T + to_index[:3, 3]
    low = np.maximum(np.floor(index.min(axis=(0, 1, 2))).astype(int) - 4, 0)
    high = np.minimum(np.ceil(index.max(axis=(0, 1, 2))).astype(int) + 5, volume.array.shape)
    box = tuple(slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    inside = ((index > -0.5) & (index < np.array(volume.array.shape) - 0.5)).all(axis=-1)
    signal = np.full(index.shape[:-1], np.nan)
    if 0 in (at.stop - at.start for at in box):
        return signal
    crop = volume.array[box].astype(np.float64)
    local = np.moveaxis(index - low, -1, 0)
    flat = slices >= 0
    for station in np.flatnonzero(flat):
        filtered = ndi.spline_filter(crop[slices[station] - low[0]], mode="mirror")
        signal[station] = ndi.map_coordinates(
            filtered, local[1:, station], order=3, mode="mirror", prefilter=False
        )
    if not flat.all():
        filtered = ndi.spline_filter(crop, mode="mirror")
        signal[~flat] = ndi.map_coordinates(
            filtered, local[:, ~flat], order=3, mode="mirror", prefilter=False
        )
    signal[~inside] = np.nan
    return signal


__all__ = ["ANGLES", "Patches", "Section", "outline", "patches_of", "sections_of"]
