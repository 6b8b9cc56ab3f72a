"""Which measurements of the tract may be judged, and why the others may not."""

from collections.abc import Iterable
from math import isfinite

from processors.acquisition import Contrast
from processors.brain.tract.limits import (
    MAX_BIAS_EFFECT,
    MAX_LESION_SHARE,
    MAX_REFERENCE_SPREAD,
    MIN_COVERAGE,
    MIN_SNR,
    MIN_VOXELS,
)
from processors.brain.tract.measurement import SegmentSignal, TractMeasurement
from processors.findings import Reason, Region

DIFFUSION = frozenset({Contrast.ADC, Contrast.DWI})


def series_faults(measurement: TractMeasurement, contrast: Contrast) -> tuple[Reason, ...]:
    """Why nothing may be decided on a series."""
    faults = []
    if not measurement.signal_to_noise >= MIN_SNR[contrast]:
        faults.append(Reason.of("low-snr", snr=measurement.signal_to_noise))
    if not measurement.reference_spread <= MAX_REFERENCE_SPREAD[contrast]:
        faults.append(Reason.of("reference-spread"))
    return tuple(faults)


def measured(segment: SegmentSignal) -> bool:
    """Whether there are numbers at all."""
    return all(
        ratio is not None and isfinite(ratio) and ratio > 0
        for ratio in (segment.ratio, segment.ratio_uncorrected)
    )


def segment_fault(segment: SegmentSignal, contrast: Contrast) -> Reason | None:
    """Why one segment may not be judged, or ``None``.

    Restricted diffusion along the tract may itself have been taken for a lesion, and is not left out as one.
    """
    if segment.coverage < MIN_COVERAGE:
        return Reason.of("low-coverage", percent=100 * MIN_COVERAGE)
    if segment.voxels < MIN_VOXELS or not measured(segment):
        return Reason.of("few-voxels")
    if contrast not in DIFFUSION and segment.lesion_share > MAX_LESION_SHARE:
        return Reason.of("lesion-overlap")
    return None


def segment_faults(segments: Iterable[SegmentSignal], contrast: Contrast) -> dict[Region, Reason]:
    """The segments that may not be judged, each with its reason."""
    found = {segment.region: segment_fault(segment, contrast) for segment in segments}
    return {region: fault for region, fault in found.items() if fault is not None}


def bias_sensitive(segments: Iterable[SegmentSignal]) -> bool:
    """Whether the correction of shading moves any of the ratios by more than it may."""
    return any(
        abs(segment.ratio - segment.ratio_uncorrected) > MAX_BIAS_EFFECT
        for segment in segments
        if segment.ratio is not None and segment.ratio_uncorrected is not None
    )
