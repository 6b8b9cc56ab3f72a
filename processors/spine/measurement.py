"""One series and its cord: everything that is measured of every cross-section, before any decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from processors.acquisition import Contrast, Plane
from processors.findings import Side
from processors.spine.canal import Canal, measure_canal, unseen_canal
from processors.spine.columns import ColumnSignals, measure_columns
from processors.spine.cord import FINE_ACROSS_MM, Cord
from processors.spine.cross_section import Patches, Section, patches_of, sections_of
from processors.spine.entry_slice import END_SLICES, Inflow, find_inflow, surroundings
from processors.spine.limits import (
    AROUND_STENOSIS_MM,
    CAVITY_ON_T1,
    CAVITY_ON_T2,
    FEWEST_CAVITY_SLICES,
    FEWEST_LEVELS,
    LEAKING_FLATNESS,
    LEAKING_SOLIDITY,
    MIN_QUALITY,
    NARROW_CORD_MM,
    NARROW_ON_COARSE_MM,
    NARROW_ROOM_MM,
    NARROW_SAC_MM,
    ROUND_CORD,
    SHORTEST_CAVITY_MM,
    TIGHT_SAC_MM,
    TORN_SOLIDITY,
)
from processors.spine.neck_shading import shading_slope
from processors.spine.shape import Shape, shape_of
from processors.spine.stack_ends import beyond_outlines
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ENLARGED_LEVELS = ("C4", "C5", "C6")
T1_LIKE = frozenset({Contrast.T1, Contrast.T1_POST_CONTRAST, Contrast.T1_MTC})


@dataclass(frozen=True, slots=True, eq=False)
class CordMeasurement:
    """What one series shows of the cord, section by section from the top.

    Attributes
    ----------
    levels
        Vertebral level of each section; empty where it is not known.
    slope
        Of the shading that was taken out of ``signals``; ``uncorrected`` has it.
    outlined
        Shape (n,): whether the outline is good enough to be measured.
    stenotic
        Shape (n,): whether the sac is too narrow there; nothing is known where it cannot be seen.
    cavity
        Shape (n,): whether the centre is as bright (T2) or dark (T1) as fluid.
    """

    volume: Volume
    cord: Cord
    section: Section
    patches: Patches
    levels: tuple[str, ...]
    slope: tuple[float, float]
    signals: ColumnSignals
    uncorrected: ColumnSignals
    inflow: Inflow
    shape: Shape
    canal: Canal
    outlined: BoolArray
    stenotic: BoolArray
    cavity: BoolArray

    @property
    def position_mm(self) -> FloatArray:
        """Along the cord from its topmost station, shape (n,)."""
        return self.cord.position_mm[self.section.stations]

    @property
    def sac_mm(self) -> FloatArray:
        """Anteroposterior diameter of the dural sac, shape (n,); NaN where it cannot be seen."""
        rim = self.cord.rim_mm[self.section.stations]
        return self.shape.ap_mm + 2 * rim + self.canal.front_mm + self.canal.back_mm

    def ratio(self, side: Side, *, tract: bool, corrected: bool = True) -> FloatArray:
        """The lateral tract's signal, or that of both windows, over the dorsal columns', shape (n,)."""
        signals = self.signals if corrected else self.uncorrected
        columns = signals.tract[side] if tract else signals.columns[side]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(columns / signals.dorsal)


def measure_cord(volume: Volume, cord: Cord, levels: Sequence[str]) -> CordMeasurement:
    """Measure columns, fluid, shape and canal in every cross-section that has an outline.

    Parameters
    ----------
    levels
        Vertebral level of each of the cord's stations; empty where it is not known.
    """
    section = sections_of(cord)
    patches = patches_of(volume, cord, section)
    slope = shading_slope(volume, cord)
    signals = measure_columns(patches, slope)
    own = _core_signal(patches)
    fluid_is_dark = volume.contrast in T1_LIKE
    inflow = _inflow(volume, cord, section, patches, own)
    shape = shape_of(cord, section)
    canal = unseen_canal(len(own)) if fluid_is_dark else measure_canal(patches, own, section.half_ap)
    room = canal.front_mm + canal.back_mm
    with np.errstate(invalid="ignore", divide="ignore"):
        sac = shape.ap_mm + 2 * cord.rim_mm[section.stations] + room
        narrow = (sac < TIGHT_SAC_MM) | ((sac < NARROW_SAC_MM) & (room < NARROW_ROOM_MM))
        centre = signals.central / signals.dorsal
    return CordMeasurement(
        volume=volume,
        cord=cord,
        section=section,
        patches=patches,
        levels=tuple(levels[station] for station in section.stations),
        slope=slope,
        signals=signals,
        uncorrected=measure_columns(patches),
        inflow=inflow,
        shape=shape,
        canal=canal,
        outlined=(cord.quality[section.stations] >= MIN_QUALITY) & ~_leaking(shape),
        stenotic=np.asarray((narrow & ~np.isnan(room)) | inflow.tight),
        cavity=np.asarray(centre < CAVITY_ON_T1 if fluid_is_dark else centre > CAVITY_ON_T2),
    )


def _inflow(volume: Volume, cord: Cord, section: Section, patches: Patches, own: FloatArray) -> Inflow:
    """Inflow in the slices of an axial T1; on other series nothing tells of it."""
    slices = cord.slices[section.stations]
    around = surroundings(patches, own, slices)
    if volume.contrast not in T1_LIKE or not len(slices) or (slices < 0).any():
        none = np.zeros(len(own), dtype=np.bool_)
        return Inflow(around.annulus, none, none)
    ends = beyond_outlines(volume, cord, END_SLICES)
    beyond = None
    if len(ends.slices):
        nearest = np.abs(ends.slices[:, None] - slices).argmin(axis=1)
        beyond = surroundings(patches_of(volume, ends, sections_of(ends)), own[nearest], ends.slices)
    return find_inflow(around, beyond, len(volume.array), volume.spacing[0])


def near_stenosis(
    measured: CordMeasurement, others: Mapping[tuple[Contrast, Plane], CordMeasurement]
) -> BoolArray:
    """Which sections lie at a stenosis that some series of the study shows, or beside it.

    Only series of one frame of reference are compared.
    """
    near = np.zeros(len(measured.levels), dtype=np.bool_)
    for other in others.values():
        if other is not measured and not same_frame(other.volume, measured.volume):
            continue
        places = other.section.centre[other.stenotic & other.outlined]
        if len(places):
            gaps = np.linalg.norm(measured.section.centre[:, None] - places[None], axis=2)
            near |= gaps.min(axis=1) <= AROUND_STENOSIS_MM
    return near


def looks_thoracic(measured: CordMeasurement) -> bool:
    """Whether the cord is nowhere as wide as a cervical one where it should be: at what is called C4 to C6.

    Where the levels are not known, the widest fifth of the cord is looked at.
    """
    breadth = measured.shape.rl_mm + 2 * measured.cord.rim_mm[measured.section.stations]
    if any(measured.levels):
        at = np.isin(np.array(measured.levels, dtype=object), ENLARGED_LEVELS) & measured.outlined
    else:
        widths = np.where(measured.outlined, breadth, 0.0)
        at = measured.outlined & (widths >= np.quantile(widths, 0.8))
    if np.count_nonzero(at) < FEWEST_LEVELS:
        return False
    narrow = NARROW_CORD_MM if breadth_known(measured.volume) else NARROW_ON_COARSE_MM
    width, flatness = np.median(breadth[at]), np.median(measured.shape.flatness[at])
    return bool(width < narrow and flatness > ROUND_CORD)


def breadth_known(volume: Volume) -> bool:
    """Whether voxels are small enough from side to side to tell how broad a cord is."""
    return float(np.abs(volume.affine[0, :3]).max()) <= FINE_ACROSS_MM


def without_levels(measured: CordMeasurement) -> CordMeasurement:
    """The same, of unknown levels."""
    return replace(measured, levels=("",) * len(measured.levels))


def same_frame(one: Volume, other: Volume) -> bool:
    """Whether positions in one volume mean the same in the other."""
    frame, frame_of_other = one.frame_of_reference_uid, other.frame_of_reference_uid
    return frame is not None and frame == frame_of_other


def _leaking(shape: Shape) -> BoolArray:
    """Which outlines have a dent without being flat, or too deep a one: they do not follow the cord."""
    dented = (shape.solidity < LEAKING_SOLIDITY) & (shape.flatness > LEAKING_FLATNESS)
    return np.asarray(dented | (shape.solidity < TORN_SOLIDITY))


def has_cavity(measured: CordMeasurement) -> bool:
    """Whether the centre of the cord has the signal of fluid on several sections, one beside the other."""
    runs, count = ndi.label(measured.cavity & measured.outlined)
    if not count or len(runs) < FEWEST_CAVITY_SLICES:
        return False
    longest = int(np.bincount(runs.ravel())[1:].max())
    step = float(np.median(np.abs(np.diff(measured.position_mm))))
    return longest >= FEWEST_CAVITY_SLICES and longest * step >= SHORTEST_CAVITY_MM


def _core_signal(patches: Patches) -> FloatArray:
    """Median signal inside the cord, shape (n,)."""
    core = (patches.depth >= 1.0) & np.isfinite(patches.signal)
    return np.array(
        [
            np.median(signal[mask]) if mask.any() else np.nan
            for signal, mask in zip(patches.signal, core, strict=True)
        ]
    )
