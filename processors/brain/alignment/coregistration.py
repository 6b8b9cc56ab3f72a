"""One series of a study brought to another: a rigid map, from the scanner's coordinates."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from processors.brain.alignment.mutual_information import climb, samples, score, target
from processors.brain.alignment.registration import Registration, RegistrationError, affine_transform
from processors.brain.alignment.working_image import WORKING_MM, coarser, part_of
from processors.brain.patient_space import bounds

FloatArray = npt.NDArray[np.float64]

LEVELS = ((4.0, 3, 3.0), (2.0, 13, 1.0))
"""Spacing (mm), every how many-th voxel is sampled, first step (mm)."""
GAIN = 1e-3
"""Of the agreement in a round, below which a search ends: what is left moves the brain by .1 mm at most."""
MIN_SAMPLES = 500
SHIFT_MM = 3.0
LEAST_AGREEMENT = 0.01
"""Below, what agrees is chance, however sharply (p): noise has .007."""
HOPELESS = 0.8
"""Of the agreement: what exchanged sides must reach at once for their map to be sought on."""
MIRROR_MARGIN = 0.15
"""In four real studies and a synthetic one the exchanged sides agreed a quarter to two thirds as well as the
right ones, and those of mirrored series 1.2 to 2.3 times: set with these in view."""


@dataclass(frozen=True, slots=True, eq=False)
class Coregistration:
    """How one series lies to another.

    Attributes
    ----------
    to_anchor
        LPS matrix, shape (4, 4), of the rigid map.
    agreement
        Normalised mutual information beyond chance.
    mirrored_agreement
        The same after left and right of the brain were exchanged, and the map was sought anew, if only for
        a round where that is :data:`HOPELESS`.
    sharpness
        Share of the agreement that is lost at the best of six shifts by :data:`SHIFT_MM`; 0 by chance.
    """

    to_anchor: FloatArray
    agreement: float
    mirrored_agreement: float
    sharpness: float

    @property
    def sides_agree(self) -> bool:
        """Whether the two do not clearly fit better with left and right exchanged.

        Brains are not symmetric, and the same brain is asymmetric in the same way in every series.
        """
        return self.mirrored_agreement <= self.agreement * (1 + MIRROR_MARGIN)


def coregister(image: sitk.Image, anchor: Registration, start: FloatArray) -> Coregistration:
    """Bring a series to the patient space of a registered one.

    Parameters
    ----------
    image
        The series, a working image.
    start
        Rigid LPS matrix, shape (4, 4); the identity where both lie in the scanner's coordinates.

    Raises
    ------
    RegistrationError
        If the two do not overlap.
    """
    reached = start
    for spacing, every, step in LEVELS:
        fixed = _at(_overlap(image, anchor.subject, reached), spacing)
        mask = sitk.Resample(anchor.brain, fixed, affine_transform(reached), sitk.sitkNearestNeighbor)
        chosen = samples(fixed, sitk.GetArrayFromImage(mask) > 0, every)
        if len(chosen.bins) < MIN_SAMPLES:
            raise RegistrationError("the series do not overlap")
        moving = target(_at(anchor.subject, spacing))
        agreement, reached = climb(chosen, moving, reached, 6, step, gain=GAIN)
    mirrored, exchanged = climb(chosen, moving, _mirror(anchor) @ reached, 6, step, rounds=1)
    if mirrored > HOPELESS * agreement:
        mirrored, _ = climb(chosen, moving, exchanged, 6, step, gain=GAIN)
    around = max(score(chosen, moving, shifted(reached, axis, way)) for axis in range(3) for way in (-1, 1))
    return Coregistration(reached, agreement, mirrored, sharpness(agreement, around))


def sharpness(agreement: float, around: float) -> float:
    """Share of an agreement that is lost where the best one ``around`` it is; 0 where it is but chance."""
    return 1 - around / agreement if agreement >= LEAST_AGREEMENT else 0.0


def shifted(matrix: FloatArray, axis: int, way: int) -> FloatArray:
    """A map, LPS matrix (4, 4), that ends :data:`SHIFT_MM` away along an axis."""
    moved = matrix.copy()
    moved[axis, 3] += way * SHIFT_MM
    return moved


def through_atlas(own: Registration, anchor: Registration) -> FloatArray:
    """The rigid map, LPS matrix (4, 4), nearest to that of one registered series by the atlas to another."""
    whole = np.linalg.solve(anchor.affine, own.affine)
    left, _, right = np.linalg.svd(whole[:3, :3])
    middle = np.mean(bounds(own.subject), axis=0)
    matrix = np.eye(4)
    matrix[:3, :3] = left @ right
    matrix[:3, 3] = whole[:3, :3] @ middle + whole[:3, 3] - matrix[:3, :3] @ middle
    return matrix


def _mirror(anchor: Registration) -> FloatArray:
    """The exchange of left and right in the anchor's patient space, about the middle of the atlas."""
    return np.asarray(np.linalg.solve(anchor.affine, np.diag([-1.0, 1.0, 1.0, 1.0]) @ anchor.affine))


def _at(image: sitk.Image, spacing: float) -> sitk.Image:
    return image if spacing <= WORKING_MM else coarser(image, spacing)


def _overlap(image: sitk.Image, anchor: sitk.Image, to_anchor: FloatArray) -> sitk.Image:
    """The part of a series that the anchor's brain may lie in."""
    back = np.linalg.inv(to_anchor)
    corners = np.array(list(itertools.product(*zip(*bounds(anchor), strict=True))))
    corners = corners @ back[:3, :3].T + back[:3, 3]
    return part_of(image, corners.min(axis=0), corners.max(axis=0))
