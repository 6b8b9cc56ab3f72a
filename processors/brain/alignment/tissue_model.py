"""The signal of a series explained by the atlas' tissues, whatever the contrast.

Signal = shading x (white, grey, fluid weights of the voxel . their signals): a linear regression on the
atlas' tissue probabilities in turn with a smooth multiplicative shading, as the mixture models of
segmentation do it (Ashburner and Friston, NeuroImage 2005;26:839), with fixed probabilities.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain import atlas
from processors.brain.patient_space import sample

FloatArray = npt.NDArray[np.float64]

TISSUE_PROBABILITY = 0.5
SCALE_MM = 70.0
ORDER = 3
ROUNDS = 4
OUTLIER = 6.0
FAR = 4.0
RIDGE = 1e-3
SHADE_LIMITS = (0.2, 5.0)


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """A signal taken apart.

    Attributes
    ----------
    signals
        Shape (k,), of each tissue, in the units of the series, shading removed.
    agreement
        Correlation of the evened signal with the explained one, -1 to 1.
    even
        Shape (n,), the signal without its shading; what is too far from the explained signal, as scalp at the
        rim of the brain is, only as far as voxels of the brain are.
    bend, origin
        Coefficients of the shading, and the point that it is developed about, millimetres.
    """

    signals: FloatArray
    agreement: float
    even: FloatArray
    bend: FloatArray
    origin: FloatArray

    def shading(self, points: FloatArray) -> FloatArray:
        """The factor, about 1, at points of shape (n, 3), millimetres."""
        return np.asarray(np.clip(_polynomial((points - self.origin) / SCALE_MM) @ self.bend, *SHADE_LIMITS))

    def shading_of(self, axes: Sequence[FloatArray]) -> FloatArray:
        """The same, of shape (a, b, c), on a grid whose places along x, y and z are given."""
        x, y, z = (
            np.stack(_powers((places - at) / SCALE_MM)) for places, at in zip(axes, self.origin, strict=True)
        )
        cube = np.zeros((ORDER + 1,) * 3)
        cube[tuple(np.array(list(_orders())).T)] = self.bend
        field = np.einsum("ijk,ia,jb,kc->abc", cube, x, y, z, optimize=True)
        return np.asarray(np.clip(field, *SHADE_LIMITS))


@cache
def brain_mask() -> sitk.Image:
    """Where the atlas holds brain tissue, with the ventricles; to be read only."""
    tissue = atlas.image("icbm_grey_matter") + atlas.image("icbm_white_matter")
    mask = sitk.BinaryMorphologicalClosing(tissue > 255 * TISSUE_PROBABILITY, [5, 5, 5])
    filled: sitk.Image = sitk.BinaryFillhole(mask)
    return filled


@cache
def tissue_maps() -> sitk.Image:
    """Probability of white matter, grey matter and fluid, 0 to 1, as one vector image; to be read only.

    Fluid is what the atlas' brain and 2 mm around it hold beside the other two.
    """
    white, grey = (
        sitk.Cast(atlas.image(f"icbm_{name}_matter") / 255, sitk.sitkFloat32) for name in ("white", "grey")
    )
    wide = sitk.Cast(sitk.BinaryDilate(brain_mask(), [1, 1, 1]), sitk.sitkFloat32)
    fluid = sitk.Clamp(wide - white - grey, sitk.sitkFloat32, 0.0, 1.0)
    maps: sitk.Image = sitk.Compose(white, grey, fluid)
    return maps


def probabilities(points: FloatArray) -> FloatArray:
    """White matter, grey matter and fluid, shape (n, 3), at atlas LPS millimetres of shape (n, 3)."""
    return sample(tissue_maps(), points)


def explain(signal: FloatArray, tissues: FloatArray, points: FloatArray) -> Explained:
    """Find the tissues' signals and the shading that explain a signal best.

    Parameters
    ----------
    signal
        Shape (n,), of voxels inside the brain.
    tissues
        Shape (n, k): how much of each tissue a voxel holds, :func:`probabilities` or more.
    points
        Shape (n, 3): where the voxels lie, millimetres.
    """
    origin = points.mean(axis=0)
    basis = _polynomial((points - origin) / SCALE_MM)
    bend = np.zeros(basis.shape[1])
    shade = np.ones(len(signal))
    kept = np.ones(len(signal), dtype=bool)
    for _ in range(ROUNDS):
        flat = tissues @ _solve(tissues[kept] * shade[kept, None], signal[kept])
        bend = _solve(flat[kept, None] * basis[kept], signal[kept])
        shade = np.clip(basis @ bend, *SHADE_LIMITS)
        residual = np.abs(signal - flat * shade)
        kept = residual <= OUTLIER * 1.4826 * np.median(residual) + 1e-9
    even = signal / shade
    signals = _solve(tissues[kept], even[kept])
    explained = tissues @ signals
    far = FAR * 1.4826 * np.median(np.abs(even - explained)) + 1e-9
    even = explained + np.clip(even - explained, -far, far)
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = np.corrcoef(even, explained)[0, 1]
    return Explained(signals, float(np.nan_to_num(seen, nan=0.0)), even, bend, origin)


def _solve(terms: FloatArray, values: FloatArray) -> FloatArray:
    square = terms.T @ terms
    square[np.diag_indices_from(square)] += RIDGE * np.trace(square) / len(square) + 1e-12
    return np.asarray(np.linalg.solve(square, terms.T @ values))


def _polynomial(points: FloatArray) -> FloatArray:
    x, y, z = (_powers(axis) for axis in points.T)
    terms = np.empty((sum(1 for _ in _orders()), len(points)))
    for number, (i, j, k) in enumerate(_orders()):
        np.multiply(x[i] * y[j], z[k], out=terms[number])
    return terms.T


def _orders() -> Iterator[tuple[int, int, int]]:
    """The exponents of all terms up to the polynomial's order."""
    for i, j in itertools.product(range(ORDER + 1), repeat=2):
        yield from ((i, j, k) for k in range(ORDER + 1 - i - j))


def _powers(values: FloatArray) -> list[FloatArray]:
    return list(itertools.accumulate([values] * ORDER, np.multiply, initial=np.ones_like(values)))
