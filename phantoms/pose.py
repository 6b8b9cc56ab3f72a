"""How the template becomes this patient's head: size, warp and pose."""

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy import ndimage as ndi

from phantoms.patient import PhantomPatient

WARP_SPACING = 10.0
WARP_SMOOTHNESS = 22.0
"""Millimetres; the standard deviation of the kernel that smooths the warp."""

WARP_SIZE = 2.6
"""Millimetres, standard deviation of the warp along each axis: its gradient stays far below 1."""

FIELD_SPACING = 5.0
REACH = 180.0
"""Millimetres from the centre in every direction in which the map is defined; beyond lies only air."""

CENTRE = (0.0, 18.0, 5.0)
"""LPS millimetres about which the head is turned and scaled."""


def head_transform(patient: PhantomPatient) -> sitk.Transform:
    """The map from the patient's LPS millimetres to the template's, as resampling needs it.

    A smooth warp after a turn of up to the patient's ``rotation`` about each axis, a scaling of up to 8 % and
    a shift of a few millimetres.
    """
    rng = patient.rng("pose")
    pose = sitk.Euler3DTransform(CENTRE)
    pose.SetRotation(*np.deg2rad(rng.uniform(-1, 1, 3) * np.array([1, 0.6, 0.8]) * patient.rotation).tolist())
    pose.SetTranslation(rng.uniform(-4, 4, 3).tolist())
    scale = sitk.ScaleTransform(3, (1 / (rng.uniform(0.95, 1.05) * rng.uniform(0.97, 1.03, 3))).tolist())
    scale.SetCenter(CENTRE)
    whole = sitk.CompositeTransform(3)
    whole.AddTransform(_warp(patient))
    whole.AddTransform(scale)
    whole.AddTransform(pose)
    return _as_one_field(whole)


def _as_one_field(transform: sitk.Transform) -> sitk.Transform:
    """The same map as one displacement field, which is much faster to resample through."""
    size = [round(2 * REACH / FIELD_SPACING) + 1] * 3
    origin = [c - REACH for c in CENTRE]
    field = sitk.TransformToDisplacementField(
        transform, sitk.sitkVectorFloat64, size, origin, [FIELD_SPACING] * 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]
    )
    return sitk.DisplacementFieldTransform(field)


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
