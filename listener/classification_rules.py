"""The tables that name what a series shows; read from the top, the first rule that holds is taken.

:data:`KINDS` names what is not plain anatomy (localizers, maps, phase, projections, …). :data:`TIMING` names
a weighting from the timing of the sequence, :data:`WORDS` from the words and from Acquisition Contrast.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from listener import classification_words as say
from listener.classification_facts import Facts
from processors.acquisition import Contrast

WHITE_MATTER_T1 = 850.0
"""Milliseconds at 3 T (Wansapura et al., J Magn Reson Imaging 1999;9:531: 832 ± 10); for the Ernst angle."""

SURE, LIKELY, GUESS, UNSURE = 0.95, 0.8, 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Rule:
    """If the test holds the series is of this contrast, for this reason."""

    contrast: Contrast
    confidence: float
    reason: str
    holds: Callable[[Facts], bool]


def _susceptibility(f: Facts) -> bool:
    return bool(say.SWI.search(f.series_words)) or "SWI" in f.kind or "swi" in f.sequence_name


def _is_phase(f: Facts) -> bool:
    return bool(
        f.kind & {"P", "PHASE", "PHASE MAP", "PHASE_MAP", "P_FFE", "P_SE", "COMPONENT PHASE", "FILT_PHA"}
    ) or bool(say.PHASE.search(f.series_words) and not say.MAGNITUDE_WORDS.search(f.series_words))


def _is_minimum_projection(f: Facts) -> bool:
    return bool(
        f.kind & {"MNIP", "MINIP", "MIN IP", "MIN_IP", "MIP", "MAX_IP", "MAX IP", "PROJECTION IMAGE"}
        or say.MINIMUM_PROJECTION.search(f.series_words)
    )


def between(value: float | None, low: float, high: float) -> bool:
    """Whether a value is given and within these limits, both included."""
    return value is not None and low <= value <= high


KINDS: tuple[Rule, ...] = (
    Rule(Contrast.OTHER, SURE, "not an MR image", lambda f: not f.is_mr),
    Rule(
        Contrast.LOCALIZER, SURE, "Image Type or description names a localizer",
        lambda f: "LOCALIZER" in f.kind or bool(say.LOCALIZER.search(f.series_words)),
    ),
    Rule(
        Contrast.OTHER, SURE, "calibration", lambda f: bool(say.CALIBRATION.search(f.series_words)),
    ),
    Rule(
        Contrast.SWI_MIP, SURE, "projection of susceptibility-weighted slices",
        lambda f: _susceptibility(f) and _is_minimum_projection(f),
    ),
    Rule(
        Contrast.SWI_PHASE, SURE, "phase of a susceptibility-weighted acquisition",
        lambda f: _susceptibility(f) and _is_phase(f),
    ),
    Rule(
        Contrast.FIELD_MAP, SURE, "description names a field map",
        lambda f: bool(say.FIELD_MAP.search(f.series_words)) or "fm2d" in f.sequence_name,
    ),
    Rule(
        Contrast.OTHER, SURE, "spectroscopy, or a screen capture",
        lambda f: bool(f.kind & {"SPECTROSCOPY", "SPEC", "SCREEN SAVE", "SCREENSAVE", "SECONDARYCAPTURE"}),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "description names a derived map other than ADC",
        lambda f: bool(say.DERIVED_MAP.search(f.series_words))
        or bool(f.kind & {"FA", "EADC", "ECD", "TENSOR", "CBF", "CBV", "MTT", "TTP", "T1 MAP", "T2 MAP",
                          "T2_STAR MAP", "RCBF", "RCBV", "SUBTRACTION", "SUBTRACT", "SUB", "R2_STAR MAP",
                          "T1_MAP", "T2_MAP", "PERFUSION_ASL", "FA_MAP", "EXP_ADC"})
        or bool(f.derived & {"T1", "T2", "T2_STAR", "R1", "R2", "R2_STAR", "RHO"}),
    ),
    Rule(
        Contrast.ADC, SURE, "Image Type names an apparent diffusion coefficient",
        lambda f: bool(f.kind & {"ADC", "ADC_SE", "ADC_UNSPECIFIED", "ADC MAP"}),
    ),
    Rule(
        Contrast.ADC, LIKELY, "description names an apparent diffusion coefficient",
        lambda f: bool(say.ADC.search(f.series_words)),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "phase, real or imaginary part",
        lambda f: _is_phase(f) or bool(f.kind & {
            "R", "REAL", "R_FFE", "R_SE", "R_IR", "I", "IMAGINARY", "I_FFE", "I_SE", "I_IR", "B0", "B0 MAP",
            "COMPONENT REAL", "COMPONENT IMAGINARY"}),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "fat or opposed-phase image of a Dixon acquisition",
        lambda f: bool(f.kind & {"F", "FAT", "OP", "OPP_PHASE", "OUT_PHASE", "OUTPHASE", "OPPOSED_PHASE",
                                 "FAT_FRACTION", "FF", "WATER_FRACTION"})
        or bool(say.FAT_IMAGE.search(f.series_words)),
    ),
    Rule(
        Contrast.ANGIOGRAPHY, SURE, "angiographic acquisition",
        lambda f: f.angiography or bool(f.declared_contrast & {"TOF", "FLOW_ENCODED"})
        or bool(say.ANGIOGRAPHY.search(f.series_words)) or "tof" in f.sequence_name,
    ),
    Rule(
        Contrast.OTHER, LIKELY, "reformatted or projected from other images",
        lambda f: _is_minimum_projection(f) or bool(say.REFORMATTED.search(f.series_words))
        or bool(f.kind & {
            "MPR", "REFORMATTED", "CURVED_MPR", "VOLUME_RENDER", "SURFACE_RENDER",
            "MPR_THICK", "MPR_THIN", "CPR", "CSA MPR", "CSAPARALLEL", "RESAMPLED",
            "VOLREND", "MEAN_IP"}),
    ),
    Rule(
        Contrast.OTHER, UNSURE, "no Image Type: magnitude cannot be told from phase, projections and maps",
        lambda f: not f.kind and not say.MAGNITUDE_WORDS.search(f.series_words)
        and (_susceptibility(f) or (f.b_value or 0) > 0 or "EP" in f.sequence
             or bool(say.DWI.search(f.series_words + f.sequence_name))),
    ),
    Rule(
        Contrast.DWI, SURE, "diffusion encoding",
        lambda f: bool(f.kind & {"DIFFUSION", "TRACEW", "TRACE", "DWI"}) or "DIFFUSION" in f.declared_contrast
        or (f.b_value or 0) > 0 or " ep b" in f.sequence_name,
    ),
    Rule(
        Contrast.DWI, LIKELY, "description names diffusion",
        lambda f: bool(say.DWI.search(f.series_words + f.sequence_name)),
    ),
    Rule(
        Contrast.FUNCTIONAL, LIKELY, "functional or perfusion imaging",
        lambda f: bool(f.kind & {"FMRI", "PERFUSION", "ASL", "BOLD", "MOCO"})
        or "PERFUSION" in f.declared_contrast
        or (f.time_points or 0) > 20
        or (bool(say.FUNCTIONAL.search(f.series_words + f.sequence_name)) and not _susceptibility(f)),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "a weighting that is not measured",
        lambda f: f.steady_state or bool(say.OTHER_WEIGHTING.search(f.series_words)),
    ),
    Rule(
        Contrast.SWI, SURE, "susceptibility-weighted magnitude",
        lambda f: _susceptibility(f) and f.gradient_echo is not False
        and (f.te is None or f.te >= 10),
    ),
    Rule(
        Contrast.FUNCTIONAL, GUESS, "gradient-echo echo-planar imaging",
        lambda f: not say.T2_STAR.search(f.series_words) and (
            {"EP", "GR"} <= f.sequence
            or (f.gradient_echo is True and between(f.te, 15, 60) and between(f.tr, 1000, 5000)
                and between(f.flip_angle, 50, 100))
        ),
    ),
    Rule(
        Contrast.DWI, GUESS, "spin-echo echo-planar imaging",
        lambda f: {"EP", "SE"} <= f.sequence and "IR" not in f.sequence
        and not say.T2.search(f.series_words),
    ),
)  # fmt: skip


def _inversion_recovery(f: Facts) -> bool:
    return "IR" in f.sequence or f.ti is not None or "tir" in f.sequence_name


def _low_field(f: Facts) -> bool:
    return f.field_strength is not None and f.field_strength < 0.3


def _ernst_angle(tr: float) -> float:
    return math.degrees(math.acos(math.exp(-min(tr, 5000.0) / WHITE_MATTER_T1)))


def _spoiled_t1(f: Facts) -> bool:
    """Above the Ernst angle; without a word that says T1, not what a localizer or a balanced echo may be."""
    if f.gradient_echo is not True or f.tr is None or f.flip_angle is None or not between(f.te, 0.5, 7):
        return False
    plausible = bool(say.T1.search(f.series_words)) or (
        "SP" in f.variant and (f.spatial_3d or between(f.tr, 100, 450))
    )
    return plausible and f.tr < 450 and f.flip_angle >= 0.95 * _ernst_angle(f.tr)


def _longest_t2_echo(f: Facts) -> float:
    """Milliseconds; refocusing by small flip angles (SPACE, CUBE, VISTA) allows nominal times this long."""
    return 700.0 if f.spatial_3d or _low_field(f) else 300.0


TIMING: tuple[Rule, ...] = (
    Rule(
        Contrast.STIR, LIKELY, "spin echo with the inversion time that nulls fat",
        lambda f: between(f.ti, 70, 200 if _low_field(f) else 320) and f.gradient_echo is not True
        and (f.te is None or f.te > 5) and (f.tr is None or f.tr > 1200),
    ),
    Rule(
        Contrast.FLAIR, SURE, "inversion time that nulls CSF, long echo and repetition times",
        lambda f: f.ti is not None and f.ti >= (1100 if _low_field(f) else 1350) and f.ti <= 3500
        and f.te is not None and f.te >= 60 and f.tr is not None and f.tr >= (2500 if _low_field(f) else 4000)
        and f.gradient_echo is not True,
    ),
    Rule(
        Contrast.FLAIR, LIKELY, "inversion recovery with long echo and repetition times, described as FLAIR",
        lambda f: "IR" in f.sequence and f.ti is None and f.te is not None and f.te >= 60
        and f.tr is not None and f.tr >= 4000 and f.gradient_echo is not True
        and bool(say.FLAIR.search(f.series_words)) and not say.T1_FLAIR.search(f.series_words),
    ),
    Rule(
        Contrast.T1, LIKELY, "prepared gradient echo (MPRAGE kind): inversion time, short echo time",
        lambda f: f.gradient_echo is True and between(f.ti, 300, 1500) and between(f.te, 0.5, 8)
        and (f.tr is None or f.tr < 3500),
    ),
    Rule(
        Contrast.T1, LIKELY, "prepared gradient echo of short repetition time",
        lambda f: f.gradient_echo is True and "MP" in f.variant and between(f.te, 0.5, 8)
        and (f.tr is None or f.tr < 3000),
    ),
    Rule(
        Contrast.T1, LIKELY, "inversion recovery with intermediate inversion time and short echo time",
        lambda f: between(f.ti, 220 if _low_field(f) else 350, 1300) and between(f.te, 3, 40)
        and (f.tr is None or f.tr < 4500),
    ),
    Rule(
        Contrast.T1, LIKELY, "spin echo with short repetition and echo times",
        lambda f: f.gradient_echo is False and not _inversion_recovery(f) and between(f.tr, 200, 1300)
        and between(f.te, 3, 40),
    ),
    Rule(
        Contrast.T1, LIKELY, "gradient echo at or above the Ernst angle, short echo time", _spoiled_t1,
    ),
    Rule(
        Contrast.T2_STAR, GUESS, "gradient echo with a long echo time",
        lambda f: f.gradient_echo is True and between(f.te, 8.5, 80) and not _inversion_recovery(f),
    ),
    Rule(
        Contrast.PD, GUESS, "gradient echo below the Ernst angle, short echo time",
        lambda f: f.gradient_echo is True and between(f.te, 0.5, 8.5) and f.tr is not None
        and f.flip_angle is not None and not _inversion_recovery(f) and not _spoiled_t1(f),
    ),
    Rule(
        Contrast.T2, LIKELY, "spin echo with long repetition and echo times",
        lambda f: f.gradient_echo is False and not _inversion_recovery(f)
        and f.tr is not None and f.tr >= 1400 and between(f.te, 50, _longest_t2_echo(f)),
    ),
    Rule(
        Contrast.PD, GUESS, "spin echo with long repetition and short echo times",
        lambda f: f.gradient_echo is False and not _inversion_recovery(f)
        and f.tr is not None and f.tr >= 1800 and between(f.te, 5, 45),
    ),
)  # fmt: skip

WORDS: tuple[Rule, ...] = (
    Rule(Contrast.T1, GUESS, "described as T1 FLAIR", lambda f: bool(say.T1_FLAIR.search(f.series_words))),
    Rule(
        Contrast.FLAIR, LIKELY, "described as FLAIR",
        lambda f: bool(say.FLAIR.search(f.series_words)) or bool(
            f.declared_contrast & {"FLAIR", "FLUID_ATTENUATED"}),
    ),
    Rule(
        Contrast.STIR, LIKELY, "described as STIR",
        lambda f: bool(say.STIR.search(f.series_words)) or "STIR" in f.declared_contrast,
    ),
    Rule(
        Contrast.T2_STAR, LIKELY, "described as T2*",
        lambda f: bool(say.T2_STAR.search(f.series_words + f.sequence_name))
        or "T2_STAR" in f.declared_contrast,
    ),
    Rule(Contrast.PD, LIKELY, "described as proton density", lambda f: bool(say.PD.search(f.series_words))),
    Rule(Contrast.T2, LIKELY, "described as T2", lambda f: bool(say.T2.search(f.series_words))),
    Rule(Contrast.T1, LIKELY, "described as T1", lambda f: bool(say.T1.search(f.series_words))),
    Rule(Contrast.PD, GUESS, "declared proton density", lambda f: "PROTON_DENSITY" in f.declared_contrast),
    Rule(Contrast.T2, GUESS, "declared T2", lambda f: "T2" in f.declared_contrast),
    Rule(Contrast.T1, GUESS, "declared T1", lambda f: "T1" in f.declared_contrast),
)  # fmt: skip

SETTLED: dict[tuple[Contrast, Contrast], Contrast] = {
    (Contrast.T1, Contrast.FLAIR): Contrast.T1,
    (Contrast.STIR, Contrast.T2): Contrast.STIR,
    (Contrast.FLAIR, Contrast.T2): Contrast.FLAIR,
    (Contrast.FLAIR, Contrast.STIR): Contrast.FLAIR,
    (Contrast.T2_STAR, Contrast.T2): Contrast.T2_STAR,
    (Contrast.PD, Contrast.T2_STAR): Contrast.T2_STAR,
    (Contrast.PD, Contrast.T1): Contrast.T1,
    (Contrast.T1, Contrast.PD): Contrast.PD,
    (Contrast.T2, Contrast.PD): Contrast.T2,
}
"""By timing and words, the answer where they differ for a reason that is known: T1 FLAIR, a T2 TIRM, a T2*
called T2, a sum of echoes that names its first echo time, a double echo."""

CONTRADICTIONS: tuple[tuple[Contrast, str, Callable[[Facts], bool]], ...] = (
    (Contrast.FLAIR, "echo time too short for FLAIR", lambda f: f.te is not None and f.te < 60),
    (Contrast.FLAIR, "repetition time too short for FLAIR", lambda f: f.tr is not None and f.tr < 2500),
    (Contrast.FLAIR, "inversion time does not null CSF", lambda f: f.ti is not None and f.ti < 1100),
    (Contrast.FLAIR, "gradient echo", lambda f: f.gradient_echo is True),
    (Contrast.T2, "echo time too short for T2", lambda f: f.te is not None and f.te < 50),
    (
        Contrast.T2, "echo time too long for tissue",
        lambda f: f.te is not None and f.te > _longest_t2_echo(f),
    ),
    (Contrast.T2, "gradient echo", lambda f: f.gradient_echo is True),
    (Contrast.T2, "inversion recovery of unknown inversion time", _inversion_recovery),
    (Contrast.T1, "echo time too long for T1", lambda f: f.te is not None and f.te > 45),
    (Contrast.T1, "inversion time that nulls fat", lambda f: between(f.ti, 70, 300)),
    (
        Contrast.T1, "repetition time too long for T1",
        lambda f: f.tr is not None and f.tr > 1800 and f.gradient_echo is not True
        and not _inversion_recovery(f),
    ),
    (Contrast.STIR, "gradient echo", lambda f: f.gradient_echo is True),
    (Contrast.STIR, "inversion time does not null fat", lambda f: f.ti is not None and f.ti > 350),
    (Contrast.T2_STAR, "spin echo", lambda f: f.gradient_echo is False),
)  # fmt: skip
