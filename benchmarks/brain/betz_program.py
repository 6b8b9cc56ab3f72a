"""Betz, timed from volumes to findings: alignment of all series, measurement, decision."""

import time

import numpy as np

from benchmarks.brain.run import Run, peak_mib
from benchmarks.brain.study import Source
from processors.acquisition import Contrast
from processors.brain.alignment.study import align_study
from processors.brain.analysis import analyse_brain
from processors.brain.patient_space import points_of
from processors.volume import Volume


def betz(source: Source) -> Run:
    """Analyse T1, T2 and FLAIR."""
    return _analysed(source.read())


def betz_with_swi(source: Source) -> Run:
    """Analyse T1, T2, FLAIR and SWI."""
    return _analysed(source.read(swi=True))


def _analysed(volumes: dict[Contrast, Volume]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    findings = analyse_brain(volumes).findings
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = peak_mib()
    said = ", ".join(f"{f.sign} {f.state.replace('_', ' ')}" for f in findings if f.series_uids)
    volume = volumes[Contrast.T1]
    points = points_of(volume.affine, np.indices(volume.array.shape).reshape(3, -1).T.astype(np.float64))
    at = align_study({Contrast.T1: volume})[Contrast.T1].to_atlas(points)
    return Run(wall, cpu, peak, at.astype(np.float32), said)
