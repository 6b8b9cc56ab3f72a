"""The cord from top to bottom: its ratio by level, its surface unrolled, its area or shape."""

from itertools import groupby

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.ticker import AutoLocator

from processors.depiction import CordProfile
from processors.findings import Finding, Quantity, Region
from reports.key_images.measured import along_cord
from reports.key_images.page import FAINT, INK, PAPER, SOFT, Page, hexadecimal
from reports.key_images.plots import (
    BAND_SD,
    LINE_STYLES,
    MARKERS,
    Box,
    draw_key,
    draw_title,
    edges_between,
)
from reports.palette import SIDES, region_colour
from reports.picture_text import (
    COLUMNS_BY_LEVEL,
    CORD_AREA,
    CORD_UNROLLED,
    LEVELS_UNKNOWN,
    MILLIMETRES,
    NOT_COUNTED,
    plot_heading,
)

FloatArray = npt.NDArray[np.float64]

_LEVEL_WIDTH, _KEY_MARKS = 46, 150
_GAP = 26
_LEAST_AREAS = (40.0, 90.0)
_LEAST_RANGE = (0.95, 1.15)
_UNROLLED = (0.85, 1.0, 1.2)
"""Lowest, usual and highest ratio told apart on the unrolled cord."""


def plot_cord(page: Page, box: Box, finding: Finding, profile: CordProfile) -> None:
    """Three plots side by side with one height: millimetres along the cord, from the top."""
    x, y, width, height = box
    top, tall = y + 30, height - 82
    edges = edges_between(profile.position_mm)
    each = (width - _LEVEL_WIDTH - 3 * _GAP) // 3
    _draw_levels(page, x, top, tall, profile.levels, edges)
    places = [x + _LEVEL_WIDTH + n * (each + _GAP) for n in range(3)]
    for at, title in zip(places, (COLUMNS_BY_LEVEL, CORD_UNROLLED, CORD_AREA), strict=True):
        page.text(at, y + 12, title, size=15, bold=True, width=each)
    plots = [_level_axes(page, at, top, each, tall, edges) for at in places]
    _plot_ratio(plots[0], profile)
    unrolled = _plot_unrolled(plots[1], profile, edges)
    _plot_area(plots[2], finding, profile, edges)
    for axes in plots:
        for border in _borders(profile.levels, edges):
            axes.axhline(border, color=hexadecimal(FAINT), linewidth=0.8, linestyle=":")
    if not any(profile.levels):
        plots[0].yaxis.set_major_locator(AutoLocator())
        page.text(x, y + 12, MILLIMETRES, size=13, colour=SOFT, width=_LEVEL_WIDTH - 4)
    foot = y + height - 12
    page.text(places[0], foot, NOT_COUNTED, size=13, colour=SOFT, width=each)
    normed = bool(np.isfinite(profile.norm_mean).any())
    draw_key(page, places[2] + each, foot, most=(1.45 * each - _KEY_MARKS) / 2, band=normed)
    page.colour_bar(unrolled, page.axes(places[1], foot - 14, each // 2, 8)).set_ticks(list(_UNROLLED))


def plot_shape(page: Page, box: Box, finding: Finding, profile: CordProfile) -> None:
    """What a sign of the cord's shape is judged by, slice by slice from the top, by itself."""
    quantity, values = along_cord(finding.sign, profile)
    draw_title(page, box, plot_heading(quantity) if quantity is Quantity.FLATNESS else CORD_AREA)
    x, y, width, height = box
    edges = edges_between(profile.position_mm)
    axes = page.axes(x + _LEVEL_WIDTH, y + 30, width - _LEVEL_WIDTH, height - 82)
    axes.set_xlim(edges[0], edges[-1])
    used = profile.used
    axes.plot(profile.position_mm, values, color=hexadecimal(INK), linewidth=1.5)
    axes.plot(profile.position_mm[used], values[used], "o", color=hexadecimal(INK), markersize=4)
    axes.grid(axis="y", color=hexadecimal(PAPER), linewidth=1)
    page.text(x + width, y + height - 22, LEVELS_UNKNOWN, size=13, colour=SOFT, align="right", width=width)


def _borders(levels: tuple[str, ...], edges: FloatArray) -> list[float]:
    return [float(edges[n]) for n in range(1, len(levels)) if levels[n] != levels[n - 1]]


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
            at, mean - BAND_SD * sd, mean + BAND_SD * sd, color=hexadecimal(FAINT), linewidth=0, step="mid"
        )
    for side, ratio in profile.ratio.items():
        colour = hexadecimal(SIDES[side])
        axes.plot(
            np.where(profile.used, ratio, np.nan), at, color=colour, linestyle=LINE_STYLES[side], linewidth=2
        )
        axes.plot(
            ratio[profile.used],
            at[profile.used],
            MARKERS[side],
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

    known = np.concatenate([*profile.ratio.values(), mean - BAND_SD * sd, mean + BAND_SD * sd])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if known.size else (1.0, 1.0)
    axes.set_xlim(min(low, _LEAST_RANGE[0]) - 0.02, max(high, _LEAST_RANGE[1]) + 0.02)


def _plot_unrolled(axes: Axes, profile: CordProfile, edges: FloatArray) -> QuadMesh:
    mesh = axes.pcolormesh(
        edges_between(profile.angles),
        edges,
        np.ma.masked_invalid(profile.unrolled),
        cmap="cividis",
        vmin=_UNROLLED[0],
        vmax=_UNROLLED[-1],
    )
    axes.grid(visible=False)
    axes.set_xlim(-180, 180)
    axes.set_xticks([-180, -90, 0, 90, 180], ["P", "R", "A", "L", "P"])
    return mesh


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
                mean - BAND_SD * sd,
                mean + BAND_SD * sd,
                color=hexadecimal(FAINT),
                linewidth=0,
            )
    used = profile.used
    axes.plot(profile.area_mm2, profile.position_mm, color=hexadecimal(INK), linewidth=1.5)
    axes.plot(profile.area_mm2[used], profile.position_mm[used], "o", color=hexadecimal(INK), markersize=4)
    known = profile.area_mm2[np.isfinite(profile.area_mm2)]
    axes.set_xlim(min(*known, *_LEAST_AREAS) - 5, max(*known, *_LEAST_AREAS) + 5)
