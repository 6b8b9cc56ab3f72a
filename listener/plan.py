"""What routing decided, as the rows and the plan that a durable workflow keeps (pure)."""

from collections.abc import Sequence
from typing import Any

from db.models import Stack
from listener.routing import Decision
from listener.stored_images import StackReference
from listener.study_images import StudyStack

Plan = dict[str, list[dict[str, Any]]]
"""From the name of each analysis to its stacks, as :meth:`StackReference.plain` gives them."""


def stack_row(series_row: int, version: int, decision: Decision) -> Stack:
    """A stack with what it was taken for, and what was decided."""
    stack, found = decision.stack, decision.stack.classification
    return Stack(
        series_id=series_row,
        version=version,
        number=stack.number,
        images=stack.images,
        contrast=found.contrast.value,
        body_part=found.body_part.value,
        plane=found.plane.value,
        confidence=found.confidence,
        evidence=[*found.evidence, *([stack.note] if stack.note else [])],
        analysis=decision.analysis,
        decision=decision.why,
    )


def plan_of(stacks: Sequence[StudyStack], decisions: Sequence[Decision]) -> Plan:
    """What each analysis is to run on."""
    plan: Plan = {}
    for stack, decision in zip(stacks, decisions, strict=True):
        if decision.analysis is None:
            continue
        found = stack.classified.classification
        reference = StackReference(
            stack.classified.series_instance_uid, found.contrast, found.plane, found.body_part, stack.frames
        )
        plan.setdefault(decision.analysis, []).append(reference.plain())
    return plan
