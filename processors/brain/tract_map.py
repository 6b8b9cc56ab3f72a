"""Where the corticospinal tract, its surroundings and the reference lie in the grid of a series."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation
from scipy.spatial import cKDTree

from processors.brain import atlas
from processors.brain.patient_space import points_of, sample
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

COLLAR_MM = (4.0, 8.0)
SLIDE_MM = 3.0
COLLAR_GAP_MM = 1.0
WHITE_MATTER_CERTAIN = 0.9
WHITE_MATTER_LIKELY = 0.5
LATTICE_MM = 4.0
BRAINSTEM_TOP_MM = -20.0
"""Below this height grey and white matter are not told apart: the pontine nuclei lie among the fibres."""
FIELD_BOX_LPS_MM = ((-62.0, -42.0, -56.0), (62.0, 66.0, 72.0))
"""Part of the atlas that holds the tract, its collars and the reference white matter."""


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
        Shape (n,), the atlas' probability of white matter, in the pons of tissue.
    left
        Shape (n,), whether the voxel lies in the patient's left half.
    node
        Shape (n,), the nearest node of that side's centreline.
    from_centreline
        Shape (n, 3), millimetres in the atlas from the nearest node to the voxel.
    radius
        Shape (n,), of the tract at that node, millimetres.
    near_tract, collar, reference
        Shape (n,): what may be tract, the local and the distant reference.
    segment_of_node
        Name of the segment of each node.
    """

    indices: IntArray
    atlas_points: FloatArray
    white_matter: FloatArray
    left: BoolArray
    node: IntArray
    from_centreline: FloatArray
    radius: FloatArray
    near_tract: BoolArray
    collar: BoolArray
    reference: BoolArray
    segment_of_node: tuple[str, ...]

    def nodes_of(self, segment: str) -> IntArray:
        """The nodes of a segment."""
        return np.array([i for i, name in enumerate(self.segment_of_node) if name == segment], dtype=np.intp)

    def side(self, side: Side) -> BoolArray:
        """The voxels of one side."""
        return self.left if side is Side.LEFT else ~self.left


def map_tract(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> TractMap:
    """Carry the tract, its collar and the reference to the voxels of a volume.

    Parameters
    ----------
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    """
    indices = _worth_mapping(volume, to_atlas)
    at = to_atlas(points_of(volume.affine, indices.astype(np.float64)))
    near = np.all((at > FIELD_BOX_LPS_MM[0]) & (at < FIELD_BOX_LPS_MM[1]), axis=1)
    indices, at = indices[near], at[near]
    white = sample(atlas.image("icbm_white_matter"), at) / 255
    brainstem = at[:, 2] < BRAINSTEM_TOP_MM
    white[brainstem] += sample(atlas.image("icbm_grey_matter"), at[brainstem]) / 255
    left = at[:, 0] > 0
    node = np.zeros(len(at), dtype=np.intp)
    away = np.zeros((len(at), 3))
    radius = np.zeros(len(at))
    lines = {side: atlas.centreline(side) for side in Side}
    for side, line in lines.items():
        here = left if side is Side.LEFT else ~left
        _, node[here] = cKDTree(line.points).query(at[here])
        away[here] = at[here] - line.points[node[here]]
        radius[here] = line.radii[node[here]]
    distance = np.linalg.norm(away, axis=1)
    near_tract = distance <= radius + SLIDE_MM
    inner = np.maximum(COLLAR_MM[0], radius + COLLAR_GAP_MM)
    collar = (distance >= inner) & (distance <= COLLAR_MM[1]) & (white >= WHITE_MATTER_CERTAIN)
    reference = atlas.in_reference_boxes(at) & (white >= WHITE_MATTER_CERTAIN) & (distance > COLLAR_MM[1])
    return TractMap(
        indices, at, white, left, node, away, radius, near_tract, collar, reference, lines[Side.LEFT].segments
    )


def _worth_mapping(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray]) -> IntArray:
    """Indices, shape (n, 3), of all voxels near tract or reference, and of a sparse lattice elsewhere."""
    strides = [max(1, int(LATTICE_MM / step)) for step in volume.spacing]
    shape = [-(-n // stride) for n, stride in zip(volume.array.shape, strides, strict=True)]
    lattice = np.indices(shape).reshape(3, -1).T * strides
    at = to_atlas(points_of(volume.affine, lattice.astype(np.float64)))
    wanted = atlas.in_reference_boxes(at, margin=2 * LATTICE_MM)
    for side in Side:
        distance, _ = cKDTree(atlas.centreline(side).points).query(
            at, distance_upper_bound=COLLAR_MM[1] + 2 * LATTICE_MM
        )
        wanted |= np.isfinite(distance)
    blocks = binary_dilation(wanted.reshape(shape), np.ones((3, 3, 3)))
    for axis, (stride, length) in enumerate(zip(strides, volume.array.shape, strict=True)):
        blocks = np.repeat(blocks, stride, axis=axis).take(range(length), axis=axis)
    blocks[tuple(slice(None, None, stride) for stride in strides)] = True
    return np.argwhere(blocks)
