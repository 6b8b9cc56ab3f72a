"""A series as the tract is looked for in it: its signal without shading, and where the tract may run.

The same code serves every contrast. What it must know of one is whether the sign is bright or dark there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from processors.acquisition import Contrast
from processors.brain import atlas
from processors.brain.tract.core import ridge_evidence
from processors.brain.tract.lesions import find_lesions
from processors.brain.tract.mapping import TractMap, map_tract
from processors.brain.tract.place import TractPlace, locate
from processors.brain.tract.shading import shading
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SIDES = (Side.LEFT, Side.RIGHT)
DARK_IN_HEALTH = frozenset({Contrast.T1, Contrast.T1_MTC})
"""Contrasts on which a normal tract is darker than the white matter around it, and a changed one brighter."""
AMID_WHITE_MATTER = frozenset({"internal_capsule", "corona_radiata"})
"""Elsewhere darkness is no sign of the tract: cortex, nigra and pontine nuclei reach into where it may be."""
COLLAR_MM = (4.5, 10.0)
PLAUSIBLE = (0.8, 2.0)
"""Signal of tract and collar over the reference: beyond it lies fluid, fat, a vessel or cortex."""
PLAUSIBLE_DARK = (0.3, 1.6)
"""The same where the sign is dark: restricted diffusion takes half, and fluid has four times as much."""
EXTREME = (0.55, 2.2)
"""Beyond it a voxel is fluid, fat or bone, and its neighbours hold some of it; a severe sign is 1.7 on T2."""
EXTREME_DARK = (0.2, 2.2)
NEIGHBOUR_MM = 1.6
TISSUE_ON_T1 = 0.85
"""Signal on T1, over the reference, below which a voxel near cortex, nuclei or cisterns holds some of them:
cortex has .6 to .85, fluid less, the healthy tract there .87 to 1.06. Fluid and cortex are bright on T2 as
a changed tract is, and a voxel that is a quarter fluid is no brighter than one."""
NEAREST_T1_MM = 2.5
"""As far from the middle of the next voxel of T1, with slices of 4 to 5 mm, T1 still tells."""


@dataclass(frozen=True, slots=True, eq=False)
class TractSignals:
    """The signal of a map's voxels, each of shape (n,), over the median of the reference."""

    corrected: FloatArray
    uncorrected: FloatArray
    inside: BoolArray
    usable: BoolArray
    lesion: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class TractView:
    """One series as the tract is looked for in it.

    Attributes
    ----------
    evidence
        Of each side, for every place that the tract may have.
    """

    volume: Volume
    tract: TractMap
    signals: TractSignals
    evidence: Mapping[Side, FloatArray]


def view_tract(
    volume: Volume, to_atlas: Callable[[FloatArray], FloatArray], t1: TractView | None = None
) -> TractView:
    """Look for the tract in a series' own voxels.

    Parameters
    ----------
    volume
        A head. Where its contrast is ADC the tract is searched for where it is darkest, else brightest.
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    t1
        The T1 of the same study, if it shows where fluid and cortex lie in this series as well.
    """
    tract = map_tract(volume, to_atlas)
    darker = volume.contrast is Contrast.ADC
    signals = _signals(volume, tract, darker=darker)
    if t1 is not None:
        signals = replace(signals, usable=signals.usable & ~_no_white_matter_on(t1, tract))
    evidence = {
        side: ridge_evidence(
            signals.corrected,
            signals.usable,
            tract.white_matter,
            tract.discs[side],
            darker=darker,
            either=_either(volume.contrast, atlas.centreline(side).segments),
        )
        for side in SIDES
    }
    return TractView(volume, tract, signals, evidence)


def find_tract(views: Sequence[TractView]) -> dict[Side, TractPlace]:
    """Where the core of each side runs by all of these series. Empty without any."""
    if not views:
        return {}
    return {
        side: locate([view.evidence[side] for view in views], atlas.centreline(side).segments)
        for side in SIDES
    }


def _either(contrast: Contrast, segments: Sequence[str]) -> BoolArray:
    """The nodes at which a normal tract is dark and a changed one bright, shape (nodes,)."""
    return np.array([contrast in DARK_IN_HEALTH and name in AMID_WHITE_MATTER for name in segments])


def _signals(volume: Volume, tract: TractMap, *, darker: bool) -> TractSignals:
    """The signal as acquired and without shading, which is fitted without the lesions that are found."""
    raw = volume.array[tuple(tract.indices.T)].astype(np.float64)
    lesion = np.zeros(len(raw), dtype=bool)
    corrected = raw
    for _ in range(2):
        corrected = raw / shading(raw, tract.atlas_points, tract.even & ~lesion)
        corrected = corrected / _reference_level(corrected, tract, lesion)
        lesion = find_lesions(
            corrected,
            tract.indices,
            tract.deep,
            tract.distance,
            tract.atlas_points,
            float(np.prod(volume.spacing)),
        )
    low, high = PLAUSIBLE_DARK if darker else PLAUSIBLE
    usable = (corrected > low) & (corrected < high) & ~lesion
    usable &= ~_beside_extremes(corrected, raw > 0, tract, EXTREME_DARK if darker else EXTREME)
    return TractSignals(corrected, raw / _reference_level(raw, tract, lesion), raw > 0, usable, lesion)


def _reference_level(signal: FloatArray, tract: TractMap, lesion: BoolArray) -> float:
    """Median of the reference white matter; of all even tissue where the images do not hold the reference."""
    for where in (tract.reference & ~lesion, tract.even, tract.certain):
        if np.count_nonzero(where) and (level := float(np.median(signal[where]))) > 0:
            return level
    return 1.0


def _no_white_matter_on(t1: TractView, tract: TractMap) -> BoolArray:
    """Which voxels of a series hold fluid, cortex or nuclei by the T1 of the study, shape (n,).

    Amid white matter none is said to: the normal tract is dark on T1 there.
    """
    low, high = _heights_amid_white_matter()
    height = tract.atlas_points[:, 2]
    near = tract.distance <= COLLAR_MM[1] + NEIGHBOUR_MM
    asked = np.flatnonzero(near & ((height < low) | (height > high)))
    shown = np.flatnonzero(
        t1.signals.inside & (t1.tract.distance <= COLLAR_MM[1] + NEIGHBOUR_MM + NEAREST_T1_MM)
    )
    dark = np.zeros(len(height), dtype=bool)
    if len(asked) and len(shown):
        away, nearest = cKDTree(t1.tract.atlas_points[shown]).query(
            tract.atlas_points[asked], distance_upper_bound=NEAREST_T1_MM
        )
        known = np.isfinite(away)
        dark[asked[known]] = t1.signals.corrected[shown[nearest[known]]] < TISSUE_ON_T1
    return dark


def _heights_amid_white_matter() -> tuple[float, float]:
    """Between which heights of the atlas the tract runs amid white matter, millimetres."""
    heights = [
        float(point[2])
        for line in map(atlas.centreline, SIDES)
        for point, name in zip(line.points, line.segments, strict=True)
        if name in AMID_WHITE_MATTER
    ]
    return min(heights), max(heights)


def _beside_extremes(
    relative: FloatArray, inside: BoolArray, tract: TractMap, limits: tuple[float, float]
) -> BoolArray:
    """Voxels near the tract that may hold some fluid or fat of a neighbour."""
    near = np.flatnonzero(inside & (tract.distance <= COLLAR_MM[1] + NEIGHBOUR_MM))
    extreme = (relative[near] < limits[0]) | (relative[near] > limits[1])
    beside = np.zeros(len(relative), dtype=bool)
    if extreme.any():
        at = tract.atlas_points[near]
        away, _ = cKDTree(at[extreme]).query(at, distance_upper_bound=NEIGHBOUR_MM)
        beside[near] = np.isfinite(away)
    return beside
