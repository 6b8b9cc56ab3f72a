"""Where the columns and the cord lie in the voxels of a series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.depiction import RegionMap
from processors.findings import CERVICAL_LEVELS, WHOLE_CORD, Region, Side, Sign, regions_of
from processors.spine.columns import ANTEROLATERAL, ERODED_MM, LATERAL_TRACT, Box, dorsal_columns, within
from processors.spine.cross_section import REACH_MM
from processors.spine.measurement import CordMeasurement

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

WINDOWS: dict[Sign, tuple[Box, ...]] = {
    Sign.CORD_T1: (LATERAL_TRACT, ANTEROLATERAL),
    Sign.CORD_T2: (LATERAL_TRACT,),
}
REFERENCE = Region("reference")
PARTS = (*CERVICAL_LEVELS, WHOLE_CORD)


@dataclass(frozen=True, slots=True, eq=False)
class CordVoxels:
    """The voxels in and near the cord, each with the section it belongs to and its place there.

    Attributes
    ----------
    indices
        Shape (n, 3): slice, row and column.
    section
        Shape (n,).
    u, v, depth
        Shape (n,): as in :class:`~processors.spine.cross_section.Patches`.
    """

    indices: IntArray
    section: IntArray
    u: FloatArray
    v: FloatArray
    depth: FloatArray


def cord_voxels(measured: CordMeasurement) -> CordVoxels:
    """Every voxel whose centre lies within reach of a section: on its slice, or nearest to its plane."""
    section, volume = measured.section, measured.volume
    slices = measured.cord.slices[section.stations]
    flat = bool((slices >= 0).all())
    to_index = np.linalg.inv(volume.affine)
    centres = section.centre @ to_index[:3, :3].T + to_index[:3, 3]
    reach = np.ceil(REACH_MM / np.array(volume.spacing)).astype(int)
    low = np.maximum(np.floor(centres.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(centres.max(axis=0)).astype(int) + reach + 1, volume.array.shape)
    rows, columns = (np.arange(low[axis], high[axis]) for axis in (1, 2))
    if flat:
        at, row, column = np.meshgrid(np.arange(len(slices)), rows, columns, indexing="ij")
        indices = np.stack([slices[at.ravel()], row.ravel(), column.ravel()], axis=1)
        nearest = at.ravel()
    else:
        grids = np.meshgrid(np.arange(low[0], high[0]), rows, columns, indexing="ij")
        indices = np.stack([grid.ravel() for grid in grids], axis=1)
        nearest = _nearest(indices @ volume.affine[:3, :3].T + volume.affine[:3, 3], measured)
    offset = indices @ volume.affine[:3, :3].T + volume.affine[:3, 3] - section.centre[nearest]
    x = np.einsum("nc,nc->n", offset, section.left[nearest])
    y = np.einsum("nc,nc->n", offset, section.front[nearest])
    kept = (np.abs(x) < REACH_MM) & (np.abs(y) < REACH_MM)
    if not flat:
        normal = np.cross(section.left, section.front)[nearest]
        kept &= np.abs(np.einsum("nc,nc->n", offset, normal)) <= _half_step(measured)
    axis = measured.patches.axis
    step = axis[1] - axis[0]
    j = np.round((x[kept] - axis[0]) / step).astype(np.intp)
    i = np.round((y[kept] - axis[0]) / step).astype(np.intp)
    nearest = nearest[kept]
    patches = measured.patches
    return CordVoxels(
        indices[kept].astype(np.intp),
        nearest,
        patches.u[nearest, i, j],
        patches.v[nearest, i, j],
        patches.depth[nearest, i, j],
    )


def signal_map(sign: Sign, measured: CordMeasurement, voxels: CordVoxels, used: BoolArray) -> RegionMap:
    """The columns by level and side, and the dorsal columns that they are compared with.

    Where no level is known, those of the cord as a whole.
    """
    core = (voxels.depth >= ERODED_MM) & used[voxels.section]
    columns = np.zeros(len(voxels.u), dtype=np.bool_)
    for box in WINDOWS[sign]:
        columns |= within(box, voxels.u, voxels.v)
    level = _level_numbers(measured.levels)[voxels.section]
    labels = np.zeros(len(voxels.u), dtype=np.uint8)
    dorsal = core & dorsal_columns(voxels.u, voxels.v) & (level > 0)
    numbers = {region: number for number, region in enumerate(regions_of(sign), start=1)}
    for region, number in numbers.items():
        side = voxels.u > 0 if region.side is Side.LEFT else voxels.u < 0
        labels[core & columns & side & (level == 1 + PARTS.index(region.name))] = number
    reference = len(numbers) + 1
    labels[dorsal] = reference
    return _map(sign, measured, voxels, labels, numbers, {reference: REFERENCE})


def shape_map(sign: Sign, measured: CordMeasurement, voxels: CordVoxels, used: BoolArray) -> RegionMap:
    """The cord by level, or as a whole where no level is known."""
    level = _level_numbers(measured.levels)[voxels.section]
    rim = measured.cord.rim_mm[measured.section.stations][voxels.section]
    labels = np.where((voxels.depth > rim) & used[voxels.section], level, 0).astype(np.uint8)
    numbers = {region: 1 + PARTS.index(region.name) for region in regions_of(sign)}
    return _map(sign, measured, voxels, labels, numbers, {})


def _map(
    sign: Sign,
    measured: CordMeasurement,
    voxels: CordVoxels,
    labels: npt.NDArray[np.uint8],
    numbers: dict[Region, int],
    references: dict[int, Region],
) -> RegionMap:
    taken = labels > 0
    found = set(labels[taken].tolist())
    return RegionMap(
        sign,
        measured.volume.series_instance_uid,
        voxels.indices[taken],
        labels[taken],
        {number: region for region, number in numbers.items() if number in found},
        {number: region for number, region in references.items() if number in found},
    )


def _level_numbers(levels: Sequence[str]) -> IntArray:
    """From 1 at C1; 0 where the level is not known, and the number after C7 where none is."""
    if not any(levels):
        return np.full(len(levels), len(PARTS), dtype=np.intp)
    return np.array([1 + PARTS.index(level) if level else 0 for level in levels], dtype=np.intp)


def _nearest(points: FloatArray, measured: CordMeasurement) -> IntArray:
    """The section whose centre is nearest in height to each point, along the mean direction of the cord."""
    centres = measured.section.centre
    direction = centres[-1] - centres[0]
    direction = direction / max(float(np.linalg.norm(direction)), 1e-6)
    heights, order = np.unique(centres @ direction, return_index=True)
    middles = (heights[1:] + heights[:-1]) / 2
    return np.asarray(order[np.searchsorted(middles, points @ direction)], dtype=np.intp)


def _half_step(measured: CordMeasurement) -> float:
    steps = np.linalg.norm(np.diff(measured.section.centre, axis=0), axis=1)
    return max(float(np.median(steps)) if len(steps) else 0.0, min(measured.volume.spacing)) / 2 + 0.5
