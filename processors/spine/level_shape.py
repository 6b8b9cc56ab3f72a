"""Size and shape of the cord by vertebral level (numbers only)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import CERVICAL_LEVELS, WHOLE_CORD
from processors.spine.level_signal import pooled_spread
from processors.spine.limits import AGE_OF_LOSS, AREA_LOSS_MM2, REFERENCE_AGE
from processors.spine.shape import Shape

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LevelShape:
    """One vertebral level: medians of its used sections.

    Attributes
    ----------
    area_at_reference_age
        The area without what the years from 45 on take away, mm².
    area_error
        Standard error, mm².
    sections, total
        Used, and in the images.
    """

    name: str
    area_mm2: float
    area_at_reference_age: float
    area_error: float
    ap_mm: float
    rl_mm: float
    flatness: float
    solidity: float
    concavity_mm: float
    sections: int
    total: int


def level_shapes(
    levels: Sequence[str], shape: Shape, used: BoolArray, age: float | None
) -> tuple[LevelShape, ...]:
    """The levels that have a used section, from the top.

    Parameters
    ----------
    levels
        Of each section; empty where it is not known, or all of them :data:`~processors.findings.WHOLE_CORD`.
    age
        Years; ``None`` where it is not known, which is taken as the reference age.
    """
    names = np.array(levels, dtype=object)
    valid = used & np.isfinite(shape.area_mm2)
    parts = (*CERVICAL_LEVELS, WHOLE_CORD)
    rows = {name: found for name in parts if len(found := np.flatnonzero(valid & (names == name)))}
    spread = pooled_spread([shape.area_mm2[row] for row in rows.values()])
    years = max((REFERENCE_AGE if age is None else age) - AGE_OF_LOSS, 0.0)

    def middle(values: FloatArray, row: npt.NDArray[np.intp]) -> float:
        return float(np.nanmedian(values[row]))

    return tuple(
        LevelShape(
            name,
            middle(shape.area_mm2, row),
            middle(shape.area_mm2, row) + years * AREA_LOSS_MM2,
            spread / np.sqrt(len(row)),
            middle(shape.ap_mm, row),
            middle(shape.rl_mm, row),
            middle(shape.flatness, row),
            middle(shape.solidity, row),
            middle(shape.concavity_mm, row),
            len(row),
            int(np.count_nonzero(names == name)),
        )
        for name, row in rows.items()
    )
