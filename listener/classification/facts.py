"""A header read once: every attribute that the classification looks at, with its type made sure of."""

import math
from dataclasses import dataclass

from listener.classification.headers import Header, codes_in, members, number_in, numbers_in, words_in
from listener.classification.place import POSITION_RANGE
from listener.classification.words import (
    AFTER_CONTRAST,
    BEFORE_CONTRAST,
    ECHO_PLANAR_NAME,
    GRADIENT_ECHO_NAME,
    SPIN_ECHO_NAME,
    SPOILED_NAME,
)

_STUDY_TEXTS = ("StudyDescription", "PerformedProcedureStepDescription", "RequestedProcedureDescription")
_MR_CLASSES = ("1.2.840.10008.5.1.4.1.1.4",)
_COLOUR = frozenset({"RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})
_NO_AGENT = frozenset({"", "NO", "NONE", "N", "NIL", "NOT GIVEN", "WITHOUT", "OHNE", "SANS", "0"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a header says, ``None`` or empty where it says nothing usable.

    Attributes
    ----------
    colour
        Whether the pixels are colours: a capture, a directional map, a fusion.
    gradient_echo
        Whether the signal is a gradient echo, not a spin echo.
    echo_planar
        Whether the readout is echo-planar, by what the header says or by what no other readout has.
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
    described
        Whether the series has a description of its own.
    series_words, study_words
        Descriptions of the series and of the study, see :func:`listener.classification.headers.words_in`.
    agent
        Attributes that say a contrast agent was given.
    sliding_slab
        Whether slices reach far into their neighbours, as those of a sliding projection do.
    """

    is_mr: bool
    colour: bool
    gradient_echo: bool | None
    echo_planar: bool
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
    described: bool
    series_words: str
    study_words: str
    declared_contrast: frozenset[str]
    magnetization_transfer: bool
    steady_state: bool
    angiography: bool
    spoiled: bool
    spatial_2d: bool
    spatial_3d: bool
    agent: tuple[str, ...]
    time_points: float | None
    sliding_slab: bool


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
    bandwidth = _positive(number_in(header, "PixelBandwidth"))
    echo_planar = bool("EP" in sequence or kind & {"MOSAIC", "MB", "EPI"} or "EPI_GEMS" in options) or bool(
        ECHO_PLANAR_NAME.search(sequence_name)
    )
    gradient_echo = _gradient_echo(sequence, kind, sequence_name, echo_planar, te, flip_angle)
    if gradient_echo is True and (te or 0) >= SHORTEST_ECHO_PLANAR_TE and "MP" not in variant:
        train = number_in(header, "EchoTrainLength") or 0
        echo_planar |= (bandwidth or 0) >= ECHO_PLANAR_BANDWIDTH or train >= ECHO_PLANAR_TRAIN
    return Facts(
        is_mr=modality <= {"MR"} and all(_is_mr_class(uid) for uid in sop_class),
        colour=(number_in(header, "SamplesPerPixel") or 1) > 1
        or bool(codes_in(header, "PhotometricInterpretation") & _COLOUR),
        gradient_echo=gradient_echo,
        echo_planar=echo_planar,
        te=te,
        tr=_positive(number_in(header, "RepetitionTime")),
        ti=_positive(number_in(header, "InversionTime")),
        flip_angle=flip_angle,
        field_strength=_positive(number_in(header, "MagneticFieldStrength")),
        b_value=number_in(header, "DiffusionBValue"),
        bandwidth=bandwidth,
        kind=frozenset(kind),
        derived=derived,
        sequence=frozenset(sequence),
        variant=frozenset(variant),
        options=frozenset(options),
        sequence_name=sequence_name,
        described=bool(words_in(header, "SeriesDescription").strip()),
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
        or "TOF" in variant
        or any(option.startswith(("VASCTOF", "VASCPC")) for option in options)
        or bool(
            {"YES", "TRUE"} & (codes_in(header, "TimeOfFlightContrast") | codes_in(header, "PhaseContrast"))
        ),
        spoiled="SP" in variant or bool(SPOILED_NAME.search(sequence_name)),
        spatial_2d="2D" in codes_in(header, "MRAcquisitionType"),
        spatial_3d="3D" in codes_in(header, "MRAcquisitionType"),
        agent=_agent(header),
        time_points=number_in(header, "NumberOfTemporalPositions"),
        sliding_slab=_sliding_slab(header),
    )


THINNEST_SLAB_MM, SLAB_STEPS = 5.0, 3.0
"""From which thickness, and so many times its way to the next, a slice is a slab of several. Slices that are
interpolated from acquired ones overlap by half; those of SWI are 1 to 3 mm thick."""


def _sliding_slab(header: Header) -> bool:
    thickness, images = number_in(header, "SliceThickness"), number_in(header, "NumberOfInstances")
    ends = numbers_in(header, POSITION_RANGE, 6)
    if thickness is None or images is None or images < 2 or ends is None:
        return False
    step = math.dist(ends[:3], ends[3:]) / (images - 1)
    return thickness >= max(THINNEST_SLAB_MM, SLAB_STEPS * step)


_ENHANCED_SEQUENCE = (
    ("EchoPulseSequence", "SPIN", "SE"),
    ("EchoPulseSequence", "GRADIENT", "GR"),
    ("EchoPulseSequence", "BOTH", "SE"),
    ("EchoPlanarPulseSequence", "YES", "EP"),
    ("InversionRecovery", "YES", "IR"),
)


ECHO_PLANAR_BANDWIDTH = 1000.0
"""Hz per pixel; echo-planar readouts lie above, two-dimensional spin echoes and single long echoes below."""

ECHO_PLANAR_TRAIN = 15.0
"""Echoes after one excitation; more of them at a long echo time are an echo-planar train, multi-echo gradient
echoes have up to a dozen."""

SHORTEST_ECHO_PLANAR_TE = 12.0

LONGEST_GRADIENT_ECHO_PLANAR_TE = 45.0
"""Milliseconds; a spin echo has its refocusing pulse and half of the echo-planar train before it."""

LARGEST_GRADIENT_ECHO_ANGLE = 30.0
"""Degrees; spin echoes are excited and refocused by larger ones."""


def _gradient_echo(
    sequence: set[str],
    kind: set[str],
    name: str,
    echo_planar: bool,
    te: float | None,
    flip_angle: float | None,
) -> bool | None:
    if ("GR" in sequence and "SE" not in sequence) or kind & {"FFE", "M_FFE"}:
        return True
    if "SE" in sequence or kind & {"M_SE", "M_IR"}:
        return False
    if "IR" in sequence:
        return (te or 99) < 6 and (flip_angle or 90) <= 20
    if SPIN_ECHO_NAME.search(name):
        return False
    if GRADIENT_ECHO_NAME.search(name):
        return True
    return _gradient_echo_by_timing(echo_planar, te, flip_angle)


def _gradient_echo_by_timing(echo_planar: bool, te: float | None, flip_angle: float | None) -> bool | None:
    """What the echo time and the flip angle leave possible, where no attribute and no name tells."""
    if te is None or flip_angle is None:
        return None
    if echo_planar:
        return te <= LONGEST_GRADIENT_ECHO_PLANAR_TE or flip_angle <= 80
    return True if flip_angle <= LARGEST_GRADIENT_ECHO_ANGLE else None


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
