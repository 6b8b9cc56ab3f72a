"""Classified stacks of a study → the analyses to run, and why each stack was taken or left (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from listener.classification import CONFIDENT, Classification
from processors.acquisition import BodyPart, Contrast, Plane

FEWEST_IMAGES = 3

USUAL_B_VALUE = 1000.0
"""s/mm² of clinical diffusion-weighted images; those of b = 0 are stacks of the same series."""

USUAL_SUSCEPTIBILITY_WEIGHTING = 60.0
"""Field strength times echo time, T·ms: 1.5 T with 40 ms, 3 T with 20 ms."""

UNKNOWN_WEIGHTING = 0.5
"""How far from the usual one a weighting that the header does not state is taken to be, as a share."""

BRAIN_CONTRASTS = (
    Contrast.T1,
    Contrast.T1_POST_CONTRAST,
    Contrast.T1_MTC,
    Contrast.T2,
    Contrast.FLAIR,
    Contrast.SWI,
    Contrast.T2_STAR,
    Contrast.DWI,
    Contrast.ADC,
)
SPINE_CONTRASTS = (Contrast.T1, Contrast.T1_POST_CONTRAST, Contrast.T2, Contrast.T2_STAR)
_ANALYSES: Mapping[BodyPart, tuple[str, tuple[Contrast, ...]]] = {
    BodyPart.BRAIN: ("brain", BRAIN_CONTRASTS),
    BodyPart.CERVICAL_SPINE: ("spine", SPINE_CONTRASTS),
}
_PLANE_ORDER = (Plane.THREE_D, Plane.AXIAL, Plane.SAGITTAL, Plane.CORONAL, Plane.OBLIQUE)


@dataclass(frozen=True, slots=True)
class ClassifiedStack:
    """A stack of images and what it was taken for.

    Attributes
    ----------
    number
        The stack's place in its series, from 0.
    fault
        Why the stack cannot be a volume, in a sentence, or ``None``.
    note
        Why its series was split into stacks, or empty.
    b_value
        Diffusion weighting, s/mm², where the header says it.
    susceptibility_weighting
        Field strength times echo time, T·ms, where the header says both.
    lacks_phase
        Of SWI: whether it is the magnitude alone, not the images that the phase has darkened.
    """

    series_instance_uid: str
    number: int
    images: int
    classification: Classification
    fault: str | None = None
    note: str = ""
    b_value: float | None = None
    susceptibility_weighting: float | None = None
    lacks_phase: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one stack: the analysis it goes to, or none, and why."""

    stack: ClassifiedStack
    analysis: str | None
    why: str


def route(stacks: Sequence[ClassifiedStack]) -> tuple[Decision, ...]:
    """Decide for every stack of a study; at most one goes to an analysis for each contrast and plane.

    Of several that would serve, the one with the best plane, the most images and the surest class is taken;
    of diffusion-weighted ones that with the usual weighting, of the echoes of SWI the one nearest to it, and
    its processed images before its magnitude.
    For the brain one stack a contrast is enough; for the spine each plane tells something of its own.
    """
    best: dict[tuple[str, Contrast, Plane | None], ClassifiedStack] = {}
    refused: dict[tuple[str, int], str] = {}
    for stack in stacks:
        obstacle = _obstacle(stack)
        if obstacle:
            refused[stack.series_instance_uid, stack.number] = obstacle
            continue
        slot = _slot(stack)
        if slot not in best or _rank(stack) > _rank(best[slot]):
            best[slot] = stack
    decisions = []
    for stack in stacks:
        obstacle = refused.get((stack.series_instance_uid, stack.number))
        if obstacle:
            decisions.append(Decision(stack, None, obstacle))
        elif best[_slot(stack)] is stack:
            found = stack.classification
            decisions.append(
                Decision(stack, _slot(stack)[0], f"{found.contrast} of the {found.body_part}, {found.plane}.")
            )
        else:
            decisions.append(
                Decision(stack, None, "Another series of the same contrast serves the analysis better.")
            )
    return tuple(decisions)


def missing_series(required: Sequence[str], stacks: Sequence[ClassifiedStack]) -> tuple[str, ...]:
    """Those of the required ``"<contrast> <body part>"`` that the study does not have yet."""
    have = {
        f"{s.classification.contrast} {s.classification.body_part}"
        for s in stacks
        if s.classification.confidence >= CONFIDENT
    }
    return tuple(name for name in required if name not in have)


def _obstacle(stack: ClassifiedStack) -> str | None:
    found = stack.classification
    if stack.fault:
        return stack.fault
    if found.body_part not in _ANALYSES:
        return f"No analysis reads images of this body part ({found.body_part})."
    if found.contrast not in _ANALYSES[found.body_part][1]:
        return f"No analysis reads this contrast ({found.contrast})."
    if found.confidence < CONFIDENT:
        return f"It is not sure enough what the series is ({found.contrast}, {found.confidence:.0%})."
    if stack.images < FEWEST_IMAGES:
        return f"Too few images for a volume ({stack.images})."
    return None


def _slot(stack: ClassifiedStack) -> tuple[str, Contrast, Plane | None]:
    found = stack.classification
    analysis, _ = _ANALYSES[found.body_part]
    return analysis, found.contrast, found.plane if analysis == "spine" else None


def _rank(stack: ClassifiedStack) -> tuple[float, int, bool, int, float, float, str, int]:
    found = stack.classification
    b_value = stack.b_value or 0.0
    return (
        -abs(b_value - USUAL_B_VALUE) if found.contrast is Contrast.DWI else 0.0,
        -_PLANE_ORDER.index(found.plane),
        not stack.lacks_phase,
        stack.images,
        found.confidence,
        -_from_usual(stack) if found.contrast in (Contrast.SWI, Contrast.T2_STAR) else 0.0,
        stack.series_instance_uid,
        -stack.number,
    )


def _from_usual(stack: ClassifiedStack) -> float:
    """Logarithm of how many times stronger or weaker than usual a stack's susceptibility weighting is."""
    weighting = stack.susceptibility_weighting
    return abs(log(weighting / USUAL_SUSCEPTIBILITY_WEIGHTING if weighting else UNKNOWN_WEIGHTING))
