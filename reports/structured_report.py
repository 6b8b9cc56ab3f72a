"""Findings as a Comprehensive 3D SR (root TID 1500), the source of truth of what Betz returns."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from highdicom import ContentQualificationValues
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    LanguageOfContentItemAndDescendants,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from catalogue.texts import FINGERPRINT
from processors.findings import (
    BRAIN_SIGNS,
    CORD_SIGNS,
    Algorithm,
    Finding,
    Reason,
    Sign,
    not_evaluated,
)
from reports import codes
from reports.identity import derived_uid
from reports.measurement_groups import measurement_groups
from reports.provenance import contributing_equipment, date, device_uid, equip
from reports.references import Companions
from reports.study_header import is_complete_code, study_header
from reports.text import LANGUAGE, PRIVATE_SCHEME_NAME, PRODUCT, SERIES_DESCRIPTION

SERIES_NUMBER = 9801
NONE = Companions()


@dataclass(frozen=True, slots=True)
class ReportedSeries:
    """A series of the study and its images, each as (SOP Class UID, SOP Instance UID)."""

    series_instance_uid: str
    instances: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PredecessorReport:
    """The structured report of the same study that a new one replaces."""

    series_instance_uid: str
    sop_instance_uid: str


def structured_report(
    findings: Sequence[Finding],
    *,
    source: Dataset,
    evidence: Sequence[ReportedSeries],
    created: datetime,
    software_version: str,
    version: int = 1,
    manufacturer: str = PRODUCT,
    institution: str | None = None,
    predecessor: PredecessorReport | None = None,
    companions: Companions = NONE,
) -> Dataset:
    """The structured report on a study.

    Parameters
    ----------
    findings
        At most one per sign. A sign without a finding is reported as not evaluated.
    source
        The header of any image of the study, however incomplete; only its Study Instance UID must be legal.
    evidence
        The series that were measured, and any other that the report should name, with all their images.
    created
        When the report was made, with its time zone. It dates the document and has no part in its identity:
        keep it with the study, so that a report made again is the same to the last byte.
    software_version
        Of the product, as the report shows it.
    version
        1 for the first report on the study, then counted up. It is the Instance Number.
    manufacturer
        Who answers for this installation of the product and its algorithms.
    institution
        Institution Name of the equipment.
    predecessor
        The report that this one replaces.
    companions
        The segmentations and pictures made with the report, which names them; they become evidence, too.

    Returns
    -------
    pydicom.Dataset
        With file meta information, in Explicit VR Little Endian and Unicode. The SOP Instance UID follows
        from the study, the software version, the version, the findings, the evidence, the
        predecessor and the companions; the Series Instance UID from the study and the software version.

    Raises
    ------
    ValueError
        If a sign has two findings, a finding names a series that the evidence lacks, the study has no legal
        UID, ``created`` has no time zone, ``version`` is less than 1, or a name or version of the product,
        an algorithm or the institution is longer than 64 characters.
    """
    if created.utcoffset() is None:
        raise ValueError("the time of creation has no time zone")
    if version < 1:
        raise ValueError("versions are counted from 1")
    header = study_header(source)
    study_uid = str(header.StudyInstanceUID)
    reported = _complete(findings, software_version)
    series = _in_order([*evidence, *_as_evidence(companions)])
    source_images = {s.series_instance_uid: s.instances[len(s.instances) // 2] for s in series}
    unknown = {uid for finding in reported for uid in finding.series_uids} - source_images.keys()
    if unknown:
        raise ValueError(f"the evidence lacks series {', '.join(sorted(unknown))}")

    content = MeasurementReport(
        observation_context=_observation_context(manufacturer, software_version),
        procedure_reported=_procedures(header, reported),
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(
            CodedConcept(LANGUAGE[0], "RFC5646", LANGUAGE[1])
        ),
        imaging_measurements=measurement_groups(
            reported,
            study_uid=study_uid,
            manufacturer=manufacturer,
            source_images=source_images,
            companions=companions,
        ),
    )
    series_uid = derived_uid("structured report series", study_uid, manufacturer, software_version)
    sop_instance_uid = derived_uid(
        "structured report",
        study_uid,
        software_version,
        version,
        [manufacturer, institution, FINGERPRINT],
        None if predecessor is None else asdict(predecessor),
        [asdict(finding) for finding in reported],
        [asdict(s) for s in series],
        [[dict(one.segments), one.source_series_uid] for one in companions.segmentations],
        [asdict(image) for image in companions.key_images],
    )
    report = Comprehensive3DSR(
        evidence=[_skeleton(study_uid, series_uid, sop_instance_uid), *_instances(study_uid, series)],
        content=content,
        series_instance_uid=series_uid,
        series_number=SERIES_NUMBER,
        sop_instance_uid=sop_instance_uid,
        instance_number=version,
        manufacturer=manufacturer,
        manufacturer_model_name=PRODUCT,
        software_versions=software_version,
        institution_name=institution,
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=SERIES_DESCRIPTION,
        content_qualification=ContentQualificationValues.RESEARCH,
        specific_character_set="ISO_IR 192",
        coding_schemes=[_private_scheme()],
        previous_versions=None if predecessor is None else [_predecessor_instance(study_uid, predecessor)],
    )
    report.update(header)
    date(report, header, created)
    equip(report, manufacturer, software_version, institution)
    report.ContributingEquipmentSequence = contributing_equipment(
        (finding.algorithm for finding in reported), manufacturer
    )
    _set_evidence(report, study_uid, series)
    return report


def _complete(findings: Sequence[Finding], software_version: str) -> list[Finding]:
    """One finding per sign, in the order of the signs."""
    by_sign = {finding.sign: finding for finding in findings}
    if len(by_sign) < len(findings):
        raise ValueError("a sign has two findings")
    unanalysed = Algorithm(PRODUCT, software_version)
    return [by_sign.get(sign) or not_evaluated(sign, unanalysed, Reason.of("not-analysed")) for sign in Sign]


def _in_order(evidence: Sequence[ReportedSeries]) -> list[ReportedSeries]:
    """The series with at least one image, whatever order they came in, each image once."""
    images: dict[str, set[tuple[str, str]]] = {}
    for series in evidence:
        images.setdefault(series.series_instance_uid, set()).update(series.instances)
    return [
        ReportedSeries(uid, tuple(sorted(images[uid], key=lambda image: _numeric(image[1]))))
        for uid in sorted(images, key=_numeric)
        if images[uid]
    ]


def _as_evidence(companions: Companions) -> list[ReportedSeries]:
    made = [(s.series_instance_uid, s.sop_class_uid, s.sop_instance_uid) for s in companions.segmentations]
    made += [(k.series_instance_uid, k.sop_class_uid, k.sop_instance_uid) for k in companions.key_images]
    return [ReportedSeries(series_uid, ((class_uid, uid),)) for series_uid, class_uid, uid in made]


def _numeric(uid: str) -> tuple[tuple[int, str], ...]:
    return tuple((len(part), part) for part in uid.split("."))


def _skeleton(study_uid: str, series_uid: str, sop_instance_uid: str) -> Dataset:
    """What highdicom wants to inherit from; the report's real header is laid over it afterwards.

    highdicom 0.28 fails on headers without some attributes and logs patient names that it finds odd.
    """
    skeleton = Dataset()
    skeleton.SOPClassUID = Comprehensive3DSRStorage
    skeleton.SOPInstanceUID = sop_instance_uid
    skeleton.StudyInstanceUID = study_uid
    skeleton.SeriesInstanceUID = series_uid
    for keyword in ("PatientID", "PatientName", "PatientSex", "AccessionNumber", "StudyID"):
        setattr(skeleton, keyword, "")
    for keyword in ("PatientBirthDate", "StudyDate", "StudyTime"):
        setattr(skeleton, keyword, None)
    return skeleton


def _instances(study_uid: str, series: Sequence[ReportedSeries]) -> list[Dataset]:
    instances = []
    for one in series:
        for sop_class_uid, sop_instance_uid in one.instances:
            instance = Dataset()
            instance.SOPClassUID = sop_class_uid
            instance.SOPInstanceUID = sop_instance_uid
            instance.StudyInstanceUID = study_uid
            instance.SeriesInstanceUID = one.series_instance_uid
            instances.append(instance)
    return instances


def _set_evidence(report: Dataset, study_uid: str, series: Sequence[ReportedSeries]) -> None:
    """Every image of the evidence by its series, without the skeleton that highdicom counts in."""
    if not series:
        del report.CurrentRequestedProcedureEvidenceSequence
        return
    study = Dataset()
    study.StudyInstanceUID = study_uid
    study.ReferencedSeriesSequence = []
    for one in series:
        item = Dataset()
        item.SeriesInstanceUID = one.series_instance_uid
        item.ReferencedSOPSequence = [_reference(*image) for image in one.instances]
        study.ReferencedSeriesSequence.append(item)
    report.CurrentRequestedProcedureEvidenceSequence = [study]


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = sop_class_uid
    reference.ReferencedSOPInstanceUID = sop_instance_uid
    return reference


def _predecessor_instance(study_uid: str, predecessor: PredecessorReport) -> Dataset:
    instance = Dataset()
    instance.SOPClassUID = Comprehensive3DSRStorage
    instance.SOPInstanceUID = predecessor.sop_instance_uid
    instance.StudyInstanceUID = study_uid
    instance.SeriesInstanceUID = predecessor.series_instance_uid
    return instance


def _observation_context(manufacturer: str, software_version: str) -> ObservationContext:
    """TID 1004, and the software version, for which the template has no row of its own."""
    observer = ObserverContext(
        observer_type=CodedConcept.from_code(codes.DEVICE),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=device_uid(manufacturer, software_version),
            name=PRODUCT,
            manufacturer_name=manufacturer,
            model_name=PRODUCT,
        ),
    )
    observer.append(
        TextContentItem(
            codes.ALGORITHM_VERSION,
            software_version,
            relationship_type=RelationshipTypeValues.HAS_OBS_CONTEXT,
        )
    )
    return ObservationContext(observer_device_context=observer)


def _private_scheme() -> CodingSchemeIdentificationItem:
    return CodingSchemeIdentificationItem(
        designator=codes.PRIVATE_SCHEME, name=PRIVATE_SCHEME_NAME, responsible_organization=PRODUCT
    )


def _procedures(header: Dataset, findings: Sequence[Finding]) -> list[CodedConcept | Code]:
    """The imaging procedure as the study codes it, else as the measured series show it."""
    coded = [item for item in header.get("ProcedureCodeSequence", []) if is_complete_code(item)]
    if coded:
        return [CodedConcept.from_dataset(item) for item in coded]
    measured = {finding.sign for finding in findings if finding.series_uids}
    procedures: list[CodedConcept | Code] = []
    if measured.intersection(BRAIN_SIGNS):
        procedures.append(codes.BRAIN_MRI)
    if measured.intersection(CORD_SIGNS):
        procedures.append(codes.CERVICAL_SPINE_MRI)
    return procedures or [codes.MRI]
