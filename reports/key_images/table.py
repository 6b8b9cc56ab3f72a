"""The numbers of a finding, a line for each region."""

from collections.abc import Mapping

from processors.findings import Finding, Quantity, RegionMeasurements, Side, Sign
from reports.key_images.measured import has_sides, judged_by, region_names, sided
from reports.key_images.page import PANEL, SOFT, Page
from reports.picture_text import number_words, quantity_heading, score_words, short_name
from reports.text import SIDE_NAMES

FURTHER: Mapping[Sign, tuple[Quantity, ...]] = {
    Sign.CORD_FLATTENING: (Quantity.SOLIDITY, Quantity.ANTERIOR_CONCAVITY),
    Sign.CORD_ATROPHY: (Quantity.AREA_AT_REFERENCE_AGE,),
}
"""Numbers with a column of their own, of signs without sides."""
STRIKING = 2.0
"""Standard deviations from the norm's mean from which a number is bold."""

_LINE = 22.0
_SIZE = 14.0


def draw_table(page: Page, x: float, y: float, width: float, finding: Finding) -> float:
    """Every region's number with its z-score or grade, a column for each side; the height below."""
    quantity = judged_by(finding)
    if quantity is None:
        return y
    sides: tuple[Side | None, ...] = (Side.RIGHT, Side.LEFT) if has_sides(finding) else (None,)
    further = () if has_sides(finding) else FURTHER.get(finding.sign, ())
    further = tuple(one for one in further if any(r.value(one) is not None for r in finding.regions))
    ends = [x + width - 8 - 126 * place for place in reversed(range(len(sides) + len(further)))]
    heading = quantity_heading(quantity) + _beside(finding)
    if has_sides(finding):
        page.text(x, y, heading, size=13, colour=SOFT)
    for side, end in zip(sides, ends, strict=False):
        words = heading if side is None else SIDE_NAMES[side]
        page.text(end, y, words, size=13, colour=SOFT, align="right")
    for one, end in zip(further, ends[len(sides) :], strict=True):
        page.text(end, y, quantity_heading(one), size=13, colour=SOFT, align="right")
    for place, name in enumerate(region_names(finding)):
        y += _LINE
        if place % 2 == 0:
            page.box(x - 6, y - _LINE / 2, width + 6, _LINE, PANEL)
        page.text(x, y, short_name(name), size=_SIZE)
        for region in sided(finding, name):
            _draw_number(page, ends[sides.index(region.region.side)], y, region, quantity)
            for one, end in zip(further, ends[len(sides) :], strict=True):
                value = region.value(one)
                if value is not None:
                    page.text(end, y, number_words(one, value), size=_SIZE, align="right")
    return y + _LINE


def _beside(finding: Finding) -> str:
    """What stands in brackets after the numbers."""
    for quantity, words in ((Quantity.Z_SCORE, " (z)"), (Quantity.GRADE, " (grade)")):
        if any(region.value(quantity) is not None for region in finding.regions):
            return words
    return ""


def _draw_number(page: Page, x: float, y: float, region: RegionMeasurements, quantity: Quantity) -> None:
    value, z_score, grade = (region.value(q) for q in (quantity, Quantity.Z_SCORE, Quantity.GRADE))
    if value is None:
        return
    words, bold = number_words(quantity, value), False
    if z_score is not None:
        words, bold = f"{words} ({score_words(z_score)})", abs(z_score) >= STRIKING
    elif grade is not None:
        words, bold = f"{words} ({grade:.0f})", grade > 0
    page.text(x, y, words, size=_SIZE, bold=bold, align="right")
