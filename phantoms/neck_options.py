"""What may be the matter with a synthetic neck, besides the signs."""

import math
from dataclasses import dataclass

DISC_LEVELS = ("C3", "C4", "C5", "C6")
"""Vertebrae below which the canal may be narrow."""


@dataclass(frozen=True, slots=True)
class NeckOptions:
    """What decides how a neck comes out beside the seed.

    Attributes
    ----------
    lordosis
        Degrees between C2 and C7, negative for a neck bent forward; ``None`` leaves it to the seed.
    scoliosis
        Largest sideways slope, degrees; ``None`` leaves it to the seed.
    touching
        The cord lies against the front of the dural sac over several levels; ``None`` leaves it to the seed.
    bright_fluid
        Flow makes fluid around the cord bright on axial T1 through most of the stack, not only at its ends.
    dorsal_columns
        Bright on T2, as in deficiency of vitamin B12; the fraction by which. They are a fifth as much darker
        on T1.
    stenosis
        The vertebra below which the canal is narrow; ``None`` for none.
    myelopathy
        Whether the cord is bright on T2 and dark on T1 where the canal is narrow.
    syrinx
        A cavity in the middle of the cord over two or three levels.
    plaques
        Number of demyelinating lesions of the cord.
    thoracic
        The thoracic spine is drawn in place of the neck, as where a header names the wrong part.
    pulsation
        How far fluid pulsates: flow voids on T2 and ghosts along the rows, 0 to 1; ``None`` leaves it to the
        seed.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    lordosis: float | None = None
    scoliosis: float | None = None
    touching: bool | None = None
    bright_fluid: bool = False
    dorsal_columns: float = 0.0
    stenosis: str | None = None
    myelopathy: bool = True
    syrinx: bool = False
    plaques: int = 0
    thoracic: bool = False
    pulsation: float | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("lordosis", self.lordosis, -45, 55),
            ("scoliosis", self.scoliosis, -20, 20),
            ("change of the dorsal columns", self.dorsal_columns, 0, 0.9),
            ("number of plaques", self.plaques, 0, 12),
            ("pulsation", self.pulsation, 0, 1),
        ):
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"the {name} must lie between {low} and {high}")
        if self.stenosis is not None and self.stenosis not in DISC_LEVELS:
            raise ValueError(f"the canal must be narrow below one of {', '.join(DISC_LEVELS)}")
