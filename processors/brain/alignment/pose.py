"""Where the brain lies in a volume of any contrast: the best affine map from the atlas.

Rigid multi-start on samples 8 mm apart, then an affine search on samples 4 mm apart, both by mutual
information of the volume and two templates: Colin27 with the scalp, and the ICBM 2009a brain. The samples are
the atlas', so that the score of every pose is of the same anatomy.
"""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.spatial.transform import Rotation

from processors.brain import atlas
from processors.brain.alignment.mutual_information import Samples, Target, climb, samples, score, target
from processors.brain.alignment.tissue_model import brain_mask
from processors.brain.alignment.working_image import THREADS
from processors.brain.patient_space import bounds, on_grid

FloatArray = npt.NDArray[np.float64]

SEARCH_MM, AFFINE_MM = 8.0, 4.0
SEARCH_STEP_MM, AFFINE_STEP_MM = 8.0, 4.0
HEAD_MARGIN_MM, BRAIN_MARGIN_MM = 18.0, 6.0
SIZE = 0.88
"""Of an adult's brain beside the MNI templates, which are larger than life (Lancaster et al., Hum Brain Mapp
2007;28:1194)."""
TURNS = np.radians((-30.0, 0.0, 30.0))
BACK_MM = (-20.0, 0.0, 20.0)
RISE_MM = (-60.0, -40.0, -20.0, 0.0, 20.0, 40.0, 60.0, 80.0)
"""How far the brain's centre may lie from that of all that is bright: far above it if the neck is in view."""
TEMPLATES = ("head", "brain")
STARTS_KEPT = 4
DISTINCT_MM = 15.0
POSES_KEPT = 3
"""Of those that fit best in one way of evening the shading; the true one was first in 23 of 23 heads (p)."""
EVERY = 3
"""Every third voxel of the finer samples counts, which is plenty for twelve numbers."""


def find_pose(image: sitk.Image) -> tuple[float, FloatArray]:
    """The mutual information, and the affine map, LPS matrix of shape (4, 4), from the atlas to a volume.

    Parameters
    ----------
    image
        The volume on an axis-aligned grid of :data:`AFFINE_MM`, its shading evened.
    """
    fine = target(image)
    with ThreadPoolExecutor(THREADS) as threads:
        searched = threads.map(_search, TEMPLATES, [_Head.of(image)] * len(TEMPLATES))
        best = [max(reached, key=lambda pose: pose[0])[1] for reached in searched]
        found = threads.map(lambda pose: _fitted(fine, pose), _unlike(best))
    return max(found, key=lambda pose: pose[0])


def find_poses(images: Sequence[sitk.Image]) -> list[FloatArray]:
    """The affine maps that fit best of all that any start leads to, LPS matrices of shape (4, 4), best first.

    For a volume in which :func:`find_pose` finds none that is clear: it takes several times as long.

    Parameters
    ----------
    images
        The same volume, as for :func:`find_pose`, its shading evened in several ways.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        searches = itertools.product(TEMPLATES, map(_Head.of, images))
        searched = threads.map(_search, *zip(*searches, strict=True))
        starts = _best_first([pose for reached in searched for pose in reached])
        fits = itertools.product(map(target, images), starts)
        found = list(threads.map(_fitted, *zip(*fits, strict=True)))
    return _best_first(found)[:POSES_KEPT]


def refine_pose(image: sitk.Image, pose: FloatArray) -> tuple[float, FloatArray]:
    """The mutual information, and the affine map that a local search reaches from another one."""
    return _fitted(target(image), pose)


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """A volume as a rigid pose is searched in it, and the centre of what is bright, shape (3,)."""

    coarse: Target
    centre: FloatArray

    @classmethod
    def of(cls, image: sitk.Image) -> Self:
        return cls(target(on_grid(image, *bounds(image), SEARCH_MM)), _centre(image))


def _search(template: str, head: _Head) -> list[tuple[float, FloatArray]]:
    """Scores and rigid poses of a template, LPS matrices of shape (4, 4), that its best starts lead to."""
    fixed = _samples_of(template, SEARCH_MM)
    starts = _starts(fixed, head.coarse, head.centre)
    return [climb(fixed, head.coarse, start, 6, SEARCH_STEP_MM) for start in starts]


def _best_first(scored: Sequence[tuple[float, FloatArray]]) -> list[FloatArray]:
    """Poses by their score, without those that are like a better one."""
    return _unlike([pose for _, pose in sorted(scored, key=lambda pair: -pair[0])])


def _unlike(poses: Sequence[FloatArray]) -> list[FloatArray]:
    """Those poses that are not like one before them."""
    points = _samples_of("brain", AFFINE_MM).points
    kept: list[FloatArray] = []
    for pose in poses:
        if all(_apart(pose, other, points) > DISTINCT_MM for other in kept):
            kept.append(pose)
    return kept


def _fitted(fine: Target, pose: FloatArray) -> tuple[float, FloatArray]:
    """The score, and the affine map that a local search reaches from a pose."""
    return climb(_samples_of("brain", AFFINE_MM), fine, pose, 12, AFFINE_STEP_MM)


@cache
def _samples_of(template: str, spacing: float) -> Samples:
    """Samples of a template and its surroundings, to be read only."""
    if template == "head":
        image, margin = atlas.image("colin27_head"), HEAD_MARGIN_MM
    else:
        image, margin = sitk.Mask(atlas.image("icbm_t1"), brain_mask()), BRAIN_MARGIN_MM
    low, high = bounds(image)
    grid = on_grid(image, low - margin, high + margin, spacing)
    radius = [round(margin / step) for step in brain_mask().GetSpacing()]
    wide = sitk.BinaryDilate(sitk.ConstantPad(brain_mask(), radius, radius), radius)
    where = sitk.Resample(wide, grid, sitk.Transform(), sitk.sitkNearestNeighbor)
    return samples(grid, sitk.GetArrayFromImage(where) > 0, 1 if spacing == SEARCH_MM else EVERY)


def _centre(image: sitk.Image) -> FloatArray:
    """Centre of mass of what is brighter than the background."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(sitk.OtsuThreshold(image, 0, 1))
    return np.array(shape.GetCentroid(1)) if shape.HasLabel(1) else np.mean(bounds(image), axis=0)


def _starts(fixed: Samples, coarse: Target, centre: FloatArray) -> list[FloatArray]:
    """The best poses, LPS matrices of shape (4, 4), of a grid of turns and shifts, no two of them alike."""
    about = fixed.points.mean(axis=0)
    scored = []
    for angles, back, rise in itertools.product(itertools.product(TURNS, repeat=3), BACK_MM, RISE_MM):
        start = np.eye(4)
        start[:3, :3] = SIZE * Rotation.from_euler("xyz", angles).as_matrix()
        start[:3, 3] = centre + np.array([0.0, back, rise]) - start[:3, :3] @ about
        scored.append((score(fixed, coarse, start), start))
    scored.sort(key=lambda pair: -pair[0])
    kept: list[FloatArray] = []
    for _, start in scored:
        if all(_apart(start, other, fixed.points) > DISTINCT_MM for other in kept):
            kept.append(start)
        if len(kept) == STARTS_KEPT:
            break
    return kept


def _apart(one: FloatArray, other: FloatArray, points: FloatArray) -> float:
    """Mean distance in millimetres between where two maps put some points."""
    change = one - other
    return float(np.linalg.norm(points[::50] @ change[:3, :3].T + change[:3, 3], axis=1).mean())
