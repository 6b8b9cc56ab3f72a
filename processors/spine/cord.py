"""The cervical cord on one series: where it runs, and its outline station by station."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import Reason
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

ANGLES = np.arange(72) * 5.0
"""Degrees of the contour's points around the centre, 0 in front, increasing towards the patient's left."""


class CordNotFoundError(Exception):
    """A series on which no cervical cord was found, with the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Cord:
    """The cord, at *stations* from the top down.

    A station is a slice of an axial series. On a sagittal or three-dimensional series it is a plane across
    the cord every millimetre or two, for which the voxels were resampled to *find* the outline; signal is
    to be measured in the series' own voxels.

    Attributes
    ----------
    position_mm
        Shape (n,): along the cord from the topmost station.
    centre
        Shape (n, 3): LPS millimetres.
    left, front
        Shape (n, 3): unit vectors in the station's plane, towards the patient's left and front, before any
        rotation of the cord about its own axis.
    along
        Shape (n, 3): unit tangent of the centreline towards the feet. It is not perpendicular to the plane
        of a slice that cuts the cord obliquely.
    contour
        Shape (n, k, 3): LPS millimetres, the points at :data:`ANGLES` around the centre; NaN where there is
        no outline.
    quality
        Shape (n,): 0 (nothing seen) to 1 (a sharp outline all round).
    slices
        Shape (n,): index of the slice in an axial volume; -1 where a station is not a slice.
    """

    position_mm: FloatArray
    centre: FloatArray
    left: FloatArray
    front: FloatArray
    along: FloatArray
    contour: FloatArray
    quality: FloatArray
    slices: npt.NDArray[np.intp]


def find_cord(volume: Volume) -> Cord:
    """Find and outline the cord on a T1, T2 or T2* series of the neck.

    Raises
    ------
    CordNotFoundError
        If there is no cord in the images (``cord-not-found``), or none of the neck (``no-cervical-cord``).
    """
    raise CordNotFoundError(Reason.of("cord-not-found"))
