"""Where a stack lies in the patient, and when it was acquired, from headers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from listener.classification.headers import Header, members, number_in, numbers_in

POSITION_RANGE = "PositionRange"
"""Keyword under which a stack's header holds the positions of its two outermost slices, six numbers."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the lowest to the highest point of a stack, feet to head, in LPS millimetres."""

    low: float
    high: float

    def share_within(self, other: "Span") -> float:
        """How much of this lies within another, 0 to 1."""
        common = min(self.high, other.high) - max(self.low, other.low)
        return max(common, 0.0) / max(self.high - self.low, 1.0)

    @property
    def middle(self) -> float:
        """Halfway."""
        return (self.low + self.high) / 2


def with_position_range(header: Header, headers: Sequence[Header]) -> dict[str, object]:
    """A stack's header with the positions of its outermost slices, where its members have one."""
    positions = [numbers_in(member, "ImagePositionPatient", 3) for member in headers]
    known = [position for position in positions if position is not None]
    cosines = numbers_in(header, "ImageOrientationPatient", 6)
    if not known or cosines is None:
        return dict(header)
    (a, b, c), (d, e, f) = cosines[:3], cosines[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)

    def along(position: tuple[float, ...]) -> float:
        return sum(x * y for x, y in zip(position, normal, strict=True))

    return {**header, POSITION_RANGE: [*min(known, key=along), *max(known, key=along)]}


def span_of(header: Header) -> Span | None:
    """From where to where a stack reaches along the body; ``None`` where the header does not say."""
    ends = numbers_in(header, POSITION_RANGE, 6)
    cosines = numbers_in(header, "ImageOrientationPatient", 6)
    spacing = numbers_in(header, "PixelSpacing", 2)
    rows, columns = number_in(header, "Rows"), number_in(header, "Columns")
    if ends is None or cosines is None or spacing is None or rows is None or columns is None:
        return None
    along_row, along_column = cosines[2] * spacing[1] * columns, cosines[5] * spacing[0] * rows
    heights = [
        end + x * along_row + y * along_column for end, x, y in product((ends[2], ends[5]), (0, 1), (0, 1))
    ]
    return Span(min(heights), max(heights))


def acquired_at(header: Header) -> datetime | None:
    """When the first image of a stack was acquired, or its series began."""
    stamp = _digits(header, "AcquisitionDateTime")
    if stamp is not None and len(stamp) >= 14:
        return _moment(stamp)
    day = _digits(header, "AcquisitionDate") or "19000101"
    for keyword in ("AcquisitionTime", "SeriesTime"):
        time = _digits(header, keyword)
        if time is not None and len(time) >= 4:
            return _moment(f"{day}{time[:6]:0<6}")
    return None


def _digits(header: Header, keyword: str) -> str | None:
    for value in members(header, keyword):
        text = str(value).strip().split(".")[0].split("+")[0].replace(":", "").replace("-", "")
        if keyword.endswith("Time") and keyword != "AcquisitionDateTime" and text.isdecimal():
            return text.zfill(6) if isinstance(value, (int, float)) else text
        if text.isdecimal():
            return text
    return None


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None
