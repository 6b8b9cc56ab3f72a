"""Restricted diffusion along the corticospinal tract: expected absent; present it points away from ALS."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, label
from scipy.spatial import cKDTree

from processors.brain.decision import Decision
from processors.brain.tract.decision import SIDES, Scores
from processors.brain.tract.limits import (
    BRIGHT_ON_DIFFUSION,
    FEWEST_DIFFUSION_SEGMENTS,
    MAX_RESTRICTED_RATIO,
    MIN_B_VALUE,
    MIN_CLUSTER_ML,
    WHITE_MATTER_ADC,
)
from processors.brain.tract.measurement import LABELS, LESION, REFERENCE, SegmentSignal, TractMeasurement
from processors.findings import TRACT_SEGMENTS, Confidence, Reason, Region, State
from processors.volume import Volume

IntArray = npt.NDArray[np.intp]
LabelArray = npt.NDArray[np.uint8]

NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)
NOISE_MARGIN = 3.0
"""Standard errors between what is normal and what is bright."""
MEDIAN_ERROR = 1.253
"""Standard error of a median over that of a mean, for normal noise."""


def restricted_regions(scores: Scores) -> frozenset[Region]:
    """Where the apparent diffusion coefficient is below the limit, as a share of what is normal there."""
    return frozenset(region for region, score in scores.items() if score.ratio < MAX_RESTRICTED_RATIO)


@dataclass(frozen=True, slots=True)
class Brightness:
    """Of the restricted part of the tract on diffusion weighting: largest connected group, millilitres.

    Attributes
    ----------
    unusual_ml
        Brighter by :func:`brightness_of_restriction` than is normal in each segment.
    bright_ml
        Brighter by as much than white matter elsewhere, which the capsule and the peduncle may be in health.
    """

    unusual_ml: float
    bright_ml: float


def brightness_of_restriction(b_value: float) -> float:
    """By how much a coefficient at its limit brightens diffusion-weighted images, all else being equal.

    The signal is S0 exp(-b ADC) (Stejskal and Tanner, J Chem Phys 1965;42:288), so a coefficient that is
    lower by a share makes it exp(b ADC share) times as bright. More than
    :data:`~processors.brain.tract.limits.BRIGHT_ON_DIFFUSION` is never asked for: at high b-values the signal
    falls more slowly than that.
    """
    share = 1 - MAX_RESTRICTED_RATIO
    return float(min(np.exp(b_value * WHITE_MATTER_ADC * share), BRIGHT_ON_DIFFUSION))


def decide_adc(
    scores: Scores, weighted: Brightness | None, limits: Sequence[Reason] = (), *, proposed: bool = False
) -> Decision:
    """Whether diffusion is restricted along the tract, on one side or both.

    One segment is enough where diffusion-weighted images are brighter there than is normal. Otherwise it
    takes two adjacent ones, since fluid, iron and distortion change the coefficient of a single one; and
    where there are such images the tract must be bright beside white matter: iron, which lowers the
    coefficient too, is dark.

    Parameters
    ----------
    scores
        Of the apparent diffusion coefficient in the segments that can be judged.
    weighted
        How bright the restricted segments are on diffusion weighting, or ``None`` where there are no such
        images.
    limits
        Why the other segments cannot be judged.
    proposed
        Whether the norm is a proposal that nobody was measured for: confidence is low then.
    """
    supposed = (Reason.of("proposed-norm"),) if proposed else ()
    restricted = restricted_regions(scores)
    if not restricted:
        return _not_seen(scores, limits)
    if weighted is not None and weighted.unusual_ml >= MIN_CLUSTER_ML:
        confidence = Confidence.LOW if proposed else Confidence.MODERATE
        return Decision(State.PRESENT, confidence, (*limits, *supposed))
    if weighted is not None and weighted.bright_ml < MIN_CLUSTER_ML:
        return Decision(State.INDETERMINATE, reasons=(Reason.of("unconfirmed-restriction"), *limits))
    why = Reason.of("adc-alone" if weighted is None else "usual-brightness")
    if not _adjacent(restricted):
        return Decision(State.INDETERMINATE, reasons=(why, *limits, *supposed))
    return Decision(State.PRESENT, Confidence.LOW, (why, *limits, *supposed))


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


def brightness(volume: Volume, found: TractMeasurement, usual: Mapping[Region, float]) -> Brightness | None:
    """How bright regions are on diffusion weighting, beside what a restriction would do.

    Parameters
    ----------
    volume
        Diffusion-weighted images, with their b-value.
    found
        The tract in them.
    usual
        The regions that are searched, and the ratio to the reference that is normal in each.

    Returns
    -------
    ``None`` where there is no reference or no b-value.
    """
    b_value = volume.acquisition.b_value
    if b_value is None:
        return None
    limit = brightness_of_restriction(b_value)
    unusual = bright_cluster_ml(volume, found, usual, limit)
    bright = bright_cluster_ml(volume, found, dict.fromkeys(usual, 1.0), limit)
    return None if unusual is None or bright is None else Brightness(unusual, bright)


def bright_cluster_ml(
    volume: Volume, found: TractMeasurement, usual: Mapping[Region, float], limit: float
) -> float | None:
    """Millilitres of the largest connected group of voxels that are bright on diffusion weighting.

    Each voxel is judged by the median of those next to it, of as many as the smallest group that counts, or
    of more where noise asks for it: single voxels of noisy images are bright by chance, and hang together. A
    lesion counts where it touches one of the regions: what is brightest in the tract may have been taken
    for one.

    Parameters
    ----------
    volume
        Diffusion-weighted images.
    found
        The tract in them.
    usual
        The regions that are searched, and the ratio to the reference that is normal in each.
    limit
        Times what is normal, above which a voxel is bright.

    Returns
    -------
    ``None`` where there is no reference.
    """
    signal = volume.array[tuple(found.indices.T)].astype(np.float64)
    reference = signal[np.isin(found.labels, [number for number, region in LABELS if region == REFERENCE])]
    level = float(np.median(reference)) if len(reference) else 0.0
    if not level > 0:
        return None
    expected = np.full(1 + max(number for number, _ in LABELS), np.nan)
    shade = {segment.region: _shade(segment) for segment in found.segments}
    for number, region in LABELS:
        if region == LESION or region in usual:
            expected[number] = usual.get(region, 1.0) * shade.get(region, 1.0)
    candidates = np.isfinite(expected[found.labels])
    indices = found.indices[candidates]
    own = np.isin(found.labels[candidates], [number for number, region in LABELS if region in usual])
    voxel_ml = float(np.prod(volume.spacing)) / 1000
    fewest = max(MIN_CLUSTER_ML / voxel_ml, _against_noise(found.signal_to_noise, limit))
    if np.count_nonzero(own) < fewest:
        return 0.0
    relative = (signal / (level * expected[found.labels]))[candidates]
    _, near = cKDTree(indices * np.array(volume.spacing)).query(
        indices * np.array(volume.spacing), k=range(1, 1 + min(len(indices), ceil(fewest)))
    )
    bright = np.median(relative[near], axis=1) > limit
    return _largest_group(indices[bright], indices[own]) * voxel_ml


def _shade(segment: SegmentSignal) -> float:
    """How bright shading makes a segment; a ratio, over two references, has the root of it."""
    if segment.ratio is None or segment.ratio_uncorrected is None or not segment.ratio > 0:
        return 1.0
    return (segment.ratio_uncorrected / segment.ratio) ** 2


def _against_noise(signal_to_noise: float, limit: float) -> float:
    """Voxels whose median noise moves by a third of what is asked for."""
    return (NOISE_MARGIN * MEDIAN_ERROR / (signal_to_noise * (limit - 1))) ** 2


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
