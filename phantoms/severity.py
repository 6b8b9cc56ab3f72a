"""How strong a sign is drawn: named severities and the change each stands for."""

from enum import StrEnum

from processors.findings import Sign


class Severity(StrEnum):
    """The named strengths of a sign."""

    SUB_VISUAL = "sub-visual"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


_CST_T1 = {Severity.SUB_VISUAL: 0.03, Severity.MILD: 0.06, Severity.MODERATE: 0.12, Severity.SEVERE: 0.20}
_CST_T2 = {Severity.SUB_VISUAL: 0.05, Severity.MILD: 0.10, Severity.MODERATE: 0.20, Severity.SEVERE: 0.35}

CHANGES: dict[Sign, dict[Severity, float]] = {
    Sign.MOTOR_BAND: {
        Severity.SUB_VISUAL: 6.0,
        Severity.MILD: 11.0,
        Severity.MODERATE: 20.0,
        Severity.SEVERE: 40.0,
    },
    Sign.CST_T1: _CST_T1,
    Sign.CST_T1_MTC: _CST_T1,
    Sign.CST_T2: _CST_T2,
    Sign.CST_FLAIR: _CST_T2,
    Sign.CST_DIFFUSION: {Severity.MILD: -0.10, Severity.MODERATE: -0.20, Severity.SEVERE: -0.40},
    Sign.PRECENTRAL_ATROPHY: {Severity.MILD: -0.08, Severity.MODERATE: -0.16, Severity.SEVERE: -0.30},
    Sign.CORD_T1: {Severity.MILD: 0.04, Severity.MODERATE: 0.08, Severity.SEVERE: 0.15},
    Sign.CORD_T2: {Severity.MILD: 0.08, Severity.MODERATE: 0.16, Severity.SEVERE: 0.30},
    Sign.CORD_ATROPHY: {Severity.MILD: -0.05, Severity.MODERATE: -0.10, Severity.SEVERE: -0.20},
    Sign.CORD_FLATTENING: {Severity.MILD: -0.08, Severity.MODERATE: -0.18, Severity.SEVERE: -0.30},
}
"""Change of what the sign reads, as a fraction: signal for the signs of the tract and the cord (apparent
diffusion coefficient for ``cst_diffusion``), grey matter volume for ``precentral_atrophy``, cross-sectional
area for ``cord_atrophy``, the ratio of anteroposterior to right-left diameter for ``cord_flattening``.

For ``motor_band`` it is the susceptibility added to the deep layers of the cortex, in ppb. 11 ppb is by how
much the hand knob of patients exceeded that of controls (Schweitzer 2015: 46 and 35 ppb)."""


LARGEST: dict[Sign, float] = {
    Sign.MOTOR_BAND: 150.0,
    Sign.PRECENTRAL_ATROPHY: 0.35,
    Sign.CORD_ATROPHY: 0.6,
    Sign.CORD_FLATTENING: 0.45,
}
"""The largest change that can be drawn, where anatomy sets a limit; elsewhere 0.9."""


def fractional_change(sign: Sign, strength: Severity | float) -> float:
    """The change that a strength of a sign means: a fraction, and ppb for ``motor_band``.

    A number stands for itself where its direction is the sign's own; where the sign lowers what it reads, a
    positive number is taken as the size of the loss.

    Raises
    ------
    ValueError
        If the sign has no such severity, or the number is zero, not finite, or larger than can be drawn; or
        below 1 ppb, which is meant as a fraction.
    """
    named = CHANGES[sign]
    if isinstance(strength, Severity):
        if strength not in named:
            raise ValueError(f"{sign} has no severity {strength}; it has {', '.join(named)}")
        return named[strength]
    largest = LARGEST.get(sign, 0.9)
    if not 0 < abs(strength) <= largest:
        raise ValueError(f"the change of {sign} must not be 0 or exceed {largest}: {strength}")
    if sign is Sign.MOTOR_BAND and strength < 1:
        raise ValueError(f"the change of {sign} must be 1 ppb or more: {strength}")
    falls = named[Severity.MODERATE] < 0
    return -abs(strength) if falls else float(strength)
