"""Every coded concept of the reports, in one place.

Codes of DCM, SCT, LN, NEU and FMA are those of the DICOM standard's context groups (PS3.16), except where a
line says otherwise. What has no standard code is in the private scheme 99BETZ, whose code values are the
lower-case words of the report contract.
"""

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from processors.findings import UNITS, Confidence, Quantity, Region, Side, Sign, State
from reports.text import (
    CONFIDENCE_NAMES,
    QUANTITY_NAMES,
    REGION_NAMES,
    SIGN_NAMES,
    STATE_NAMES,
    UNIT_NAMES,
)

PRIVATE_SCHEME = "99BETZ"


def _dcm(value: str, meaning: str) -> Code:
    return Code(value, "DCM", meaning)


def _sct(value: str, meaning: str) -> Code:
    return Code(value, "SCT", meaning)


def private_code(value: str, meaning: str) -> Code:
    """A concept of the product's own scheme."""
    return Code(value, PRIVATE_SCHEME, meaning)


COMMENT = _dcm("121106", "Comment")
POPULATION = _dcm("121405", "Population description")
SOURCE_OF_MEASUREMENT = _dcm("121112", "Source of Measurement")
PROCESSING_EQUIPMENT = _dcm("109102", "Processing Equipment")
DEVICE = _dcm("121007", "Device")
ALGORITHM_VERSION = _dcm("111003", "Algorithm Version")

ILLUSTRATION = _dcm("121200", "Illustration of ROI")
SEGMENTATION = _dcm("113076", "Segmentation")
SOURCE_IMAGE_FOR_PROCESSING = _dcm("121322", "Source Image for Image Processing Operation")
ANATOMICAL_STRUCTURE = _sct("91723000", "Anatomical Structure")

PRESENCE = private_code("presence", "Presence of sign")
CONFIDENCE = private_code("confidence", "Confidence")
SIGNS_PRESENT = private_code("signs_present", "Number of signs present")
SIGNS_EVALUABLE = private_code("signs_evaluable", "Number of signs evaluable")
SIGNS_UNIT = Code("{signs}", "UCUM", "signs")
OVERALL = private_code("summary", "Summary of the signs")

STATES: dict[State, Code] = {
    State.PRESENT: _sct("52101004", STATE_NAMES[State.PRESENT]),
    State.ABSENT: _sct("272519000", STATE_NAMES[State.ABSENT]),
    State.INDETERMINATE: _sct("373068000", STATE_NAMES[State.INDETERMINATE]),
    State.NOT_EVALUATED: _sct("373121007", STATE_NAMES[State.NOT_EVALUATED]),
}

CONFIDENCES: dict[Confidence, Code] = {
    level: private_code(level.value, name) for level, name in CONFIDENCE_NAMES.items()
}

LATERALITIES: dict[Side, Code] = {
    Side.LEFT: _sct("7771000", "Left"),
    Side.RIGHT: _sct("24028007", "Right"),
}

BRAIN_MRI = Code("24590-2", "LN", "MR Brain")
CERVICAL_SPINE_MRI = Code("24935-9", "LN", "MR Cervical spine")  # LOINC; in no context group
MRI = Code("25056-3", "LN", "MRI unspecified body region")

_CORTICOSPINAL_TRACT = Code("1320", "NEU", "corticospinal tract")
_PRECENTRAL_GYRUS = Code("61894", "FMA", "Precentral gyrus")

_BRAIN_SITES: dict[str, Code] = {
    "medial": _PRECENTRAL_GYRUS,
    "intermediate": _PRECENTRAL_GYRUS,
    "lateral": _PRECENTRAL_GYRUS,
    "precentral": _PRECENTRAL_GYRUS,
    "subcortical": _CORTICOSPINAL_TRACT,
    "corona_radiata": _CORTICOSPINAL_TRACT,
    "internal_capsule": _sct("85637007", "internal capsule"),
    "cerebral_peduncle": _sct("360568007", "corticospinal tract in brainstem"),
    "pons": _sct("360568007", "corticospinal tract in brainstem"),
    "splenium": _sct("23347006", "splenium of corpus callosum"),
}

_CORD = _sct("2748008", "Spinal cord")

_CORD_SITES: dict[Sign, Code] = {
    Sign.CORD_T1: _sct("14892003", "lateral funiculus"),
    Sign.CORD_T2: _sct("14892003", "lateral funiculus"),
    Sign.CORD_ATROPHY: _CORD,
    Sign.CORD_FLATTENING: _CORD,
}

_VERTEBRAE: dict[str, Code] = {
    "C1": _sct("14806007", "C1 vertebra"),
    "C2": _sct("39976000", "C2 vertebra"),
    "C3": _sct("113205007", "C3 vertebra"),
    "C4": _sct("5329002", "C4 vertebra"),
    "C5": _sct("36978003", "C5 vertebra"),
    "C6": _sct("36054005", "C6 vertebra"),
    "C7": _sct("87391001", "C7 vertebra"),
}

_STANDARD_QUANTITIES: dict[Quantity, Code] = {
    Quantity.Z_SCORE: _dcm("121416", "Z-Score of measurement"),
    Quantity.NORM_MEAN: _sct("373098007", "Mean Value of population"),
    Quantity.NORM_SD: _dcm("121414", "Standard deviation of population"),
    Quantity.CROSS_SECTIONAL_AREA: _sct("42798000", "Area"),
}


def item_of(code: Code) -> Dataset:
    """A code as an item of a code sequence; its value has at most 16 characters."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def sign_code(sign: Sign) -> Code:
    """The code of a sign, for the Finding of its groups."""
    return private_code(sign.value, SIGN_NAMES[sign])


def site_code(sign: Sign, region: Region) -> Code:
    """The anatomy that a region belongs to, for its Finding Site."""
    return _CORD_SITES[sign] if sign in _CORD_SITES else _BRAIN_SITES[region.name]


def reference_site(sign: Sign) -> Code:
    """The anatomy that a sign's signal is compared with."""
    if sign is Sign.MOTOR_BAND:
        return _sct("40146001", "Cerebral cortex")
    return _CORD if sign in _CORD_SITES else _sct("68523003", "Cerebral White Matter")


def algorithm_family(sign: Sign) -> Code:
    """How the regions of a sign are found, of CID 7162: an atlas is deformed, the cord's edge is followed."""
    if sign in _CORD_SITES:
        return _dcm("123103", "Edge Detection")
    return _dcm("123111", "Deformable Models")


def vertebra(region: Region) -> Code | None:
    """The vertebra at whose level a region lies; none in the brain."""
    return _VERTEBRAE.get(region.name)


def site_modifier(region: Region) -> Code:
    """The region within its anatomy, for the Topographical Modifier of its Finding Site."""
    level = vertebra(region)
    return level if level is not None else private_code(region.name, REGION_NAMES[region.name])


def quantity_of(code: Code) -> Quantity | None:
    """The quantity that a code names, or ``None`` where it names no quantity of the contract."""
    return next((quantity for quantity in Quantity if quantity_code(quantity) == code), None)


def quantity_code(quantity: Quantity) -> Code:
    """The name of a number."""
    standard = _STANDARD_QUANTITIES.get(quantity)
    if standard is not None:
        return standard
    return private_code(quantity.value, QUANTITY_NAMES[quantity])


def unit_code(sign: Sign, quantity: Quantity) -> Code:
    """The UCUM unit of a number; a norm's mean and SD have the unit of what the sign measures."""
    unit = UNITS[quantity]
    if sign is Sign.CORD_ATROPHY and quantity in (Quantity.NORM_MEAN, Quantity.NORM_SD):
        unit = UNITS[Quantity.CROSS_SECTIONAL_AREA]
    return Code(unit, "UCUM", UNIT_NAMES.get(unit, unit.strip("{}")))
