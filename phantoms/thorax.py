"""A thoracic spine in place of the cervical one: a negative that headers may call a neck."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

TOP_DISC, SEGMENT = 62.0, 23.5
"""Height of the uppermost disc above the middle of the field, and distance of the discs, mm (T3 to T10)."""

DIAMETERS = (6.5, 8.4)
"""Anteroposterior and right-left diameter of the thoracic cord, mm."""

KYPHOSIS = 22.0
"""Degrees of kyphosis over the field."""


def disc_heights(count: int, scale: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Heights of so many discs from the top down, mm."""
    gaps = SEGMENT * scale * np.exp(rng.normal(0, 0.03, count - 1))
    return tuple((TOP_DISC + SEGMENT - np.concatenate([[0.0], np.cumsum(gaps)])).tolist())


def lungs(x: Array, y: Array) -> Mask:
    """Where the lungs are, in millimetres to the left and to the back of the canal."""
    w = np.abs(x)
    inside = ((w - 62) / 40) ** 2 + ((y + 32) / 62) ** 2 < 1
    return np.asarray(inside & (w > 19 + 0.12 * np.abs(y + 20)))


def great_vessels(x: Array, y: Array) -> Mask:
    """The descending aorta and the heart's shadow before the spine."""
    aorta = (x - 15) ** 2 + (y + 22) ** 2 < 11.0**2
    return np.asarray(aorta | ((x - 8) ** 2 + (y + 62) ** 2 < 26.0**2))
