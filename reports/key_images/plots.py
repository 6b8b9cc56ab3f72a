"""The plots of the pictures: along the tract, by region, and the gyrus unfolded."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from processors.depiction import CortexStrip
from processors.findings import (
    Finding,
    Quantity,
    Region,
    RegionMeasurements,
    Side,
    TractProfile,
)
from reports.key_images.measured import compared_by, has_sides, region_names
from reports.key_images.page import FAINT, INK, PAPER, SOFT, WIDTH, Page, hexadecimal
from reports.palette import SIDES, region_colour
from reports.picture_text import (
    ALONG_AND_ACROSS,
    ALONG_TRACT,
    NORM_BAND,
    UNFOLDED,
    by_region_words,
    grade_words,
    short_name,
)
from reports.text import SIDE_NAMES

FloatArray = npt.NDArray[np.float64]

BAND_SD = 2.0
LINE_STYLES = {Side.LEFT: "-", Side.RIGHT: (0, (4, 1.6))}
MARKERS = {Side.LEFT: "o", Side.RIGHT: "s"}
_DARKNESS = (0.0, 0.3)
"""Lowest and highest darkness told apart."""
_STRIP_LEFT, _STRIP_FOOT = 84, 84
_BAR = (320, 10)
_SEGMENT_STRIP = 9
_TITLE = 34
_PLOT_LEFT, _PLOT_FOOT = 60, 38
_KEY_WORDS = 0.28
"""Share of the width of a plot that the name of the norm's band may take, and half as much a side's."""

Box = tuple[int, int, int, int]
"""Left, top, width and height, pixels."""


def draw_title(page: Page, box: Box, title: str, *, sides: bool = False, band: bool = False) -> None:
    """The title of a plot, and to the right of it what its lines and its band are."""
    x, y, width, _ = box
    end: float = x + width
    if sides or band:
        end = draw_key(page, end, y + 12, most=_KEY_WORDS * width, sides=sides, band=band) - 16
    lines = 2 if sides or band else 1
    page.paragraph(x, y + 12, end - x, title, size=15, bold=True, most=lines, middle=True)


def draw_key(
    page: Page, x: float, y: float, *, most: float = WIDTH, sides: bool = True, band: bool = True
) -> float:
    """What the lines and the band of a plot are, ending at a place; where it begins.

    Parameters
    ----------
    most
        Width of the name of the band, at the most, and half as much of that of a side.
    """
    if band:
        [words], size = page.fitted(NORM_BAND, most, size=13)
        x -= page.width_of(words, size)
        page.text(x, y, words, size=size, colour=SOFT)
        x -= 30
        page.box(x, y - 6, 24, 12, FAINT)
    if sides:
        for side in (Side.RIGHT, Side.LEFT):
            [words], size = page.fitted(SIDE_NAMES[side], most / 2, size=13, bold=True)
            x -= page.width_of(words, size, bold=True) + 18
            page.text(x, y, words, size=size, colour=SIDES[side], bold=True)
            x -= 42
            axes = page.axes(x, y - 6, 36, 12)
            axes.set_axis_off()
            axes.plot(
                [0, 1], [0, 0], color=hexadecimal(SIDES[side]), linestyle=LINE_STYLES[side], linewidth=2
            )
            axes.set_xlim(0, 1)
    return x


def _inside(box: Box) -> Box:
    """The place of a plot below its title, with its ticks on the left and names at its foot."""
    x, y, width, height = box
    return x + _PLOT_LEFT, y + _TITLE, width - _PLOT_LEFT, height - _TITLE - _PLOT_FOOT


def plot_profiles(page: Page, box: Box, profiles: Sequence[TractProfile], title: str = ALONG_TRACT) -> None:
    """The signal along the tract of both sides, over the norm of each segment."""
    draw_title(page, box, title, sides=True, band=True)
    x, y, width, height = _inside(box)
    axes = page.axes(x, y, width, height - 2 * _SEGMENT_STRIP)
    first = profiles[0]
    positions = np.array(first.position_mm)
    edges = edges_between(positions)
    mean, sd = np.array(first.norm_mean), np.array(first.norm_sd)
    axes.stairs(mean + BAND_SD * sd, edges, baseline=mean - BAND_SD * sd, fill=True, color=hexadecimal(FAINT))
    axes.stairs(mean, edges, baseline=None, color=hexadecimal(SOFT), linewidth=1, linestyle=":")
    values = [mean + BAND_SD * sd, mean - BAND_SD * sd]
    for profile in profiles:
        ratio = np.array([np.nan if r is None else r for r in profile.ratio])
        values.append(ratio)
        axes.plot(
            profile.position_mm,
            ratio,
            color=hexadecimal(SIDES[profile.side]),
            linestyle=LINE_STYLES[profile.side],
            marker=MARKERS[profile.side],
            markersize=3.5,
            linewidth=2,
        )
    _limits(axes, np.concatenate(values))
    axes.set_xlim(edges[0], edges[-1])
    axes.grid(axis="y", color=hexadecimal(PAPER), linewidth=1)
    axes.set_axisbelow(True)
    axes.set_xticks([])
    _segments(page, (x, y + height - 2 * _SEGMENT_STRIP, width), first.segments, edges, most=2)


def edges_between(positions: FloatArray) -> FloatArray:
    """The borders of the cells around positions, halfway between them; one more than there are positions."""
    if len(positions) == 1:
        return np.array([positions[0] - 0.5, positions[0] + 0.5])
    middles = (positions[1:] + positions[:-1]) / 2
    return np.concatenate([[2 * positions[0] - middles[0]], middles, [2 * positions[-1] - middles[-1]]])


def _limits(axes: Axes, values: FloatArray) -> None:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = 0.07 * ((high - low) or 1.0)
    axes.set_ylim(low - margin, high + margin)


def _segments(
    page: Page,
    place: tuple[int, int, int],
    names: Sequence[str],
    edges: FloatArray,
    most: int = 1,
) -> None:
    """The segment of each stretch, as a strip in its colour with its name below."""
    x, y, width = place
    scale = width / (edges[-1] - edges[0])
    start = 0
    for name, run in groupby(names):
        stop = start + len(list(run))
        left, right = ((edges[n] - edges[0]) * scale for n in (start, stop))
        page.box(x + left + 1, y + 4, right - left - 2, _SEGMENT_STRIP, region_colour(Region(name)))
        middle = x + (left + right) / 2
        page.paragraph(middle, y + 26, right - left - 4, short_name(name), size=13, most=most, align="center")
        start = stop


def plot_regions(page: Page, box: Box, finding: Finding) -> None:
    """The number that a sign is judged by in each region, left and right, over its norm."""
    quantity = compared_by(finding)
    if quantity is None:
        return
    normed = any(region.value(Quantity.NORM_MEAN) is not None for region in finding.regions)
    draw_title(page, box, by_region_words(quantity), sides=has_sides(finding), band=normed)
    x, y, width, height = _inside(box)
    axes = page.axes(x, y, width, height - 22)
    names = region_names(finding)
    values: list[float] = []
    for region in finding.regions:
        value = region.value(quantity)
        if value is None:
            continue
        at = names.index(region.region.name) + _offset(region)
        values.append(value)
        values.extend(_norm(axes, region, at))
        side = region.region.side
        colour = INK if side is None else SIDES[side]
        marker = "D" if side is None else MARKERS[side]
        axes.plot([at], [value], marker=marker, markersize=8, color=hexadecimal(colour), linestyle="none")
    _limits(axes, np.array(values))
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xticks([])
    axes.grid(axis="y", color=hexadecimal(PAPER), linewidth=1)
    axes.set_axisbelow(True)
    for place, name in enumerate(names):
        at = x + (place + 0.6) / (len(names) + 0.2) * width
        page.paragraph(
            at,
            y + height - 6,
            width / (len(names) + 0.2) - 6,
            short_name(name),
            size=13,
            most=2,
            align="center",
        )


def _offset(region: RegionMeasurements) -> float:
    return {Side.RIGHT: -0.18, Side.LEFT: 0.18, None: 0.0}[region.region.side]


def _norm(axes: Axes, region: RegionMeasurements, at: float) -> list[float]:
    mean, sd = region.value(Quantity.NORM_MEAN), region.value(Quantity.NORM_SD)
    if mean is None or sd is None:
        return []
    low, high = mean - BAND_SD * sd, mean + BAND_SD * sd
    axes.fill_between([at - 0.16, at + 0.16], low, high, color=hexadecimal(FAINT), linewidth=0)
    axes.plot([at - 0.16, at + 0.16], [mean, mean], color=hexadecimal(SOFT), linewidth=1, linestyle=":")
    return [low, high]


def plot_strips(page: Page, box: Box, strips: Sequence[CortexStrip], title: str = UNFOLDED) -> None:
    """Both gyri unfolded, the left above the right, in one scale of darkness with the grades' limits."""
    draw_title(page, box, title)
    x, y, width, height = box
    left, wide = x + _STRIP_LEFT, width - _STRIP_LEFT
    page.text(x, y + _TITLE, ALONG_AND_ACROSS, size=13, colour=SOFT, width=width)
    top = y + _TITLE + 16
    tall = (height - _TITLE - 16 - _STRIP_FOOT) // len(strips)
    edges = edges_between(max((strip.position_mm for strip in strips), key=lambda at: float(at[-1])))
    for strip in sorted(strips, key=lambda one: one.side is Side.RIGHT):
        axes = page.axes(left, top, wide, tall - 6)
        mesh = axes.pcolormesh(
            edges_between(strip.position_mm),
            edges_between(strip.depth_mm),
            np.ma.masked_invalid(strip.darkness.T),
            cmap="cividis",
            vmin=_DARKNESS[0],
            vmax=_DARKNESS[-1],
        )
        axes.set_xlim(edges[0], edges[-1])
        axes.invert_yaxis()
        axes.set_yticks([0, 10])
        name = SIDE_NAMES[strip.side]
        page.text(
            x, top + tall / 2, name, size=15, bold=True, colour=SIDES[strip.side], width=_STRIP_LEFT - 34
        )
        top += tall
        if top + tall <= y + height - _STRIP_FOOT:
            axes.set_xticklabels([])
    longest = max(strips, key=lambda strip: float(strip.position_mm[-1]))
    _segments(page, (left, top + 12, wide), longest.regions, edges)
    bar_wide, bar_tall = min(_BAR[0], wide // 2), _BAR[1]
    limits = strips[0].limits
    bar = page.axes(left + wide - bar_wide, top + 54, bar_wide, bar_tall)
    page.colour_bar(mesh, bar).set_ticks([_DARKNESS[0], *limits, _DARKNESS[-1]])
    for limit in limits:
        bar.axvline(limit, color=hexadecimal(PAPER), linewidth=2)
    if limits:
        page.text(x, top + 60, grade_words(limits), size=13, colour=SOFT, width=width - bar_wide - 24)
