"""From signal on a fine grid to the voxels of an acquisition: pose, slice profile, shading, noise."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from phantoms.geometry import Geometry

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where an array of shape (z, y, x) lies.

    Attributes
    ----------
    origin
        LPS millimetres of the first voxel.
    steps
        LPS millimetres, signed, per index along x, y and z.
    """

    origin: tuple[float, float, float]
    steps: tuple[float, float, float]


def sample(
    signal: Array,
    grid: Grid,
    geometry: Geometry,
    transform: sitk.Transform | None = None,
    within: tuple[slice, ...] | None = None,
) -> Array:
    """The signal averaged over the slice profile and the pixels of an acquisition.

    Parameters
    ----------
    signal
        Float32 of shape (z, y, x).
    transform
        Maps the patient's LPS millimetres to those of the grid; identity where ``None``.
    within
        The voxels of the acquisition that can see the grid, where known; the others are left at zero.

    Returns
    -------
    array of shape (slices, rows, columns)
        Zero where the acquisition reaches beyond the grid.
    """
    image = sitk.GetImageFromArray(signal)
    image.SetOrigin(grid.origin)
    image.SetDirection(np.diag(np.sign(grid.steps)).ravel().tolist())
    image.SetSpacing(np.abs(grid.steps).tolist())
    fine = min(abs(step) for step in grid.steps)
    thickness = geometry.slice_thickness
    through = _offsets(thickness, max(1, round(thickness / max(1.2 * fine, 1.0))))
    _, row, column = geometry.spacing
    in_plane_rows = _offsets(row, max(1, round(row / fine - 0.25)))
    in_plane_columns = _offsets(column, max(1, round(column / fine - 0.25)))
    directions = geometry.affine[:3, :3] / np.array(geometry.spacing)
    box = within or tuple(slice(0, n) for n in geometry.shape)
    if transform is None and within is None:
        box = _reached(image, geometry)
    total = np.zeros(geometry.shape, dtype=np.float32)
    shifts = [(s, r, c) for s in through for r in in_plane_rows for c in in_plane_columns]
    if total[box].size:
        for shift in shifts:
            total[box] += _resampled(image, geometry, box, directions @ np.array(shift), transform)
    return total / np.float32(len(shifts))


def _reached(image: sitk.Image, geometry: Geometry) -> tuple[slice, ...]:
    """The voxels of an acquisition that can see a grid at all."""
    ends = [(0, n - 1) for n in image.GetSize()]
    corners = [image.TransformIndexToPhysicalPoint(corner) for corner in product(*ends)]
    index = (np.array(corners) - geometry.affine[:3, 3]) @ np.linalg.inv(geometry.affine[:3, :3]).T
    low = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, geometry.shape)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, 0, geometry.shape)
    return tuple(slice(int(lo), int(max(lo, hi))) for lo, hi in zip(low, high, strict=True))


def _offsets(width: float, count: int) -> list[float]:
    return [((i + 0.5) / count - 0.5) * width for i in range(count)]


def _resampled(
    image: sitk.Image,
    geometry: Geometry,
    box: tuple[slice, ...],
    shift: FloatArray,
    transform: sitk.Transform | None,
) -> Array:
    slices, rows, columns = (at.stop - at.start for at in box)
    spacing = geometry.spacing
    directions = (geometry.affine[:3, :3] / np.array(spacing))[:, ::-1]
    first = geometry.affine[:3, 3] + geometry.affine[:3, :3] @ np.array([at.start for at in box])
    resample = sitk.ResampleImageFilter()
    resample.SetNumberOfThreads(1)
    resample.SetSize([columns, rows, slices])
    resample.SetOutputSpacing(spacing[::-1])
    resample.SetOutputOrigin((first + shift).tolist())
    resample.SetOutputDirection(directions.ravel().tolist())
    resample.SetInterpolator(sitk.sitkLinear)
    if transform is not None:
        resample.SetTransform(transform)
    return np.asarray(sitk.GetArrayFromImage(resample.Execute(image)), dtype=np.float32)


def shade(volume: Array, amplitude: float, rng: np.random.Generator) -> Array:
    """Multiply by a smooth field that departs from 1 by at most the amplitude."""
    return volume * shading(volume.shape, amplitude, rng)


def shading(shape: tuple[int, ...], amplitude: float, rng: np.random.Generator) -> Array:
    """A smooth field that departs from 1 by at most the amplitude."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, 12) for _ in range(3)), indexing="ij")
    terms = np.stack([x, y, z, x * y, y * z, x * z, x * x - 1 / 3, y * y - 1 / 3, z * z - 1 / 3])
    field = np.tensordot(rng.normal(size=len(terms)), terms, 1)
    field *= amplitude / max(float(np.abs(field).max()), 1e-6)
    smooth = (1 + field).astype(np.float32)
    for axis, n in enumerate(shape):
        at = np.linspace(0, 11 - 1e-4, n, dtype=np.float32)
        base = at.astype(int)
        share = (at - base).reshape([-1 if i == axis else 1 for i in range(3)])
        smooth = np.take(smooth, base, axis=axis) * (1 - share) + np.take(smooth, base + 1, axis=axis) * share
    return smooth


def moved(volume: Array, amplitude: float, rng: np.random.Generator) -> Array:
    """Each slice as it comes out when the head moves while the lines of its k-space are collected.

    Breathing-like swings make ghosts along the phase direction (rows), two sudden shifts make ringing.

    Parameters
    ----------
    amplitude
        Of the movement, rows.
    """
    return np.abs(moved_complex(volume, amplitude, rng)).astype(np.float32)


def moved_complex(volume: ComplexArray | Array, amplitude: float, rng: np.random.Generator) -> ComplexArray:
    """The same for complex images, before their magnitude is taken."""
    slices, rows, _ = volume.shape
    frequency = np.fft.fftfreq(rows)
    order = np.argsort(np.argsort(frequency)) / rows
    result = np.empty(volume.shape, dtype=np.complex64)
    for index in range(slices):
        swing = np.sin(2 * np.pi * (rng.uniform(6, 25) * order + rng.uniform()))
        jumps = sum(rng.normal() * (order > rng.uniform(0.1, 0.9)) for _ in range(2))
        path = amplitude * rng.uniform(0.3, 1.0) * (0.6 * swing + 0.5 * jumps)
        lines = np.fft.fft(volume[index], axis=0) * np.exp(-2j * np.pi * frequency * path)[:, None]
        result[index] = np.fft.ifft(lines, axis=0)
    return result


def truncated(volume: Array, share: float) -> Array:
    """Each slice with only so large a share of its k-space, as an interpolated image has: edges ring."""
    _, rows, columns = volume.shape
    keep = np.abs(np.fft.fftfreq(rows))[:, None] <= share / 2
    keep = keep & (np.abs(np.fft.rfftfreq(columns)) <= share / 2)
    result = np.empty_like(volume)
    for index, image in enumerate(volume):
        result[index] = np.fft.irfft2(np.fft.rfft2(image) * keep, s=(rows, columns))
    return result


def rician(volume: Array, sigma: float, rng: np.random.Generator) -> Array:
    """The magnitude of the signal with complex Gaussian noise of this standard deviation."""
    real = volume + sigma * rng.standard_normal(volume.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(volume.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, imaginary), dtype=np.float32)


def noisy(volume: ComplexArray, sigma: float, rng: np.random.Generator) -> ComplexArray:
    """Complex images with Gaussian noise of this standard deviation in both parts."""
    real = rng.standard_normal(volume.shape, dtype=np.float32)
    imaginary = rng.standard_normal(volume.shape, dtype=np.float32)
    return np.asarray(volume + np.float32(sigma) * (real + 1j * imaginary), dtype=np.complex64)


def texture(shape: tuple[int, ...], grain: int, rng: np.random.Generator) -> Array:
    """Smooth noise of about unit variance with a grain of so many voxels."""
    fine = rng.standard_normal([n // grain + 2 for n in shape], dtype=np.float32)
    for axis, n in enumerate(shape):
        at = np.arange(n, dtype=np.float32) / grain
        base = at.astype(int)
        share = (at - base).reshape([-1 if i == axis else 1 for i in range(3)])
        fine = np.take(fine, base, axis=axis) * (1 - share) + np.take(fine, base + 1, axis=axis) * share
    return np.asarray(fine, dtype=np.float32)
