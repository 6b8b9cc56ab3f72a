"""What was drawn into a synthetic patient, in a form that JSON can hold."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from phantoms.cord import draw_cord
from phantoms.identity import describe
from phantoms.neck_curve import draw_curve
from phantoms.patient import PhantomPatient
from phantoms.protocol import SeriesPlan
from phantoms.susceptibility import aged_iron
from processors.acquisition import BodyPart, Contrast
from processors.findings import CORD_SIGNS, WHOLE_CORD, Region, Sign, State, regions_of

READS: dict[Sign, frozenset[Contrast]] = {
    Sign.MOTOR_BAND: frozenset({Contrast.SWI}),
    Sign.CST_T1: frozenset({Contrast.T1}),
    Sign.CST_T1_MTC: frozenset({Contrast.T1_MTC}),
    Sign.CST_T2: frozenset({Contrast.T2}),
    Sign.CST_FLAIR: frozenset({Contrast.FLAIR}),
    Sign.CST_DIFFUSION: frozenset({Contrast.ADC, Contrast.DWI}),
    Sign.PRECENTRAL_ATROPHY: frozenset({Contrast.T1}),
    Sign.CORD_T1: frozenset({Contrast.T1}),
    Sign.CORD_T2: frozenset({Contrast.T2, Contrast.T2_STAR}),
    Sign.CORD_ATROPHY: frozenset({Contrast.T1, Contrast.T2}),
    Sign.CORD_FLATTENING: frozenset({Contrast.T1, Contrast.T2}),
}
"""The contrasts that show a sign."""


def truth_of(patient: PhantomPatient, series: Sequence[SeriesPlan]) -> dict[str, Any]:
    """What an ideal reader would say of the patient, and the numbers that were drawn.

    Returns
    -------
    dict
        ``signs``: per sign ``drawn`` (whether the patient has it), the ideal ``state`` given the series
        (``present``, ``absent`` or ``not_evaluated``), ``one_sided``, and per region of the contract the
        fractional change drawn, for ``motor_band`` the ppb. ``cord``: per level its area (mm²), the diameters
        (mm) before any compression, and where the canal crosses its lower end: millimetres above the disc
        C2/3 along the canal, and LPS millimetres.
    """
    signs: dict[str, Any] = {}
    for sign in Sign:
        seen = any(_shows(patient, sign, plan) for plan in series)
        drawn = sign in patient.signs
        signs[sign.value] = {
            "drawn": drawn,
            "state": (State.PRESENT if drawn else State.ABSENT) if seen else State.NOT_EVALUATED,
            "one_sided": patient.one_sided.get(sign),
            "regions": {
                region.key: _change(patient, sign, region)
                for region in regions_of(sign)
                if region.name not in ("splenium", WHOLE_CORD)
            },
        }
    cord = draw_cord(patient)
    curve = draw_curve(patient)
    return {
        "patient": describe(patient),
        "seed": patient.seed,
        "vendor": patient.vendor.value,
        "age": patient.age,
        "sex": patient.sex,
        "confounders": {
            "strong_posterior_limb": patient.strong_posterior_limb,
            "wallerian": patient.wallerian,
            "ms_lesions": patient.ms_lesions,
            "ms_on_tract": patient.ms_on_tract,
            "infarct": patient.infarct,
            "leukoaraiosis": patient.leukoaraiosis,
            "atrophy": patient.atrophy,
            "post_contrast": patient.post_contrast,
            "entry_slice": patient.entry_slice,
            **asdict(patient.neck),
            **asdict(patient.magnetism),
            "aged_motor_cortex": aged_iron(patient),
        },
        "signs": signs,
        "cord": {
            level: {
                "area_mm2": round(cord.area((low + high) / 2), 2),
                "ap_mm": round(2 * ap, 3),
                "rl_mm": round(2 * rl, 3),
                "lower_end_mm": round(low, 2),
                "lower_end_lps_mm": curve.to_patient(np.array([[0.0, 0.0, low]]))[0].round(2).tolist(),
            }
            for (level, (low, high)), ap, rl in zip(
                cord.levels().items(), cord.half_ap, cord.half_rl, strict=False
            )
        },
    }


def _change(patient: PhantomPatient, sign: Sign, region: Region) -> float:
    """The change drawn in one region; ppb for the motor band, a fraction for all others."""
    if sign is Sign.MOTOR_BAND and region.name not in patient.magnetism.band_parts:
        return 0.0
    return patient.change(sign) if region.side is None else patient.change_on(sign, region.side)


def _shows(patient: PhantomPatient, sign: Sign, plan: SeriesPlan) -> bool:
    body = BodyPart.CERVICAL_SPINE if sign in CORD_SIGNS else BodyPart.BRAIN
    if plan.body_part is not body or plan.contrast not in READS[sign]:
        return False
    if sign is Sign.PRECENTRAL_ATROPHY and not plan.timing.three_d:
        return False
    if sign in (Sign.CORD_T1, Sign.CORD_T2) and plan.geometry.plane != "axial":
        return False
    return not (patient.post_contrast and sign in (Sign.CST_T1, Sign.CORD_T1, Sign.CST_T1_MTC))
