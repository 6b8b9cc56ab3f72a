"""One synthetic patient: draw the brain, have it analysed, and keep what was said beside what was drawn."""

import time

from benchmarks.signs.brain_groups import BY_NAME, SIGNS
from benchmarks.signs.resuming import Row
from phantoms.head import sign_change
from phantoms.patient import PhantomPatient
from phantoms.series import series_volume
from phantoms.variety import drawn_plan
from processors.acquisition import Contrast
from processors.brain.analysis import analyse_brain
from processors.findings import READS, Finding, Quantity, Side, Sign
from processors.volume import Volume


def run_case(group_name: str, seed: int) -> Row:
    """Analyse one patient of a group.

    Returns
    -------
    dict
        ``group``, ``label``, ``seed``; ``acquisition`` in words; ``signs``: per sign that the study could
        show, ``change`` (the fraction drawn), ``side`` (drawn on one side only), ``state``, ``confidence``,
        ``reasons``, and per region ``ratio`` and ``z``; CPU seconds for ``drawing`` and ``analysis``.
    """
    group = BY_NAME[group_name]
    patient = group.patient(seed)
    started = time.process_time()
    volumes: dict[Contrast, Volume] = {}
    words = []
    for contrast in group.contrasts:
        plan = drawn_plan(patient, contrast)
        volume = series_volume(patient, plan)
        volumes[volume.contrast] = volume
        words.append(f"{plan.key} {plan.geometry.plane} {plan.geometry.slice_thickness:g} mm")
    drawn = time.process_time()
    findings = {finding.sign: finding for finding in analyse_brain(volumes).findings}
    done = time.process_time()
    words.append(
        f"{patient.field_strength:g} T {patient.vendor}, SNR {patient.snr:.0f}, bias {patient.bias:.2f}"
    )
    return {
        "group": group.name,
        "label": group.label,
        "seed": seed,
        "acquisition": ", ".join(words),
        "signs": {
            sign.value: _said(patient, sign, findings[sign])
            for sign in SIGNS
            if set(READS[sign]) & set(group.contrasts)
        },
        "drawing_s": round(drawn - started, 2),
        "analysis_s": round(done - drawn, 2),
    }


def _said(patient: PhantomPatient, sign: Sign, finding: Finding) -> Row:
    change = max((sign_change(patient, READS[sign][0], side) for side in Side), key=abs)
    return {
        "change": change,
        "side": patient.one_sided.get(sign) or patient.wallerian,
        "state": finding.state,
        "confidence": finding.confidence,
        "reasons": [reason.key for reason in finding.reasons],
        "regions": {
            measured.region.key: {
                "ratio": measured.value(Quantity.RATIO),
                "z": measured.value(Quantity.Z_SCORE),
            }
            for measured in finding.regions
        },
    }
