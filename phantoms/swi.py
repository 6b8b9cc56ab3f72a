"""From complex gradient echo images to what a scanner calls SWI.

Haacke et al., Magn Reson Med 2004;52:612: the phase is high-pass filtered by complex division with a low-pass
filtered copy (homodyne), made a mask that falls from 1 at 0 to 0 at π, and its fourth power darkens the
magnitude.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy import ndimage as ndi

Array = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]

FILTER_PER_MM = 0.145
"""Half width in k-space of the low-pass filter, cycles/mm: 64 of 256 lines over 220 mm."""

MASK_POWER = 4
"""How often the mask is multiplied with the magnitude."""


def high_pass_phase(image: ComplexArray, spacing: tuple[float, float]) -> Array:
    """Phase in radians with what varies slowly within each slice taken out.

    Parameters
    ----------
    image
        Shape (slices, rows, columns); phase grows with the local field.
    spacing
        Millimetres between rows and between columns.
    """
    rows = fft.fftfreq(image.shape[1], spacing[0]).astype(np.float32)[:, None]
    columns = fft.fftfreq(image.shape[2], spacing[1]).astype(np.float32)[None, :]
    windows = [0.5 + 0.5 * np.cos(np.pi * np.clip(k / FILTER_PER_MM, -1, 1)) for k in (rows, columns)]
    spectrum = fft.fft2(image, axes=(1, 2))
    spectrum *= (windows[0] * windows[1]).astype(np.float32)
    smooth = fft.ifft2(spectrum, axes=(1, 2), overwrite_x=True)
    return np.asarray(np.angle(image * smooth.conj()), dtype=np.float32)


def susceptibility_weighted(image: ComplexArray, spacing: tuple[float, float]) -> Array:
    """The magnitude, darkened where the filtered phase says that the field is raised; as the phase's."""
    mask = 1 - np.clip(high_pass_phase(image, spacing), 0, np.pi) / np.float32(np.pi)
    return np.asarray(np.abs(image) * mask**MASK_POWER, dtype=np.float32)


def minimum_projection(image: Array, slices: int) -> Array:
    """The least signal over so many neighbouring slices, at every slice: a sliding minIP."""
    return np.asarray(ndi.minimum_filter1d(image, slices, axis=0), dtype=np.float32)
