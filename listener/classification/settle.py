"""Which doubts the headers leave that pixels can settle, and what the pixels make of them. Pure.

Pixels never overrule what headers say clearly. They turn a doubt into an answer only together with what at
least one attribute says, and take an answer back where they contradict it.
"""

from dataclasses import replace
from enum import StrEnum

from listener.classification import words as say
from listener.classification.body import FIELD_OF_VIEW
from listener.classification.facts import facts_of, says_after_contrast
from listener.classification.headers import Header, words_in
from listener.classification.pixels import Fluid, Shown
from listener.classification.rules import GUESS, UNSURE, first
from listener.classification.series import Classification
from listener.classification.weighting import WORDS
from processors.acquisition import BodyPart, Contrast, Plane

WEAKLY = 0.75
"""A brain that is less sure than this is looked at before it is measured."""

_MEASURED = frozenset(
    {Contrast.T1, Contrast.T1_MTC, Contrast.T2, Contrast.T2_STAR, Contrast.DWI, Contrast.ADC, Contrast.FLAIR}
)

_STATED_MAGNITUDE = frozenset({"M", "M_FFE", "MAGNITUDE", "COMPONENT MAGNITUDE"})


class Doubt(StrEnum):
    """What the headers leave open."""

    BODY_PART = "body part"
    WEIGHTING = "weighting"
    COMPONENT = "magnitude or phase"


def doubts_of(header: Header, found: Classification) -> frozenset[Doubt]:
    """What pixels could settle of a stack; empty for most."""
    doubts = set()
    if found.contrast is Contrast.SWI and not facts_of(header).kind & _STATED_MAGNITUDE:
        doubts.add(Doubt.COMPONENT)
    if found.plane is not Plane.AXIAL:
        return frozenset(doubts)
    if found.contrast in _MEASURED and (
        found.body_part is BodyPart.UNKNOWN
        or (found.body_part is BodyPart.BRAIN and found.confidence < WEAKLY)
    ):
        doubts.add(Doubt.BODY_PART)
    head_or_unclear = found.body_part in (BodyPart.BRAIN, BodyPart.UNKNOWN)
    if head_or_unclear and _weighting_in_words(header) is not None and _is_open(found):
        doubts.add(Doubt.WEIGHTING)
    return frozenset(doubts)


def _is_open(found: Classification) -> bool:
    return (found.contrast is Contrast.OTHER and found.confidence <= UNSURE) or (
        found.contrast in (Contrast.T1, Contrast.T2) and found.confidence <= GUESS
    )


def _weighting_in_words(header: Header) -> Contrast | None:
    facts = facts_of(header)
    if not facts.is_mr or not facts.kind:
        return None
    named = first(WORDS, facts)
    return named.contrast if named is not None and named.contrast in (Contrast.T1, Contrast.T2) else None


def settled(
    header: Header, found: Classification, shown: Shown, fluid: Fluid, *, magnitude: bool = True
) -> Classification:
    """A classification after a look at the pixels.

    Parameters
    ----------
    shown, fluid
        What the pixels show; ``UNCLEAR`` for what is not in doubt.
    magnitude
        Whether the pixels may be a magnitude's.
    """
    if not magnitude:
        reason = "the air around the head is as bright as the brain: no magnitude"
        return replace(
            found, contrast=Contrast.SWI_PHASE, confidence=GUESS, evidence=(*found.evidence, reason)
        )
    return _weighting(header, _body_part(header, found, shown), shown, fluid)


def _body_part(header: Header, found: Classification, shown: Shown) -> Classification:
    texts = words_in(
        header, "SeriesDescription", "ProtocolName", "StudyDescription", "PerformedProcedureStepDescription"
    )
    tag = words_in(header, "BodyPartExamined", "AnatomicRegion")
    spine = bool(say.CERVICAL.search(texts + tag) or say.ANY_SPINE.search(texts + tag))
    spine = spine or bool(say.OTHER_SPINE.search(texts + tag))
    if found.body_part is BodyPart.BRAIN and shown is Shown.NECK:
        reason = "the pixels show the outline of a neck, not of a head"
        return replace(found, body_part=BodyPart.UNKNOWN, evidence=(*found.evidence, reason))
    if found.body_part is not BodyPart.UNKNOWN:
        return found
    elsewhere = spine or bool(say.OTHER_PART.search(texts + tag))
    by_name = say.BRAIN.search(texts + tag) and not say.CERVICAL.search(
        words_in(header, "SeriesDescription", "ProtocolName")
    )
    by_field = not elsewhere and any(reason in FIELD_OF_VIEW for reason in found.evidence)
    if shown is Shown.HEAD and (by_name or by_field):
        return _is_now(found, BodyPart.BRAIN, "the pixels show the outline of a head")
    if shown is Shown.NECK and spine and not say.OTHER_SPINE.search(texts + tag):
        return _is_now(found, BodyPart.CERVICAL_SPINE, "the pixels show the outline of a neck")
    if shown is not Shown.UNCLEAR:
        reason = f"the pixels show the outline of a {shown}, but no attribute names it"
        return replace(found, evidence=(*found.evidence, reason))
    return found


def _is_now(found: Classification, part: BodyPart, reason: str) -> Classification:
    return replace(
        found, body_part=part, confidence=min(found.confidence, GUESS), evidence=(*found.evidence, reason)
    )


def _weighting(header: Header, found: Classification, shown: Shown, fluid: Fluid) -> Classification:
    named = _weighting_in_words(header)
    if (
        fluid is Fluid.UNCLEAR
        or named is None
        or found.body_part is not BodyPart.BRAIN
        or shown is Shown.NECK
    ):
        return found
    reason = f"the pixels show {fluid} fluid inside the head"
    against = {Contrast.T1: Fluid.BRIGHT, Contrast.T2: Fluid.DARK}
    if against.get(found.contrast) is fluid:
        return replace(
            found,
            confidence=min(found.confidence, UNSURE),
            evidence=(*found.evidence, f"{reason}: no {found.contrast}"),
        )
    if found.contrast is not Contrast.OTHER or shown is not Shown.HEAD:
        return found
    if against[named] is fluid:
        return replace(found, evidence=(*found.evidence, f"{reason}, which is not what the words say"))
    facts = facts_of(header)
    if named is Contrast.T1 and (facts.agent or says_after_contrast(facts.series_words + facts.study_words)):
        return found
    return replace(found, contrast=named, confidence=GUESS, evidence=(*found.evidence, reason))
