"""Restricted diffusion along the corticospinal tract: expected absent; present it points away from ALS."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from processors.brain.limits import (
    BRIGHT_ON_DIFFUSION,
    FEWEST_DIFFUSION_SEGMENTS,
    MAX_RESTRICTED_RATIO,
    MIN_B_VALUE,
    MIN_CLUSTER_ML,
)
from processors.brain.tract_decision import SIDES, Decision, Scores
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, State
from processors.volume import Volume

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


def restricted_regions(scores: Scores) -> frozenset[Region]:
    """Where the apparent diffusion coefficient is below the limit, as a share of what is normal there."""
    return frozenset(region for region, score in scores.items() if score.ratio < MAX_RESTRICTED_RATIO)


def decide_adc(
    scores: Scores, cluster_ml: float | None, limits: Sequence[Reason] = (), *, proposed: bool = False
) -> Decision:
    """Whether diffusion is restricted along the tract, on one side or both.

    Parameters
    ----------
    scores
        Of the apparent diffusion coefficient in the segments that can be judged.
    cluster_ml
        Largest connected part of the restricted segments that is bright on diffusion weighting, or ``None``
        where there are no such images.
    limits
        Why the other segments cannot be judged.
    proposed
        Whether the norm is a proposal that nobody was measured for: confidence is low then.
    """
    if restricted_regions(scores):
        if cluster_ml is None:
            return Decision(State.PRESENT, Confidence.LOW, (Reason.of("adc-alone"), *limits))
        if cluster_ml < MIN_CLUSTER_ML:
            return Decision(State.INDETERMINATE, reasons=(Reason.of("unconfirmed-restriction"), *limits))
        reasons = (*limits, *((Reason.of("proposed-norm"),) if proposed else ()))
        return Decision(State.PRESENT, Confidence.LOW if proposed else Confidence.MODERATE, reasons)
    return _not_seen(scores, limits)


def decide_dwi(
    sound: Collection[Region], cluster_ml: float | None, limits: Sequence[Reason] = ()
) -> Decision:
    """The same from diffusion-weighted images alone, on which long T2 is bright, too.

    Parameters
    ----------
    sound
        The segments that could be measured.
    cluster_ml
        Largest connected part of the tract that is bright, or ``None`` where it could not be measured.
    limits
        Why the other segments could not be measured.
    """
    if cluster_ml is not None and cluster_ml >= MIN_CLUSTER_ML:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("t2-shine-through"), *limits))
    return _not_seen(sound if cluster_ml is not None else (), limits)


def _not_seen(sound: Collection[Region], limits: Sequence[Reason]) -> Decision:
    usable = min(sum(Region(name, side) in sound for name in TRACT_SEGMENTS) for side in SIDES)
    if usable >= FEWEST_DIFFUSION_SEGMENTS:
        return Decision(State.ABSENT, reasons=tuple(limits))
    return Decision(State.INDETERMINATE, reasons=tuple(limits) or (Reason.of("few-voxels"),))


def suitable(volume: Volume) -> bool:
    """Whether diffusion weights the images enough to be told from T2."""
    b_value = volume.acquisition.b_value
    return b_value is not None and b_value >= MIN_B_VALUE


def bright_cluster_ml(
    volume: Volume, indices: IntArray, regions: Sequence[Region | None], usual: Mapping[Region, float]
) -> float | None:
    """Millilitres of the largest connected group of voxels that are bright on diffusion weighting.

    Parameters
    ----------
    volume
        Diffusion-weighted images.
    indices
        Shape (n, 3): slice, row, column of the voxels that have a region, and of the reference.
    regions
        Of each voxel; ``None`` for the reference white matter.
    usual
        The regions that are searched, and the ratio to the reference that is normal in each.

    Returns
    -------
    ``None`` where there is no reference.
    """
    if not len(indices):
        return None
    signal = volume.array[tuple(indices.T)].astype(np.float64)
    reference = signal[np.array([region is None for region in regions])]
    level = float(np.median(reference)) if len(reference) else 0.0
    if not level > 0:
        return None
    expected = np.array([usual.get(region, np.inf) if region is not None else np.inf for region in regions])
    bright = signal > BRIGHT_ON_DIFFUSION * level * expected
    return _largest_group(indices[bright]) * float(np.prod(volume.spacing)) / 1000


def _largest_group(indices: IntArray) -> int:
    """Voxels of the largest group that touch by a face, an edge or a corner."""
    if not len(indices):
        return 0
    low = indices.min(axis=0)
    grid = np.zeros(indices.max(axis=0) - low + 1, dtype=bool)
    grid[tuple((indices - low).T)] = True
    groups, _ = label(grid, np.ones((3, 3, 3)))
    return int(np.bincount(groups[groups > 0]).max())
