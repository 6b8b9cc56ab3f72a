"""ANTs, timed for the registrations alone.

``antsRegistrationSyNQuick[s]`` of the T1 to the same atlas brain at 2 mm that Betz uses; T2 and FLAIR to the
T1 with ``antsRegistrationSyNQuick[r]``, rigidly. It cannot bring a head with its skull to a brain, so it is
given the brain, cut out beforehand with a mask and with its shading corrected; that time is not counted.
"""

import time

import ants
import numpy as np
import numpy.typing as npt

from benchmarks.brain.preparation import atlas_brain, brain_of, tissue_by_signal
from benchmarks.brain.run import Run, peak_mib
from benchmarks.brain.study import Source
from benchmarks.injection.ants_space import as_ants, coordinates
from processors.acquisition import Contrast


def syn_quick(source: Source) -> tuple[Run, npt.NDArray[np.uint8]]:
    """Register a study with ANTs; and the tissue of each voxel of the T1, of shape (n,), to judge by."""
    volumes = source.read()
    images = {contrast: as_ants(volume) for contrast, volume in volumes.items()}
    brain, mask = brain_of(images[Contrast.T1])
    template = atlas_brain()
    wall, cpu = time.perf_counter(), time.process_time()
    found = ants.registration(template, brain, type_of_transform="antsRegistrationSyNQuick[s]", random_seed=1)
    for contrast in (Contrast.T2, Contrast.FLAIR):
        ants.registration(
            images[Contrast.T1],
            images[contrast],
            type_of_transform="antsRegistrationSyNQuick[r]",
            random_seed=1,
        )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = peak_mib()
    ras = coordinates(images[Contrast.T1], template, found["invtransforms"], [True, False])
    at = ras.reshape(-1, 3) * np.array([-1.0, -1.0, 1.0], dtype=np.float32)
    drawn = source.tissue()
    tissue = tissue_by_signal(brain, mask) if drawn is None else drawn
    inside = mask.numpy().transpose(2, 1, 0) > 0
    return Run(wall, cpu, peak, at, "registrations only"), np.where(inside, tissue, 0).ravel()
