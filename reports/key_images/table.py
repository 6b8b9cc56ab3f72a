"""The numbers of a finding, a line for each region."""

from collections.abc import Mapping

from processors.findings import Finding, Quantity, RegionMeasurements, Side, Sign
from reports.key_images.measured import (
    GRADED,
    counts,
    has_sides,
    judged_by,
    region_names,
    sided,
)
from reports.key_images.page import INK, PANEL, SOFT, Page
from reports.picture_text import (
    not_counted_words,
    number_words,
    quantity_heading,
    score_words,
    short_name,
)
from reports.text import SIDE_NAMES

FURTHER: Mapping[Sign, tuple[Quantity, ...]] = {
    Sign.CORD_FLATTENING: (Quantity.SOLIDITY, Quantity.ANTERIOR_CONCAVITY),
    Sign.CORD_ATROPHY: (Quantity.AREA_AT_REFERENCE_AGE,),
}
"""Numbers with a column of their own, of signs without sides."""
STRIKING = 2.0
"""Standard deviations from the norm's mean from which a number is bold."""

_LINE = 22.0
_COLUMN, _GAP, _LEAST_NAME = 116.0, 6.0, 36.0
_SIZE = 14.0


def table_height(finding: Finding) -> float:
    """Pixels that the table takes."""
    return 0.0 if judged_by(finding) is None else (len(region_names(finding)) + 1) * _LINE


def draw_table(page: Page, x: float, y: float, width: float, finding: Finding) -> float:
    """Every region's number with its z-score or grade, a column for each side; the height below."""
    quantity = judged_by(finding)
    if quantity is None:
        return y
    sides: tuple[Side | None, ...] = (Side.RIGHT, Side.LEFT) if has_sides(finding) else (None,)
    further = () if has_sides(finding) else FURTHER.get(finding.sign, ())
    further = tuple(one for one in further if any(r.value(one) is not None for r in finding.regions))
    ends = [x + width - 8 - _COLUMN * place for place in reversed(range(len(sides) + len(further)))]
    names = max(ends[0] - _COLUMN - x, _LEAST_NAME)
    heading = quantity_heading(quantity) + _beside(finding)
    if has_sides(finding):
        page.text(x, y, heading, size=13, colour=SOFT, width=names)
    headings = [heading if side is None else SIDE_NAMES[side] for side in sides]
    headings.extend(quantity_heading(one) for one in further)
    for words, end in zip(headings, ends, strict=True):
        page.text(end, y, words, size=13, colour=SOFT, align="right", width=_COLUMN - _GAP)
    for place, name in enumerate(region_names(finding)):
        y += _LINE
        if place % 2 == 0:
            page.box(x - 6, y - _LINE / 2, width + 6, _LINE, PANEL)
        page.text(x, y, short_name(name), size=_SIZE, width=names)
        for region in sided(finding, name):
            _draw_number(page, ends[sides.index(region.region.side)], y, finding, region)
            for one, end in zip(further, ends[len(sides) :], strict=True):
                value = region.value(one)
                if value is not None:
                    page.text(end, y, number_words(one, value), size=_SIZE, align="right")
    return y + _LINE


def value_words(finding: Finding, region: RegionMeasurements) -> str:
    """What a region was measured as, without what is said beside it; empty where it was not."""
    quantity = judged_by(finding)
    value = None if quantity is None else region.value(quantity)
    if quantity is None or value is None:
        return ""
    if finding.sign in GRADED and not counts(finding, region):
        return not_counted_words(region)
    return number_words(quantity, value)


def _beside(finding: Finding) -> str:
    """What stands in brackets after the numbers."""
    for quantity, words in ((Quantity.Z_SCORE, " (z)"), (Quantity.GRADE, " (grade)")):
        if any(region.value(quantity) is not None for region in finding.regions):
            return words
    return ""


def _draw_number(page: Page, x: float, y: float, finding: Finding, region: RegionMeasurements) -> None:
    words, bold = value_words(finding, region), False
    colour = INK if counts(finding, region) else SOFT
    z_score, grade = region.value(Quantity.Z_SCORE), region.value(Quantity.GRADE)
    if words and z_score is not None:
        words, bold = f"{words} ({score_words(z_score)})", abs(z_score) >= STRIKING
    elif words and grade is not None:
        words, bold = f"{words} ({grade:.0f})", grade > 0
    page.text(x, y, words, size=_SIZE, bold=bold, colour=colour, align="right", width=_COLUMN - _GAP)
