"""Where the corticospinal tract, its surroundings and the reference lie in the grid of a series."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.ndimage import binary_dilation
from scipy.spatial import cKDTree

from processors.brain import atlas
from processors.brain.patient_space import points_of, sample
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

CORE_MM = 2.0
"""Smallest radius of the tract's core; the tract itself is 5 to 9 mm wide."""
DISC_MM = 13.0
"""Radius of what is looked at around a node."""
HALF_THICKNESS_MM = 2.6
"""Half of the length of tract that a node stands for, a little more than the spacing of the nodes."""
PARTIAL_VOXEL = 0.55
"""Share of a voxel's edge that a core or a disc must be wide for no voxel to slip through."""
CORE_VOXELS = 1.25
"""Smallest radius of the core in edges of a cube of a voxel's volume: enough voxels where they are coarse."""
AROUND_TRACT_MM = 11.0
SPARED_MM = 7.0
"""Around the centreline, left out of the fit of shading: the tract's own width and its misplacement."""
REFERENCE_DISTANCE_MM = 10.0
WHITE_MATTER_CERTAIN = 0.9
LATTICE_MM = 4.0
PONS_TOP_MM = -20.0
"""Below this height grey and white matter are not told apart: the pontine nuclei lie among the fibres."""
MIDBRAIN_LPS_MM = ((-24.0, 4.0, PONS_TOP_MM), (24.0, 34.0, -5.0))
FLUID_MM = 2.0
"""Blur of the tissue map that tells what lies beside fluid."""
CRUS_PROBABILITY = 0.55
"""Probability of white matter in the crus, where the template's segmentation doubts; the nigra has .3."""
FIELD_BOX_LPS_MM = ((-62.0, -42.0, -56.0), (62.0, 66.0, 72.0))
"""Part of the atlas that holds the tract, its surroundings and the reference white matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Disc:
    """The voxels near one node of the centreline, seen along the tract.

    Attributes
    ----------
    voxels
        Shape (m,), indices into the map.
    offsets
        Shape (m, 2): to the patient's left and across, perpendicular to the tract, atlas millimetres.
    core_mm
        Radius of the core at this node, as large as the voxels need.
    voxel_spread
        Shape (2, 2), second moments of a voxel's own extent across the tract, mm².
    """

    voxels: IntArray
    offsets: FloatArray
    core_mm: float
    voxel_spread: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TractMap:
    """Native voxels near the tract and in reference white matter, and a sparse lattice of the rest.

    Attributes
    ----------
    indices
        Shape (n, 3): slice, row, column of each voxel.
    atlas_points
        Shape (n, 3), atlas LPS millimetres.
    white_matter
        Shape (n,), how surely a voxel is of the tissue that tract and collar are made of, 0 to 1.
    distance
        Shape (n,), atlas millimetres to the nearest centreline.
    deep
        Shape (n,), certain tissue that, in the brain stem, is not beside fluid: there a lesion can be told.
    reference, splenium
        Shape (n,), white matter far from the tract, and the splenium of the corpus callosum.
    discs
        Of each side, one for each node of the centreline.
    """

    indices: IntArray
    atlas_points: FloatArray
    white_matter: FloatArray
    distance: FloatArray
    deep: BoolArray
    reference: BoolArray
    splenium: BoolArray
    discs: Mapping[Side, tuple[Disc, ...]]

    @property
    def certain(self) -> BoolArray:
        """Shape (n,), what is white matter or brain stem without doubt."""
        return self.white_matter >= WHITE_MATTER_CERTAIN

    @property
    def even(self) -> BoolArray:
        """Shape (n,), what the shading may be fitted to: certain tissue apart from the tract."""
        return self.certain & (self.distance > SPARED_MM)


def map_tract(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> TractMap:
    """Carry the tract, its surroundings and the reference to the voxels of a volume.

    Parameters
    ----------
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    """
    indices = _worth_mapping(volume, to_atlas)
    at = to_atlas(points_of(volume.affine, indices.astype(np.float64)))
    near = np.all((at > FIELD_BOX_LPS_MM[0]) & (at < FIELD_BOX_LPS_MM[1]), axis=1)
    indices, at = indices[near], at[near]
    tissue = _tissue(at)
    distance = np.full(len(at), np.inf)
    discs = {}
    for side in Side:
        line = atlas.centreline(side)
        here = np.flatnonzero(at[:, 0] > 0 if side is Side.LEFT else at[:, 0] <= 0)
        distance[here] = cKDTree(line.points).query(at[here])[0]
        tree = cKDTree(at[here])
        nearest = indices[here[tree.query(line.points)[1]]] if len(here) else np.zeros((len(line.points), 3))
        discs[side] = _discs(at, here, tree, line, _edges(volume, to_atlas, nearest))
    certain = tissue >= WHITE_MATTER_CERTAIN
    reference = atlas.in_boxes("reference_boxes", at) & certain & (distance > REFERENCE_DISTANCE_MM)
    splenium = atlas.in_boxes("splenium_box", at) & certain
    deep = certain & ((at[:, 2] >= MIDBRAIN_LPS_MM[1][2]) | _away_from_fluid(at))
    return TractMap(indices, at, tissue, distance, deep, reference, splenium, discs)


def _tissue(at: FloatArray) -> FloatArray:
    """White matter; in the midbrain the crus without the nigra; below, all of the brain stem."""
    white = sample(atlas.image("icbm_white_matter"), at) / 255
    low = at[:, 2] < MIDBRAIN_LPS_MM[1][2]
    either = white[low] + sample(atlas.image("icbm_grey_matter"), at[low]) / 255
    inside = np.all((at[low] >= MIDBRAIN_LPS_MM[0]) & (at[low] < MIDBRAIN_LPS_MM[1]), axis=1)
    crus = np.minimum(1.0, white[low] / CRUS_PROBABILITY) * np.clip((either - 0.9) / 0.07, 0, 1)
    pons = np.minimum(1.0, either)
    white[low] = np.where(at[low, 2] < PONS_TOP_MM, pons, np.where(inside, crus, white[low]))
    return np.asarray(white)


def _away_from_fluid(at: FloatArray) -> BoolArray:
    tissue = atlas.image("icbm_white_matter") + atlas.image("icbm_grey_matter")
    return np.asarray(sample(sitk.SmoothingRecursiveGaussian(tissue, FLUID_MM), at) >= 255 * 0.96)


def _edges(
    volume: Volume, to_atlas: Callable[[FloatArray], FloatArray], voxels: npt.NDArray[np.number]
) -> FloatArray:
    """The edges of voxels, shape (n, 3), as they lie in the atlas: shape (n, 3, 3), each a row.

    From voxel to voxel inside the images. The atlas is larger than most heads: by a patient's own millimetres
    a thin disc would fall between slices.
    """
    last = np.array(volume.array.shape) - 1
    before, after = (np.clip(voxels[:, None] + way * np.eye(3), 0, last) for way in (-1, 1))
    steps = np.maximum(np.sum(after - before, axis=-1, keepdims=True), 1)
    ends = (to_atlas(points_of(volume.affine, end.reshape(-1, 3))) for end in (after, before))
    return np.asarray(np.subtract(*ends).reshape(-1, 3, 3) / steps)


def _discs(
    at: FloatArray, here: IntArray, tree: cKDTree, line: atlas.Centreline, voxels: FloatArray
) -> tuple[Disc, ...]:
    across = _across(line.tangents)
    discs = []
    for point, tangent, axes, edges in zip(line.points, line.tangents, across, voxels, strict=True):
        volume_edge = float(np.cbrt(abs(np.linalg.det(edges))))
        along = edges @ tangent
        half = max(HALF_THICKNESS_MM, PARTIAL_VOXEL * float(np.max(np.abs(along))))
        aside = np.linalg.norm(edges - along[:, None] * tangent, axis=1)
        found = here[tree.query_ball_point(point, DISC_MM + half)]
        away = at[found] - point
        in_slab = np.abs(away @ tangent) <= half
        core = max(CORE_MM, PARTIAL_VOXEL * float(np.max(aside)), CORE_VOXELS * volume_edge)
        discs.append(
            Disc(found[in_slab], away[in_slab] @ axes.T, core, axes @ (edges.T @ edges / 12) @ axes.T)
        )
    return tuple(discs)


def _across(tangents: FloatArray) -> FloatArray:
    """Two unit vectors perpendicular to each tangent, shape (n, 2, 3); the first nearest to the left."""
    left = np.array([1.0, 0.0, 0.0]) - tangents[:, :1] * tangents
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    return np.stack([left, np.cross(tangents, left)], axis=1)


def _worth_mapping(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> IntArray:
    """Indices, shape (n, 3), of all voxels near tract or reference, and of a sparse lattice elsewhere."""
    strides = [max(1, int(LATTICE_MM / step)) for step in volume.spacing]
    shape = [-(-n // stride) for n, stride in zip(volume.array.shape, strides, strict=True)]
    lattice = np.indices(shape).reshape(3, -1).T * strides
    at = to_atlas(points_of(volume.affine, lattice.astype(np.float64)))
    wanted = atlas.in_boxes("splenium_box", at, margin=2 * LATTICE_MM)
    wanted |= atlas.in_boxes("reference_boxes", at, margin=LATTICE_MM)
    for side in Side:
        distance, _ = cKDTree(atlas.centreline(side).points).query(
            at, distance_upper_bound=AROUND_TRACT_MM + LATTICE_MM
        )
        wanted |= np.isfinite(distance)
    blocks = binary_dilation(wanted.reshape(shape), np.ones((3, 3, 3)))
    for axis, (stride, length) in enumerate(zip(strides, volume.array.shape, strict=True)):
        blocks = np.repeat(blocks, stride, axis=axis).take(range(length), axis=axis)
    blocks[tuple(slice(None, None, stride) for stride in strides)] = True
    return np.argwhere(blocks)
