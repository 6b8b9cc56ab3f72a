"""The table that names what is not plain anatomy: localizers, maps, phase, projections, diffusion.

It is read from the top; the first rule that holds ends the search.
"""

from listener.classification import words as say
from listener.classification.facts import ECHO_PLANAR_BANDWIDTH, Facts
from listener.classification.rules import GUESS, LIKELY, SURE, UNSURE, Rule, between
from processors.acquisition import Contrast


def _anatomical(f: Facts) -> bool:
    """A prepared T1, or a three-dimensional spin echo named after its weighting.

    No functional and no diffusion-weighted image is made so, whatever the words say it was made for.
    """
    if f.echo_planar:
        return False
    prepared = f.gradient_echo is True and ("MP" in f.variant or between(f.ti, 300, 1500))
    named = say.T1.search(f.series_words) or say.T2.search(f.series_words) or say.FLAIR.search(f.series_words)
    spin_echo = f.gradient_echo is False and f.spatial_3d and not f.kind & _SAID_DIFFUSION
    return (prepared and between(f.te, 0.5, 8)) or bool(spin_echo and named and between(f.te, 60, 700))


_SAID_DIFFUSION = frozenset({"DIFFUSION", "TRACEW", "TRACE", "DWI"})


def _says_diffusion(f: Facts) -> bool:
    """Diffusion encoding is made with spin echoes, or without a gradient echo's short echo time."""
    return (
        bool(say.DWI.search(f.series_words + f.sequence_name))
        and not _anatomical(f)
        and not (f.gradient_echo is True and f.echo_planar)
    )


def _susceptibility(f: Facts) -> bool:
    return bool(say.SWI.search(f.series_words)) or "SWI" in f.kind or "swi" in f.sequence_name


def lacks_phase(f: Facts) -> bool:
    """Whether images of a susceptibility-weighted acquisition are its magnitude, not the processed images."""
    if "SWI" in f.kind:
        return False
    unnamed = "swi" in f.sequence_name and "M" in f.kind and not say.SWI.search(f.series_words)
    return unnamed or bool(say.MAGNITUDE_WORDS.search(f.series_words))


def _is_phase(f: Facts) -> bool:
    return bool(
        f.kind & {"P", "PHASE", "PHASE MAP", "PHASE_MAP", "P_FFE", "P_SE", "COMPONENT PHASE", "FILT_PHA"}
    ) or bool(say.PHASE.search(f.series_words) and not say.MAGNITUDE_WORDS.search(f.series_words))


def _is_minimum_projection(f: Facts) -> bool:
    return bool(
        f.kind & {"MNIP", "MINIP", "MIN IP", "MIN_IP", "MIP", "MAX_IP", "MAX IP", "PROJECTION IMAGE"}
        or say.MINIMUM_PROJECTION.search(f.series_words)
    )


def is_reformatted(f: Facts) -> bool:
    """Whether the slices are cut anew from acquired ones: the contrast is theirs, the pixels are not."""
    acquired = "ORIGINAL" in f.kind and f.gradient_echo is True and ("MP" in f.variant or f.ti is not None)
    return bool(
        say.REFORMATTED.search(f.series_words)
        or (say.MPR.search(f.series_words) and not acquired)
        or f.kind & {"MPR", "REFORMATTED", "MPR_THICK", "MPR_THIN", "CSA MPR", "CSAPARALLEL", "RESAMPLED"}
    )


KINDS: tuple[Rule, ...] = (
    Rule(Contrast.OTHER, SURE, "not an MR image", lambda f: not f.is_mr),
    Rule(
        Contrast.OTHER, SURE, "the pixels are colours", lambda f: f.colour,
    ),
    Rule(
        Contrast.LOCALIZER, SURE, "Image Type or description names a localizer",
        lambda f: "LOCALIZER" in f.kind or (bool(say.LOCALIZER.search(f.series_words)) and not f.echo_planar),
    ),
    Rule(
        Contrast.LOCALIZER, GUESS, "without a description: an unprepared volume in seconds",
        lambda f: not f.series_words.strip(" |") and f.gradient_echo is True and f.spatial_3d and f.ti is None
        and not f.variant & {"MP", "TOF"} and between(f.tr, 1, 6) and between(f.flip_angle, 1, 12),
    ),
    Rule(
        Contrast.OTHER, SURE, "calibration", lambda f: bool(say.CALIBRATION.search(f.series_words)),
    ),
    Rule(
        Contrast.SWI_MIP, SURE, "projection of susceptibility-weighted slices",
        lambda f: _susceptibility(f) and (_is_minimum_projection(f) or f.sliding_slab),
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
        lambda f: bool(f.kind & {"SPECTROSCOPY", "SPEC", "SCREEN SAVE", "SCREENSAVE", "SECONDARYCAPTURE"})
        or bool(say.SPECTROSCOPY_NAME.search(f.sequence_name)),
    ),
    Rule(
        Contrast.FIELD_MAP, LIKELY, "map of the main field, in its phase or in hertz",
        lambda f: bool(f.kind & {"B0", "B0 MAP", "FIELDMAPHZ"}) or (
            bool(say.B0.search(f.series_words)) and (_is_phase(f) or bool(f.kind & {"REAL", "R", "R_FFE"}))),
    ),
    Rule(
        Contrast.FIELD_MAP, LIKELY, "described as B0, a gradient echo of short echo time",
        lambda f: bool(say.B0.search(f.series_words)) and f.gradient_echo is not False
        and not f.echo_planar and between(f.te, 0.5, 12),
    ),
    Rule(
        Contrast.FIELD_MAP, GUESS, "echo-planar pair for a field map: no diffusion encoding",
        lambda f: not (f.b_value or 0) > 0 and not say.DWI.search(f.series_words)
        and not f.kind & _SAID_DIFFUSION and "DIFFUSION" not in f.declared_contrast and (
            "epse" in f.sequence_name
            or (f.echo_planar and f.gradient_echo is not True
                and bool(say.ECHO_PLANAR_FIELD_MAP.search(f.series_words)))
            or (f.echo_planar and bool(say.PHASE_ENCODING.search(f.series_words)))
        ),
    ),
    Rule(
        Contrast.FUNCTIONAL, SURE, "Image Type says functional, perfusion or spin labelling",
        lambda f: bool(f.kind & {"FMRI", "ASL", "PERFUSION", "PERFUSION_ASL", "BOLD", "CBF", "CBV", "MTT",
                                 "TTP", "RCBF", "RCBV", "RELCBV", "RELCBF", "RELMTT"})
        and not _susceptibility(f),
    ),
    Rule(
        Contrast.FUNCTIONAL, LIKELY, "description names a map of perfusion",
        lambda f: bool(say.PERFUSION_MAP.search(f.series_words)),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "description names a derived map other than ADC",
        lambda f: (
            bool(say.DERIVED_MAP.search(f.series_words))
            and not ("ORIGINAL" in f.kind and say.FUNCTIONAL.search(f.series_words))
        )
        or (bool(say.TENSOR.search(f.series_words)) and "ORIGINAL" not in f.kind)
        or bool(f.kind & {"FA", "EADC", "ECD", "TENSOR", "T1 MAP", "T2 MAP",
                          "T2_STAR MAP", "SUBTRACTION", "SUBTRACT", "SUB", "R2_STAR MAP",
                          "T1_MAP", "T2_MAP", "FA_MAP", "EXP_ADC", "EXP", "UNI", "UNIT1", "T1MAP", "T2MAP",
                          "T2STARMAP", "T2STAR MAP", "R1MAP", "R2MAP", "PDMAP", "MTR"})
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
            "R", "REAL", "R_FFE", "R_SE", "R_IR", "I", "IMAGINARY", "I_FFE", "I_SE", "I_IR",
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
        or bool(say.ANGIOGRAPHY.search(f.series_words)) or bool(say.ANGIOGRAPHY_NAME.search(f.sequence_name)),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "projected from other images",
        lambda f: _is_minimum_projection(f) or bool(f.kind & {
            "CURVED_MPR", "VOLUME_RENDER", "SURFACE_RENDER", "CPR", "VOLREND", "MEAN_IP"}),
    ),
    Rule(
        Contrast.DWI, SURE, "diffusion encoding",
        lambda f: bool(f.kind & _SAID_DIFFUSION) or "DIFFUSION" in f.declared_contrast
        or (f.b_value or 0) > 0 or " ep b" in f.sequence_name,
    ),
    Rule(
        Contrast.DWI, LIKELY, "description names diffusion",
        _says_diffusion,
    ),
    Rule(
        Contrast.FUNCTIONAL, LIKELY, "functional or perfusion imaging",
        lambda f: ("MOCO" in f.kind and not _anatomical(f)) or "PERFUSION" in f.declared_contrast
        or (f.time_points or 0) > 20 or "SPIRAL_GEMS" in f.options
        or (bool(say.FUNCTIONAL.search(f.series_words + f.sequence_name)) and not _susceptibility(f)
            and not _anatomical(f)),
    ),
    Rule(
        Contrast.OTHER, LIKELY, "a weighting that is not measured",
        lambda f: f.steady_state or bool(say.OTHER_WEIGHTING.search(f.series_words))
        or bool(say.BALANCED_NAME.search(f.sequence_name)),
    ),
    Rule(
        Contrast.SWI, LIKELY, "magnitude of a susceptibility-weighted acquisition, its phase not yet in it",
        lambda f: _susceptibility(f) and f.gradient_echo is not False and lacks_phase(f)
        and (f.te is None or f.te >= 10),
    ),
    Rule(
        Contrast.SWI, SURE, "susceptibility-weighted magnitude",
        lambda f: _susceptibility(f) and f.gradient_echo is not False
        and (f.te is None or f.te >= 10 or bool(say.SWI_OF_ALL_ECHOES.search(f.series_words))),
    ),
    Rule(
        Contrast.FUNCTIONAL, GUESS, "gradient-echo echo-planar imaging",
        lambda f: not say.T2_STAR.search(f.series_words) and f.gradient_echo is True and (
            (f.echo_planar and "IR" not in f.sequence)
            or (between(f.te, 15, 60) and between(f.tr, 1000, 5000) and between(f.flip_angle, 50, 100)
                and f.ti is None)
        ),
    ),
    Rule(
        Contrast.FUNCTIONAL, GUESS, "the timing of functional imaging, and nothing else is said",
        lambda f: f.gradient_echo is None and f.ti is None and not f.sequence
        and not f.sequence_name.strip(" |") and not say.ANY_WEIGHTING.search(f.series_words)
        and between(f.te, 20, 45) and between(f.tr, 500, 4000) and between(f.flip_angle, 40, 90),
    ),
    Rule(
        Contrast.DWI, UNSURE, "spin echo with the bandwidth of echo-planar imaging",
        lambda f: f.gradient_echo is False and (f.bandwidth or 0) >= ECHO_PLANAR_BANDWIDTH
        and not f.spatial_3d and between(f.te, 40, 150) and not say.T2.search(f.series_words)
        and not say.FLAIR.search(f.series_words),
    ),
    Rule(
        Contrast.DWI, GUESS, "spin-echo echo-planar imaging",
        lambda f: f.echo_planar and f.gradient_echo is False and "IR" not in f.sequence
        and not say.T2.search(f.series_words),
    ),
)  # fmt: skip


def not_plain(f: Facts) -> str | None:
    """What makes the images other than a plain magnitude: phase, a projection, a map; or ``None``."""
    if not f.is_mr:
        return "not an MR image"
    if _is_phase(f):
        return "the images are phase"
    if _is_minimum_projection(f):
        return "the images are a projection"
    if f.colour:
        return "the pixels are colours"
    if f.kind & COMPUTED or f.derived & {"T1", "T2", "T2_STAR", "R1", "R2", "R2_STAR", "RHO"}:
        return "the images are computed from others"
    return None


COMPUTED = frozenset(
    {
        "ADC", "ADC_SE", "ADC MAP", "FA", "EADC", "TENSOR", "CBF", "CBV", "MTT", "TTP", "T1 MAP", "T2 MAP",
        "T2_STAR MAP", "SUBTRACTION", "R", "REAL", "I", "IMAGINARY", "B0", "B0 MAP", "F", "FAT", "OP",
        "OPP_PHASE", "OUT_PHASE", "FAT_FRACTION", "LOCALIZER", "SCREEN SAVE",
    }
)  # fmt: skip
"""Values of Image Type that no contrast of anatomy has."""
