"""Veins inside the synthetic brain: in its sulci, the central one above all, and in its white matter."""

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.disease import lateral_ventricles
from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS, Label, axes_mm, head_template
from phantoms.tract import tube
from processors.findings import Side

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

OWN_CALIBRE = (0.4, 1.1)
"""Range of the calibre of the vein in the central sulcus that everybody has, mm."""

OWN_REACH = (12.0, 30.0)
"""Range of the height over which it lies in the sulcus, mm."""

CENTRAL_DEPTH = (5.0, 13.0)
"""Range of its depth below the inner table, mm."""

SULCAL, SULCAL_STEPS = 70, 26
"""Number of other veins in sulci, and their length in mm."""

MEDULLARY, MEDULLARY_WEIGHT = 90, 0.35
"""Number of veins of the white matter, and share of a voxel that one fills: they are thinner than a voxel."""


def inner_vein_weight(patient: PhantomPatient) -> Array:
    """How far each template voxel (z, y, x) belongs to a vein of the sulci or the white matter, 0 to 1."""
    weight = np.zeros(head_template().labels.shape, dtype=np.float32)
    _mark(weight, _sulcal_points(patient), 0.9)
    _mark(weight, _medullary_points(patient), MEDULLARY_WEIGHT)
    for side in Side:
        line = _central_line(patient, side)
        if len(line) > 1:
            box, inside = tube(line)
            weight[box] = np.maximum(weight[box], inside)
    return weight * head_template().inside


def _mark(weight: Array, points: FloatArray, peak: float) -> None:
    """Draw points (z, y, x) with linear weights to the voxels around them, in place."""
    base = np.floor(points).astype(int)
    share = points - base
    for corner in np.ndindex(2, 2, 2):
        at = base + np.array(corner)
        part = np.prod(np.where(corner, share, 1 - share), axis=1).astype(np.float32)
        np.maximum.at(weight, tuple(at.T), np.float32(peak) * np.sqrt(part))


def _sulcal_points(patient: PhantomPatient) -> FloatArray:
    """Veins that wander through the fluid of sulci, from random places."""
    tissue = head_template().tissue
    rng = patient.rng("sulcal veins")
    coarse = (slice(70, None), slice(20, -20, 2), slice(20, -20, 2))
    fluid = np.argwhere((tissue[coarse] < 0.6) & head_template().inside[coarse])
    chosen = fluid[rng.integers(len(fluid), size=SULCAL)]
    at = chosen * np.array([1.0, 2.0, 2.0]) + np.array([70.0, 20.0, 20.0])
    heading = rng.normal(size=(SULCAL, 3)) + np.array([0.6, 0, 0])
    track = []
    for _ in range(SULCAL_STEPS):
        before, after = (
            np.stack([_at(tissue, at + sign * step) for step in 1.5 * np.eye(3)], axis=1) for sign in (-1, 1)
        )
        downhill = before - after
        heading = 0.9 * heading + 0.25 * rng.normal(size=heading.shape)
        heading -= (heading * downhill).sum(axis=1, keepdims=True) * downhill * 0.6
        heading /= np.linalg.norm(heading, axis=1, keepdims=True) + 1e-6
        at = np.clip(at + heading + 0.5 * downhill, 2, np.array(tissue.shape) - 4)
        track.append(at[_at(tissue, at) < 1.25])
    return np.concatenate(track)


def _at(array: Array, points: FloatArray) -> FloatArray:
    return np.asarray(ndi.map_coordinates(array, points.T, order=1), dtype=np.float64)


def _medullary_points(patient: PhantomPatient) -> FloatArray:
    """Veins that run straight outwards through the white matter from beside the ventricles."""
    tissue = head_template().tissue
    rng = patient.rng("medullary veins")
    start, outwards = _beside_ventricles()
    chosen = rng.integers(len(start), size=MEDULLARY)
    at, outwards = start[chosen], outwards[chosen]
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True) + 1e-6
    lengths = rng.uniform(8, 22, MEDULLARY)
    along = np.arange(0, 22, 0.7)
    points = at[:, None, :] + along[None, :, None] * outwards[:, None, :]
    kept = points[along[None, :] < lengths[:, None]]
    kept = kept[((kept > 2) & (kept < np.array(tissue.shape) - 3)).all(axis=1)]
    return np.asarray(kept[_at(tissue, kept) > 1.5])


@cache
def _beside_ventricles() -> tuple[FloatArray, FloatArray]:
    """Places (z, y, x) in the white matter beside the lateral ventricles, and the way from these outwards."""
    from_ventricles = 2 * ndi.distance_transform_edt(~lateral_ventricles()[80:160:2, ::2, ::2])
    away = np.stack(np.gradient(from_ventricles), axis=-1)
    white = head_template().tissue[80:160:2, ::2, ::2] > 1.8
    near = (from_ventricles > 3) & (from_ventricles < 7) & white
    return np.argwhere(near) * 2.0 + np.array([80.0, 0, 0]), away[near]


def _central_line(patient: PhantomPatient, side: Side) -> FloatArray:
    """Points and radius (template mm right, anterior, superior; radius) of the vein in one central sulcus."""
    rng = patient.rng(f"central vein {side}")
    calibre, depth = rng.uniform(*OWN_CALIBRE), rng.uniform(*CENTRAL_DEPTH)
    reach, start = rng.uniform(*OWN_REACH), rng.uniform()
    line = central_sulcus_line(side, depth)
    if patient.magnetism.central_vein:
        calibre = patient.magnetism.central_vein
    else:
        low, high = line[0, 2], line[-1, 2] - reach
        begin = low + start * max(high - low, 0)
        line = line[(line[:, 2] >= begin) & (line[:, 2] <= begin + reach)]
    radii = np.full((len(line), 1), calibre / 2) * rng.uniform(0.85, 1.15, (len(line), 1))
    return np.concatenate([line, radii], axis=1)


def central_sulcus_line(side: Side, depth_mm: float) -> FloatArray:
    """The central sulcus at a depth below the inner table, from its lower end up, (n, 3) template mm."""
    labels, inside = head_template().labels, head_template().inside
    left = axes_mm()[0] < 0
    front = (labels == Label.PRECENTRAL_BANK) & (left if side is Side.LEFT else ~left)
    z, y, x = np.nonzero(front)
    low = np.array([z.min(), y.min(), x.min()]) - 4
    box = tuple(slice(int(lo), int(hi.max()) + 22) for lo, hi in zip(low, (z, y, x), strict=True))
    near = ndi.binary_dilation(labels[box] == Label.POSTCENTRAL_BANK) & front[box]
    depth = ndi.distance_transform_edt(inside[box])
    points = np.argwhere(near & (np.abs(depth - depth_mm) < 1.5)) + low
    rows = np.unique(points[:, 0])
    middles = np.array([points[points[:, 0] == row].mean(axis=0) for row in rows])
    heights = np.arange(rows[0], rows[-1] + 1, 0.5)
    across = [ndi.gaussian_filter1d(np.interp(heights, rows, middles[:, axis]), 3) for axis in (2, 1)]
    line = np.stack([*across, heights], axis=1) + np.array(ORIGIN_RAS)
    return np.asarray(line, dtype=np.float64)
