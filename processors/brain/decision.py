"""What a rule says of a sign in the brain."""

from dataclasses import dataclass

from processors.findings import Confidence, Reason, State


@dataclass(frozen=True, slots=True)
class Decision:
    """State of a sign, with the confidence or the reasons that go with it.

    Attributes
    ----------
    bright
        Names of the segments that are bright on both sides.
    nearly
        Names of those that are so or nearly so, where a sign lacks nothing else.
    """

    state: State
    confidence: Confidence | None = None
    reasons: tuple[Reason, ...] = ()
    bright: frozenset[str] = frozenset()
    nearly: frozenset[str] = frozenset()
