"""A page of a key image: text, pictures and plots at places given in pixels from the top left."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke

from reports.key_images.fitting import fitted
from reports.palette import Rgb

WIDTH, HEIGHT = 1280, 960
_DPI = 100.0
_POINT = 72.0 / _DPI
_SMALLEST = 0.68
"""Share of their size that letters may shrink to, so that words fit."""

PAPER: Rgb = (10, 13, 17)
PANEL: Rgb = (24, 29, 36)
INK: Rgb = (238, 242, 246)
SOFT: Rgb = (165, 175, 187)
FAINT: Rgb = (70, 80, 92)
WARNING: Rgb = (255, 196, 60)

LEADING = 1.35
"""From line to line, in sizes of the letters."""


def hexadecimal(colour: Rgb) -> str:
    """A colour as matplotlib reads it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


@contextmanager
def _boxes_for_unknown_letters() -> Iterator[None]:
    """Take it that letters the font lacks are drawn as boxes; the warning would quote them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


class Page:
    """An empty dark page of :data:`WIDTH` × :data:`HEIGHT` pixels to draw on."""

    def __init__(self) -> None:
        self._figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=hexadecimal(PAPER))
        self._canvas = FigureCanvasAgg(self._figure)
        self._widths: dict[tuple[str, float, bool], float] = {}

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 15.0,
        colour: Rgb = INK,
        bold: bool = False,
        align: str = "left",
        edged: bool = False,
        width: float | None = None,
    ) -> None:
        """Write one line with its middle at a height; ``size`` in pixels, ``edged`` for one on a picture.

        Parameters
        ----------
        width
            What the line may take: its letters shrink, and at last words are left out.
        """
        if width is not None:
            [words], size = self.fitted(words, width, size=size, bold=bold)
        written = self._figure.text(
            x / WIDTH,
            1.0 - y / HEIGHT,
            words,
            fontsize=size * _POINT,
            color=hexadecimal(colour),
            fontweight="bold" if bold else "normal",
            ha=align,
            va="center_baseline",
            parse_math=False,
        )
        if edged:
            written.set_path_effects([withStroke(linewidth=2.5, foreground=hexadecimal(PAPER))])

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        words: str,
        *,
        size: float = 15.0,
        colour: Rgb = INK,
        bold: bool = False,
        most: int = 9,
        align: str = "left",
        middle: bool = False,
    ) -> float:
        """Write lines that break at a width, the first with its middle at a height; the height below them.

        Parameters
        ----------
        most
            So many lines at the most: where there would be more, the letters shrink, and at last words are
            left out.
        middle
            Whether the height is that of the middle of all lines.
        """
        lines, size = self.fitted(words, width, size=size, bold=bold, most=most)
        if middle:
            y -= (len(lines) - 1) * LEADING * size / 2
        for number, line in enumerate(lines):
            self.text(x, y + number * LEADING * size, line, size=size, colour=colour, bold=bold, align=align)
        return y + len(lines) * LEADING * size

    def fitted(
        self, words: str, width: float, *, size: float, bold: bool = False, most: int = 1
    ) -> tuple[list[str], float]:
        """Words in lines that fit a width, and the size of their letters."""

        def measure(line: str, letters: float) -> float:
            return self.width_of(line, letters, bold=bold)

        return fitted(words, width, size, measure, least=_SMALLEST * size, most=most)

    def written(self) -> list[tuple[str, tuple[float, float, float, float]]]:
        """Every line on the page, with the left, top, right and bottom of what it covers, pixels."""
        renderer = self._canvas.get_renderer()
        with _boxes_for_unknown_letters():
            boxes = [(one.get_text(), one.get_window_extent(renderer)) for one in self._figure.texts]
        return [(words, (box.x0, HEIGHT - box.y1, box.x1, HEIGHT - box.y0)) for words, box in boxes]

    def width_of(self, words: str, size: float, *, bold: bool = False) -> float:
        """Pixels that a line takes."""
        first, *others = words.split(" ")
        gaps = (
            len(others) * (self._word("n n", size, bold) - 2 * self._word("n", size, bold)) if others else 0
        )
        return gaps + sum(self._word(word, size, bold) for word in (first, *others))

    def _word(self, word: str, size: float, bold: bool) -> float:
        """Pixels that a word takes, which is measured once: letters are made to fit by trying many sizes."""
        key = (word, size, bold)
        if key not in self._widths:
            font = FontProperties(size=size * _POINT, weight="bold" if bold else "normal")
            with _boxes_for_unknown_letters():
                width, _, _ = self._canvas.get_renderer().get_text_width_height_descent(
                    word, font, ismath=False
                )
            self._widths[key] = float(width)
        return self._widths[key]

    def box(self, x: float, y: float, width: float, height: float, colour: Rgb) -> None:
        """Fill a rectangle."""
        axes = self.axes(x, y, width, height)
        axes.set_facecolor(hexadecimal(colour))
        axes.set_xticks([])
        axes.set_yticks([])

    def badge(
        self, x: float, y: float, words: str, colour: Rgb, *, size: float = 17.0, most: float = WIDTH
    ) -> float:
        """Write words on a filled label, its middle at a height; the place right of it.

        Parameters
        ----------
        most
            Width of the label, at the most.
        """
        [words], size = self.fitted(words, most - 1.2 * size, size=size, bold=True)
        width = self.width_of(words, size, bold=True) + 1.2 * size
        self.box(x, y - 0.85 * size, width, 1.7 * size, colour)
        self.text(x + width / 2, y, words, size=size, colour=PAPER, bold=True, align="center")
        return x + width

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """An empty plot without a frame."""
        place = (x / WIDTH, 1.0 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT)
        axes = self._figure.add_axes(place, facecolor=hexadecimal(PANEL))
        for edge in axes.spines.values():
            edge.set_visible(False)
        axes.tick_params(colors=hexadecimal(SOFT), labelsize=13 * _POINT, length=3)
        return axes

    def image(self, x: int, y: int, rgb: npt.NDArray[np.uint8]) -> Axes:
        """Lay pixels on the page, one to one; the axes are in their pixels."""
        height, width = rgb.shape[:2]
        axes = self.axes(x, y, width, height)
        axes.imshow(rgb, interpolation="none", aspect="auto")
        axes.set_axis_off()
        return axes

    def pixels(self) -> npt.NDArray[np.uint8]:
        """Shape (:data:`HEIGHT`, :data:`WIDTH`, 3): the page as it is."""
        with _boxes_for_unknown_letters():
            self._canvas.draw()
        return np.array(self._canvas.buffer_rgba())[..., :3]

    def colour_bar(self, drawn: ScalarMappable, axes: Axes) -> Colorbar:
        """The scale of a coloured plot, lying in axes of its own."""
        bar = self._figure.colorbar(drawn, cax=axes, orientation="horizontal")
        bar.outline.set_visible(False)
        bar.ax.tick_params(colors=hexadecimal(SOFT), labelsize=11 * _POINT, length=2)
        return bar
