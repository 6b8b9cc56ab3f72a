"""A synthetic patient: a seed, and what is the matter with them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from phantoms.magnetism import Magnetism
from phantoms.neck_options import NeckOptions
from phantoms.severity import Severity, fractional_change
from processors.findings import Side, Sign


class Vendor(StrEnum):
    """Whose scanner the headers are written like."""

    SIEMENS = "siemens"
    PHILIPS = "philips"
    GE = "ge"


RANGES = (
    ("seed", 0, 2**63),
    ("ms_lesions", 0, 100),
    ("ms_on_tract", 0, 20),
    ("leukoaraiosis", 0, 3),
    ("snr", 2, 1e9),
    ("bias", 0, 0.6),
    ("rotation", 0, 30),
    ("atrophy", 0, 1),
    ("motion", 0, 5),
    ("restlessness", 0, 10),
    ("truncation", 0.4, 1),
    ("field_strength", 0.1, 12),
    ("years", 18, 110),
)
"""Least and largest value of each option that is a number."""


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
    wallerian_t1_bright
        It is bright on T1, too, as in the early weeks, and not a little dark.
    wallerian_shrinkage
        Its cerebral peduncle has shrunk.
    strong_posterior_limb
        The normal variant of the internal capsule, which everybody has, is as bright and long as it gets.
    ms_lesions
        Number of demyelinating lesions of the hemispheres.
    ms_on_tract
        Number of further ones that cut the tract.
    infarct
        The side of a chronic infarct in the territory of the middle cerebral artery.
    leukoaraiosis
        Grade of small vessel disease after Fazekas, 0 to 3.
    atrophy
        Widening of ventricles and sulci, 0 (none beyond the person's own) to 1.
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
    motion
        Amplitude of the head's movement during each slice, millimetres: it blurs, and makes ghosts.
    restlessness
        Largest shift of the head between one series and the next, millimetres, and turn, degrees.
    truncation
        Share of the lines of k-space that are acquired; the rest is filled with zeros, so that edges ring.
    neck
        What may be the matter with the neck.
    field_strength
        Tesla; ``None`` for that of the vendor's usual scanner. It is written, and only gradient echo images
        of the head change with it.
    magnetism
        What decides how magnetic the head is, beside its signs.
    years
        Age; ``None`` for one drawn for the seed.

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
    wallerian_t1_bright: bool = False
    wallerian_shrinkage: bool = False
    strong_posterior_limb: bool = False
    ms_lesions: int = 0
    ms_on_tract: int = 0
    infarct: Side | None = None
    leukoaraiosis: int = 0
    atrophy: float = 0.0
    post_contrast: bool = False
    entry_slice: bool = False
    snr: float = 40.0
    bias: float = 0.2
    rotation: float = 8.0
    motion: float = 0.0
    restlessness: float = 0.0
    field_strength: float | None = None
    truncation: float = 1.0
    neck: NeckOptions = field(default_factory=NeckOptions)
    magnetism: Magnetism = field(default_factory=Magnetism)
    years: int | None = None

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
        if (self.wallerian_t1_bright or self.wallerian_shrinkage) and self.wallerian is None:
            raise ValueError("a degenerated tract must have a side")
        for name, low, high in RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name.replace('_', ' ')} must lie between {low:g} and {high:g}")

    def __hash__(self) -> int:
        return hash((self.seed, *sorted(self.signs)))

    def change(self, sign: Sign) -> float:
        """The fractional change drawn for a sign, 0 where it is not drawn."""
        return fractional_change(sign, self.signs[sign]) if sign in self.signs else 0.0

    def change_on(self, sign: Sign, side: Side) -> float:
        """The fractional change drawn for a sign on one side of the patient."""
        return self.change(sign) if self.one_sided.get(sign, side) is side else 0.0

    @property
    def shape(self) -> "PhantomPatient":
        """The patient with only those options that decide what is drawn into the head, and where."""
        shaping = {Sign.PRECENTRAL_ATROPHY}
        return PhantomPatient(
            self.seed,
            {sign: strength for sign, strength in self.signs.items() if sign in shaping},
            {sign: side for sign, side in self.one_sided.items() if sign in shaping},
            wallerian=self.wallerian if self.wallerian_shrinkage else None,
            wallerian_shrinkage=self.wallerian_shrinkage,
            ms_lesions=self.ms_lesions,
            ms_on_tract=self.ms_on_tract,
            infarct=self.infarct,
            leukoaraiosis=self.leukoaraiosis,
            atrophy=self.atrophy,
        )

    @property
    def neck_shape(self) -> "PhantomPatient":
        """The patient with only those options that decide what is drawn into the neck, and where."""
        shaping = {Sign.CORD_ATROPHY, Sign.CORD_FLATTENING}
        signs = {sign: strength for sign, strength in self.signs.items() if sign in shaping}
        drawn = ("lordosis", "scoliosis", "touching", "stenosis", "thoracic")
        neck = NeckOptions(**{name: getattr(self.neck, name) for name in drawn})
        return PhantomPatient(self.seed, signs, neck=neck, years=self.years)

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
        return int(self.rng("age").integers(28, 72)) if self.years is None else self.years


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
