"""The cervical cord on one series: where it runs, and its outline station by station."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from processors.acquisition import Contrast
from processors.findings import Reason
from processors.spine.centreline import likeness, track
from processors.spine.contour import (
    ANGLES,
    Outlines,
    Signal,
    about,
    areas,
    average_radii,
    centroid,
    outline,
    points_at,
    steadied,
)
from processors.spine.planes import (
    Planes,
    extent,
    is_axial,
    level_planes,
    local_line,
    nearest,
    perpendicular,
    sampled,
    slice_planes,
    smoothed,
)
from processors.volume import Volume

__all__ = ["ANGLES", "Cord", "CordNotFoundError", "find_cord"]

FloatArray = npt.NDArray[np.float64]

DARK_CORD = frozenset({Contrast.T2, Contrast.T2_STAR, Contrast.STIR})
"""Contrasts on which fluid is brighter than the cord."""

PIXEL_MM, LEVEL_MM = 1.0, 3.0
"""Grid on which the cord is looked for."""

STATION_MM = 2.0
"""Distance of the planes across the cord where they are no slices."""

OFF_CENTRE = 0.35
"""How far from the middle of the images the cord may run, as a share of their width (standard deviation)."""

LEAST_WORTH = 6.0
"""Likeness gathered, in millimetres, below which what was found may be no cord."""

LINE_MM = 9.0
"""Width over which the centreline is smooth."""

END_MM = 9.0
"""How far beyond what was recognized the cord is followed: inflow can hide it on the end slices."""

SHORTEST_MM = 20.0
"""Less of a cord is not measured."""

LEAST_QUALITY = 0.5
"""Half of the stations of a cord are outlined at least this well."""

PLAUSIBLE_MM2 = (28.0, 140.0)
"""Area of a cord: in health 75 ± 7 mm² at C3 and 45 at T4; the thinnest and thickest ones widely included."""

LEAST_CONTRAST = 0.12
"""Difference of fluid and cord, as a share of the cord's signal, below which nothing is an outline."""

ROUNDEST = 0.85
"""Anteroposterior over right-left diameter; the cervical cord's is .57 to .67 ± .05 in health."""

FINE_ACROSS_MM = 2.0
"""From left to right, sagittal slices further apart do not tell how broad a cord is."""

AHEAD_MM, CLEAR = 20.0, 0.65
"""The cord begins where it is outlined this well, compared with its better stations, over this distance."""

BRAINSTEM_GAP_MM = 12.0
"""The brainstem may look no larger than the cord over this distance."""

BRAINSTEM, BELOW_MM = 1.40, 40.0
"""Area, as a share of the median one over this distance below, beyond which it is the medulla."""


class CordNotFoundError(Exception):
    """A series on which no cervical cord was found, with the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Cord:
    """The cord, at *stations* from the top down.

    A station is a slice of an axial series. On a sagittal or three-dimensional series it is a plane across
    the cord every millimetre or two, for which the voxels were resampled to *find* the outline; signal is
    to be measured in the series' own voxels.

    Attributes
    ----------
    position_mm
        Shape (n,): along the cord from the topmost station.
    centre
        Shape (n, 3): LPS millimetres.
    left, front
        Shape (n, 3): unit vectors in the station's plane, towards the patient's left and front, before any
        rotation of the cord about its own axis.
    along
        Shape (n, 3): unit tangent of the centreline towards the feet. It is not perpendicular to the plane
        of a slice that cuts the cord obliquely.
    contour
        Shape (n, k, 3): LPS millimetres, the points at :data:`ANGLES` around the centre, where the signal is
        half way between cord and fluid; NaN where there is no outline.
    quality
        Shape (n,): 0 (nothing seen) to 1 (a sharp outline all round).
    slices
        Shape (n,): index of the slice in an axial volume; -1 where a station is not a slice.
    rim_mm
        Shape (n,): how far inside the contour people draw it, leaving out what is cord in part.
    """

    position_mm: FloatArray
    centre: FloatArray
    left: FloatArray
    front: FloatArray
    along: FloatArray
    contour: FloatArray
    quality: FloatArray
    slices: npt.NDArray[np.intp]
    rim_mm: FloatArray

    @property
    def drawn(self) -> FloatArray:
        """The contour as people draw it, of the same shape: what areas and pictures are of."""
        spoke = self.contour - self.centre[:, None]
        length = np.linalg.norm(spoke, axis=2, keepdims=True)
        inner = np.maximum(length - self.rim_mm[:, None, None], 0.0)
        return np.asarray(self.centre[:, None] + spoke * inner / np.maximum(length, 1e-9))


def find_cord(volume: Volume) -> Cord:
    """Find and outline the cord on a T1, T2 or T2* series of the neck.

    Raises
    ------
    CordNotFoundError
        If there is no cord in the images (``cord-not-found``), or none of the neck (``no-cervical-cord``).
    """
    polarity = -1 if volume.contrast in DARK_CORD else 1
    line = _seek(volume, polarity)
    planes = _stations(volume, line)
    signal = Signal.around(volume.array, volume.affine, planes.origin, 16.0)
    planes, outlines = _outlined(signal, planes, polarity)
    across_mm = float(np.abs(volume.affine[0, :3]).max())
    return _cord(planes, outlines, roundness_known=across_mm <= FINE_ACROSS_MM)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The centreline as a smooth function of height: points in LPS mm at heights below the first plane."""

    height: FloatArray
    point: FloatArray
    weight: FloatArray

    def at(self, height: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Points and derivatives with respect to height, shape (n, 3) each."""
        return local_line(self.height, self.point, self.weight, height, LINE_MM)


def _seek(volume: Volume, polarity: int) -> _Line:
    planes = slice_planes(volume) if is_axial(volume) else level_planes(volume, LEVEL_MM)
    (right, left), (back, front) = extent(volume, planes)
    columns = np.arange(right, left + PIXEL_MM / 2, PIXEL_MM)
    rows = np.arange(front, back - PIXEL_MM / 2, -PIXEL_MM)
    shape = (len(planes.origin), len(rows), len(columns))
    grid = planes.points(np.broadcast_to(columns, shape), np.broadcast_to(rows[:, None], shape))
    images, inside = nearest(smoothed(volume, 0.45 * PIXEL_MM), volume.affine, grid)
    height = (planes.origin - planes.origin[0]) @ np.cross(planes.left[0], planes.front[0])
    likely = likeness(images, PIXEL_MM, polarity) * inside * _central(columns)
    found = track(likely, PIXEL_MM, height)
    if found is None or found.worth < LEAST_WORTH or len(found.planes) < 3:
        raise CordNotFoundError(Reason.of("cord-not-found"))
    row, column = found.position.astype(int).T
    return _Line(height[found.planes], grid[found.planes, row, column], found.likeness)


def _central(columns: FloatArray) -> npt.NDArray[np.float32]:
    """Neither technologists nor patients put the cord beside the middle of the images by much."""
    width = columns[-1] - columns[0]
    return np.asarray(np.exp(-0.5 * (columns / (OFF_CENTRE * width)) ** 2), dtype=np.float32)


def _stations(volume: Volume, line: _Line) -> Planes:
    first, last = line.height[0] - END_MM, line.height[-1] + END_MM
    if is_axial(volume):
        planes = slice_planes(volume)
        height = (planes.origin - planes.origin[0]) @ np.cross(planes.left[0], planes.front[0])
        kept = (height >= first - 1e-6) & (height <= last + 1e-6)
        on_line, _ = line.at(height[kept])
        return Planes(on_line, planes.left[kept], planes.front[kept], planes.slices[kept])
    points, _ = line.at(np.arange(first, last, 0.5))
    inside = np.isfinite(sampled(volume.array, volume.affine, points))
    if inside.sum() < 2:
        raise CordNotFoundError(Reason.of("cord-not-found"))
    return perpendicular(points[inside], STATION_MM)


def _outlined(signal: Signal, planes: Planes, polarity: int) -> tuple[Planes, Outlines]:
    start = average_radii(len(planes.origin))
    for reach, width in ((2.8, 12.0), (1.8, 8.0), (1.4, 0.0)):
        outlines = outline(signal, planes, start, reach, np.full(len(start), float(polarity)))
        if not width:
            break
        planes, radii = _recentred(planes, outlines)
        start = steadied(radii, outlines.strength, positions(planes), width)
    sure = np.clip(outlines.strength / 0.4, 0, 1)
    return planes, replace(outlines, radii=sure * outlines.radii + (1 - sure) * start)


def positions(planes: Planes) -> FloatArray:
    """Millimetres along the planes' origins from the first one."""
    steps = np.linalg.norm(np.diff(planes.origin, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _recentred(planes: Planes, outlines: Outlines) -> tuple[Planes, FloatArray]:
    """Planes about the smoothed middles of outlines, and the outlines about those."""
    offset = np.column_stack(centroid(outlines.radii))
    weight = np.clip(outlines.strength, 0.02, 1).mean(axis=1)
    at = positions(planes)
    smooth, _ = local_line(at, offset, weight, at, LINE_MM / 2)
    origin = planes.origin + smooth[:, :1] * planes.left + smooth[:, 1:] * planes.front
    return replace(planes, origin=origin), about(outlines.radii, *smooth.T)


def _cord(planes: Planes, outlines: Outlines, *, roundness_known: bool) -> Cord:
    left, front = centroid(outlines.radii)
    radii = about(outlines.radii, left, front)
    centre = planes.origin + left[:, None] * planes.left + front[:, None] * planes.front
    planes = replace(planes, origin=centre)
    at = positions(planes)
    _, slope = local_line(at, centre, np.ones(len(at)), at, LINE_MM)
    along = slope / np.linalg.norm(slope, axis=1, keepdims=True)
    normal = np.cross(planes.left, planes.front)
    area = areas(radii) * np.abs((normal * along).sum(axis=1))
    quality = _quality(outlines.strength, area, at)
    kept = _extent(quality, area, at)
    if kept.stop - kept.start < 3 or at[kept.stop - 1] - at[kept.start] < SHORTEST_MM:
        raise CordNotFoundError(Reason.of("no-cervical-cord"))
    if float(np.median(quality[kept])) < LEAST_QUALITY or outlines.contrast < LEAST_CONTRAST:
        raise CordNotFoundError(Reason.of("cord-not-found"))
    low, high = PLAUSIBLE_MM2
    if not low < float(np.median(area[kept])) < high:
        raise CordNotFoundError(Reason.of("cord-not-found"))
    if roundness_known and float(np.median(_roundness(radii)[kept])) > ROUNDEST:
        raise CordNotFoundError(Reason.of("no-cervical-cord"))
    return Cord(
        at[kept] - at[kept.start],
        centre[kept],
        planes.left[kept],
        planes.front[kept],
        along[kept],
        points_at(planes, radii)[kept],
        quality[kept],
        planes.slices[kept],
        outlines.rim_mm[kept],
    )


def _roundness(radii: FloatArray) -> FloatArray:
    """Anteroposterior over right-left diameter."""
    quarter = radii.shape[1] // 4
    depth = radii[:, 0] + radii[:, 2 * quarter]
    return np.asarray(depth / (radii[:, quarter] + radii[:, 3 * quarter]))


def _quality(strength: FloatArray, area: FloatArray, at: FloatArray) -> FloatArray:
    edges = np.clip(strength / 0.6, 0, 1).mean(axis=1)
    near = np.abs(at[:, None] - at[None]) < 15.0
    usual = np.array([np.median(area[n]) for n in near])
    return np.asarray(edges * np.exp(-0.5 * (np.log(area / usual) / 0.2) ** 2))


def _extent(quality: FloatArray, area: FloatArray, at: FloatArray) -> slice:
    """From below the brainstem to the last station where anything of the cord is seen."""
    good = np.flatnonzero(quality > 0.3)
    if not len(good):
        return slice(0, 0)
    below = np.array([np.median(area[(at > here) & (at <= here + BELOW_MM)]) for here in at[:-1]])
    ahead = np.array([np.median(quality[(at >= here) & (at <= here + AHEAD_MM)]) for here in at])
    clear = np.flatnonzero(ahead >= CLEAR * np.percentile(quality, 75))
    if not len(clear):
        return slice(0, 0)
    first = int(max(good[0], clear[0]))
    for station in np.flatnonzero((area[:-1] > BRAINSTEM * below) & (at[:-1] < at[-1] - BELOW_MM)):
        if at[station] - at[first] < BRAINSTEM_GAP_MM:
            first = int(station) + 1
    return slice(first, int(good[-1]) + 1)
