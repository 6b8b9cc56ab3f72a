"""The overview of an analysis: what every sign came out as, and where and how it was measured."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from processors.depiction import CortexStrip
from processors.findings import CORD_SIGNS, Finding, Quantity, Sign, State
from reports.key_images.choice import strongest_region
from reports.key_images.cord_plots import plot_cord
from reports.key_images.measured import counts, judged_by, sided
from reports.key_images.overview_tiles import draw_tiles, tiles_of
from reports.key_images.page import HEIGHT, PANEL, SOFT, WIDTH, Page
from reports.key_images.plots import Box, plot_profiles, plot_strips
from reports.key_images.sign_page import MARGIN, STATE_COLOURS, frame_page
from reports.key_images.subject import Sources, Subject
from reports.key_images.table import value_words
from reports.picture_text import (
    ALONG_TRACT_SHORT,
    UNFOLDED_SHORT,
    made_by,
    numbers_words,
    of_sign_words,
    score_words,
)
from reports.text import CONFIDENCES_IN_BRACKETS, HEADINGS, SIGN_NAMES, SUPPORTIVE_ONLY

_TOP = 61
_STATE_X, _WHY_X = 500, 690
_NAME_WIDTH, _STATE_WIDTH, _LARGE = _STATE_X - MARGIN - 14.0, _WHY_X - _STATE_X - 14.0, 17.0
_LEAST_ROW, _SURE_ROW, _ROW_MARGIN, _LINE = 34.0, 46.0, 8.0, 19.0
_ROWS_TALLEST = 450
_LINES_OF_REASONS = (5, 4, 3, 2, 1)
_CORD_TALL, _PLOTS_TALL, _TILES_LEAST = 300, 236, 190
_GAP = 24

Draw = Callable[[Box], None]


def overview_page(
    title: str,
    findings: Sequence[Finding],
    subjects: Mapping[Sign, Subject],
    strips: Sequence[CortexStrip],
    software_version: str,
) -> tuple[Page, Sources]:
    """All signs of an analysis with their states, slices and plots that show them, and its images."""
    page = Page()
    frame_page(page, title, made_by(software_version, ""))
    y = _draw_rows(page, findings) + 16.0
    top = int(page.paragraph(MARGIN, y, WIDTH - 2 * MARGIN, SUPPORTIVE_ONLY, size=14, colour=SOFT, most=2))
    shown = [(f, subjects[f.sign]) for f in findings if f.sign in subjects and subjects[f.sign].is_outlined()]
    plots = _plots(page, findings, subjects, strips)
    room = HEIGHT - 36 - top
    tall = _CORD_TALL if any(finding.sign in CORD_SIGNS for finding in findings) else _PLOTS_TALL
    below = min(tall, room - _TILES_LEAST) if plots else 0
    foot, sources = draw_tiles(page, top, room - below - (_GAP if plots else 0), tiles_of(shown))
    for place, draw in enumerate(plots):
        width = (WIDTH - 2 * MARGIN - (len(plots) - 1) * _GAP) // len(plots)
        height = min(_CORD_TALL, HEIGHT - 36 - foot - _GAP)
        draw((MARGIN + place * (width + _GAP), HEIGHT - 36 - height, width, height))
    return page, sources


def _plots(
    page: Page, findings: Sequence[Finding], subjects: Mapping[Sign, Subject], strips: Sequence[CortexStrip]
) -> list[Draw]:
    """What there is to plot of the gyrus, the tract and the cord, preferably of a sign that is present."""
    ordered = sorted(findings, key=lambda one: one.state is not State.PRESENT)
    plots: list[Draw] = []
    if strips and any(finding.sign is Sign.MOTOR_BAND for finding in findings):
        plots.append(partial(_strips, page, strips))
    plots.extend(partial(_profiles, page, one) for one in [f for f in ordered if f.profiles][:1])
    along = [finding for finding in ordered if _is_along_cord(finding, subjects)]
    plots.extend(partial(_cord, page, one, subjects[one.sign]) for one in along[:1])
    return plots


def _strips(page: Page, strips: Sequence[CortexStrip], box: Box) -> None:
    plot_strips(page, box, strips, of_sign_words(Sign.MOTOR_BAND, UNFOLDED_SHORT))


def _profiles(page: Page, finding: Finding, box: Box) -> None:
    plot_profiles(page, box, finding.profiles, of_sign_words(finding.sign, ALONG_TRACT_SHORT))


def _cord(page: Page, finding: Finding, subject: Subject, box: Box) -> None:
    if subject.cord is not None:
        plot_cord(page, box, finding, subject.cord)


def _is_along_cord(finding: Finding, subjects: Mapping[Sign, Subject]) -> bool:
    """Whether the cord was measured slice by slice for this very sign."""
    subject = subjects.get(finding.sign)
    return subject is not None and subject.cord is not None and subject.cord.sign is finding.sign


def _draw_rows(page: Page, findings: Sequence[Finding]) -> float:
    """A row for each sign, each as high as its reasons need; the height below them."""
    for most in _LINES_OF_REASONS:
        heights = [_height(page, finding, most) for finding in findings]
        if sum(heights) <= _ROWS_TALLEST:
            break
    y = float(_TOP)
    for place, (finding, height) in enumerate(zip(findings, heights, strict=True)):
        if place % 2 == 0:
            page.box(MARGIN - 8, y, WIDTH - 2 * MARGIN + 16, height, PANEL)
        _draw_row(page, y + height / 2, finding, most)
        y += height
    return y


def _height(page: Page, finding: Finding, most: int) -> float:
    reasons, _ = _reasons(page, finding, most)
    names, _ = page.fitted(SIGN_NAMES[finding.sign], _NAME_WIDTH, size=_LARGE, most=2)
    states, _ = page.fitted(HEADINGS[finding.state], _STATE_WIDTH, size=_LARGE, bold=True, most=2)
    tall = _SURE_ROW if finding.confidence is not None or len(names) + len(states) > 2 else _LEAST_ROW
    return max(tall, (len(reasons) + bool(_numbers(finding))) * _LINE + _ROW_MARGIN)


def _reasons(page: Page, finding: Finding, most: int) -> tuple[list[str], float]:
    """The reasons in lines, and the size of their letters."""
    why = " ".join(reason.sentence for reason in finding.reasons)
    return page.fitted(why, WIDTH - MARGIN - _WHY_X, size=14, most=most) if why else ([], 14.0)


def _draw_row(page: Page, middle: float, finding: Finding, most: int) -> None:
    page.paragraph(MARGIN, middle, _NAME_WIDTH, SIGN_NAMES[finding.sign], size=_LARGE, most=2, middle=True)
    state, confidence = HEADINGS[finding.state], finding.confidence
    lines, y = (2, middle) if confidence is None else (1, middle - 9)
    page.paragraph(
        _STATE_X,
        y,
        _STATE_WIDTH,
        state,
        size=_LARGE,
        bold=True,
        colour=STATE_COLOURS[finding.state],
        most=lines,
        middle=True,
    )
    if confidence is not None:
        sure = CONFIDENCES_IN_BRACKETS[confidence]
        page.text(_STATE_X, middle + 12, sure, size=13, colour=SOFT, width=_STATE_WIDTH)
    numbers = _numbers(finding)
    reasons, size = _reasons(page, finding, most)
    y = middle - (len(reasons) + bool(numbers) - 1) * _LINE / 2
    if numbers:
        page.text(_WHY_X, y, numbers, size=14, width=WIDTH - MARGIN - _WHY_X)
        y += _LINE
    for line in reasons:
        page.text(_WHY_X, y, line, size=size, colour=SOFT)
        y += _LINE


def _numbers(finding: Finding) -> str:
    """The numbers of the region where a finding is strongest."""
    quantity, name = judged_by(finding), strongest_region(finding)
    if quantity is None or name is None:
        return ""
    numbers = []
    for region in sided(finding, name):
        z_score = region.value(Quantity.Z_SCORE)
        score = "" if z_score is None else f" (z {score_words(z_score)})"
        if counts(finding, region):
            numbers.append((region.region.side, value_words(finding, region) + score))
    return numbers_words(quantity, name, numbers)
