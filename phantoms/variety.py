"""Acquisitions as clinics differ in them: planes, slices, orientations, vendors, field strengths, noise."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from phantoms.geometry import Geometry, flipped, stack
from phantoms.gradient_echo import usual_swi
from phantoms.patient import PhantomPatient, Vendor
from phantoms.protocol import PROTOCOL, SeriesPlan
from processors.acquisition import Contrast, Plane

HEAD_MM: dict[Plane, float] = {Plane.AXIAL: 166.0, Plane.SAGITTAL: 156.0, Plane.CORONAL: 196.0}
"""Extent across the slices that holds every synthetic brain."""

FIELD_STRENGTHS = {0.5: 0.04, 1.5: 0.42, 3.0: 0.49, 7.0: 0.05}
PLANES = {Plane.AXIAL: 0.76, Plane.SAGITTAL: 0.12, Plane.CORONAL: 0.12}
KEYS: dict[Contrast, dict[str, float]] = {
    Contrast.T1: {"t1": 0.45, "t1_flash": 0.2, "t1_mprage": 0.35},
    Contrast.T2: {"t2": 1.0},
    Contrast.FLAIR: {"flair": 0.7, "flair_3d": 0.3},
    Contrast.T1_MTC: {"t1_mtc": 1.0},
    Contrast.ADC: {"adc": 1.0},
    Contrast.DWI: {"dwi": 1.0},
    Contrast.SWI: {"swi": 1.0},
    Contrast.T2_STAR: {"t2_star": 1.0},
}
"""How often each way of making a contrast is drawn."""

Drawn = TypeVar("Drawn")

NECK_SHARE, FLIP_SHARE = 0.2, 0.25

SWI_THICKNESS, SWI_PIXEL, SWI_EXTENT = (1.2, 3.0), (0.75, 0.95), 148.0
"""Millimetres: ranges of the slices' thickness and of the pixels, and how far the slices reach in all."""

SWI_ECHO = (0.8, 1.15)
"""Range of the echo time over what is usual at a field strength."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a study is acquired.

    Attributes
    ----------
    snr
        Range of the signal-to-noise ratio, drawn evenly in its logarithm.
    bias
        Range of the largest departure of the shading field from 1.
    rotation
        Largest turn of the head about each axis, degrees.
    restlessness
        Largest shift (mm) and turn (degrees) of the head between series.
    motion
        Range of the amplitude of the head's movement within a slice, mm.
    """

    snr: tuple[float, float]
    bias: tuple[float, float]
    rotation: float
    restlessness: float
    motion: tuple[float, float] = (0.0, 0.0)


GOOD = Quality(snr=(20.0, 80.0), bias=(0.05, 0.2), rotation=10.0, restlessness=1.5)
POOR = Quality(snr=(10.0, 22.0), bias=(0.2, 0.4), rotation=30.0, restlessness=4.0, motion=(0.3, 1.5))


def in_a_clinic(patient: PhantomPatient, quality: Quality = GOOD) -> PhantomPatient:
    """The patient on a scanner drawn for their seed: vendor, field strength, noise, shading, movement."""
    rng = patient.rng("scanner")
    low, high = np.log(quality.snr)
    return replace(
        patient,
        vendor=tuple(Vendor)[int(rng.integers(len(Vendor)))],
        field_strength=_drawn(FIELD_STRENGTHS, rng),
        snr=float(np.exp(rng.uniform(low, high))),
        bias=float(rng.uniform(*quality.bias)),
        rotation=quality.rotation,
        restlessness=quality.restlessness,
        motion=float(rng.uniform(*quality.motion)),
    )


def drawn_plan(patient: PhantomPatient, contrast: Contrast) -> SeriesPlan:
    """A way to acquire a contrast of the head, drawn for the patient's seed.

    2-D series have slices of 2 to 6 mm in any plane, 3-D series voxels of 0.9 to 1.3 mm; both may be
    angled, off centre, stored in any order along each axis, or reach down into the neck. SWI has axial
    slices of 1.2 to 3 mm, and an echo time for the patient's field strength.

    Raises
    ------
    KeyError
        If the contrast has no series of the head.
    """
    rng = patient.rng("diffusion plan" if contrast in (Contrast.ADC, Contrast.DWI) else f"plan {contrast}")
    plan = PROTOCOL[_drawn(KEYS[contrast], rng)]
    if contrast is Contrast.SWI:
        return _swi(patient, plan, rng)
    if plan.timing.three_d:
        geometry = _isotropic(rng)
    elif contrast in (Contrast.ADC, Contrast.DWI):
        geometry = _slices(rng, Plane.AXIAL, (3.0, 5.0), (1.4, 2.0))
    else:
        geometry = _slices(rng, _drawn(PLANES, rng), (2.0, 6.0), (0.6, 1.0))
    rows, columns, slices = (bool(rng.uniform() < FLIP_SHARE) for _ in range(3))
    return replace(plan, geometry=flipped(geometry, rows=rows, columns=columns, slices=slices))


def _slices(
    rng: np.random.Generator, plane: Plane, thickness: tuple[float, float], pixel: tuple[float, float]
) -> Geometry:
    thick = round(float(rng.uniform(*thickness)), 1)
    gap = round(float(rng.choice([0.0, 0.1, 0.2])) * thick, 2)
    extent = HEAD_MM[plane]
    neck = 40.0 if rng.uniform() < NECK_SHARE else 0.0
    if plane is Plane.AXIAL:
        extent += neck
    size = round(float(rng.uniform(*pixel)), 3)
    across = 2 * round((300.0 if plane is not Plane.AXIAL and neck else 256.0) / size / 2)
    shift = rng.uniform(-4, 4, 3)
    return stack(
        plane,
        centre=(shift[0], 18.0 + shift[1], 6.0 + shift[2] - neck / 2),
        slices=int(np.ceil(extent / (thick + gap))),
        slice_thickness=thick,
        gap=gap,
        pixel=size,
        matrix=(across, across),
        tilt=float(rng.uniform(-12, 12)),
        turn=float(rng.uniform(-4, 4)),
    )


def _swi(patient: PhantomPatient, plan: SeriesPlan, rng: np.random.Generator) -> SeriesPlan:
    """SWI of the whole head with the timing that is usual at the patient's field strength."""
    thick = round(float(rng.uniform(*SWI_THICKNESS)), 1)
    size = round(float(rng.uniform(*SWI_PIXEL)), 3)
    shift = rng.uniform(-4, 4, 3)
    across = 2 * round(232.0 / size / 2)
    geometry = stack(
        Plane.AXIAL,
        centre=(shift[0], 18.0 + shift[1], 12.0 + shift[2]),
        slices=int(np.ceil(SWI_EXTENT / thick)),
        slice_thickness=thick,
        pixel=size,
        matrix=(across, 2 * round(184.0 / size / 2)),
        tilt=float(rng.uniform(-12, 12)),
        turn=float(rng.uniform(-4, 4)),
    )
    usual = usual_swi(patient.field_strength or 3.0)
    echo_time = round(usual.echo_time * float(rng.uniform(*SWI_ECHO)), 1)
    timing = replace(plan.timing, echo_time=echo_time, repetition_time=round(echo_time + 9, 1))
    rows, columns, slices = (bool(rng.uniform() < FLIP_SHARE) for _ in range(3))
    drawn = flipped(geometry, rows=rows, columns=columns, slices=slices)
    return replace(plan, geometry=drawn, timing=timing)


def _isotropic(rng: np.random.Generator) -> Geometry:
    size = round(float(rng.uniform(0.9, 1.3)), 2)
    neck = 50.0 if rng.uniform() < NECK_SHARE else 0.0
    shift = rng.uniform(-4, 4, 3)
    return stack(
        Plane.THREE_D,
        centre=(shift[0], 18.0 + shift[1], 12.0 + shift[2] - neck / 2),
        slices=round(176 / size),
        slice_thickness=size,
        pixel=size,
        matrix=(2 * round((184 + neck) / size / 2), 2 * round(232 / size / 2)),
        tilt=float(rng.uniform(-8, 8)),
    )


def _drawn(shares: dict[Drawn, float], rng: np.random.Generator) -> Drawn:
    return tuple(shares)[int(rng.choice(len(shares), p=np.array(list(shares.values()))))]
