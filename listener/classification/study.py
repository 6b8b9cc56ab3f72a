"""What the other series of a study tell of one: a bolus given before it, a neighbour in the same place. Pure.

Nothing here changes a series without a reason in its evidence. A classification that the configuration fixed
is never changed, but tells of the others like any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from listener.classification import words as say
from listener.classification.facts import facts_of
from listener.classification.headers import Header, number_in, numbers_in, words_in
from listener.classification.place import Span, acquired_at, span_of
from listener.classification.rules import GUESS, UNSURE
from listener.classification.series import CONFIDENT, Classification
from processors.acquisition import BodyPart, Contrast

MOSTLY = 0.7
"""Share of a stack that lies where another does, from which they show the same part of the body."""

BELOW_THE_HEAD_MM = 30.0
"""A stack whose middle is this far below the lowest point of a brain series shows no brain."""

NEAR_THE_VERTEX_MM = 70.0
"""From the top of one brain series, the air above the head included, to that of another."""

WHOLE_HEAD_MM = 110.0
"""Height of a stack from which it is taken to hold the brain from the vertex to below the pons."""

MOST_SIBLINGS = 64
"""Of the stacks of a study that tell of others, only so many are asked."""

SAME_PARAMETERS = ("EchoTime", "RepetitionTime", "InversionTime", "FlipAngle", "SliceThickness")

_T1 = (Contrast.T1, Contrast.T1_MTC)
_SHOW_WHAT_THEY_ARE_MADE_FOR = (Contrast.LOCALIZER, Contrast.FUNCTIONAL, Contrast.FIELD_MAP)
"""Said to be of the brain because most are: no landmarks for others."""
_LOCATED = (BodyPart.BRAIN, BodyPart.CERVICAL_SPINE)


@dataclass(frozen=True, slots=True)
class StudySeries:
    """A stack of a study, with what its own header says.

    Attributes
    ----------
    fixed
        Whether the configuration decided it.
    """

    header: Header
    classification: Classification
    fixed: bool = False


def in_study(series: Sequence[StudySeries]) -> tuple[Classification, ...]:
    """Every classification again, in the light of the others; in their order."""
    landmarks = [
        (other, span)
        for other in series
        if other.classification.body_part in _LOCATED
        and other.classification.confidence >= CONFIDENT
        and (span := span_of(other.header)) is not None
    ][:MOST_SIBLINGS]
    placed = [replace(one, classification=_with_neighbours(one, landmarks)) for one in series]
    boluses = [other for other in placed if _is_after_a_bolus(other)][:MOST_SIBLINGS]
    timed = [replace(one, classification=_with_bolus(one, boluses)) for one in placed]
    twins = [one for one in timed if one.classification.contrast in _T1][:MOST_SIBLINGS]
    return tuple(_with_twins(one, twins) for one in timed)


def _with_bolus(one: StudySeries, boluses: Sequence[StudySeries]) -> Classification:
    found = one.classification
    if one.fixed or found.contrast not in _T1:
        return found
    when, number = acquired_at(one.header), number_in(one.header, "SeriesNumber")
    for other in boluses:
        if other is one:
            continue
        other_when, other_number = acquired_at(other.header), number_in(other.header, "SeriesNumber")
        if when is not None and other_when is not None:
            if when > other_when and when.date() == other_when.date():
                reason = f"acquired after {_name(other)}, for which a contrast agent had been given"
                return replace(
                    found,
                    contrast=Contrast.T1_POST_CONTRAST,
                    confidence=max(found.confidence, GUESS),
                    evidence=(*found.evidence, reason),
                )
        elif number is None or other_number is None or number > other_number:
            reason = f"a contrast agent was given for {_name(other)}, and this may have come after it"
            return replace(
                found, confidence=min(found.confidence, UNSURE), evidence=(*found.evidence, reason)
            )
    return found


def _is_after_a_bolus(other: StudySeries) -> bool:
    """Whether a contrast agent was in the blood when this was acquired."""
    facts = facts_of(other.header)
    if facts.agent or other.classification.contrast is Contrast.T1_POST_CONTRAST:
        return bool(facts.agent) or other.classification.confidence >= CONFIDENT
    return (
        other.classification.contrast is Contrast.FUNCTIONAL
        and bool(say.BOLUS.search(facts.series_words))
        and not (facts.kind & {"ASL", "PERFUSION_ASL"} or say.SPIN_LABELLING.search(facts.series_words))
    )


def _with_twins(one: StudySeries, series: Sequence[StudySeries]) -> Classification:
    """A T1 that repeats an earlier one without a word may be the one after contrast."""
    found = one.classification
    if one.fixed or found.contrast not in _T1 or _says_before(one):
        return found
    for other in series:
        if other is one or not _same_acquisition(one, other) or not _is_later(one, other):
            continue
        both = bool(say.BOTH_CONTRAST.search(facts_of(one.header).study_words))
        if both:
            reason = f"repeats {_name(other)} in a study with series before and after contrast"
            return replace(
                found,
                contrast=Contrast.T1_POST_CONTRAST,
                confidence=min(max(found.confidence, CONFIDENT), GUESS),
                evidence=(*found.evidence, reason),
            )
        reason = f"repeats {_name(other)}: it may be after contrast, or a second try"
        return replace(found, confidence=min(found.confidence, UNSURE), evidence=(*found.evidence, reason))
    return found


def _says_before(one: StudySeries) -> bool:
    return bool(say.BEFORE_CONTRAST.search(facts_of(one.header).series_words))


def _same_acquisition(one: StudySeries, other: StudySeries) -> bool:
    """The same parameters, direction and place; the stacks of one series are no repeats of each other."""
    if one.header.get("SeriesInstanceUID") == other.header.get("SeriesInstanceUID"):
        return False
    if one.classification.plane is not other.classification.plane:
        return False
    values = [(number_in(one.header, k), number_in(other.header, k)) for k in SAME_PARAMETERS]
    known = [(a, b) for a, b in values if a is not None or b is not None]
    if len(known) < 3 or any(a is None or b is None or abs(a - b) > 0.01 * max(a, b) for a, b in known):
        return False
    here, there = span_of(one.header), span_of(other.header)
    return here is None or there is None or here.share_within(there) >= MOSTLY


def _is_later(one: StudySeries, other: StudySeries) -> bool:
    when, other_when = acquired_at(one.header), acquired_at(other.header)
    if when is not None and other_when is not None:
        return when > other_when
    number, other_number = number_in(one.header, "SeriesNumber"), number_in(other.header, "SeriesNumber")
    return number is None or other_number is None or number > other_number


def _with_neighbours(one: StudySeries, landmarks: Sequence[tuple[StudySeries, Span]]) -> Classification:
    """The part of the body, from series that share the frame of reference and say where they are."""
    found, here = one.classification, span_of(one.header)
    if one.fixed or here is None or found.body_part is BodyPart.OTHER:
        return found
    near = [
        (other, there)
        for other, there in landmarks
        if other is not one and _same_frame(one.header, other.header)
    ]
    brains = [pair for pair in near if _is_whole_brain(*pair)]
    if found.body_part is BodyPart.BRAIN:
        return _not_below_the_head(found, here, brains)
    if found.body_part is not BodyPart.UNKNOWN:
        return found
    for other, there in brains:
        if (
            here.share_within(there) >= MOSTLY
            and here.high >= there.high - NEAR_THE_VERTEX_MM
            and here.high - here.low >= WHOLE_HEAD_MM * MOSTLY
        ):
            necks = [n for n, span in near if n.classification.body_part is BodyPart.CERVICAL_SPINE
                     and here.share_within(span) >= MOSTLY]  # fmt: skip
            if necks or say.ANY_SPINE.search(_texts(one.header)):
                continue
            reason = f"lies where {_name(other)} shows the brain"
            return _placed(found, BodyPart.BRAIN, reason)
    for other, there in near:
        if (
            other.classification.body_part is BodyPart.CERVICAL_SPINE
            and here.share_within(there) >= MOSTLY
            and here.middle >= there.middle - BELOW_THE_HEAD_MM
            and not any(here.share_within(span) >= 1 - MOSTLY for _, span in brains)
        ):
            return _placed(found, BodyPart.CERVICAL_SPINE, f"lies where {_name(other)} shows the neck")
    return found


def _is_whole_brain(other: StudySeries, there: Span) -> bool:
    return (
        other.classification.body_part is BodyPart.BRAIN
        and other.classification.contrast not in _SHOW_WHAT_THEY_ARE_MADE_FOR
        and WHOLE_HEAD_MM <= there.high - there.low <= 2.5 * WHOLE_HEAD_MM
    )


def _not_below_the_head(
    found: Classification, here: Span, brains: Sequence[tuple[StudySeries, Span]]
) -> Classification:
    below = [other for other, there in brains if here.middle < there.low - BELOW_THE_HEAD_MM]
    if not below or len(below) < len(brains):
        return found
    reason = f"lies below {_name(below[0])}, which shows the brain"
    return replace(found, body_part=BodyPart.UNKNOWN, evidence=(*found.evidence, reason))


def _placed(found: Classification, part: BodyPart, reason: str) -> Classification:
    return replace(
        found,
        body_part=part,
        confidence=min(found.confidence, GUESS),
        evidence=(*found.evidence, reason),
    )


def _same_frame(header: Header, other: Header) -> bool:
    uid = header.get("FrameOfReferenceUID")
    return (
        bool(uid)
        and uid == other.get("FrameOfReferenceUID")
        and numbers_in(header, "ImageOrientationPatient", 6) is not None
    )


def _texts(header: Header) -> str:
    return words_in(header, "SeriesDescription", "ProtocolName", "BodyPartExamined")


def _name(other: StudySeries) -> str:
    description = str(other.header.get("SeriesDescription") or "").strip()
    number = number_in(other.header, "SeriesNumber")
    return f"“{description[:40]}”" if description else f"series {'?' if number is None else int(number)}"
