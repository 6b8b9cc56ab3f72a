"""How an image was acquired, read from a classic or an enhanced header."""

from datetime import date
from typing import TypedDict

from pydicom.dataset import Dataset

from processors.acquisition import Acquisition
from processors.attributes import functional_groups, group, items, number, text, words
from processors.vendor_attributes import private_b_value, tesla

DAYS_PER_YEAR = 365.25
OLDEST = 130
_AGE_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / DAYS_PER_YEAR, "D": 1 / DAYS_PER_YEAR}
_FULL_CIRCLE = 360
_EXCITATION_OF_GRADIENT_ECHOES = 20
_LONGEST_GRADIENT_ECHO = 6
"""Degrees and milliseconds: an inversion-prepared sequence within both is MPRAGE or its like."""

_NO_AGENT = frozenset({"NO", "NONE", "N", "NIL", "NOT GIVEN", "WITHOUT", "OHNE", "SANS", "0"})
_TRANSFER = frozenset({"MTC", "MT", "MT_GEMS", "ON_RESONANCE", "OFF_RESONANCE"})


class _Sequence(TypedDict):
    gradient_echo: bool | None
    inversion_recovery: bool | None
    magnetization_transfer: bool | None
    three_dimensional: bool | None
    flip_angle: float | None
    echo_train_length: int | None
    b_value: float | None


def acquisition_of(ds: Dataset, index: int = 0) -> Acquisition:
    """What the header says of the acquisition; of a multi-frame object, of the frame with this index."""
    places = functional_groups(ds)
    frame = places[index] if places else ()

    def macro(keyword: str) -> Dataset:
        return (group(frame, keyword) or Dataset()) if places else ds

    sex = text(ds, "PatientSex")
    return Acquisition(
        field_strength=tesla(number(ds, "MagneticFieldStrength")),
        echo_time=_positive(number(macro("MREchoSequence"), "EffectiveEchoTime" if places else "EchoTime")),
        repetition_time=_positive(number(macro("MRTimingAndRelatedParametersSequence"), "RepetitionTime")),
        inversion_time=_positive(
            number(macro("MRModifierSequence"), "InversionTimes" if places else "InversionTime")
        ),
        manufacturer=text(ds, "Manufacturer"),
        contrast_agent=contrast_agent_given(ds),
        patient_age=patient_age(ds),
        patient_sex=sex if sex in ("M", "F", "O") else None,
        **_sequence(ds, frame),
    )


def _sequence(ds: Dataset, frame: tuple[Dataset, ...]) -> _Sequence:
    """How the signal was made; ``frame`` is empty for a single-frame object.

    Legacy converted objects keep the single-frame attributes in items of their own.
    """
    places = (
        ds,
        *(
            found
            for keyword in (
                "MRTimingAndRelatedParametersSequence",
                "MREchoSequence",
                "MRModifierSequence",
                "MRImagingModifierSequence",
                "MRDiffusionSequence",
                "MRImageFrameTypeSequence",
                "UnassignedPerFrameConvertedAttributesSequence",
                "UnassignedSharedConvertedAttributesSequence",
            )
            if (found := group(frame, keyword)) is not None
        ),
    )

    def stated(*keywords: str) -> float | None:
        return next((v for p in places for k in keywords if (v := number(p, k)) is not None), None)

    def said(keyword: str) -> frozenset[str]:
        return next((found for place in places if (found := words(place, keyword))), frozenset())

    sequence, transfer = said("ScanningSequence"), said("MagnetizationTransfer")
    recovery = said("InversionRecovery")
    flip_angle = stated("FlipAngle")
    echoes = stated("EchoTrainLength", "RFEchoTrainLength")
    b_value = stated("DiffusionBValue")
    if b_value is None and not frame:
        b_value = private_b_value(ds)
    prepared = said("SequenceVariant") | said("ScanOptions")
    return _Sequence(
        gradient_echo=_gradient_echo(
            sequence, said("EchoPulseSequence"), stated("EchoTime", "EffectiveEchoTime"), flip_angle
        ),
        inversion_recovery="IR" in sequence or "YES" in recovery if sequence or recovery else None,
        magnetization_transfer=bool(transfer & _TRANSFER or prepared & _TRANSFER)
        if transfer or prepared
        else None,
        three_dimensional=_dimension(said("MRAcquisitionType")),
        flip_angle=flip_angle if flip_angle is not None and 0 < flip_angle <= _FULL_CIRCLE else None,
        echo_train_length=int(echoes) if echoes is not None and echoes >= 1 else None,
        b_value=b_value if b_value is not None and b_value >= 0 else None,
    )


def _gradient_echo(
    sequence: frozenset[str], echo: frozenset[str], echo_time: float | None, flip_angle: float | None
) -> bool | None:
    if "GR" in sequence or "GRADIENT" in echo:
        return True
    if "SE" in sequence or echo & {"SPIN", "BOTH"}:
        return False
    if "IR" in sequence and echo_time is not None and flip_angle is not None:
        return echo_time < _LONGEST_GRADIENT_ECHO and flip_angle <= _EXCITATION_OF_GRADIENT_ECHOES
    return None


def _dimension(kind: frozenset[str]) -> bool | None:
    """Whether 3-D, of the values of MR Acquisition Type."""
    return True if "3D" in kind else False if kind & {"2D", "1D"} else None


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
    """Years, from Patient's Age or else from the birth date and the study date.

    An age of zero is none: it is what anonymisation leaves behind.
    """
    stated, born, seen = (text(ds, k) or "" for k in ("PatientAge", "PatientBirthDate", "StudyDate"))
    ages = (_age(stated), _years_between(_date(born), _date(seen)))
    return next((years for years in ages if years is not None and 0 < years <= OLDEST), None)


def _age(stated: str) -> float | None:
    """Years of a DICOM age string."""
    if len(stated) == 4 and stated[:3].isdecimal() and stated[3] in _AGE_UNITS:
        return int(stated[:3]) * _AGE_UNITS[stated[3]]
    return None


def _years_between(born: date | None, seen: date | None) -> float | None:
    return None if born is None or seen is None else (seen - born).days / DAYS_PER_YEAR


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(f"{value[:4]}-{value[4:6]}-{value[6:8]}") if value else None
    except ValueError:
        return None


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None
