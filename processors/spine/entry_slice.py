"""The entry-slice phenomenon: bright fluid around the cord in the end slices of an axial T1, from inflow.

Unsaturated fluid that flows into the stack is bright there; it says nothing of the cord, and blurs into it.
The case report that Betz starts from shows it beside the true sign.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from processors.spine.cross_section import Patches

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ANNULUS_MM = (1.5, 3.5)
"""Outside the cord: the fluid of the canal of most people (p)."""

BRIGHT_FLUID = 0.6
"""Fluid over cord from which a slice is one of inflow (p); still fluid is at 0.3 to 0.5 on T1."""

BRIGHT_BEYOND_STACK = 2.0
"""Times the median of the stack, from which it is, too (p)."""

FLUID_SHARE = 0.35
"""Percentile of the annulus that stands for its fluid. The annulus reaches fat and muscle where the canal is
narrow, which are brighter than fluid on T1; fluid that flows in is bright nearly all round (p)."""

END_SLICES = 3
"""From either end of a stack that inflow usually reaches."""

LONG_RUN_MM = 15.0
"""Of bright slices in the middle of a stack that is still inflow; a narrow place is shorter (p)."""


@dataclass(frozen=True, slots=True, eq=False)
class Inflow:
    """Fluid around the cord in each section.

    Attributes
    ----------
    fluid
        Shape (n,): fluid over cord; NaN where the annulus lies outside the images.
    flagged
        Shape (n,): whether fluid flows in, so that the section must not count.
    tight
        Shape (n,): whether it is rather a narrow place, with no fluid around the cord.
    """

    fluid: FloatArray
    flagged: BoolArray
    tight: BoolArray


def find_inflow(
    patches: Patches, cord_signal: FloatArray, from_end: npt.NDArray[np.intp], step_mm: float
) -> Inflow:
    """Which slices of an axial T1 show the entry-slice phenomenon, be it at the ends or throughout.

    A short run of bright slices in the middle of the stack is a narrow place, where the annulus holds disc
    and ligament.

    Parameters
    ----------
    cord_signal
        Shape (n,): signal inside the cord.
    from_end
        Shape (n,): slices between each section's and the nearer end of the stack.
    step_mm
        Between slices.
    """
    annulus = (patches.depth <= -ANNULUS_MM[0]) & (patches.depth >= -ANNULUS_MM[1])
    fluid = np.full(len(patches.signal), np.nan)
    for index, (signal, mask) in enumerate(zip(patches.signal, annulus, strict=True)):
        values = signal[mask & np.isfinite(signal)]
        if len(values) >= mask.sum() / 2 and len(values):
            fluid[index] = np.quantile(values, FLUID_SHARE)
    fluid = fluid / cord_signal
    known = fluid[np.isfinite(fluid)]
    typical = float(np.median(known)) if len(known) else np.inf
    bright = (fluid > BRIGHT_FLUID) | (fluid > BRIGHT_BEYOND_STACK * typical)
    runs, count = ndi.label(bright)
    tight = np.zeros(len(bright), dtype=np.bool_)
    for run in range(1, count + 1):
        members = runs == run
        inside = from_end[members].min() >= END_SLICES
        tight |= members & inside & (np.count_nonzero(members) * step_mm < LONG_RUN_MM)
    return Inflow(fluid, np.asarray(bright & ~tight), tight)
