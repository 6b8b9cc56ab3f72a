"""What signal the tissues of a synthetic neck have, the white matter of the cord being 1."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from phantoms.cord import DISCS, Cord
from phantoms.neck import Tissue
from phantoms.patient import PhantomPatient
from phantoms.tissue_signal import T1Family
from processors.acquisition import Contrast

Array = npt.NDArray[np.float32]


class NeckContrast(StrEnum):
    """The kinds of series that a neck is drawn as."""

    T1_SPIN_ECHO = "T1 spin echo"
    T1_GRADIENT_ECHO = "T1 gradient echo"
    T1_PREPARED = "T1 inversion-prepared"
    T2 = "T2"
    T2_STAR = "T2*"


SIGNAL: dict[NeckContrast, tuple[float, ...]] = {
    NeckContrast.T1_SPIN_ECHO: (
        0.0, 1.75, 0.62, 1.0, 0.14, 0.66, 0.36, 1.0, 0.93, 0.35, 0.12, 0.85, 0.62, 0.8,
    ),
    NeckContrast.T1_GRADIENT_ECHO: (
        0.0, 1.3, 0.66, 0.75, 0.10, 0.60, 0.34, 1.0, 0.87, 0.40, 0.9, 0.85, 0.6, 0.78,
    ),
    NeckContrast.T1_PREPARED: (
        0.0, 1.25, 0.55, 0.8, 0.10, 0.50, 0.14, 1.0, 0.76, 0.30, 0.5, 0.75, 0.5, 0.68,
    ),
    NeckContrast.T2: (0.0, 1.7, 0.55, 0.9, 0.14, 1.45, 3.1, 1.0, 1.2, 0.30, 0.10, 1.3, 1.7, 1.05),
    NeckContrast.T2_STAR: (0.0, 0.8, 0.8, 0.35, 0.08, 1.25, 1.9, 1.0, 1.28, 0.6, 1.6, 1.2, 1.35, 1.1),
}  # fmt: skip
"""Signal of each :class:`Tissue`: plausible for 3 T, not simulated."""

ENHANCED = {
    Tissue.MUSCLE: 1.08,
    Tissue.MARROW: 1.05,
    Tissue.DURA: 3.0,
    Tissue.VESSEL: 12.0,
    Tissue.GLAND: 1.7,
}
"""What a contrast agent multiplies T1 signal by."""

SPREAD = {
    Tissue.FAT: 0.10,
    Tissue.MUSCLE: 0.05,
    Tissue.MARROW: 0.16,
    Tissue.DISC: 0.12,
    Tissue.FLUID: 0.13,
    Tissue.CORD_GREY: 0.025,
    Tissue.FISSURE: 0.1,
}
"""Fractional standard deviations between people and scanners."""

SUPPRESSED_FAT, SUPPRESSED_SHARE = 0.22, 0.2
"""Signal of fat where it is suppressed on T2, and how often it is."""

VERTEBRA_SD, WORN_SHARE = 0.05, 0.45
"""Fractional spread between a person's vertebrae, and how many discs are worn: darker on T2."""


def neck_contrast(contrast: Contrast, family: T1Family | None, *, three_d: bool) -> NeckContrast:
    """Which kind of series a contrast of the protocol is.

    Raises
    ------
    ValueError
        If a neck cannot be drawn as this contrast.
    """
    if contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST):
        if family is None:
            family = T1Family.MPRAGE if three_d else T1Family.SPIN_ECHO
        return {
            T1Family.SPIN_ECHO: NeckContrast.T1_SPIN_ECHO,
            T1Family.FLASH: NeckContrast.T1_GRADIENT_ECHO,
            T1Family.MPRAGE: NeckContrast.T1_PREPARED,
        }[family]
    if contrast is Contrast.T2:
        return NeckContrast.T2
    if contrast is Contrast.T2_STAR:
        return NeckContrast.T2_STAR
    raise ValueError(f"a neck cannot be drawn as {contrast}")


def signal_table(
    patient: PhantomPatient, cord: Cord, kind: NeckContrast, height: Array, *, enhanced: bool
) -> Array:
    """Signal of every tissue at every height, shape (heights, tissues)."""
    rng = patient.rng(f"neck signal {kind}")
    signal = np.array(SIGNAL[kind], dtype=np.float32)
    for tissue, spread in SPREAD.items():
        signal[tissue] *= 1 + spread * float(np.clip(rng.normal(), -2, 2))
    if kind is NeckContrast.T2 and rng.uniform() < SUPPRESSED_SHARE:
        signal[Tissue.FAT] *= SUPPRESSED_FAT / 1.7
        signal[Tissue.MARROW] *= 0.5
    if enhanced:
        for tissue, factor in ENHANCED.items():
            signal[tissue] *= factor
    table = np.repeat(signal[None], len(height), axis=0)
    edges = np.array(cord.discs[::-1], dtype=np.float32)
    person = patient.rng("vertebrae")
    vertebrae = 1 + VERTEBRA_SD * person.standard_normal(len(edges) + 1)
    worn = np.where(person.uniform(size=len(DISCS)) < WORN_SHARE, person.uniform(0.3, 0.7, len(DISCS)), 1.0)
    if kind not in (NeckContrast.T2, NeckContrast.T2_STAR):
        worn = 0.9 + 0.1 * worn
    flat = height.ravel()
    table[:, Tissue.MARROW] *= vertebrae[np.searchsorted(edges, flat)]
    table[:, Tissue.DISC] *= worn[np.abs(flat[:, None] - edges).argmin(axis=1)]
    return table
