"""Volumes of a synthetic patient without DICOM: images, and the truth in the same voxels."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt
from pydicom.uid import MRImageStorage

from phantoms.acquire import Grid, moved, moved_complex, noisy, rician, sample, shade, shading, truncated
from phantoms.geometry import Geometry
from phantoms.gradient_echo import GradientEcho, gradient_echo, usual_swi
from phantoms.head import HeadAnatomy, head_anatomy, head_signal
from phantoms.identity import uid
from phantoms.patient import PhantomPatient
from phantoms.pose import head_transform
from phantoms.shoulders import with_neck
from phantoms.susceptibility import BAND_REGIONS
from phantoms.swi import high_pass_phase, minimum_projection, susceptibility_weighted
from phantoms.template import ORIGIN_RAS, axes_mm
from phantoms.tissue_signal import T1Family, family_of
from phantoms.tract import segment_heights
from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Region, Side, Sign
from processors.volume import SliceSource, Volume

Array = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]

HEAD_GRID = Grid((-ORIGIN_RAS[0], -ORIGIN_RAS[1], ORIGIN_RAS[2]), (-1.0, -1.0, 1.0))

GRADIENT_ECHO = frozenset({Contrast.SWI, Contrast.SWI_PHASE, Contrast.SWI_MIP, Contrast.T2_STAR})
"""Contrasts that are made from the head's susceptibility."""

PROJECTED_MM = 8.0
"""Thickness of the slabs of a minimum projection."""

NECK_MARGIN, MOST_NECK = 12.0, 110
"""How far above the template's lower end, and below it, slices may begin to see the neck, mm."""


def head_volume(
    patient: PhantomPatient,
    contrast: Contrast,
    geometry: Geometry,
    family: T1Family | None = None,
    sequence: GradientEcho | None = None,
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
    sequence
        How a gradient echo (SWI, its phase and its minimum projection, T2*) is made; where ``None``, as SWI
        usually is at the patient's field strength.

    Returns
    -------
    Volume
        Signal relative to white matter (1 before shading), affine in LPS mm. The phase of SWI is in radians
        and grows with the local field.

    Raises
    ------
    ValueError
        If there is no head of this contrast.
    """
    if contrast in GRADIENT_ECHO:
        return _gradient_echo_volume(patient, contrast, geometry, sequence)
    if family is None:
        family = family_of(contrast, three_d=geometry.plane is Plane.THREE_D)
    signal = head_signal(patient, anatomy_of(patient), contrast, family)
    grid = HEAD_GRID
    if depth := _neck_in_view(geometry):
        signal, grid = with_neck(signal, patient, depth), _lowered(HEAD_GRID, depth)
    clean = sample(signal, grid, geometry, head_transform(patient, _kind(contrast)))
    return acquired(patient, "head", contrast, geometry, clean)


@dataclass(frozen=True, slots=True, eq=False)
class SusceptibilityImages:
    """What one acquisition of SWI is reconstructed to, each of shape (slices, rows, columns).

    Attributes
    ----------
    processed
        The magnitude darkened by its phase, relative to white matter.
    magnitude
        Relative to white matter.
    phase
        High-pass filtered, radians, growing with the local field.
    minimum
        Sliding minimum projection of the processed images.
    """

    processed: Array
    magnitude: Array
    phase: Array
    minimum: Array


def susceptibility_images(
    patient: PhantomPatient, geometry: Geometry, sequence: GradientEcho | None = None
) -> SusceptibilityImages:
    """Everything that a scanner makes of one acquisition of SWI; as :func:`head_volume`, in one go."""
    image = _complex_image(patient, Contrast.SWI, geometry, sequence)
    return _reconstructed(image, geometry)


def _gradient_echo_volume(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, sequence: GradientEcho | None
) -> Volume:
    image = _complex_image(patient, contrast, geometry, sequence)
    if contrast is Contrast.T2_STAR:
        shown = np.abs(image)
    elif contrast is Contrast.SWI_PHASE:
        shown = high_pass_phase(image, geometry.spacing[1:])
    else:
        shown = susceptibility_weighted(image, geometry.spacing[1:])
    if contrast is Contrast.SWI_MIP:
        shown = _minimum(shown, geometry)
    return _named(patient, "head", contrast, geometry, shown)


def _reconstructed(image: ComplexArray, geometry: Geometry) -> SusceptibilityImages:
    spacing = geometry.spacing[1:]
    processed = susceptibility_weighted(image, spacing)
    return SusceptibilityImages(
        processed,
        np.asarray(np.abs(image), dtype=np.float32),
        high_pass_phase(image, spacing),
        _minimum(processed, geometry),
    )


def _minimum(processed: Array, geometry: Geometry) -> Array:
    return minimum_projection(processed, max(2, round(PROJECTED_MM / geometry.spacing[0])))


def _complex_image(
    patient: PhantomPatient, contrast: Contrast, geometry: Geometry, sequence: GradientEcho | None
) -> ComplexArray:
    """The head's complex gradient echo as it was acquired: with movement, shading and noise."""
    if sequence is None:
        sequence = usual_swi(patient.field_strength or 3.0)
    kind = _kind(contrast)
    image = gradient_echo(patient, anatomy_of(patient), sequence, geometry, head_transform(patient, kind))
    rng = patient.rng(f"acquisition {_series_name('head', kind, geometry)} {sequence}")
    if patient.motion:
        image = moved_complex(image, patient.motion / geometry.spacing[1], rng)
    return noisy(image * shading(image.shape, patient.bias, rng), 1 / patient.snr, rng)


def head_truth(patient: PhantomPatient, geometry: Geometry) -> dict[Sign, dict[Region, Array]]:
    """How far each voxel of an acquisition belongs to the regions that head signs light up.

    Returns
    -------
    dict
        For ``cst_t1`` (which stands for every tract sign) the segments of the tract, for ``motor_band`` its
        three regions a side, its deep layers; float32 of shape (slices, rows, columns), 0 to 1.
    """
    anatomy, transform = anatomy_of(patient), head_transform(patient)
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
        whole = np.zeros(shape, dtype=np.float32)
        whole[anatomy.front[side].box] = anatomy.front[side].deep
        band = sample(whole, HEAD_GRID, geometry, transform)
        for name, (low, high) in BAND_REGIONS.items():
            truth[Sign.MOTOR_BAND][Region(name, side)] = band * ((off_middle >= low) & (off_middle < high))
    return truth


def _kind(contrast: Contrast) -> str:
    """Contrasts that come from one acquisition, so that nobody moves between them, share a name."""
    if contrast in (Contrast.SWI_PHASE, Contrast.SWI_MIP):
        return str(Contrast.SWI)
    return "diffusion" if contrast in (Contrast.ADC, Contrast.DWI) else str(contrast)


def _neck_in_view(geometry: Geometry) -> int:
    """Millimetres that the slices reach below the template, which ends at the foramen magnum."""
    corners = np.array(list(product(*((0, n - 1) for n in geometry.shape))))
    lowest = (corners @ geometry.affine[:3, :3].T + geometry.affine[:3, 3])[:, 2].min()
    return int(np.clip(ORIGIN_RAS[2] + NECK_MARGIN - lowest, 0, MOST_NECK))


def _lowered(grid: Grid, depth: int) -> Grid:
    x, y, z = grid.origin
    return Grid((x, y, z - depth), grid.steps)


def anatomy_of(patient: PhantomPatient) -> HeadAnatomy:
    """The head of a patient, drawn once for all contrasts and signs."""
    return _drawn_head(patient.shape)


@lru_cache(maxsize=2)
def _drawn_head(shape: PhantomPatient) -> HeadAnatomy:
    return head_anatomy(shape)


def acquired(
    patient: PhantomPatient, part: str, contrast: Contrast, geometry: Geometry, clean: Array
) -> Volume:
    """The volume of a clean signal: movement, truncation, shading and noise of one series, and its names."""
    rng = patient.rng(f"acquisition {_series_name(part, str(contrast), geometry)}")
    if patient.motion:
        clean = moved(clean, patient.motion / geometry.spacing[1], rng)
    if patient.truncation < 1:
        clean = truncated(clean, patient.truncation)
    shaded = clean if contrast is Contrast.ADC else shade(clean, patient.bias, rng)
    return _named(patient, part, contrast, geometry, rician(shaded, 1 / patient.snr, rng))


def _series_name(part: str, contrast: str, geometry: Geometry) -> str:
    return f"{part} {contrast} {geometry.plane} {geometry.shape} {geometry.affine.round(6).tolist()}"


def _named(
    patient: PhantomPatient, part: str, contrast: Contrast, geometry: Geometry, image: Array
) -> Volume:
    """The volume of an image as it came from the scanner."""
    series = uid(patient, _series_name(part, str(contrast), geometry))
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
