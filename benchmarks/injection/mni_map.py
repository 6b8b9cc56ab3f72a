"""Places in MNI space of a series' voxels, and the files of packages that lie in that space."""

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class MniMap:
    """MNI coordinates of the voxels of a series in a box around the tract.

    Attributes
    ----------
    corner
        Array index (slice, row, column) of the box's first voxel.
    ras
        Shape (slices, rows, columns, 3), MNI millimetres, right, anterior and superior positive.
    """

    corner: tuple[int, int, int]
    ras: npt.NDArray[np.float32]

    @property
    def box(self) -> tuple[slice, ...]:
        """Where the box lies in the array of the series."""
        return tuple(slice(a, a + n) for a, n in zip(self.corner, self.ras.shape[:3], strict=True))


def package_file(package: str, name: str) -> Path:
    """A data file of an installed package, found without importing it.

    Raises
    ------
    FileNotFoundError
        If the package has no such file.
    """
    for file in importlib.metadata.files(package) or ():
        if file.name == name:
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{package} has no {name}")
