"""A study's brain series in, one finding for each brain sign out."""

from collections.abc import Mapping

import numpy as np

from processors.acquisition import Contrast
from processors.brain import quality
from processors.brain.corticospinal import (
    MAX_BIAS_EFFECT,
    MAX_REFERENCE_SPREAD,
    MIN_COVERAGE,
    MIN_SNR,
    MIN_VOXELS,
    SegmentZ,
    decide,
    measured,
)
from processors.brain.registration import RegistrationError, register
from processors.brain.shading import shading
from processors.brain.tract_map import TractMap, map_tract
from processors.brain.tract_profile import SegmentSignal, segment_signals
from processors.findings import (
    BRAIN_SIGNS,
    READS,
    Algorithm,
    Finding,
    Reason,
    RegionMeasurements,
    Sign,
    State,
    not_evaluated,
)
from processors.norms import tract_norms
from processors.volume import Volume

TRACT = Algorithm("corticospinal tract profile", "0.1.0")

NEEDED = {
    Sign.MOTOR_BAND: "SWI brain",
    Sign.CST_T1: "T1 brain",
    Sign.CST_T1_MTC: "T1 MTC brain",
    Sign.CST_T2: "T2 brain",
    Sign.CST_FLAIR: "FLAIR brain",
    Sign.CST_DIFFUSION: "diffusion brain",
    Sign.PRECENTRAL_ATROPHY: "3-D T1 brain",
}
"""How a radiologist would ask for the series that a sign is read from."""


def analyse_brain(volumes: Mapping[Contrast, Volume]) -> tuple[Finding, ...]:
    """One finding for each sign in :data:`~processors.findings.BRAIN_SIGNS`.

    Parameters
    ----------
    volumes
        The best series of each contrast in the study; missing keys are allowed.
    """
    return tuple(_analyse(sign, volumes) for sign in BRAIN_SIGNS)


def _analyse(sign: Sign, volumes: Mapping[Contrast, Volume]) -> Finding:
    contrasts = READS[sign]
    volume = next((volumes[contrast] for contrast in contrasts if contrast in volumes), None)
    if volume is None:
        given = Contrast.T1 in contrasts and Contrast.T1_POST_CONTRAST in volumes
        return not_evaluated(
            sign,
            TRACT,
            Reason.of("post-contrast") if given else Reason.of("missing-series", needed=NEEDED[sign]),
        )
    if sign is not Sign.CST_T1:
        return not_evaluated(sign, TRACT, Reason.of("not-implemented"))
    if volume.acquisition.contrast_agent:
        return not_evaluated(sign, TRACT, Reason.of("post-contrast"))
    return _tract_sign(sign, volume, family="T1")


def _tract_sign(sign: Sign, volume: Volume, family: str) -> Finding:
    uids = (volume.series_instance_uid,)

    def indeterminate(*reasons: Reason, regions: tuple[RegionMeasurements, ...] = ()) -> Finding:
        return Finding(sign, State.INDETERMINATE, TRACT, reasons=reasons, regions=regions, series_uids=uids)

    try:
        registration = register(volume)
    except RegistrationError:
        return indeterminate(Reason.of("registration-failed"))
    if not quality.acceptable(quality.assess(registration)):
        return indeterminate(Reason.of("registration-failed"))
    tract = map_tract(volume, registration.to_atlas)
    signal = volume.array[tuple(tract.indices.T)].astype(np.float64)
    corrected = signal / shading(signal, tract.atlas_points, quality.certain_white_matter(tract))
    segments = segment_signals(signal, corrected, tract, max(volume.spacing))
    norms = tract_norms(sign, family)
    regions = tuple(
        measured(s.region, s.ratio, s.ratio_uncorrected, s.voxels, s.coverage, norms[s.region.name])
        for s in segments
        if s.ratio is not None and s.ratio_uncorrected is not None
    )
    if reasons := _gates(volume, tract, signal, corrected, segments):
        return indeterminate(*reasons, regions=regions)
    usable = [s for s in segments if _usable(s)]
    scores = {
        s.region: SegmentZ(norms[s.region.name].z(s.ratio), s.standard_error / norms[s.region.name].sd)
        for s in usable
        if s.ratio is not None
    }
    bias = any(abs((s.ratio or 0) - (s.ratio_uncorrected or 0)) > MAX_BIAS_EFFECT for s in usable)
    decision = decide(scores, bias_sensitive=bias)
    return Finding(sign, decision.state, TRACT, decision.confidence, decision.reasons, regions, uids)


def _usable(segment: SegmentSignal) -> bool:
    return segment.ratio is not None and segment.voxels >= MIN_VOXELS and segment.coverage >= MIN_COVERAGE


def _gates(
    volume: Volume,
    tract: TractMap,
    signal: np.ndarray[tuple[int], np.dtype[np.float64]],
    corrected: np.ndarray[tuple[int], np.dtype[np.float64]],
    segments: tuple[SegmentSignal, ...],
) -> tuple[Reason, ...]:
    """Why no decision may be taken, if it may not."""
    reasons = []
    snr = quality.signal_to_noise(volume.array, tract)
    if snr < MIN_SNR:
        reasons.append(Reason.of("low-snr", snr=snr))
    if quality.spread(corrected[tract.reference]) > MAX_REFERENCE_SPREAD:
        reasons.append(Reason.of("reference-spread"))
    if sum(s.coverage >= MIN_COVERAGE for s in segments) < len(segments):
        reasons.append(Reason.of("low-coverage", percent=100 * MIN_COVERAGE))
    if any(s.voxels < MIN_VOXELS for s in segments):
        reasons.append(Reason.of("few-voxels"))
    return tuple(reasons)
