"""What a site knows of its own series: a condition on attributes → contrast, body part, or leave it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from listener.classification.facts import facts_of
from listener.classification.headers import FLATTENED, KEYWORDS, Header, members, number_in
from listener.classification.kinds import not_plain
from listener.classification.series import Classification
from processors.acquisition import BodyPart, Contrast

Condition = str | float | tuple[float, float]
"""A pattern with ``*`` and ``?`` for text, a number, or the lowest and highest number."""

CONDITIONS = frozenset(KEYWORDS) | set(FLATTENED.values()) | {"NumberOfInstances", "AnatomicRegion"}
"""Keywords of the attributes that a condition may name."""


@dataclass(frozen=True, slots=True)
class Override:
    """What a series is, if its header meets every condition.

    Attributes
    ----------
    conditions
        By pydicom keyword. Text is compared without regard to case, with any of several values; numbers as
        they are, times in milliseconds.
    contrast, body_part
        What it is; ``None`` leaves what was found.
    ignore
        Whether no analysis may read it.

    Raises
    ------
    ValueError
        If there is no condition or no effect, ``ignore`` has another effect beside it, a range is upside
        down, or a keyword is not one of :data:`CONDITIONS`.
    """

    name: str
    conditions: Mapping[str, Condition]
    contrast: Contrast | None = None
    body_part: BodyPart | None = None
    ignore: bool = False

    def __post_init__(self) -> None:
        if not self.conditions:
            raise ValueError(f"override {self.name!r} has no condition: it would apply to every series")
        unknown = sorted(set(self.conditions) - CONDITIONS)
        if unknown:
            raise ValueError(
                f"override {self.name!r} names {', '.join(unknown)}, which is no attribute that is looked at"
            )
        for keyword, wanted in self.conditions.items():
            if isinstance(wanted, tuple) and wanted[0] > wanted[1]:
                raise ValueError(f"override {self.name!r}: of {keyword} the lowest number is given first")
        decides = self.contrast is not None or self.body_part is not None
        if self.ignore == decides:
            raise ValueError(f"override {self.name!r} needs a contrast or a body part, or else ignore = true")

    def applies(self, header: Header) -> bool:
        """Whether a header meets every condition."""
        return all(_meets(header, keyword, wanted) for keyword, wanted in self.conditions.items())


def _meets(header: Header, keyword: str, wanted: Condition) -> bool:
    if isinstance(wanted, str):
        pattern = wanted.casefold().replace("[", "[[]")
        found = [str(value)[:256].casefold().strip() for value in members(header, keyword)]
        return any(fnmatchcase(text, pattern) for text in found or [""])
    number = number_in(header, keyword)
    if number is None:
        return False
    if isinstance(wanted, tuple):
        return wanted[0] <= number <= wanted[1]
    return abs(number - wanted) <= 1e-6 * max(1.0, abs(wanted))


def override(
    header: Header, found: Classification, overrides: Sequence[Override]
) -> tuple[Classification, Override | None]:
    """What the first override that applies makes of a classification, and which it was.

    A contrast is not given to a phase image, a projection or a computed map unless the override names the
    Image Type: one Series may hold several.
    """
    for one in overrides:
        if not one.applies(header):
            continue
        if one.ignore:
            left = replace(
                found,
                contrast=Contrast.OTHER,
                confidence=0.0,
                evidence=(f"left alone by override “{one.name}”", *found.evidence),
            )
            return left, one
        computed = not_plain(facts_of(header))
        if one.contrast is not None and computed and "ImageType" not in one.conditions:
            reason = f"override “{one.name}” left aside: {computed}, and it does not name the Image Type"
            return replace(found, evidence=(*found.evidence, reason)), None
        changed = replace(
            found,
            contrast=one.contrast or found.contrast,
            body_part=one.body_part or found.body_part,
            confidence=1.0 if one.contrast is not None else found.confidence,
            evidence=(f"override “{one.name}”", *found.evidence),
        )
        return changed, one
    return found, None
