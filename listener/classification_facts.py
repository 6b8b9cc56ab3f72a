"""A header read once: every attribute that the classification looks at, with its type made sure of."""

from dataclasses import dataclass

from listener.classification_words import AFTER_CONTRAST, BEFORE_CONTRAST
from listener.headers import Header, codes_in, members, number_in, words_in

_SERIES_TEXTS = ("SeriesDescription", "ProtocolName")
_STUDY_TEXTS = ("StudyDescription", "PerformedProcedureStepDescription", "RequestedProcedureDescription")
_MR_CLASSES = ("1.2.840.10008.5.1.4.1.1.4",)
_NO_AGENT = frozenset({"", "NO", "NONE", "N", "NIL", "NOT GIVEN", "WITHOUT", "OHNE", "SANS", "0"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a header says, ``None`` or empty where it says nothing usable.

    Attributes
    ----------
    te, tr, ti
        Milliseconds; ``None`` also where the header has 0.
    kind
        The values of Image Type with what equals them in enhanced objects.
    derived
        Of these, the fourth and later: what was computed from the pixels.
    sequence
        Scanning Sequence, with what equals it in enhanced objects: ``SE``, ``GR``, ``IR``, ``EP``.
    series_words, study_words
        Descriptions of the series and of the study, see :func:`listener.headers.words_in`.
    agent
        Attributes that say a contrast agent was given.
    """

    is_mr: bool
    te: float | None
    tr: float | None
    ti: float | None
    flip_angle: float | None
    field_strength: float | None
    b_value: float | None
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
    instances: float | None

    @property
    def gradient_echo(self) -> bool | None:
        """Whether the signal is a gradient echo; ``None`` where the header does not say."""
        if "GR" in self.sequence or "FFE" in self.kind or "M_FFE" in self.kind:
            return True
        if "SE" in self.sequence or self.kind & {"M_SE", "M_IR"}:
            return False
        if "IR" in self.sequence:
            return (self.te or 99) < 6 and (self.flip_angle or 90) <= 20
        if not self.sequence_name.strip():
            return None
        if any(name in self.sequence_name for name in ("tse", "spc", "tir", " se", "*se", "fse")):
            return False
        return True if any(name in self.sequence_name for name in ("fl", "tfl", "me2d", "swi")) else None


def facts_of(header: Header) -> Facts:
    """Read a header; whatever it holds, this gives an answer."""
    sequence = _parts(header, "ScanningSequence")
    for keyword, value, code in _ENHANCED_SEQUENCE:
        if value in codes_in(header, keyword):
            sequence.add(code)
    kind = set(codes_in(header, "ImageType"))
    kind |= {f"COMPONENT {value}" for value in codes_in(header, "ComplexImageComponent")}
    if str(header.get("RescaleType")).upper() == "PHASE":
        kind.add("PHASE")
    flavour, derived = _flavour_and_derived(header)
    variant, options = _parts(header, "SequenceVariant"), _parts(header, "ScanOptions")
    transfer = codes_in(header, "MagnetizationTransfer")
    modality, sop_class = codes_in(header, "Modality"), members(header, "SOPClassUID")
    return Facts(
        is_mr=modality <= {"MR"} and all(_is_mr_class(uid) for uid in sop_class),
        te=_positive(number_in(header, "EchoTime")),
        tr=_positive(number_in(header, "RepetitionTime")),
        ti=_positive(number_in(header, "InversionTime")),
        flip_angle=_positive(number_in(header, "FlipAngle")),
        field_strength=_positive(number_in(header, "MagneticFieldStrength")),
        b_value=number_in(header, "DiffusionBValue"),
        kind=frozenset(kind),
        derived=derived,
        sequence=frozenset(sequence),
        variant=frozenset(variant),
        options=frozenset(options),
        sequence_name=words_in(header, "SequenceName", "PulseSequenceName"),
        series_words=words_in(header, *_SERIES_TEXTS),
        study_words=words_in(header, *_STUDY_TEXTS),
        declared_contrast=codes_in(header, "AcquisitionContrast") | (flavour & _FLAVOURS),
        magnetization_transfer=bool(
            "MTC" in variant
            or options & {"MT", "MT_GEMS", "MTC"}
            or transfer & {"ON_RESONANCE", "OFF_RESONANCE"}
        ),
        steady_state="FREE_PRECESSION" in codes_in(header, "SteadyStatePulseSequence"),
        angiography="Y" in codes_in(header, "AngioFlag")
        or "YES" in codes_in(header, "TimeOfFlightContrast") | codes_in(header, "PhaseContrast"),
        spatial_3d="3D" in codes_in(header, "MRAcquisitionType"),
        agent=_agent(header),
        instances=number_in(header, "NumberOfInstances"),
    )


_ENHANCED_SEQUENCE = (
    ("EchoPulseSequence", "SPIN", "SE"),
    ("EchoPulseSequence", "GRADIENT", "GR"),
    ("EchoPulseSequence", "BOTH", "SE"),
    ("EchoPlanarPulseSequence", "YES", "EP"),
    ("InversionRecovery", "YES", "IR"),
)


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
