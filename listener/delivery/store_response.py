"""What a STOW-RS answer lists: the Store Instances Response Module (PS3.18, Annex I), in JSON or in XML."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from pydicom import Dataset

from listener.delivery.outcomes import Outcome, of_status
from processors.attributes import UNREADABLE, integer, items, text


def listed(content: bytes) -> dict[str, Outcome]:
    """What came of the objects that the content of an answer lists, by their SOP Instance UIDs.

    Which of the two forms it has is seen from the content: servers name it in more than one way.
    """
    try:
        return _outcomes(Dataset.from_json(_model(content)))
    except (*UNREADABLE, ParseError):
        return {}


def _model(content: bytes) -> Any:  # noqa: ANN401 whatever the server sent
    """The DICOM JSON Model of an answer (PS3.18, Annex F)."""
    if content.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
        return _from_xml(fromstring(content))  # noqa: S314 expat bounds what entities may grow to
    model = json.loads(content)
    return model[0] if isinstance(model, list) else model


def _from_xml(native: Element) -> dict[str, Any]:
    """The Native DICOM Model of PS3.19, Annex A, as that of JSON; its namespace may be stated or not."""
    return {
        attribute.attrib["tag"]: {"vr": attribute.attrib["vr"], "Value": list(_values(attribute))}
        for attribute in native
    }


def _values(attribute: Element) -> Iterator[Any]:
    for value in attribute:
        said = (value.text or "").strip()
        if attribute.attrib["vr"] == "SQ":
            yield _from_xml(value)
        else:
            yield int(said) if attribute.attrib["vr"] == "US" else said


def _outcomes(content: Dataset) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for item in items(content, "ReferencedSOPSequence"):
        warning = integer(item, "WarningReason")
        uid = text(item, "ReferencedSOPInstanceUID") or ""
        outcomes[uid] = Outcome(True, "Stored" if not warning else f"Stored, with warning {warning:04X}")
    for item in items(content, "FailedSOPSequence"):
        uid = text(item, "ReferencedSOPInstanceUID") or ""
        why = integer(item, "FailureReason")
        failure = of_status(why)
        said = "The destination did not store it." if why is None else failure.text
        outcomes[uid] = Outcome(False, said, failure.refused)
    return outcomes
