"""How the straight neck that is drawn becomes this patient's: lordosis, kyphosis, scoliosis and tilt.

The neck is painted around a straight line, in *neck coordinates*: millimetres to the patient's left, to the
back, and along the spinal canal above the disc C2/3. The curve says where that line runs in the scanner.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - the name its own documentation uses

from phantoms.neck_options import NeckOptions
from phantoms.patient import PhantomPatient
from phantoms.thorax import KYPHOSIS

FloatArray = npt.NDArray[np.float64]

NECK_ORIGIN = (0.0, 30.0, -105.0)
"""LPS millimetres, on average, of the middle of the canal at the disc C2/3."""

NECK_SHIFT = (4.0, 4.0, 6.0)
"""Largest distance from there, mm along each axis, at which a patient's neck lies in the scanner."""

MIDDLE, STRAIGHT_ABOVE, STRAIGHT_BELOW = -45.0, 14.0, -104.0
"""Heights about which the neck bends, and beyond which it goes straight on."""

LORDOSIS, LORDOSIS_SD, LORDOSIS_RANGE = 14.0, 13.0, (-28.0, 42.0)
"""Degrees between C2 and C7 in adults lying on their back; the spread includes straight and bent necks."""

SPAN = 85.0
"""Millimetres from the middle of C2 to the lower end of C7, over which lordosis is counted."""

TILT, TILT_SD = -8.0, 4.0
"""Degrees by which the middle of the neck leans: from the chest it rises to the front."""

SCOLIOSIS_WAVE = 185.0
"""Millimetres of a full swing to both sides."""

_TOP, _BOTTOM = 150.0, -260.0
_FIELD_STEP = 6.0
_FIELD_BOX = ((-130.0, 130.0), (-150.0, 130.0), (-230.0, 140.0))
_ROUNDS = 10


@dataclass(frozen=True)
class NeckCurve:
    """The line around which a patient's neck lies.

    Attributes
    ----------
    origin
        LPS millimetres where it crosses the disc C2/3.
    lordosis
        Degrees by which the neck is hollow at the back between C2 and C7; negative where it is bent forward.
    tilt
        Degrees by which its middle leans to the back as it rises.
    scoliosis, phase
        Largest sideways slope, degrees, and where along the neck it lies, radians.
    """

    origin: tuple[float, float, float]
    lordosis: float
    tilt: float
    scoliosis: float
    phase: float

    @cached_property
    def _frames(self) -> tuple[FloatArray, FloatArray]:
        """Heights at every millimetre, and there the point, and the directions left, back and up: (n, 12)."""
        s = np.arange(_BOTTOM, _TOP + 0.5)
        bent = np.clip(s, STRAIGHT_BELOW, STRAIGHT_ABOVE) - MIDDLE
        back = np.deg2rad(self.tilt + self.lordosis * bent / SPAN)
        sideways = 2 * np.pi * np.clip(s, -150, STRAIGHT_ABOVE) / SCOLIOSIS_WAVE + self.phase
        left = np.deg2rad(self.scoliosis * np.sin(sideways))
        up = np.stack([np.sin(left), np.cos(left) * np.sin(back), np.cos(left) * np.cos(back)], axis=1)
        points = np.concatenate([np.zeros((1, 3)), np.cumsum((up[1:] + up[:-1]) / 2, axis=0)])
        points += np.array(self.origin) - points[int(-_BOTTOM)]
        lefts = np.array([1.0, 0.0, 0.0]) - up * up[:, :1]
        lefts /= np.linalg.norm(lefts, axis=1, keepdims=True)
        return s, np.concatenate([points, lefts, np.cross(up, lefts), up], axis=1)

    def _at(self, height: FloatArray) -> FloatArray:
        s, frames = self._frames
        place = np.clip(height, s[0], s[-1] - 1e-6) - s[0]
        base = place.astype(int)
        share = (place - base)[:, None]
        return np.asarray(frames[base] * (1 - share) + frames[base + 1] * share)

    def up(self, height: float) -> FloatArray:
        """The direction of the canal at a height, LPS, of length 1."""
        return self._at(np.array([height]))[0, 9:]

    def to_patient(self, neck: FloatArray) -> FloatArray:
        """LPS millimetres of points (n, 3) given in neck coordinates."""
        frame = self._at(neck[:, 2])
        return np.asarray(frame[:, :3] + neck[:, :1] * frame[:, 3:6] + neck[:, 1:2] * frame[:, 6:9])

    def to_neck(self, points: FloatArray) -> FloatArray:
        """Neck coordinates of points (n, 3) in the patient's LPS millimetres."""
        height = points[:, 2] - self.origin[2]
        for _ in range(_ROUNDS):
            frame = self._at(height)
            height = height + 0.9 * ((points - frame[:, :3]) * frame[:, 9:]).sum(axis=1)
            height = np.clip(height, _BOTTOM + 2, _TOP - 2)
        frame = self._at(height)
        off = points - frame[:, :3]
        across = [(off * frame[:, 3 * i : 3 * i + 3]).sum(axis=1) for i in (1, 2)]
        return np.stack([*across, height + (off * frame[:, 9:]).sum(axis=1)], axis=1)

    @cached_property
    def transform(self) -> sitk.Transform:
        """The map from the patient's LPS millimetres to neck coordinates, as resampling needs it."""
        axes = [np.arange(o + low, o + high, _FIELD_STEP) for o, (low, high) in self._box]
        z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
        points = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)
        moved = (self.to_neck(points) - points).reshape((*z.shape, 3))
        field = sitk.GetImageFromArray(moved, isVector=True)
        field.SetSpacing([_FIELD_STEP] * 3)
        field.SetOrigin([float(axis[0]) for axis in axes])
        return sitk.DisplacementFieldTransform(field)

    @property
    def _box(self) -> list[tuple[float, tuple[float, float]]]:
        return list(zip(self.origin, _FIELD_BOX, strict=True))


def _bend(drawn: float, neck: NeckOptions) -> float:
    if neck.lordosis is not None:
        return neck.lordosis
    return -KYPHOSIS if neck.thoracic else drawn


def draw_curve(patient: PhantomPatient) -> NeckCurve:
    """The curve of a patient's neck: what was asked for, and where nothing was, what the seed decides."""
    rng = patient.rng("neck curve")
    lordosis = float(np.clip(rng.normal(LORDOSIS, LORDOSIS_SD), *LORDOSIS_RANGE))
    scoliosis = float(rng.uniform(7, 13) if rng.uniform() < 0.15 else abs(rng.normal(0, 2.5)))
    tilt, phase = float(rng.normal(TILT, TILT_SD)), float(rng.uniform(0, 2 * np.pi))
    shift = patient.rng("neck position").uniform(-1, 1, 3) * np.array(NECK_SHIFT)
    neck = patient.neck
    return NeckCurve(
        origin=tuple(float(o + d) for o, d in zip(NECK_ORIGIN, shift, strict=True)),  # type: ignore[arg-type]
        lordosis=_bend(lordosis, neck),
        tilt=tilt,
        scoliosis=scoliosis if neck.scoliosis is None else neck.scoliosis,
        phase=phase,
    )
