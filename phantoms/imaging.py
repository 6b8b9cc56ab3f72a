"""Volumes of a synthetic patient without DICOM: images, and the truth in the same voxels."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from pydicom.uid import MRImageStorage

from phantoms.acquire import Grid, moved, rician, sample, shade, texture
from phantoms.cord import TOP_OF_C1, Cord, draw_cord, sign_weight
from phantoms.geometry import Geometry
from phantoms.head import HeadAnatomy, head_anatomy, head_signal
from phantoms.identity import uid
from phantoms.neck import SIGNAL, Tissue, paint
from phantoms.patient import PhantomPatient
from phantoms.pose import head_transform
from phantoms.shoulders import with_neck
from phantoms.template import ORIGIN_RAS, axes_mm
from phantoms.tissue_signal import T1Family, family_of
from phantoms.tract import segment_heights
from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Region, Side, Sign
from processors.volume import SliceSource, Volume

Array = npt.NDArray[np.float32]

HEAD_GRID = Grid((-ORIGIN_RAS[0], -ORIGIN_RAS[1], ORIGIN_RAS[2]), (-1.0, -1.0, 1.0))

BAND_REGIONS = {"medial": (0.0, 24.0), "intermediate": (24.0, 42.0), "lateral": (42.0, 90.0)}
"""Distance from the midline, template mm, of the parts of the motor band; the hand lies in the middle one."""

NECK_ORIGIN = (0.0, 30.0, -105.0)
"""LPS millimetres, on average, of the middle of the cord's reference line at the disc C2/3."""

NECK_SHIFT = (4.0, 4.0, 6.0)
"""Largest distance from there, mm along each axis, at which a patient's neck lies in the scanner."""

NECK_MARGIN, MOST_NECK = 12.0, 110
"""How far above the template's lower end, and below it, slices may begin to see the neck, mm."""

_COARSE = ((-82.0, 82.0, 1.0), (-92.0, 82.0, 1.0), (-135.0, 60.0, 1.5))
_FINE = ((-20.0, 20.0, 0.5), (-16.0, 36.0, 0.5), (-135.0, 60.0, 1.0))


def head_volume(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, family: T1Family | None = None
) -> Volume:
    """The patient's head as this acquisition sees it.

    Parameters
    ----------
    contrast
        One of ``tissue_signal.CONTRASTS``.
    geometry
        Where the slices lie; the head is centred near LPS (0, 18, 5) mm.
    family
        How a T1 was made; where ``None``, as is usual for two- and for three-dimensional series.

    Returns
    -------
    Volume
        Signal relative to white matter (1 before shading), affine in LPS mm.

    Raises
    ------
    ValueError
        If there is no head of this contrast.
    """
    if family is None:
        family = family_of(contrast, three_d=geometry.plane is Plane.THREE_D)
    signal = head_signal(patient, _anatomy(patient), contrast, family)
    grid = HEAD_GRID
    if depth := _neck_in_view(geometry):
        signal, grid = with_neck(signal, patient, depth), _lowered(HEAD_GRID, depth)
    clean = sample(signal, grid, geometry, head_transform(patient, _kind(contrast)))
    return _acquired(patient, "head", contrast, geometry, clean)


def head_truth(patient: PhantomPatient, geometry: Geometry) -> dict[Sign, dict[Region, Array]]:
    """How far each voxel of an acquisition belongs to the regions that head signs light up.

    Returns
    -------
    dict
        For ``cst_t1`` (which stands for every tract sign) the segments of the tract, for ``motor_band`` its
        three regions a side; float32 of shape (slices, rows, columns), 0 to 1.
    """
    anatomy, transform = _anatomy(patient), head_transform(patient)
    x, _, z = axes_mm()
    shape = anatomy.tissue.shape
    height = sample(np.ascontiguousarray(np.broadcast_to(z, shape)), HEAD_GRID, geometry, transform)
    off_middle = np.abs(
        sample(np.ascontiguousarray(np.broadcast_to(x, shape)), HEAD_GRID, geometry, transform)
    )
    truth: dict[Sign, dict[Region, Array]] = {Sign.CST_T1: {}, Sign.MOTOR_BAND: {}}
    for side in Side:
        tract = sample(anatomy.tract[side], HEAD_GRID, geometry, transform)
        for name, (low, high) in segment_heights().items():
            truth[Sign.CST_T1][Region(name, side)] = tract * ((height >= low) & (height < high))
        band = sample(anatomy.band[side], HEAD_GRID, geometry, transform)
        for name, (low, high) in BAND_REGIONS.items():
            truth[Sign.MOTOR_BAND][Region(name, side)] = band * ((off_middle >= low) & (off_middle < high))
    return truth


def neck_volume(patient: PhantomPatient, contrast: Contrast, geometry: Geometry) -> Volume:
    """The patient's neck as this acquisition sees it; arguments and result as for :func:`head_volume`.

    Raises
    ------
    ValueError
        If there is no neck of this contrast.
    """
    if contrast not in SIGNAL:
        raise ValueError(f"a neck cannot be drawn as {contrast}")
    tissues = _neck_tissues(draw_cord(patient))
    lookup = np.array(SIGNAL[contrast], dtype=np.float32)
    coarse = sample(
        lookup[tissues["coarse"]] * _neck_texture(patient.seed, tissues["coarse"].shape),
        _neck_grid(patient, _COARSE),
        geometry,
    )
    fine_signal = lookup[tissues["fine"]] * _cord_factor(patient, contrast)
    fine = sample(fine_signal, _neck_grid(patient, _FINE), geometry)
    covered = sample(np.ones_like(fine_signal), _neck_grid(patient, _FINE), geometry)
    clean = _crowned(patient, contrast, geometry, coarse * (1 - covered) + fine)
    if (
        patient.entry_slice
        and contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST)
        and geometry.plane is Plane.AXIAL
    ):
        fluid = sample(
            (tissues["fine"] == Tissue.FLUID).astype(np.float32), _neck_grid(patient, _FINE), geometry
        )
        clean += fluid * _inflow(len(clean))
    return _acquired(patient, "neck", contrast, geometry, clean)


def neck_truth(patient: PhantomPatient, geometry: Geometry) -> dict[Sign, dict[Region, Array]]:
    """How far each voxel belongs to the regions of the cord's signal signs, and to the cord itself.

    Returns
    -------
    dict
        For ``cord_t1`` and ``cord_t2`` their regions; for ``cord_atrophy`` the whole cord per level.
    """
    cord = draw_cord(patient)
    u, v, tissue = _fine_coordinates(cord)
    grid = _neck_grid(patient, _FINE)
    whole = ((tissue == Tissue.CORD_WHITE) | (tissue == Tissue.CORD_GREY)).astype(np.float32)
    height = _heights(geometry) - np.float32(_neck_origin(patient)[2])
    levels = {name: (height >= low) & (height < high) for name, (low, high) in cord.levels().items()}
    inside = sample(whole, grid, geometry)
    truth: dict[Sign, dict[Region, Array]] = {
        Sign.CORD_ATROPHY: {Region(name): inside * within for name, within in levels.items()}
    }
    for sign in (Sign.CORD_T1, Sign.CORD_T2):
        weights = sign_weight(sign, u, v)
        drawn = {side: sample((weights[side] * whole).astype(np.float32), grid, geometry) for side in Side}
        truth[sign] = {
            Region(name, side): drawn[side] * within for name, within in levels.items() for side in Side
        }
    return truth


def _heights(geometry: Geometry) -> Array:
    """The z of every voxel centre, LPS mm, broadcastable to the geometry's shape."""
    along = [
        geometry.affine[2, axis] * np.arange(n).reshape([-1 if i == axis else 1 for i in range(3)])
        for axis, n in enumerate(geometry.shape)
    ]
    return np.asarray(geometry.affine[2, 3] + along[0] + along[1] + along[2], dtype=np.float32)


def _crowned(patient: PhantomPatient, contrast: Contrast, geometry: Geometry, neck: Array) -> Array:
    """The neck with the unwarped head set on top, so that the cord goes on as the medulla."""
    origin = _neck_origin(patient)
    seam = float(origin[2]) + TOP_OF_C1 * draw_cord(patient).height_scale + 3
    weight = np.clip((_heights(geometry) - seam) / 4, 0, 1)
    if not weight.any():
        return neck
    left, back = draw_cord(patient).centre(np.array([seam - origin[2]], dtype=np.float32))
    foramen = np.array([0.0, 42.0, ORIGIN_RAS[2] + 1.0])
    here = np.array([origin[0] + left[0], origin[1] + back[0], seam])
    onto_template = sitk.TranslationTransform(3, (foramen - here).tolist())
    head = sample(head_signal(patient, _anatomy(patient), contrast), HEAD_GRID, geometry, onto_template)
    return np.asarray(neck * (1 - weight) + head * weight, dtype=np.float32)


def _kind(contrast: Contrast) -> str:
    """Contrasts that come from one acquisition, so that nobody moves between them, share a name."""
    return "diffusion" if contrast in (Contrast.ADC, Contrast.DWI) else str(contrast)


def _neck_in_view(geometry: Geometry) -> int:
    """Millimetres that the slices reach below the template, which ends at the foramen magnum."""
    corners = np.array(list(product(*((0, n - 1) for n in geometry.shape))))
    lowest = (corners @ geometry.affine[:3, :3].T + geometry.affine[:3, 3])[:, 2].min()
    return int(np.clip(ORIGIN_RAS[2] + NECK_MARGIN - lowest, 0, MOST_NECK))


def _lowered(grid: Grid, depth: int) -> Grid:
    x, y, z = grid.origin
    return Grid((x, y, z - depth), grid.steps)


def _anatomy(patient: PhantomPatient) -> HeadAnatomy:
    """The head of a patient, drawn once for all contrasts and signs."""
    return _drawn_head(patient.shape)


@lru_cache(maxsize=2)
def _drawn_head(shape: PhantomPatient) -> HeadAnatomy:
    return head_anatomy(shape)


@lru_cache(maxsize=2)
def _neck_tissues(cord: Cord) -> Mapping[str, npt.NDArray[np.uint8]]:
    return {name: paint(cord, *_neck_axes(box)) for name, box in (("coarse", _COARSE), ("fine", _FINE))}


@lru_cache(maxsize=2)
def _neck_texture(seed: int, shape: tuple[int, ...]) -> Array:
    return 1 + np.float32(0.05) * texture(shape, 3, PhantomPatient(seed).rng("neck texture"))


def _neck_axes(box: tuple[tuple[float, float, float], ...]) -> tuple[Array, Array, Array]:
    shapes = ((1, 1, -1), (1, -1, 1), (-1, 1, 1))
    left, back, height = (
        np.arange(*b, dtype=np.float32).reshape(s) for b, s in zip(box, shapes, strict=True)
    )
    return left, back, height


def _neck_origin(patient: PhantomPatient) -> npt.NDArray[np.float64]:
    shift = patient.rng("neck position").uniform(-1, 1, 3) * np.array(NECK_SHIFT)
    return np.asarray(np.array(NECK_ORIGIN) + shift, dtype=np.float64)


def _neck_grid(patient: PhantomPatient, box: tuple[tuple[float, float, float], ...]) -> Grid:
    x, y, z = (float(o) + b[0] for o, b in zip(_neck_origin(patient), box, strict=True))
    return Grid((x, y, z), (box[0][2], box[1][2], box[2][2]))


def _fine_coordinates(cord: Cord) -> tuple[Array, Array, npt.NDArray[np.uint8]]:
    u, v = np.broadcast_arrays(*cord.uv(*_neck_axes(_FINE)))
    return u, v, _neck_tissues(cord)["fine"]


def _cord_factor(patient: PhantomPatient, contrast: Contrast) -> Array:
    """What the cord's signal is multiplied by on the fine grid: a normal slope, and the signs."""
    cord = draw_cord(patient)
    u, v, tissue = _fine_coordinates(cord)
    factor = 1 + np.float32(0.015) * texture(tissue.shape, 4, patient.rng("cord texture"))
    factor += np.float32(patient.rng(f"columns {contrast}").uniform(0.0, 0.02)) * (np.abs(u) > 0.45)
    sign = Sign.CORD_T1 if contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST) else Sign.CORD_T2
    if patient.change(sign):
        for side, weight in sign_weight(sign, u, v).items():
            factor *= 1 + weight * np.float32(patient.change_on(sign, side))
    inside = (tissue == Tissue.CORD_WHITE) | (tissue == Tissue.CORD_GREY)
    return np.where(inside, factor, np.float32(1)).astype(np.float32)


def _inflow(slices: int) -> Array:
    """Extra signal of fluid in the end slices, where unsaturated fluid flows in."""
    gain = np.zeros(slices, dtype=np.float32)
    for depth, extra in enumerate((0.75, 0.4, 0.15)):
        if slices > 2 * depth + 1:
            gain[depth] = gain[-1 - depth] = extra
    return gain[:, None, None]


def _acquired(
    patient: PhantomPatient, part: str, contrast: Contrast, geometry: Geometry, clean: Array
) -> Volume:
    name = f"{part} {contrast} {geometry.plane} {geometry.shape} {geometry.affine.round(6).tolist()}"
    rng = patient.rng(f"acquisition {name}")
    if patient.motion:
        clean = moved(clean, patient.motion / geometry.spacing[1], rng)
    shaded = clean if contrast is Contrast.ADC else shade(clean, patient.bias, rng)
    image = rician(shaded, 1 / patient.snr, rng)
    series = uid(patient, name)
    return Volume(
        array=image,
        affine=geometry.affine,
        series_instance_uid=series,
        sources=tuple(SliceSource(MRImageStorage, uid(patient, series, k)) for k in range(len(image))),
        frame_of_reference_uid=uid(patient, "frame of reference", part),
        contrast=contrast,
        plane=geometry.plane,
        acquisition=Acquisition(
            field_strength=patient.field_strength or 3.0,
            patient_age=float(patient.age),
            patient_sex=patient.sex,
        ),
    )
