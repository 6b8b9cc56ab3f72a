"""What was said of one series of a changed study."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from processors.acquisition import Contrast
from processors.findings import Sign, State

SIGN_OF = {Contrast.T1: Sign.CST_T1, Contrast.T2: Sign.CST_T2, Contrast.FLAIR: Sign.CST_FLAIR}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one series of a changed study.

    Attributes
    ----------
    injected
        Fractional change of the tract's signal; 0 where nothing was done.
    ratios, scores, lesions
        By ``segment/side``; of lesions the share of the segment, per cent.
    """

    study: str
    person: str
    contrast: str
    case: str
    expected: bool
    injected: float
    state: State
    confidence: str | None
    reasons: tuple[str, ...]
    norm: str
    ratios: Mapping[str, float] = field(hash=False)
    scores: Mapping[str, float] = field(hash=False)
    lesions: Mapping[str, float] = field(hash=False)
