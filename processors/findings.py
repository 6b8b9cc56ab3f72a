"""The vocabulary of Betz: sign, state, reason, region, measurement, finding.

Every other part speaks in these words: the analyzers return findings, the database stores them, the
reports encode them. The keys (``Sign.CST_T1.value`` and so on) are a public contract.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from catalogue.texts import TEXTS
from processors.acquisition import Contrast
from processors.reasons import SENTENCES


class Sign(StrEnum):
    """An imaging finding that supports a diagnosis of amyotrophic lateral sclerosis."""

    MOTOR_BAND = "motor_band"
    CST_T1 = "cst_t1"
    CST_T1_MTC = "cst_t1_mtc"
    CST_T2 = "cst_t2"
    CST_FLAIR = "cst_flair"
    CST_DIFFUSION = "cst_diffusion"
    PRECENTRAL_ATROPHY = "precentral_atrophy"
    CORD_T1 = "cord_t1"
    CORD_T2 = "cord_t2"
    CORD_ATROPHY = "cord_atrophy"
    CORD_FLATTENING = "cord_flattening"


BRAIN_SIGNS = (
    Sign.MOTOR_BAND,
    Sign.CST_T1,
    Sign.CST_T1_MTC,
    Sign.CST_T2,
    Sign.CST_FLAIR,
    Sign.CST_DIFFUSION,
    Sign.PRECENTRAL_ATROPHY,
)
CORD_SIGNS = (Sign.CORD_T1, Sign.CORD_T2, Sign.CORD_ATROPHY, Sign.CORD_FLATTENING)

READS: dict[Sign, tuple[Contrast, ...]] = {
    Sign.MOTOR_BAND: (Contrast.SWI, Contrast.T2_STAR),
    Sign.CST_T1: (Contrast.T1,),
    Sign.CST_T1_MTC: (Contrast.T1_MTC,),
    Sign.CST_T2: (Contrast.T2,),
    Sign.CST_FLAIR: (Contrast.FLAIR,),
    Sign.CST_DIFFUSION: (Contrast.ADC, Contrast.DWI),
    Sign.PRECENTRAL_ATROPHY: (Contrast.T1,),
    Sign.CORD_T1: (Contrast.T1,),
    Sign.CORD_T2: (Contrast.T2, Contrast.T2_STAR),
    Sign.CORD_ATROPHY: (Contrast.T1, Contrast.T2),
    Sign.CORD_FLATTENING: (Contrast.T1, Contrast.T2),
}
"""The contrasts that each sign can be seen on, the preferred first."""


class State(StrEnum):
    """What can be said of a sign; never ``ABSENT`` because it could not be seen."""

    PRESENT = "present"
    ABSENT = "absent"
    INDETERMINATE = "indeterminate"
    NOT_EVALUATED = "not_evaluated"


class Confidence(StrEnum):
    """How far a present sign lies beyond its decision limit."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Side(StrEnum):
    """The patient's own left and right."""

    LEFT = "left"
    RIGHT = "right"


TRACT_SEGMENTS = ("subcortical", "corona_radiata", "internal_capsule", "cerebral_peduncle", "pons")
CERVICAL_LEVELS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")
WHOLE_CORD = "cord"
"""The cord as far as it was measured: in the place of its levels, where none is known."""
MOTOR_BAND_REGIONS = ("medial", "intermediate", "lateral")


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A named part of the anatomy, with its side where it has one."""

    name: str
    side: Side | None = None

    @property
    def key(self) -> str:
        """``name/side``, or ``name`` where there is no side."""
        return self.name if self.side is None else f"{self.name}/{self.side}"


def regions_of(sign: Sign) -> tuple[Region, ...]:
    """Every region that a finding of this sign may report, in anatomical order."""
    if sign in (Sign.CORD_ATROPHY, Sign.CORD_FLATTENING):
        return tuple(Region(name) for name in (*CERVICAL_LEVELS, WHOLE_CORD))
    names: tuple[str, ...]
    if sign in (Sign.CORD_T1, Sign.CORD_T2):
        names = (*CERVICAL_LEVELS, WHOLE_CORD)
    elif sign is Sign.MOTOR_BAND:
        names = MOTOR_BAND_REGIONS
    elif sign is Sign.PRECENTRAL_ATROPHY:
        names = ("precentral",)
    else:
        names = TRACT_SEGMENTS
    regions = tuple(Region(name, side) for name in names for side in (Side.LEFT, Side.RIGHT))
    return (*regions, Region("splenium")) if sign is Sign.CST_T1_MTC else regions


class Quantity(StrEnum):
    """What a number is, by its code value; its unit is in :data:`UNITS`."""

    RATIO = "ratio"
    RATIO_UNCORRECTED = "ratio_uncorrected"
    Z_SCORE = "z_score"
    NORM_MEAN = "norm_mean"
    NORM_SD = "norm_sd"
    NORM_N = "norm_n"
    VOXELS = "voxels"
    COVERAGE = "coverage"
    LESION_SHARE = "lesion_share"
    CROSS_SECTIONAL_AREA = "cross_sectional_area"
    AREA_AT_REFERENCE_AGE = "area_at_reference_age"
    FLATNESS = "flatness"
    AP_DIAMETER = "ap_diameter"
    RL_DIAMETER = "rl_diameter"
    SOLIDITY = "solidity"
    ANTERIOR_CONCAVITY = "anterior_concavity"
    SAC_DIAMETER = "sac_diameter"
    TRACT_RATIO = "tract_ratio"
    ANTEROLATERAL_RATIO = "anterolateral_ratio"
    STANDARD_ERROR = "standard_error"
    SLICES = "slices"
    DARKNESS = "darkness"
    ANTERIOR_DIFFERENCE = "anterior_difference"
    POSTCENTRAL_DIFFERENCE = "postcentral_difference"
    GRADE = "grade"
    GRADE_SUM = "grade_sum"
    BAND_LENGTH = "band_length"
    ASYMMETRY = "asymmetry"
    EXCLUDED_SHARE = "excluded_share"
    GREY_MATTER_VOLUME = "grey_matter_volume"
    CORTEX_RATIO = "cortex_ratio"
    CORTEX_Z_SCORE = "cortex_z_score"
    CORTEX_NORM_MEAN = "cortex_norm_mean"
    CORTEX_NORM_SD = "cortex_norm_sd"
    INTRACRANIAL_RATIO = "intracranial_ratio"
    INTRACRANIAL_Z_SCORE = "icv_z_score"
    INTRACRANIAL_NORM_MEAN = "icv_norm_mean"
    INTRACRANIAL_NORM_SD = "icv_norm_sd"


UNITS: dict[Quantity, str] = {
    Quantity.RATIO: "{ratio}",
    Quantity.RATIO_UNCORRECTED: "{ratio}",
    Quantity.Z_SCORE: "{z-score}",
    Quantity.NORM_MEAN: "{ratio}",
    Quantity.NORM_SD: "{ratio}",
    Quantity.NORM_N: "{subjects}",
    Quantity.VOXELS: "{voxels}",
    Quantity.COVERAGE: "%",
    Quantity.LESION_SHARE: "%",
    Quantity.CROSS_SECTIONAL_AREA: "mm2",
    Quantity.AREA_AT_REFERENCE_AGE: "mm2",
    Quantity.FLATNESS: "{ratio}",
    Quantity.AP_DIAMETER: "mm",
    Quantity.RL_DIAMETER: "mm",
    Quantity.SOLIDITY: "{ratio}",
    Quantity.ANTERIOR_CONCAVITY: "mm",
    Quantity.SAC_DIAMETER: "mm",
    Quantity.TRACT_RATIO: "{ratio}",
    Quantity.ANTEROLATERAL_RATIO: "{ratio}",
    Quantity.STANDARD_ERROR: "{ratio}",
    Quantity.SLICES: "{slices}",
    Quantity.DARKNESS: "{ratio}",
    Quantity.ANTERIOR_DIFFERENCE: "{ratio}",
    Quantity.POSTCENTRAL_DIFFERENCE: "{ratio}",
    Quantity.GRADE: "{score}",
    Quantity.GRADE_SUM: "{score}",
    Quantity.BAND_LENGTH: "mm",
    Quantity.ASYMMETRY: "{ratio}",
    Quantity.EXCLUDED_SHARE: "%",
    Quantity.GREY_MATTER_VOLUME: "mL",
    Quantity.CORTEX_RATIO: "{ratio}",
    Quantity.CORTEX_Z_SCORE: "{z-score}",
    Quantity.CORTEX_NORM_MEAN: "{ratio}",
    Quantity.CORTEX_NORM_SD: "{ratio}",
    Quantity.INTRACRANIAL_RATIO: "{ratio}",
    Quantity.INTRACRANIAL_Z_SCORE: "{z-score}",
    Quantity.INTRACRANIAL_NORM_MEAN: "{ratio}",
    Quantity.INTRACRANIAL_NORM_SD: "{ratio}",
}
"""UCUM unit of each quantity."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number behind a decision, in the unit of its quantity.

    Raises
    ------
    ValueError
        If the value is not finite.
    """

    quantity: Quantity
    value: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.quantity} is not a finite number")


@dataclass(frozen=True, slots=True)
class RegionMeasurements:
    """All numbers of one region of one sign."""

    region: Region
    measurements: tuple[Measurement, ...]

    def value(self, quantity: Quantity) -> float | None:
        """The number of this quantity, or ``None`` where it was not measured."""
        return next((m.value for m in self.measurements if m.quantity is quantity), None)


@dataclass(frozen=True, slots=True)
class TractProfile:
    """The signal ratio along one side's tract, from the pons up, with the norm it is compared with.

    All tuples have one entry for each node of the tract.

    Attributes
    ----------
    position_mm
        Along the tract, millimetres in the atlas from its lowest node.
    segments
        Name of the segment of each node, one of :data:`TRACT_SEGMENTS`.
    ratio
        Tract over reference; ``None`` where it was not measured.
    norm_mean, norm_sd
        Of the segment that the node belongs to.
    """

    side: Side
    position_mm: tuple[float, ...]
    segments: tuple[str, ...]
    ratio: tuple[float | None, ...]
    norm_mean: tuple[float, ...]
    norm_sd: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a sign could not be judged, or what limits the judgement: a stable key and plain words."""

    key: str
    sentence: str

    @classmethod
    def of(cls, key: str, **details: object) -> "Reason":
        """The reason of this key from the catalogue, with its details filled in.

        Raises
        ------
        KeyError
            If the catalogue has no such key, or a detail that the sentence needs is missing.
        """
        return cls(key, SENTENCES[key].format(**details))


@dataclass(frozen=True, slots=True)
class Algorithm:
    """The method that made a finding."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one analysis says of one sign.

    Attributes
    ----------
    series_uids
        Series Instance UIDs of the series that were measured.
    norm
        Which reference distribution the z-scores are from, in words; empty where none was used.
    profiles
        The signal along the tract, left and right, for a sign of the tract.

    Raises
    ------
    ValueError
        If a present sign has no confidence or another has one, if an undecided sign has no reason, or if
        a region is not one of the sign's own.
    """

    sign: Sign
    state: State
    algorithm: Algorithm
    confidence: Confidence | None = None
    reasons: tuple[Reason, ...] = ()
    regions: tuple[RegionMeasurements, ...] = ()
    series_uids: tuple[str, ...] = ()
    norm: str = ""
    profiles: tuple[TractProfile, ...] = ()

    def __post_init__(self) -> None:
        if (self.state is State.PRESENT) != (self.confidence is not None):
            raise ValueError("a confidence goes with a present sign, and only with one")
        if self.state in (State.INDETERMINATE, State.NOT_EVALUATED) and not self.reasons:
            raise ValueError(f"{self.sign} is {self.state} without a reason")
        allowed = set(regions_of(self.sign))
        if any(r.region not in allowed for r in self.regions):
            raise ValueError(f"{self.sign} has a region that is not its own")


def missing_series(sign: Sign) -> tuple[Reason, ...]:
    """That a study lacks what a sign is read from; of the motor band, that SWI should be considered, too."""
    reason = Reason.of("missing-series", needed=TEXTS["series_needed"][sign.value])
    return (reason, Reason.of("swi-recommended")) if sign is Sign.MOTOR_BAND else (reason,)


def not_evaluated(sign: Sign, algorithm: Algorithm, *reasons: Reason) -> Finding:
    """A finding that says why a sign could not be judged at all."""
    return Finding(sign, State.NOT_EVALUATED, algorithm, reasons=reasons)
