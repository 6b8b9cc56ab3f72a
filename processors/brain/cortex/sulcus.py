"""The central sulcus of a person, from where the atlas has it and what the series of the study show.

Along the normals of the atlas' sheet the signal is compared with what white matter, cortex, fluid, cortex and
white matter would give in that contrast. The displacement of the sheet that agrees best, and bends least, is
found by dynamic programming (Amini et al., IEEE PAMI 1990;12:855): one for each position along the gyrus
first, then one for each depth about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates
from scipy.spatial import cKDTree

from processors.brain.alignment.registration import Registration
from processors.brain.alignment.study import Alignment
from processors.brain.cortex.sulcus_prior import Sheet, atlas_sheet
from processors.brain.patient_space import sample
from processors.findings import Side
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

OFFSET_MM = 0.5
SEARCH_MM = (-8.0, 8.0)
NEXT_MM = (7.0, 19.0)
"""How far from the central sulcus the next one lies, in front and behind."""
WINDOW_MM = 6.5
"""Half of the length of a normal that is compared: fluid, a bank, and the white matter of the gyrus."""
APART_MM = 6.0
"""What lies nearer to the central sulcus is itself, where it is folded, and no other sulcus."""
GAPS_MM = (0.2, 1.0, 2.0)
"""Half of the width of the sulcus: closed, usual, wide."""
PRECENTRAL_MM, POSTCENTRAL_MM = 2.6, 1.9
"""Thickness of the banks: Fischl and Dale, PNAS 2000;97:11050."""
CLOSEST_MM = 0.4
PRIOR_MM = 4.5
"""How far the sulcus of a person usually lies from the atlas' after registration, and the next one from where
gyri are of their usual width."""
FAR = 0.35
"""Agreement that outweighs a displacement by that."""
BEND = 0.12
"""Agreement that outweighs a bend of 1 mm from one position to the next."""
REFINE_MM = 2.5
FIRST_DEPTHS_MM = (3.0, 14.0)
FLAT = 0.06
"""Of the signal of white matter: tissues that differ by less do not show the sulcus."""
INVERSION_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A series that may show the sulcus.

    Attributes
    ----------
    to_anchor
        LPS matrix, shape (4, 4), from the series to the anchor of the study.
    white, grey, fluid
        Signals of the tissues in the units of the series.
    """

    volume: Volume
    to_anchor: FloatArray
    white: float
    grey: float
    fluid: float

    @classmethod
    def of(cls, volume: Volume, alignment: Alignment) -> "Seen":
        """A series of a study that was aligned."""
        tissue = alignment.assessment
        return cls(volume, alignment.to_anchor, tissue.white, tissue.grey, tissue.fluid)

    @property
    def shows(self) -> bool:
        """Whether cortex and fluid can be told from white matter at all."""
        return max(abs(self.grey - self.white), abs(self.fluid - self.white)) > FLAT * abs(self.white)


@dataclass(frozen=True, slots=True, eq=False)
class Sulcus:
    """The sulcus of one side of a person.

    Attributes
    ----------
    sheet
        In the anchor's patient space.
    normals
        Shape (positions, depths, 3): unit vectors to the front, towards the precentral gyrus.
    displacement_mm
        Shape (positions, depths): how far forward of the atlas' sulcus it lies.
    agreement
        Shape (positions, depths): correlation of the signal across it with the expected one.
    """

    sheet: Sheet
    normals: FloatArray
    displacement_mm: FloatArray
    agreement: FloatArray


def find_sulcus(side: Side, registration: Registration, seen: Sequence[Seen]) -> Sulcus:
    """Find the central sulcus of one side; where no series shows it, it stays where the atlas has it."""
    prior = atlas_sheet(side)
    points = from_atlas(registration, prior.points)
    normals = unit_normals(points, from_atlas(registration, prior.points - [0.0, 1.0, 0.0]))
    return _sought(replace(prior, points=points), normals, seen, SEARCH_MM)


def next_sulcus(central: Sulcus, seen: Sequence[Seen], *, forward: bool) -> Sulcus:
    """The precentral sulcus in front of a central one, or the postcentral sulcus behind it.

    Its normals point away from the central sulcus. Both sulci are interrupted, and where the central sulcus
    folds back it is met itself: there the agreement is low or 0.
    """
    normals = central.normals if forward else -central.normals
    found = _sought(central.sheet, normals, seen, NEXT_MM)
    away, _ = cKDTree(central.sheet.points.reshape(-1, 3)).query(found.sheet.points.reshape(-1, 3))
    apart = (away >= APART_MM).reshape(found.agreement.shape)
    return replace(found, agreement=np.where(apart, found.agreement, 0.0))


def _sought(start: Sheet, normals: FloatArray, seen: Sequence[Seen], range_mm: tuple[float, float]) -> Sulcus:
    shifts = np.arange(range_mm[0], range_mm[1] + OFFSET_MM / 2, OFFSET_MM)
    usual = float(np.mean(range_mm))
    compared = [agreement(one, start.points, normals, shifts) for one in seen if one.shows]
    if not compared:
        still = np.zeros(start.points.shape[:2])
        placed = start.points + usual * normals
        return Sulcus(replace(start, points=placed), normals, still + usual, still)
    whole = np.mean(compared, axis=0)
    found = _smoothest(whole, shifts, usual, start.depth_mm)
    displacement = gaussian_filter(shifts[found], 0.7)
    placed = start.points + displacement[..., None] * normals
    reached = np.take_along_axis(whole, found[..., None], axis=2)[..., 0]
    return Sulcus(
        replace(start, points=placed), unit_normals(placed, placed + normals), displacement, reached
    )


def from_atlas(registration: Registration, points: FloatArray) -> FloatArray:
    """Anchor LPS mm of atlas LPS mm, both of shape (..., 3): the map inverted by iteration."""
    flat = points.reshape(-1, 3)
    back = np.linalg.inv(registration.affine)
    goal = flat @ back[:3, :3].T + back[:3, 3]
    found = goal
    for _ in range(INVERSION_ROUNDS):
        found = goal - sample(registration.displacement, found)
    return np.asarray(found.reshape(points.shape))


def agreement(seen: Seen, points: FloatArray, normals: FloatArray, shifts: FloatArray) -> FloatArray:
    """How well the signal about each point agrees with a sulcus that is shifted along the normal.

    Parameters
    ----------
    points, normals
        Shape (positions, depths, 3), in the anchor's patient space.
    shifts
        Shape (k,), millimetres.

    Returns
    -------
    Shape (positions, depths, k): the correlation, -1 to 1, for the width of the sulcus that agrees best; 0
    where the images do not reach.
    """
    window = np.arange(-WINDOW_MM, WINDOW_MM + OFFSET_MM / 2, OFFSET_MM)
    along = np.arange(shifts[0] - WINDOW_MM, shifts[-1] + WINDOW_MM + OFFSET_MM / 2, OFFSET_MM)
    signal = profile(seen.volume, seen.to_anchor, points, normals, along)
    parts = np.lib.stride_tricks.sliding_window_view(signal, len(window), axis=2)[:, :, : len(shifts)]
    expected = np.stack([_expected(seen, normals, window, gap) for gap in GAPS_MM])
    weights = np.exp(-0.5 * (window / (0.6 * WINDOW_MM)) ** 2)
    weights /= weights.sum()
    centred = parts - (parts * weights).sum(axis=-1, keepdims=True)
    size = np.sqrt((centred**2 * weights).sum(axis=-1))
    faint = FLAT / 2 * abs(seen.white)
    best = np.full(size.shape, -1.0)
    for shape in expected:
        even = shape - (shape * weights).sum()
        length = np.sqrt((even**2 * weights).sum()) + 1e-9
        with np.errstate(invalid="ignore"):
            agrees = (centred * (even * weights)).sum(axis=-1) / (length * (size + faint))
        best = np.fmax(best, agrees)
    return np.where(np.isfinite(size), best, 0.0)


def profile(
    volume: Volume, to_anchor: FloatArray, points: FloatArray, normals: FloatArray, along: FloatArray
) -> FloatArray:
    """The signal of a series along the normals, shape (positions, depths, len(along)); NaN outside."""
    where = points[..., None, :] + along[:, None] * normals[..., None, :]
    return signal_at(volume, to_anchor, where)


def signal_at(volume: Volume, to_anchor: FloatArray, points: FloatArray) -> FloatArray:
    """The signal of a series at points of the anchor's patient space, linear between voxels; NaN outside."""
    index = np.linalg.inv(to_anchor @ volume.affine)
    at = points.reshape(-1, 3) @ index[:3, :3].T + index[:3, 3]
    values = map_coordinates(volume.array, at.T, order=1, cval=np.nan, output=np.float64)
    return np.asarray(values.reshape(points.shape[:-1]))


def _expected(seen: Seen, normals: FloatArray, window: FloatArray, gap: float) -> FloatArray:
    """The signal across a sulcus of half a width, blurred as by the voxels of the series."""
    fine = np.arange(window[0] - 6.0, window[-1] + 6.0, 0.1)
    banks = np.where(fine >= 0, PRECENTRAL_MM, POSTCENTRAL_MM)
    beyond = np.abs(fine) - gap
    signal = np.where(beyond < 0, seen.fluid, np.where(beyond < banks, seen.grey, seen.white))
    edges = seen.to_anchor[:3, :3] @ seen.volume.affine[:3, :3]
    middle = normals.reshape(-1, 3).mean(axis=0)
    width = float(np.linalg.norm(edges.T @ (middle / np.linalg.norm(middle))))
    blurred = gaussian_filter1d(signal, max(width / 3.0, CLOSEST_MM) / 0.1)
    return np.asarray(np.interp(window, fine, blurred))


def _smoothest(whole: FloatArray, shifts: FloatArray, usual: float, depth_mm: FloatArray) -> IntArray:
    """Index of the shift of each node, shape (positions, depths)."""
    away = FAR * ((shifts - usual) / PRIOR_MM) ** 2 / 2
    smooth = gaussian_filter(whole, (1.0, 0.7, 0.7))
    used = (depth_mm >= FIRST_DEPTHS_MM[0]) & (depth_mm <= FIRST_DEPTHS_MM[1])
    first = _path(away - gaussian_filter1d(smooth[:, used].mean(axis=1), 1.0, axis=0), shifts)
    found = np.empty(whole.shape[:2], dtype=np.intp)
    middle = int(np.argmin(np.abs(depth_mm - np.mean(FIRST_DEPTHS_MM))))
    order = [*range(middle, len(depth_mm)), *range(middle - 1, -1, -1)]
    for depth in order:
        before = first if depth == middle else found[:, depth - 1 if depth > middle else depth + 1]
        leash = FAR * ((shifts - shifts[before][:, None]) / REFINE_MM) ** 2
        found[:, depth] = _path(leash + away - smooth[:, depth], shifts)
    return found


def _path(cost: FloatArray, shifts: FloatArray) -> IntArray:
    """The path of least cost and bend through (positions, shifts)."""
    bend = BEND * (shifts[:, None] - shifts) ** 2
    best, back = cost[0], []
    for row in cost[1:]:
        total = best + bend
        back.append(total.argmin(axis=1))
        best = row + total.min(axis=1)
    at = [int(best.argmin())]
    for before in reversed(back):
        at.append(int(before[at[-1]]))
    return np.array(at[::-1], dtype=np.intp)


def unit_normals(points: FloatArray, forward: FloatArray) -> FloatArray:
    """Unit normals of a sheet, shape (positions, depths, 3), on the side of the points of ``forward``."""
    smooth = gaussian_filter(points, (1.5, 1.5, 0.0), mode="nearest")
    across = np.cross(np.gradient(smooth, axis=0), np.gradient(smooth, axis=1))
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    turned = np.sign(((forward - points) * across).sum(axis=-1, keepdims=True))
    return np.asarray(across * np.where(turned == 0, 1.0, turned))
