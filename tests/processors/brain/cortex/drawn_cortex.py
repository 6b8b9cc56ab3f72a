"""The atlas' own brain as a patient: a T1 that shows its sulci, and even SWI with a band along the sulcus."""

from dataclasses import replace

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses
from scipy.spatial import cKDTree

from processors.acquisition import Acquisition, Contrast, Plane
from processors.brain import atlas
from processors.brain.alignment.assessment import FAILED
from processors.brain.alignment.registration import Registration
from processors.brain.alignment.study import Alignment
from processors.brain.cortex.sulcus_prior import atlas_sheet
from processors.brain.patient_space import points_of, sample
from processors.findings import Side
from processors.volume import Volume

LOW = np.array([-76.0, -34.0, 4.0])
MILLIMETRES = 1.25
SHAPE = (64, 84, 122)
AFFINE = np.diag([MILLIMETRES, MILLIMETRES, MILLIMETRES, 1.0])[:, [2, 1, 0, 3]]
AFFINE[:3, 3] = LOW
USUAL = Acquisition(field_strength=3.0, echo_time=20.0, patient_age=45.0)
BAND_MM = (0.5, 3.0)


def points():
    """LPS millimetres of every voxel."""
    return points_of(AFFINE, np.indices(SHAPE).reshape(3, -1).T.astype(float))


def t1(forward_mm=0.0):
    """The atlas' T1, the whole brain moved forward by some millimetres."""
    values = sample(atlas.image("icbm_t1"), points() + np.array([0.0, forward_mm, 0.0]))
    return volume(values, "1.2.1", plane=Plane.THREE_D)


def swi(bands=None, depth_mm=BAND_MM, snr=30.0, acquisition=USUAL):
    """Even signal with dark layers in front of each side's central sulcus: share by which they are darker."""
    values = np.full(int(np.prod(SHAPE)), 100.0)
    at = points()
    for side, share in (bands or {}).items():
        ahead, _ = in_front(side, at)
        values[(ahead > depth_mm[0]) & (ahead < depth_mm[1])] *= 1 - share
    values += np.random.default_rng(3).normal(0, 100 / snr, len(values))
    values.reshape(SHAPE)[:, :8] = 1
    return volume(values, "1.2.2", acquisition=acquisition)


def in_front(side, at):
    """How far in front of the atlas' central sulcus points lie (NaN far from it), and the nearest node."""
    sheet = atlas_sheet(side).points
    across = np.cross(np.gradient(sheet, axis=0), np.gradient(sheet, axis=1))
    across *= -np.sign(across[..., 1:2]) / np.linalg.norm(across, axis=-1, keepdims=True)
    away, nearest = cKDTree(sheet.reshape(-1, 3)).query(at, distance_upper_bound=8.0)
    near = np.isfinite(away)
    ahead = np.full(len(at), np.nan)
    nearest = np.where(near, nearest, 0)
    offset = at[near] - sheet.reshape(-1, 3)[nearest[near]]
    ahead[near] = (offset * across.reshape(-1, 3)[nearest[near]]).sum(axis=1)
    return ahead, nearest


def volume(values, uid, plane=Plane.AXIAL, acquisition=USUAL):
    array = np.ascontiguousarray(values.reshape(SHAPE), dtype=np.float32)
    return Volume(array, AFFINE, uid, (), plane=plane, acquisition=acquisition)


def alignment(registration, fluid=30.0, grey=75.0, white=110.0, problem=None):
    tissue = replace(FAILED, white=white, grey=grey, fluid=fluid)
    return Alignment(registration, np.eye(4), tissue, problem)


def registered():
    """The atlas on itself."""
    image = sitk.GetImageFromArray(np.zeros((*(n // 8 for n in SHAPE), 3), np.float32), isVector=True)
    image.SetSpacing([8.0] * 3)
    image.SetOrigin(LOW.tolist())
    plain = sitk.VectorIndexSelectionCast(image, 0)
    return Registration(np.eye(4), image, plain, plain)


def study(bands=None, contrast=Contrast.SWI, **how):
    """Volumes and alignments of a T1 and a susceptibility-weighted series."""
    registration = registered()
    volumes = {Contrast.T1: t1(), contrast: swi(bands, **how)}
    return volumes, {
        Contrast.T1: alignment(registration, *tissues(volumes[Contrast.T1])),
        contrast: alignment(registration, 100.0, 100.0, 100.0),
    }


def tissues(shown):
    """Fluid, grey and white of the T1."""
    at = points()
    grey, white = (sample(atlas.image(f"icbm_{name}_matter"), at) / 255 for name in ("grey", "white"))
    values = shown.array.ravel()
    middle = float(np.median(values[grey > 0.8])), float(np.median(values[white > 0.9]))
    return (0.4 * middle[0], *middle)


BOTH = dict.fromkeys(Side, 0.2)
