"""Volumes of a synthetic neck without DICOM, and the truth in the same voxels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from phantoms.acquire import Grid, sample, texture
from phantoms.cord import Cord, draw_cord
from phantoms.cord_section import sign_weight
from phantoms.cord_signal import cord_factor
from phantoms.crown import crown_signal
from phantoms.fluid import fluid_factor, ghost_share, inflow
from phantoms.geometry import Geometry
from phantoms.imaging import HEAD_GRID, acquired
from phantoms.neck import CORD_TISSUES, Tissue, paint
from phantoms.neck_curve import NeckCurve, draw_curve
from phantoms.neck_signal import NeckContrast, neck_contrast, signal_table
from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS
from phantoms.tissue_signal import T1Family
from processors.acquisition import Contrast, Plane
from processors.findings import Region, Side, Sign
from processors.volume import Volume

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
Box = tuple[tuple[float, float, float], ...]

_COARSE: Box = ((-82.0, 82.0, 1.0), (-92.0, 82.0, 1.0), (-170.0, 62.0, 1.5))
_FINE: Box = ((-17.0, 17.0, 0.5), (-27.0, 22.0, 0.5), (-170.0, 62.0, 1.0))
"""First, last and step along left, back and up in neck coordinates, mm; the finer one holds the canal."""

THIN = 1.0
"""Thickness in mm, at most, of slices through what lies far from the canal: it need not be exact."""

FORAMEN = (0.0, 42.0, ORIGIN_RAS[2] + 1.0)
"""Template LPS millimetres of the middle of the foramen magnum, where the neck's canal ends."""


def neck_volume(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, family: T1Family | None = None
) -> Volume:
    """The patient's neck as this acquisition sees it.

    Parameters
    ----------
    contrast
        T1, T1 after contrast agent, T2 or T2*.
    geometry
        Where the slices lie; the disc C2/3 is near LPS (0, 30, -105) mm.
    family
        How a T1 was made; where ``None``, as is usual for two- and for three-dimensional series.

    Returns
    -------
    Volume
        Signal relative to the white matter of the cord (1 before shading), affine in LPS mm.

    Raises
    ------
    ValueError
        If there is no neck of this contrast.
    """
    kind = neck_contrast(contrast, family, three_d=geometry.plane is Plane.THREE_D)
    neck = _drawn(patient)
    enhanced = contrast is Contrast.T1_POST_CONTRAST
    flow = inflow(patient, contrast, geometry)
    signals = {}
    for name, tissue in neck.tissues.items():
        height = _axes(_BOXES[name])[2]
        table = signal_table(patient, neck.cord, kind, height, enhanced=enhanced)
        signals[name] = table[np.arange(len(height))[:, None, None], tissue]
    signals["coarse"] *= _texture(patient.seed, signals["coarse"].shape)
    fluid_signal = _fluid_signal(patient, neck.cord, kind)
    signals["fine"] *= neck.factor(patient, kind, fluid_signal)
    pulsating = fluid_factor(patient, kind, signals["fine"].shape)
    is_fluid = neck.tissues["fine"] == Tissue.FLUID
    if pulsating is not None:
        signals["fine"][is_fluid] *= pulsating[is_fluid]
    move, box = neck.curve.transform, _canal_box(neck.curve, geometry)
    thin = replace(geometry, slice_thickness=min(geometry.slice_thickness, THIN))
    clean = sample(signals["coarse"], _grid(_COARSE), thin, move)
    fine = sample(signals["fine"], _grid(_FINE), geometry, move, box)
    covered = sample(np.ones_like(signals["fine"]), _grid(_FINE), geometry, move, box)
    clean = _crowned(patient, contrast, geometry, clean * (1 - covered) + fine, family)
    ghosts = ghost_share(patient, kind)
    if flow.any() or ghosts:
        fluid = sample(is_fluid.astype(np.float32), _grid(_FINE), geometry, move, box)
        clean += fluid * flow[:, None, None]
        wave = fluid * (fluid_signal + flow[:, None, None]) * np.float32(ghosts)
        for share in (0.19, -0.19):
            clean += np.roll(wave, round(share * geometry.shape[1]), axis=1)
    return acquired(patient, "neck", contrast, geometry, clean)


def neck_truth(patient: PhantomPatient, geometry: Geometry) -> dict[Sign, dict[Region, Array]]:
    """How far each voxel belongs to the regions of the cord's signal signs, and to the cord itself.

    Returns
    -------
    dict
        For ``cord_t1`` and ``cord_t2`` their regions; for ``cord_atrophy`` the whole cord per level.
    """
    neck = _drawn(patient)
    cord, curve = neck.cord, neck.curve
    u, v, tissue = neck.coordinates()
    box = _canal_box(curve, geometry)
    grid, move = _grid(_FINE), curve.transform
    height = neck_height(patient, geometry, box)
    levels = {name: (height >= low) & (height < high) for name, (low, high) in cord.levels().items()}
    whole = np.isin(tissue, CORD_TISSUES).astype(np.float32)
    inside = sample(whole, grid, geometry, move, box)
    truth: dict[Sign, dict[Region, Array]] = {
        Sign.CORD_ATROPHY: {Region(name): inside * within for name, within in levels.items()}
    }
    for sign in (Sign.CORD_T1, Sign.CORD_T2):
        weights = sign_weight(cord.section, sign, u, v, cord.sunk(), tissue == Tissue.CORD_GREY)
        drawn = {
            side: sample((weights[side] * whole).astype(np.float32), grid, geometry, move, box)
            for side in Side
        }
        truth[sign] = {
            Region(name, side): drawn[side] * within for name, within in levels.items() for side in Side
        }
    return truth


@dataclass(frozen=True, slots=True, eq=False)
class CordTruth:
    """Where the cord is in the slices of an acquisition that cross it.

    Attributes
    ----------
    inside
        Shape (slices, rows, columns): how far each voxel belongs to the cord, 0 to 1.
    levels
        Vertebral level at the cord's middle of each slice; empty above C1, below C7, and where no cord is.
    height_mm
        Shape (slices,): along the canal above the disc C2/3; NaN where no cord is.
    area_mm2
        Shape (slices,): cross-sectional area perpendicular to the canal.
    place
        Shape (slices,): in vertebrae from the upper end of C1, so that 1.5 is the middle of C2.
    fluid
        Shape (slices,): signal of the fluid around the cord over that of its white matter.
    """

    inside: Array
    levels: tuple[str, ...]
    height_mm: FloatArray
    area_mm2: FloatArray
    place: FloatArray
    fluid: FloatArray


def cord_truth(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, family: T1Family | None = None
) -> CordTruth:
    """Where a patient's cord is in the slices of an axial acquisition; arguments as for its volume."""
    neck = _drawn(patient)
    kind = neck_contrast(contrast, family, three_d=geometry.plane is Plane.THREE_D)
    box = _canal_box(neck.curve, geometry)
    whole = np.isin(neck.tissues["fine"], CORD_TISSUES).astype(np.float32)
    inside = sample(whole, _grid(_FINE), geometry, neck.curve.transform, box)
    height = np.full(len(inside), np.nan)
    for index in np.flatnonzero(inside.max(axis=(1, 2)) > 0.5):
        weight = inside[index]
        rows, columns = np.nonzero(weight > 0.5)
        middle = geometry.affine @ [index, rows.mean(), columns.mean(), 1]
        height[index] = neck.curve.to_neck(middle[None, :3])[0, 2]
    known = np.isfinite(height)
    return CordTruth(
        inside=inside,
        levels=tuple(level_at(neck.cord, h) if np.isfinite(h) else "" for h in height),
        height_mm=height,
        area_mm2=np.array([neck.cord.area(h) if k else np.nan for h, k in zip(height, known, strict=True)]),
        place=_place(neck.cord, height),
        fluid=np.asarray(_fluid_signal(patient, neck.cord, kind) + inflow(patient, contrast, geometry)),
    )


def _fluid_signal(patient: PhantomPatient, cord: Cord, kind: NeckContrast) -> float:
    table = signal_table(patient, cord, kind, np.zeros(1, np.float32), enhanced=False)
    return float(table[0, Tissue.FLUID])


def _place(cord: Cord, height: FloatArray) -> FloatArray:
    """Heights in vertebrae from the upper end of C1."""
    edges = [cord.top, *cord.discs]
    return np.where(
        np.isfinite(height), np.interp(-height, [-edge for edge in edges], range(len(edges))), np.nan
    )


def level_at(cord: Cord, height: float) -> str:
    """The vertebral level of a height; empty above C1 and below C7."""
    return next((name for name, (low, high) in cord.levels().items() if low <= height < high), "")


def neck_height(patient: PhantomPatient, geometry: Geometry, box: tuple[slice, ...] | None = None) -> Array:
    """Height along the canal of every voxel of a part of an acquisition, mm; NaN outside of it."""
    box = box or tuple(slice(0, n) for n in geometry.shape)
    index = np.stack(np.meshgrid(*(np.arange(b.start, b.stop) for b in box), indexing="ij"), axis=-1)
    points = index.reshape(-1, 3) @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    height = np.full(geometry.shape, np.nan, dtype=np.float32)
    height[box] = _drawn(patient).curve.to_neck(points)[:, 2].reshape(index.shape[:3])
    return height


class _Neck:
    """A neck drawn once for all series and truths of a patient."""

    def __init__(self, patient: PhantomPatient) -> None:
        self.cord, self.curve = draw_cord(patient), draw_curve(patient)
        girth = float(patient.rng("girth").uniform(0.9, 1.1))
        self.tissues = {name: paint(self.cord, girth, *_axes(box)) for name, box in _BOXES.items()}

    def coordinates(self) -> tuple[Array, Array, npt.NDArray[np.uint8]]:
        """*u*, *v* and the tissue of the finer grid."""
        u, v = np.broadcast_arrays(*self.cord.uv(*_axes(_FINE)))
        return u, v, self.tissues["fine"]

    def factor(self, patient: PhantomPatient, kind: NeckContrast, fluid: float) -> Array:
        """What the finer grid's signal is multiplied by."""
        u, v, tissue = self.coordinates()
        height = _axes(_FINE)[2]
        inside = np.isin(tissue, CORD_TISSUES)
        grey = tissue == Tissue.CORD_GREY
        factor = cord_factor(patient, self.cord, kind, u, v, height, grey, fluid)
        return np.where(inside, factor, np.float32(1)).astype(np.float32)


_BOXES: Mapping[str, Box] = {"coarse": _COARSE, "fine": _FINE}


def _drawn(patient: PhantomPatient) -> _Neck:
    return _drawn_neck(patient.neck_shape)


@lru_cache(maxsize=2)
def _drawn_neck(shape: PhantomPatient) -> _Neck:
    return _Neck(shape)


def _crowned(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, neck: Array, family: T1Family | None
) -> Array:
    """The neck with the unwarped head set on top, so that the cord goes on as the medulla."""
    drawn = _drawn(patient)
    seam = drawn.cord.top + 3
    left, back = drawn.cord.centre(np.array([seam], dtype=np.float32))
    here = drawn.curve.to_patient(np.array([[left[0], back[0], seam]], dtype=float))[0]
    up = drawn.curve.up(seam)
    steps = [
        (geometry.affine[:3, axis] @ up) * np.arange(n).reshape([-1 if i == axis else 1 for i in range(3)])
        for axis, n in enumerate(geometry.shape)
    ]
    above = (geometry.affine[:3, 3] - here) @ up + steps[0] + steps[1] + steps[2]
    weight = np.clip(above / 4, 0, 1).astype(np.float32)
    if not weight.any():
        return neck
    box = tuple(
        slice(int(seen.min()), int(seen.max()) + 1)
        for seen in (np.flatnonzero(weight.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
    )
    left_right = np.array([1.0, 0.0, 0.0]) - up * up[0]
    left_right /= np.linalg.norm(left_right)
    axes = np.stack([left_right, np.cross(up, left_right), up])
    onto_template = sitk.AffineTransform(axes.ravel().tolist(), (np.array(FORAMEN) - axes @ here).tolist())
    highest = (FORAMEN[2] - ORIGIN_RAS[2]) + float(above.max()) + geometry.slice_thickness
    signal = crown_signal(patient, contrast, family, int(np.ceil(highest)) + 2)
    head = sample(signal, HEAD_GRID, geometry, onto_template, box)
    return np.asarray(neck * (1 - weight) + head * weight, dtype=np.float32)


@lru_cache(maxsize=2)
def _texture(seed: int, shape: tuple[int, ...]) -> Array:
    return 1 + np.float32(0.05) * texture(shape, 3, PhantomPatient(seed).rng("neck texture"))


def _axes(box: Box) -> tuple[Array, Array, Array]:
    shapes = ((1, 1, -1), (1, -1, 1), (-1, 1, 1))
    left, back, height = (
        np.arange(*b, dtype=np.float32).reshape(s) for b, s in zip(box, shapes, strict=True)
    )
    return left, back, height


def _grid(box: Box) -> Grid:
    return Grid((box[0][0], box[1][0], box[2][0]), (box[0][2], box[1][2], box[2][2]))


def _canal_box(curve: NeckCurve, geometry: Geometry) -> tuple[slice, ...]:
    """The voxels of an acquisition that can see the canal."""
    (x0, x1, _), (y0, y1, _), (z0, z1, _) = _FINE
    heights = np.arange(z0, z1 + 1, 4.0)
    corners = np.array([(x, y, z) for z in heights for x in (x0, x1) for y in (y0, y1)])
    points = curve.to_patient(corners) - geometry.affine[:3, 3]
    index = points @ np.linalg.inv(geometry.affine[:3, :3]).T
    low = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, geometry.shape)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, 0, geometry.shape)
    return tuple(slice(int(lo), int(max(lo, hi))) for lo, hi in zip(low, high, strict=True))
