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
from processors.brain.patient_space import extent, on_grid, points_of_grid, robust_range, sample, to_image
from processors.brain.tissue_model import brain_mask, explain, probabilities, tissue_maps
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

GRID_MM = 3.0
MIN_POINTS = 1000
MIN_AGREEMENT = 0.4
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
    """

    agreement: float
    white: float
    grey: float
    fluid: float
    white_matter_share: float
    scales: tuple[float, float]


FAILED = Assessment(0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0))
"""Of a series that could not be mapped at all."""


def assess(volume: Volume, to_atlas: Callable[[FloatArray], FloatArray], linear: FloatArray) -> Assessment:
    """Measure how well volume and atlas agree.

    Parameters
    ----------
    to_atlas
        Maps patient LPS millimetres to atlas LPS millimetres, both of shape (n, 3).
    linear
        The linear part of that map, shape (3, 3).
    """
    stretch = np.linalg.svd(linear, compute_uv=False)
    scales = (float(stretch[-1]), float(stretch[0]))
    image = sitk.Clamp(to_image(volume), sitk.sitkFloat32, *robust_range(volume.array))
    grid = on_grid(image, *extent(volume), GRID_MM)
    signal = sitk.GetArrayFromImage(grid).astype(np.float64).ravel()
    at = to_atlas(points_of_grid(grid))
    tissues = probabilities(at)
    inside = sample(sitk.Cast(brain_mask(), sitk.sitkFloat32), at) > 0.5
    if np.count_nonzero(inside) < MIN_POINTS:
        return FAILED
    found = explain(signal[inside], tissues[inside], at[inside])
    white, grey, fluid = map(float, found.signals)
    share = _white_matter_share(tissues, float(np.prod(stretch)))
    return Assessment(found.agreement, white, grey, fluid, share, scales)


def _white_matter_share(tissues: FloatArray, volume_scale: float) -> float:
    """Share of the atlas' white matter that the images hold."""
    whole = np.count_nonzero(sitk.GetArrayViewFromImage(tissue_maps())[..., 0] > 0.5) * 8.0
    return float(np.count_nonzero(tissues[:, 0] > 0.5) * GRID_MM**3 * volume_scale / whole)


def acceptable(found: Assessment, contrast: Contrast) -> bool:
    """Whether labels may be carried over: order of tissues, agreement, coverage, plausible size."""
    return (
        found.agreement >= MIN_AGREEMENT
        and all(getattr(found, dark) < getattr(found, bright) for dark, bright in ORDER.get(contrast, ()))
        and WHITE_MATTER_SHARE[0] <= found.white_matter_share <= WHITE_MATTER_SHARE[1]
        and found.scales[0] >= SCALES[0]
        and found.scales[1] <= SCALES[1]
        and found.scales[1] <= MAX_ANISOTROPY * found.scales[0]
    )
