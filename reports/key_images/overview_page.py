"""The overview of an analysis: what every sign came out as, and where it was measured."""

from collections.abc import Mapping, Sequence

from processors.acquisition import Plane
from processors.depiction import CordProfile, RegionMap
from processors.findings import Finding, Sign, State
from processors.volume import SliceSource, Volume
from reports.key_images.choice import strongest_region, strongest_slices
from reports.key_images.cord_plots import plot_cord
from reports.key_images.page import HEIGHT, PANEL, SOFT, WIDTH, Page
from reports.key_images.plots import main_quantity
from reports.key_images.sign_page import MARGIN, STATE_COLOURS, Sources, field_of, frame_page, place_words
from reports.key_images.slices import cut, cutting_axis, sources_of
from reports.key_images.tiles import colours_of, draw_slice, window_of
from reports.picture_text import made_by, numbers_words, series_words
from reports.text import CONFIDENCE_NAMES, HEADINGS, SIGN_NAMES, SUPPORTIVE_ONLY

_TABLE_Y, _ROW = 84, 46
_STATE_X, _WHY_X = 500, 690
_MOST_TILES = 5
_GAP = 8
_CORD_PLOT = 300


def overview_page(
    title: str,
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    regions: Mapping[Sign, RegionMap],
    profiles: Sequence[CordProfile],
    software_version: str,
) -> tuple[Page, Sources]:
    """All signs of an analysis with their states, a slice of each that was measured, and its images."""
    page = Page()
    frame_page(page, title, made_by(software_version, ""))
    for place, finding in enumerate(findings):
        _draw_row(page, _TABLE_Y + place * _ROW, finding, shaded=place % 2 == 0)
    below = _TABLE_Y + len(findings) * _ROW - _ROW // 2
    foot = page.paragraph(MARGIN, below + 16, WIDTH - 2 * MARGIN, SUPPORTIVE_ONLY, size=14, colour=SOFT)
    shown = [f for f in findings if f.sign in regions and regions[f.sign].series_instance_uid in volumes]
    shown.sort(key=lambda finding: finding.state is not State.PRESENT)
    top = int(foot) + 14
    tallest = HEIGHT - 40 - 46 - top - (_CORD_PLOT if profiles else 0)
    sources = _draw_tiles(page, top, tallest, shown[:_MOST_TILES], volumes, regions)
    for profile in profiles[:1]:
        own = next(finding for finding in findings if finding.sign is profile.sign)
        plot_cord(page, (MARGIN, HEIGHT - 36 - _CORD_PLOT, WIDTH - 2 * MARGIN, _CORD_PLOT), own, profile)
    return page, sources


def _draw_row(page: Page, y: float, finding: Finding, *, shaded: bool) -> None:
    if shaded:
        page.box(MARGIN - 8, y - _ROW / 2, WIDTH - 2 * MARGIN + 16, _ROW, PANEL)
    page.text(MARGIN, y, SIGN_NAMES[finding.sign], size=17)
    confidence = finding.confidence
    above = y if confidence is None else y - 9
    page.text(
        _STATE_X, above, HEADINGS[finding.state], size=17, bold=True, colour=STATE_COLOURS[finding.state]
    )
    if confidence is not None:
        page.text(_STATE_X, y + 12, CONFIDENCE_NAMES[confidence].lower(), size=13, colour=SOFT)
    width = WIDTH - MARGIN - _WHY_X
    numbers, why = _numbers(finding), " ".join(reason.sentence for reason in finding.reasons)
    if numbers:
        page.text(_WHY_X, y - 10 if why else y, numbers, size=14)
    if why:
        lines = 1 if numbers else min(2, len(page.lines(why, width, size=14)))
        above = -10.0 if numbers else (lines - 1) * 9.5
        page.paragraph(_WHY_X, y - above, width, why, size=14, colour=SOFT, most=lines)


def _numbers(finding: Finding) -> str:
    quantity, region = main_quantity(finding), strongest_region(finding)
    return "" if quantity is None or region is None else numbers_words(finding, quantity, region)


def _draw_tiles(
    page: Page,
    y: int,
    tallest: int,
    shown: Sequence[Finding],
    volumes: Mapping[str, Volume],
    regions: Mapping[Sign, RegionMap],
) -> Sources:
    columns = max(4, len(shown))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) // columns
    height = min(int(width * 1.25), tallest)
    sources: list[tuple[str, SliceSource]] = []
    for place, finding in enumerate(shown):
        one = regions[finding.sign]
        volume = volumes[one.series_instance_uid]
        axis = cutting_axis(volume, Plane.AXIAL)
        chosen = strongest_slices(finding, volume, one, axis, 1, 0.0)
        if not chosen:
            continue
        x = MARGIN + place * (width + _GAP)
        view = cut(volume, axis, chosen[0].index, one)
        field = field_of(view, finding.sign, (height, width))
        draw_slice(page, x, y, view, field, window_of(volume, one), colours_of(one))
        page.text(x, y + height + 14, series_words(volume).split(" · ")[0], size=14, bold=True)
        page.text(
            x + width,
            y + height + 14,
            HEADINGS[finding.state],
            size=14,
            bold=True,
            colour=STATE_COLOURS[finding.state],
            align="right",
        )
        page.text(x, y + height + 34, place_words(volume, view), size=12, colour=SOFT)
        sources.extend(sources_of(volume, [view]))
    return tuple(dict.fromkeys(sources))
