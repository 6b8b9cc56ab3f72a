"""What lies below the head in slices that reach further down than the template."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.patient import PhantomPatient

Array = npt.NDArray[np.float32]

TEMPLATE_SLICES = 6
"""Lowest slices of the template that the neck goes on from."""

SHRINKAGE = 0.22
"""By how much the neck is narrower than the head's lowest slice, at most."""

NARROWING_MM = 45.0


def with_neck(signal: Array, patient: PhantomPatient, depth: int) -> Array:
    """The head's signal with so many slices of neck below it.

    The neck continues the muscles, fat, jaw and cord of the head's lowest slices, narrower and without
    vertebrae: enough to be in the way of an alignment, not to measure in.

    Parameters
    ----------
    signal
        Shape (z, y, x), 1 mm.
    """
    rng = patient.rng("neck below")
    base = ndi.gaussian_filter(signal[:TEMPLATE_SLICES].mean(axis=0), 1.0)
    middle = (np.array(base.shape) - 1) / 2
    neck = np.empty((depth, *base.shape), dtype=np.float32)
    swing = rng.uniform(0.01, 0.04)
    for below in range(depth):
        scale = 1 + SHRINKAGE * min(below / NARROWING_MM, 1.0)
        slice_ = ndi.affine_transform(base, [scale, scale], middle - scale * middle, order=1)
        neck[depth - 1 - below] = slice_ * (1 + swing * np.sin(below / 5.3))
    return np.concatenate([neck, signal])
