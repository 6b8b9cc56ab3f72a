"""Findings read back from a structured report, with pydicom alone."""

import re
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
)
from reports import codes

_TRACKING_IDENTIFIER = Code("112039", "DCM", "Tracking Identifier")
_MEASUREMENT_GROUP = Code("125007", "DCM", "Measurement Group")
_ALGORITHM_NAME = Code("111001", "DCM", "Algorithm Name")
_REASON = re.compile(r"(?P<sentence>.*) \[(?P<key>[a-z0-9-]+)\]", re.DOTALL)


class ReportError(ValueError):
    """A dataset that is not a structured report of this contract."""


def read_findings(report: Dataset) -> tuple[Finding, ...]:
    """The findings of a structured report, as its summary and detail groups hold them.

    Parameters
    ----------
    report
        A Comprehensive 3D SR of the report contract, from a file or a PACS.

    Returns
    -------
    tuple of Finding
        One per sign, in the order of the report. Groups of other keys are passed over. Profiles along the
        tract are not in the report.

    Raises
    ------
    ReportError
        If a sign's group lacks its state or its algorithm, or the report contradicts itself.
    """
    groups = {key: group for group in _groups(report) if (key := _text(group, _TRACKING_IDENTIFIER))}
    series_of = _series_of_images(report)
    findings = []
    for sign in Sign:
        group = groups.get(sign.value)
        if group is None:
            continue
        regions = tuple(
            _region(sign, key, detail) for key, detail in groups.items() if key.startswith(f"{sign.value}/")
        )
        findings.append(_finding(sign, group, regions, series_of))
    return tuple(findings)


def read_summary(report: Dataset) -> tuple[str, ...]:
    """The sentences of the overall group, in their order; none where the report has no such group."""
    return tuple(
        str(item.TextValue)
        for group in _groups(report)
        if _text(group, _TRACKING_IDENTIFIER) == codes.OVERALL.value
        for item in _named(group, codes.COMMENT)
    )


def _finding(
    sign: Sign, group: Dataset, regions: tuple[RegionMeasurements, ...], series_of: dict[str, str]
) -> Finding:
    state_code, confidence_code = _code(group, codes.PRESENCE), _code(group, codes.CONFIDENCE)
    state = next((state for state, code in codes.STATES.items() if code == state_code), None)
    name, version = _text(group, _ALGORITHM_NAME), _text(group, codes.ALGORITHM_VERSION)
    if state is None or name is None or version is None:
        raise ReportError(f"the group of {sign} lacks its state or its algorithm")
    try:
        return Finding(
            sign=sign,
            state=State(state),
            algorithm=Algorithm(name, version),
            confidence=None if confidence_code is None else Confidence(confidence_code.value),
            reasons=tuple(_reasons(group)),
            regions=regions,
            series_uids=tuple(_series(group, series_of)),
            norm=_text(group, codes.POPULATION) or "",
        )
    except ValueError as error:
        raise ReportError(str(error)) from error


def _region(sign: Sign, key: str, group: Dataset) -> RegionMeasurements:
    _, name, *side = key.split("/")
    measurements = []
    for item in _items(group):
        quantity = codes.quantity_of(_concept(item.ConceptNameCodeSequence[0]))
        if item.ValueType == "NUM" and quantity is not None:
            measured = item.MeasuredValueSequence[0]
            value = measured.get("FloatingPointValue", measured.NumericValue)
            measurements.append(Measurement(quantity, float(value)))
    try:
        region = Region(name, Side(side[0]) if side else None)
    except ValueError as error:
        raise ReportError(f"{key} is no region of {sign}") from error
    return RegionMeasurements(region, tuple(measurements))


def _reasons(group: Dataset) -> Iterator[Reason]:
    for item in _named(group, codes.COMMENT):
        match = _REASON.fullmatch(item.TextValue)
        if match:
            yield Reason(match["key"], match["sentence"])


def _series(group: Dataset, series_of: dict[str, str]) -> Iterator[str]:
    for item in _named(group, codes.SOURCE_OF_MEASUREMENT):
        uid = str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        if uid not in series_of:
            raise ReportError(f"the evidence does not list image {uid}")
        yield series_of[uid]


def _series_of_images(report: Dataset) -> dict[str, str]:
    return {
        str(image.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for study in report.get("CurrentRequestedProcedureEvidenceSequence", [])
        for series in study.ReferencedSeriesSequence
        for image in series.ReferencedSOPSequence
    }


def _groups(node: Dataset) -> Iterator[Dataset]:
    for item in _items(node):
        if item.ValueType == "CONTAINER":
            if _concept(item.ConceptNameCodeSequence[0]) == _MEASUREMENT_GROUP:
                yield item
            else:
                yield from _groups(item)


def _items(node: Dataset) -> Iterator[Dataset]:
    yield from node.get("ContentSequence", [])


def _named(group: Dataset, name: Code) -> Iterator[Dataset]:
    for item in _items(group):
        if _concept(item.ConceptNameCodeSequence[0]) == name:
            yield item


def _text(group: Dataset, name: Code) -> str | None:
    return next((str(item.TextValue) for item in _named(group, name)), None)


def _code(group: Dataset, name: Code) -> Code | None:
    return next((_concept(item.ConceptCodeSequence[0]) for item in _named(group, name)), None)


def _concept(item: Dataset) -> Code:
    value = item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue") or ""
    return Code(str(value), str(item.get("CodingSchemeDesignator", "")), str(item.get("CodeMeaning", "")))
