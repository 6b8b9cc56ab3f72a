"""The part of the body that a series shows, weighed from every attribute that hints at it.

Body Part Examined is often wrong: cervical studies are tagged HEAD or LSPINE, head studies CSPINE. No
attribute is believed alone against the others; a tie is ``UNKNOWN``.
"""

from dataclasses import dataclass

from listener import classification_words as say
from listener.classification_facts import Facts
from listener.headers import Header, codes_in, number_in, numbers_in, words_in
from processors.acquisition import BodyPart, Contrast, Plane

ENOUGH = 1.0
MARGIN = 0.75

_TAGGED = {
    BodyPart.BRAIN: ("BRAIN", "HEAD", "SKULL"),
    BodyPart.CERVICAL_SPINE: ("CSPINE", "C_SPINE", "CERVICAL SPINE", "CERVICALSPINE", "NECK", "NCK"),
    BodyPart.OTHER_SPINE: (
        "TSPINE", "LSPINE", "LSSPINE", "TLSPINE", "SSPINE", "L_SPINE", "T_SPINE", "LUMBAR SPINE",
        "WHOLESPINE", "SACRUM", "COCCYX",
    ),
}  # fmt: skip
_TAGS = {tag: part for part, tags in _TAGGED.items() for tag in tags}
_NO_TAG = frozenset({"SPINE", "HEADNECK", "CTSPINE", "OTHER", "UNKNOWN", "NONE", "MR", "WHOLEBODY"})


@dataclass(frozen=True, slots=True)
class BodyVerdict:
    """A body part, how far it can be trusted (0 to 1), and what spoke for and against it."""

    body_part: BodyPart
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hint:
    body_part: BodyPart
    weight: float
    reason: str


def body_part_of(header: Header, facts: Facts, contrast: Contrast, plane: Plane) -> BodyVerdict:
    """The part of the body with the most evidence, if it is enough and leads the next clearly."""
    hints = [
        *_word_hints(facts.series_words, 3.0, "series description"),
        *_word_hints(facts.study_words, 1.5, "study description"),
        *_tag_hints(header),
        *_extent_hints(header, plane),
        *_contrast_hints(contrast, facts),
    ]
    spine = bool(say.ANY_SPINE.search(facts.series_words + facts.study_words)) or bool(
        codes_in(header, "BodyPartExamined") & {"SPINE", "CTSPINE"}
    )
    scores = {part: sum(hint.weight for hint in hints if hint.body_part is part) for part in BodyPart}
    if spine:
        scores[BodyPart.BRAIN] -= 1.0
        if say.HEAD_NECK_COIL.search(words_in(header, "ReceiveCoilName")):
            scores[BodyPart.CERVICAL_SPINE] += 1.0
    ranked = sorted(scores, key=lambda part: scores[part], reverse=True)
    best, second = ranked[0], ranked[1]
    lead = scores[best] - max(scores[second], 0.0)
    reasons = tuple(hint.reason for hint in hints) + (("the spine is named",) if spine else ())
    if scores[best] < ENOUGH or lead < MARGIN:
        return BodyVerdict(BodyPart.UNKNOWN, 0.3, (*reasons, "the body part is not clear"))
    return BodyVerdict(best, min(0.5 + lead / 6, 0.98), reasons)


def _word_hints(words: str, weight: float, where: str) -> list[_Hint]:
    named = [
        (part, pattern)
        for part, pattern in (
            (BodyPart.BRAIN, say.BRAIN),
            (BodyPart.CERVICAL_SPINE, say.CERVICAL),
            (BodyPart.OTHER_SPINE, say.OTHER_SPINE),
            (BodyPart.OTHER, say.OTHER_PART),
        )
        if pattern.search(words)
    ]
    shared = weight / len(named) if named else 0.0
    return [_Hint(part, shared, f"{where} names {part}") for part, _ in named]


def _tag_hints(header: Header) -> list[_Hint]:
    hints = []
    for tag in codes_in(header, "BodyPartExamined") - _NO_TAG:
        part = _TAGS.get(tag)
        if part is None:
            hints += _word_hints(f" {tag.casefold()} ", 1.0, "Body Part Examined")
        else:
            weight = 1.0 if tag in ("NECK", "NCK") else 1.25
            hints.append(_Hint(part, weight, f"Body Part Examined is {tag}"))
    return hints + _word_hints(words_in(header, "AnatomicRegion"), 1.25, "Anatomic Region")


def _extent_hints(header: Header, plane: Plane) -> list[_Hint]:
    """The extent of a stack across a head is more than that across a neck."""
    count, step = number_in(header, "NumberOfInstances"), number_in(header, "SpacingBetweenSlices")
    if step is None:
        step = number_in(header, "SliceThickness")
    thick = count * step if count is not None and step is not None else None
    spacing, columns = numbers_in(header, "PixelSpacing", 2), number_in(header, "Columns")
    wide = spacing[1] * columns if spacing is not None and columns is not None else None
    hints = []
    if plane is Plane.SAGITTAL and thick is not None and 20 < thick < 90:
        hints += [_Hint(BodyPart.CERVICAL_SPINE, 0.75, "sagittal stack narrower than a head")]
        hints += [_Hint(BodyPart.OTHER_SPINE, 0.75, "sagittal stack narrower than a head")]
        hints += [_Hint(BodyPart.BRAIN, -1.5, "sagittal stack narrower than a head")]
    if plane is Plane.SAGITTAL and thick is not None and 110 < thick < 240:
        hints.append(_Hint(BodyPart.BRAIN, 0.75, "sagittal stack as wide as a head"))
    if plane is Plane.AXIAL and wide is not None and 80 < wide < 190:
        hints.append(_Hint(BodyPart.BRAIN, -1.5, "axial images narrower than a head"))
    return hints


def _contrast_hints(contrast: Contrast, facts: Facts) -> list[_Hint]:
    if contrast in (Contrast.FLAIR, Contrast.SWI, Contrast.SWI_PHASE, Contrast.SWI_MIP):
        return [_Hint(BodyPart.BRAIN, 1.75, f"{contrast} is made of the brain")]
    if contrast is Contrast.ADC or (contrast is Contrast.DWI and not {"EP", "MOSAIC"} & facts.kind):
        return [_Hint(BodyPart.BRAIN, 0.75, "diffusion is mostly of the brain")]
    return []
