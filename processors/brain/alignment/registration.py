"""Registration of a brain volume of any contrast with the atlas.

An affine map by mutual information, then a deformation by local normalised cross-correlation with ``greedy``
(Yushkevich et al., Alzheimers Dement 2016;12:P126). For that the atlas is given the volume's own contrast:
the mixture of its tissues, and of its T1, that explains the volume best.
Transforms map points of the patient to points of the atlas: labels travel to the native grid.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from picsl_greedy import Greedy3D

from processors.brain import atlas
from processors.brain.alignment.pose import find_pose, find_poses, refine_pose
from processors.brain.alignment.tissue_model import Explained, brain_mask, explain, tissue_maps
from processors.brain.alignment.working_image import THREADS, WORKING_MM, part_of, working_image
from processors.brain.patient_space import sample
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

POSE_SPACING_MM = 4.0
SHADING_SPACING_MM = 8.0
SHADING_ITERATIONS = (50, 50, 50)
SHADING_VOXELS = 100
CEILING = 1.4
"""Times the median of the head: white matter lies below, fat beside a surface coil above."""
DEFORMABLE = "-m NCC 2x2x2 -n 50x40x8 -s 1.4vox 0.7vox -e 0.5"
"""With less smoothing the tissues overlap more, and the tract lies twice as far from where ANTs finds it.
Four more rounds at the finest level overlap by .006 to .009 (Dice) more, and take a twentieth longer."""
CLEAR_SCORE = 0.09
"""Mutual information that a pose has in any head whose shading could be evened; a coil's shading gave .04."""
BRAIN_MARGIN_MM = 12.0
MASK_MARGIN_MM = 4.0
RIM_MM = 3.0
MIN_VOXELS = 1000
EVERY = 3
"""Every third voxel of the brain serves to find its contrast."""


class RegistrationError(Exception):
    """The volume holds nothing that could be aligned."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where each point of the patient lies in the atlas.

    Attributes
    ----------
    affine
        LPS matrix, shape (4, 4), from the patient to the atlas, applied after the displacement.
    displacement
        Vector image in LPS millimetres on the patient's own axes.
    subject, template
        The volume, its shading evened, and the atlas in its contrast, on the displacement's grid.
    """

    affine: FloatArray
    displacement: sitk.Image
    subject: sitk.Image
    template: sitk.Image

    @property
    def brain(self) -> sitk.Image:
        """The atlas brain and the fluid around it, on the grid of the subject, before the displacement."""
        return _inside(self.subject, affine_transform(self.affine), RIM_MM)

    def to_atlas(self, points: FloatArray) -> FloatArray:
        """Atlas LPS millimetres of patient LPS millimetres, both of shape (n, 3)."""
        moved = points + sample(self.displacement, points)
        return np.asarray(moved @ self.affine[:3, :3].T + self.affine[:3, 3])


def affine_transform(matrix: FloatArray) -> sitk.Transform:
    """An LPS matrix of shape (4, 4) as a transform of points."""
    return sitk.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist())


def register(volume: Volume, image: sitk.Image) -> Registration:
    """Align a series with the atlas; the same series always gives the same result.

    Parameters
    ----------
    image
        The volume's working image.

    Raises
    ------
    RegistrationError
        If the image is empty, or so unlike a head that no pose could be tried.
    """
    if not np.ptp(sitk.GetArrayViewFromImage(image)) > 0:
        raise RegistrationError("the image is empty")
    coarse = working_image(volume, POSE_SPACING_MM)
    affine = _affine(coarse)
    where = np.argwhere(sitk.GetArrayFromImage(_inside(coarse, affine_transform(affine), 0)))[:, ::-1]
    if not len(where):
        raise RegistrationError("the image holds no brain")
    first, last = where.min(axis=0), where.max(axis=0)
    low = np.array(coarse.GetOrigin())
    box = (low + end * POSE_SPACING_MM + way * BRAIN_MARGIN_MM for end, way in ((first, -1), (last, 1)))
    return _deform(part_of(image, *box), affine)


def _affine(coarse: sitk.Image) -> FloatArray:
    """The LPS matrix, shape (4, 4), to the atlas.

    Shading is evened by all of the head. Where that gives no clear pose, the image as it is gives another;
    where that is not clear either, all poses are tried that can be reached in the two images.
    """
    evened = _evened(coarse, sitk.TriangleThreshold(coarse, 0, 1))
    found, from_atlas = find_pose(evened)
    if found < CLEAR_SCORE:
        found, from_atlas = _best_of(coarse, (from_atlas, find_pose(coarse)[1]))
    if found < CLEAR_SCORE:
        _, from_atlas = _best_of(coarse, (from_atlas, *find_poses((evened, coarse))))
    return np.asarray(np.linalg.inv(from_atlas), dtype=np.float64)


def _best_of(coarse: sitk.Image, poses: Sequence[FloatArray]) -> tuple[float, FloatArray]:
    """The pose that fits best once the shading is evened by the brain that it finds, and how well."""
    brains = (_inside(coarse, affine_transform(pose).GetInverse(), 0) for pose in poses)
    refined = [refine_pose(_evened(coarse, brain), pose) for brain, pose in zip(brains, poses, strict=True)]
    return max(refined, key=lambda pose: pose[0])


def _evened(image: sitk.Image, where: sitk.Image) -> sitk.Image:
    """The image without its shading, estimated from the voxels of a mask, and cut above their usual signal.

    N4 (Tustison et al., IEEE TMI 2010;29:1310) on a coarser grid. It serves the registration alone: what is
    measured is the signal as acquired. An image with too few voxels to fit stays as it is.
    """
    factors = [max(1, round(SHADING_SPACING_MM / step)) for step in image.GetSpacing()]
    coarse, mask = sitk.Shrink(image, factors), sitk.Shrink(where, factors)
    inside = sitk.GetArrayFromImage(mask) > 0
    if np.count_nonzero(inside) < SHADING_VOXELS:
        return image
    estimate = sitk.N4BiasFieldCorrectionImageFilter()
    estimate.SetMaximumNumberOfIterations(SHADING_ITERATIONS)
    estimate.SetNumberOfThreads(1)
    usual = np.median(sitk.GetArrayFromImage(estimate.Execute(coarse, mask))[inside])
    even = image / sitk.Cast(sitk.Exp(estimate.GetLogBiasFieldAsImage(image)), sitk.sitkFloat32)
    cut: sitk.Image = sitk.Clamp(even, sitk.sitkFloat32, 0.0, CEILING * float(usual))
    return cut


@cache
def _wide_mask(margin: float) -> sitk.Image:
    radius = [math.ceil(margin / step) for step in brain_mask().GetSpacing()]
    wide: sitk.Image = sitk.BinaryDilate(sitk.ConstantPad(brain_mask(), radius, radius), radius)
    return wide


def _inside(grid: sitk.Image, affine: sitk.Transform, margin: float) -> sitk.Image:
    """The atlas brain, widened by a margin (mm), on the patient's grid."""
    return sitk.Resample(_wide_mask(margin), grid, affine, sitk.sitkNearestNeighbor)


def _deform(fixed: sitk.Image, affine: FloatArray) -> Registration:
    """The deformation; greedy adds faint noise to flat background, seeded so that it is always the same."""
    onto = affine_transform(affine)
    maps = sitk.GetArrayFromImage(sitk.Resample(tissue_maps(), fixed, onto))
    t1 = sitk.GetArrayFromImage(sitk.Resample(atlas.image("icbm_t1"), fixed, onto)) / 255
    parts = np.concatenate([maps, t1[..., None]], axis=-1).reshape(-1, 4)
    found = _contrast(fixed, parts, sitk.GetArrayFromImage(_inside(fixed, onto, 0)).ravel() > 0)
    axes = [
        start + WORKING_MM * np.arange(size)
        for start, size in zip(fixed.GetOrigin(), fixed.GetSize(), strict=True)
    ]
    subject = _like(fixed, sitk.GetArrayViewFromImage(fixed) / found.shading_of(axes).T)
    template = _like(fixed, (parts @ found.signals.astype(np.float32)).reshape(maps.shape[:3]))
    greedy = Greedy3D()
    try:
        greedy.execute(
            f"-d 3 -V 0 -threads {THREADS} -seed 1 -i fixed moving -o warp {DEFORMABLE}",
            out=StringIO(),
            err=StringIO(),
            fixed=sitk.Mask(subject, _inside(fixed, onto, MASK_MARGIN_MM)),
            moving=template,
            warp=None,
        )
    except RuntimeError as error:
        raise RegistrationError(str(error)) from error
    return Registration(affine, greedy["warp"], subject, template)


def _contrast(fixed: sitk.Image, parts: npt.NDArray[np.float32], brain: npt.NDArray[np.bool_]) -> Explained:
    chosen = np.flatnonzero(brain)[::EVERY]
    if len(chosen) < MIN_VOXELS:
        raise RegistrationError("the volume holds too little of a brain")
    signal = sitk.GetArrayViewFromImage(fixed).ravel()[chosen].astype(np.float64)
    at = np.stack(np.unravel_index(chosen, fixed.GetSize()[::-1])[::-1], axis=1) * WORKING_MM
    return explain(signal, parts[chosen].astype(np.float64), at + fixed.GetOrigin())


def _like(grid: sitk.Image, array: npt.NDArray[np.floating]) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array, dtype=np.float32))
    image.CopyInformation(grid)
    return image
