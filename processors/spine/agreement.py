"""Whether the series of a study agree about where the cord is."""

from collections.abc import Mapping
from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from processors.spine.cord import Cord

FloatArray = npt.NDArray[np.float64]
Name = TypeVar("Name")

FARTHEST_MM = 6.0
"""Between the centres of one cord on two series: a patient moves by less, and muscles and vessels that are
taken for a cord lie farther away (p)."""

FEWEST_SHARED = 3
"""Stations of one series at heights that the other covers, to compare them."""


def disagreeing(cords: Mapping[Name, Cord], frames: Mapping[Name, str | None]) -> frozenset[Name]:
    """The series whose cord lies elsewhere than that of the others.

    Of two that disagree, with no third to say which is right, it is the one with the poorer outline.

    Parameters
    ----------
    frames
        Frame of reference of each series; only those of the same one are compared.
    """
    against: dict[Name, list[Name]] = {name: [] for name in cords}
    agreeing: dict[Name, int] = dict.fromkeys(cords, 0)
    for one, other in combinations(cords, 2):
        if frames[one] is None or frames[one] != frames[other]:
            continue
        gap = gap_mm(cords[one].centre, cords[other].centre)
        if gap is None:
            continue
        if gap <= FARTHEST_MM:
            agreeing[one] += 1
            agreeing[other] += 1
        else:
            against[one].append(other)
            against[other].append(one)

    def weight(name: Name) -> tuple[int, float]:
        return agreeing[name], float(np.mean(cords[name].quality))

    return frozenset(
        name for name, others in against.items() if any(weight(name) < weight(other) for other in others)
    )


def gap_mm(one: FloatArray, other: FloatArray) -> float | None:
    """Median distance of the points of one line from another at the same height, in an axial plane.

    Parameters
    ----------
    one, other
        Shape (n, 3) and (m, 3), LPS millimetres.

    Returns
    -------
    float
        ``None`` where fewer than three points lie at heights of both.
    """
    order = np.argsort(other[:, 2])
    heights = other[order, 2]
    shared = (one[:, 2] >= heights[0]) & (one[:, 2] <= heights[-1])
    if np.count_nonzero(shared) < FEWEST_SHARED:
        return None
    at = one[shared]
    across = [at[:, axis] - np.interp(at[:, 2], heights, other[order, axis]) for axis in (0, 1)]
    return float(np.median(np.hypot(*across)))
