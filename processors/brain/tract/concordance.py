"""What the series of a study say together of the corticospinal tract."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from processors.brain.decision import Decision
from processors.brain.tract.decision import BEYOND_CAPSULE
from processors.brain.tract.limits import FEWEST_BRIGHT
from processors.findings import Confidence, Reason, Sign, State

ON_T1 = (Sign.CST_T1, Sign.CST_T1_MTC)
ON_T2 = (Sign.CST_T2, Sign.CST_FLAIR)
BELOW_LIMIT = frozenset({"grey-zone", "not-subcortical", "plic-only"})
"""Reasons that hold no more where T1 bears out what lies below its limit by itself."""
UNDECIDABLE = (State.ABSENT, State.NOT_EVALUATED)


def concordant(decisions: Mapping[Sign, Decision]) -> dict[Sign, Decision]:
    """The decisions on single series, each seen in the light of the others.

    - T1 together with T2 or FLAIR, bright in the same segments, gives a moderate confidence a high one: the
      healthy capsule is bright on T2 and dark on T1 (Mirowitz et al., 1989).
    - T2 or FLAIR in the upper tenth of health but below its limit is bright, with low confidence,
      beside a T1 that is bright in the segments that it rests on, and none that is not: what two series show
      needs less of each.
    - T2 or FLAIR beside a T1 that is not bright is of low confidence: T2 was bright in 29 of 37 healthy
      people, and in 35 of 39 with ALS (Peretti-Viton et al., 1999).
    - Restricted diffusion points to another cause: nothing is of high confidence beside it.
    """
    diffusion = decisions.get(Sign.CST_DIFFUSION)
    restricted = diffusion is not None and diffusion.state is State.PRESENT
    return {
        sign: decision if sign is Sign.CST_DIFFUSION else _seen_with(sign, decisions, restricted=restricted)
        for sign, decision in decisions.items()
    }


def _seen_with(sign: Sign, decisions: Mapping[Sign, Decision], *, restricted: bool) -> Decision:
    decision = decisions[sign]
    if restricted and decision.state not in UNDECIDABLE:
        decision = replace(decision, reasons=(*decision.reasons, Reason.of("restricted-diffusion")))
    others = [decisions[other] for other in (ON_T2 if sign in ON_T1 else ON_T1) if other in decisions]
    if sign in ON_T2 and not restricted and _borne_out(decision, others):
        told = tuple(reason for reason in decision.reasons if reason.key not in BELOW_LIMIT)
        reasons = (Reason.of("borne-out-by-t1"), *told)
        return Decision(State.PRESENT, Confidence.LOW, reasons, decision.nearly)
    if decision.state is not State.PRESENT:
        return decision
    if any(_agree(decision, other) for other in others):
        if decision.confidence is Confidence.MODERATE and not restricted:
            return replace(decision, confidence=Confidence.HIGH)
    elif sign in ON_T2 and _all_absent(others):
        reasons = (*decision.reasons, Reason.of("t2-alone"))
        return replace(decision, confidence=Confidence.LOW, reasons=reasons)
    return decision


def _agree(one: Decision, other: Decision) -> bool:
    return other.state is State.PRESENT and len(one.bright & other.bright) >= FEWEST_BRIGHT


def _borne_out(decision: Decision, others: Collection[Decision]) -> bool:
    """Whether T1 is bright below the cortex and beyond the capsule, where T2 or FLAIR nearly is."""
    states = {other.state for other in others}
    shared = [
        decision.nearly & other.bright
        for other in others
        if other.state is State.PRESENT and Reason.of("proposed-norm") not in other.reasons
    ]
    return State.ABSENT not in states and any(
        "subcortical" in names and not names.isdisjoint(BEYOND_CAPSULE) for names in shared
    )


def _all_absent(others: Iterable[Decision]) -> bool:
    """Whether T1 was judged, and not bright on any series."""
    judged = {other.state for other in others} & {State.PRESENT, State.ABSENT}
    return judged == {State.ABSENT}
