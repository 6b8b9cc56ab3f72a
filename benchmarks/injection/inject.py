"""Brighten the tract in a real series, voxel by voxel, and worsen a series as scanners do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from benchmarks.injection.geometry import rise
from benchmarks.injection.mni_map import MniMap
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

TISSUE_LIMIT = 0.25
"""Share by which the signal may leave that of the tract nearby and still be white matter."""
TISSUE_EDGE = 0.1
NEARBY_MM = 8.0
THICK_MM = 5.0
SIGNAL_TO_NOISE = 20.0
SHADING = 0.3
ROTATION_DEGREES = (12.0, 0.0, 16.0)
"""About the axes to the left and to the head: 20 degrees together."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A series with the tract's weight in its own voxels.

    Attributes
    ----------
    weight
        Share of each voxel of the map's box that is tract of white-matter signal, 0 to 1, by side.
    """

    volume: Volume
    at: MniMap
    weight: Mapping[Side, FloatArray]


def in_tissue(volume: Volume, at: MniMap, weight: FloatArray) -> FloatArray:
    """The weight where the person's own signal is that of the tract's white matter, 0 where it is not.

    A voxel counts by how near its signal is to the median of the tract within a few millimetres of its
    height: cerebrospinal fluid, cortex, nuclei and lesions drop out, and their edges in part.
    """
    signal = volume.array[at.box].astype(np.float64)
    height = np.nan_to_num(at.ras[..., 2].astype(np.float64), nan=-1000.0)
    core = weight > 0.9
    found = np.zeros_like(weight)
    for level in np.arange(height[weight > 0].min(), height[weight > 0].max() + NEARBY_MM, NEARBY_MM / 2):
        near = core & (np.abs(height - level) <= NEARBY_MM)
        here = (weight > 0) & (np.abs(height - level) <= NEARBY_MM / 4)
        if np.count_nonzero(near) and (usual := np.median(signal[near])) > 0:
            away = np.abs(signal[here] / usual - 1)
            found[here] = weight[here] * rise((TISSUE_LIMIT - away) / TISSUE_EDGE)
    return found


def brighten(prepared: Prepared, change: Mapping[Side, float], weight: Mapping[Side, FloatArray]) -> Volume:
    """The series with its tract brighter by a share of its own signal on each side.

    Parameters
    ----------
    weight
        As in :class:`Prepared`, or a part of it.
    """
    array = prepared.volume.array.copy()
    factor = sum((change[side] * weight[side] for side in change), start=np.zeros(prepared.at.ras.shape[:3]))
    array[prepared.at.box] *= (1 + factor).astype(np.float32)
    return replace(prepared.volume, array=array)


def thick(volume: Volume) -> Volume:
    """Neighbouring slices as one, of at least five millimetres."""
    together = max(1, int(np.ceil(THICK_MM / volume.spacing[0] - 0.2)))
    count = volume.array.shape[0] // together
    array = volume.array[: count * together].reshape(count, together, *volume.array.shape[1:]).mean(axis=1)
    affine = volume.affine.copy()
    affine[:3, 3] += volume.affine[:3, 0] * (together - 1) / 2
    affine[:3, 0] *= together
    sources = volume.sources[: count * together : together]
    return replace(volume, array=array.astype(np.float32), affine=affine, sources=sources)


def noisy(volume: Volume, white_matter: float, seed: int) -> Volume:
    """The magnitude of the signal with complex noise, of a twentieth of white matter's signal."""
    random = np.random.default_rng(seed)
    sigma = white_matter / SIGNAL_TO_NOISE
    real, imaginary = random.normal(0, sigma, (2, *volume.array.shape)).astype(np.float32)
    return replace(volume, array=np.hypot(volume.array + real, imaginary))


def shaded(volume: Volume) -> Volume:
    """Ever brighter towards the last column, and half as much towards the last row, by thirty per cent."""
    _, rows, columns = volume.array.shape
    field = 1 + SHADING * (2 * np.linspace(0, 1, columns) + np.linspace(0, 1, rows)[:, None]) / 3
    return replace(volume, array=(volume.array * field).astype(np.float32))


def rotated(volume: Volume, centre: FloatArray) -> Volume:
    """The head turned in the scanner about a point (LPS mm), with the slices along with it."""
    turn = Rotation.from_euler("xyz", ROTATION_DEGREES, degrees=True).as_matrix()
    affine = volume.affine.copy()
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = turn @ (affine[:3, 3] - centre) + centre
    return replace(volume, affine=affine)
