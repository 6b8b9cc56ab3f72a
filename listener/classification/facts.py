"""A header read once: every attribute that the classification looks at, with its type made sure of."""

from dataclasses import dataclass

from listener.classification.headers import Header, codes_in, members, number_in, words_in
from listener.classification.words import (
    AFTER_CONTRAST,
    BEFORE_CONTRAST,
    GRADIENT_ECHO_NAME,
    SPIN_ECHO_NAME,
)

_STUDY_TEXTS = ("StudyDescription", "PerformedProcedureStepDescription", "RequestedProcedureDescription")
_MR_CLASSES = ("1.2.840.10008.5.1.4.1.1.4",)
_NO_AGENT = frozenset({"", "NO", "NONE", "N", "NIL", "NOT GIVEN", "WITHOUT", "OHNE", "SANS", "0"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a header says, ``None`` or empty where it says nothing usable.

    Attributes
    ----------
    gradient_echo
        Whether the signal is a gradient echo, not a spin echo.
    te, tr, ti
        Milliseconds; ``None`` also where the header has 0.
    bandwidth
        Hz per pixel.
    kind
        The values of Image Type with what equals them in enhanced objects.
    derived
        Of these, the fourth and later: what was computed from the pixels.
    sequence
        Scanning Sequence, with what equals it in enhanced objects: ``SE``, ``GR``, ``IR``, ``EP``.
    series_words, study_words
        Descriptions of the series and of the study, see :func:`listener.classification.headers.words_in`.
    agent
        Attributes that say a contrast agent was given.
    """

    is_mr: bool
    gradient_echo: bool | None
    te: float | None
    tr: float | None
    ti: float | None
    flip_angle: float | None
    field_strength: float | None
    b_value: float | None
    bandwidth: float | None
    kind: frozenset[str]
    derived: frozenset[str]
    sequence: frozenset[str]
    variant: frozenset[str]
    options: frozenset[str]
    sequence_name: str
    series_words: str
    study_words: str
    declared_contrast: frozenset[str]
    magnetization_transfer: bool
    steady_state: bool
    angiography: bool
    spatial_3d: bool
    agent: tuple[str, ...]
    time_points: float | None


def facts_of(header: Header) -> Facts:
    """Read a header; whatever it holds, this gives an answer."""
    sequence = _parts(header, "ScanningSequence")
    for keyword, value, code in _ENHANCED_SEQUENCE:
        if value in codes_in(header, keyword):
            sequence.add(code)
    kind = set(codes_in(header, "ImageType"))
    kind |= {f"COMPONENT {value}" for value in codes_in(header, "ComplexImageComponent")}
    kind |= codes_in(header, "VolumeBasedCalculationTechnique") - {"NONE"}
    if str(header.get("RescaleType")).upper() == "PHASE":
        kind.add("PHASE")
    flavour, derived = _flavour_and_derived(header)
    variant, options = _parts(header, "SequenceVariant"), _parts(header, "ScanOptions")
    transfer = codes_in(header, "MagnetizationTransfer")
    modality, sop_class = codes_in(header, "Modality"), members(header, "SOPClassUID")
    sequence_name = words_in(header, "SequenceName", "PulseSequenceName")
    te = _positive(number_in(header, "EchoTime"))
    flip_angle = _positive(number_in(header, "FlipAngle"))
    series_words, study_words = _words_of_series_and_study(header)
    return Facts(
        is_mr=modality <= {"MR"} and all(_is_mr_class(uid) for uid in sop_class),
        gradient_echo=_gradient_echo(sequence, kind, sequence_name, te, flip_angle),
        te=te,
        tr=_positive(number_in(header, "RepetitionTime")),
        ti=_positive(number_in(header, "InversionTime")),
        flip_angle=flip_angle,
        field_strength=_positive(number_in(header, "MagneticFieldStrength")),
        b_value=number_in(header, "DiffusionBValue"),
        bandwidth=_positive(number_in(header, "PixelBandwidth")),
        kind=frozenset(kind),
        derived=derived,
        sequence=frozenset(sequence),
        variant=frozenset(variant),
        options=frozenset(options),
        sequence_name=sequence_name,
        series_words=series_words,
        study_words=study_words,
        declared_contrast=codes_in(header, "AcquisitionContrast") | (flavour & _FLAVOURS),
        magnetization_transfer=bool(
            "MTC" in variant
            or options & {"MT", "MT_GEMS", "MTC"}
            or transfer & {"ON_RESONANCE", "OFF_RESONANCE"}
        ),
        steady_state="FREE_PRECESSION" in codes_in(header, "SteadyStatePulseSequence"),
        angiography="Y" in codes_in(header, "AngioFlag")
        or bool(
            {"YES", "TRUE"} & (codes_in(header, "TimeOfFlightContrast") | codes_in(header, "PhaseContrast"))
        ),
        spatial_3d="3D" in codes_in(header, "MRAcquisitionType"),
        agent=_agent(header),
        time_points=number_in(header, "NumberOfTemporalPositions"),
    )


_ENHANCED_SEQUENCE = (
    ("EchoPulseSequence", "SPIN", "SE"),
    ("EchoPulseSequence", "GRADIENT", "GR"),
    ("EchoPulseSequence", "BOTH", "SE"),
    ("EchoPlanarPulseSequence", "YES", "EP"),
    ("InversionRecovery", "YES", "IR"),
)


def _gradient_echo(
    sequence: set[str], kind: set[str], name: str, te: float | None, flip_angle: float | None
) -> bool | None:
    if "GR" in sequence or kind & {"FFE", "M_FFE"}:
        return True
    if "SE" in sequence or kind & {"M_SE", "M_IR"}:
        return False
    if "IR" in sequence:
        return (te or 99) < 6 and (flip_angle or 90) <= 20
    if SPIN_ECHO_NAME.search(name):
        return False
    return True if GRADIENT_ECHO_NAME.search(name) else None


_PROTOCOL_OF_THE_SERIES = (" siemens", " philips", " uih", " canon", " toshiba", " hitachi", " fujifilm")
"""Vendors whose Protocol Name is that of the series."""

_PROTOCOL_OF_THE_STUDY = " ge "
"""A vendor whose Protocol Name is that of the whole examination."""


def _words_of_series_and_study(header: Header) -> tuple[str, str]:
    series, vendor = words_in(header, "SeriesDescription"), words_in(header, "Manufacturer")
    of_series = vendor.startswith(_PROTOCOL_OF_THE_SERIES)
    if of_series or (not series.strip() and not vendor.startswith(_PROTOCOL_OF_THE_STUDY)):
        return words_in(header, "SeriesDescription", "ProtocolName"), words_in(header, *_STUDY_TEXTS)
    return series, words_in(header, *_STUDY_TEXTS, "ProtocolName")


_FLAVOURS = frozenset(
    {"T1", "T2", "T2_STAR", "STIR", "FLUID_ATTENUATED", "PROTON_DENSITY", "DIFFUSION", "PERFUSION", "TOF"}
)
"""Acquisition contrasts that enhanced objects repeat as the third value of Image Type."""


def _parts(header: Header, keyword: str) -> set[str]:
    """Code strings; de-identified headers may hold several joined by underscores."""
    codes = codes_in(header, keyword)
    return {part for code in codes for part in (code, *code.split("_"))}


def _flavour_and_derived(header: Header) -> tuple[frozenset[str], frozenset[str]]:
    values = members(header, "ImageType")
    if len(values) == 1 and isinstance(values[0], str):
        values = list(values[0].split("\\"))
    codes = [value.strip().upper() if isinstance(value, str) else "" for value in values]
    return frozenset(codes[2:3]), frozenset(codes[3:])


def _is_mr_class(uid: object) -> bool:
    text = str(uid)
    return text in _MR_CLASSES or text.startswith(f"{_MR_CLASSES[0]}.") or not text.strip()


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _agent(header: Header) -> tuple[str, ...]:
    given = codes_in(header, "ContrastBolusAgentAdministered")
    if given and "YES" not in given:
        return ()
    named = (
        keyword
        for keyword in ("ContrastBolusAgent", "ContrastBolusIngredient", "ContrastBolusRoute")
        if codes_in(header, keyword) - _NO_AGENT
    )
    measured = (
        keyword
        for keyword in ("ContrastBolusVolume", "ContrastBolusTotalDose")
        if (number_in(header, keyword) or 0) > 0
    )
    return (*(("ContrastBolusAgentAdministered",) if given else ()), *named, *measured)


def says_after_contrast(words: str) -> bool:
    """Whether a description says that a contrast agent had been given, apart from saying that none was."""
    return bool(AFTER_CONTRAST.search(BEFORE_CONTRAST.sub(" ", words)))
