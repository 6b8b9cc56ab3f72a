"""The part of the body that a series shows, weighed from every attribute that hints at it.

Body Part Examined is often wrong: cervical studies are tagged HEAD or LSPINE, head studies CSPINE. No
attribute is believed alone against the others; a tie is ``UNKNOWN``. A brain needs more than a tag: something
of the series itself (its words, a contrast that is made of the brain only, a head's extent, a head coil), or
a tag and a study description that agree on a coil that does not reach the neck, while nothing else speaks.
"""

from dataclasses import dataclass

from listener.classification import words as say
from listener.classification.extent import Extent, extent_of
from listener.classification.facts import Facts
from listener.classification.headers import Header, codes_in, numbers_in, words_in
from listener.classification.rules import NEVER_MEASURED, between
from listener.classification.subject import not_a_patient
from processors.acquisition import BodyPart, Contrast, Plane

ENOUGH = 1.0
MARGIN = 0.75
TELLING = 0.75
"""Weight of a hint that may decide, not only lean."""

NOT_A_PATIENT = 0.9

TRIGGERED = frozenset({"CG", "CT", "PPG", "CG_GEMS", "PPG_GEMS"})
"""Scan Options of acquisitions that wait for the heart beat; CT is Siemens' cardiac trigger."""

FALLS_LIKE_THE_SKULL_BASE = -0.17
"""Sine of 10 degrees, of the way from the front to the back of an axial slice, upwards positive."""

_TAGGED = {
    BodyPart.BRAIN: ("BRAIN", "HEAD", "SKULL"),
    BodyPart.CERVICAL_SPINE: ("CSPINE", "C_SPINE", "CERVICAL SPINE", "CERVICALSPINE", "NECK", "NCK"),
    BodyPart.OTHER_SPINE: (
        "TSPINE", "LSPINE", "LSSPINE", "TLSPINE", "SSPINE", "L_SPINE", "T_SPINE", "LUMBAR SPINE",
        "WHOLESPINE", "SACRUM", "COCCYX",
    ),
}  # fmt: skip
_TAGS = {tag: part for part, tags in _TAGGED.items() for tag in tags}
_SPINE = (BodyPart.CERVICAL_SPINE, BodyPart.OTHER_SPINE)
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
    if (why := not_a_patient(header)) is not None:
        return BodyVerdict(BodyPart.OTHER, NOT_A_PATIENT, (why,))
    coil, extent = words_in(header, "ReceiveCoilName"), extent_of(header)
    of_series = _word_hints(facts.series_words, 3.0, "series description")
    of_study = _word_hints(facts.study_words, 1.5, "study description")
    tags = _tag_hints(header, 0.5 if {hint.body_part for hint in of_study} >= set(_SPINE) else 1.0)
    spine = bool(say.ANY_SPINE.search(facts.series_words + facts.study_words)) or bool(
        say.ANY_SPINE.search(words_in(header, "BodyPartExamined"))
    )
    of_images = [
        *_extent_hints(extent, plane),
        *_tilt_hints(header, plane),
        *_contrast_hints(contrast, facts),
        *_cord_hints(contrast, facts),
        *_coil_hints(coil, spine),
    ]
    if not spine and (
        say.ANY_HEAD_COIL.search(coil) or any(hint.body_part is BodyPart.BRAIN for hint in (*tags, *of_study))
    ):
        of_images += _excitation_hints(facts)
    of_neck_tags = [hint for hint in tags if hint.weight > 1.0 or of_study]
    hints = [*of_series, *of_study, *tags, *of_images]
    if spine and not any(hint.body_part in _SPINE for hint in hints):
        hints.append(_Hint(BodyPart.BRAIN, -1.0, "the spine is named"))
    scores = {part: sum(hint.weight for hint in hints if hint.body_part is part) for part in BodyPart}
    ranked = sorted(scores, key=lambda part: scores[part], reverse=True)
    best, second = ranked[0], ranked[1]
    lead = scores[best] - max(scores[second], 0.0)
    reasons = tuple(dict.fromkeys(hint.reason for hint in hints))
    if scores[best] < ENOUGH or lead < MARGIN:
        return BodyVerdict(BodyPart.UNKNOWN, 0.3, (*reasons, "the body part is not clear"))
    if best is BodyPart.BRAIN and contrast not in NEVER_MEASURED:
        doubt = _doubt_of_brain([*of_series, *of_images], of_study, tags, coil, extent, plane)
        if all(hint.reason in FIELD_OF_VIEW for hint in hints if hint.body_part is best and hint.weight > 0):
            doubt = doubt or _doubt_of_field(contrast, facts)
        if doubt:
            return BodyVerdict(BodyPart.UNKNOWN, 0.3, (*reasons, doubt))
    told = any(
        hint.body_part is best and hint.weight >= TELLING for hint in [*of_series, *of_images, *of_neck_tags]
    )
    only_a_neck = {hint.body_part for hint in of_study} == {best} and _tagged_spine(header)
    if best is BodyPart.CERVICAL_SPINE and not told and not (only_a_neck and _SMALL_FIELD[0] in of_images):
        return BodyVerdict(BodyPart.UNKNOWN, 0.3, (*reasons, "only the study is said to be of the neck"))
    return BodyVerdict(best, min(0.5 + lead / 6, 0.98), reasons)


def _tagged_spine(header: Header) -> bool:
    """Whether Body Part Examined says spine, and not which part of it."""
    return bool(say.ANY_SPINE.search(words_in(header, "BodyPartExamined")))


def _doubt_of_brain(
    own: list[_Hint],
    of_study: list[_Hint],
    tags: list[_Hint],
    coil: str,
    extent: Extent,
    plane: Plane,
) -> str | None:
    """Why what speaks for the brain is not enough to send the series to an analysis of the brain."""
    own_brain = any(hint.body_part is BodyPart.BRAIN and hint.weight >= TELLING for hint in own)
    if say.SPINE_COIL.search(coil) and not any(
        hint.body_part is BodyPart.BRAIN and hint.weight >= 1.5 for hint in own
    ):
        return "received with a spine coil"
    if own_brain or extent.may_be_a_head(plane):
        return None
    leaning = [*tags, *(hint for hint in own if hint.weight > 0)]
    against = any(hint.body_part is BodyPart.BRAIN and hint.weight < 0 for hint in own)
    agree = not against and all(
        any(hint.body_part is BodyPart.BRAIN for hint in hints) for hints in (of_study, leaning)
    )
    spine_too = any(hint.body_part in _SPINE for hint in of_study)
    if agree and not spine_too and coil.strip() and not _reaches_the_neck(coil):
        return None
    return "only what was typed in at the scanner says brain: nothing of the images themselves"


def _doubt_of_field(contrast: Contrast, facts: Facts) -> str | None:
    """A field of view alone tells of a head only where the sequence is one that is made of heads."""
    prepared = facts.gradient_echo is True and ("MP" in facts.variant or facts.ti is not None)
    return None if contrast is Contrast.T1 and prepared else "only the field of view says brain"


def _reaches_the_neck(coil: str) -> bool:
    return bool(say.HEAD_NECK_COIL.search(coil) or say.NECK_COIL.search(coil))


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


def _tag_hints(header: Header, trust: float) -> list[_Hint]:
    """A study of the whole spine often has the tag of one region on every series: trust it less."""
    hints = []
    for tag in codes_in(header, "BodyPartExamined") - _NO_TAG:
        part = _TAGS.get(tag)
        if part is None:
            hints += _word_hints(f" {tag.casefold()} ", trust, "Body Part Examined")
        else:
            weight = 1.0 if tag in ("NECK", "NCK") else 1.25
            hints.append(_Hint(part, trust * weight, f"Body Part Examined is {tag}"))
    return hints + _word_hints(words_in(header, "AnatomicRegion"), 1.25, "Anatomic Region")


def _extent_hints(extent: Extent, plane: Plane) -> list[_Hint]:
    """The extent of a stack across a head is more than that across a neck."""
    wide, tall, thick = extent.wide, extent.tall, extent.thick
    hints = [
        (plane is Plane.SAGITTAL and between(thick, 20, 90), _NARROW),
        (plane is Plane.SAGITTAL and between(thick, 110, 240) and not between(tall, 290, 1500), _WIDE),
        (plane is Plane.SAGITTAL and between(tall, 290, 1500), _TALLER_THAN_A_HEAD),
        (plane is Plane.SAGITTAL and between(tall, 330, 1500), _TALL),
        (plane is Plane.AXIAL and between(wide, 80, 190) and not extent.may_be_a_head(plane), _SMALL_FIELD),
        (plane is Plane.AXIAL and between(thick, 20, 85), _SHORT),
        (extent.is_a_whole_head(plane), _WHOLE_HEAD),
    ]
    return [hint for holds, group in hints if holds for hint in group]


def _tilt_hints(header: Header, plane: Plane) -> list[_Hint]:
    """Slices across a neck are level or rise to the back with its curve; those along the skull base fall."""
    cosines = numbers_in(header, "ImageOrientationPatient", 6)
    if plane is Plane.AXIAL and cosines is not None and between(cosines[5], -0.7, FALLS_LIKE_THE_SKULL_BASE):
        return [_Hint(BodyPart.BRAIN, 0.5, "axial slices tilted as along the skull base")]
    return []


_NARROW = tuple(
    _Hint(part, weight, "sagittal stack narrower than a head")
    for part, weight in (
        (BodyPart.CERVICAL_SPINE, 0.75),
        (BodyPart.OTHER_SPINE, 0.75),
        (BodyPart.BRAIN, -1.5),
    )
)
_TALLER_THAN_A_HEAD = (_Hint(BodyPart.BRAIN, -0.75, "sagittal images taller than a head"),)
_SHORT = (_Hint(BodyPart.BRAIN, -0.5, "axial stack too low for a whole brain"),)
_WIDE = (_Hint(BodyPart.BRAIN, 0.75, "sagittal stack as wide as a head"),)
_TALL = tuple(
    _Hint(part, weight, "sagittal images taller than a neck")
    for part, weight in ((BodyPart.OTHER_SPINE, 0.75), (BodyPart.CERVICAL_SPINE, -0.75))
)
_WHOLE_HEAD = (_Hint(BodyPart.BRAIN, 1.0, "the field of view of a whole head"),)
_SMALL_FIELD = (_Hint(BodyPart.BRAIN, -1.5, "axial images narrower than a head"),)


FIELD_OF_VIEW = frozenset(hint.reason for hint in (*_WIDE, *_WHOLE_HEAD))


def _coil_hints(coil: str, spine: bool) -> list[_Hint]:
    if not _reaches_the_neck(coil) and say.HEAD_COIL.search(coil):
        return [_Hint(BodyPart.BRAIN, 1.0, "head coil")]
    if say.HEAD_NECK_COIL.search(coil):
        return [_Hint(BodyPart.CERVICAL_SPINE, 1.0, "spine, with a head and neck coil")] if spine else []
    if say.NECK_COIL.search(coil):
        return [_Hint(BodyPart.CERVICAL_SPINE, 1.0, "neck coil")]
    if say.SPINE_COIL.search(coil):
        return [_Hint(BodyPart.BRAIN, -1.0, "spine coil")]
    return []


def _excitation_hints(facts: Facts) -> list[_Hint]:
    """What only a head allows: excitation without a slab, and many slices at once.

    Below the head the shoulders or the trunk would fold into a volume that is excited as a whole.
    """
    if say.NON_SELECTIVE_NAME.search(facts.sequence_name):
        return [_Hint(BodyPart.BRAIN, 1.0, "the whole volume is excited, which only a head allows")]
    if "MB" in facts.kind:
        return [_Hint(BodyPart.BRAIN, 1.0, "several slices are excited at once, as mostly in heads")]
    return []


def _cord_hints(contrast: Contrast, facts: Facts) -> list[_Hint]:
    """What is done for the cord, which is narrow and moves with the heart, and seldom for the brain."""
    hints = [
        (bool(say.ZOOMED_NAME.search(facts.sequence_name)), "a reduced field is excited, as for the cord"),
        (
            contrast is Contrast.DWI and bool(facts.options & TRIGGERED),
            "diffusion triggered by the heart, as for the cord",
        ),
    ]
    return [_Hint(BodyPart.BRAIN, -0.5, reason) for holds, reason in hints if holds]


def _contrast_hints(contrast: Contrast, facts: Facts) -> list[_Hint]:
    if contrast in (Contrast.FLAIR, Contrast.SWI, Contrast.SWI_PHASE, Contrast.SWI_MIP):
        return [_Hint(BodyPart.BRAIN, 1.75, f"{contrast} is made of the brain")]
    if contrast is Contrast.ADC or (contrast is Contrast.DWI and say.TRACE.search(facts.series_words)):
        return [_Hint(BodyPart.BRAIN, 0.75, "diffusion maps and traces are mostly of the brain")]
    if contrast is Contrast.FUNCTIONAL and facts.echo_planar:
        return [_Hint(BodyPart.BRAIN, 1.0, "functional imaging is mostly of the brain")]
    if contrast is Contrast.FIELD_MAP:
        return [_Hint(BodyPart.BRAIN, 1.0, "field maps are mostly of the brain")]
    return []
