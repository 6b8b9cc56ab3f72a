"""What a susceptibility-weighted series has in the voxels of the banks, and which do not measure cortex."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.brain.cortex.motor_band_map import BankMap
from processors.brain.cortex.veins import veins_and_beside
from processors.brain.cortex.voids import beside_voids
from processors.brain.patient_space import points_of
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

VEIN_MARGIN_MM = 4.0
"""About the banks: so far veins beside them are looked for, and the filters that find them reach."""


@dataclass(frozen=True, slots=True, eq=False)
class Voxels:
    """What a series has in the voxels of a :class:`BankMap`.

    Attributes
    ----------
    signal
        Shape (n,).
    dark, left_out
        Shape (n,): which are veins, blood or calcium, or beside a signal void; the same with what borders on
        veins.
    void
        Shape (n,): which of them lie in a signal void or beside one.
    points
        Shape (n, 3), LPS millimetres in the anchor's patient space.
    volume_mm3
        Of one voxel.
    """

    signal: FloatArray
    dark: BoolArray
    left_out: BoolArray
    void: BoolArray
    points: FloatArray
    volume_mm3: float


def voxels_of(volume: Volume, to_anchor: FloatArray, banks: BankMap) -> Voxels:
    """Read a series in the voxels of a map of its banks."""
    signal = volume.array[tuple(banks.indices.T)].astype(np.float64)
    dark, left_out, void = _left_out(volume, banks, signal)
    points = points_of(to_anchor @ volume.affine, banks.indices.astype(np.float64))
    return Voxels(signal, dark, left_out, void, points, float(np.prod(volume.spacing)))


def _left_out(volume: Volume, banks: BankMap, signal: FloatArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Voxels of a vein, too dark for cortex or beside a void; with what borders on veins; of a void alone."""
    cortex = signal[banks.bank > 0]
    if not len(cortex) or not (usual := float(np.median(cortex))) > 0:
        nothing = np.zeros(len(signal), dtype=bool)
        return nothing, nothing, nothing
    margin = np.ceil(VEIN_MARGIN_MM / np.array(volume.spacing)).astype(np.intp)
    low = np.maximum(banks.indices.min(axis=0) - margin, 0)
    high = banks.indices.max(axis=0) + margin + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    here = (volume.array[box], volume.spacing, usual, banks.indices - low)
    dark, beside = veins_and_beside(*here)
    void = beside_voids(*here)
    return dark | void, beside | void, void
