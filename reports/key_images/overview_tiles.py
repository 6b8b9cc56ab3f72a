"""The slices of an overview: one for each place worth a look, with the signs that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.findings import Finding, State
from processors.volume import SliceSource
from reports.key_images.page import SOFT, WIDTH, Page
from reports.key_images.sign_page import MARGIN, STATE_COLOURS
from reports.key_images.slices import Slice
from reports.key_images.subject import (
    Sources,
    Subject,
    draw_view,
    field_of,
    place_words,
    sources_of,
    strongest_views,
)
from reports.picture_text import series_name
from reports.text import HEADINGS, SHORT_SIGN_NAMES

MOST_TILES, _FEW = 5, 4
_FEWEST_COLUMNS = 3
_GAP = 8
_CAPTION_LINE = 18
_UPRIGHT, _LYING = 1.25, 1.3
"""Most of the height over the width of a tile, and of the width over the height."""
_STATE_WIDTH = 0.5
"""Share of the width of a tile that a state may take beside the name of its sign."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A slice, and every finding that it shows well; the outlines are those of the first."""

    findings: tuple[Finding, ...]
    subject: Subject
    view: Slice


def tiles_of(shown: Sequence[tuple[Finding, Subject]]) -> list[Tile]:
    """The best slice of each finding, each slice once, those of present signs first.

    Where that makes few tiles, the second best slices follow.
    """
    ordered = sorted(shown, key=lambda one: one[0].state is not State.PRESENT)
    found: dict[tuple[str, int, int], Tile] = {}
    for most in (1, 2):
        for finding, subject in ordered:
            for view in strongest_views(finding, subject, most):
                key = (subject.volume.series_instance_uid, view.axis, view.index)
                before = found.get(key)
                if before is None and (most == 1 or len(found) < _FEW):
                    found[key] = Tile((finding,), subject, view)
                elif before is not None and finding not in before.findings:
                    found[key] = replace(before, findings=(*before.findings, finding))
    return list(found.values())[:MOST_TILES]


def caption_height(tiles: Sequence[Tile]) -> int:
    """Pixels that what is written below some tiles takes."""
    return (max((len(tile.findings) for tile in tiles), default=0) + 2) * _CAPTION_LINE


def draw_tiles(page: Page, y: int, tallest: int, tiles: Sequence[Tile]) -> tuple[int, Sources]:
    """Lay tiles side by side; the height below their captions, and the images that they show."""
    if not tiles:
        return y, ()
    columns = max(_FEWEST_COLUMNS, len(tiles))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) // columns
    height = min(int(width * _UPRIGHT), tallest - caption_height(tiles))
    width = min(width, int(height * _LYING))
    sources: dict[tuple[str, SliceSource], None] = {}
    for place, tile in enumerate(tiles):
        x = MARGIN + place * (width + _GAP)
        field = field_of(tile.subject, tile.view, tile.findings[0].sign, (height, width))
        draw_view(page, (x, y), tile.subject, tile.view, field, outlined=True)
        _draw_caption(page, x, y + height + 13, width, tile)
        sources.update(dict.fromkeys(sources_of(tile.subject, [tile.view])))
    return y + height + caption_height(tiles), tuple(sources)


def _draw_caption(page: Page, x: float, y: float, width: float, tile: Tile) -> None:
    for finding in tile.findings:
        [state], size = page.fitted(HEADINGS[finding.state], _STATE_WIDTH * width, size=14, bold=True)
        colour = STATE_COLOURS[finding.state]
        page.text(x + width, y, state, size=size, bold=True, colour=colour, align="right")
        room = width - page.width_of(state, size, bold=True) - 8
        page.text(x, y, SHORT_SIGN_NAMES[finding.sign], size=14, bold=True, width=room)
        y += _CAPTION_LINE
    page.text(x, y, series_name(tile.subject.volume), size=13, colour=SOFT, width=width)
    page.text(
        x, y + _CAPTION_LINE - 1, place_words(tile.subject, tile.view), size=13, colour=SOFT, width=width
    )
