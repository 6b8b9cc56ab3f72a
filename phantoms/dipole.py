"""The magnetic field that a map of susceptibility makes: the dipole model in k-space.

Salomir et al., Concepts Magn Reson B 2003;19B:26; Marques & Bowtell, Concepts Magn Reson B 2005;25B:65.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

Array = npt.NDArray[np.float32]


def dipole_kernel(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Array:
    """Fourier transform of the unit dipole, the sphere of Lorentz subtracted; the main field lies along z.

    Returns
    -------
    array of shape (nz, ny, nx // 2 + 1)
        In the order of ``rfftn`` of an array of shape (nz, ny, nx); the mean of the field is 0.
    """
    kz = fft.fftfreq(shape[0], spacing[0]).astype(np.float32)[:, None, None]
    ky = fft.fftfreq(shape[1], spacing[1]).astype(np.float32)[None, :, None]
    kx = fft.rfftfreq(shape[2], spacing[2]).astype(np.float32)[None, None, :]
    square = kz**2 + ky**2 + kx**2
    square[0, 0, 0] = 1
    kernel = np.float32(1 / 3) - kz**2 / square
    kernel[0, 0, 0] = 0
    return np.asarray(kernel, dtype=np.float32)


def field_of(susceptibility: Array, spacing: tuple[float, float, float]) -> Array:
    """The relative change of the field along z, in the unit of the susceptibility, for example ppb.

    Parameters
    ----------
    susceptibility
        Shape (z, y, x), z along the main field. What leaves on one side comes in on the other, so there
        should be a margin around the head.
    spacing
        Millimetres along z, y, x.
    """
    spectrum = fft.rfftn(np.asarray(susceptibility, dtype=np.float32))
    spectrum *= dipole_kernel(susceptibility.shape, spacing)
    return np.asarray(fft.irfftn(spectrum, s=susceptibility.shape, overwrite_x=True), dtype=np.float32)
