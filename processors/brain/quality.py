"""Whether a registration, and a volume, can be trusted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain import atlas
from processors.brain.patient_space import sample
from processors.brain.registration import Registration, matrix_of
from processors.brain.tract_map import WHITE_MATTER_CERTAIN, TractMap

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_CORRELATION = 0.5
WHITE_MATTER_SHARE = (0.8, 1.3)
SCALES = (0.75, 1.4)
MAX_ANISOTROPY = 1.25
"""Seven real T1 series gave correlations of .57-.77, shares of .91-1.16, scales of 1.02-1.25 and anisotropies
of 1.06-1.15; noise, knee-like shapes, half heads and cropped or inverted ones broke at least one limit."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What speaks for a registration.

    Attributes
    ----------
    correlation
        Of volume and warped atlas inside the atlas brain.
    tissue_contrast
        Median white over median grey matter.
    white_matter_share
        Share of the atlas' white matter that lies inside the images.
    scales
        Smallest and largest stretch of the affine.
    """

    correlation: float
    tissue_contrast: float
    white_matter_share: float
    scales: tuple[float, float]


def assess(registration: Registration) -> Assessment:
    """Measure how well volume and atlas agree."""
    subject = sitk.GetArrayFromImage(registration.subject).astype(np.float64).ravel()
    shape = sitk.GetArrayFromImage(registration.subject).shape
    grid = np.indices(shape, dtype=np.float64).reshape(3, -1)[::-1].T
    spacing = np.array(registration.subject.GetSpacing())
    at = registration.to_atlas(grid * spacing + registration.subject.GetOrigin())
    template, white, grey = (
        sample(atlas.image(f"icbm_{name}"), at) for name in ("t1", "white_matter", "grey_matter")
    )
    brain = white + grey > 128
    if np.count_nonzero(brain) < 1000:
        return Assessment(-1.0, 0.0, 0.0, (0.0, 0.0))
    correlation = float(np.nan_to_num(np.corrcoef(subject[brain], template[brain])[0, 1], nan=-1.0))
    medians = [
        float(np.median(subject[tissue > 255 * 0.9])) if np.any(tissue > 255 * 0.9) else 0.0
        for tissue in (white, grey)
    ]
    matrix, _ = matrix_of(registration.affine)
    stretch = np.linalg.svd(matrix, compute_uv=False)
    whole = sitk.GetArrayFromImage(atlas.image("icbm_white_matter")) > 128
    seen = np.count_nonzero(white > 128) * np.prod(spacing) * abs(np.linalg.det(matrix))
    share = float(seen / (np.count_nonzero(whole) * 8.0))
    return Assessment(
        correlation,
        medians[0] / medians[1] if medians[1] > 0 else 0.0,
        share,
        (float(stretch[-1]), float(stretch[0])),
    )


def acceptable(found: Assessment) -> bool:
    """Whether labels may be carried over: T1 order of tissues, agreement, coverage, plausible size."""
    return (
        found.correlation >= MIN_CORRELATION
        and found.tissue_contrast > 1.0
        and WHITE_MATTER_SHARE[0] <= found.white_matter_share <= WHITE_MATTER_SHARE[1]
        and found.scales[0] >= SCALES[0]
        and found.scales[1] <= SCALES[1]
        and found.scales[1] <= MAX_ANISOTROPY * found.scales[0]
    )


def certain_white_matter(tract: TractMap) -> BoolArray:
    """White matter outside the tract, for the fit of shading."""
    return np.asarray((tract.white_matter >= WHITE_MATTER_CERTAIN) & ~tract.near_tract)


def spread(values: FloatArray) -> float:
    """Robust coefficient of variation: IQR-based SD over median; infinite without values."""
    if len(values) < 30 or (middle := float(np.median(values))) <= 0:
        return float("inf")
    low, high = np.percentile(values, (25, 75))
    return float((high - low) / 1.349 / middle)


def signal_to_noise(array: npt.NDArray[np.float32], tract: TractMap) -> float:
    """Median signal of the reference white matter over the noise of its in-plane neighbours' differences."""
    s, r, c = tract.indices[tract.reference].T
    if len(s) < 30:
        return 0.0
    beyond = np.minimum(c + 1, array.shape[2] - 1)
    difference = array[s, r, c].astype(np.float64) - array[s, r, beyond]
    noise = 1.4826 * float(np.median(np.abs(difference))) / np.sqrt(2)
    return float(np.median(array[s, r, c]) / max(noise, 1e-6))
