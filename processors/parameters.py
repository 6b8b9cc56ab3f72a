"""How an image was acquired, read from a classic or an enhanced header."""

from datetime import date

from pydicom.dataset import Dataset

from processors.acquisition import Acquisition
from processors.attributes import functional_groups, group, items, number, text, words

DAYS_PER_YEAR = 365.25
OLDEST = 130
_AGE_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / DAYS_PER_YEAR, "D": 1 / DAYS_PER_YEAR}
_NO_AGENT = frozenset({"NO", "NONE", "N", "NIL", "NOT GIVEN", "WITHOUT", "OHNE", "SANS", "0"})


def acquisition_of(ds: Dataset, index: int = 0) -> Acquisition:
    """What the header says of the acquisition; of a multi-frame object, of the frame with this index."""
    places = functional_groups(ds)
    frame = places[index] if places else ()

    def macro(keyword: str) -> Dataset:
        return (group(frame, keyword) or Dataset()) if places else ds

    sex = text(ds, "PatientSex")
    return Acquisition(
        field_strength=_positive(number(ds, "MagneticFieldStrength")),
        echo_time=_positive(number(macro("MREchoSequence"), "EffectiveEchoTime" if places else "EchoTime")),
        repetition_time=_positive(number(macro("MRTimingAndRelatedParametersSequence"), "RepetitionTime")),
        inversion_time=_positive(
            number(macro("MRModifierSequence"), "InversionTimes" if places else "InversionTime")
        ),
        manufacturer=text(ds, "Manufacturer"),
        contrast_agent=contrast_agent_given(ds),
        patient_age=patient_age(ds),
        patient_sex=sex if sex in ("M", "F", "O") else None,
    )


def contrast_agent_given(ds: Dataset) -> bool:
    """Whether the header says that a contrast agent was administered before the image."""
    usage = [
        use
        for place in (ds, *(item for places in functional_groups(ds) for item in places))
        for use in items(place, "ContrastBolusUsageSequence")
    ]
    if usage:
        return any("YES" in words(use, "ContrastBolusAgentAdministered") for use in usage)
    agent = text(ds, "ContrastBolusAgent")
    return (
        (agent is not None and agent.upper() not in _NO_AGENT)
        or bool(items(ds, "ContrastBolusAgentSequence"))
        or (number(ds, "ContrastBolusVolume") or 0) > 0
    )


def patient_age(ds: Dataset) -> float | None:
    """Years, from Patient's Age or else from the birth date and the study date."""
    age = text(ds, "PatientAge") or ""
    if len(age) == 4 and age[:3].isdecimal() and age[3] in _AGE_UNITS:
        years = int(age[:3]) * _AGE_UNITS[age[3]]
    else:
        born, seen = _date(text(ds, "PatientBirthDate")), _date(text(ds, "StudyDate"))
        if born is None or seen is None:
            return None
        years = (seen - born).days / DAYS_PER_YEAR
    return years if 0 <= years <= OLDEST else None


def _date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(f"{value[:4]}-{value[4:6]}-{value[6:8]}") if value else None
    except ValueError:
        return None


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None
