"""Where the atlas has the central sulcus: a sheet from the midline outwards and from crown to depth."""

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from processors.brain import atlas
from processors.findings import Side

FloatArray = npt.NDArray[np.float64]

STEP_MM = 2.0
DEEPEST_MM = 20.0
SHALLOWEST_MM = 0.0
MEDIAL_MM = 24.0
LATERAL_MM = 44.0
"""From the midline: outside of the leg's part, and of the hand's knob (Yousry et al., Brain 1997;120:141,
which find it 23 to 40 mm from the midline)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The central sulcus of one side in some patient space.

    Attributes
    ----------
    points
        Shape (positions, depths, 3), LPS millimetres.
    position_mm
        Shape (positions,): along the crown of the gyrus from the midline outwards, atlas millimetres.
    depth_mm
        Shape (depths,): from the surface of the brain, atlas millimetres.
    regions
        Name of the region of each position.
    """

    side: Side
    points: FloatArray
    position_mm: FloatArray
    depth_mm: FloatArray
    regions: tuple[str, ...]


@cache
def atlas_sheet(side: Side) -> Sheet:
    """The central sulcus of the atlas; to be read only."""
    document = json.loads((atlas.FOLDER / "central_sulcus.json").read_text(encoding="utf-8"))
    centre = np.array(document["centre"])
    degrees, radius = np.array(document["crown"]).T
    fine = np.linspace(degrees[0], degrees[-1], 400)
    reach = np.interp(fine, degrees, radius)
    direction = np.stack([np.sin(np.deg2rad(fine)), np.cos(np.deg2rad(fine))], axis=1)
    crown = centre + reach[:, None] * direction
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(crown, axis=0), axis=1))])
    position = np.arange(0.0, length[-1], STEP_MM)
    depth = np.arange(SHALLOWEST_MM, DEEPEST_MM + STEP_MM / 2, STEP_MM)
    at = np.interp(position, length, np.deg2rad(fine))
    out = np.stack([np.sin(at), np.cos(at)], axis=1)
    away = np.interp(position, length, reach)[:, None] - depth
    x, z = (centre[axis] + away * out[:, axis, None] for axis in (0, 1))
    y = gaussian_filter(_across({int(h): np.array(line) for h, line in document["lines"].items()}, x, z), 1.0)
    surface = np.interp(position, length, crown[:, 0])
    names = tuple(
        "medial" if r < MEDIAL_MM else "lateral" if r >= LATERAL_MM else "intermediate" for r in surface
    )
    outward = 1.0 if side is Side.LEFT else -1.0
    return Sheet(side, np.stack([outward * x, -y, z], axis=-1), position, depth, names)


def _across(lines: dict[int, FloatArray], x: FloatArray, z: FloatArray) -> FloatArray:
    """The y of the sulcus at points of a coronal plane; a line ends at its last point and goes on level."""
    heights = np.array(sorted(lines), dtype=np.float64)
    columns = np.array([np.interp(x, *lines[int(height)].T) for height in heights])
    below = np.clip(np.searchsorted(heights, z, side="right") - 1, 0, len(heights) - 2)
    share = np.clip((z - heights[below]) / (heights[below + 1] - heights[below]), 0.0, 1.0)
    rows, across = np.indices(x.shape)
    low, high = columns[below, rows, across], columns[below + 1, rows, across]
    return np.asarray((1 - share) * low + share * high)
