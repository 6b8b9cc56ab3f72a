"""Loss of precentral cortex on a 3-D T1, beside a norm: the sign ``precentral_atrophy``."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catalogue.texts import TEXTS
from processors.acquisition import Plane
from processors.brain.alignment.study import Alignment
from processors.brain.cortex.precentral_volume import CorticalVolumes, cortical_volumes
from processors.brain.cortex.sulcus import Seen, find_sulcus
from processors.brain.decision import Decision
from processors.depiction import RegionMap
from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
    not_evaluated,
)
from processors.norms import Norm, Norms, protocol_of
from processors.volume import Volume

PRECENTRAL = Algorithm("precentral cortical volume", "0.2.2")
SIDES = (Side.LEFT, Side.RIGHT)
NAME = "precentral"
CORTEX, INTRACRANIAL = "cortex", "intracranial"
"""Norms of the volume over that of the cortex around it, and over that of the skull's inside."""

COARSEST_MM = 1.5
"""Largest voxel edge on which cortex can be measured."""
MIN_COVERAGE = 0.9
MIN_CLEAR = 0.5
"""Share of the precentral sheet where the central sulcus shows (p)."""
LEAST_OTHER_ML = 5.0
"""Other cortex on one side, below which grey matter was not told from the rest (p); healthy heads have 24 to
40 mL of it."""
LIMIT, GREY_LIMIT = -2.0, -1.65
"""Standard deviations below the norm, on both sides: of the precentral over the postcentral bank."""
USUAL_OF_CORTEX = 0.0
"""A volume over that of the cortex around it that is above this on a side speaks against a loss there (p)."""
SPARED = -1.0
"""Where the other side is no lower than this, the loss is on one side alone (p)."""
SECURE_MARGIN = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class PrecentralAtrophy:
    """What a study says of the precentral cortex's volume; no map where nothing was measured."""

    finding: Finding
    region_map: RegionMap | None = None


def obstacle(volume: Volume) -> Reason | None:
    """Why cortex cannot be measured on a T1: slices, or voxels that are too coarse."""
    sliced = volume.acquisition.three_dimensional is False and volume.plane is not Plane.THREE_D
    if sliced or max(volume.spacing) > COARSEST_MM + 0.01:
        needed = TEXTS["series_needed"]["fine_t1"].format(millimetres=f"{COARSEST_MM:g}")
        return Reason.of("missing-series", needed=needed)
    return None


def evaluate_precentral(volume: Volume, alignment: Alignment, norms: Norms) -> PrecentralAtrophy:
    """Measure the precentral cortex on a T1, compare it with its norm, and decide."""
    if (reason := obstacle(volume)) is not None:
        return PrecentralAtrophy(not_evaluated(Sign.PRECENTRAL_ATROPHY, PRECENTRAL, reason))
    if alignment.problem is not None or alignment.registration is None:
        problem = alignment.problem or Reason.of("registration-failed")
        return PrecentralAtrophy(_finding(Decision(State.INDETERMINATE, reasons=(problem,)), volume))
    seen = Seen.of(volume, alignment)
    sulci = {side: find_sulcus(side, alignment.registration, [seen]) for side in SIDES}
    volumes, places = cortical_volumes(volume, alignment, sulci)
    segments = norms.of(Sign.PRECENTRAL_ATROPHY, protocol_of(volume), PRECENTRAL)
    known = segments.segments if segments else {}
    regions = tuple(
        RegionMeasurements(Region(NAME, side), _numbers(volumes[side], len(places[side]), known))
        for side in SIDES
    )
    finding = _finding(
        decide(volumes, known), volume, regions, segments.name if segments and NAME in known else ""
    )
    both = np.concatenate([places[side] for side in SIDES])
    labels = np.repeat(np.array([1, 2], dtype=np.uint8), [len(places[side]) for side in SIDES])
    _, unique = np.unique(both, axis=0, return_index=True)
    numbered = {number: Region(NAME, side) for number, side in enumerate(SIDES, start=1)}
    return PrecentralAtrophy(
        finding,
        RegionMap(
            Sign.PRECENTRAL_ATROPHY, volume.series_instance_uid, both[unique], labels[unique], numbered, {}
        ),
    )


def decide(volumes: Mapping[Side, CorticalVolumes], norms: Mapping[str, Norm]) -> Decision:
    """Whether the precentral cortex of both sides is smaller than the norms of their names."""
    if min(one.reached for one in volumes.values()) < MIN_COVERAGE:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("low-coverage", percent=100 * MIN_COVERAGE),))
    if min(one.clear for one in volumes.values()) < MIN_CLEAR:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("sulcus-unclear"),))
    if min(one.other for one in volumes.values()) < LEAST_OTHER_ML:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("few-voxels"),))
    norm, of_cortex = norms.get(NAME), norms.get(CORTEX)
    if norm is None or of_cortex is None:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("no-norm"),))
    scores = [norm.z(volumes[side].ratio) for side in SIDES]
    if max(scores) <= LIMIT and max(of_cortex.z(one.of_cortex) for one in volumes.values()) > USUAL_OF_CORTEX:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"),))
    if max(scores) <= LIMIT:
        error = 1 / np.sqrt(max(norm.n, 1))
        secure = max(scores) <= LIMIT - SECURE_MARGIN * error
        return Decision(State.PRESENT, Confidence.MODERATE if secure else Confidence.LOW)
    if min(scores) <= LIMIT and max(scores) >= SPARED:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("one-sided-loss"),))
    if max(scores) <= GREY_LIMIT:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("grey-zone"),))
    return Decision(State.ABSENT)


def _numbers(found: CorticalVolumes, voxels: int, norms: Mapping[str, Norm]) -> tuple[Measurement, ...]:
    numbers = _beside_norm(
        found.ratio,
        norms.get(NAME),
        (Quantity.RATIO, Quantity.Z_SCORE, Quantity.NORM_MEAN, Quantity.NORM_SD),
    )
    if NAME in norms:
        numbers.append((Quantity.NORM_N, float(norms[NAME].n)))
    numbers.append((Quantity.GREY_MATTER_VOLUME, found.precentral))
    for value, name, quantities in (
        (found.of_cortex, CORTEX, CORTEX_QUANTITIES),
        (found.of_skull, INTRACRANIAL, INTRACRANIAL_QUANTITIES),
    ):
        numbers += _beside_norm(value, norms.get(name), quantities)
    numbers += [(Quantity.VOXELS, float(voxels)), (Quantity.COVERAGE, 100 * found.reached)]
    return tuple(Measurement(quantity, value) for quantity, value in numbers)


CORTEX_QUANTITIES = (
    Quantity.CORTEX_RATIO,
    Quantity.CORTEX_Z_SCORE,
    Quantity.CORTEX_NORM_MEAN,
    Quantity.CORTEX_NORM_SD,
)
INTRACRANIAL_QUANTITIES = (
    Quantity.INTRACRANIAL_RATIO,
    Quantity.INTRACRANIAL_Z_SCORE,
    Quantity.INTRACRANIAL_NORM_MEAN,
    Quantity.INTRACRANIAL_NORM_SD,
)


def _beside_norm(
    value: float, norm: Norm | None, quantities: tuple[Quantity, Quantity, Quantity, Quantity]
) -> list[tuple[Quantity, float]]:
    """A number and, where it has a norm, its z-score and the norm's mean and SD."""
    own, z_score, mean, sd = quantities
    if norm is None:
        return [(own, value)]
    return [(own, value), (z_score, norm.z(value)), (mean, norm.mean), (sd, norm.sd)]


def _finding(
    decision: Decision, volume: Volume, regions: tuple[RegionMeasurements, ...] = (), norm: str = ""
) -> Finding:
    return Finding(
        Sign.PRECENTRAL_ATROPHY,
        decision.state,
        PRECENTRAL,
        decision.confidence,
        decision.reasons,
        regions,
        (volume.series_instance_uid,),
        norm,
    )
