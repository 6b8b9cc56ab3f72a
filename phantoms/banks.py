"""The banks of the central sulcus in the synthetic head: their cortex, and its deep layers.

Both banks are labelled in ``data/labels.nii.gz``, which ``data/derive.py`` drew from the sulcus as it was
read off the template; the depth within the cortex is taken from the patient's own tissue map.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.bounding import Box, bounding_box
from phantoms.template import Label, axes_mm, head_template
from processors.findings import Side

Array = npt.NDArray[np.float32]

DEEP_FROM, DEEP_FULL = 0.35, 0.6
"""Share of the cortex' thickness, from its surface, at which its deep layers begin, and are full."""

FINER = 2
"""Samples a millimetre at which the depth within the cortex is measured."""

OPPOSITE = {
    Label.PRECENTRAL_BANK: Label.POSTCENTRAL_BANK,
    Label.POSTCENTRAL_BANK: Label.PRECENTRAL_BANK,
}


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """One bank of one central sulcus.

    Attributes
    ----------
    box
        The part of the template's maps (z, y, x) that the weights are of.
    cortex, deep
        How far each voxel belongs to the grey matter of the bank, and to its deep layers, 0 to 1.
    """

    box: Box
    cortex: Array
    deep: Array


def banks(tissue: Array, label: Label) -> dict[Side, Bank]:
    """Both sides of the bank of a label.

    Parameters
    ----------
    tissue
        Shape of the template: 0 CSF, 1 grey, 2 white matter.
    label
        ``PRECENTRAL_BANK``, the front wall of the sulcus, or ``POSTCENTRAL_BANK``.
    """
    left = axes_mm()[0] < 0
    own = head_template().labels == label
    return {side: _bank(tissue, own & (left if side is Side.LEFT else ~left), label) for side in Side}


def _bank(tissue: Array, own: npt.NDArray[np.bool_], label: Label) -> Bank:
    box = bounding_box(own, 5)
    here = tissue[box]
    across = head_template().labels[box] == OPPOSITE[label]
    fine = ndi.zoom(here, FINER, order=1, mode="nearest", grid_mode=True)
    surface = (fine < 0.5) | np.kron(across, np.ones((FINER,) * 3, dtype=np.bool_))
    from_surface = ndi.distance_transform_edt(~surface).astype(np.float32)
    from_white = ndi.distance_transform_edt(fine < 1.5).astype(np.float32)
    depth = from_surface / np.maximum(from_surface + from_white, 1)
    depth = depth.reshape([n for size in here.shape for n in (size, FINER)]).mean(axis=(1, 3, 5))
    edge = ndi.gaussian_filter(own[box].astype(np.float32), 0.6)
    cortex = np.clip(1 - np.abs(here - 1), 0, 1) * edge
    deep = cortex * np.clip((depth - DEEP_FROM) / (DEEP_FULL - DEEP_FROM), 0, 1)
    return Bank(box, np.asarray(cortex, dtype=np.float32), np.asarray(deep, dtype=np.float32))
