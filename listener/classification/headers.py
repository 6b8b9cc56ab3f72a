"""Headers of MR images as plain values: read from a dataset, and read again without trust.

A *header* maps pydicom keywords to plain values: text, numbers, lists of them. Echo, repetition and
inversion times are in milliseconds. Functional groups of multi-frame objects are flattened to the keywords
that a single-frame instance would have.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from processors.attributes import UNREADABLE, as_number, functional_groups, items, values
from processors.vendor_attributes import private_b_value, tesla

Header = Mapping[str, Any]

LONGEST_TEXT = 256
MOST_VALUES = 32

KEYWORDS = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality", "ImageType",
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "MagneticFieldStrength", "StudyDescription",
    "SeriesDescription", "ProtocolName", "PerformedProcedureStepDescription", "RequestedProcedureDescription",
    "BodyPartExamined", "ScanningSequence", "SequenceVariant", "ScanOptions", "SequenceName",
    "PulseSequenceName", "MRAcquisitionType", "EchoTime", "RepetitionTime", "InversionTime", "FlipAngle",
    "EchoTrainLength", "EchoNumbers", "NumberOfAverages", "SliceThickness", "SpacingBetweenSlices",
    "PixelSpacing", "Rows", "Columns", "ImageOrientationPatient", "ImagePositionPatient", "PatientPosition",
    "ReceiveCoilName", "AngioFlag", "PixelBandwidth", "DiffusionBValue", "TemporalPositionIdentifier",
    "TemporalPositionIndex", "NumberOfTemporalPositions", "AcquisitionNumber", "InstanceNumber",
    "SeriesNumber", "ComplexImageComponent", "AcquisitionContrast", "EchoPulseSequence",
    "EchoPlanarPulseSequence", "InversionRecovery", "MagnetizationTransfer", "TimeOfFlightContrast",
    "PhaseContrast", "SteadyStatePulseSequence", "SpectrallySelectedSuppression", "ContrastBolusAgent",
    "ContrastBolusVolume", "ContrastBolusRoute", "ContrastBolusIngredient", "ContrastBolusStartTime",
    "ContrastBolusTotalDose", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames",
    "PatientSpeciesDescription", "PatientBreedDescription",
    "QualityControlSubject", "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime", "SeriesTime",
    "ContentTime", "StudyInstanceUID", "TablePosition", "RescaleType",
    "VolumetricProperties", "VolumeBasedCalculationTechnique", "DerivationDescription",
)  # fmt: skip
"""What is read of a dataset, besides the functional groups."""

FLATTENED = {
    "EffectiveEchoTime": "EchoTime",
    "InversionTimes": "InversionTime",
    "FrameType": "ImageType",
    "RFEchoTrainLength": "EchoTrainLength",
    "ContrastBolusAgentAdministered": "ContrastBolusAgentAdministered",
    "DiffusionDirectionality": "DiffusionDirectionality",
}
"""Names in functional groups, and their single-frame names."""

GROUPS = (
    "MREchoSequence", "MRTimingAndRelatedParametersSequence", "MRModifierSequence",
    "MRImagingModifierSequence", "MRImageFrameTypeSequence", "MRReceiveCoilSequence", "MRDiffusionSequence",
    "MRAveragesSequence", "PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence",
    "FrameContentSequence", "ContrastBolusUsageSequence", "FrameAnatomySequence",
    "PixelValueTransformationSequence",
)  # fmt: skip
"""Functional group macros that are read."""

_NAMES: dict[int, str] = {Tag(keyword): keyword for keyword in KEYWORDS}
_FLATTENED_NAMES: dict[int, str] = {Tag(keyword): name for keyword, name in FLATTENED.items()}

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def headers_of(ds: Dataset) -> tuple[dict[str, Any], ...]:
    """One header per frame, each with its ``FrameNumber`` from 1; without it for a single-frame object."""
    common = _plain(ds, _NAMES)
    common["HasPixelData"] = any(keyword in ds for keyword in PIXELS)
    if (component := _raw_component(ds)) is not None:
        common.setdefault("ComplexImageComponent", component)
    for agent in items(ds, "ContrastBolusAgentSequence")[:1]:
        common.setdefault("ContrastBolusAgent", _meaning(agent) or "given")
    for region in items(ds, "AnatomicRegionSequence")[:1]:
        common["AnatomicRegion"] = _meaning(region)
    for species in items(ds, "PatientSpeciesCodeSequence")[:1]:
        common["PatientSpeciesCodeSequence"] = _meaning(species)
    if (field := tesla(as_number(common.get("MagneticFieldStrength")))) is not None:
        common["MagneticFieldStrength"] = field
    frames = functional_groups(ds)
    if not frames:
        if (b_value := private_b_value(ds)) is not None:
            common.setdefault("DiffusionBValue", b_value)
        return (common,)
    shared = _flat(frames[0][1:])
    return tuple(
        common | shared | _flat(places[:1]) | {"FrameNumber": number}
        for number, places in enumerate(frames, start=1)
    )


RAW_COMPONENTS = {1: "PHASE", 2: "REAL", 3: "IMAGINARY"}
"""Values of GE's Raw Data Type (0043,102F), which alone tells such images from the magnitude (0)."""


def _raw_component(ds: Dataset) -> str | None:
    try:
        value = as_number(ds.private_block(0x0043, "GEMS_PARM_01")[0x2F].value)
    except UNREADABLE:
        return None
    return None if value is None else RAW_COMPONENTS.get(round(value))


def _flat(places: Iterable[Dataset]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for place in places:
        for name in GROUPS:
            for item in items(place, name)[:1]:
                flat |= _plain(item, _NAMES) | _plain(item, _FLATTENED_NAMES)
                for region in items(item, "AnatomicRegionSequence")[:1]:
                    flat["AnatomicRegion"] = _meaning(region)
    return flat


def _plain(ds: Dataset, names: Mapping[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in sorted(ds.keys() & names.keys()):
        keyword = keyword_for_tag(tag)
        plain = [_plain_value(value) for value in values(ds, keyword)[:MOST_VALUES]]
        if plain:
            found[names[tag]] = plain if len(plain) > 1 else plain[0]
    return found


def _plain_value(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = as_number(value)
        return int(number) if number is not None and number.is_integer() else number
    try:
        return str(value)[:LONGEST_TEXT]
    except UNREADABLE:
        return ""


def _meaning(item: Dataset) -> str:
    return " ".join(str(_plain_value(value)) for value in values(item, "CodeMeaning")[:1])


def members(header: Header, keyword: str) -> list[object]:
    """The values under a keyword, as a list of at most :data:`MOST_VALUES`."""
    value = header.get(keyword)
    if value is None:
        return []
    return list(value[:MOST_VALUES]) if isinstance(value, (list, tuple)) else [value]


def number_in(header: Header, keyword: str) -> float | None:
    """The first value under a keyword as a finite number."""
    return next((as_number(value) for value in members(header, keyword)), None)


def numbers_in(header: Header, keyword: str, count: int) -> tuple[float, ...] | None:
    """The values under a keyword, if they are this many finite numbers."""
    found = [as_number(value) for value in members(header, keyword)]
    complete = tuple(value for value in found if value is not None and math.isfinite(value))
    return complete if len(found) == len(complete) == count else None


def codes_in(header: Header, keyword: str) -> frozenset[str]:
    """The code strings under a keyword, in capitals; backslashes separate values too."""
    return frozenset(
        part.strip().upper()
        for value in members(header, keyword)
        if isinstance(value, str)
        for part in value[:LONGEST_TEXT].split("\\")
        if part.strip()
    )


def words_in(header: Header, *keywords: str) -> str:
    """The texts under the keywords as one line to search: lower case, no accents, blanks between words."""
    joined = " | ".join(
        str(value)[:LONGEST_TEXT]
        for keyword in keywords
        for value in members(header, keyword)
        if isinstance(value, str)
    )
    if not joined.isascii():
        decomposed = unicodedata.normalize("NFKD", joined)
        joined = unicodedata.normalize("NFC", "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f"))
    return f" {' '.join(joined.casefold().replace('+/-', '±').translate(_BLANKS).split())} "


_BLANKS = str.maketrans(dict.fromkeys("_-/.,;:()[]{}^#'\"\\\t\r\n", " "))
