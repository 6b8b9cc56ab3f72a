"""A DICOM series as a volume in patient space."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.acquisition import Acquisition, Contrast, Plane
from processors.findings import Reason


class VolumeError(Exception):
    """A stack of images that cannot be made a volume, with the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SliceSource:
    """The image, and for multi-frame objects the frame (from 1), that a slice was read from.

    Attributes
    ----------
    instance_number
        By which viewers name the image; ``None`` where it has none.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame: int | None = None
    instance_number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels with their place in the patient.

    Attributes
    ----------
    array
        Float32 of shape (slices, rows, columns), rescaled to real-world values where the images say how.
    affine
        Float64 of shape (4, 4): maps array indices (slice, row, column, 1) to the patient's LPS millimetres.
    sources
        One per slice, in the array's order.
    frame_of_reference_uid
        ``None`` where the images name none.
    problems
        What is wrong with the stack without forbidding its use: missing or duplicate slices, uneven spacing.
    series_number
        By which viewers name the series; ``None`` where it has none.
    """

    array: npt.NDArray[np.float32]
    affine: npt.NDArray[np.float64]
    series_instance_uid: str
    sources: tuple[SliceSource, ...]
    frame_of_reference_uid: str | None = None
    contrast: Contrast = Contrast.OTHER
    plane: Plane = Plane.OBLIQUE
    acquisition: Acquisition = Acquisition()
    problems: tuple[Reason, ...] = ()
    series_number: int | None = None

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between slice, row and column centres."""
        slices, rows, columns = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(slices), float(rows), float(columns)
