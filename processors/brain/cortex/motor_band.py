"""The motor band sign on the susceptibility-weighted series of a study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from processors.acquisition import Contrast
from processors.brain.alignment.study import Alignment
from processors.brain.cortex.motor_band_decision import decide_band, elderly
from processors.brain.cortex.motor_band_grading import Band, grade_band, limits_at, scale_of
from processors.brain.cortex.motor_band_limits import MIN_FIELD_TESLA, MIN_SNR, MIN_WEIGHTING
from processors.brain.cortex.motor_band_map import Bank, Sulci
from processors.brain.cortex.motor_band_signal import REFERENCE, RegionSignal, SideSignal, measure_side
from processors.brain.cortex.sulcus import Seen, find_sulcus, next_sulcus
from processors.brain.cortex.visual_cortex import visual_cortex
from processors.brain.decision import Decision
from processors.depiction import CortexStrip, RegionMap
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
    regions_of,
)
from processors.volume import Volume

FloatArray = npt.NDArray[np.floating]

MOTOR_BAND = Algorithm("motor band of the precentral gyrus", "0.4.2")
SIDES = (Side.LEFT, Side.RIGHT)
SHOWS_SULCUS = (Contrast.T1, Contrast.T1_MTC, Contrast.T1_POST_CONTRAST, Contrast.T2, Contrast.FLAIR)
"""Contrasts that show the central sulcus well; where there is none, the measured series itself serves."""
REFERENCE_LABEL = 100
MOST_NEGATIVE, BRIGHTEST_AIR = 0.02, 0.6
REFERENCE_REGION = Region("reference")


@dataclass(frozen=True, slots=True, eq=False)
class MotorBand:
    """What a study says of the motor band.

    Attributes
    ----------
    region_map
        Where the banks lie in the series, ``None`` where nothing was measured.
    strips
        The gyrus unfolded, left and right.
    """

    finding: Finding
    region_map: RegionMap | None = None
    strips: tuple[CortexStrip, ...] = ()


def weighting_of(volume: Volume) -> float | None:
    """Field strength times echo time, T·ms; ``None`` where the header does not say."""
    field, echo = volume.acquisition.field_strength, volume.acquisition.echo_time
    return None if field is None or echo is None or not echo > 0 else field * echo


def measurable(volume: Volume) -> Reason | None:
    """Why a series cannot show the band: too weak a weighting, or pixels that are no magnitude."""
    weighting, field = weighting_of(volume), volume.acquisition.field_strength
    if field is not None and field < MIN_FIELD_TESLA:
        return Reason.of("weak-field", field=field)
    if weighting is not None and weighting < MIN_WEIGHTING:
        return Reason.of("weak-susceptibility-weighting", weighting=weighting)
    return None if is_magnitude(volume.array) else Reason.of("not-magnitude")


def is_magnitude(array: FloatArray) -> bool:
    """Whether pixels look like a magnitude: hardly any below zero, and air darker than the head.

    Phase is either signed, or as bright in air as in the head on average.
    """
    sparse = np.asarray(array[::2, ::4, ::4], dtype=np.float64)
    sparse = np.nan_to_num(sparse, nan=0.0, posinf=0.0, neginf=0.0)
    if (sparse < 0).mean() > MOST_NEGATIVE:
        return False
    rows, columns = (max(1, n // 12) for n in sparse.shape[1:])
    corners = np.concatenate(
        [
            sparse[:, r, c].ravel()
            for r in (slice(rows), slice(-rows, None))
            for c in (slice(columns), slice(-columns, None))
        ]
    )
    middle = sparse[:, 4 * rows : -4 * rows, 4 * columns : -4 * columns]
    return not middle.size or float(np.median(corners)) <= BRIGHTEST_AIR * float(np.median(middle))


def evaluate_motor_band(
    contrast: Contrast, volumes: Mapping[Contrast, Volume], alignments: Mapping[Contrast, Alignment]
) -> MotorBand:
    """Measure the band on one series, and decide.

    Parameters
    ----------
    contrast
        The series to measure, ``SWI`` or ``T2*``.
    volumes, alignments
        Of the study; the others may show the central sulcus.
    """
    volume, alignment = volumes[contrast], alignments[contrast]
    if alignment.problem is not None or alignment.registration is None:
        problem = alignment.problem or Reason.of("registration-failed")
        return MotorBand(_finding(Decision(State.INDETERMINATE, reasons=(problem,)), (), volume))
    seen = sulcus_series(contrast, volumes, alignments)
    sides: dict[Side, SideSignal] = {}
    for side in SIDES:
        central = find_sulcus(side, alignment.registration, seen)
        around = [next_sulcus(central, seen, forward=forward) for forward in (True, False)]
        sides[side] = measure_side(volume, alignment.to_anchor, Sulci(central, *around), side, seen)
    scale = scale_of(weighting_of(volume))
    band = grade_band(sides, scale)
    age = volume.acquisition.patient_age
    others = [one for one in seen if one.volume is not volume]
    visual = visual_cortex(volume, alignment, others[0]) if others and elderly(age) else None
    decision = decide_band(band, age, visual)
    if all(one.volume is volume for one in seen):
        decision = _on_itself_alone(decision)
    decision = _limited(decision, sides, contrast, volume)
    return MotorBand(
        _finding(decision, _numbers(sides, band), volume),
        _region_map(sides, volume),
        tuple(replace(sides[side].strip, limits=limits_at(scale)) for side in SIDES),
    )


def sulcus_series(
    contrast: Contrast, volumes: Mapping[Contrast, Volume], alignments: Mapping[Contrast, Alignment]
) -> list[Seen]:
    """The series that the central sulcus is sought on: those that share the measured one's anchor."""
    anchor = alignments[contrast].registration
    shown = [
        other
        for other in SHOWS_SULCUS
        if other in volumes and alignments[other].problem is None and alignments[other].registration is anchor
    ]
    return [Seen.of(volumes[one], alignments[one]) for one in shown or [contrast]]


def _on_itself_alone(decision: Decision) -> Decision:
    """The decision where no other series showed the sulcus.

    On SWI alone the sulcus of synthetic heads was found 1 to 2 mm (median) from where T1 had it, and in parts
    more than 4 mm: a band may be missed.
    """
    reasons = (Reason.of("sulcus-on-swi-alone"), *decision.reasons)
    if decision.state is State.PRESENT:
        return Decision(State.PRESENT, Confidence.LOW, reasons)
    return Decision(State.INDETERMINATE, reasons=reasons)


def _limited(
    decision: Decision, sides: Mapping[Side, SideSignal], contrast: Contrast, volume: Volume
) -> Decision:
    """The decision as far as the quality of the series and the kind of image allow it."""
    snr = min(side.snr for side in sides.values())
    if snr < MIN_SNR:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("low-snr", snr=snr), *decision.reasons))
    if contrast is not Contrast.SWI:
        reasons = (Reason.of("t2-star-alone"), *decision.reasons)
        return Decision(State.INDETERMINATE, reasons=reasons)
    if weighting_of(volume) is None:
        reasons = (*decision.reasons, Reason.of("unknown-susceptibility-weighting"))
        if decision.state is State.PRESENT:
            return Decision(State.PRESENT, Confidence.LOW, reasons)
        return Decision(State.INDETERMINATE, reasons=reasons)
    return decision


def _finding(decision: Decision, regions: Sequence[RegionMeasurements], volume: Volume) -> Finding:
    return Finding(
        Sign.MOTOR_BAND,
        decision.state,
        MOTOR_BAND,
        decision.confidence,
        tuple(dict.fromkeys(decision.reasons)),
        tuple(regions),
        (volume.series_instance_uid,),
    )


def _numbers(sides: Mapping[Side, SideSignal], band: Band) -> tuple[RegionMeasurements, ...]:
    signals = {signal.region: signal for side in SIDES for signal in sides[side].regions}
    return tuple(
        RegionMeasurements(region, _of_region(signals[region], band))
        for region in regions_of(Sign.MOTOR_BAND)
        if signals[region].darkness is not None
    )


def _of_region(signal: RegionSignal, band: Band) -> tuple[Measurement, ...]:
    darkness = signal.darkness
    side = band.sides[signal.region.side or Side.LEFT]
    numbers: list[tuple[Quantity, float | None]] = [
        (Quantity.RATIO, None if darkness is None else 1 - darkness),
        (Quantity.DARKNESS, darkness),
        (Quantity.STANDARD_ERROR, signal.standard_error),
        (Quantity.ANTERIOR_DIFFERENCE, signal.anterior_difference),
        (Quantity.POSTCENTRAL_DIFFERENCE, signal.postcentral_difference),
        (Quantity.GRADE, side.grades.get(signal.region)),
        (Quantity.GRADE_SUM, band.total),
        (Quantity.BAND_LENGTH, side.length_mm),
        (Quantity.ASYMMETRY, abs(band.asymmetry) if band.total else None),
        (Quantity.VOXELS, signal.voxels),
        (Quantity.COVERAGE, 100 * signal.coverage),
        (Quantity.EXCLUDED_SHARE, 100 * signal.excluded),
    ]
    return tuple(
        Measurement(quantity, float(value))
        for quantity, value in numbers
        if value is not None and np.isfinite(value)
    )


def _region_map(sides: Mapping[Side, SideSignal], volume: Volume) -> RegionMap:
    """The posterior bank's regions, and the cortex that they are compared with."""
    regions = dict(enumerate(regions_of(Sign.MOTOR_BAND), start=1))
    numbers = {region: number for number, region in regions.items()}
    indices, labels = [], []
    for side in SIDES:
        banks = sides[side].banks
        names = sides[side].strip.regions
        own = np.array([numbers[Region(name, side)] for name in names], dtype=np.uint8)[banks.position]
        label = np.where(
            banks.bank == Bank.POSTERIOR_PRECENTRAL,
            own,
            np.where(np.isin(banks.bank, REFERENCE), REFERENCE_LABEL, 0),
        ).astype(np.uint8)
        label[sides[side].excluded] = 0
        indices.append(banks.indices[label > 0])
        labels.append(label[label > 0])
    at, unique = np.unique(np.concatenate(indices), axis=0, return_index=True)
    return RegionMap(
        Sign.MOTOR_BAND,
        volume.series_instance_uid,
        at,
        np.concatenate(labels)[unique],
        regions,
        {REFERENCE_LABEL: REFERENCE_REGION},
    )
