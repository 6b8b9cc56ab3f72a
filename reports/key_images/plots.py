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
from reports.key_images.measured import compared_by, region_names
from reports.key_images.page import FAINT, INK, PAPER, SOFT, Page, hexadecimal
from reports.palette import SIDES, region_colour
from reports.picture_text import ALONG_AND_ACROSS, NORM_BAND, short_name
from reports.text import SIDE_NAMES

FloatArray = npt.NDArray[np.float64]

BAND_SD = 2.0
LINE_STYLES = {Side.LEFT: "-", Side.RIGHT: (0, (4, 1.6))}
MARKERS = {Side.LEFT: "o", Side.RIGHT: "s"}
_DARKNESS = (0.0, 0.08, 0.16, 0.3)
"""Lowest and highest darkness told apart, and between them those of the grades 1 and 2."""
_STRIP_LEFT, _STRIP_FOOT = 84, 84
_SEGMENT_STRIP = 9


def draw_key(page: Page, x: float, y: float, *, sides: bool = True, band: bool = True) -> None:
    """What the lines and the band of a plot are, ending at a place."""
    if band:
        x -= page.width_of(NORM_BAND, 13)
        page.text(x, y, NORM_BAND, size=13, colour=SOFT)
        x -= 30
        page.box(x, y - 6, 24, 12, FAINT)
    if sides:
        for side in (Side.RIGHT, Side.LEFT):
            x -= page.width_of(SIDE_NAMES[side], 13) + 18
            page.text(x, y, SIDE_NAMES[side], size=13, colour=SIDES[side], bold=True)
            x -= 42
            axes = page.axes(x, y - 6, 36, 12)
            axes.set_axis_off()
            axes.plot(
                [0, 1], [0, 0], color=hexadecimal(SIDES[side]), linestyle=LINE_STYLES[side], linewidth=2
            )
            axes.set_xlim(0, 1)


def plot_profiles(page: Page, box: tuple[int, int, int, int], profiles: Sequence[TractProfile]) -> None:
    """The signal along the tract of both sides, over the norm of each segment.

    Parameters
    ----------
    box
        Left, top, width and height of the plot, pixels.
    """
    x, y, width, height = box
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
    _segments(page, (x, y + height - 2 * _SEGMENT_STRIP, width), first.segments, edges)


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
) -> None:
    """The segment of each stretch, as a strip in its colour with its name below."""
    x, y, width = place
    scale = width / (edges[-1] - edges[0])
    start = 0
    for name, run in groupby(names):
        stop = start + len(list(run))
        left, right = ((edges[n] - edges[0]) * scale for n in (start, stop))
        page.box(x + left + 1, y + 4, right - left - 2, _SEGMENT_STRIP, region_colour(Region(name)))
        page.text(x + (left + right) / 2, y + 26, short_name(name), size=13, colour=INK, align="center")
        start = stop


def plot_regions(page: Page, box: tuple[int, int, int, int], finding: Finding) -> None:
    """The number that a sign is judged by in each region, left and right, over its norm."""
    quantity = compared_by(finding)
    if quantity is None:
        return
    x, y, width, height = box
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
        page.text(at, y + height - 6, short_name(name), size=13, align="center")


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


def plot_strips(page: Page, box: tuple[int, int, int, int], strips: Sequence[CortexStrip]) -> None:
    """Both gyri unfolded, the left above the right, in one scale of darkness.

    Parameters
    ----------
    box
        Left, top, width and height, pixels, of the strips with what is written around them.
    """
    x, y, width, height = box
    left, wide = x + _STRIP_LEFT, width - _STRIP_LEFT
    page.text(x, y, ALONG_AND_ACROSS, size=13, colour=SOFT)
    y, height = y + 16, height - 16
    tall = (height - _STRIP_FOOT) // len(strips)
    edges = edges_between(max((strip.position_mm for strip in strips), key=lambda at: float(at[-1])))
    for place, strip in enumerate(sorted(strips, key=lambda one: one.side is Side.RIGHT)):
        top = y + place * tall
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
        if place < len(strips) - 1:
            axes.set_xticklabels([])
        page.text(x, top + tall / 2, SIDE_NAMES[strip.side], size=15, bold=True, colour=SIDES[strip.side])
    longest = max(strips, key=lambda strip: float(strip.position_mm[-1]))
    foot = y + len(strips) * tall + 12
    _segments(page, (left, foot, wide), longest.regions, edges)
    bar = page.axes(left + wide - 150, foot + 42, 150, 10)
    page.colour_bar(mesh, bar).set_ticks(list(_DARKNESS))
