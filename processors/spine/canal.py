"""The dural sac around the cord on T2, where its fluid is bright: how much room the cord has."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processors.spine.cross_section import Patches

FloatArray = npt.NDArray[np.float64]

HALF_ANGLE = 20.0
"""Degrees to either side of the front and of the back that a width is averaged over."""

FARTHEST_MM = 7.0
"""From the cord's surface that fluid is sought."""

CLEAR_CONTRAST = 1.35
"""Fluid over cord below which the images do not show the sac (p)."""

_STEP_MM = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Canal:
    """The dural sac in each of n sections, NaN where it cannot be seen.

    Attributes
    ----------
    front_mm, back_mm
        Width of the fluid before and behind the cord, shape (n,).
    """

    front_mm: FloatArray
    back_mm: FloatArray


def unseen_canal(count: int) -> Canal:
    """Of sections on which fluid is dark: what is bright around the cord is fat there."""
    return Canal(np.full(count, np.nan), np.full(count, np.nan))


def measure_canal(patches: Patches, cord_signal: FloatArray, half_ap: FloatArray) -> Canal:
    """Width of the bright fluid before and behind the cord.

    The fluid ends where the signal falls below the middle between cord and fluid, whose contrast is taken to
    be that of the stack, and not that of a place where there may be none.

    Parameters
    ----------
    cord_signal
        Shape (n,): signal inside the cord.
    half_ap
        Shape (n,): half-diameter of the cord from front to back, millimetres.
    """
    around = (patches.depth <= -0.5) & (patches.depth >= -4.0)
    brightest = np.array(
        [
            np.nanquantile(signal[mask], 0.8) if np.isfinite(signal[mask]).any() else np.nan
            for signal, mask in zip(patches.signal, around, strict=True)
        ]
    )
    contrasts = brightest / cord_signal
    known = contrasts[np.isfinite(contrasts)]
    contrast = float(np.median(known)) if len(known) else np.nan
    middle = cord_signal * (1 + contrast) / 2
    widths = [_width(patches, middle, half_ap, toward) for toward in (1.0, -1.0)]
    shown = contrast > CLEAR_CONTRAST
    return Canal(np.where(shown, widths[0], np.nan), np.where(shown, widths[1], np.nan))


def _width(patches: Patches, middle: FloatArray, half_ap: FloatArray, toward: float) -> FloatArray:
    """Millimetres of signal above the middle, from the cord outwards to the front or to the back."""
    axis = patches.axis
    away = np.arange(-1.0, FARTHEST_MM, _STEP_MM)
    angles = np.deg2rad(np.linspace(-HALF_ANGLE, HALF_ANGLE, 9))
    step = float(axis[1] - axis[0])
    widths = np.full(len(half_ap), np.nan)
    for index, signal in enumerate(patches.signal):
        radius = half_ap[index] + away[:, None]
        rows = np.round((toward * radius * np.cos(angles) - axis[0]) / step).astype(np.intp)
        columns = np.round((radius * np.sin(angles) - axis[0]) / step).astype(np.intp)
        inside = (rows >= 0) & (rows < len(axis)) & (columns >= 0) & (columns < len(axis))
        values = np.full(rows.shape, np.nan)
        values[inside] = signal[rows[inside], columns[inside]]
        if np.isnan(values).mean() > 0.3:
            continue
        bright = np.nan_to_num(values) > middle[index]
        begun = np.cumsum(bright, axis=0) > 0
        ended = np.cumsum(begun & ~bright, axis=0) > 0
        near = np.cumsum(bright[away < 2.0], axis=0)[-1] > 0
        widths[index] = float(np.median(np.where(near, (bright & ~ended).sum(axis=0) * _STEP_MM, 0.0)))
    return widths
