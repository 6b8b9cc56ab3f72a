"""The shipped maps of a head, read once per process."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

TISSUE_STEPS = 16
"""Grey levels of the shipped head per tissue step, as ``data/derive.py`` writes them."""

EXTRACRANIAL_STEP = 10 / 143
"""Signal of one grey level outside the skull, where white matter is 1."""

ORIGIN_RAS = (-90.0, -125.0, -71.0)
"""Millimetres of the first voxel, +x right, +y anterior, +z superior."""


class Label(IntEnum):
    """What a voxel of the template belongs to."""

    BACKGROUND = 0
    EXTRACRANIAL = 1
    INTRACRANIAL = 2
    EYE = 3
    PUTAMEN = 4
    CAUDATE = 5
    PALLIDUM = 6
    THALAMUS = 7
    SUBSTANTIA_NIGRA = 8
    RED_NUCLEUS = 9
    DENTATE = 10
    PRECENTRAL_BANK = 11
    PRECENTRAL = 12
    POSTCENTRAL_BANK = 13


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A head at 1 mm, arrays of shape (z, y, x): z superior, y anterior, x to the patient's right.

    Attributes
    ----------
    tissue
        Inside the skull: 0 CSF, 1 grey matter, 2 white matter, between them where a voxel holds two.
    extracranial
        T1 signal outside the skull, white matter being 1; 0 inside.
    labels
        Members of :class:`Label`.
    """

    tissue: npt.NDArray[np.float32]
    extracranial: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Voxels inside the skull."""
        inside: npt.NDArray[np.bool_] = (self.labels == Label.INTRACRANIAL) | (self.labels > Label.EYE)
        return inside


def axes_mm() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Template millimetres (right, anterior, superior), each broadcastable to the maps."""
    nz, ny, nx = head_template().labels.shape
    x, y, z = (
        np.arange(n, dtype=np.float32) + np.float32(o) for n, o in zip((nx, ny, nz), ORIGIN_RAS, strict=True)
    )
    return x[None, None, :], y[None, :, None], z[:, None, None]


@cache
def head_template() -> Template:
    """The template that ships with Betz; its arrays must not be written to."""
    head, labels = (_read(f"{name}.nii.gz") for name in ("head", "labels"))
    inside = (labels == Label.INTRACRANIAL) | (labels > Label.EYE)
    coded = head.astype(np.float32)
    template = Template(
        np.where(inside, coded / TISSUE_STEPS, 0).astype(np.float32),
        np.where(inside, 0, coded * EXTRACRANIAL_STEP).astype(np.float32),
        labels,
    )
    for array in (template.tissue, template.extracranial, template.labels):
        array.flags.writeable = False
    return template


def _read(name: str) -> npt.NDArray[np.uint8]:
    with resources.as_file(resources.files("phantoms.data") / name) as path:
        return np.ascontiguousarray(
            np.asarray(nib.Nifti1Image.from_filename(Path(path)).dataobj, dtype=np.uint8).T
        )
