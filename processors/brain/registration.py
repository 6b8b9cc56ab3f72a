"""Registration of a brain volume with the atlas.

Rigid multi-start and affine by mutual information (Mattes et al., IEEE TMI 2003;22:120) to Colin27 with and
without the skull, then affine and deformable registration to the ICBM 2009a brain with ``greedy`` by local
normalised cross-correlation (Yushkevich et al., Alzheimers Dement 2016;12:P126).
Transforms map points of the patient to points of the atlas: labels travel to the native grid.
"""

import itertools
import math
import tempfile
from dataclasses import dataclass
from functools import cache
from io import StringIO
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from picsl_greedy import Greedy3D

from processors.brain import atlas
from processors.brain.patient_space import extent, on_grid, robust_range, sample, to_image
from processors.volume import Volume

FloatArray = npt.NDArray[np.float64]

THREADS = 2
SEARCH_SHRINK = 2
RIGID_SPACING_MM = 4.0
DEFORMABLE_SPACING_MM = 2.0
SHADING_SPACING_MM = 8.0
SHADING_ITERATIONS = (50, 50, 50)
SHADING_VOXELS = 100
CEILING = 1.4
"""Times the median of head or brain: white matter lies below, fat beside a surface coil above."""
START_ANGLES = np.radians((-30.0, 0.0, 30.0))
START_SHIFTS_MM = (-50.0, -25.0, 0.0, 25.0, 50.0)
STARTS_KEPT = 2
DEFORMABLE = "-m NCC 2x2x2 -n 60x40x20 -s 2.0vox 0.7vox -e 0.5"
BRAIN_MARGIN_MM = 12.0
AIR_MM = 45.0
RIM_MM = 3.0
TISSUE_PROBABILITY = 0.5


class RegistrationError(Exception):
    """The volume holds nothing that could be aligned."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where each point of the patient lies in the atlas.

    Attributes
    ----------
    affine
        Patient LPS to atlas LPS, applied after the displacement.
    displacement
        Vector image in LPS millimetres on the patient's own axes.
    subject, template
        The volume and the atlas brain on the displacement's grid, for quality and for pictures.
    """

    affine: sitk.Transform
    displacement: sitk.Image
    subject: sitk.Image
    template: sitk.Image

    @property
    def brain(self) -> sitk.Image:
        """The atlas brain and the fluid around it, on the grid of the subject."""
        return _inside(self.subject, self.affine, RIM_MM)

    def to_atlas(self, points: FloatArray) -> FloatArray:
        """Atlas LPS millimetres of patient LPS millimetres, both of shape (n, 3)."""
        moved = points + sample(self.displacement, points)
        matrix, offset = matrix_of(self.affine)
        return np.asarray(moved @ matrix.T + offset)


def matrix_of(transform: sitk.Transform) -> tuple[FloatArray, FloatArray]:
    """Matrix (3, 3) and offset (3,) of a linear transform."""
    offset = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    columns = [np.array(transform.TransformPoint(axis)) - offset for axis in np.eye(3).tolist()]
    return np.stack(columns, axis=1), offset


def register(volume: Volume) -> Registration:
    """Align a brain volume with the atlas; the same volume always gives the same result.

    Raises
    ------
    RegistrationError
        If the volume is empty, or so unlike a head that no pose could be tried.
    """
    if not np.ptp(volume.array) > 0:
        raise RegistrationError("the volume is empty")
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(THREADS)
    image = to_image(volume)
    low, high = extent(volume)
    image = sitk.Clamp(image, sitk.sitkFloat32, *robust_range(volume.array))
    brain = sitk.Mask(atlas.image("icbm_t1"), brain_mask())
    coarse = on_grid(image, low, high, RIGID_SPACING_MM)
    head = _evened(coarse, sitk.TriangleThreshold(coarse, 0, 1))
    _, affine = max(_candidates(head, brain), key=itemgetter(0))
    return _deform(image, low, high, affine, brain)


@cache
def brain_mask() -> sitk.Image:
    """Where the atlas holds brain tissue, with the ventricles; to be read only."""
    tissue = atlas.image("icbm_grey_matter") + atlas.image("icbm_white_matter")
    mask = sitk.BinaryMorphologicalClosing(tissue > 255 * TISSUE_PROBABILITY, [5, 5, 5])
    filled: sitk.Image = sitk.BinaryFillhole(mask)
    return filled


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


def _templates() -> tuple[sitk.Image, sitk.Image]:
    head = atlas.image("colin27_head")
    mask = sitk.Resample(
        sitk.BinaryDilate(brain_mask(), [1, 1, 1]), head, sitk.Transform(), sitk.sitkNearestNeighbor
    )
    air = [round(AIR_MM / head.GetSpacing()[0])] * 3
    below = [*air[:2], 0]
    return sitk.ConstantPad(head, below, air), sitk.ConstantPad(sitk.Mask(head, mask), air, air)


def _centre(image: sitk.Image) -> FloatArray:
    """Centre of mass of what is brighter than the background."""
    foreground = sitk.OtsuThreshold(image, 0, 1)
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(foreground)
    if not shape.HasLabel(1):
        size = np.array(image.GetSize()) / 2
        return np.array(image.TransformContinuousIndexToPhysicalPoint(size.tolist()))
    return np.array(shape.GetCentroid(1))


def _starts(head: sitk.Image, template: sitk.Image) -> list[FloatArray]:
    """The rigid poses, LPS matrices of shape (4, 4), at which head and template share most information."""
    coarse = sitk.BinShrink(head, [SEARCH_SHRINK] * 3)
    template = sitk.BinShrink(template, [SEARCH_SHRINK] * 3)
    shift = _centre(template) - (centre := _centre(coarse))
    search = sitk.ImageRegistrationMethod()
    search.SetMetricAsMattesMutualInformation(32)
    search.SetMetricSamplingStrategy(search.NONE)
    search.SetInterpolator(sitk.sitkLinear)
    search.SetNumberOfThreads(1)
    scored = []
    for angles, rise in itertools.product(itertools.product(START_ANGLES, repeat=3), START_SHIFTS_MM):
        offset = shift + np.array([0.0, 0.0, rise])
        start = sitk.Euler3DTransform(centre.tolist(), *map(float, angles), offset.tolist())
        search.SetInitialTransform(start, inPlace=False)
        try:
            scored.append((search.MetricEvaluate(coarse, template), start))
        except RuntimeError:
            continue  # ITK refuses a start at which the images hardly overlap
    scored.sort(key=lambda pair: pair[0])
    if not scored:
        raise RegistrationError("no pose at which the volume and the atlas overlap")
    return [_homogeneous(start) for _, start in scored[:STARTS_KEPT]]


def _homogeneous(transform: sitk.Transform) -> FloatArray:
    matrix, offset = matrix_of(transform)
    return np.block([[matrix, offset[:, None]], [np.zeros((1, 3)), np.ones((1, 1))]])


def _execute(greedy: Greedy3D, command: str, **images: sitk.Image | None) -> None:
    try:
        greedy.execute(f"-d 3 -V 0 {command}", out=StringIO(), err=StringIO(), **images)
    except RuntimeError as error:
        raise RegistrationError(str(error)) from error


def greedy_affine(
    fixed: sitk.Image, moving: sitk.Image, start: FloatArray, how: str, mask: sitk.Image | None = None
) -> FloatArray:
    """The LPS matrix, shape (4, 4), that greedy reaches from a start.

    One thread and no jitter of the samples: sums in another order, or other samples, would give another
    result.
    """
    ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    greedy = Greedy3D()
    with tempfile.TemporaryDirectory(prefix="betz-") as folder:
        np.savetxt(f"{folder}/start.mat", ras @ start @ ras)
        images = {"fixed": fixed, "moving": moving, "found": None} | ({} if mask is None else {"mask": mask})
        within = "" if mask is None else "-gm mask"
        _execute(
            greedy,
            f"-threads 1 -jitter 0 -a -i fixed moving {within} -ia {folder}/start.mat -o found {how}",
            **images,
        )
    return np.asarray(ras @ greedy["found"] @ ras, dtype=np.float64)


def _affine(matrix: FloatArray) -> sitk.Transform:
    return sitk.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist())


def _candidates(head: sitk.Image, brain: sitk.Image) -> list[tuple[float, sitk.Transform]]:
    """Agreement and affine from each of the best poses: rigid to Colin27, then affine to the brain inside."""
    found = []
    for template in _templates():
        for start in _starts(head, template):
            rigid = _affine(greedy_affine(head, template, start, "-dof 6 -m NMI -n 40x20"))
            even = _evened(head, _inside(head, rigid, 0))
            affine = _refine(even, rigid, brain)
            found.append((_correlation(even, affine, brain), affine))
    return found


@cache
def _wide_mask(margin: float) -> sitk.Image:
    radius = [math.ceil(margin / DEFORMABLE_SPACING_MM)] * 3
    wide: sitk.Image = sitk.BinaryDilate(sitk.ConstantPad(brain_mask(), radius, radius), radius)
    return wide


def _inside(grid: sitk.Image, affine: sitk.Transform, margin: float) -> sitk.Image:
    """The atlas brain, widened by a margin (mm), on the patient's grid."""
    return sitk.Resample(_wide_mask(margin), grid, affine, sitk.sitkNearestNeighbor)


def _correlation(fixed: sitk.Image, affine: sitk.Transform, brain: sitk.Image) -> float:
    """Correlation of volume and atlas inside the atlas brain and its rim."""
    mask = sitk.GetArrayFromImage(_inside(fixed, affine, RIM_MM)) > 0
    if np.count_nonzero(mask) < 1000:
        return -1.0
    moving = sitk.GetArrayFromImage(sitk.Resample(brain, fixed, affine))[mask]
    with np.errstate(invalid="ignore"):
        return float(np.nan_to_num(np.corrcoef(sitk.GetArrayFromImage(fixed)[mask], moving)[0, 1], nan=-1.0))


def _refine(fixed: sitk.Image, affine: sitk.Transform, brain: sitk.Image) -> sitk.Transform:
    """The affine that shares most information with the atlas brain and the rim of fluid around it."""
    mask = sitk.Cast(_inside(fixed, affine, RIM_MM), sitk.sitkFloat32)
    return _affine(greedy_affine(fixed, brain, _homogeneous(affine), "-dof 12 -m NMI -n 40x20", mask))


def _deform(
    image: sitk.Image, low: FloatArray, high: FloatArray, affine: sitk.Transform, brain: sitk.Image
) -> Registration:
    """The deformation; greedy adds faint noise to flat background, seeded so that it is always the same."""
    whole = on_grid(image, low, high, RIGID_SPACING_MM)
    where = np.argwhere(sitk.GetArrayFromImage(_inside(whole, affine, 0)))[:, ::-1]
    corner = np.array(whole.GetOrigin())
    if len(where):
        low = np.maximum(low, corner + where.min(axis=0) * RIGID_SPACING_MM - BRAIN_MARGIN_MM)
        high = np.minimum(high, corner + where.max(axis=0) * RIGID_SPACING_MM + BRAIN_MARGIN_MM)
    fixed = on_grid(image, low, high, DEFORMABLE_SPACING_MM)
    fixed = _evened(fixed, _inside(fixed, affine, 0))
    moving = sitk.Resample(brain, fixed, affine)
    stripped = sitk.Mask(fixed, _inside(fixed, affine, 4))
    greedy = Greedy3D()
    _execute(
        greedy,
        f"-threads {THREADS} -seed 1 -i fixed moving -o warp {DEFORMABLE}",
        fixed=stripped,
        moving=moving,
        warp=None,
    )
    return Registration(affine, greedy["warp"], fixed, moving)
