"""Whether a map from a series to the atlas can be trusted, judged on the pixels of the series itself.

The signal is explained by the atlas' probabilities of white matter, grey matter and fluid, so that the same
measure serves every contrast.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.acquisition import Contrast
from processors.brain.alignment.slip import slip_mm, tissues_around
from processors.brain.alignment.tissue_model import brain_mask, explain, tissue_maps
from processors.brain.alignment.working_image import coarser
from processors.brain.patient_space import points_of_grid, sample

FloatArray = npt.NDArray[np.float64]

GRID_MM = 3.0
MIN_POINTS = 1000
CERTAIN = 0.8
VENTRICLES_MM = (0.0, 12.0, 12.0)
VENTRICLES_REACH_MM = (30.0, 45.0, 25.0)
"""Centre and half-axes, atlas LPS, of a box of the lateral ventricles, whose fluid skull stripping leaves."""
MIN_AGREEMENT = {
    Contrast.T1: 0.55,
    Contrast.T1_POST_CONTRAST: 0.55,
    Contrast.T1_MTC: 0.55,
    Contrast.FLAIR: 0.55,
    Contrast.T2: 0.5,
}
LEAST_AGREEMENT = 0.4
"""Of contrasts that are not named there. Whole and stripped heads gave .64-.91 on T1, .76-.84 on FLAIR and
.57-.81 on T2; parts of heads, and heads turned back to front, .1-.44."""
MAX_SLIP_MM = 3.0
MAX_TURN_DEGREES = 60.0
"""No patient lies more aslant: a larger turn means that the header is wrong about the axes."""
WHITE_MATTER_SHARE = (0.8, 1.3)
SCALES = (0.75, 1.4)
MAX_ANISOTROPY = 1.25
ORDER: dict[Contrast, tuple[tuple[str, str], ...]] = {
    Contrast.T1: (("fluid", "grey"), ("grey", "white")),
    Contrast.T1_POST_CONTRAST: (("fluid", "grey"), ("grey", "white")),
    Contrast.T1_MTC: (("fluid", "grey"), ("grey", "white")),
    Contrast.T2: (("white", "grey"), ("grey", "fluid")),
    Contrast.T2_STAR: (("white", "grey"),),
    Contrast.PD: (("white", "grey"),),
    Contrast.FLAIR: (("white", "grey"), ("fluid", "white")),
    Contrast.ADC: (("white", "fluid"), ("grey", "fluid")),
}
"""Which tissue must be darker than which; a contrast that is not here has no order that always holds."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What speaks for a map to the atlas.

    Attributes
    ----------
    agreement
        Correlation of the signal with what the atlas' tissues explain of it, inside the brain.
    white, grey, fluid
        Signal of white matter, grey matter and cerebrospinal fluid, in the units of the series.
    white_matter_share
        Share of the atlas' white matter that lies inside the images.
    scales
        Smallest and largest stretch from the patient to the atlas.
    slip_mm
        How far the atlas would move for a better agreement, the most of the halves of the brain.
    turn_degrees
        Between the patient's axes and the atlas'; 180 for a mirrored map.
    """

    agreement: float
    white: float
    grey: float
    fluid: float
    white_matter_share: float
    scales: tuple[float, float]
    slip_mm: float
    turn_degrees: float


FAILED = Assessment(0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0), float("inf"), 180.0)
"""Of a series that could not be mapped at all."""


def assess(image: sitk.Image, to_atlas: Callable[[FloatArray], FloatArray], linear: FloatArray) -> Assessment:
    """Measure how well a series and the atlas agree.

    Parameters
    ----------
    image
        The series, a working image.
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    linear
        The linear part of that map, shape (3, 3).
    """
    stretch = np.linalg.svd(linear, compute_uv=False)
    scales = (float(stretch[-1]), float(stretch[0]))
    grid = coarser(image, GRID_MM)
    at = to_atlas(points_of_grid(grid))
    inside = sample(sitk.Cast(brain_mask(), sitk.sitkFloat32), at) > 0.5
    if np.count_nonzero(inside) < MIN_POINTS:
        return FAILED
    at = at[inside]
    signal = sitk.GetArrayFromImage(grid).astype(np.float64).ravel()[inside]
    around = tissues_around(at)
    tissues = around.at()
    found = explain(signal, tissues, at)
    white, grey, _ = map(float, found.signals)
    ventricles = (tissues[:, 2] > CERTAIN) & (
        np.linalg.norm((at - VENTRICLES_MM) / VENTRICLES_REACH_MM, axis=1) < 1
    )
    fluid = float(np.median(found.even[ventricles])) if np.any(ventricles) else float(found.signals[2])
    share = _white_matter_share(tissues, float(np.prod(stretch)))
    slip = slip_mm(found.even, at, around)
    return Assessment(found.agreement, white, grey, fluid, share, scales, slip, _turn_degrees(linear))


def _turn_degrees(linear: FloatArray) -> float:
    left, _, right = np.linalg.svd(linear)
    turn = left @ right
    if np.linalg.det(turn) < 0:
        return 180.0
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1.0, 1.0))))


def _white_matter_share(tissues: FloatArray, volume_scale: float) -> float:
    """Share of the atlas' white matter that the images hold."""
    whole = np.count_nonzero(sitk.GetArrayViewFromImage(tissue_maps())[..., 0] > 0.5) * 8.0
    return float(np.count_nonzero(tissues[:, 0] > 0.5) * GRID_MM**3 * volume_scale / whole)


def plausible(found: Assessment, *, part: bool = False) -> bool:
    """Whether a map could be that of a head, or of a part of one: coverage and size."""
    return (
        found.turn_degrees <= MAX_TURN_DEGREES
        and (part or found.white_matter_share >= WHITE_MATTER_SHARE[0])
        and found.white_matter_share <= WHITE_MATTER_SHARE[1]
        and found.scales[0] >= SCALES[0]
        and found.scales[1] <= SCALES[1]
        and found.scales[1] <= MAX_ANISOTROPY * found.scales[0]
    )


def acceptable(found: Assessment, contrast: Contrast) -> bool:
    """Whether labels may be carried over: order of tissues, agreement, coverage, plausible size."""
    return (
        plausible(found)
        and found.agreement >= MIN_AGREEMENT.get(contrast, LEAST_AGREEMENT)
        and found.slip_mm <= MAX_SLIP_MM
        and all(getattr(found, dark) < getattr(found, bright) for dark, bright in ORDER.get(contrast, ()))
    )
