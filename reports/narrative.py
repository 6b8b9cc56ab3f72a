"""The report in words, read in ten seconds: what is present, what is absent, what could not be judged."""

from collections.abc import Sequence

from processors.findings import Finding, Sign, State
from reports.text import (
    CONFIDENCE_NAMES,
    RESEARCH_USE,
    SIGN_NAMES,
    STATE_NAMES,
    SUPPORTIVE_ONLY,
    UNEXPECTED_DIFFUSION,
    count_line,
    list_line,
)


def summary_lines(findings: Sequence[Finding]) -> list[str]:
    """The sentences of the overall group, the findings first and the limits of use last."""
    by_state = {state: [f for f in findings if f.state is state] for state in State}
    present, absent = by_state[State.PRESENT], by_state[State.ABSENT]
    lines = [count_line(len(present), len(present) + len(absent))]
    if present:
        lines.append(list_line(STATE_NAMES[State.PRESENT], [_with_confidence(f) for f in present]))
    if any(f.sign is Sign.CST_DIFFUSION for f in present):
        lines.append(UNEXPECTED_DIFFUSION)
    if absent:
        lines.append(list_line(STATE_NAMES[State.ABSENT], [SIGN_NAMES[f.sign] for f in absent]))
    undecided = [
        list_line(STATE_NAMES[state], _grouped_by_reason(by_state[state]))
        for state in (State.INDETERMINATE, State.NOT_EVALUATED)
        if by_state[state]
    ]
    return [*lines, *undecided, SUPPORTIVE_ONLY, RESEARCH_USE]


def _with_confidence(finding: Finding) -> str:
    name = SIGN_NAMES[finding.sign]
    if finding.confidence is None:
        return name
    return f"{name} ({CONFIDENCE_NAMES[finding.confidence].lower()})"


def _grouped_by_reason(findings: Sequence[Finding]) -> list[str]:
    """Signs that share their reasons, named together."""
    names: dict[str, list[str]] = {}
    for finding in findings:
        why = " ".join(reason.sentence for reason in finding.reasons).rstrip(".")
        names.setdefault(why, []).append(SIGN_NAMES[finding.sign])
    return [f"{', '.join(signs)} ({why})" for why, signs in names.items()]
