"""A study's brain series in, one finding for each brain sign out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from processors.acquisition import Contrast
from processors.brain.alignment.study import Alignment, align_study
from processors.brain.cortex.motor_band import (
    MOTOR_BAND,
    MotorBand,
    evaluate_motor_band,
    measurable,
)
from processors.brain.cortex.precentral_atrophy import PRECENTRAL, PrecentralAtrophy, evaluate_precentral
from processors.brain.decision import Decision
from processors.brain.tract.concordance import concordant
from processors.brain.tract.diffusion import (
    Brightness,
    bright_cluster_ml,
    brightness,
    decide_adc,
    decide_dwi,
    restricted_regions,
    suitable,
)
from processors.brain.tract.limits import BRIGHT_ON_DIFFUSION, FARTHEST_FROM_AXIS_MM, PLAUSIBLE_EXTENT_MM
from processors.brain.tract.measurement import TractMeasurement, measure_study
from processors.brain.tract.series import (
    TRACT,
    TractSeries,
    decide_series,
    profiles,
    read_series,
    region_map,
    region_measurements,
    undecided,
)
from processors.depiction import CortexStrip, RegionMap
from processors.findings import (
    BRAIN_SIGNS,
    READS,
    Finding,
    Reason,
    Region,
    Sign,
    missing_series,
    not_evaluated,
)
from processors.norms import Norms, default_norms
from processors.saturation import saturated
from processors.volume import Volume

ALGORITHMS = {Sign.MOTOR_BAND: MOTOR_BAND, Sign.PRECENTRAL_ATROPHY: PRECENTRAL}
TRACT_SIGNS = (Sign.CST_T1, Sign.CST_T1_MTC, Sign.CST_T2, Sign.CST_FLAIR, Sign.CST_DIFFUSION)
TINY, USUAL_HIGHEST = 0.01, 1000.0
"""Highest value of a series below which its unit is a tiny one, and what it is brought to."""
CHANGED_BY_AGENT = frozenset({Contrast.T1, Contrast.T1_MTC})


@dataclass(frozen=True, slots=True, eq=False)
class BrainAnalysis:
    """What the brain series of a study say.

    Attributes
    ----------
    findings
        One for each of :data:`~processors.findings.BRAIN_SIGNS`, in that order.
    measurements
        Where each sign of the tract was measured, in the voxels of its (first) series.
    region_maps
        The same, and where the signs of the cortex were measured, for segmentation and pictures.
    strips
        The precentral gyrus unfolded, left and right, where the motor band was measured.
    """

    findings: tuple[Finding, ...]
    measurements: Mapping[Sign, TractMeasurement]
    region_maps: tuple[RegionMap, ...] = ()
    strips: tuple[CortexStrip, ...] = ()


def analyse_brain(volumes: Mapping[Contrast, Volume], norms: Norms | None = None) -> BrainAnalysis:
    """Align the brain series of a study with the atlas once, and evaluate every sign.

    The analysis brings threads of its own; those of the linear algebra would only wait for one another.

    Parameters
    ----------
    volumes
        The best series of each contrast in the study; missing keys are allowed.
    norms
        What the tract is compared with; the shipped norms by default.
    """
    with threadpool_limits(1, user_api="blas"):
        return _analysed(volumes, default_norms() if norms is None else norms)


def _analysed(volumes: Mapping[Contrast, Volume], norms: Norms) -> BrainAnalysis:
    unfit = {contrast: _unfit(contrast, volume) for contrast, volume in volumes.items()}
    obstacles = {sign: _obstacle(sign, unfit) for sign in BRAIN_SIGNS}
    wanted = {
        contrast: replace(volumes[contrast], contrast=contrast, array=_finite(volumes[contrast]))
        for sign in TRACT_SIGNS
        for contrast in READS[sign]
        if contrast in volumes and unfit[contrast] is None
    }
    to_band = {c: unfit[c] or measurable(volumes[c]) for c in READS[Sign.MOTOR_BAND] if c in volumes}
    shown = next((contrast for contrast, obstacle in to_band.items() if obstacle is None), None)
    if shown is not None:
        wanted[shown] = replace(volumes[shown], contrast=shown, array=_finite(volumes[shown]))
        if not CHANGED_BY_AGENT & set(wanted) and (after := _after_agent(volumes)) is not None:
            contrast = Contrast.T1_POST_CONTRAST
            wanted[contrast] = replace(after, contrast=contrast, array=_finite(after))
    alignments = align_study(wanted)
    read = [(sign, contrast) for sign in TRACT_SIGNS for contrast in READS[sign] if contrast in wanted]
    measured = _measured({contrast for _, contrast in read}, wanted, alignments)
    series = {
        (sign, contrast): read_series(sign, contrast, wanted[contrast], measured[contrast], norms)
        for sign, contrast in read
    }
    decisions = concordant(
        {sign: _decide(sign, series) for sign in TRACT_SIGNS if _series_of(sign, series)},
    )
    band = _no_band(to_band) if shown is None else evaluate_motor_band(shown, wanted, alignments)
    atrophy = _atrophy(wanted, alignments, norms)
    of_cortex = {Sign.MOTOR_BAND: band.finding} | (
        {} if atrophy is None else {Sign.PRECENTRAL_ATROPHY: atrophy.finding}
    )
    findings = tuple(
        _finding(sign, decisions[sign], _series_of(sign, series))
        if sign in decisions
        else of_cortex.get(sign)
        or not_evaluated(sign, ALGORITHMS.get(sign, TRACT), *(obstacles[sign] or missing_series(sign)))
        for sign in BRAIN_SIGNS
    )
    first = {sign: _series_of(sign, series)[0] for sign in decisions}
    cortex = [band.region_map, None if atrophy is None else atrophy.region_map]
    maps = [*cortex, *(region_map(sign, one) for sign, one in first.items())]
    return BrainAnalysis(
        findings,
        {sign: one.measurement for sign, one in first.items() if one.measurement is not None},
        tuple(one for one in maps if one is not None),
        band.strips,
    )


def _measured(
    contrasts: Collection[Contrast],
    volumes: Mapping[Contrast, Volume],
    alignments: Mapping[Contrast, Alignment],
) -> dict[Contrast, TractMeasurement | Reason]:
    """The tract in each series, or why it could not be measured there."""
    problems = {c: problem for c in contrasts if (problem := alignments[c].problem) is not None}
    sound = [c for c in volumes if c in contrasts and c not in problems]
    return {**problems, **measure_study({c: (volumes[c], alignments[c].to_atlas) for c in sound})}


def _atrophy(
    wanted: Mapping[Contrast, Volume], alignments: Mapping[Contrast, Alignment], norms: Norms
) -> PrecentralAtrophy | None:
    """What the study's T1 says of the precentral cortex; none where it has no T1 that could be measured."""
    if Contrast.T1 not in wanted:
        return None
    return evaluate_precentral(wanted[Contrast.T1], alignments[Contrast.T1], norms)


def _no_band(obstacles: Mapping[Contrast, Reason | None]) -> MotorBand:
    """Why the motor band cannot be evaluated in this study at all, by what is wrong with its series."""
    first = next(iter(obstacles.values()), None)
    reasons = missing_series(Sign.MOTOR_BAND) if first is None else (first,)
    return MotorBand(not_evaluated(Sign.MOTOR_BAND, MOTOR_BAND, *reasons))


def _obstacle(sign: Sign, unfit: Mapping[Contrast, Reason | None]) -> tuple[Reason, ...]:
    """Why a sign cannot be evaluated in this study at all, by what is wrong with each of its series."""
    given = [unfit[contrast] for contrast in READS[sign] if contrast in unfit]
    if not given:
        after = Contrast.T1 in READS[sign] and Contrast.T1_POST_CONTRAST in unfit
        return (Reason.of("post-contrast"),) if after else missing_series(sign)
    faults = tuple(fault for fault in given if fault is not None)
    return faults[:1] if len(faults) == len(given) else ()


def _unfit(contrast: Contrast, volume: Volume) -> Reason | None:
    """Why a series cannot be measured at all."""
    if contrast in CHANGED_BY_AGENT and volume.acquisition.contrast_agent:
        return Reason.of("post-contrast")
    if contrast is Contrast.DWI and not suitable(volume):
        return Reason.of("low-b-value")
    if not np.all(np.isfinite(volume.affine)) or np.linalg.det(volume.affine[:3, :3]) == 0:
        return Reason.of("missing-geometry")
    extents = [count * step for count, step in zip(volume.array.shape, volume.spacing, strict=True)]
    if min(extents) < PLAUSIBLE_EXTENT_MM[0] or max(extents) > PLAUSIBLE_EXTENT_MM[1]:
        return Reason.of("implausible-extent", low=min(extents), high=max(extents))
    middle = volume.affine @ [*((count - 1) / 2 for count in volume.array.shape), 1.0]
    if np.abs(middle[:2]).max() > FARTHEST_FROM_AXIS_MM:
        return Reason.of("implausible-position", away=np.abs(middle[:2]).max())
    return Reason.of("saturated") if saturated(volume.array) else None


def _after_agent(volumes: Mapping[Contrast, Volume]) -> Volume | None:
    """A T1 with contrast agent, on which no sign is read, but which shows the sulci as well as any."""
    given = (volumes[c] for c in (Contrast.T1_POST_CONTRAST, Contrast.T1) if c in volumes)
    return next((v for v in given if _unfit(Contrast.T1_POST_CONTRAST, v) is None), None)


def _finite(volume: Volume) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The pixels as finite numbers of a usual size; units of coefficients may make them tiny."""
    array = np.nan_to_num(np.asarray(volume.array, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(array.max(initial=0.0))
    return array * np.float32(USUAL_HIGHEST / highest) if 0 < highest < TINY else array


def _series_of(sign: Sign, series: Mapping[tuple[Sign, Contrast], TractSeries]) -> list[TractSeries]:
    """The series that a sign was read from, the preferred first."""
    return [series[sign, contrast] for contrast in READS[sign] if (sign, contrast) in series]


def _decide(sign: Sign, series: Mapping[tuple[Sign, Contrast], TractSeries]) -> Decision:
    if sign is not Sign.CST_DIFFUSION:
        return decide_series(sign, _series_of(sign, series)[0])
    adc, dwi = (series.get((sign, contrast)) for contrast in (Contrast.ADC, Contrast.DWI))
    if adc is not None and not adc.faults:
        restricted = restricted_regions(adc.scores)
        return decide_adc(adc.scores, _brightness(dwi, restricted), adc.limits, proposed=adc.proposed)
    if adc is None and dwi is not None and not dwi.faults:
        return decide_dwi(dwi.sound, _cluster(dwi, dwi.sound), dwi.limits)
    return undecided(_series_of(sign, series)[0])


def _brightness(dwi: TractSeries | None, regions: frozenset[Region]) -> Brightness | None:
    """How bright some of the tract's segments are on diffusion weighting."""
    if dwi is None or dwi.measurement is None or dwi.faults:
        return None
    return brightness(dwi.volume, dwi.measurement, _usual(dwi, regions))


def _cluster(dwi: TractSeries, regions: frozenset[Region]) -> float | None:
    """Millilitres that are bright on diffusion weighting, whatever the reason."""
    if dwi.measurement is None:
        return None
    return bright_cluster_ml(dwi.volume, dwi.measurement, _usual(dwi, regions), BRIGHT_ON_DIFFUSION)


def _usual(series: TractSeries, regions: frozenset[Region]) -> dict[Region, float]:
    """The ratio that is normal in each of some regions."""
    norms = series.norms.segments
    return {region: norms[region.name].mean if region.name in norms else 1.0 for region in regions}


def _finding(sign: Sign, decision: Decision, series: list[TractSeries]) -> Finding:
    first = series[0]
    return Finding(
        sign,
        decision.state,
        TRACT,
        decision.confidence,
        tuple(dict.fromkeys(decision.reasons)),
        region_measurements(first, splenium=sign is Sign.CST_T1_MTC),
        tuple(one.volume.series_instance_uid for one in series),
        first.norms.name,
        profiles(first),
    )
