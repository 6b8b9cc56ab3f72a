"""Where and what was measured, as the segmentation and the pictures of a study are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import Region, Side, Sign

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RegionMap:
    """The regions of one sign in the voxels of one series.

    Attributes
    ----------
    indices
        Shape (n, 3): slice, row and column in the series' volume, each voxel at most once.
    labels
        Shape (n,), uint8: keys of ``regions`` or ``references``.
    regions
        What was measured.
    references
        What it was compared with.
    """

    sign: Sign
    series_instance_uid: str
    indices: npt.NDArray[np.intp]
    labels: npt.NDArray[np.uint8]
    regions: Mapping[int, Region]
    references: Mapping[int, Region]


@dataclass(frozen=True, slots=True, eq=False)
class CortexStrip:
    """One side's precentral gyrus unfolded: how dark it is along the gyrus and across its bank.

    Attributes
    ----------
    position_mm
        Shape (n,): along the gyrus from the midline outwards.
    depth_mm
        Shape (m,): from the crown of the gyrus down the bank of the central sulcus.
    darkness
        Shape (n, m): 1 − signal over reference; NaN where nothing was measured.
    regions
        Name of the region of each position, one of :data:`processors.findings.MOTOR_BAND_REGIONS`.
    limits
        Darkness from which a region of this series has grade 1, grade 2 and so on; empty where none has one.
    """

    side: Side
    position_mm: FloatArray
    depth_mm: FloatArray
    darkness: FloatArray
    regions: tuple[str, ...]
    limits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CordProfile:
    """What was measured along the cervical cord on one series, slice by slice from the top.

    Attributes
    ----------
    position_mm
        Shape (n,): along the cord from the topmost slice, millimetres.
    levels
        Vertebral level of each slice; empty where it is not known.
    ratio
        For each side, shape (n,): signal of the columns over the dorsal columns; NaN where not measured.
    norm_mean, norm_sd
        Shape (n,): of the ratio; NaN where there is no norm.
    used
        Shape (n,): whether the slice counts; entry slices and poor contours do not.
    area_mm2
        Shape (n,): cross-sectional area perpendicular to the cord; NaN where there is no contour.
    contours
        Shape (n, k, 3): the cord's outline on each slice, LPS millimetres; NaN where there is none.
    angles
        Shape (a,): degrees around the cord, 0 in front, positive towards the patient's left.
    unrolled
        Shape (n, a): signal of the white matter under the cord's surface over the dorsal columns.
    flatness
        Shape (n,): anteroposterior over transverse diameter; NaN where there is no contour. ``None`` where it
        was not kept.
    """

    sign: Sign
    series_instance_uid: str
    position_mm: FloatArray
    levels: tuple[str, ...]
    ratio: Mapping[Side, FloatArray]
    norm_mean: FloatArray
    norm_sd: FloatArray
    used: BoolArray
    area_mm2: FloatArray
    contours: FloatArray
    angles: FloatArray
    unrolled: FloatArray
    flatness: FloatArray | None = None
