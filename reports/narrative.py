"""The report in words, read in ten seconds: what is present, what is absent, what could not be judged."""

from collections.abc import Sequence

from processors.findings import Finding, Reason, Sign, State
from processors.reasons import SENTENCES
from reports.text import (
    CONFIDENCES_IN_BRACKETS,
    HEADINGS,
    RESEARCH_USE,
    SIGN_NAMES,
    SUPPORTIVE_ONLY,
    UNEXPECTED_DIFFUSION,
    any_of,
    count_line,
    decided_line,
    undecided_line,
)

_MISSING = "missing-series"


def summary_lines(findings: Sequence[Finding]) -> list[str]:
    """The sentences of the overall group: the count and what it is worth, the findings, the limits of use."""
    present = [finding for finding in findings if finding.state is State.PRESENT]
    absent = [finding for finding in findings if finding.state is State.ABSENT]
    lines = [count_line(len(present), len(present) + len(absent)), SUPPORTIVE_ONLY]
    if present:
        lines.append(decided_line(HEADINGS[State.PRESENT], [_with_confidence(f) for f in present]))
    if any(finding.sign is Sign.CST_DIFFUSION for finding in present):
        lines.append(UNEXPECTED_DIFFUSION)
    if absent:
        lines.append(decided_line(HEADINGS[State.ABSENT], [SIGN_NAMES[f.sign] for f in absent]))
    for state in (State.INDETERMINATE, State.NOT_EVALUATED):
        lines.extend(_undecided_lines(state, findings))
    return [*lines, RESEARCH_USE]


def _with_confidence(finding: Finding) -> str:
    name = SIGN_NAMES[finding.sign]
    if finding.confidence is None:
        return name
    return f"{name} ({CONFIDENCES_IN_BRACKETS[finding.confidence]})"


def _undecided_lines(state: State, findings: Sequence[Finding]) -> list[str]:
    """Signs that share their reasons, named together; those that only lack their series last, in one line."""
    signs: dict[str, list[str]] = {}
    without_series: dict[str, str] = {}
    for finding in findings:
        if finding.state is not state:
            continue
        needed = _needed(finding.reasons[0]) if [one.key for one in finding.reasons] == [_MISSING] else None
        if needed is not None:
            without_series[SIGN_NAMES[finding.sign]] = needed
        else:
            why = " ".join(reason.sentence for reason in finding.reasons)
            signs.setdefault(why, []).append(SIGN_NAMES[finding.sign])
    if without_series:
        needed = any_of(list(dict.fromkeys(without_series.values())))
        signs.setdefault(Reason.of(_MISSING, needed=needed).sentence, []).extend(without_series)
    return [undecided_line(HEADINGS[state], names, why) for why, names in signs.items()]


def _needed(missing: Reason) -> str | None:
    """The series that a sentence says is missing; none where the sentence was written in another language."""
    before, _, after = SENTENCES[_MISSING].partition("{needed}")
    said = missing.sentence
    if not (said.startswith(before) and said.endswith(after)):
        return None
    return said.removeprefix(before).removesuffix(after)
