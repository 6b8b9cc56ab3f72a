"""Cortical veins on their way to the superior sagittal sinus, and the sinus itself."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from phantoms.patient import PhantomPatient
from phantoms.template import ORIGIN_RAS, head_template

SINUS_RADIUS = 3.2
"""Millimetres."""

VEINS = 44
STEPS = 140


def vein_weight(patient: PhantomPatient) -> npt.NDArray[np.float32]:
    """How far each template voxel (z, y, x) belongs to a vein, 0 to 1.

    Each vein starts somewhere on the convexity and creeps along the surface of the brain, a little under the
    inner table, towards the midline at the vertex.
    """
    template = head_template()
    inside = template.inside[::2, ::2, ::2]
    depth = 2 * ndi.distance_transform_edt(inside).astype(np.float32)
    gradient = np.stack(np.gradient(ndi.gaussian_filter(depth, 1.5), 2.0), axis=-1)
    rng = patient.rng("veins")
    shell = np.argwhere((depth > 2) & (depth <= 5))
    shell = shell[shell[:, 0] > 40]
    at = 2.0 * shell[rng.integers(len(shell), size=VEINS)].astype(float)
    middle = -ORIGIN_RAS[0]
    goal_y = at[:, 1] + rng.uniform(-5, 30, VEINS)
    target_depth = rng.uniform(2.5, 6.0, VEINS)
    track = []
    heading = rng.normal(size=(VEINS, 3))
    for _ in range(STEPS):
        cell = np.clip(np.round(at / 2).astype(int), 0, np.array(depth.shape) - 1)
        index = tuple(cell.T)
        normal = gradient[index]
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
        goal = np.stack([np.full(VEINS, 170.0), goal_y, np.full(VEINS, middle)], axis=1) - at
        goal /= np.linalg.norm(goal, axis=1, keepdims=True) + 1e-6
        heading = 0.85 * heading + 0.15 * rng.normal(size=heading.shape)
        step = goal + 0.8 * heading
        step -= (step * normal).sum(axis=1, keepdims=True) * normal
        step /= np.linalg.norm(step, axis=1, keepdims=True) + 1e-6
        at = at + step + 0.4 * (target_depth - depth[index])[:, None] * normal
        track.append(at[np.abs(at[:, 2] - middle) > 2])
    points = np.round(np.concatenate(track)).astype(int)
    points = points[((points >= 0) & (points < template.labels.shape)).all(axis=1)]
    weight = np.zeros(template.labels.shape, dtype=np.float32)
    weight[tuple(points.T)] = 1
    soft = ndi.gaussian_filter(weight, 0.7)
    return np.asarray(
        np.clip(soft * 4, 0, 1) * np.clip((1.6 - template.tissue) / 0.5, 0, 1) * template.inside
    )


def sinus_weight() -> npt.NDArray[np.float32]:
    """How far each template voxel (z, y, x) belongs to the superior sagittal sinus, 0 to 1."""
    inside = head_template().inside
    middle = round(-ORIGIN_RAS[0])
    plane = ndi.binary_fill_holes(inside[:, :, middle - 6 : middle + 7].any(axis=2))
    z, y = np.nonzero(plane & ~ndi.binary_erosion(plane, iterations=1))
    vertex_z, front, back = 50, 190, 15
    upper = (z > vertex_z) & (y < front) & ((y > back + 60) | (z > 60))
    weight = np.zeros(inside.shape, dtype=np.float32)
    weight[z[upper], y[upper], middle] = 1
    distance = ndi.distance_transform_edt(weight[:, :, middle - 6 : middle + 7] == 0)
    weight[:, :, middle - 6 : middle + 7] = np.clip(SINUS_RADIUS + 0.5 - distance, 0, 1)
    return weight
