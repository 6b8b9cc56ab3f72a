"""Where the tract runs beside its centreline: the smoothest path through the evidence, and how sure it is.

A tract that has changed is a ridge, and the smoothest path that follows such a ridge is found by dynamic
programming (Amini et al., IEEE PAMI 1990;12:855); where there is none it stays on the centreline. What the
evidence leaves open is known too, as the chance of every place at every node, from the forward and backward
sums of the same chain (Rabiner, Proc IEEE 1989;77:257). A normal tract that hardly shows has no one place:
then a signal at the likeliest one would be that of whatever is brightest there by chance, while the mean over
all places, by their chances, is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.special import logsumexp

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

OFFSET_STEP_MM = 1.0
OUT_OF_REACH = -1e6
"""Logarithm of the chance of a place that does not count."""
REACH_MM = {
    "pons": 5.0,
    "cerebral_peduncle": 5.0,
    "internal_capsule": 7.0,
    "corona_radiata": 8.0,
    "subcortical": 8.0,
}
"""Farthest from the centreline that the tract is looked for: some three times what is taken for its usual
distance from there (p)."""
SEARCH_MM = max(REACH_MM.values())
BEND_MM = 0.8
"""Usual change of the offset from one node to the next."""
WANDER_MM = {
    "pons": 1.5,
    "cerebral_peduncle": 1.5,
    "internal_capsule": 2.0,
    "corona_radiata": 2.5,
    "subcortical": 3.0,
}
"""Usual distance of a tract from the centreline: small between grey nuclei, large where fibres fan out."""


@dataclass(frozen=True, slots=True, eq=False)
class TractPlace:
    """Where the core of one side runs.

    Attributes
    ----------
    offsets
        Shape (nodes, 2), of the likeliest path from the centreline across the tract, millimetres.
    chances
        Shape (nodes, places), of each of :func:`places`; each node's add up to 1.
    """

    offsets: FloatArray
    chances: FloatArray

    @property
    def spread(self) -> FloatArray:
        """Shape (nodes, 2, 2), second moments of the place about its mean, mm²; that of a step included."""
        at = places()
        mean = self.chances @ at
        square = np.einsum("np,pi,pj->nij", self.chances, at, at)
        return np.asarray(square - np.einsum("ni,nj->nij", mean, mean) + np.eye(2) * OFFSET_STEP_MM**2 / 12)


def offsets_within(reach_mm: float) -> FloatArray:
    """Shape (n, 2), the offsets of a square lattice within a distance, millimetres."""
    steps = np.arange(-np.floor(reach_mm), np.floor(reach_mm) + 1) * OFFSET_STEP_MM
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(grid[np.hypot(*grid.T) <= reach_mm])


def places() -> FloatArray:
    """Shape (places, 2), where a tract may run: offsets from the centreline across the tract, millimetres."""
    return offsets_within(SEARCH_MM)


def locate(evidence: Sequence[FloatArray], segments: Sequence[str]) -> TractPlace:
    """Where the core runs by the evidence of one or more series of a person.

    Parameters
    ----------
    evidence
        Of each series, shape (nodes, places), logarithms of likelihoods up to a constant.
    segments
        One for each node.
    """
    at = places()
    wander = gaussian_filter1d(np.array([WANDER_MM[name] for name in segments]), 1.5, mode="nearest")
    gain = np.sum(evidence, axis=0) - 0.5 * np.sum(at**2, axis=1) / wander[:, None] ** 2
    reach = np.array([REACH_MM[name] for name in segments])
    gain = np.where(np.hypot(*at.T) <= reach[:, None], gain, OUT_OF_REACH)
    bend = -0.5 * np.sum((at[:, None] - at) ** 2, axis=2) / BEND_MM**2
    return TractPlace(at[_smoothest(gain, bend)], _chances(gain, bend))


def _smoothest(gain: FloatArray, bend: FloatArray) -> IntArray:
    """The place of each node on the best path, shape (nodes,)."""
    score, back = gain[0], []
    for node in gain[1:]:
        arriving = score + bend
        back.append(arriving.argmax(axis=1))
        score = arriving.max(axis=1) + node
    path = [int(score.argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return np.array(path[::-1], dtype=np.intp)


def _chances(gain: FloatArray, bend: FloatArray) -> FloatArray:
    """Of every place, over all paths."""
    forward, backward = gain.copy(), np.zeros_like(gain)
    for n in range(1, len(gain)):
        forward[n] += logsumexp(forward[n - 1] + bend, axis=1)
    for n in range(len(gain) - 2, -1, -1):
        backward[n] = logsumexp(bend + (gain[n + 1] + backward[n + 1]), axis=1)
    both = forward + backward
    return np.asarray(np.exp(both - logsumexp(both, axis=1, keepdims=True)))
