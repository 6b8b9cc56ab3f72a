"""Complex gradient echo images of a synthetic head, from its susceptibility.

The signal of each tissue is that of a spoiled gradient echo (Ernst); what is magnetic lowers it by its own
relaxation and, through the field of its dipoles, by the spread of phases within a voxel; the phase is that of
the field at the echo time.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from phantoms.acquire import Grid, sample
from phantoms.dipole import field_of
from phantoms.geometry import Geometry
from phantoms.head import HeadAnatomy, head_signal
from phantoms.patient import PhantomPatient
from phantoms.susceptibility import AIR, Magnetised, magnetised
from phantoms.template import ORIGIN_RAS
from phantoms.tissue_signal import FLUID_SPREAD, GREY_SPREAD, TissueSignal
from processors.acquisition import Contrast

Array = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]

LARMOR = 42.577e6
"""Hz/T."""

USUAL_WEIGHTING = 60.0
"""Field strength times echo time of usual SWI, T·ms: 40 ms at 1.5 T, 20 ms at 3 T."""

PROTONS = {"fluid": 1.0, "grey": 0.82, "white": 0.70}
T1_POWER = {"grey": (1.16e-3, 0.376), "white": (0.71e-3, 0.382)}
"""T1 in seconds is a·(Larmor frequency in Hz)^b (Rooney et al., Magn Reson Med 2007;57:308)."""

T1_FLUID = 4.3
FIELDS = (1.5, 3.0, 7.0)
R2_STAR: dict[str, tuple[float, float, float]] = {
    "fluid": (2.0, 3.0, 6.0),
    "grey": (1 / 0.084, 1 / 0.066, 1 / 0.0332),
    "white": (1 / 0.0662, 1 / 0.0532, 1 / 0.0268),
    "vein": (18.0, 47.0, 140.0),
}
"""1/s at :data:`FIELDS`: cortex and white matter after Peters et al., Magn Reson Imaging 2007;25:748; veins
of 60 to 65 % saturation after Zhao et al., Magn Reson Med 2007;58:592; fluid is a guess."""

RELAXIVITY = 2 * np.pi / (9 * np.sqrt(3)) * 2 * np.pi * LARMOR * 1e-9
"""1/s for each tesla and ppb: static dephasing by spheres, here cells that hold iron (Yablonskiy & Haacke,
Magn Reson Med 1994;32:749); 0.32/s for each ppb at 3 T."""

GRID_LOW, GRID_SIZE = (-100.0, -112.0, -84.0), (200, 250, 200)
"""LPS millimetres of the first voxel, and voxels along x, y and z, of the grid that the field is found on."""

COARSE = 5
"""Voxels of the grid to one, where the head is looked for and its shim is found."""


@dataclass(frozen=True, slots=True)
class GradientEcho:
    """How the images are acquired.

    Attributes
    ----------
    field_strength
        Tesla.
    echo_time, repetition_time
        Milliseconds.
    flip_angle
        Degrees.
    """

    field_strength: float
    echo_time: float
    repetition_time: float
    flip_angle: float

    @property
    def weighting(self) -> float:
        """Field strength times echo time, T·ms."""
        return self.field_strength * self.echo_time


def usual_swi(field_strength: float) -> GradientEcho:
    """SWI as it is usually acquired at a field strength."""
    echo_time = round(USUAL_WEIGHTING / field_strength, 1)
    return GradientEcho(field_strength, echo_time, echo_time + 9, 15.0)


def gradient_echo(
    patient: PhantomPatient,
    anatomy: HeadAnatomy,
    sequence: GradientEcho,
    geometry: Geometry,
    transform: sitk.Transform,
) -> ComplexArray:
    """The head's complex signal in the voxels of an acquisition, without shading and noise.

    Parameters
    ----------
    transform
        Maps the patient's LPS millimetres to those of the template.

    Returns
    -------
    array of shape (slices, rows, columns)
        Magnitude relative to white matter; phase in radians that grows with the local field.
    """
    magnetic = magnetised(patient, anatomy)
    magnitude = _relaxed(patient, anatomy, magnetic, sequence)
    chi, steady = _in_scanner(magnetic.total, magnitude, transform)
    field = field_of(chi, (1.0, 1.0, 1.0))
    field -= _shim(field, steady)
    box = _seen(geometry)
    turns = field[box] * np.float32(1e-9 * LARMOR * sequence.weighting * 1e-3)
    steady = steady[box] * _coherence(turns)
    turns *= np.float32(2 * np.pi)
    x, y, z = (low + at.start for low, at in zip(GRID_LOW, box[::-1], strict=True))
    grid = Grid((x, y, z), (1.0, 1.0, 1.0))
    real = sample(steady * np.cos(turns), grid, geometry)
    imaginary = sample(steady * np.sin(turns), grid, geometry)
    return np.asarray(real + 1j * imaginary, dtype=np.complex64)


def tissues_of(patient: PhantomPatient, sequence: GradientEcho) -> TissueSignal:
    """Signal of fluid and grey matter at the echo time, that of white matter being 1."""
    fluid, grey = patient.rng("tissues").normal(size=2).clip(-2, 2)
    signal = {name: _ernst(name, sequence) for name in PROTONS}
    return TissueSignal(
        signal["fluid"] / signal["white"] * (1 + FLUID_SPREAD * fluid),
        signal["grey"] / signal["white"] * (1 + GREY_SPREAD * grey),
    )


def _ernst(tissue: str, sequence: GradientEcho) -> float:
    """Signal of a spoiled gradient echo."""
    t1 = T1_FLUID
    if tissue in T1_POWER:
        scale, power = T1_POWER[tissue]
        t1 = scale * (LARMOR * sequence.field_strength) ** power
    recovery = np.exp(-sequence.repetition_time * 1e-3 / t1)
    flip = np.deg2rad(sequence.flip_angle)
    steady = PROTONS[tissue] * np.sin(flip) * (1 - recovery) / (1 - recovery * np.cos(flip))
    return float(steady * _decay(tissue, sequence))


def _decay(tissue: str, sequence: GradientEcho) -> float:
    rate = np.interp(sequence.field_strength, FIELDS, R2_STAR[tissue])
    return float(np.exp(-sequence.echo_time * 1e-3 * rate))


def _relaxed(
    patient: PhantomPatient, anatomy: HeadAnatomy, magnetic: Magnetised, sequence: GradientEcho
) -> Array:
    """Magnitude on the template's grid before phases spread within a voxel."""
    magnitude = head_signal(patient, anatomy, Contrast.T2_STAR, tissues=tissues_of(patient, sequence))
    relaxivity = RELAXIVITY * sequence.weighting * 1e-3
    magnitude *= np.exp(-np.float32(relaxivity) * magnetic.iron)
    blood = _decay("vein", sequence) / _decay("white", sequence)
    magnitude *= 1 - magnetic.veins * np.float32(1 - min(1.0, blood))
    magnitude *= 1 - magnetic.void
    return magnitude


def _in_scanner(chi: Array, magnitude: Array, transform: sitk.Transform) -> tuple[Array, Array]:
    """Both maps on a grid of 1 mm along the axes of the scanner; the template's last slice goes on below."""
    image = sitk.GetImageFromArray(np.stack([chi, magnitude], axis=-1), isVector=True)
    image.SetOrigin([-ORIGIN_RAS[0], -ORIGIN_RAS[1], ORIGIN_RAS[2]])
    image.SetDirection([-1, 0, 0, 0, -1, 0, 0, 0, 1])
    resample = sitk.ResampleImageFilter()
    resample.SetNumberOfThreads(1)
    box = _around_head(image, transform)
    resample.SetSize([at.stop - at.start for at in box])
    resample.SetOutputOrigin([low + at.start for low, at in zip(GRID_LOW, box, strict=True)])
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetTransform(transform)
    resample.UseNearestNeighborExtrapolatorOn()
    both = sitk.GetArrayFromImage(resample.Execute(image))
    maps = (np.full(GRID_SIZE[::-1], AIR, dtype=np.float32), np.zeros(GRID_SIZE[::-1], dtype=np.float32))
    for index, whole in enumerate(maps):
        whole[box[::-1]] = both[..., index]
    return maps


def _around_head(image: sitk.Image, transform: sitk.Transform) -> tuple[slice, slice, slice]:
    """The part of the grid (x, y, z) that the head fills, found at a fifth of its resolution."""
    resample = sitk.ResampleImageFilter()
    resample.SetNumberOfThreads(1)
    resample.SetSize([n // COARSE for n in GRID_SIZE])
    resample.SetOutputOrigin(GRID_LOW)
    resample.SetOutputSpacing([float(COARSE)] * 3)
    resample.SetTransform(transform)
    resample.UseNearestNeighborExtrapolatorOn()
    filled = sitk.GetArrayFromImage(resample.Execute(sitk.VectorIndexSelectionCast(image, 1))) > 0.05
    found = (np.flatnonzero(filled.any(axis=others)) for others in ((0, 1), (0, 2), (1, 2)))
    x, y, z = (
        slice(max(COARSE * (int(at.min()) - 1), 0), min(COARSE * (int(at.max()) + 2), n))
        for at, n in zip(found, GRID_SIZE, strict=True)
    )
    return x, y, z


def _shim(field: Array, magnitude: Array) -> Array:
    """What varies linearly over the head, as a scanner's shim takes it out."""
    every = (slice(None, None, COARSE),) * 3
    seen = magnitude[every] > 0.3
    axes = [np.linspace(-1, 1, n, dtype=np.float32) for n in field.shape]
    z, y, x = np.meshgrid(*(axis[::COARSE] for axis in axes), indexing="ij")
    terms = np.stack([np.ones(int(seen.sum())), z[seen], y[seen], x[seen]], axis=1)
    middle = np.abs(field[every][seen]) < 3000
    found = np.linalg.lstsq(terms[middle], field[every][seen][middle], rcond=None)[0].astype(np.float32)
    return np.asarray(
        found[0] + found[1] * axes[0][:, None, None] + found[2] * axes[1][:, None] + found[3] * axes[2]
    )


def _coherence(turns: Array) -> Array:
    """Share of the signal left in each voxel where the phase has a gradient across it."""
    share = np.ones_like(turns)
    for gradient in np.gradient(turns):
        share *= np.sinc(gradient)
    return np.abs(share)


def _seen(geometry: Geometry) -> tuple[slice, slice, slice]:
    """The part of the grid (z, y, x) that the slices of an acquisition see."""
    corners = np.array(list(product(*((-1, n) for n in geometry.shape))))
    at = corners @ geometry.affine[:3, :3].T + geometry.affine[:3, 3] - np.array(GRID_LOW)
    low = np.clip(np.floor(at.min(axis=0)).astype(int) - 2, 0, np.array(GRID_SIZE) - 4)
    high = np.clip(np.ceil(at.max(axis=0)).astype(int) + 3, low + 4, GRID_SIZE)
    x, y, z = (slice(int(lo), int(hi)) for lo, hi in zip(low, high, strict=True))
    return z, y, x
