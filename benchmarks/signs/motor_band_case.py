"""One synthetic patient: draw T1 and SWI, have them analysed, keep what was said beside what was drawn."""

import time

from benchmarks.signs.motor_band_groups import BY_NAME, SIGNS
from benchmarks.signs.resuming import Row
from phantoms.patient import PhantomPatient
from phantoms.series import series_volume
from phantoms.susceptibility import aged_iron
from processors.brain.analysis import analyse_brain
from processors.findings import Finding, Quantity, Sign

KEPT = (
    Quantity.RATIO,
    Quantity.Z_SCORE,
    Quantity.GRADE,
    Quantity.GRADE_SUM,
    Quantity.BAND_LENGTH,
    Quantity.ASYMMETRY,
    Quantity.ANTERIOR_DIFFERENCE,
    Quantity.POSTCENTRAL_DIFFERENCE,
)


def run_case(group_name: str, seed: int) -> Row:
    """Analyse one patient of a group.

    Returns
    -------
    dict
        ``group``, ``label``, ``seed``; ``acquisition`` in words; ``age``, and ``aged_iron`` in ppb;
        ``signs``: per sign ``change`` (ppb, or the fraction drawn), ``side`` (drawn on one side only),
        ``state``, ``confidence``, ``reasons``, and per region its numbers; CPU seconds for ``drawing`` and
        ``analysis``.
    """
    group = BY_NAME[group_name]
    patient = group.patient(seed)
    plans = group.plans(patient)
    started = time.process_time()
    volumes = {plan.contrast: series_volume(patient, plan) for plan in plans}
    drawn = time.process_time()
    findings = {finding.sign: finding for finding in analyse_brain(volumes).findings}
    done = time.process_time()
    words = [
        f"{plan.key} {plan.geometry.slice_thickness:g} mm, {plan.timing.echo_time:g} ms" for plan in plans
    ]
    words.append(f"{patient.field_strength:g} T {patient.vendor}, SNR {patient.snr:.0f}")
    return {
        "group": group.name,
        "label": group.label,
        "seed": seed,
        "acquisition": ", ".join(words),
        "age": patient.age,
        "aged_iron": round(aged_iron(patient), 1),
        "signs": {
            sign.value: _said(patient, sign, findings[sign])
            for sign in SIGNS
            if (group.shows if sign is Sign.MOTOR_BAND else plans[0].timing.three_d)
        },
        "drawing_s": round(drawn - started, 2),
        "analysis_s": round(done - drawn, 2),
    }


def _said(patient: PhantomPatient, sign: Sign, finding: Finding) -> Row:
    return {
        "change": patient.change(sign),
        "side": patient.one_sided.get(sign),
        "state": finding.state,
        "confidence": finding.confidence,
        "reasons": [reason.key for reason in finding.reasons],
        "regions": {
            measured.region.key: {
                "ratio": measured.value(Quantity.RATIO),
                "z": measured.value(Quantity.Z_SCORE),
                **{
                    quantity.value: value
                    for quantity in KEPT[2:]
                    if (value := measured.value(quantity)) is not None
                },
            }
            for measured in finding.regions
        },
    }
