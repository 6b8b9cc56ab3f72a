"""Restricted diffusion along the corticospinal tract: expected absent; present it points away from ALS."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, label

from processors.brain.decision import Decision
from processors.brain.tract.decision import SIDES, Scores
from processors.brain.tract.limits import (
    BRIGHT_ON_DIFFUSION,
    FEWEST_DIFFUSION_SEGMENTS,
    MAX_RESTRICTED_RATIO,
    MIN_B_VALUE,
    MIN_CLUSTER_ML,
)
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, State
from processors.volume import Volume

IntArray = npt.NDArray[np.intp]
LabelArray = npt.NDArray[np.uint8]

NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


def restricted_regions(scores: Scores) -> frozenset[Region]:
    """Where the apparent diffusion coefficient is below the limit, as a share of what is normal there."""
    return frozenset(region for region, score in scores.items() if score.ratio < MAX_RESTRICTED_RATIO)


def decide_adc(
    scores: Scores, cluster_ml: float | None, limits: Sequence[Reason] = (), *, proposed: bool = False
) -> Decision:
    """Whether diffusion is restricted along the tract, on one side or both.

    One segment is enough where diffusion-weighted images confirm it; without them it takes two adjacent ones,
    since fluid, iron and distortion change the coefficient of a single one.

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
    supposed = (Reason.of("proposed-norm"),) if proposed else ()
    if restricted := restricted_regions(scores):
        if cluster_ml is None:
            reasons = (Reason.of("adc-alone"), *limits, *supposed)
            if not _adjacent(restricted):
                return Decision(State.INDETERMINATE, reasons=reasons)
            return Decision(State.PRESENT, Confidence.LOW, reasons)
        if cluster_ml < MIN_CLUSTER_ML:
            return Decision(State.INDETERMINATE, reasons=(Reason.of("unconfirmed-restriction"), *limits))
        confidence = Confidence.LOW if proposed else Confidence.MODERATE
        return Decision(State.PRESENT, confidence, (*limits, *supposed))
    return _not_seen(scores, limits)


def _adjacent(regions: Collection[Region]) -> bool:
    """Whether two segments of one side that follow one another are among the regions."""
    return any(
        {Region(a, side), Region(b, side)} <= set(regions)
        for side in SIDES
        for a, b in pairwise(TRACT_SEGMENTS)
    )


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
    volume: Volume, indices: IntArray, labels: LabelArray, usual: Mapping[Region, float]
) -> float | None:
    """Millilitres of the largest connected group of voxels that are bright on diffusion weighting.

    A lesion counts where it touches one of the regions: what is brightest in the tract may have been taken
    for one.

    Parameters
    ----------
    volume
        Diffusion-weighted images.
    indices, labels
        Shape (n, 3) and (n,), of a :class:`~processors.brain.tract.measurement.TractMeasurement`.
    usual
        The regions that are searched, and the ratio to the reference that is normal in each.

    Returns
    -------
    ``None`` where there is no reference.
    """
    expected = np.full(1 + max(number for number, _ in LABELS), np.inf)
    for number, region in LABELS:
        expected[number] = 1.0 if region == LESION else usual.get(region, np.inf)
    signal = volume.array[tuple(indices.T)].astype(np.float64)
    reference = signal[np.isin(labels, [number for number, region in LABELS if region == REFERENCE])]
    level = float(np.median(reference)) if len(reference) else 0.0
    if not level > 0:
        return None
    searched = np.isin(labels, [number for number, region in LABELS if region in usual])
    bright = signal > BRIGHT_ON_DIFFUSION * level * expected[labels]
    voxels = _largest_group(indices[bright], indices[searched])
    return voxels * float(np.prod(volume.spacing)) / 1000


def _largest_group(bright: IntArray, touching: IntArray) -> int:
    """Voxels of the largest group, joined by face, edge or corner, that touches some of the others."""
    if not len(bright) or not len(touching):
        return 0
    both = np.concatenate([bright, touching])
    low = both.min(axis=0) - 1
    shape = both.max(axis=0) - low + 2
    masks = np.zeros((2, *shape), dtype=bool)
    for mask, indices in zip(masks, (bright, touching), strict=True):
        mask[tuple((indices - low).T)] = True
    groups, _ = label(masks[0], NEIGHBOURS)
    beside = np.unique(groups[binary_dilation(masks[1], NEIGHBOURS)])
    counts = np.bincount(groups.ravel())
    return int(max((counts[group] for group in beside if group > 0), default=0))
