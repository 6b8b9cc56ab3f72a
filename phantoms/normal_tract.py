"""What the healthy tract looks like: its own signal beside other white matter, and how people differ in it.

Means follow the ratio of tract to surrounding white matter in the T1, T2 and FLAIR of four adults without
motor neuron disease, where every head had the internal capsule dark on T1 and bright on T2 and FLAIR. The
spread between people is a proposal: a few percent, mostly shared by the segments of one person.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from phantoms.patient import PhantomPatient
from phantoms.template import axes_mm, head_template
from phantoms.tissue_signal import T1Family
from phantoms.tract import SEGMENT_LIMITS, centreline, tube
from processors.acquisition import Contrast
from processors.findings import Side

Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TractNorm:
    """The healthy tract in one contrast.

    Attributes
    ----------
    means
        Tract over surrounding white matter per segment, from ``subcortical`` down to ``pons``.
    spread
        Standard deviation between people of the ratio of a segment.
    brainstem
        White matter of the brain stem over that of the hemispheres.
    """

    means: tuple[float, float, float, float, float]
    spread: float
    brainstem: float


_SPIN_ECHO = TractNorm((0.985, 0.995, 0.985, 1.000, 0.980), 0.017, 1.05)
_GRADIENT_ECHO = TractNorm((0.980, 0.990, 0.965, 0.985, 0.975), 0.017, 0.97)

T1_NORMS: dict[T1Family, TractNorm] = {
    T1Family.SPIN_ECHO: _SPIN_ECHO,
    T1Family.FLASH: _GRADIENT_ECHO,
    T1Family.MPRAGE: _GRADIENT_ECHO,
}

NORMS: dict[Contrast, TractNorm] = {
    Contrast.T1_MTC: TractNorm((0.990, 0.995, 0.975, 0.990, 0.985), 0.017, 1.0),
    Contrast.T2: TractNorm((1.02, 1.04, 1.06, 1.08, 1.06), 0.034, 1.10),
    Contrast.FLAIR: TractNorm((1.02, 1.02, 1.01, 1.04, 1.01), 0.034, 0.90),
    Contrast.DWI: TractNorm((1.00, 1.01, 1.05, 1.06, 1.00), 0.034, 0.95),
    Contrast.ADC: TractNorm((1.00, 0.99, 0.98, 0.98, 1.00), 0.025, 0.97),
}

SHARED, OWN, SIDED = 0.75, 0.58, 0.32
"""Shares of the spread that a person's segments have in common, that each segment has for itself, and that
left and right differ by: squares add up to 1."""

REGION_SPREAD = 0.012
"""Fractional standard deviation of the slow differences between regions of normal white matter."""

VARIANT_HEIGHT = 7.0
"""Template millimetres of the middle of the normal variant of the internal capsule."""

VARIANT_LENGTH = (25.0, 0.5, (5.0, 55.0))
"""Median in millimetres, spread of its logarithm, and range of its extent along the tract: 0.5 to 5.5 cm,
median 2.5 cm, in 40 of 40 healthy people (Neuroradiology 1997;39:243)."""

VARIANT_CHANGE: dict[Contrast, tuple[float, float]] = {
    Contrast.T1: (-0.05, -0.01),
    Contrast.T1_POST_CONTRAST: (-0.05, -0.01),
    Contrast.T2: (0.04, 0.18),
    Contrast.FLAIR: (0.04, 0.18),
    Contrast.DWI: (0.0, 0.05),
}
"""Range of its fractional signal change: bright on T2 and FLAIR, slightly dark on T1 (Mirowitz 1989)."""

STRONG_VARIANT: dict[Contrast, float] = {
    Contrast.T1: -0.09,
    Contrast.T1_POST_CONTRAST: -0.09,
    Contrast.T2: 0.34,
    Contrast.FLAIR: 0.38,
    Contrast.DWI: 0.08,
}


def tract_norm(contrast: Contrast, family: T1Family | None) -> TractNorm | None:
    """The healthy tract of a contrast; ``None`` where the tract does not stand out."""
    if contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST):
        return T1_NORMS[family or T1Family.SPIN_ECHO]
    return NORMS.get(contrast)


def healthy_ratios(
    patient: PhantomPatient, contrast: Contrast, family: T1Family | None = None
) -> dict[Side, tuple[float, ...]]:
    """The ratio drawn for each segment of ``TRACT_SEGMENTS`` of one person without any sign.

    All T1 share their draws, so that a person is the same in every T1 they have.
    """
    norm = tract_norm(contrast, family)
    if norm is None:
        return {side: (1.0,) * len(SEGMENT_LIMITS) for side in Side}
    kind = "T1" if contrast in (Contrast.T1, Contrast.T1_POST_CONTRAST, Contrast.T1_MTC) else str(contrast)
    rng = patient.rng(f"healthy tract {kind}")
    shared, own = rng.normal(), rng.normal(size=len(SEGMENT_LIMITS))
    ratios = {}
    for side in Side:
        sided = rng.normal(size=len(SEGMENT_LIMITS))
        spread = norm.spread * (SHARED * shared + OWN * own + SIDED * sided)
        ratios[side] = tuple((np.array(norm.means) * (1 + spread)).tolist())
    return ratios


def draw_healthy_tract(
    patient: PhantomPatient,
    tract: dict[Side, Array],
    contrast: Contrast,
    family: T1Family | None,
    brain: Array,
) -> None:
    """Give the white matter of the brain stem and the tract their normal signal, in place."""
    norm = tract_norm(contrast, family)
    if norm is None:
        return
    brain *= 1 + _brainstem() * np.float32(norm.brainstem - 1)
    for side, ratios in healthy_ratios(patient, contrast, family).items():
        along = (np.interp(axes_mm()[2].ravel(), *_knots(ratios)) - 1).astype(np.float32)
        brain *= 1 + tract[side] * along[:, None, None]


def _knots(ratios: tuple[float, ...]) -> tuple[list[float], list[float]]:
    """Heights and ratios between which the healthy signal is interpolated, from below."""
    edges = (65.0, *SEGMENT_LIMITS)
    heights: list[float] = []
    for low, high in zip(edges[1:], edges[:-1], strict=True):
        margin = 0.2 * (high - low)
        heights += [high - margin, low + margin]
    return heights[::-1], [ratio for ratio in reversed(ratios) for _ in range(2)]


def _brainstem() -> Array:
    x, y, z = axes_mm()
    across = np.clip((26 - np.abs(x)) / 6, 0, 1) * np.clip((y + 42) / 6, 0, 1)
    return np.asarray(across * np.clip((-2 - z) / 14, 0, 1), dtype=np.float32)


def variant_weight(patient: PhantomPatient, side: Side) -> tuple[tuple[slice, ...], Array]:
    """Where the normal variant of the internal capsule lies: a box of the template, and 0 to 1 in it.

    It follows the posterior part of the tract, over a length that differs between people.
    """
    rng = patient.rng("posterior limb")
    median, spread, (least, most) = VARIANT_LENGTH
    length = float(np.clip(median * np.exp(rng.normal(0, spread)), least, most))
    if patient.strong_posterior_limb:
        length = max(length, 40.0)
    middle = VARIANT_HEIGHT + rng.uniform(-3, 3)
    line = centreline(patient, side)
    line[:, 1] -= 1.2
    along = 0.5 * np.arange(len(line))
    away = np.abs(along - along[np.argmin(np.abs(line[:, 2] - middle))])
    line[:, 3] = rng.uniform(2.2, 3.0) * np.sqrt(np.clip((length / 2 - away) / 6 + 0.5, 0, 1))
    box, weight = tube(line[line[:, 3] > 0.3])
    white = np.clip(2.5 * (head_template().tissue[box] - 1.2), 0, 1)
    return box, np.asarray(weight * white, dtype=np.float32)


def draw_variant(patient: PhantomPatient, contrast: Contrast, brain: Array) -> None:
    """Draw the normal variant of the internal capsule on both sides, in place."""
    if contrast not in VARIANT_CHANGE:
        return
    low, high = VARIANT_CHANGE[contrast]
    strength = patient.rng("posterior limb strength").uniform()
    change = low + (high - low) * strength if low >= 0 else high + (low - high) * strength
    if patient.strong_posterior_limb:
        change = STRONG_VARIANT[contrast]
    for side in Side:
        own = patient.rng(f"posterior limb {contrast} {side}").uniform(0.9, 1.1)
        box, weight = variant_weight(patient, side)
        brain[box] *= 1 + weight * np.float32(change * own)
