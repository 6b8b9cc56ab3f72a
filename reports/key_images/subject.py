"""What a finding was measured on, and the slices of it that are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.patheffects import withStroke

from processors.acquisition import Plane
from processors.depiction import CordProfile, RegionMap
from processors.findings import CORD_SIGNS, Finding, Sign
from processors.volume import SliceSource, Volume
from reports.key_images.choice import SHAPES, strongest_slices, strongest_stations
from reports.key_images.page import PAPER, SOFT, Page, hexadecimal
from reports.key_images.slices import Field, Slice, body_centre, cut, cutting_axis
from reports.key_images.tiles import (
    CORD_WINDOWS,
    Window,
    colours_of,
    draw_slice,
    whole_window,
    window_around,
    window_of,
)
from reports.palette import CORD_OUTLINE, region_colour
from reports.picture_text import reformat_words, short_name, slice_words

FloatArray = npt.NDArray[np.float64]
Sources = tuple[tuple[str, SliceSource], ...]

BRAIN_FIELD_MM = 140.0
"""Height of what is shown of a head: what lies around the tract and the motor cortex, not the face."""
CORTEX_FIELD_MM = 184.0
"""The same for what reaches the side of the head: its whole length."""
CORTEX_SIGNS = frozenset({Sign.MOTOR_BAND, Sign.PRECENTRAL_ATROPHY})
CORD_FIELD_MM = 56.0
"""Height of what is shown of a neck: the cord in its canal."""
APART_MM = {Plane.AXIAL: 12.0, Plane.CORONAL: 6.0, Plane.SAGITTAL: 20.0}
"""Least distance of two slices, so that they show different things."""
PLAIN_PLACES = (0.35, 0.5, 0.65, 0.8)
"""Where along a series in which nothing was outlined it is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The series that a finding is shown on.

    Attributes
    ----------
    regions
        What was measured in it; ``None`` where that is not known.
    cord
        The cord as it was outlined in it; ``None`` where it was not.
    """

    volume: Volume
    regions: RegionMap | None = None
    cord: CordProfile | None = None

    @property
    def axis(self) -> int:
        """The axis of the array that it is cut across."""
        return cutting_axis(self.volume, Plane.AXIAL)

    def is_outlined(self) -> bool:
        """Whether there is anything to outline."""
        return self.regions is not None or self.cord is not None

    def cut(self, index: int) -> Slice:
        """One slice."""
        return cut(self.volume, self.axis, index, self.regions)

    def window(self) -> Window:
        """What is told apart."""
        if self.regions is not None:
            return window_of(self.volume, self.regions)
        if self.cord is not None:
            return window_around(self.volume, _signal_of_cord(self.volume, self.cord), CORD_WINDOWS)
        return whole_window(self.volume)


def strongest_views(finding: Finding, subject: Subject, most: int) -> list[Slice]:
    """The slices in which a finding is strongest, from below upwards or from right to left."""
    volume, axis = subject.volume, subject.axis
    apart = APART_MM[subject.cut(0).plane]
    chosen: tuple[int, ...] = ()
    by_level = subject.cord is None or any(subject.cord.levels)
    if subject.regions is not None and by_level:
        chosen = strongest_slices(finding, volume, subject.regions, axis, most, apart)
    elif subject.cord is not None:
        indices = stations_of(subject.cord, volume, axis)
        chosen = strongest_stations(finding.sign, subject.cord, indices, most, apart / volume.spacing[axis])
    return _in_order(subject, chosen)


def plain_views(subject: Subject) -> list[Slice]:
    """Slices along a series in which nothing was outlined, from below upwards."""
    last = subject.volume.array.shape[subject.axis] - 1
    return _in_order(subject, [round(share * last) for share in PLAIN_PLACES])


def _in_order(subject: Subject, indices: Sequence[int]) -> list[Slice]:
    return sorted((subject.cut(index) for index in indices), key=lambda shown: shown.height_mm)


def _signal_of_cord(volume: Volume, cord: CordProfile) -> float:
    """The median signal in the middle of the outlines."""
    centres = cord.contours.mean(axis=1)
    centres = centres[np.isfinite(centres).all(axis=1)]
    inverse = np.linalg.inv(volume.affine)
    indices = np.rint(centres @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.intp)
    inside = indices[((indices >= 0) & (indices < volume.array.shape)).all(axis=1)]
    return float(np.median(volume.array[tuple(inside.T)])) if inside.size else 0.0


def stations_of(cord: CordProfile, volume: Volume, axis: int) -> list[int]:
    """The slice that each outline of a cord lies on, or is nearest to; 0 where there is no outline."""
    centres = np.nan_to_num(cord.contours.mean(axis=1))
    inverse = np.linalg.inv(volume.affine)
    index = centres @ inverse[axis, :3] + inverse[axis, 3]
    return [int(i) for i in np.clip(np.rint(index), 0, volume.array.shape[axis] - 1)]


def field_of(subject: Subject, shown: Slice, sign: Sign, size: tuple[int, int]) -> Field:
    """What is shown of a slice: the brain around the regions, or the cord in its canal."""
    middle, outlined = body_centre(shown), _outlined_extent(subject, shown)
    if not subject.is_outlined() or (sign in CORD_SIGNS and outlined is None):
        return _whole_field(shown, size)
    low, high = (np.array(middle), np.array(middle)) if outlined is None else outlined
    centre = (low + high) / 2
    if sign in CORD_SIGNS:
        tall = 1.2 * float((high - low)[0]) * shown.spacing[0]
        return Field((float(centre[0]), float(centre[1])), size, size[0] / max(CORD_FIELD_MM, tall))
    if sign in CORTEX_SIGNS:
        return Field(middle, size, size[0] / CORTEX_FIELD_MM)
    return Field((float(centre[0]), middle[1]), size, size[0] / BRAIN_FIELD_MM)


def _whole_field(shown: Slice, size: tuple[int, int]) -> Field:
    rows, columns = shown.pixels.shape
    down, right = shown.spacing
    scale = min(size[0] / (rows * down), size[1] / (columns * right))
    return Field(((rows - 1) / 2, (columns - 1) / 2), size, scale)


def _outlined_extent(subject: Subject, shown: Slice) -> tuple[FloatArray, FloatArray] | None:
    """The lowest and the highest row and column of what is outlined on a slice."""
    contours = _contours(subject, shown)
    places = np.argwhere(shown.labels) if not len(contours) else contours.reshape(-1, 2)
    return (places.min(axis=0), places.max(axis=0)) if len(places) else None


def _contours(subject: Subject, shown: Slice) -> FloatArray:
    """The cord's outlines on a slice, shape (n, k, 2), row and column: one across the cord, many along it."""
    if subject.cord is None:
        return np.empty((0, 1, 2))
    indices = np.array(stations_of(subject.cord, subject.volume, shown.axis))
    whole = np.isfinite(subject.cord.contours).all(axis=(1, 2))
    contours = subject.cord.contours[(indices == shown.index) & whole]
    return shown.row_column(contours.reshape(-1, 3)).reshape(*contours.shape[:2], 2)


def draw_view(
    page: Page,
    place: tuple[int, int],
    subject: Subject,
    shown: Slice,
    field: Field,
    *,
    outlined: bool,
    scale: bool = True,
) -> None:
    """Lay a slice on the page at a place, with the regions and the cord outlined or without."""
    colours = colours_of(subject.regions) if outlined and subject.regions is not None else {}
    axes = draw_slice(page, *place, shown, field, subject.window(), colours, scale=scale)
    if not outlined:
        return
    if subject.regions is not None and subject.regions.sign in SHAPES:
        return
    for contour in _contours(subject, shown):
        rows, columns = field.pixel_of(shown, np.vstack([contour, contour[:1]])).T
        edge = withStroke(linewidth=2.8, foreground=hexadecimal(PAPER))
        axes.plot(columns, rows, color=hexadecimal(CORD_OUTLINE), linewidth=1.1, path_effects=[edge])


def draw_legend(page: Page, x: float, y: float, subject: Subject, shown: Slice, field: Field) -> None:
    """The names of the regions that a view shows, in their colours, ending at a place."""
    if subject.regions is None:
        return
    seen = set(field.labels(shown).ravel().tolist())
    named = {r.name: region_colour(r) for number, r in subject.regions.regions.items() if number in seen}
    words = {name: short_name(name) for name in named}
    size, room = 13.0, field.size[1] - 8.0
    while size > 10 and page.width_of(" ".join(words.values()), size, bold=True) + len(named) * size > room:
        size -= 0.5
    most = room
    if page.width_of(" ".join(words.values()), size, bold=True) + len(named) * size > room:
        most = room / len(named) - size
    for name, colour in reversed(named.items()):
        [line], letters = page.fitted(words[name], most, size=size, bold=True)
        x -= page.width_of(line, letters, bold=True)
        page.text(x, y, line, size=letters, bold=True, colour=colour)
        x -= size


def place_words(subject: Subject, shown: Slice) -> str:
    """Where a slice lies, in words."""
    if shown.axis:
        return reformat_words(shown.plane, *shown.place)
    return slice_words(subject.volume, shown.index, shown.plane, *shown.place)


def draw_place(page: Page, x: float, y: float, width: float, subject: Subject, shown: Slice) -> None:
    """Write where a slice lies."""
    page.text(x, y, place_words(subject, shown), size=13, colour=SOFT, width=width)


def sources_of(subject: Subject, shown: Sequence[Slice]) -> Sources:
    """The images that slices were cut from, each once, with their Series Instance UID."""
    volume = subject.volume
    found: dict[tuple[str, SliceSource], None] = {}
    for one in shown:
        images = volume.sources if one.axis else volume.sources[one.index : one.index + 1]
        found.update(dict.fromkeys((volume.series_instance_uid, image) for image in images))
    return tuple(found)
