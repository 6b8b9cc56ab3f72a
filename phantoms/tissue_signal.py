"""Signal of every tissue in every contrast, normal white matter being 1: plausible, not simulated."""

from dataclasses import dataclass
from enum import StrEnum

from phantoms.patient import PhantomPatient
from phantoms.template import Label
from processors.acquisition import Contrast


class T1Family(StrEnum):
    """How a T1 was made; grey matter and fluid differ between them."""

    SPIN_ECHO = "spin echo"
    FLASH = "spoiled gradient echo"
    MPRAGE = "inversion-prepared gradient echo"


@dataclass(frozen=True, slots=True)
class TissueSignal:
    """Signal of cerebrospinal fluid and of grey matter, that of white matter being 1."""

    fluid: float
    grey: float


T1_SIGNAL: dict[T1Family, TissueSignal] = {
    T1Family.SPIN_ECHO: TissueSignal(0.33, 0.80),
    T1Family.FLASH: TissueSignal(0.28, 0.72),
    T1Family.MPRAGE: TissueSignal(0.12, 0.64),
}

SIGNAL: dict[Contrast, TissueSignal] = {
    Contrast.T1_MTC: TissueSignal(0.45, 0.84),
    Contrast.T2: TissueSignal(3.2, 1.38),
    Contrast.FLAIR: TissueSignal(0.12, 1.2),
    Contrast.SWI: TissueSignal(0.88, 1.13),
    Contrast.T2_STAR: TissueSignal(1.6, 1.22),
    Contrast.ADC: TissueSignal(3.9, 1.08),
    Contrast.DWI: TissueSignal(0.12, 1.22),
}

GREY_SPREAD, FLUID_SPREAD = 0.025, 0.08
"""Fractional standard deviations of grey matter and fluid between people and scanners."""

EXTRACRANIAL: dict[Contrast, tuple[float, float, float, float, float]] = {
    Contrast.T2: (0.03, 0.10, 0.55, 0.85, 1.35),
    Contrast.FLAIR: (0.03, 0.08, 0.6, 0.85, 1.25),
    Contrast.SWI: (0.03, 0.05, 0.5, 0.55, 0.6),
    Contrast.T2_STAR: (0.03, 0.05, 0.8, 0.8, 0.9),
    Contrast.ADC: (0.0, 0.0, 0.9, 0.3, 0.1),
    Contrast.DWI: (0.02, 0.03, 0.25, 0.15, 0.12),
}
EXTRACRANIAL_T1 = (0.0, 0.17, 0.5, 0.85, 1.6)
"""T1 signal of air, cortical bone, muscle, marrow and fat, at which :data:`EXTRACRANIAL` is given."""

IRON: dict[Contrast, dict[Label, float]] = {
    Contrast.T2: {
        Label.PALLIDUM: 0.78,
        Label.SUBSTANTIA_NIGRA: 0.8,
        Label.RED_NUCLEUS: 0.8,
        Label.DENTATE: 0.88,
    },
    Contrast.FLAIR: {Label.PALLIDUM: 0.85, Label.SUBSTANTIA_NIGRA: 0.9, Label.RED_NUCLEUS: 0.9},
    Contrast.DWI: {Label.PALLIDUM: 0.75, Label.SUBSTANTIA_NIGRA: 0.8, Label.RED_NUCLEUS: 0.8},
}
"""Normal darkening by iron; in gradient echo images it comes from the susceptibility."""

CONTRASTS = frozenset({Contrast.T1, Contrast.T1_POST_CONTRAST, *SIGNAL})
"""What a head can be drawn as."""


def family_of(contrast: Contrast, *, three_d: bool) -> T1Family | None:
    """The usual T1 of two-dimensional and of three-dimensional series; ``None`` for other contrasts."""
    if contrast not in (Contrast.T1, Contrast.T1_POST_CONTRAST):
        return None
    return T1Family.MPRAGE if three_d else T1Family.SPIN_ECHO


def tissue_signal(patient: PhantomPatient, contrast: Contrast, family: T1Family | None) -> TissueSignal:
    """Signal of fluid and grey matter of one patient.

    Raises
    ------
    ValueError
        If a head cannot be drawn as this contrast.
    """
    if contrast not in CONTRASTS:
        raise ValueError(f"a head cannot be drawn as {contrast}")
    usual = SIGNAL.get(contrast) or T1_SIGNAL[family or T1Family.SPIN_ECHO]
    fluid, grey = patient.rng("tissues").normal(size=2).clip(-2, 2)
    return TissueSignal(usual.fluid * (1 + FLUID_SPREAD * fluid), usual.grey * (1 + GREY_SPREAD * grey))
