"""Plain words for the page: times, numbers, signs, and what a status means to the reader."""

import re
from collections.abc import Mapping
from datetime import datetime

SIGNS: Mapping[str, str] = {
    "motor_band": "Motor band: symmetric susceptibility along the precentral cortex",
    "cst_t1": "Corticospinal tract, T1 hyperintensity",
    "cst_t1_mtc": "Corticospinal tract, T1 hyperintensity with magnetization transfer",
    "cst_t2": "Corticospinal tract, T2 hyperintensity",
    "cst_flair": "Corticospinal tract, FLAIR hyperintensity",
    "cst_diffusion": "Corticospinal tract, restricted diffusion",
    "precentral_atrophy": "Precentral cortex, volume loss",
    "cord_t1": "Cervical cord, T1 hyperintensity of the anterolateral columns",
    "cord_t2": "Cervical cord, T2 hyperintensity of the lateral columns",
    "cord_atrophy": "Cervical cord, reduced cross-sectional area",
    "cord_flattening": "Cervical cord, anterior and lateral flattening",
}
OBJECTS: Mapping[str, str] = {
    "1.2.840.10008.5.1.4.1.1.88.34": "Comprehensive 3D SR",
    "1.2.840.10008.5.1.4.1.1.66.4": "Segmentation",
    "1.2.840.10008.5.1.4.1.1.7": "Key images",
    "1.2.840.10008.5.1.4.1.1.7.2": "Key images",
    "1.2.840.10008.5.1.4.1.1.7.4": "Key images",
}
DAILY: Mapping[str, str] = {
    "studies": "studies that came",
    "reports": "reports made",
    "failed_analyses": "analyses that failed",
    "refused_instances": "instances refused or quarantined",
}
COMMITMENT: Mapping[str, str] = {
    "asked": "asked to commit itself to keep it",
    "committed": "it has committed itself to keep it",
    "failed": "it does not keep it: sent again",
    "not_offered": "it offers no Storage Commitment",
    "unanswered": "it was asked to commit itself to keep it, and never answered",
}
"""What came of asking for Storage Commitment."""
_TONES: Mapping[str, str] = {
    "delivered": "good",
    "delivered_in_part": "marked",
    "acknowledged": "busy",
    "refused": "marked",
    "reported": "good",
    "done": "good",
    "receiving": "busy",
    "analysing": "busy",
    "delivering": "busy",
    "running": "busy",
    "waiting": "busy",
    "indeterminate": "busy",
    "present": "marked",
    "failed": "bad",
}


def tone(word: str) -> str:
    """The colour class of a status or state."""
    return _TONES.get(word, "quiet")


def place(sign: str) -> tuple[int, str]:
    """A sign's place among the others: the order of :data:`SIGNS`, then any it does not know."""
    return (list(SIGNS).index(sign) if sign in SIGNS else len(SIGNS), sign)


def words(key: str | None) -> str:
    """A key as words, abbreviations in capitals."""
    return re.sub(r"\b(ae|sd|sop|uid)\b", lambda found: found[0].upper(), re.sub("[_-]", " ", key or ""))


def utc(time: datetime | None) -> str:
    """A time to the second, in UTC."""
    return "" if time is None else f"{time:%Y-%m-%d %H:%M:%SZ}"


def dicom_date(value: str | None) -> str:
    """A DICOM date with hyphens, or whatever stands there instead."""
    if value and re.fullmatch("[0-9]{8}", value):
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value or ""


def number(value: float | None) -> str:
    """A number as far as its digits mean something."""
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"


def unit(ucum: str) -> str:
    """A unit for people: none where the braces of UCUM only name the number."""
    return "" if ucum.startswith("{") else ucum.replace("mm2", "mm²")
