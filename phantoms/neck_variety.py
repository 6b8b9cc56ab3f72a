"""Acquisitions of the neck as clinics differ in them: planes, slices, coverage, pixels, angles, quality."""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from phantoms.cord import DISCS, draw_cord
from phantoms.geometry import Geometry, flipped, stack
from phantoms.neck_curve import draw_curve
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL, SeriesPlan
from phantoms.variety import FLIP_SHARE, Quality
from processors.acquisition import Contrast, Plane

GOOD_NECK = Quality(snr=(20.0, 80.0), bias=(0.1, 0.3), rotation=10.0, restlessness=0.0)
POOR_NECK = Quality(snr=(12.0, 22.0), bias=(0.25, 0.4), rotation=10.0, restlessness=0.0, motion=(0.3, 1.2))

FIELDS = {1.5: 0.55, 3.0: 0.45}
KEYS: dict[tuple[Contrast, Plane], dict[str, float]] = {
    (Contrast.T1, Plane.AXIAL): {"cervical_t1_ax": 0.6, "cervical_t1_gre_ax": 0.4},
    (Contrast.T1, Plane.SAGITTAL): {"cervical_t1_sag": 1.0},
    (Contrast.T1, Plane.THREE_D): {"cervical_t1_3d": 1.0},
    (Contrast.T2, Plane.AXIAL): {"cervical_t2_ax": 1.0},
    (Contrast.T2, Plane.SAGITTAL): {"cervical_t2_sag": 1.0},
    (Contrast.T2, Plane.THREE_D): {"cervical_t2_3d": 1.0},
    (Contrast.T2_STAR, Plane.AXIAL): {"cervical_t2_star_ax": 1.0},
}
"""How often each way of making a series is drawn."""

TRUNCATIONS = (1.0, 0.85, 0.75, 0.65)
"""Shares of k-space that scanners acquire before they interpolate."""


class Coverage(StrEnum):
    """What an axial stack covers."""

    WHOLE = "C2 to T1"
    PART = "three levels or so"
    WITH_HEAD = "from the posterior fossa down"


SHARES = {Coverage.WHOLE: 0.75, Coverage.PART: 0.10, Coverage.WITH_HEAD: 0.15}


def neck_in_a_clinic(patient: PhantomPatient, quality: Quality = GOOD_NECK) -> PhantomPatient:
    """The patient on a scanner drawn for their seed: vendor, field strength, noise, shading, movement."""
    rng = patient.rng("neck scanner")
    low, high = np.log(quality.snr)
    return replace(
        patient,
        vendor=tuple(Vendor)[int(rng.integers(len(Vendor)))],
        field_strength=float(rng.choice(list(FIELDS), p=list(FIELDS.values()))),
        snr=float(np.exp(rng.uniform(low, high))),
        bias=float(rng.uniform(*quality.bias)),
        truncation=float(rng.choice(TRUNCATIONS)),
        motion=float(rng.uniform(*quality.motion)),
    )


def drawn_neck_plan(
    patient: PhantomPatient, contrast: Contrast, plane: Plane, coverage: Coverage | None = None
) -> SeriesPlan:
    """A way to acquire a series of the neck, drawn for the patient's seed.

    Axial stacks have slices of 2 to 5 mm (T2* to 8 mm) with gaps, pixels of 0.4 to 1 mm, follow the neck more
    or less, and may cover a part of it or reach into the head; sagittal ones cover skull base to T2 or so.

    Raises
    ------
    KeyError
        If the neck has no series of this contrast and plane.
    """
    rng = patient.rng(f"neck plan {contrast} {plane}")
    keys = KEYS[contrast, plane]
    plan = PROTOCOL[str(rng.choice(list(keys), p=list(keys.values())))]
    if plane is Plane.AXIAL:
        geometry = _axial(patient, rng, coverage, thick=contrast is Contrast.T2_STAR)
    elif plane is Plane.SAGITTAL:
        geometry = _sagittal(patient, rng)
    else:
        geometry = _isotropic(patient, rng)
    rows, columns, slices = (bool(rng.uniform() < FLIP_SHARE) for _ in range(3))
    return replace(plan, geometry=flipped(geometry, rows=rows, columns=columns, slices=slices))


def _axial(
    patient: PhantomPatient, rng: np.random.Generator, coverage: Coverage | None, *, thick: bool
) -> Geometry:
    cord, curve = draw_cord(patient), draw_curve(patient)
    below = dict(zip(DISCS, cord.discs, strict=True))
    drawn = Coverage(rng.choice(list(SHARES), p=list(SHARES.values())))
    span = {
        Coverage.WHOLE: (below["C7"] - 12, below["C1"] - 2),
        Coverage.PART: (below["C6"] - 2, below["C3"] + 2),
        Coverage.WITH_HEAD: (below["C7"], cord.top + 25),
    }[coverage or drawn]
    thickness = round(float(rng.uniform(3, 8) if thick else rng.uniform(2, 5)), 1)
    gap = round(float(rng.choice([0.0, 0.1, 0.25])) * thickness, 2)
    pixel = round(float(np.exp(rng.uniform(np.log(0.4), np.log(0.9)))), 3)
    middle = curve.to_patient(np.array([[0.0, 0.0, float(np.mean(span))]]))[0] + rng.uniform(-6, 6, 3)
    up = curve.up(float(np.mean(span)))
    lean = float(np.rad2deg(np.arctan2(-up[1], up[2])))
    field = float(rng.uniform(130, 190))
    across = 2 * round(field / pixel / 2)
    return stack(
        Plane.AXIAL,
        centre=(float(middle[0]), float(middle[1]), float(middle[2])),
        slices=max(6, int(np.ceil((span[1] - span[0]) * up[2] / (thickness + gap)))),
        slice_thickness=thickness,
        gap=gap,
        pixel=pixel,
        matrix=(across, across),
        tilt=float(lean * rng.uniform(0.3, 1.1) + rng.normal(0, 3)),
        turn=float(rng.normal(0, 2)),
    )


def _sagittal(patient: PhantomPatient, rng: np.random.Generator) -> Geometry:
    thickness = round(float(rng.uniform(2.5, 4.0)), 1)
    gap = round(float(rng.choice([0.0, 0.1, 0.2])) * thickness, 2)
    pixel = round(float(rng.uniform(0.5, 1.0)), 3)
    across = 2 * round(float(rng.uniform(200, 270)) / pixel / 2)
    middle = draw_curve(patient).to_patient(np.array([[0.0, 0.0, -42.0]]))[0] + rng.uniform(-5, 5, 3)
    return stack(
        Plane.SAGITTAL,
        centre=(float(middle[0]), float(middle[1]) - 5, float(middle[2])),
        slices=int(rng.integers(11, 17)),
        slice_thickness=thickness,
        gap=gap,
        pixel=pixel,
        matrix=(across, across),
        turn=float(rng.normal(0, 3)),
    )


def _isotropic(patient: PhantomPatient, rng: np.random.Generator) -> Geometry:
    size = round(float(rng.uniform(0.8, 1.1)), 2)
    middle = draw_curve(patient).to_patient(np.array([[0.0, 0.0, -38.0]]))[0]
    across = 2 * round(float(rng.uniform(200, 240)) / size / 2)
    return stack(
        Plane.THREE_D,
        centre=(float(middle[0]), float(middle[1]), float(middle[2])),
        slices=round(60 / size),
        slice_thickness=size,
        pixel=size,
        matrix=(across, across),
    )
