"""The entry-slice phenomenon: bright fluid around the cord in the end slices of an axial T1, from inflow.

Fluid that flows into the stack was not saturated before. It is brightest in the first slice that it reaches,
less so in each next one, and says nothing of the cord, into which it blurs. The case report that Betz starts
from shows it beside the true sign. Around a cord that fills its canal an annulus holds bone, disc and fat
instead of fluid, so that two things are looked at: the annulus, and the dark rim directly around the cord,
which fluid at rest leaves in the narrowest canal, and fluid that flows in does not.
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

FLUID_SHARE = 0.35
"""Quantile of the annulus that stands for its fluid. The annulus reaches fat and muscle where the canal is
narrow, which are brighter than fluid on T1; fluid that flows in is bright nearly all round (p)."""

RIM_MM = (0.6, 2.2)
"""Outside the cord, where the darkest signal in each direction is looked for (p)."""

SECTORS, RIM_SHARE = 24, 0.75
"""Directions around the cord, and the quantile of their darkest signals that stands for the rim (p): the cord
may touch the wall of its canal, or a disc, in the others."""

STILL_QUANTILE, STILL_MOST = 0.1, 0.5
"""Of a stack's slices, those whose fluid is at rest; what fluid at rest has at most over the cord, on T1, for
stacks in which it flows everywhere. Usual are 0.3 to 0.45, and 0.15 after an inversion (p)."""

RISE, SLIGHT_RISE = 0.15, 0.07
"""From the signal of fluid at rest to that of the cord, how much of the way annulus and rim must both have
gone for a slice of inflow, and how much the rim alone for those that adjoin one (p)."""

BRIGHT_FLUID = 0.6
"""Fluid over cord from which a narrow place is one (p)."""

FLOWING_FLUID = 0.5
"""Fluid over cord that a long run in the middle of a stack reaches, to be one of inflow (p)."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Signal around the cord over that of the cord, in n slices of a stack.

    Attributes
    ----------
    slices
        Shape (n,): which they are.
    annulus, rim
        Shape (n,): of the fluid of the canal, and of the darkest places next to the cord; NaN where they lie
        outside the images.
    """

    slices: npt.NDArray[np.intp]
    annulus: FloatArray
    rim: FloatArray


def surroundings(patches: Patches, cord_signal: FloatArray, slices: npt.NDArray[np.intp]) -> Surroundings:
    """Look around the cord in every section.

    Parameters
    ----------
    cord_signal
        Shape (n,): signal inside the cord.
    slices
        Shape (n,): slice of each section.
    """
    outside = -patches.depth
    between = (outside >= ANNULUS_MM[0]) & (outside <= ANNULUS_MM[1])
    near = (outside >= RIM_MM[0]) & (outside <= RIM_MM[1])
    turn = np.arctan2(patches.axis[None, :], patches.axis[:, None])
    sector = np.asarray(SECTORS * (turn / (2 * np.pi) + 0.5), dtype=np.intp) % SECTORS
    annulus = np.full(len(patches.signal), np.nan)
    rim = np.full(len(patches.signal), np.nan)
    for index, signal in enumerate(patches.signal):
        seen = np.isfinite(signal)
        values = signal[between[index] & seen]
        if len(values) and len(values) >= between[index].sum() / 2:
            annulus[index] = np.quantile(values, FLUID_SHARE)
        darkest = np.full(SECTORS, np.inf)
        np.minimum.at(darkest, sector[near[index] & seen], signal[near[index] & seen])
        if np.isfinite(darkest).sum() >= SECTORS / 2:
            rim[index] = np.quantile(darkest[np.isfinite(darkest)], RIM_SHARE)
    return Surroundings(slices, annulus / cord_signal, rim / cord_signal)


def find_inflow(sections: Surroundings, beyond: Surroundings | None, count: int, step_mm: float) -> Inflow:
    """Which slices of an axial T1 show the entry-slice phenomenon, be it at the ends or throughout.

    A short run of bright slices in the middle of the stack is a narrow place, where the annulus holds disc
    and ligament. The slices that adjoin those of inflow are left out with them.

    Parameters
    ----------
    sections
        The slices that are measured.
    beyond
        Slices at the ends of the stack in which the cord was not outlined: inflow takes its edge away.
    count
        Of the stack's slices.
    step_mm
        Between slices.
    """
    fluid, rim = np.full(count, np.nan), np.full(count, np.nan)
    for part in (sections,) if beyond is None else (sections, beyond):
        fluid[part.slices], rim[part.slices] = part.annulus, part.rim
    rise, rim_rise = _rise(fluid, sections.annulus), _rise(rim, sections.rim)
    bright = (rise > RISE) & (rim_rise > RISE)
    runs, found = ndi.label(bright | (rim_rise > SLIGHT_RISE))
    flagged = np.zeros(count, dtype=np.bool_)
    tight = np.zeros(count, dtype=np.bool_)
    for run in range(1, found + 1):
        members = np.flatnonzero(runs == run)
        if not bright[members].any():
            continue
        shining = members[bright[members]]
        at_end = min(shining[0], count - 1 - shining[-1]) < END_SLICES
        long = len(members) * step_mm >= LONG_RUN_MM and fluid[shining].max() >= FLOWING_FLUID
        if at_end or long:
            flagged[max(members[0] - 1, 0) : members[-1] + 2] = True
        else:
            tight[shining[fluid[shining] > BRIGHT_FLUID]] = True
    at = sections.slices
    return Inflow(sections.annulus, flagged[at], tight[at] & ~flagged[at])


def _rise(values: FloatArray, measured: FloatArray) -> FloatArray:
    """How far the signal has gone from that of fluid at rest to that of the cord; 0 where it is not known."""
    known = measured[np.isfinite(measured)]
    still = min(float(np.quantile(known, STILL_QUANTILE)), STILL_MOST) if len(known) else STILL_MOST
    return np.nan_to_num((values - still) / (1 - still))
