"""How well a map to the atlas fits a head, and how two such maps agree."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from benchmarks.brain.study import GREY, WHITE
from processors.brain import atlas
from processors.brain.patient_space import sample
from processors.findings import TRACT_SEGMENTS, Side

FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]

SEGMENT_LABELS = {
    (name, side): 1 + 2 * number + (side is Side.RIGHT)
    for number, name in enumerate(TRACT_SEGMENTS)
    for side in (Side.LEFT, Side.RIGHT)
}
"""What each number in a map of the tract is; 0 is nothing."""


def dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Twice the common voxels over all voxels of both; 1 where both are empty."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2 * np.count_nonzero(one & other) / total if total else 1.0


def tissue_labels(at: FloatArray) -> Labels:
    """What the atlas holds at LPS points of shape (n, 3): grey, white matter or 0 for the rest."""
    known = np.isfinite(at).all(axis=1)
    shares = np.zeros((len(at), 3))
    shares[known, GREY] = sample(atlas.image("icbm_grey_matter"), at[known]) / 255
    shares[known, WHITE] = sample(atlas.image("icbm_white_matter"), at[known]) / 255
    shares[:, 0] = 1 - shares[:, GREY] - shares[:, WHITE]
    return np.asarray(shares.argmax(axis=1), dtype=np.uint8)


def tract_labels(at: FloatArray) -> Labels:
    """The segment of the tract at each LPS point of shape (n, 3), by the atlas' line and radii alone."""
    labels = np.zeros(len(at), dtype=np.uint8)
    known = np.isfinite(at).all(axis=1)
    for side in (Side.LEFT, Side.RIGHT):
        line = atlas.centreline(side)
        here = known & ((at[:, 0] > 0) == (side is Side.LEFT))
        distance, node = cKDTree(line.points).query(at[here])
        numbers = np.array([SEGMENT_LABELS[name, side] for name in line.segments], dtype=np.uint8)
        labels[here] = np.where(distance <= line.radii[node], numbers[node], 0)
    return labels


def segment_agreement(one: Labels, other: Labels, points: FloatArray) -> dict[str, tuple[float, float]]:
    """Dice, and millimetres between the centres, of every segment that either of two maps has.

    Parameters
    ----------
    points
        Shape (n, 3), millimetres in the patient.
    """
    found = {}
    for (name, side), label in SEGMENT_LABELS.items():
        a, b = one == label, other == label
        if a.any() and b.any():
            apart = float(np.linalg.norm(points[a].mean(axis=0) - points[b].mean(axis=0)))
            found[f"{name}/{side}"] = (dice(a, b), apart)
        elif a.any() or b.any():
            found[f"{name}/{side}"] = (0.0, float("nan"))
    return found
