"""The white columns of the cord: where they lie in a cross-section, and their signal slice by slice."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import Side
from processors.spine.cross_section import Patches

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ERODED_MM = 1.0
"""Under the surface: fluid of the same voxel, and the blur of its neighbours, stay outside."""

FEWEST_MM2 = 1.0
"""Of a window that is left after the erosion; a lateral tract has 3 to 5 (p)."""

UNROLLED_DEGREES = np.arange(-180.0, 180.0, 10.0)
UNROLLED_MM = (0.8, 2.2)
"""Depth under the surface of the white matter that is unrolled."""

Box = tuple[float, float, float, float]

LATERAL_TRACT: Box = (0.48, 0.80, -0.52, 0.0)
"""The lateral corticospinal tract: least and most \\|u\\|, least and most v, half-diameters. All windows were
measured on the white matter atlas of PAM50 (De Leener et al., Neuroimage 2018;165:170-179)."""

ANTEROLATERAL: Box = (0.45, 0.82, 0.0, 0.60)
VENTRAL_TRACT: Box = (0.0, 0.10, 0.67, 0.93)
"""The ventral corticospinal tract, 1 mm²: described, and never decided on."""

DORSAL: Box = (0.0, 0.42, -0.80, -0.30)
"""The dorsal columns, the reference (Waragai, J Neurol Neurosurg Psychiatry 1997;62:162-165)."""

BETWEEN_HORNS = (0.16, -0.32)
"""Half-width of the dorsal columns at v = 0, and its change with v: the posterior horns, of another signal,
diverge from there to the surface (drawn on a T2* of 0.5 mm on which they are seen)."""

CENTRAL: Box = (0.0, 0.30, -0.15, 0.25)
"""The commissure, the central canal and what is around it."""

VENTRAL: Box = (0.06, 0.34, 0.48, 0.82)
"""The ventral columns beside the fissure."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSignals:
    """Signal of the columns in each of n sections; NaN where a window lies outside or is too small.

    Attributes
    ----------
    columns, tract, anterolateral
        Per side, shape (n,): of both windows of the lateral column together, and of each.
    dorsal, ventral, central, ventral_tract
        Shape (n,).
    dorsal_spread
        Shape (n,): standard deviation in the dorsal columns over their mean.
    unrolled
        Shape (n, a): white matter under the surface, at :data:`UNROLLED_DEGREES` from the front to the left.
    tract_mm2, anterolateral_mm2, dorsal_mm2
        Shape (n,): how much of the section was averaged, of one side where there are two.
    """

    columns: Mapping[Side, FloatArray]
    tract: Mapping[Side, FloatArray]
    anterolateral: Mapping[Side, FloatArray]
    dorsal: FloatArray
    ventral: FloatArray
    central: FloatArray
    ventral_tract: FloatArray
    dorsal_spread: FloatArray
    unrolled: FloatArray
    tract_mm2: FloatArray
    anterolateral_mm2: FloatArray
    dorsal_mm2: FloatArray


def within(box: Box, u: FloatArray, v: FloatArray) -> BoolArray:
    """Which points lie in a window, on both sides."""
    across = np.abs(u)
    return np.asarray((across >= box[0]) & (across <= box[1]) & (v >= box[2]) & (v <= box[3]))


def dorsal_columns(u: FloatArray, v: FloatArray) -> BoolArray:
    """Which points lie in the dorsal columns, between the posterior horns."""
    start, slope = BETWEEN_HORNS
    return np.asarray(within(DORSAL, u, v) & (np.abs(u) <= start + slope * v))


def measure_columns(patches: Patches, slope: tuple[float, float] = (0.0, 0.0)) -> ColumnSignals:
    """Mean signal of every window, a millimetre or more under the cord's surface.

    Parameters
    ----------
    slope
        Change of the logarithm of the signal with shading, for each millimetre to the left and to the front;
        it is taken out.
    """
    axis = patches.axis
    shading = np.exp(slope[0] * axis[None, :] + slope[1] * axis[:, None])
    signal = patches.signal / shading
    core = patches.depth >= ERODED_MM
    cell = float(axis[1] - axis[0]) ** 2
    sides = {Side.LEFT: patches.u > 0, Side.RIGHT: patches.u < 0}

    def window(box: Box) -> BoolArray:
        return core & within(box, patches.u, patches.v)

    def mean(mask: BoolArray, fewest: float = FEWEST_MM2) -> FloatArray:
        count = mask.sum(axis=(1, 2))
        total = np.where(mask, signal, 0.0).sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(count * cell >= fewest, total / count, np.nan))

    def area(mask: BoolArray) -> FloatArray:
        return np.asarray(mask.sum(axis=(1, 2)) * cell)

    tract, anterolateral, dorsal = (
        window(LATERAL_TRACT),
        window(ANTEROLATERAL),
        core & dorsal_columns(patches.u, patches.v),
    )
    reference = mean(dorsal)
    squares = np.where(dorsal, (signal - reference[:, None, None]) ** 2, 0.0).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt(squares / dorsal.sum(axis=(1, 2))) / reference
    return ColumnSignals(
        columns={side: mean((tract | anterolateral) & own) for side, own in sides.items()},
        tract={side: mean(tract & own) for side, own in sides.items()},
        anterolateral={side: mean(anterolateral & own) for side, own in sides.items()},
        dorsal=reference,
        ventral=mean(window(VENTRAL)),
        central=mean(window(CENTRAL)),
        ventral_tract=mean(
            (patches.depth >= ERODED_MM / 2) & within(VENTRAL_TRACT, patches.u, patches.v), 0.3
        ),
        dorsal_spread=np.asarray(spread),
        unrolled=_unrolled(signal, patches),
        tract_mm2=area(tract) / 2,
        anterolateral_mm2=area(anterolateral) / 2,
        dorsal_mm2=area(dorsal),
    )


def _unrolled(signal: FloatArray, patches: Patches) -> FloatArray:
    """Mean signal under the surface by the angle around the cord, NaN where there is none."""
    angle = np.rad2deg(np.arctan2(patches.u, patches.v))
    width = float(UNROLLED_DEGREES[1] - UNROLLED_DEGREES[0])
    shell = (patches.depth >= UNROLLED_MM[0]) & (patches.depth <= UNROLLED_MM[1]) & np.isfinite(signal)
    sector = np.round((angle + 180.0) / width).astype(np.intp) % len(UNROLLED_DEGREES)
    count = len(signal) * len(UNROLLED_DEGREES)
    place = (np.arange(len(signal))[:, None, None] * len(UNROLLED_DEGREES) + sector)[shell]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(place, signal[shell], count) / np.bincount(place, minlength=count)
    return np.asarray(means.reshape(len(signal), len(UNROLLED_DEGREES)))
