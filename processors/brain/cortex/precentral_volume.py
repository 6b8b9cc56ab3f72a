"""Volume of the precentral cortex beside that of other cortex and of the skull's inside, on a T1.

Each voxel's share of grey matter follows from its signal between those of fluid, grey and white matter
(partial volume, as in Shattuck et al., NeuroImage 2001;13:856). Precentral is what lies in front of the
central sulcus, within a distance that grows with the head. Its bank of the sulcus is compared with the bank
across, which has the same length, depth, coil and threshold; its volume with the frontal and parietal cortex
around it and with the inside of the skull. The farther away, the more do people, coils and remains of the
skull differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.spatial import cKDTree

from processors.brain.alignment.study import Alignment
from processors.brain.alignment.tissue_model import Explained, brain_mask, explain, probabilities
from processors.brain.cortex.motor_band_map import MIN_AGREEMENT
from processors.brain.cortex.sulcus import Sulcus
from processors.brain.patient_space import (
    extent,
    on_grid,
    points_of,
    points_of_grid,
    robust_range,
    sample,
    to_image,
)
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

FORWARD_MM = 10.0
"""In front of the central sulcus, atlas millimetres: the posterior bank and the crown, not the anterior bank,
whose sulcus is interrupted."""
BANK_MM = 6.0
"""In front of the central sulcus and behind it, atlas millimetres: its two banks."""
ASIDE_MM = 3.0
DEEPEST_MM = 18.0
AROUND_MM = 25.0
"""From the central sulcus, atlas millimetres: other frontal and parietal cortex."""
LOWEST_MM = 10.0
"""Height in the atlas, below which the temporal lobe and the insula lie."""
CERTAIN = (0.15, 0.85)
"""Between two tissues' signals: below and above, a voxel is taken for one of them alone."""
SPARSE_MM = 2.5
"""Voxels that far apart stand for other cortex and for the inside of the skull."""
GRID_MM = 3.0


@dataclass(frozen=True, slots=True)
class CorticalVolumes:
    """Of one side, millilitres.

    Attributes
    ----------
    front_bank, back_bank
        Grey matter of the precentral and the postcentral bank of the central sulcus.
    precentral, other
        Grey matter of the precentral cortex, and of the frontal and parietal cortex around it.
    intracranial
        Of both sides: the atlas' brain and fluid, scaled as its affine map to the person scales (Buckner et
        al., NeuroImage 2004;23:724). What the images do not reach counts too.
    reached
        Share of the precentral sheet that lies inside the images.
    clear
        Share of it where the central sulcus shows.
    """

    front_bank: float
    back_bank: float
    precentral: float
    other: float
    intracranial: float
    reached: float
    clear: float

    @property
    def ratio(self) -> float:
        """The precentral over the postcentral bank."""
        return self.front_bank / max(self.back_bank, 1e-6)

    @property
    def of_cortex(self) -> float:
        """Precentral over other cortex."""
        return self.precentral / max(self.other, 1e-6)

    @property
    def of_skull(self) -> float:
        """Precentral cortex over the inside of the skull."""
        return self.precentral / max(self.intracranial, 1e-6)


def tissues_of(volume: Volume, alignment: Alignment) -> Explained:
    """The signals of the tissues of a series, and its shading."""
    image = sitk.Clamp(to_image(volume), sitk.sitkFloat32, *robust_range(volume.array))
    grid = on_grid(image, *extent(volume), GRID_MM)
    points = points_of_grid(grid)
    at = alignment.to_atlas(points)
    inside = sample(sitk.Cast(brain_mask(), sitk.sitkFloat32), at) > 0.5
    signal = sitk.GetArrayFromImage(grid).astype(np.float64).ravel()[inside]
    return explain(signal, probabilities(at[inside]), points[inside])


def grey_share(signal: FloatArray, white: float, grey: float, fluid: float) -> FloatArray:
    """How much of each voxel is grey matter, 0 to 1, on a T1 (fluid darker than grey than white matter)."""
    low, high = CERTAIN
    above = fluid + low * (grey - fluid), fluid + high * (grey - fluid)
    below = grey + low * (white - grey), grey + high * (white - grey)
    return np.asarray(np.interp(signal, (*above, *below), (0.0, 1.0, 1.0, 0.0)))


def cortical_volumes(
    volume: Volume, alignment: Alignment, sulci: Mapping[Side, Sulcus]
) -> tuple[dict[Side, CorticalVolumes], dict[Side, IntArray]]:
    """Measure both sides.

    Returns
    -------
    The volumes, and the indices, shape (n, 3), of the precentral voxels that are mostly grey matter.
    """
    tissue = tissues_of(volume, alignment)
    white, grey, fluid = map(float, tissue.signals)
    millilitres = abs(float(np.linalg.det(volume.affine[:3, :3]))) / 1000
    stretch = 1.0
    if alignment.registration is not None:
        stretch = float(np.cbrt(abs(np.linalg.det(alignment.registration.affine[:3, :3]))))
    volumes, places = {}, {}

    def grey_in(found: IntArray) -> float:
        return float(_share(volume, found, tissue, (white, grey, fluid)).sum()) * millilitres

    def beside(sulcus: Sulcus, side: Side, reach_mm: float) -> IntArray:
        found = _in_front(volume, alignment.to_anchor, sulcus, reach_mm / stretch)
        return _on_side(volume, alignment, found, side)

    indices, at = _sparse(volume, alignment)
    share = _share(volume, indices, tissue, (white, grey, fluid))
    sparse = millilitres * float(np.prod([max(1, round(SPARSE_MM / step)) for step in volume.spacing]))
    in_anchor = points_of(alignment.to_anchor @ volume.affine, indices.astype(np.float64))
    for side, sulcus in sulci.items():
        found = beside(sulcus, side, FORWARD_MM)
        own = _share(volume, found, tissue, (white, grey, fluid))
        tree = cKDTree(sulcus.sheet.points.reshape(-1, 3))
        away, _ = tree.query(in_anchor, distance_upper_bound=AROUND_MM / stretch)
        here = np.isfinite(away) & (at[:, 2] > LOWEST_MM) & ((at[:, 0] > 0) == (side is Side.LEFT))
        precentral = float(own.sum()) * millilitres
        other = float(share[here].sum() * sparse) - precentral
        volumes[side] = CorticalVolumes(
            front_bank=grey_in(beside(sulcus, side, BANK_MM)),
            back_bank=grey_in(beside(replace(sulcus, normals=-sulcus.normals), side, BANK_MM)),
            precentral=precentral,
            other=other,
            intracranial=_atlas_millilitres() / stretch**3,
            reached=_reached(volume, alignment.to_anchor, sulcus),
            clear=_clear(sulcus),
        )
        places[side] = found[own > 0.5]
    return volumes, places


def _atlas_millilitres() -> float:
    mask = brain_mask()
    return float(sitk.GetArrayViewFromImage(mask).sum()) * float(np.prod(mask.GetSpacing())) / 1000


def _share(
    volume: Volume, indices: IntArray, tissue: Explained, signals: tuple[float, float, float]
) -> FloatArray:
    points = points_of(volume.affine, indices.astype(np.float64))
    return grey_share(volume.array[tuple(indices.T)] / tissue.shading(points), *signals)


def _sparse(volume: Volume, alignment: Alignment) -> tuple[IntArray, FloatArray]:
    """Voxels of the brain some millimetres apart, and where they lie in the atlas."""
    strides = [max(1, round(SPARSE_MM / step)) for step in volume.spacing]
    shape = [-(-n // stride) for n, stride in zip(volume.array.shape, strides, strict=True)]
    indices = np.indices(shape).reshape(3, -1).T * strides
    at = alignment.to_atlas(points_of(volume.affine, indices.astype(np.float64)))
    inside = sample(sitk.Cast(brain_mask(), sitk.sitkFloat32), at) > 0.5
    return indices[inside], at[inside]


def _in_front(volume: Volume, to_anchor: FloatArray, sulcus: Sulcus, reach: float) -> IntArray:
    """Voxels so many millimetres in front of the central sulcus at most, shape (n, 3)."""
    used = sulcus.sheet.depth_mm <= DEEPEST_MM
    points, normals = sulcus.sheet.points[:, used].reshape(-1, 3), sulcus.normals[:, used].reshape(-1, 3)
    affine = to_anchor @ volume.affine
    index = np.linalg.inv(affine)
    away = np.concatenate([points - reach, points + reach]) @ index[:3, :3].T + index[:3, 3]
    first = np.clip(np.floor(away.min(axis=0)).astype(int) - 2, 0, volume.array.shape)
    last = np.clip(np.ceil(away.max(axis=0)).astype(int) + 3, 0, volume.array.shape)
    box = np.indices(np.maximum(last - first, 0)).reshape(3, -1).T + first
    at = points_of(affine, box.astype(np.float64))
    distance, nearest = cKDTree(points).query(at, distance_upper_bound=reach + ASIDE_MM)
    found = np.isfinite(distance)
    box, at, distance, nearest = box[found], at[found], distance[found], nearest[found]
    forward = ((at - points[nearest]) * normals[nearest]).sum(axis=1)
    aside = np.sqrt(np.maximum(distance**2 - forward**2, 0.0))
    return np.asarray(box[(forward > 0) & (forward < reach) & (aside < ASIDE_MM)], dtype=np.intp)


def _on_side(volume: Volume, alignment: Alignment, indices: IntArray, side: Side) -> IntArray:
    """Those voxels that do not lie beyond the midline."""
    left = alignment.to_atlas(points_of(volume.affine, indices.astype(np.float64)))[:, 0] > 0
    return np.asarray(indices[left == (side is Side.LEFT)])


def _clear(sulcus: Sulcus) -> float:
    used = sulcus.sheet.depth_mm <= DEEPEST_MM
    return float((sulcus.agreement[:, used] >= MIN_AGREEMENT).mean())


def _reached(volume: Volume, to_anchor: FloatArray, sulcus: Sulcus) -> float:
    index = np.linalg.inv(to_anchor @ volume.affine)
    at = sulcus.sheet.points.reshape(-1, 3) @ index[:3, :3].T + index[:3, 3]
    return float(np.all((at >= 0) & (at <= np.array(volume.array.shape) - 1), axis=1).mean())
