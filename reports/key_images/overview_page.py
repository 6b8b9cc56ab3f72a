"""The overview of an analysis: what every sign came out as, and where it was measured."""

from collections.abc import Mapping, Sequence

from processors.acquisition import Plane
from processors.depiction import RegionMap
from processors.findings import Finding, Sign, State
from processors.volume import SliceSource, Volume
from reports.key_images.choice import strongest_slices
from reports.key_images.page import HEIGHT, PANEL, SOFT, WIDTH, Page
from reports.key_images.sign_page import MARGIN, STATE_COLOURS, Sources, field_of, frame_page, place_words
from reports.key_images.slices import cut, cutting_axis, sources_of
from reports.key_images.tiles import colours_of, draw_slice, window_of
from reports.picture_text import made_by, series_words
from reports.text import CONFIDENCE_NAMES, HEADINGS, SIGN_NAMES, SUPPORTIVE_ONLY

_TABLE_Y, _ROW = 84, 46
_STATE_X, _WHY_X = 500, 690
_MOST_TILES = 5
_GAP = 8


def overview_page(
    title: str,
    findings: Sequence[Finding],
    volumes: Mapping[str, Volume],
    regions: Mapping[Sign, RegionMap],
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
    return page, _draw_tiles(page, int(foot) + 14, shown[:_MOST_TILES], volumes, regions)


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
    why = " ".join(reason.sentence for reason in finding.reasons)
    width = WIDTH - MARGIN - _WHY_X
    lines = min(2, len(page.lines(why, width, size=14)))
    page.paragraph(_WHY_X, y - (lines - 1) * 9.5, width, why, size=14, colour=SOFT, most=2)


def _draw_tiles(
    page: Page,
    y: int,
    shown: Sequence[Finding],
    volumes: Mapping[str, Volume],
    regions: Mapping[Sign, RegionMap],
) -> Sources:
    columns = max(4, len(shown))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) // columns
    height = min(int(width * 1.25), HEIGHT - 40 - 46 - y)
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
