"""The corticospinal tract of a synthetic head, drawn as a tube along a spline.

The centreline follows published coordinates of the tract in MNI space; its calibre (diameters of 5 to 9 mm)
is that of the tract in the peduncle and internal capsule, and widens towards the cortex.
"""

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree

from phantoms.patient import PhantomPatient
from phantoms.template import axes_mm, head_template
from processors.findings import TRACT_SEGMENTS, Side

FloatArray = npt.NDArray[np.float64]

# |x|, y, z (template mm, from the medulla up) and radius in mm.
NODES: FloatArray = np.array(
    [
        (3.5, -33.0, -58.0, 2.2),
        (4.5, -27.0, -45.0, 2.6),
        (6.5, -22.0, -30.0, 2.8),
        (14.0, -15.0, -14.0, 2.6),
        (19.5, -13.0, -4.0, 2.5),
        (22.5, -14.5, 6.0, 2.6),
        (24.0, -18.0, 17.0, 2.8),
        (25.0, -22.0, 30.0, 3.4),
        (23.5, -24.0, 45.0, 3.8),
    ]
)

BRANCHES: dict[str, FloatArray] = {
    "hand": np.array([(26.0, -23.0, 54.0, 3.4), (30.0, -21.0, 62.0, 3.0)]),
    "leg": np.array([(21.0, -23.0, 54.0, 3.2), (18.5, -21.5, 63.0, 2.8)]),
}
"""How the tract goes on above the corona radiata, to the knob of the hand and towards the midline."""

SEGMENT_LIMITS = (49.0, 20.0, -7.0, -23.0, -60.0)
"""Lower end in z (template mm) of each of ``TRACT_SEGMENTS``, in their order."""

OFFSET_MM = (1.0, 1.5)
"""Standard deviation between people of the tract's place, to the side and to the front, millimetres."""

OFFSET_HEIGHTS = (-58.0, -20.0, 15.0, 62.0)
"""Template heights at which it is drawn anew; between them it changes smoothly."""

LIKENESS = 0.6
"""Share of its variance that left and right have in common."""

SOFT_EDGE = 0.5
"""Millimetres over which the tube's edge fades."""


def centreline(patient: PhantomPatient, side: Side, branch: str = "hand", step: float = 0.5) -> FloatArray:
    """Points of the tract of one side with their radius, from the medulla up.

    Parameters
    ----------
    branch
        One of ``BRANCHES``; they share everything below the centrum semiovale.

    Returns
    -------
    array of shape (points, 4)
        Template millimetres right, anterior, superior (before the head's own warp), and the radius.
    """
    nodes = np.concatenate([NODES, BRANCHES[branch]])
    nodes[:, :2] += _offsets(patient, side, nodes[:, 2])
    nodes[:, 3] *= patient.rng("calibre").uniform(0.85, 1.15) * patient.rng(f"tract {side}").uniform(
        0.95, 1.05
    )
    if side is Side.LEFT:
        nodes[:, 0] *= -1
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(nodes[:, :3], axis=0), axis=1))]
    return np.asarray(CubicSpline(length, nodes)(np.arange(0, length[-1], step)))


def _offsets(patient: PhantomPatient, side: Side, heights: FloatArray) -> FloatArray:
    """How far each node lies from the usual place, to the side and to the front, mm."""
    draws = [
        patient.rng(purpose).normal(size=(len(OFFSET_HEIGHTS), 2)) for purpose in ("tract", f"tract {side}")
    ]
    mixed = np.sqrt(LIKENESS) * draws[0] + np.sqrt(1 - LIKENESS) * draws[1]
    smooth = CubicSpline(OFFSET_HEIGHTS, mixed * OFFSET_MM, bc_type="natural")
    return np.asarray(smooth(np.clip(heights, OFFSET_HEIGHTS[0], OFFSET_HEIGHTS[-1])))


def tract_weight(patient: PhantomPatient, side: Side) -> npt.NDArray[np.float32]:
    """How far each template voxel belongs to the tract of one side, 0 to 1.

    Only white matter and brain stem belong to it, so that no cortex or fluid is drawn over.
    """
    template = head_template()
    weight = np.zeros(template.labels.shape, dtype=np.float32)
    for branch in BRANCHES:
        box, inside = tube(centreline(patient, side, branch))
        white = np.clip(2.5 * (template.tissue[box] - 1.2), 0, 1)
        weight[box] = np.maximum(weight[box], inside * white)
    return weight


def tube(line: FloatArray) -> tuple[tuple[slice, ...], FloatArray]:
    """The box of template voxels around a line of points with radius, and how far each lies in its tube."""
    x, y, z = axes_mm()
    low, high = line[:, :3].min(axis=0) - 6, line[:, :3].max(axis=0) + 6
    box = tuple(
        slice(*np.searchsorted(axis.ravel(), (lo, hi)).tolist())
        for axis, lo, hi in zip((z, y, x), low[::-1], high[::-1], strict=True)
    )
    axes = (axis.ravel()[at] for axis, at in zip((z, y, x), box, strict=True))
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    distance, nearest = cKDTree(line[:, 2::-1]).query(grid, distance_upper_bound=6)
    radius = np.append(line[:, 3], 0)[nearest]
    inside = np.clip((radius - distance) / SOFT_EDGE + 0.5, 0, 1)
    return box, inside * ((grid[..., 0] >= line[0, 2]) & (grid[..., 0] <= line[-1, 2] + 1))


def segment_heights() -> dict[str, tuple[float, float]]:
    """Lower and upper end of each segment in z, template mm."""
    uppers = (np.inf, *SEGMENT_LIMITS[:-1])
    return {name: (low, high) for name, low, high in zip(TRACT_SEGMENTS, SEGMENT_LIMITS, uppers, strict=True)}
