"""How far the images of a stack reach, and whether a head fits."""

from dataclasses import dataclass

from listener.classification.headers import Header, number_in, numbers_in
from processors.acquisition import Plane

LARGEST_HEAD_FIELD = 290.0
"""Millimetres; a larger field of view in any direction takes in the neck."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the images reach, in millimetres; ``None`` where the header does not say.

    Attributes
    ----------
    wide, tall
        Along the rows and along the columns of an image.
    thick
        Across the slices.
    """

    wide: float | None
    tall: float | None
    thick: float | None

    def _sides(self, plane: Plane) -> tuple[float, float, float] | None:
        """From left to right, from front to back, and from feet to head; ``None`` where not all are known."""
        if self.wide is None or self.tall is None or self.thick is None:
            return None
        if plane is Plane.AXIAL:
            return self.wide, self.tall, self.thick
        if plane is Plane.SAGITTAL:
            return self.thick, self.wide, self.tall
        return (self.wide, self.thick, self.tall) if plane is Plane.CORONAL else None

    def may_be_a_head(self, plane: Plane) -> bool:
        """Whether a brain would fit, with or without its skull, and a neck would not need so much.

        A field of view that is longer from front to back than it is wide is made for heads.
        """
        sides = self._sides(plane)
        if sides is None or max(sides) > LARGEST_HEAD_FIELD:
            return False
        across, along, high = sides
        if across < 105 or along < 150 or high < 85:
            return False
        return plane is not Plane.AXIAL or along >= 190 or (along >= 1.1 * across and high >= 100)

    def is_a_whole_head(self, plane: Plane) -> bool:
        """Whether only a whole head has such a field of view."""
        sides = self._sides(plane)
        if sides is None or max(sides) > LARGEST_HEAD_FIELD:
            return False
        across, along, high = sides
        if plane is Plane.AXIAL:
            return along >= 190 and 125 <= high <= 220 and (across >= 205 or along >= 1.1 * across >= 165)
        return across >= 120 and along >= 190 and high >= 190


def extent_of(header: Header) -> Extent:
    """How far the images of a stack reach."""
    count, step = number_in(header, "NumberOfInstances"), number_in(header, "SpacingBetweenSlices")
    if count is None:
        count = number_in(header, "NumberOfFrames")
    if step is None:
        step = number_in(header, "SliceThickness")
    spacing = numbers_in(header, "PixelSpacing", 2)
    rows, columns = number_in(header, "Rows"), number_in(header, "Columns")
    return Extent(
        spacing[1] * columns if spacing is not None and columns is not None else None,
        spacing[0] * rows if spacing is not None and rows is not None else None,
        count * abs(step) if count is not None and step is not None else None,
    )
