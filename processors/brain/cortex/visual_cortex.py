"""How dark the visual cortex is beside other cortex of the back of the head: the witness of iron of age.

With age iron gathers in the motor cortex, and in the visual cortex likewise (Hallgren & Sourander, J
Neurochem 1958;3:41; on T2, 1996). The motor band is of the motor cortex alone.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from processors.brain.alignment.study import Alignment
from processors.brain.cortex.sulcus import Seen, signal_at
from processors.brain.cortex.tissue_matching import explained_by_tissues, robust_fit
from processors.brain.patient_space import points_of
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

BOX_MM = ((-60.0, -102.0, -14.0), (60.0, -45.0, 34.0))
"""Opposite corners of the back of both hemispheres, x to the right, y forward and z up in the atlas."""
VISUAL_MM = ((0.0, -98.0, -6.0), (18.0, -66.0, 15.0))
"""The same of the banks of the calcarine sulcus, x from the midline."""
MARGIN_MM = 12.0
"""By which the affine part of a registration may differ from the whole of it."""
EVERY_MM = 2.5
SCALE_MM = 30.0
DARKEST = 0.6
"""Of the median signal: what is darker is a sinus or a vein."""
FEWEST = 100.0
"""Voxels of cortex on each side."""
LEAST_ERROR = 0.01
"""Of the darkness, however much the sides agree: as much as cortex differs from place to place anyway."""


@dataclass(frozen=True, slots=True)
class VisualCortex:
    """The visual cortex of both sides.

    Attributes
    ----------
    darkness
        1 − its signal over that of other cortex of the back of the head.
    standard_error
        Of the darkness, by how much the sides differ.
    """

    darkness: float
    standard_error: float


def visual_cortex(volume: Volume, alignment: Alignment, shown: Seen) -> VisualCortex | None:
    """Measure the visual cortex.

    Parameters
    ----------
    volume, alignment
        The susceptibility-weighted series.
    shown
        Another series of the study, which tells cortex from white matter and fluid.

    Returns
    -------
    ``None`` where the images do not hold enough of it on either side.
    """
    indices, anchored, at = _back_of_head(volume, alignment)
    signal = volume.array[tuple(indices.T)].astype(np.float64)
    values = signal_at(shown.volume, shown.to_anchor, anchored)
    usual = float(np.median(signal)) if len(signal) else 0.0
    used = np.isfinite(values) & (signal > DARKEST * usual) & (usual > 0)
    signal, values, at = signal[used], values[used], at[used]
    tissues = (shown.fluid, shown.grey, shown.white)
    order = np.argsort(tissues)
    grey = np.interp(values, np.array(tissues)[order], np.array([0.0, 1.0, 0.0])[order])
    low, high = np.array(VISUAL_MM)
    lateral = np.column_stack([np.abs(at[:, 0]), at[:, 1:]])
    inside = np.all((lateral >= low) & (lateral <= high), axis=1)
    sides = np.column_stack([grey * inside * (at[:, 0] < 0), grey * inside * (at[:, 0] >= 0)])
    if not len(sides) or sides.sum(axis=0).min() < FEWEST:
        return None
    terms = np.hstack([_shading(at), explained_by_tissues(values, tissues), sides])
    left, right = 1 - np.exp(robust_fit(terms, np.log(signal))[-2:])
    return VisualCortex(float(left + right) / 2, max(abs(float(left - right)) / 2, LEAST_ERROR))


def _back_of_head(
    volume: Volume, alignment: Alignment
) -> tuple[npt.NDArray[np.intp], FloatArray, FloatArray]:
    """Some voxels: indices, anchor LPS mm, and atlas mm to the right, forward and up, shape (n, 3) each."""
    steps = [max(1, round(EVERY_MM / size)) for size in volume.spacing]
    axes = [np.arange(0, size, step) for size, step in zip(volume.array.shape, steps, strict=True)]
    indices = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    if alignment.registration is None:
        return indices[:0], np.zeros((0, 3)), np.zeros((0, 3))
    low, high = np.array(BOX_MM)
    points = points_of(volume.affine, indices.astype(np.float64))
    anchored = points_of(alignment.to_anchor, points)
    about = points_of(alignment.registration.affine, anchored) * [-1.0, -1.0, 1.0]
    near = np.all((about > low - MARGIN_MM) & (about < high + MARGIN_MM), axis=1)
    indices, points, anchored = indices[near], points[near], anchored[near]
    at = alignment.to_atlas(points) * [-1.0, -1.0, 1.0]
    inside = np.all((at > low) & (at < high), axis=1)
    return indices[inside], anchored[inside], at[inside]


def _shading(at: FloatArray) -> FloatArray:
    """Terms of a shading of second order."""
    centred = (at - at.mean(axis=0)) / SCALE_MM
    pairs = combinations_with_replacement(range(3), 2)
    return np.column_stack([centred, *(centred[:, a] * centred[:, b] for a, b in pairs)])
