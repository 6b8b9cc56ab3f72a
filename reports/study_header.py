"""The patient and study attributes of any image, made fit for a report about its study.

Images in hospitals lack attributes, hold illegal values and come in many character sets. What is legal is
copied whole; what is not is left out, or left empty where the standard wants the attribute present.
"""

import re
import warnings
from collections.abc import Iterable, Iterator

from pydicom import config
from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID
from pydicom.valuerep import MAX_VALUE_LEN, validate_value

from reports.study_attributes import (
    CLINICAL_TRIAL_STUDY,
    CLINICAL_TRIAL_SUBJECT,
    ENUMERATED,
    GENERAL_STUDY,
    HIERARCHIC_DESIGNATORS,
    ITEM_NEEDS,
    NEEDS_COMPANION,
    PATIENT,
    PATIENT_STUDY,
    SOP_COMMON,
    TYPE_2,
    TYPE_2_OF_ANIMALS,
)
from reports.text import NOT_STATED

_SHARED = (
    *PATIENT,
    *CLINICAL_TRIAL_SUBJECT,
    *GENERAL_STUDY,
    *PATIENT_STUDY,
    *CLINICAL_TRIAL_STUDY,
    *SOP_COMMON,
)

_TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_CUT_VRS = frozenset({"LO", "LT", "ST"})
_DESCRIPTIVE = ("Description", "Comments", "History")
"""Endings of keywords whose values may be cut; a cut identifier would be another identifier."""
_LINE_VRS = frozenset({"LT", "ST", "UT"})
_UID_ROOTS = ("0.", "1.", "2.")
_PATIENT_ID = 0x00100020
_TIMEZONE = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")


def shared_attributes(headers: Iterable[Dataset]) -> Dataset:
    """What the images of a study say of their patient and study, taken together.

    Scanners and gateways fill in some series and leave others empty; objects that each copied one series
    would disagree about the study they share.

    Parameters
    ----------
    headers
        Of one image of each series, the series that counts first in front.

    Returns
    -------
    pydicom.Dataset
        Of each attribute the first legal value; the Patient ID as the first image that has one states it.
    """
    shared = Dataset()
    for header in headers:
        legal = legal_attributes(header, _SHARED)
        _keep_patient_id(legal, header)
        if not _TIMEZONE.fullmatch(legal.get("TimezoneOffsetFromUTC", "")):
            legal.pop("TimezoneOffsetFromUTC", None)  # one that is illegal must not hide another's
        for element in legal:
            if element.tag not in shared and not element.is_empty:
                shared.add(element)
    return shared


def study_header(source: Dataset) -> Dataset:
    """The Patient, Study and Clinical Trial attributes of an image, as a report may carry them.

    Parameters
    ----------
    source
        The header of any image of the study, or what :func:`shared_attributes` makes of several.

    Returns
    -------
    pydicom.Dataset
        New, in Unicode (ISO_IR 192), with nothing but legal values; attributes of Type 2 are there even if
        empty. The Patient ID is the one exception: it is copied as it is, because a report with another
        Patient ID would part from its study.

    Raises
    ------
    ValueError
        If the source has no legal Study Instance UID.
    """
    header = legal_attributes(source, _SHARED)
    _keep_patient_id(header, source)
    if "StudyInstanceUID" not in header or not UID(header.StudyInstanceUID).is_valid:
        raise ValueError("the source has no legal Study Instance UID")
    header.SpecificCharacterSet = "ISO_IR 192"
    for keyword, companions in NEEDS_COMPANION.items():
        if keyword in header and not any(companion in header for companion in companions):
            delattr(header, keyword)
    if not _TIMEZONE.fullmatch(header.get("TimezoneOffsetFromUTC", "")) and "TimezoneOffsetFromUTC" in header:
        del header.TimezoneOffsetFromUTC
    for keyword in TYPE_2:
        if keyword not in header:
            setattr(header, keyword, "")
    _complete_deidentification(header)
    _complete_clinical_trial(header)
    _complete_species(header)
    return header


def legal_attributes(source: Dataset, keywords: tuple[str, ...]) -> Dataset:
    """A copy of some attributes of an image, of each what is legal; what is left out was empty or illegal."""
    with warnings.catch_warnings():  # pydicom's warnings quote the values: names and dates of patients
        warnings.simplefilter("ignore")
        return _clean_copy(source, keywords)


def _keep_patient_id(header: Dataset, source: Dataset) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        element = _decoded(source, BaseTag(_PATIENT_ID))
    if element is None or element.value is None or isinstance(element.value, bytes):
        return
    values = [_printable("LO", str(value)) for value in _values(element)]
    kept = values if len(values) > 1 else values[0]
    header[_PATIENT_ID] = DataElement(_PATIENT_ID, "LO", kept, validation_mode=config.IGNORE)


def _complete_deidentification(header: Dataset) -> None:
    named = "DeidentificationMethod" in header or "DeidentificationMethodCodeSequence" in header
    if header.get("PatientIdentityRemoved") == "YES" and not named:
        header.DeidentificationMethod = NOT_STATED


def _complete_clinical_trial(header: Dataset) -> None:
    if any(keyword in header for keyword in CLINICAL_TRIAL_SUBJECT):
        for keyword in ("ClinicalTrialSponsorName", "ClinicalTrialProtocolID"):
            if keyword not in header:
                setattr(header, keyword, NOT_STATED)
        for keyword in ("ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName"):
            if keyword not in header:
                setattr(header, keyword, "")
        if "ClinicalTrialSubjectID" not in header and "ClinicalTrialSubjectReadingID" not in header:
            header.ClinicalTrialSubjectID = NOT_STATED
        number = "ClinicalTrialProtocolEthicsCommitteeApprovalNumber"
        if number in header and "ClinicalTrialProtocolEthicsCommitteeName" not in header:
            header.ClinicalTrialProtocolEthicsCommitteeName = NOT_STATED
    if (
        any(keyword in header for keyword in CLINICAL_TRIAL_STUDY)
        and "ClinicalTrialTimePointID" not in header
    ):
        header.ClinicalTrialTimePointID = ""


def _complete_species(header: Dataset) -> None:
    if "PatientSpeciesDescription" not in header and "PatientSpeciesCodeSequence" not in header:
        return
    for keyword in TYPE_2_OF_ANIMALS:
        if keyword not in header:
            setattr(header, keyword, [] if keyword.endswith("Sequence") else "")


def _clean_copy(source: Dataset, keywords: tuple[str, ...] | None = None) -> Dataset:
    clean = Dataset()
    for tag in _tags(source, keywords):
        element = _clean_element(source, tag)
        if element is not None:
            clean.add(element)
    return clean


def _tags(source: Dataset, keywords: tuple[str, ...] | None) -> Iterator[BaseTag]:
    if keywords is None:
        yield from (BaseTag(tag) for tag in sorted(source.keys()) if not BaseTag(tag).is_private)
        return
    for keyword in keywords:
        number = tag_for_keyword(keyword)
        if number is not None and number in source:
            yield BaseTag(number)


def _clean_element(source: Dataset, tag: BaseTag) -> DataElement | None:
    """A legal copy of an element, or ``None`` where it is empty, illegal or unknown."""
    element = _decoded(source, tag)
    if element is None:
        return None
    vr = dictionary_VR(tag)
    if vr == "SQ":
        return _clean_sequence(element) if element.VR == "SQ" else None
    values = _values(element)
    if len(values) > 1 and dictionary_VM(tag) == "1":
        values = [" ".join(str(value) for value in values)] if vr in _TEXT_VRS else values[:1]
    cleaned = (_clean_value(element.keyword, vr, value) for value in values)
    kept = [value for value in cleaned if value is not None]
    if not kept:
        return None
    return DataElement(tag, vr, kept if len(kept) > 1 else kept[0])


def _decoded(source: Dataset, tag: BaseTag) -> DataElement | None:
    """The element of a tag of the dictionary, or ``None`` where its bytes cannot be decoded."""
    try:
        return source[tag] if dictionary_has_tag(tag) else None
    except (LookupError, ValueError, TypeError, OverflowError, NotImplementedError, BytesLengthException):
        return None


def _values(element: DataElement) -> list[object]:
    return list(element.value) if isinstance(element.value, (MultiValue, list)) else [element.value]


def _clean_sequence(element: DataElement) -> DataElement | None:
    needs = ITEM_NEEDS.get(element.keyword, ())
    items = [_clean_copy(item) for item in element.value]
    if element.keyword.endswith("CodeSequence"):
        items = [item for item in items if is_complete_code(item)]
    if element.keyword in HIERARCHIC_DESIGNATORS:
        items = [item for item in items if _is_complete_designator(item)]
    if element.keyword == "ConsentForClinicalTrialUseSequence":
        items = [item for item in items if _is_complete_consent(item)]
    items = [item for item in items if len(item) > 0 and all(need in item for need in needs)]
    return DataElement(element.tag, "SQ", items) if items else None


def is_complete_code(item: Dataset) -> bool:
    """Whether a code sequence item has a value, its scheme and a meaning."""
    valued = ("CodeValue" in item or "LongCodeValue" in item) and "CodingSchemeDesignator" in item
    return (valued or "URNCodeValue" in item) and "CodeMeaning" in item


def _is_complete_designator(item: Dataset) -> bool:
    universal = "UniversalEntityID" in item
    return universal == ("UniversalEntityIDType" in item) and (universal or "LocalNamespaceEntityID" in item)


def _is_complete_consent(item: Dataset) -> bool:
    return item.get("ConsentForDistributionFlag") == "NO" or "DistributionType" in item


def _clean_value(keyword: str, vr: str, value: object) -> object | None:
    if value is None or isinstance(value, bytes):
        return None
    if keyword in ENUMERATED:
        value = value.strip().upper() if isinstance(value, str) else value
        return value if value in ENUMERATED[keyword] else None
    if vr in ("DS", "IS"):
        value = str(value)
    if vr in _TEXT_VRS:
        value = _printable(vr, str(value))
        if vr in _CUT_VRS and keyword.endswith(_DESCRIPTIVE):
            value = value[: MAX_VALUE_LEN[vr]].rstrip()
    elif isinstance(value, str) or not isinstance(value, (int, float)):
        value = str(value).strip()
    if value == "" or (vr == "UI" and keyword != "StudyInstanceUID" and str(value)[:2] not in _UID_ROOTS):
        return None
    try:
        validate_value(vr, value, config.RAISE)
    except (ValueError, TypeError):
        return None
    return value


def _printable(vr: str, text: str) -> str:
    allowed = "\n\r\f\t" if vr in _LINE_VRS else ""
    return "".join(c for c in text if c in allowed or (c.isprintable() and c != "\\")).strip()
