"""One real study, changed in every way, and what the analysis says of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np

from benchmarks.injection import inject
from benchmarks.injection.ants_space import mni_maps
from benchmarks.injection.cases import Case, Degradation
from benchmarks.injection.geometry import Tract, capsule_only, weights
from benchmarks.injection.mni_map import MniMap
from benchmarks.injection.outcome import SIGN_OF, Outcome
from benchmarks.real_data import RealStudy
from phantoms.severity import CHANGES
from processors.acquisition import Contrast
from processors.brain import analysis
from processors.brain.alignment.study import Alignment, align_study
from processors.findings import Finding, Quantity
from processors.norms import Norms
from processors.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A study that is ready to be changed."""

    study: RealStudy
    volumes: Mapping[Contrast, Volume]
    maps: Mapping[Contrast, MniMap]
    alignments: Mapping[Contrast, Alignment]
    prepared: Mapping[tuple[Contrast, Tract], inject.Prepared]


def subject(study: RealStudy) -> Subject:
    """Read a study, find the tracts to inject along, and align it with the atlas of the analysis."""
    volumes = study.read()
    maps = mni_maps(study, volumes)
    return Subject(study, volumes, maps, align_study(volumes), prepare(study, volumes, maps))


def prepare(
    study: RealStudy, volumes: Mapping[Contrast, Volume], maps: Mapping[Contrast, MniMap]
) -> dict[tuple[Contrast, Tract], inject.Prepared]:
    """Every series with the weights of both kinds of tract."""
    return {
        (contrast, tract): inject.Prepared(
            volume,
            maps[contrast],
            {
                side: inject.in_tissue(volume, maps[contrast], weight)
                for side, weight in weights(tract, maps[contrast].ras, study.person).items()
            },
        )
        for contrast, volume in volumes.items()
        for tract in Tract
    }


def evaluate(
    subject: Subject, cases: Sequence[Case], norms: Norms, *, align_each: bool = False
) -> Iterator[Outcome]:
    """Change a study in each way and analyse it.

    Parameters
    ----------
    align_each
        Whether a study in which signs were injected is aligned with the atlas anew. Else it has the alignment
        of the untouched one, from which a few voxels' signal does not take it far; a degraded one is always
        aligned anew.
    """
    for case in cases:
        volumes = {contrast: changed(subject, contrast, case) for contrast in subject.volumes}
        if align_each or case.degradation:
            found = analysis.analyse_brain(volumes, norms)
        else:
            with patch.object(
                analysis, "align_study", lambda wanted: {c: subject.alignments[c] for c in wanted}
            ):
                found = analysis.analyse_brain(volumes, norms)
        by_sign = {finding.sign: finding for finding in found.findings}
        for contrast in volumes:
            if contrast in SIGN_OF:
                yield _outcome(subject.study, contrast, case, by_sign[SIGN_OF[contrast]])


def changed(subject: Subject, contrast: Contrast, case: Case) -> Volume:
    """One series of a study as a case has it."""
    prepared = subject.prepared[contrast, case.tract]
    volume = prepared.volume
    if case.severity is not None:
        change = dict.fromkeys(case.sides, CHANGES[SIGN_OF[contrast]][case.severity])
        weight = prepared.weight
        if case.capsule_only:
            weight = {side: capsule_only(w, prepared.at.ras) for side, w in weight.items()}
        volume = inject.brighten(prepared, change, weight)
    match case.degradation:
        case Degradation.THICK:
            return inject.thick(volume)
        case Degradation.NOISE:
            return inject.noisy(volume, _tract_signal(prepared), seed=len(contrast))
        case Degradation.SHADING:
            return inject.shaded(volume)
        case Degradation.ROTATION:
            anchor = next(iter(subject.volumes.values()))
            centre = anchor.affine[:3, :3] @ (np.array(anchor.array.shape) / 2) + anchor.affine[:3, 3]
            return inject.rotated(volume, centre)
    return volume


def _tract_signal(prepared: inject.Prepared) -> float:
    core = sum(prepared.weight.values(), start=np.zeros(prepared.at.ras.shape[:3])) > 0.5
    return float(np.median(prepared.volume.array[prepared.at.box][core]))


def _outcome(study: RealStudy, contrast: Contrast, case: Case, finding: Finding) -> Outcome:
    def numbers(quantity: Quantity) -> dict[str, float]:
        found = {region.region.key: region.value(quantity) for region in finding.regions}
        return {key: value for key, value in found.items() if value is not None}

    return Outcome(
        study.name,
        study.person,
        contrast.value,
        case.name,
        case.expected,
        0.0 if case.severity is None else CHANGES[SIGN_OF[contrast]][case.severity],
        finding.state,
        finding.confidence,
        tuple(reason.key for reason in finding.reasons),
        finding.norm,
        numbers(Quantity.RATIO),
        numbers(Quantity.Z_SCORE),
        numbers(Quantity.LESION_SHARE),
    )
