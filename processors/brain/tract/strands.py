"""Long and slender clusters, and pairs of which one is the mirror image of the other.

A corticospinal tract that is bright along its length is such a pair, which lesions hardly ever are.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

LENGTH_MM = 25.0
"""From here a cluster is long."""
SLENDER_MM2 = 100.0
"""Volume for each millimetre of height; the tract's own cross-section is 20 to 60 mm²."""
ALIKE_MM = 10.0
"""By which the strands of a pair may differ in their distance from the middle, and from front to back: twice
what left and right of a tract differ by, for the slices are thick."""
SHARED_LENGTH = 0.5
"""Of the shorter strand."""


@dataclass(frozen=True, slots=True)
class Strand:
    """Millimetres: to the left and to the back of what lies midway, and from where to where up."""

    leftward: float
    backward: float
    low: float
    high: float

    @classmethod
    def of(cls, placed: FloatArray, mm3: float) -> Self | None:
        """A cluster that is long and slender; ``None`` of another.

        Parameters
        ----------
        placed
            Shape (n, 3), its voxels, millimetres to the left, to the back and up.
        mm3
            Its volume.
        """
        low, high = float(placed[:, 2].min()), float(placed[:, 2].max())
        if high - low < LENGTH_MM or mm3 > SLENDER_MM2 * (high - low):
            return None
        return cls(float(placed[:, 0].mean()), float(placed[:, 1].mean()), low, high)

    def mirrors(self, other: "Strand") -> bool:
        """Whether it lies on the other side as the other does on its own."""
        shorter = min(self.high - self.low, other.high - other.low)
        return (
            self.leftward * other.leftward < 0
            and abs(self.leftward + other.leftward) <= ALIKE_MM
            and abs(self.backward - other.backward) <= ALIKE_MM
            and min(self.high, other.high) - max(self.low, other.low) >= SHARED_LENGTH * shorter
        )
