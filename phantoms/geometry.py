"""Where the slices of an acquisition lie in the patient."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from processors.acquisition import Plane

FloatArray = npt.NDArray[np.float64]

# Per plane: the LPS directions of increasing slice, row and column index.
AXES: dict[Plane, FloatArray] = {
    Plane.AXIAL: np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float),
    Plane.SAGITTAL: np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=float),
    Plane.CORONAL: np.array([[0, 1, 0], [0, 0, -1], [1, 0, 0]], dtype=float),
}


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """A stack of parallel slices.

    Attributes
    ----------
    shape
        Slices, rows, columns.
    affine
        Float64 of shape (4, 4): maps (slice, row, column, 1) to the patient's LPS millimetres.
    slice_thickness
        Millimetres; less than the slice spacing where there are gaps.

    Raises
    ------
    ValueError
        If an extent is not positive.
    """

    shape: tuple[int, int, int]
    affine: FloatArray
    slice_thickness: float
    plane: Plane

    def __post_init__(self) -> None:
        if min(self.shape) < 1 or self.slice_thickness <= 0 or np.linalg.det(self.affine[:3, :3]) == 0:
            raise ValueError("a geometry needs at least one voxel of positive size")

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between slice, row and column centres."""
        slices, rows, columns = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(slices), float(rows), float(columns)


def stack(
    plane: Plane,
    *,
    centre: tuple[float, float, float],
    slices: int,
    slice_thickness: float,
    pixel: float,
    matrix: tuple[int, int],
    gap: float = 0.0,
    tilt: float = 0.0,
    turn: float = 0.0,
) -> Geometry:
    """A stack of slices about a centre.

    Parameters
    ----------
    plane
        Axial, sagittal or coronal; 3-D is stored as sagittal slices.
    centre
        LPS millimetres of the middle of the stack.
    slice_thickness, pixel, gap
        Millimetres; the slice spacing is thickness plus gap.
    matrix
        Rows and columns.
    tilt
        Degrees by which the stack is turned about the patient's left-right axis.
    turn
        Degrees by which it is turned about the head-foot axis before that.

    Raises
    ------
    ValueError
        If the plane has no fixed axes, or an extent is not positive.
    """
    storage = Plane.SAGITTAL if plane is Plane.THREE_D else plane
    if storage not in AXES:
        raise ValueError(f"a stack cannot be {plane}")
    shape = (slices, *matrix)
    c, s = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
    tilted = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    steps = np.array([slice_thickness + gap, pixel, pixel])
    affine = np.eye(4)
    affine[:3, :3] = (tilted @ turned @ AXES[storage].T) * steps
    affine[:3, 3] = np.array(centre) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Geometry(shape, affine, slice_thickness, plane)


def flipped(
    geometry: Geometry, *, slices: bool = False, rows: bool = False, columns: bool = False
) -> Geometry:
    """The same voxels stored in the opposite order along some axes."""
    affine = geometry.affine.copy()
    for axis, turned in enumerate((slices, rows, columns)):
        if turned:
            affine[:3, 3] += affine[:3, axis] * (geometry.shape[axis] - 1)
            affine[:3, axis] *= -1
    return replace(geometry, affine=affine)
