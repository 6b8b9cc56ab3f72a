"""The vertebral levels of the cervical cord, from the discs in front of it on a sagittal series."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.findings import CERVICAL_LEVELS, Reason
from processors.spine.cord import Cord
from processors.spine.disc_profile import disc_profile, extended_line
from processors.spine.vertebral_template import fit_template
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

DISCS = ("C1/2", "C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C7/T1")
LEAST_CONFIDENCE = 0.8
"""Below, another count of the vertebrae is too likely: a wrong one is worse than none (p)."""

TOP_OF_C1_MM = 13.5
"""Height of the atlas above its joint with the axis."""


class LevelsNotFoundError(Exception):
    """A series on which the vertebrae could not be counted, with the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Where along the cord each vertebra lies.

    Attributes
    ----------
    discs
        LPS millimetres, shape (3,), of the point of the cord at the height of each disc that was found or
        inferred, keys of :data:`DISCS` from the top.
    confidence
        0 (chance) to 1: how clearly the spine fits this labelling and not one a vertebra higher or lower.
    line
        Shape (m, 3): the centreline of the cord, LPS millimetres, from the top down.
    """

    discs: Mapping[str, FloatArray]
    confidence: float
    line: FloatArray

    def level_of(self, points: FloatArray) -> tuple[str, ...]:
        """Vertebral level of each point.

        Parameters
        ----------
        points
            Shape (n, 3), LPS millimetres in the frame of reference of the sagittal series.

        Returns
        -------
        tuple of str
            One of :data:`processors.findings.CERVICAL_LEVELS` each; empty outside them.
        """
        names = list(self.discs)
        at = self._along(np.stack([self.discs[name] for name in names]))
        edges = np.concatenate([[at[0] - TOP_OF_C1_MM], at]) if names[0] == DISCS[0] else at
        first = 0 if names[0] == DISCS[0] else DISCS.index(names[0]) + 1
        found = np.searchsorted(edges, self._along(points), side="right") - 1 + first
        last = first + len(edges) - 1
        return tuple(CERVICAL_LEVELS[i] if first <= i < last else "" for i in found)

    def _along(self, points: FloatArray) -> FloatArray:
        """Millimetres along the centreline of the points' feet on it, shape (n,)."""
        steps = np.diff(self.line, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        start = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
        offset = points[:, None] - self.line[None, :-1]
        share = np.einsum("nmc,mc->nm", offset, steps) / lengths**2
        low = np.where(np.arange(len(steps)) == 0, -np.inf, 0.0)
        high = np.where(np.arange(len(steps)) == len(steps) - 1, np.inf, 1.0)
        share = np.clip(share, low, high)
        gap = np.linalg.norm(offset - share[..., None] * steps, axis=2)
        nearest = gap.argmin(axis=1)
        rows = np.arange(len(points))
        return np.asarray(start[nearest] + share[rows, nearest] * lengths[nearest])


def find_levels(sagittal: Volume, cord: Cord) -> Levels:
    """Count the vertebrae on a sagittal series of any contrast.

    Raises
    ------
    LevelsNotFoundError
        If the discs cannot be told (``level-indeterminate``).
    """
    line = extended_line(cord)
    fit = fit_template(disc_profile(sagittal, line), line.area_mm2)
    if fit is None or fit.confidence < LEAST_CONFIDENCE:
        raise LevelsNotFoundError(Reason.of("level-indeterminate"))
    known = {
        name: line.point[round(at)]
        for name, at in zip(DISCS, fit.discs_mm, strict=True)
        if np.isfinite(at) and 0 <= round(at) < len(line.point)
    }
    if len(known) < 2:
        raise LevelsNotFoundError(Reason.of("level-indeterminate"))
    return Levels(known, fit.confidence, line.point)
