"""A slice on the page: its window, its outlines, letters, scale and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy import ndimage as ndi

from processors.acquisition import Contrast
from processors.depiction import RegionMap
from processors.findings import CORD_SIGNS
from processors.volume import Volume
from reports.key_images.page import INK, Page, hexadecimal
from reports.key_images.slices import Field, Slice
from reports.palette import REFERENCE, Rgb, region_colour

WINDOWS: Mapping[Contrast, tuple[float, float]] = {
    Contrast.T1: (0.3, 1.35),
    Contrast.T1_MTC: (0.3, 1.5),
    Contrast.T2: (0.3, 2.1),
    Contrast.FLAIR: (0.25, 1.7),
    Contrast.SWI: (0.25, 1.45),
    Contrast.T2_STAR: (0.2, 2.0),
    Contrast.DWI: (0.2, 2.2),
    Contrast.ADC: (0.2, 2.6),
}
"""Lowest and highest signal shown, as multiples of the reference tissue's: wide enough to tell cortex from
fluid, narrow enough to see a change of a tenth."""
CORD_WINDOWS: Mapping[Contrast, tuple[float, float]] = {
    Contrast.T1: (0.1, 1.6),
    Contrast.T2: (0.2, 2.6),
    Contrast.T2_STAR: (0.2, 2.2),
}
"""The same for the cord among fluid and bone."""
ANY_WINDOW = (0.1, 2.0)

_SAMPLES = 1_000_000
_SCALE_BARS_MM = (100, 50, 20, 10, 5)


@dataclass(frozen=True, slots=True)
class Window:
    """Lowest and highest signal that are told apart, in the units of the images."""

    low: float
    high: float

    def grey(self, signal: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Signal as grey levels, 0 to 255."""
        level = (signal - self.low) / (self.high - self.low)
        return np.asarray(np.rint(255.0 * np.clip(level, 0.0, 1.0)), dtype=np.uint8)


def window_of(volume: Volume, regions: RegionMap) -> Window:
    """A window around the signal of the reference tissue, or of the regions where there is none."""
    signal = volume.array[tuple(regions.indices.T)]
    reference = np.isin(regions.labels, list(regions.references))
    usual = float(np.median(signal[reference] if reference.any() else signal))
    return window_around(volume, usual, CORD_WINDOWS if regions.sign in CORD_SIGNS else WINDOWS)


def window_around(volume: Volume, usual: float, windows: Mapping[Contrast, tuple[float, float]]) -> Window:
    """A window in multiples of a tissue's signal; over the whole signal where the tissue has none."""
    if not usual > 0:
        return whole_window(volume)
    low, high = windows.get(volume.contrast, ANY_WINDOW)
    return Window(low * usual, high * usual)


def whole_window(volume: Volume) -> Window:
    """A window over nearly all of the signal of a volume."""
    some = volume.array.ravel()[:: max(1, volume.array.size // _SAMPLES)]
    some = some[np.isfinite(some)]
    if not some.size:
        return Window(0.0, 1.0)
    low, high = (float(level) for level in np.percentile(some, (2.0, 99.5)))
    return Window(low, high if high > low else low + 1.0)


def outlined(
    grey: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], colours: Mapping[int, Rgb], width: int = 2
) -> npt.NDArray[np.uint8]:
    """Grey levels as RGB with a line around every labelled region, outside of it, so that it hides nothing.

    Parameters
    ----------
    grey, labels
        Shape (rows, columns).
    colours
        Of each label; a label without one is not drawn.
    width
        Of the line, pixels.
    """
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    free = ~np.isin(labels, list(colours))
    for label, colour in colours.items():
        own = labels == label
        if own.any():
            rgb[free & ndi.binary_dilation(own, iterations=width)] = colour
    return rgb


def colours_of(regions: RegionMap, *, references: bool = False) -> dict[int, Rgb]:
    """The colour of each label of a region map."""
    own = {number: region_colour(region) for number, region in regions.regions.items()}
    return {**own, **(dict.fromkeys(regions.references, REFERENCE) if references else {})}


def draw_slice(
    page: Page,
    x: int,
    y: int,
    shown: Slice,
    field: Field,
    window: Window,
    colours: Mapping[int, Rgb],
    *,
    scale: bool = True,
) -> Axes:
    """Lay a slice on the page with its letters; outlined where colours are given."""
    picture = outlined(window.grey(field.signal(shown)), field.labels(shown), colours)
    axes = page.image(x, y, picture)
    height, width = field.size
    left, right, top, bottom = shown.letters
    for letter, across, down in (
        (left, 14.0, height / 2),
        (right, width - 14.0, height / 2),
        (top, width / 2, 13.0),
        (bottom, width / 2, height - 13.0),
    ):
        page.text(x + across, y + down, letter, size=16, bold=True, align="center", edged=True)
    if scale:
        _scale_bar(axes, page, x, y, field)
    return axes


def _scale_bar(axes: Axes, page: Page, x: int, y: int, field: Field) -> None:
    height, width = field.size
    length = next((mm for mm in _SCALE_BARS_MM if mm * field.scale <= width / 3), _SCALE_BARS_MM[-1])
    pixels = length * field.scale
    right, foot = width - 12.0, height - 14.0
    axes.plot([right - pixels, right], [foot, foot], color=hexadecimal(INK), linewidth=1.6)
    for end in (right - pixels, right):
        axes.plot([end, end], [foot - 4, foot + 4], color=hexadecimal(INK), linewidth=1.2)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    page.text(x + right - pixels / 2, y + foot - 13, f"{length} mm", size=12, align="center", edged=True)
