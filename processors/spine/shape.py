"""Size and shape of the cord's cross-sections, perpendicular to the cord."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d
from scipy.spatial import ConvexHull, QhullError

from processors.spine.cord import Cord
from processors.spine.cross_section import Section, drawn_outline

FloatArray = npt.NDArray[np.float64]

FRONT_HALF_WIDTH = 0.55
"""Half-diameters to either side of the middle, between which the front of the cord may sink in."""

BROAD_MM = 1.0
"""Width of a sunken front; the ventral fissure is narrower."""

_STEP_MM = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Of n sections, each number of shape (n,).

    Attributes
    ----------
    area_mm2
        Perpendicular to the cord.
    ap_mm, rl_mm
        Diameters perpendicular to the cord.
    solidity
        Area over that of the convex hull.
    concavity_mm
        How far the front lies behind the line over its shoulders.
    """

    area_mm2: FloatArray
    ap_mm: FloatArray
    rl_mm: FloatArray
    solidity: FloatArray
    concavity_mm: FloatArray

    @property
    def flatness(self) -> FloatArray:
        """Anteroposterior over right-left diameter."""
        return self.ap_mm / self.rl_mm


def shape_of(cord: Cord, section: Section) -> Shape:
    """Measure the outlines as people draw them, so that published areas can be compared with.

    The area is the projection of the outlined plane onto the plane across the cord, so that a slice which
    cuts the cord obliquely (by up to a third of a right angle in a lordotic neck) does not enlarge it.
    """
    along = cord.along[section.stations]
    x, y = drawn_outline(cord, section)
    to_x, to_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    area = 0.5 * np.abs(np.sum(x * to_y - to_x * y, axis=1))
    normal = np.cross(section.left, section.front)
    tilt = np.abs(np.einsum("nc,nc->n", normal, along))
    solidity = np.array([_solidity(*points) for points in zip(x, y, area, strict=True)])
    concavity = np.array([_concavity(*points) for points in zip(x, y, section.half_rl, strict=True)])
    ap = np.ptp(y, axis=1) * _foreshortening(section.front, along)
    rl = np.ptp(x, axis=1) * _foreshortening(section.left, along)
    return Shape(area * tilt, ap, rl, solidity, concavity)


def _foreshortening(direction: FloatArray, along: FloatArray) -> FloatArray:
    """Length across the cord of a unit vector in the plane of the section."""
    return np.asarray(np.sqrt(np.clip(1 - np.einsum("nc,nc->n", direction, along) ** 2, 0, 1)))


def _solidity(x: FloatArray, y: FloatArray, area: float) -> float:
    try:
        hull = ConvexHull(np.column_stack([x, y]))
    except QhullError:
        return float("nan")
    return float(area / hull.volume)


def _concavity(x: FloatArray, y: FloatArray, half_rl: float) -> float:
    """Millimetres from the convex hull of the front to the outline, where it is deep over a width.

    The ventral fissure is deep and narrow in every cord; what counts is :data:`BROAD_MM` wide.
    """
    front = y > 0
    order = np.argsort(x[front])
    fx, fy = x[front][order], y[front][order]
    if len(fx) < 5:
        return float("nan")
    at = np.arange(-FRONT_HALF_WIDTH * half_rl, FRONT_HALF_WIDTH * half_rl + _STEP_MM / 2, _STEP_MM)
    depth = np.interp(at, *_upper_hull(fx, fy)) - np.interp(at, fx, fy)
    return float(minimum_filter1d(depth, round(BROAD_MM / _STEP_MM), mode="constant").max(initial=0.0))


def _upper_hull(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The upper convex hull of points in ascending x (Andrew's monotone chain)."""
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) >= 2 and _turns_left(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    corners = np.array(hull)
    return corners[:, 0], corners[:, 1]


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0
