"""A synthetic patient: a seed, and what is the matter with them."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from phantoms.severity import Severity, fractional_change
from processors.findings import Side, Sign


class Vendor(StrEnum):
    """Whose scanner the headers are written like."""

    SIEMENS = "siemens"
    PHILIPS = "philips"
    GE = "ge"


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """Everything that decides how the images of a patient come out.

    Attributes
    ----------
    seed
        Decides the anatomy, the pose, the shading and the noise.
    signs
        The signs drawn, each with a named severity or a fractional change (``0.12`` for 12 %).
    one_sided
        Signs drawn on one side of the patient only.
    vendor
        Whose scanner the headers are written like.
    wallerian
        The side whose tract has degenerated below a stroke: bright on T2 and FLAIR over its whole length.
    ms_lesions
        Number of periventricular and juxtacortical demyelinating lesions.
    post_contrast
        The T1 series were acquired after gadolinium.
    entry_slice
        Bright cerebrospinal fluid in the end slices of the axial T1 of the neck, from inflow.
    snr
        Signal of white matter over the standard deviation of the noise.
    bias
        Largest departure of the shading field from 1.
    rotation
        Largest rotation of the head about each axis, degrees.

    Raises
    ------
    ValueError
        If a strength, a side or a number is out of its range.
    """

    seed: int
    signs: Mapping[Sign, Severity | float] = field(default_factory=dict)
    one_sided: Mapping[Sign, Side] = field(default_factory=dict)
    vendor: Vendor = Vendor.SIEMENS
    wallerian: Side | None = None
    ms_lesions: int = 0
    post_contrast: bool = False
    entry_slice: bool = False
    snr: float = 40.0
    bias: float = 0.2
    rotation: float = 8.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "signs", dict(self.signs))
        object.__setattr__(self, "one_sided", dict(self.one_sided))
        for sign, strength in self.signs.items():
            fractional_change(sign, strength)
        unsided = {Sign.CORD_ATROPHY, Sign.CORD_FLATTENING} & set(self.one_sided)
        if unsided:
            raise ValueError(f"{', '.join(sorted(unsided))} has no side")
        if set(self.one_sided) - set(self.signs):
            raise ValueError("a side must belong to a sign that is drawn")
        if self.seed < 0:
            raise ValueError("the seed must not be negative")
        if not 0 <= self.ms_lesions <= 100:
            raise ValueError("the number of MS lesions must lie between 0 and 100")
        if not (math.isfinite(self.snr) and self.snr >= 2):
            raise ValueError("the signal-to-noise ratio must be at least 2")
        if not 0 <= self.bias < 0.6:
            raise ValueError("the bias must lie between 0 and 0.6")
        if not 0 <= self.rotation <= 30:
            raise ValueError("the rotation must lie between 0 and 30 degrees")

    def __hash__(self) -> int:
        return hash((self.seed, *sorted(self.signs)))

    def change(self, sign: Sign) -> float:
        """The fractional change drawn for a sign, 0 where it is not drawn."""
        return fractional_change(sign, self.signs[sign]) if sign in self.signs else 0.0

    def change_on(self, sign: Sign, side: Side) -> float:
        """The fractional change drawn for a sign on one side of the patient."""
        return self.change(sign) if self.one_sided.get(sign, side) is side else 0.0

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers that depend on the seed and what they are for, and nothing else."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

    @property
    def sex(self) -> str:
        """``"M"`` or ``"F"``."""
        return "MF"[int(self.rng("sex").integers(2))]

    @property
    def age(self) -> int:
        """Years."""
        return int(self.rng("age").integers(28, 72))


def healthy(seed: int, vendor: Vendor = Vendor.SIEMENS) -> PhantomPatient:
    """A patient with no sign at all; normal variants are drawn as in every patient."""
    return PhantomPatient(seed, vendor=vendor)


def seed_patient(seed: int, vendor: Vendor = Vendor.SIEMENS) -> PhantomPatient:
    """A patient with the signs of the case report Betz is built around.

    Motor band, tract hyperintensity on T1, T2 and FLAIR, and anterolateral cord hyperintensity on T1, with
    bright fluid in the end slices of the axial T1 of the neck; no atrophy and no cord change on T2.
    """
    return PhantomPatient(
        seed,
        signs={
            Sign.MOTOR_BAND: Severity.SEVERE,
            Sign.CST_T1: Severity.SEVERE,
            Sign.CST_T2: Severity.MODERATE,
            Sign.CST_FLAIR: Severity.MODERATE,
            Sign.CORD_T1: Severity.SEVERE,
        },
        vendor=vendor,
        entry_slice=True,
    )
