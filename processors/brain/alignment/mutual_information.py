"""Linear maps that maximise the normalised mutual information of two images.

Studholme et al., Pattern Recognit 1999;32:71; the joint histogram shares each sample between the two nearest
bins. Written for a few thousand samples: a score takes a millisecond, and the same samples always give the
same result.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import map_coordinates
from scipy.optimize import minimize

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

BINS = 32
DARKEST_TO_BRIGHTEST = (1.0, 99.5)
LEVER_MM = 70.0
"""A turn by 1 mm/this is as large a step as a shift by 1 mm: the radius of a brain."""
TOLERANCE = 0.02
RELATIVE_GAIN = 1e-4
OUTSIDE = -100.0
MIN_INSIDE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The image that is sampled, scaled to bins.

    Attributes
    ----------
    levels
        Float32, shape (z, y, x), 0 to ``BINS - 1``.
    to_index
        Shape (4, 4), from LPS millimetres to array indices (z, y, x).
    """

    levels: npt.NDArray[np.float32]
    to_index: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Points of the other image, with the bin of the signal there.

    Attributes
    ----------
    points
        Shape (n, 3), LPS millimetres.
    bins
        Shape (n,).
    """

    points: FloatArray
    bins: IntArray


def target(image: sitk.Image) -> Target:
    """Make an image ready to be sampled; 0 is taken as air and stays the lowest bin."""
    array = sitk.GetArrayFromImage(image)
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    to_index = np.eye(4)
    to_index[:3, :3] = np.linalg.inv(direction)[::-1]
    to_index[:3, 3] = -to_index[:3, :3] @ image.GetOrigin()
    return Target(_levels(array).astype(np.float32), to_index)


def samples(image: sitk.Image, where: npt.NDArray[np.bool_], every: int) -> Samples:
    """Every so many voxels of an image among those of a mask of shape (z, y, x)."""
    chosen = np.argwhere(where)[::every]
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    points = chosen[:, ::-1] @ direction.T + image.GetOrigin()
    bins = np.rint(_levels(sitk.GetArrayFromImage(image)[tuple(chosen.T)])).astype(np.intp)
    return Samples(points, bins)


def _levels(array: npt.NDArray[np.float32]) -> FloatArray:
    seen = array[array != 0]
    low, high = np.percentile(seen, DARKEST_TO_BRIGHTEST) if seen.size else (0.0, 1.0)
    return np.asarray(np.clip((array - low) * ((BINS - 1) / max(high - low, 1e-9)), 0, BINS - 1))


def score(fixed: Samples, moving: Target, matrix: FloatArray) -> float:
    """Normalised mutual information beyond chance, 0 to 1, times the share of samples inside the target.

    Parameters
    ----------
    matrix
        Shape (4, 4), from the samples' LPS millimetres to the target's.
    """
    whole = moving.to_index @ matrix
    at = whole[:3, :3] @ fixed.points.T + whole[:3, 3:]
    level = map_coordinates(moving.levels, at, order=1, output=np.float32, cval=OUTSIDE)
    inside = level >= 0
    level, bins = level[inside], fixed.bins[inside]
    if len(level) < MIN_INSIDE * len(inside):
        return 0.0
    below = np.minimum(level.astype(np.intp), BINS - 2)
    share = level - below
    cell = bins * BINS + below
    joint = np.bincount(cell, 1 - share, BINS * BINS) + np.bincount(cell + 1, share, BINS * BINS)
    table = joint.reshape(BINS, BINS) / len(level)
    both = _entropy(table.ravel())
    if both <= 0:
        return 0.0
    shared = (_entropy(table.sum(axis=0)) + _entropy(table.sum(axis=1))) / both - 1
    return shared * len(level) / len(inside)


def _entropy(share: FloatArray) -> float:
    some = share[share > 0]
    return float(-np.sum(some * np.log(some)))


def linear(parameters: FloatArray, about: FloatArray) -> FloatArray:
    """LPS matrix (4, 4) about a point of up to twelve moves, each in millimetres at :data:`LEVER_MM`.

    Three turns, three shifts, three stretches and three shears; what is not given is none.
    """
    moves = np.zeros(12)
    moves[: len(parameters)] = parameters
    shape = np.diag(1 + moves[6:9] / LEVER_MM)
    shape[(0, 0, 1), (1, 2, 2)] = moves[9:12] / LEVER_MM
    turn = _turned(*(moves[:3] / LEVER_MM).tolist()) @ shape
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = about - turn @ about + moves[3:6]
    return matrix


def _turned(x: float, y: float, z: float) -> FloatArray:
    """The matrix, shape (3, 3), of a turn about an axis by as many radians as it is long (Rodrigues)."""
    angle = math.sqrt(x * x + y * y + z * z)
    if angle == 0:
        return np.eye(3)
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    first, second = math.sin(angle) / angle, (1 - math.cos(angle)) / angle**2
    return np.asarray(np.eye(3) + first * across + second * (across @ across))


def climb(
    fixed: Samples,
    moving: Target,
    start: FloatArray,
    freedom: int,
    step: float,
    rounds: int | None = None,
    gain: float = RELATIVE_GAIN,
) -> tuple[float, FloatArray]:
    """The score and the map, LPS matrix (4, 4), that a local search (Powell's) reaches from a start.

    Parameters
    ----------
    freedom
        6 for rigid, 12 for affine moves.
    step
        First step, millimetres.
    rounds
        How often all moves are tried at most; until little is gained, by default.
    gain
        Share of the score that a round must gain for another to follow.
    """
    about = fixed.points.mean(axis=0)
    found = minimize(
        lambda p: -score(fixed, moving, start @ linear(p, about)),
        np.zeros(freedom),
        method="Powell",
        options={
            "xtol": TOLERANCE,
            "ftol": gain,
            "direc": step * np.eye(freedom),
            "maxiter": rounds,
        },
    )
    return -float(found.fun), start @ linear(found.x, about)
