"""What a series shows, from its header: physics and standard attributes first, words second."""

from dataclasses import dataclass

from listener.classification import words as say
from listener.classification.facts import Facts, says_after_contrast
from listener.classification.kinds import KINDS, is_reformatted
from listener.classification.rules import GUESS, LIKELY, NEVER_MEASURED, SURE, UNSURE, Rule, between, first
from listener.classification.weighting import CONTRADICTIONS, SETTLED, TIMING, WORDS
from processors.acquisition import Contrast

TOO_BLURRED = 0.45
_BLURRED = "a single-shot sequence: too blurred to be measured"
NO_IMAGE_TYPE = "no Image Type: magnitude cannot be told from phase, projections and maps"
MEASURED_KINDS = frozenset({Contrast.SWI, Contrast.DWI, Contrast.ADC})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A contrast, how far it can be trusted (0 to 1), and what spoke for and against it."""

    contrast: Contrast
    confidence: float
    evidence: tuple[str, ...]


def contrast_of(f: Facts) -> Verdict:
    """What a series shows; of slices that were cut anew only to be read, not to be measured."""
    verdict = _contrast_of(f)
    if verdict.contrast not in NEVER_MEASURED and is_reformatted(f):
        evidence = (*verdict.evidence, "reformatted from other images")
        return Verdict(verdict.contrast, min(verdict.confidence, UNSURE), evidence)
    return verdict


def _contrast_of(f: Facts) -> Verdict:
    if (kind := first(KINDS, f)) is not None:
        doubt = _doubt_of_kind(kind, f)
        if doubt is None:
            return Verdict(kind.contrast, kind.confidence, (kind.reason,))
        return Verdict(kind.contrast, min(kind.confidence, UNSURE), (kind.reason, doubt))
    weighting = _weighting(first(TIMING, f), first(WORDS, f), f)
    if weighting.contrast in (Contrast.T2, Contrast.FLAIR) and say.SINGLE_SHOT.search(f.series_words):
        weighting = Verdict(
            weighting.contrast, min(weighting.confidence, TOO_BLURRED), (*weighting.evidence, _BLURRED)
        )
    verdict = _with_contrast_agent(_with_magnetization_transfer(weighting, f), f)
    if {"DERIVED", "SECONDARY"} <= f.kind:
        evidence = (*verdict.evidence, "computed from other images, Image Type does not say how")
        return Verdict(verdict.contrast, min(verdict.confidence, UNSURE), evidence)
    if f.kind:
        return verdict
    return Verdict(verdict.contrast, min(verdict.confidence, UNSURE), (*verdict.evidence, NO_IMAGE_TYPE))


def _doubt_of_kind(kind: Rule, f: Facts) -> str | None:
    """What else the images may be that are acquired, or computed, together with those of this kind."""
    if not f.kind and kind.contrast in MEASURED_KINDS and not say.MAGNITUDE_WORDS.search(f.series_words):
        return NO_IMAGE_TYPE
    traces = f.kind & {"TRACEW", "TRACE", "DWI"}
    if kind.contrast is Contrast.DWI and "DERIVED" in f.kind and not f.described and not traces:
        return "computed from diffusion-weighted images, and no description says how"
    return None


def _weighting(timing: Rule | None, words: Rule | None, f: Facts) -> Verdict:
    if timing is None and words is None:
        return Verdict(Contrast.OTHER, UNSURE, ("neither the timing nor the words name a weighting",))
    if timing is None:
        assert words is not None  # noqa: S101 for the type checker: one of the two is there
        return _by_words_alone(words, f)
    if words is None:
        evidence = (timing.reason, "no word names it")
        if timing.contrast is Contrast.T2 and f.bandwidth is None:
            return Verdict(timing.contrast, UNSURE, (*evidence, "it may be echo-planar"))
        doubt = _doubt_without_words(timing, f)
        if doubt:
            return Verdict(timing.contrast, UNSURE, (*evidence, doubt))
        return Verdict(timing.contrast, min(timing.confidence, GUESS), evidence)
    reasons = (timing.reason, words.reason)
    if timing.contrast is words.contrast:
        return Verdict(timing.contrast, SURE, reasons)
    settled = SETTLED.get((timing.contrast, words.contrast))
    if settled is not None:
        return Verdict(settled, GUESS, reasons)
    return Verdict(Contrast.OTHER, UNSURE, (*reasons, "the timing and the words disagree"))


def _doubt_without_words(timing: Rule, f: Facts) -> str | None:
    """What else the timing fits, where no word tells."""
    if timing.contrast is Contrast.T2_STAR:
        return "it may be functional, or the phase of a susceptibility-weighted acquisition"
    if timing.contrast is not Contrast.T1:
        return None
    if f.gradient_echo is True and f.ti is None and "MP" not in f.variant and between(f.tr, 0, 100):
        return "it may be an inflow angiogram or a localizer"
    without = say.BEFORE_CONTRAST.search(f.study_words) and not say.BOTH_CONTRAST.search(f.study_words)
    if not f.series_words.strip(" |") and not without and not f.agent:
        return "without a description it may be after contrast"
    return None


def _by_words_alone(words: Rule, f: Facts) -> Verdict:
    against = [
        reason for contrast, reason, holds in CONTRADICTIONS if contrast is words.contrast and holds(f)
    ]
    if against:
        return Verdict(Contrast.OTHER, UNSURE, (words.reason, *against))
    timed = f.te is not None and f.tr is not None
    evidence = (words.reason, "the timing fits no weighting" if timed else "the timing is not given")
    return Verdict(words.contrast, UNSURE if timed else min(words.confidence, GUESS), evidence)


def _with_magnetization_transfer(verdict: Verdict, f: Facts) -> Verdict:
    named = bool(say.MTC.search(f.series_words)) and not say.NO_MTC.search(f.series_words)
    if not (named or f.magnetization_transfer) or verdict.contrast not in (
        Contrast.T1, Contrast.PD, Contrast.OTHER
    ):  # fmt: skip
        return verdict
    if say.NO_MTC.search(f.series_words):
        return Verdict(Contrast.OTHER, UNSURE, (*verdict.evidence, "magnetization transfer is unclear"))
    if verdict.contrast is Contrast.OTHER and not between(f.te, 0.5, 20):
        return verdict
    reason = "magnetization transfer preparation"
    sure = SURE if named and f.magnetization_transfer else LIKELY
    if not named and verdict.confidence <= UNSURE:
        sure = UNSURE
    return Verdict(Contrast.T1_MTC, sure, (*verdict.evidence, reason))


def _with_contrast_agent(verdict: Verdict, f: Facts) -> Verdict:
    if verdict.contrast not in (Contrast.T1, Contrast.T1_MTC):
        return verdict
    after = says_after_contrast(f.series_words)
    if f.agent or after:
        why = (*f.agent, *(("described as after contrast",) if after else ()))
        return Verdict(
            Contrast.T1_POST_CONTRAST, SURE, (*verdict.evidence, f"contrast agent: {', '.join(why)}")
        )
    if say.BEFORE_CONTRAST.search(f.series_words):
        return verdict
    suppressed = _fat_suppressed(f)
    both = bool(say.BOTH_CONTRAST.search(f.study_words))
    if not both and says_after_contrast(f.study_words):
        why_not = "the study is with contrast only"
        return Verdict(Contrast.T1_POST_CONTRAST, GUESS, (*verdict.evidence, why_not))
    if both and suppressed:
        why_not = "the study has series after contrast, and fat is suppressed"
        return Verdict(Contrast.T1_POST_CONTRAST, GUESS, (*verdict.evidence, why_not))
    if both:
        evidence = (*verdict.evidence, "the study has series before and after contrast; this one names none")
        return Verdict(verdict.contrast, min(verdict.confidence, GUESS), evidence)
    if suppressed and not say.BEFORE_CONTRAST.search(f.study_words):
        evidence = (*verdict.evidence, "fat is suppressed, as it mostly is after contrast")
        return Verdict(verdict.contrast, min(verdict.confidence, UNSURE), evidence)
    return verdict


def _fat_suppressed(f: Facts) -> bool:
    return bool(say.FAT_SUPPRESSED.search(f.series_words)) or bool(f.options & {"FS", "FATSAT", "SFS"})
