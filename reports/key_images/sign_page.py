"""The page of one sign: where it was measured, without and with outlines, and the numbers with their norm."""

from collections.abc import Mapping, Sequence

from processors.depiction import CortexStrip
from processors.findings import CORD_SIGNS, Finding, Quantity, Sign, State
from reports.key_images.cord_plots import plot_cord, plot_shape
from reports.key_images.page import HEIGHT, INK, LEADING, SOFT, WARNING, WIDTH, Page
from reports.key_images.plots import plot_profiles, plot_regions, plot_strips
from reports.key_images.subject import (
    Sources,
    Subject,
    draw_legend,
    draw_place,
    draw_view,
    field_of,
    place_words,
    plain_views,
    sources_of,
    strongest_views,
)
from reports.key_images.table import draw_table, table_height
from reports.palette import Rgb
from reports.picture_text import (
    NORM,
    NOTHING_OUTLINED,
    RESEARCH_USE_MARKS,
    Z_EXPLAINED,
    band_words,
    made_by,
    series_words,
    state_words,
    window_words,
)
from reports.text import SIGN_NAMES

MARGIN = 16
TILE = (384, 306)
"""Height and width of a slice on the page, pixels."""
_TILES_X = (16, 326, 648, 958)
_TILES_Y = 104
_CAPTION_Y = _TILES_Y + TILE[0] + 15
_FOOT_Y = _TILES_Y + TILE[0] + 40
_PLOT = (MARGIN, _FOOT_Y, 800, HEIGHT - 40 - _FOOT_Y)
_BADGE_WIDTH, _MARK_WIDTH = 620.0, 520.0
_TABLE_X, _TABLE_WIDTH = 868, 396
_MOST_REASONS, _WORDS = 5, 15.0

STATE_COLOURS: Mapping[State, Rgb] = {
    State.PRESENT: (255, 150, 50),
    State.ABSENT: (0, 190, 140),
    State.INDETERMINATE: (240, 228, 66),
    State.NOT_EVALUATED: (150, 160, 172),
}


def sign_page(
    finding: Finding, subject: Subject | None, strips: Sequence[CortexStrip], software_version: str
) -> tuple[Page, Sources]:
    """The page of a finding, and the images it shows.

    Parameters
    ----------
    subject
        ``None`` where the series is not at hand.
    """
    page = Page()
    made = made_by(software_version, f"{finding.algorithm.name} {finding.algorithm.version}")
    frame_page(page, SIGN_NAMES[finding.sign], made)
    state = state_words(finding.state, finding.confidence)
    right = page.badge(MARGIN, 68, state, STATE_COLOURS[finding.state], most=_BADGE_WIDTH)
    sources: Sources = ()
    if subject is not None:
        beside = right + 16
        words = series_words(subject.volume)
        page.text(beside, 68, words, size=16, colour=SOFT, width=WIDTH - MARGIN - beside)
        sources = _draw_slices(page, finding, subject)
    _draw_plot(page, finding, strips, subject)
    _draw_words(page, finding)
    return page, sources


def frame_page(page: Page, title: str, made: str) -> None:
    """What every page has: its title, the marks of research use, and what made it."""
    marked = max(_mark_width(page, mark) for mark in RESEARCH_USE_MARKS)
    page.text(MARGIN, 30, title, size=25, bold=True, width=WIDTH - 2 * MARGIN - marked - 24)
    for place, mark in enumerate(RESEARCH_USE_MARKS):
        y = 30 + (place - (len(RESEARCH_USE_MARKS) - 1) / 2) * 24
        page.text(
            WIDTH - MARGIN, y, mark, size=17, bold=True, colour=WARNING, align="right", width=_MARK_WIDTH
        )
    half = WIDTH / 2 - MARGIN
    page.text(MARGIN, HEIGHT - 16, made, size=12, colour=SOFT, width=half - 12)
    marks = " · ".join(RESEARCH_USE_MARKS)
    page.text(WIDTH - MARGIN, HEIGHT - 16, marks, size=12, colour=WARNING, align="right", width=half - 12)


def _mark_width(page: Page, mark: str) -> float:
    [words], size = page.fitted(mark, _MARK_WIDTH, size=17, bold=True)
    return page.width_of(words, size, bold=True)


def _draw_slices(page: Page, finding: Finding, subject: Subject) -> Sources:
    shown = strongest_views(finding, subject, most=2)
    if not shown:
        shown = plain_views(subject)
        for x, one in zip(_TILES_X, reversed(shown), strict=True):
            field = field_of(subject, one, finding.sign, TILE)
            draw_view(page, (x, _TILES_Y), subject, one, field, outlined=False)
            draw_place(page, x, _CAPTION_Y, TILE[1], subject, one)
        page.text(MARGIN, _FOOT_Y + 12, NOTHING_OUTLINED, size=15, bold=True, width=_PLOT[2])
        return sources_of(subject, shown)
    window = subject.window()
    for pair, one in enumerate(reversed(shown)):
        field = field_of(subject, one, finding.sign, TILE)
        left, right = _TILES_X[2 * pair : 2 * pair + 2]
        draw_view(page, (left, _TILES_Y), subject, one, field, outlined=False, scale=False)
        draw_view(page, (right, _TILES_Y), subject, one, field, outlined=True)
        where = f"{place_words(subject, one)}, {window_words(window.low, window.high)}"
        page.text(left, _CAPTION_Y, where, size=13, width=TILE[1])
        draw_legend(page, right + TILE[1], _CAPTION_Y, subject, one, field)
    return sources_of(subject, shown)


def _draw_plot(page: Page, finding: Finding, strips: Sequence[CortexStrip], subject: Subject | None) -> None:
    cord = None if subject is None else subject.cord
    if finding.sign is Sign.MOTOR_BAND and strips:
        plot_strips(page, _PLOT, strips)
    elif cord is not None and cord.sign is finding.sign:
        plot_cord(page, _PLOT, finding, cord)
    elif finding.profiles:
        plot_profiles(page, _PLOT, finding.profiles)
    elif cord is not None and finding.sign in CORD_SIGNS and not any(cord.levels):
        plot_shape(page, _PLOT, finding, cord)
    else:
        plot_regions(page, _PLOT, finding)


def _draw_words(page: Page, finding: Finding) -> None:
    y = _FOOT_Y + 12.0
    below = _below_table(finding)
    kept = table_height(finding) + sum(most * LEADING * size for _, size, most, _ in below) + 12
    lines = int((HEIGHT - 40 - y - kept) / (LEADING * _WORDS))
    shown = finding.reasons[: min(_MOST_REASONS, lines)]
    for reason in shown:
        y = page.paragraph(
            _TABLE_X, y, _TABLE_WIDTH, reason.sentence, size=_WORDS, most=max(1, lines // len(shown))
        )
    y = draw_table(page, _TABLE_X, y + 6, _TABLE_WIDTH, finding) + 6
    for words, size, most, colour in below:
        y = page.paragraph(_TABLE_X, y, _TABLE_WIDTH, words, size=size, most=most, colour=colour)


def _below_table(finding: Finding) -> list[tuple[str, float, int, Rgb]]:
    """What is said of the numbers, with the size of its letters, its most lines and its colour."""
    said: list[tuple[str, float, int, Rgb]] = []
    if finding.sign is Sign.MOTOR_BAND:
        said.append((band_words(finding), 14.0, 4, INK))
    if finding.norm:
        said.append((f"{NORM}: {finding.norm}", 13.0, 3, SOFT))
    if any(region.value(Quantity.Z_SCORE) is not None for region in finding.regions):
        said.append((Z_EXPLAINED, 13.0, 2, SOFT))
    return said
