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

from reports.palette import Rgb

WIDTH, HEIGHT = 1280, 960
_DPI = 100.0
_POINT = 72.0 / _DPI

PAPER: Rgb = (10, 13, 17)
PANEL: Rgb = (24, 29, 36)
INK: Rgb = (238, 242, 246)
SOFT: Rgb = (165, 175, 187)
FAINT: Rgb = (70, 80, 92)
WARNING: Rgb = (255, 196, 60)


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
    ) -> None:
        """Write one line with its middle at a height; ``size`` in pixels, ``edged`` for one on a picture."""
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
        most: int | None = None,
    ) -> float:
        """Write lines that break at a width, the first with its middle at a height; the height below them.

        Parameters
        ----------
        most
            So many lines at the most; the last ends in an ellipsis where there would be more.
        """
        lines = self.lines(words, width, size=size, bold=bold)
        if most is not None and len(lines) > most:
            lines = [*lines[: most - 1], self._shortened(" ".join(lines[most - 1 :]), width, size, bold)]
        for number, line in enumerate(lines):
            self.text(x, y + number * 1.35 * size, line, size=size, colour=colour, bold=bold)
        return y + len(lines) * 1.35 * size

    def lines(self, words: str, width: float, *, size: float, bold: bool = False) -> list[str]:
        """Words broken into lines of a width."""
        lines: list[str] = []
        for word in words.split():
            if lines and self.width_of(f"{lines[-1]} {word}", size, bold=bold) <= width:
                lines[-1] = f"{lines[-1]} {word}"
            else:
                lines.append(word)
        return lines

    def width_of(self, words: str, size: float, *, bold: bool = False) -> float:
        """Pixels that a line takes."""
        font = FontProperties(size=size * _POINT, weight="bold" if bold else "normal")
        with _boxes_for_unknown_letters():
            width, _, _ = self._canvas.get_renderer().get_text_width_height_descent(words, font, ismath=False)
        return float(width)

    def _shortened(self, words: str, width: float, size: float, bold: bool) -> str:
        while words and self.width_of(f"{words} …", size, bold=bold) > width:
            words = words.rpartition(" ")[0]
        return f"{words} …"

    def box(self, x: float, y: float, width: float, height: float, colour: Rgb) -> None:
        """Fill a rectangle."""
        axes = self.axes(x, y, width, height)
        axes.set_facecolor(hexadecimal(colour))
        axes.set_xticks([])
        axes.set_yticks([])

    def badge(self, x: float, y: float, words: str, colour: Rgb, *, size: float = 17.0) -> float:
        """Write words on a filled label, its middle at a height; the place right of it."""
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
