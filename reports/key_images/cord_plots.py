"""The cord from top to bottom: its ratio by level, its surface unrolled, its area."""

from itertools import groupby

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from processors.depiction import CordProfile
from processors.findings import Finding, Quantity, Region, Side
from reports.key_images.page import FAINT, INK, PAPER, SOFT, Page, hexadecimal
from reports.palette import SIDES, region_colour
from reports.picture_text import COLUMNS_BY_LEVEL, CORD_AREA, CORD_UNROLLED

FloatArray = npt.NDArray[np.float64]

_BAND_SD = 2.0
_LEVEL_WIDTH = 46
_GAP = 26
_UNROLLED_SPREAD = 0.25
_LINE_STYLES = {Side.LEFT: "-", Side.RIGHT: (0, (4, 1.6))}
_MARKERS = {Side.LEFT: "o", Side.RIGHT: "s"}


def plot_cord(page: Page, box: tuple[int, int, int, int], finding: Finding, profile: CordProfile) -> None:
    """Three plots side by side with one height: millimetres along the cord, from the top.

    Parameters
    ----------
    box
        Left, top, width and height, pixels.
    """
    x, y, width, height = box
    top, tall = y + 30, height - 62
    edges = _edges(profile.position_mm)
    each = (width - _LEVEL_WIDTH - 3 * _GAP) // 3
    _draw_levels(page, x, top, tall, profile.levels, edges)
    places = [x + _LEVEL_WIDTH + n * (each + _GAP) for n in range(3)]
    for at, title in zip(places, (COLUMNS_BY_LEVEL, CORD_UNROLLED, CORD_AREA), strict=True):
        page.text(at, y + 12, title, size=15, bold=True)
    _plot_ratio(_level_axes(page, places[0], top, each, tall, edges), profile)
    _plot_unrolled(_level_axes(page, places[1], top, each, tall, edges), profile, edges)
    _plot_area(_level_axes(page, places[2], top, each, tall, edges), finding, profile, edges)


def _edges(positions: FloatArray) -> FloatArray:
    middles = (positions[1:] + positions[:-1]) / 2
    return np.concatenate([[2 * positions[0] - middles[0]], middles, [2 * positions[-1] - middles[-1]]])


def _level_axes(page: Page, x: int, y: int, width: int, height: int, edges: FloatArray) -> Axes:
    axes = page.axes(x, y, width, height)
    axes.set_ylim(edges[-1], edges[0])
    axes.set_yticks([])
    axes.grid(axis="x", color=hexadecimal(PAPER), linewidth=1)
    axes.set_axisbelow(True)
    return axes


def _draw_levels(page: Page, x: int, y: int, height: int, levels: tuple[str, ...], edges: FloatArray) -> None:
    scale = height / (edges[-1] - edges[0])
    start = 0
    for level, run in groupby(levels):
        stop = start + len(list(run))
        top, foot = ((edges[n] - edges[0]) * scale for n in (start, stop))
        if level:
            page.box(x + 30, y + top + 1, 8, foot - top - 2, region_colour(Region(level)))
            page.text(x, y + (top + foot) / 2, level, size=14, bold=True)
        start = stop


def _plot_ratio(axes: Axes, profile: CordProfile) -> None:
    at, mean, sd = profile.position_mm, profile.norm_mean, profile.norm_sd
    if np.isfinite(mean).any():
        axes.fill_betweenx(
            at, mean - _BAND_SD * sd, mean + _BAND_SD * sd, color=hexadecimal(FAINT), linewidth=0, step="mid"
        )
    for side, ratio in profile.ratio.items():
        colour = hexadecimal(SIDES[side])
        axes.plot(
            np.where(profile.used, ratio, np.nan), at, color=colour, linestyle=_LINE_STYLES[side], linewidth=2
        )
        axes.plot(
            ratio[profile.used],
            at[profile.used],
            _MARKERS[side],
            color=colour,
            markersize=4,
            linestyle="none",
        )
        axes.plot(
            ratio[~profile.used],
            at[~profile.used],
            "x",
            color=hexadecimal(SOFT),
            markersize=6,
            linestyle="none",
        )


def _plot_unrolled(axes: Axes, profile: CordProfile, edges: FloatArray) -> None:
    middle = 1.0
    axes.pcolormesh(
        _edges(profile.angles),
        edges,
        np.ma.masked_invalid(profile.unrolled),
        cmap="cividis",
        vmin=middle - _UNROLLED_SPREAD,
        vmax=middle + _UNROLLED_SPREAD,
    )
    axes.grid(visible=False)
    axes.set_xlim(-180, 180)
    axes.set_xticks([-180, -90, 0, 90, 180], ["P", "R", "A", "L", "P"])


def _plot_area(axes: Axes, finding: Finding, profile: CordProfile, edges: FloatArray) -> None:
    """The area of each slice, over the norm of its level where the finding has one."""
    norms = {
        region.region.name: (region.value(Quantity.NORM_MEAN), region.value(Quantity.NORM_SD))
        for region in finding.regions
        if region.value(Quantity.CROSS_SECTIONAL_AREA) is not None
    }
    for number, level in enumerate(profile.levels):
        mean, sd = norms.get(level, (None, None))
        if mean is not None and sd is not None:
            axes.fill_betweenx(
                edges[number : number + 2],
                mean - _BAND_SD * sd,
                mean + _BAND_SD * sd,
                color=hexadecimal(FAINT),
                linewidth=0,
            )
    used = profile.used
    axes.plot(profile.area_mm2, profile.position_mm, color=hexadecimal(INK), linewidth=1.5)
    axes.plot(profile.area_mm2[used], profile.position_mm[used], "o", color=hexadecimal(INK), markersize=4)
    low, high = float(np.nanmin(profile.area_mm2)), float(np.nanmax(profile.area_mm2))
    axes.set_xlim(min(low, 40.0) - 5, max(high, 90.0) + 5)
