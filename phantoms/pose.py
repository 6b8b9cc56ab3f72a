"""How the template becomes this patient's head: size, warp and pose."""

from functools import cache

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy import ndimage as ndi

from phantoms.disease import lateral_ventricles
from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS

WARP_SPACING = 10.0
WARP_SMOOTHNESS = 22.0
"""Millimetres; the standard deviation of the kernel that smooths the warp."""

WARP_SIZE = 2.6
"""Millimetres, standard deviation of the warp along each axis: its gradient stays far below 1."""

FloatArray = npt.NDArray[np.float64]

VENTRICLE_STEP = 2
VENTRICLE_REACH = 7.0
"""Millimetres over which the widening of the ventricles gives way."""

VENTRICLE_MM = (-0.8, 2.2)
"""Range by which the ventricles' walls stand further out in one person than in another, millimetres."""

ATROPHY_MM = 2.4
"""The same, in addition, at ``atrophy`` 1; a quarter of it comes with age."""

FIELD_SPACING = 5.0
REACH = 180.0
"""Millimetres from the centre in every direction in which the map is defined; beyond lies only air."""

CENTRE = (0.0, 18.0, 5.0)
"""LPS millimetres about which the head is turned and scaled."""


def head_transform(patient: PhantomPatient, series: str = "") -> sitk.Transform:
    """The map from the patient's LPS millimetres to the template's, as resampling needs it.

    A smooth warp after a turn of up to the patient's ``rotation`` about each axis, a scaling of up to 11 %, a
    shift of a few millimetres, and ventricles of the patient's own width.

    Parameters
    ----------
    series
        Any text that stands for one series of the study, between which a restless patient moves.
    """
    rng = patient.rng("pose")
    pose = sitk.Euler3DTransform(CENTRE)
    pose.SetRotation(*np.deg2rad(rng.uniform(-1, 1, 3) * np.array([1, 0.6, 0.8]) * patient.rotation).tolist())
    pose.SetTranslation(rng.uniform(-4, 4, 3).tolist())
    scale = sitk.ScaleTransform(3, (1 / (rng.uniform(0.93, 1.07) * rng.uniform(0.96, 1.04, 3))).tolist())
    scale.SetCenter(CENTRE)
    whole = sitk.CompositeTransform(3)
    whole.AddTransform(_ventricles(patient))
    whole.AddTransform(_warp(patient))
    whole.AddTransform(scale)
    whole.AddTransform(pose)
    if patient.restlessness and series:
        whole.AddTransform(_moved_since(patient, series))
    return _as_one_field(whole)


def _as_one_field(transform: sitk.Transform) -> sitk.Transform:
    """The same map as one displacement field, which is much faster to resample through."""
    size = [round(2 * REACH / FIELD_SPACING) + 1] * 3
    origin = [c - REACH for c in CENTRE]
    field = sitk.TransformToDisplacementField(
        transform, sitk.sitkVectorFloat64, size, origin, [FIELD_SPACING] * 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]
    )
    return sitk.DisplacementFieldTransform(field)


def _moved_since(patient: PhantomPatient, series: str) -> sitk.Transform:
    """How the head lies in one series beside where it should."""
    moved = patient.rng(f"moved {series}").uniform(-1, 1, 6) * patient.restlessness
    turned = sitk.Euler3DTransform(CENTRE)
    turned.SetRotation(*np.deg2rad(moved[:3]).tolist())
    turned.SetTranslation(moved[3:].tolist())
    return turned


def ventricle_widening(patient: PhantomPatient) -> float:
    """Millimetres by which the walls of the lateral ventricles stand further out than the template's."""
    own = patient.rng("ventricles").uniform(*VENTRICLE_MM)
    age = float(np.clip((patient.age - 40) / 40, 0, 1))
    return float(own + ATROPHY_MM * (patient.atrophy + 0.25 * age))


def _ventricles(patient: PhantomPatient) -> sitk.Transform:
    """A map that looks nearer to the ventricles than it stands, so that they come out wider."""
    field = sitk.GetImageFromArray(_towards_ventricles() * ventricle_widening(patient), isVector=True)
    field.SetSpacing([float(VENTRICLE_STEP)] * 3)
    field.SetOrigin([-ORIGIN_RAS[0], -ORIGIN_RAS[1], ORIGIN_RAS[2]])
    field.SetDirection([-1, 0, 0, 0, -1, 0, 0, 0, 1])
    return sitk.DisplacementFieldTransform(field)


@cache
def _towards_ventricles() -> FloatArray:
    """Every second template voxel's direction to the ventricles in LPS, of length 1 where it is steepest."""
    step = VENTRICLE_STEP
    soft = ndi.gaussian_filter(lateral_ventricles().astype(np.float32), VENTRICLE_REACH)
    z, y, x = np.gradient(soft[::step, ::step, ::step])
    towards = np.stack([-x, -y, z], axis=-1)
    towards /= np.percentile(np.linalg.norm(towards, axis=-1), 99.7)
    lengths = np.maximum(np.linalg.norm(towards, axis=-1, keepdims=True), 1)
    return np.asarray(towards / lengths, dtype=np.float64)


def _warp(patient: PhantomPatient) -> sitk.Transform:
    shape = (28, 32, 28)
    noise = patient.rng("warp").normal(size=(*shape, 3))
    smooth = np.stack(
        [ndi.gaussian_filter(noise[..., i], WARP_SMOOTHNESS / WARP_SPACING) for i in range(3)], axis=-1
    )
    field = sitk.GetImageFromArray(smooth * (WARP_SIZE / smooth.std()), isVector=True)
    field.SetSpacing([WARP_SPACING] * 3)
    field.SetOrigin([-140.0, -150.0, -130.0])
    return sitk.DisplacementFieldTransform(sitk.Cast(field, sitk.sitkVectorFloat64))
