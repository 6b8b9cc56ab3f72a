"""Findings as measurement groups: one overall, one per sign, one per measured region.

They follow TID 1501; the group of a region that a segmentation holds follows TID 1411.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    ImageContentItem,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.sr.coding import Code

from processors.findings import Algorithm, Finding, RegionMeasurements, State
from reports import codes
from reports.identity import derived_uid
from reports.narrative import summary_lines
from reports.references import Companions, ReportedKeyImage

Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations


def measurement_groups(
    findings: Sequence[Finding],
    *,
    study_uid: str,
    manufacturer: str,
    source_images: Mapping[str, tuple[str, str]],
    companions: Companions,
) -> list[Group]:
    """All groups of a report: the overall one first, then each sign, then each region.

    Parameters
    ----------
    findings
        One per sign, in the order of the report.
    study_uid
        Study Instance UID; the tracking UIDs follow from it, so that a region keeps its own in every version.
    manufacturer
        Of the algorithms.
    source_images
        Series Instance UID to (SOP Class UID, SOP Instance UID) of the image that stands for the series.
    companions
        The segmentations that hold the regions, and the pictures of the signs.
    """
    return [
        _overall_group(findings, study_uid, companions),
        *(_sign_group(finding, study_uid, manufacturer, source_images, companions) for finding in findings),
        *(
            _region_group(finding, region, study_uid, manufacturer, source_images, companions)
            for finding in findings
            for region in finding.regions
        ),
    ]


def region_key(finding: Finding, region: RegionMeasurements) -> str:
    """The Tracking Identifier of a region's group: ``<key>/<region>/<side>``, or without a side."""
    return f"{finding.sign.value}/{region.region.key}"


def _tracking(study_uid: str, key: str) -> TrackingIdentifier:
    return TrackingIdentifier(uid=derived_uid("tracking", study_uid, key), identifier=key)


def _comment(text: str) -> TextContentItem:
    return TextContentItem(codes.COMMENT, text, RelationshipTypeValues.CONTAINS)


def _measurement(name: Code, value: float, unit: Code) -> Measurement:
    """A number with six digits to read in Numeric Value, and whole in Floating Point Value."""
    measurement = Measurement(name, float(value), unit)
    measurement[0].MeasuredValueSequence[0].NumericValue = f"{value:.6g}"
    return measurement


def _algorithm(algorithm: Algorithm, manufacturer: str) -> AlgorithmIdentification:
    return AlgorithmIdentification(name=algorithm.name, version=algorithm.version, manufacturer=manufacturer)


def _source_image(image: tuple[str, str]) -> ImageContentItem:
    return ImageContentItem(
        codes.SOURCE_OF_MEASUREMENT, *image, relationship_type=RelationshipTypeValues.CONTAINS
    )


def _picture(image: ReportedKeyImage) -> ImageContentItem:
    return ImageContentItem(
        codes.ILLUSTRATION,
        image.sop_class_uid,
        image.sop_instance_uid,
        relationship_type=RelationshipTypeValues.CONTAINS,
    )


def _overall_group(findings: Sequence[Finding], study_uid: str, companions: Companions) -> Group:
    present = sum(f.state is State.PRESENT for f in findings)
    evaluable = present + sum(f.state is State.ABSENT for f in findings)
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(study_uid, codes.OVERALL.value),
        finding_type=codes.OVERALL,
        measurements=[
            _measurement(codes.SIGNS_PRESENT, present, codes.SIGNS_UNIT),
            _measurement(codes.SIGNS_EVALUABLE, evaluable, codes.SIGNS_UNIT),
        ],
    )
    content = group[0].ContentSequence
    first_number = next(i for i, item in enumerate(content) if item.ValueType == "NUM")
    for place, line in enumerate(summary_lines(findings), start=first_number):
        content.insert(place, _comment(line))
    content.extend(_picture(image) for image in companions.pictures_of(""))
    return group


def _sign_group(
    finding: Finding,
    study_uid: str,
    manufacturer: str,
    source_images: Mapping[str, tuple[str, str]],
    companions: Companions,
) -> Group:
    evaluations = [QualitativeEvaluation(codes.PRESENCE, codes.STATES[finding.state])]
    if finding.confidence is not None:
        evaluations.append(QualitativeEvaluation(codes.CONFIDENCE, codes.CONFIDENCES[finding.confidence]))
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(study_uid, finding.sign.value),
        finding_type=codes.sign_code(finding.sign),
        algorithm_id=_algorithm(finding.algorithm, manufacturer),
        qualitative_evaluations=evaluations,
    )
    content = group[0].ContentSequence
    content.extend(_comment(f"{reason.sentence} [{reason.key}]") for reason in finding.reasons)
    if finding.norm:
        content.append(TextContentItem(codes.POPULATION, finding.norm, RelationshipTypeValues.CONTAINS))
    content.extend(_source_image(source_images[series_uid]) for series_uid in finding.series_uids)
    content.extend(_picture(image) for image in companions.pictures_of(finding.sign.value))
    return group


def _region_group(
    finding: Finding,
    region: RegionMeasurements,
    study_uid: str,
    manufacturer: str,
    source_images: Mapping[str, tuple[str, str]],
    companions: Companions,
) -> Group:
    """Of a segmented region by TID 1411, which names its source series itself; else by TID 1501."""
    side = region.region.side
    key = region_key(finding, region)
    described: dict[str, Any] = {
        "tracking_identifier": _tracking(study_uid, key),
        "finding_type": codes.sign_code(finding.sign),
        "algorithm_id": _algorithm(finding.algorithm, manufacturer),
        "finding_sites": [
            FindingSite(
                codes.site_code(finding.sign, region.region),
                laterality=None if side is None else codes.LATERALITIES[side],
                topographical_modifier=codes.site_modifier(region.region),
            )
        ],
        "measurements": [
            _measurement(codes.quantity_code(m.quantity), m.value, codes.unit_code(finding.sign, m.quantity))
            for m in region.measurements
        ],
    }
    segment = companions.segment_of(key)
    if segment is None:
        group = MeasurementsAndQualitativeEvaluations(**described)
        group[0].ContentSequence.extend(_source_image(source_images[uid]) for uid in finding.series_uids)
        return group
    made, number = segment
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        **described,
        referenced_segment=ReferencedSegment(
            made.sop_class_uid,
            made.sop_instance_uid,
            number,
            source_series=SourceSeriesForSegmentation(made.source_series_uid),
        ),
    )
