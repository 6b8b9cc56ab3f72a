"""What is put into every head, and what ought to be said of it."""

from dataclasses import dataclass
from enum import StrEnum

from benchmarks.injection.geometry import Tract
from phantoms.severity import Severity
from processors.findings import Side

BOTH = (Side.LEFT, Side.RIGHT)


class Degradation(StrEnum):
    """How the series is worsened after the signs are in it."""

    THICK = "5 mm slices"
    NOISE = "SNR 20"
    SHADING = "shading 30 %"
    ROTATION = "turned 20°"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to change a study; ``None`` for what is left as it is.

    Attributes
    ----------
    capsule_only
        Whether only the internal capsule is brightened, as it often is in health.
    """

    severity: Severity | None = None
    tract: Tract = Tract.TUBE
    sides: tuple[Side, ...] = BOTH
    capsule_only: bool = False
    degradation: Degradation | None = None

    @property
    def expected(self) -> bool:
        """Whether the sign ought to be found; never on one side alone, nor in the capsule alone."""
        return self.severity is not None and self.sides == BOTH and not self.capsule_only

    @property
    def name(self) -> str:
        """In words."""
        if self.severity is None:
            words = ["untouched"]
        else:
            words = [self.severity, self.tract]
            if self.sides != BOTH:
                words.append(f"{self.sides[0]} only")
            if self.capsule_only:
                words.append("capsule only")
        return ", ".join([*words, *([self.degradation] if self.degradation else [])])


UNTOUCHED = Case()
SEVERITIES = (Severity.MILD, Severity.MODERATE, Severity.SEVERE)
CORE = (
    UNTOUCHED,
    *(Case(severity, tract) for tract in Tract for severity in SEVERITIES),
    *(Case(Severity.SEVERE, sides=(side,)) for side in BOTH),
    Case(Severity.SEVERE, capsule_only=True),
)
DEGRADED = tuple(
    Case(severity, degradation=degradation)
    for degradation in Degradation
    for severity in (None, Severity.MODERATE, Severity.SEVERE)
)
