"""The tables that name a weighting: from the timing of the sequence, and from the words.

Each is read from the top. Where the two disagree :data:`SETTLED` knows some of the answers.
"""

import math
from collections.abc import Callable

from listener.classification import words as say
from listener.classification.facts import Facts
from listener.classification.rules import GUESS, LIKELY, SURE, Rule, between
from listener.classification.subject import STRONGEST_FIELD
from processors.acquisition import Contrast

USUAL_FIELD = 3.0
"""Tesla, where the header does not say."""

PROTON_HZ_PER_TESLA = 42.577e6


def _inversion_recovery(f: Facts) -> bool:
    return "IR" in f.sequence or f.ti is not None or "tir" in f.sequence_name


def _low_field(f: Facts) -> bool:
    return f.field_strength is not None and f.field_strength < 0.3


def white_matter_t1(field_strength: float | None) -> float:
    """Longitudinal relaxation time of white matter, milliseconds: 290 at 0.064 T, 690 at 1.5 T, 890 at 3 T.

    Rooney et al., Magn Reson Med 2007;57:308: 0.71 ms times the proton frequency (Hz) to the power of 0.382.
    A field given in gauss counts as not given.
    """
    known = field_strength is not None and field_strength < STRONGEST_FIELD
    field = field_strength if known and field_strength is not None else USUAL_FIELD
    return 0.71 * math.pow(PROTON_HZ_PER_TESLA * field, 0.382)


def _ernst_angle(f: Facts, tr: float) -> float:
    return math.degrees(math.acos(math.exp(-min(tr, 5000.0) / white_matter_t1(f.field_strength))))


def _spoiled_t1(f: Facts) -> bool:
    """Above the Ernst angle; without a word that says T1, not what a localizer or a balanced echo may be."""
    if f.gradient_echo is not True or f.tr is None or f.flip_angle is None or not between(f.te, 0.5, 7):
        return False
    volume_in_minutes = not f.spatial_2d and between(f.tr, 4, 15) and f.flip_angle <= 20
    plausible = (
        bool(say.T1.search(f.series_words))
        or volume_in_minutes
        or (f.spoiled and (not f.spatial_2d or between(f.tr, 100, 450)))
    )
    return plausible and f.tr < 450 and f.flip_angle >= 0.95 * _ernst_angle(f, f.tr)


def _longest_t2_echo(f: Facts) -> float:
    """Milliseconds; refocusing by small flip angles (SPACE, CUBE, VISTA) allows nominal times this long."""
    return 300.0 if f.spatial_2d and not _low_field(f) else 700.0


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
        Contrast.T1, GUESS, "gradient echo of small flip angle, its repetition time that of a prepared shot",
        lambda f: f.gradient_echo is True and not f.echo_planar and not f.spatial_2d and f.ti is None
        and between(f.te, 0.5, 8) and between(f.tr, 1300, 3500) and between(f.flip_angle, 1, 15),
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
        Contrast.T2, GUESS, "long repetition and echo times, a refocusing pulse's flip angle",
        lambda f: f.gradient_echo is None and not f.echo_planar and not _inversion_recovery(f)
        and f.tr is not None and f.tr >= 1400 and between(f.te, 50, _longest_t2_echo(f))
        and between(f.flip_angle, 100, 180),
    ),
    Rule(
        Contrast.PD, GUESS, "spin echo with long repetition and short echo times",
        lambda f: f.gradient_echo is False and not _inversion_recovery(f)
        and f.tr is not None and f.tr >= 1800 and between(f.te, 5, 40),
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
    (Contrast.T2, "echo time too short for T2", lambda f: f.te is not None and f.te < 40),
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
