"""The columns' signal by vertebral level: from slices to levels, with errors (numbers only)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import CERVICAL_LEVELS, Side
from processors.spine.limits import BLOCK_MM, LEAST_ERROR

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LevelSignal:
    """One vertebral level, or a stretch of the same height where the levels are unknown.

    Attributes
    ----------
    name
        Of the level; a number from the top where it is unknown.
    ratio, uncorrected
        Mean of the used slices, per side.
    error
        Standard error of the mean of both sides, and of one side.
    slices, total
        Used, and in the images.
    share
        Of the used slices, per limit asked for, see :func:`share_above`.
    """

    name: str
    ratio: Mapping[Side, float]
    uncorrected: Mapping[Side, float]
    error: float
    side_error: float
    slices: int
    total: int
    means: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of both sides."""
        return sum(self.ratio.values()) / len(self.ratio)

    def share_above(self, limit: float) -> float:
        """Share of the used slices whose mean of both sides reaches a limit."""
        return sum(mean >= limit for mean in self.means) / len(self.means)


def blocks_of(levels: Sequence[str], position_mm: FloatArray) -> tuple[str, ...]:
    """The levels; stretches of a level's height, numbered from the top, where none is known."""
    if any(levels):
        return tuple(levels)
    return tuple(str(1 + int(place // BLOCK_MM)) for place in position_mm - position_mm.min(initial=0.0))


def level_signals(
    blocks: Sequence[str],
    ratio: Mapping[Side, FloatArray],
    uncorrected: Mapping[Side, FloatArray],
    used: BoolArray,
) -> tuple[LevelSignal, ...]:
    """Average the slices of each level.

    The standard error is that of single slices about their level's mean, pooled over all levels.

    Parameters
    ----------
    blocks
        Level of each slice; empty for those that belong to none.
    ratio, uncorrected
        Per side, shape (n,).
    used
        Shape (n,).
    """
    stack = np.stack([ratio[side] for side in Side])
    plain = np.stack([uncorrected[side] for side in Side])
    valid = used & np.isfinite(stack).all(axis=0)
    names = np.array(blocks, dtype=object)
    rows = {name: np.flatnonzero(valid & (names == name)) for name in _ordered(blocks)}
    spread_of_mean = pooled_spread([stack[:, row].mean(axis=0) for row in rows.values()])
    spread_of_side = pooled_spread([one for row in rows.values() for one in stack[:, row]])
    return tuple(
        LevelSignal(
            name,
            dict(zip(Side, stack[:, row].mean(axis=1).tolist(), strict=True)),
            dict(zip(Side, plain[:, row].mean(axis=1).tolist(), strict=True)),
            max(spread_of_mean / np.sqrt(len(row)), LEAST_ERROR),
            max(spread_of_side / np.sqrt(len(row)), LEAST_ERROR),
            len(row),
            int(np.count_nonzero(names == name)),
            tuple(stack[:, row].mean(axis=0).tolist()),
        )
        for name, row in rows.items()
        if len(row)
    )


def pooled_spread(groups: Sequence[FloatArray]) -> float:
    """Standard deviation of single values about their group's mean; 0 where no group has two."""
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in groups if len(group) > 1)
    freedom = sum(len(group) - 1 for group in groups if len(group) > 1)
    return float(np.sqrt(squares / freedom)) if freedom else 0.0


def _ordered(blocks: Sequence[str]) -> list[str]:
    found = {block for block in blocks if block}
    known = [level for level in CERVICAL_LEVELS if level in found]
    return known or sorted(found, key=int)
