"""Hyperintensity of the intracranial corticospinal tract: the decision, on numbers alone.

Rules and defaults: both sides at least 2 SD above the norm in at least two adjacent segments; a one-sided
change is never the sign (it suggests Wallerian degeneration).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.findings import (
    TRACT_SEGMENTS,
    Confidence,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    State,
)
from processors.norms import Norm

Z_PRESENT = 2.0
Z_GREY = 1.65
MIN_VOXELS = 30
MIN_COVERAGE = 0.8
MIN_SNR = 15.0
MAX_REFERENCE_SPREAD = 0.12
MAX_BIAS_EFFECT = 0.03
SECURE_MARGIN = 2.0
"""Standard errors beyond the limit that make a moderate confidence."""


@dataclass(frozen=True, slots=True)
class SegmentZ:
    """A segment's z-score and its standard error, in standard deviations of the norm."""

    z: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Decision:
    """State of the sign, with the confidence or the reasons that go with it."""

    state: State
    confidence: Confidence | None = None
    reasons: tuple[Reason, ...] = ()


def decide(scores: Mapping[Region, SegmentZ], *, bias_sensitive: bool) -> Decision:
    """Whether tract hyperintensity is present, from the z-scores of the segments that could be measured.

    Grey zones give ``INDETERMINATE``: one segment alone on both sides, a run of segments between
    :data:`Z_GREY` and :data:`Z_PRESENT`, or one side alone.
    """
    runs = _best_run(scores, (Side.LEFT, Side.RIGHT))
    if runs >= Z_PRESENT:
        return _present(scores, bias_sensitive=bias_sensitive)
    sides = [_best_run(scores, (side,)) for side in Side]
    if max(sides) >= Z_PRESENT and min(sides) < Z_GREY:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("asymmetric"),))
    if runs >= Z_GREY or max(sides) >= Z_PRESENT:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"),))
    return Decision(State.ABSENT)


def _present(scores: Mapping[Region, SegmentZ], *, bias_sensitive: bool) -> Decision:
    margin = max(
        min(
            (scores[Region(name, side)].z - Z_PRESENT) / scores[Region(name, side)].standard_error
            for name in pair
            for side in Side
        )
        for pair in pairwise(TRACT_SEGMENTS)
        if all(Region(name, side) in scores for name in pair for side in Side)
    )
    secure = margin >= SECURE_MARGIN and not bias_sensitive
    reasons = (Reason.of("bias-sensitive"),) if bias_sensitive else ()
    return Decision(State.PRESENT, Confidence.MODERATE if secure else Confidence.LOW, reasons)


def _best_run(scores: Mapping[Region, SegmentZ], sides: Sequence[Side]) -> float:
    """The highest z that two adjacent segments reach on all of the sides; minus infinity where none do."""
    return max(
        (
            min(scores[Region(name, side)].z for name in pair for side in sides)
            for pair in pairwise(TRACT_SEGMENTS)
            if all(Region(name, side) in scores for name in pair for side in sides)
        ),
        default=float("-inf"),
    )


def measured(
    region: Region, ratio: float, ratio_uncorrected: float, voxels: int, coverage: float, norm: Norm
) -> RegionMeasurements:
    """All numbers of a segment, ready for a finding; coverage as a share of 1."""
    return RegionMeasurements(
        region,
        (
            Measurement(Quantity.RATIO, ratio),
            Measurement(Quantity.RATIO_UNCORRECTED, ratio_uncorrected),
            Measurement(Quantity.Z_SCORE, norm.z(ratio)),
            Measurement(Quantity.NORM_MEAN, norm.mean),
            Measurement(Quantity.NORM_SD, norm.sd),
            Measurement(Quantity.NORM_N, norm.n),
            Measurement(Quantity.VOXELS, voxels),
            Measurement(Quantity.COVERAGE, 100 * coverage),
        ),
    )
