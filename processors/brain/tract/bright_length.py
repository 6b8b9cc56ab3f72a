"""Over what length the tract is bright without a break.

Healthy people are bright at the level of the internal capsule on FLAIR and T2; only a longer run counts
(Neuroradiology 1997;39:243).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from processors.brain.tract.limits import LONGEST_GAP_MM, NODE_Z, OPEN_CAPSULE_Z, OPEN_Z, SMOOTHING_NODES

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BrightLength:
    """Millimetres of the longest bright run of one side.

    Attributes
    ----------
    certain
        Counting what was measured alone.
    possible
        If all that was not measured were bright.
    """

    certain: float
    possible: float


def bright_length(
    position_mm: Sequence[float], z: Sequence[float | None], segments: Sequence[str]
) -> BrightLength:
    """The longest run of nodes above :data:`~processors.brain.tract.limits.NODE_Z`.

    The z-scores are smoothed by a running median over the measured nodes, and gaps of up to
    :data:`~processors.brain.tract.limits.LONGEST_GAP_MM` are passed over, so that neither noise nor slices
    thicker than the nodes' distance break a run. Nor do nodes between bright ones that are at least
    :data:`~processors.brain.tract.limits.OPEN_Z`, or, in the internal capsule,
    :data:`~processors.brain.tract.limits.OPEN_CAPSULE_Z`. A run reaches half a step beyond its first and last
    node.

    Parameters
    ----------
    position_mm
        Rising, along the tract.
    z
        Of each node; ``None`` where it was not measured.
    segments
        Name of the segment of each node.

    Raises
    ------
    ValueError
        If the three do not have the same length.
    """
    if not len(position_mm) == len(z) == len(segments):
        raise ValueError("a z-score and a segment are needed for each position")
    if len(z) < 2:
        return BrightLength(0.0, 0.0)
    at = np.asarray(position_mm, dtype=np.float64)
    values = np.array([np.nan if score is None else score for score in z], dtype=np.float64)
    measured = np.isfinite(values)
    values[measured] = _running_median(values[measured])
    bright = values >= NODE_Z
    open_ = values >= np.array(
        [OPEN_CAPSULE_Z if name == "internal_capsule" else OPEN_Z for name in segments]
    )
    return BrightLength(
        _longest(at, _joined(bright, open_)), _longest(at, _joined(bright | ~measured, open_))
    )


def _joined(bright: BoolArray, open_: BoolArray) -> BoolArray:
    """What is bright, and what lies open between bright nodes."""
    joined = bright.copy()
    for below, above in pairwise(np.flatnonzero(bright)):
        joined[below:above] |= open_[below + 1 : above].all()
    return joined


def _running_median(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Over :data:`SMOOTHING_NODES`, and towards the ends over as many as lie on either side."""
    half = [min(SMOOTHING_NODES // 2, i, len(values) - 1 - i) for i in range(len(values))]
    return np.array([np.median(values[i - h : i + h + 1]) for i, h in enumerate(half)])


def _longest(at: npt.NDArray[np.float64], bright: BoolArray) -> float:
    edges = np.concatenate([at[:1], (at[1:] + at[:-1]) / 2, at[-1:]])
    longest, start, end = 0.0, -np.inf, -np.inf
    for node in np.flatnonzero(bright):
        if edges[node] - end > LONGEST_GAP_MM:
            start = edges[node]
        end = edges[node + 1]
        longest = max(longest, float(end - start))
    return longest
