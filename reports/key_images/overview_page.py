"""The overview of an analysis: what every sign came out as, and where it was measured."""

from collections.abc import Mapping, Sequence

from processors.findings import Finding, Sign, State
from processors.volume import SliceSource
from reports.key_images.choice import strongest_region
from reports.key_images.cord_plots import plot_cord
from reports.key_images.measured import judged_by, sided
from reports.key_images.page import HEIGHT, PANEL, SOFT, WIDTH, Page
from reports.key_images.sign_page import MARGIN, STATE_COLOURS, frame_page
from reports.key_images.subject import (
    Sources,
    Subject,
    draw_place,
    draw_view,
    field_of,
    sources_of,
    strongest_views,
)
from reports.picture_text import made_by, numbers_words, series_words
from reports.text import CONFIDENCES_IN_BRACKETS, HEADINGS, SIGN_NAMES, SUPPORTIVE_ONLY

_TABLE_Y, _ROW = 84, 46
_STATE_X, _WHY_X = 500, 690
_MOST_TILES = 5
_GAP = 8
_CORD_PLOT = 300


def overview_page(
    title: str,
    findings: Sequence[Finding],
    subjects: Mapping[Sign, Subject],
    software_version: str,
) -> tuple[Page, Sources]:
    """All signs of an analysis with their states, a slice of each that was measured, and its images."""
    page = Page()
    frame_page(page, title, made_by(software_version, ""))
    for place, finding in enumerate(findings):
        _draw_row(page, _TABLE_Y + place * _ROW, finding, shaded=place % 2 == 0)
    below = _TABLE_Y + len(findings) * _ROW - _ROW // 2
    foot = page.paragraph(MARGIN, below + 16, WIDTH - 2 * MARGIN, SUPPORTIVE_ONLY, size=14, colour=SOFT)
    outlined = [(f, subjects[f.sign]) for f in findings if f.sign in subjects]
    shown = [(finding, subject) for finding, subject in outlined if subject.is_outlined()]
    shown.sort(key=lambda one: one[0].state is not State.PRESENT)
    cords = [(f, s.cord) for f, s in shown if s.cord is not None and s.cord.sign is f.sign]
    top = int(foot) + 14
    tallest = HEIGHT - 40 - 46 - top - (_CORD_PLOT if cords else 0)
    sources = _draw_tiles(page, top, tallest, shown[:_MOST_TILES])
    for finding, cord in cords[:1]:
        plot_cord(page, (MARGIN, HEIGHT - 36 - _CORD_PLOT, WIDTH - 2 * MARGIN, _CORD_PLOT), finding, cord)
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
        page.text(_STATE_X, y + 12, CONFIDENCES_IN_BRACKETS[confidence], size=13, colour=SOFT)
    width = WIDTH - MARGIN - _WHY_X
    numbers, why = _numbers(finding), " ".join(reason.sentence for reason in finding.reasons)
    if numbers:
        page.text(_WHY_X, y - 10 if why else y, numbers, size=14)
    if why:
        lines = 1 if numbers else min(2, len(page.lines(why, width, size=14)))
        above = -10.0 if numbers else (lines - 1) * 9.5
        page.paragraph(_WHY_X, y - above, width, why, size=14, colour=SOFT, most=lines)


def _numbers(finding: Finding) -> str:
    quantity, region = judged_by(finding), strongest_region(finding)
    if quantity is None or region is None:
        return ""
    return numbers_words(quantity, region, sided(finding, region))


def _draw_tiles(page: Page, y: int, tallest: int, shown: Sequence[tuple[Finding, Subject]]) -> Sources:
    columns = max(4, len(shown))
    width = (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) // columns
    height = min(int(width * 1.25), tallest)
    sources: dict[tuple[str, SliceSource], None] = {}
    for place, (finding, subject) in enumerate(shown):
        x = MARGIN + place * (width + _GAP)
        for view in strongest_views(finding, subject, most=1):
            field = field_of(subject, view, finding.sign, (height, width))
            draw_view(page, (x, y), subject, view, field, outlined=True)
            below = y + height + 14
            page.text(x, below, series_words(subject.volume).split(" · ")[0], size=14, bold=True)
            state, colour = HEADINGS[finding.state], STATE_COLOURS[finding.state]
            page.text(x + width, below, state, size=14, bold=True, colour=colour, align="right")
            draw_place(page, x, below + 20, subject, view, size=12)
            sources.update(dict.fromkeys(sources_of(subject, [view])))
    return tuple(sources)
