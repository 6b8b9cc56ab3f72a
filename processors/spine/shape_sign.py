"""The signs of the cord's size and shape on one series: from the measurement to the findings."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from processors.findings import (
    WHOLE_CORD,
    Algorithm,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Sign,
    State,
)
from processors.norms import Norm, Norms, SegmentNorms, protocol_of
from processors.spine.level_shape import LevelShape, level_shapes
from processors.spine.measurement import CordMeasurement
from processors.spine.shape_decision import decide_atrophy, decide_flattening
from processors.spine.signal_decision import Decision

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CROSS_SECTION = Algorithm("cord cross-section", "0.2.0")
NO_NORMS = SegmentNorms("", {})
YOUNGEST = 16.0
"""Years: younger cords grow, and the norms are of adults."""


def shape_findings(
    measured: CordMeasurement, stenotic: BoolArray, norms: Norms, faults: Sequence[Reason] = ()
) -> tuple[Finding, Finding]:
    """Judge atrophy and flattening on a series.

    Parameters
    ----------
    stenotic
        Shape (n,): sections at or beside a stenosis, which press on the cord and do not count.
    faults
        Why nothing may be decided on the series, whatever is measured.
    """
    acquisition = measured.volume.acquisition
    used = measured.outlined & ~stenotic
    levels = level_shapes(measured.levels, measured.shape, used, acquisition.patient_age)
    names = measured.levels if any(measured.levels) else (WHOLE_CORD,) * len(measured.levels)
    parts = level_shapes(names, measured.shape, used, acquisition.patient_age)
    obstacles = [*faults, *_obstacles(measured)]
    cautions = _cautions(stenotic)
    atrophy = _norms_of(Sign.CORD_ATROPHY, measured, norms)
    flattening = _norms_of(Sign.CORD_FLATTENING, measured, norms)
    unknown_sex = (Reason.of("unknown-sex"),) if acquisition.patient_sex not in ("F", "M") else ()
    return (
        _finding(
            Sign.CORD_ATROPHY,
            decide_atrophy(levels, atrophy.segments, (*cautions, *unknown_sex)),
            obstacles,
            tuple(_area_region(part, atrophy) for part in parts),
            measured,
            atrophy,
        ),
        _finding(
            Sign.CORD_FLATTENING,
            decide_flattening(levels, flattening.segments, cautions),
            obstacles,
            tuple(_flatness_region(part, measured.sac_mm[_at(names, part)], flattening) for part in parts),
            measured,
            flattening,
        ),
    )


def _norms_of(sign: Sign, measured: CordMeasurement, norms: Norms) -> SegmentNorms:
    return norms.of(sign, protocol_of(measured.volume, sign), CROSS_SECTION) or NO_NORMS


def _obstacles(measured: CordMeasurement) -> list[Reason]:
    obstacles = []
    if not any(measured.levels):
        obstacles.append(Reason.of("level-indeterminate"))
    age = measured.volume.acquisition.patient_age
    if age is not None and age < YOUNGEST:
        obstacles.append(Reason.of("no-norm"))
    return obstacles


def _cautions(stenotic: BoolArray) -> tuple[Reason, ...]:
    narrow = int(np.count_nonzero(stenotic))
    return (Reason.of("stenosis", slices=narrow),) if narrow else ()


def _finding(
    sign: Sign,
    decision: Decision,
    obstacles: Sequence[Reason],
    regions: tuple[RegionMeasurements, ...],
    measured: CordMeasurement,
    norms: SegmentNorms,
) -> Finding:
    if obstacles:
        by_level = any(measured.levels) and regions
        reasons = (*obstacles, *(r for r in decision.reasons if r.key != "few-slices" or by_level))
        decision = replace(decision, state=State.INDETERMINATE, confidence=None, reasons=reasons)
    return Finding(
        sign,
        decision.state,
        CROSS_SECTION,
        decision.confidence,
        tuple(dict.fromkeys(decision.reasons)),
        regions,
        (measured.volume.series_instance_uid,),
        norms.name if any(measured.levels) else "",
    )


def _area_region(level: LevelShape, norms: SegmentNorms) -> RegionMeasurements:
    norm = norms.segments.get(level.name)
    numbers = [
        (Quantity.CROSS_SECTIONAL_AREA, level.area_mm2),
        (Quantity.AREA_AT_REFERENCE_AGE, level.area_at_reference_age),
        *_compared(level.area_at_reference_age, norm),
        (Quantity.SLICES, level.sections),
        (Quantity.COVERAGE, 100 * level.sections / level.total),
    ]
    return _region(level, numbers)


def _flatness_region(level: LevelShape, sac_mm: FloatArray, norms: SegmentNorms) -> RegionMeasurements:
    norm = norms.segments.get(level.name)
    numbers = [
        (Quantity.FLATNESS, level.flatness),
        *_compared(level.flatness, norm),
        (Quantity.AP_DIAMETER, level.ap_mm),
        (Quantity.RL_DIAMETER, level.rl_mm),
        (Quantity.SOLIDITY, level.solidity),
        (Quantity.ANTERIOR_CONCAVITY, level.concavity_mm),
        (Quantity.SLICES, level.sections),
        (Quantity.COVERAGE, 100 * level.sections / level.total),
    ]
    if np.isfinite(sac_mm).any():
        numbers.append((Quantity.SAC_DIAMETER, float(np.nanmedian(sac_mm))))
    return _region(level, numbers)


def _at(names: Sequence[str], part: LevelShape) -> BoolArray:
    """Which sections a part is of."""
    return np.asarray(np.array(names, dtype=object) == part.name)


def _compared(value: float, norm: Norm | None) -> list[tuple[Quantity, float]]:
    if norm is None:
        return []
    return [
        (Quantity.Z_SCORE, norm.z(value)),
        (Quantity.NORM_MEAN, norm.mean),
        (Quantity.NORM_SD, norm.sd),
        (Quantity.NORM_N, norm.n),
    ]


def _region(level: LevelShape, numbers: Sequence[tuple[Quantity, float]]) -> RegionMeasurements:
    return RegionMeasurements(
        Region(level.name),
        tuple(Measurement(quantity, float(value)) for quantity, value in numbers if np.isfinite(value)),
    )
