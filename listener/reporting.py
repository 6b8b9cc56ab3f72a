"""A version's findings and images as the report that goes to the PACS."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO

from pydicom import Dataset, dcmwrite

from db.models import Report
from listener.archive import AlreadyArchived, Archive, ArchiveError, Key
from listener.derived_objects import MadeObject, companions_of
from listener.intake import IMAGE_CLASSES
from listener.stored_images import Instances, Stored, read_instance
from listener.version import SOFTWARE_VERSION
from processors.findings import Finding
from reports.structured_report import PredecessorReport, ReportedSeries, structured_report
from reports.study_header import shared_attributes


def make_report(
    archive: Stored,
    study_instance_uid: str,
    version: int,
    findings: Sequence[Finding],
    images: Mapping[tuple[int, str], Instances],
    *,
    created: datetime,
    institution: str | None,
    predecessor: Report | None,
    objects: Sequence[MadeObject] = (),
) -> Dataset:
    """The structured report on a version.

    Parameters
    ----------
    images
        From (series row, Series Instance UID) to the instances of the series.
    objects
        The segmentations and key images of the version.

    Raises
    ------
    ArchiveError
        If no image of the study can be read.
    """
    source = study_source(archive, study_instance_uid, images)
    if not source:
        raise ArchiveError("no image of the study can be read")
    return structured_report(
        findings,
        source=source,
        evidence=[
            ReportedSeries(series_uid, tuple(i for i in instances if i[0] in IMAGE_CLASSES))
            for (_, series_uid), instances in images.items()
        ],
        created=created,
        software_version=SOFTWARE_VERSION,
        version=version,
        institution=institution,
        predecessor=None
        if predecessor is None
        else PredecessorReport(predecessor.series_instance_uid, predecessor.sop_instance_uid),
        companions=companions_of(objects),
    )


def study_source(
    archive: Stored, study_instance_uid: str, images: Mapping[tuple[int, str], Instances]
) -> Dataset:
    """What all objects of a version say of its patient and study; empty where no image can be read."""
    return shared_attributes(_headers(archive, study_instance_uid, images))


def _headers(
    archive: Stored, study_instance_uid: str, images: Mapping[tuple[int, str], Instances]
) -> Iterator[Dataset]:
    """The first readable image of each series."""
    for (_, series_uid), instances in images.items():
        for sop_class_uid, sop_instance_uid in instances:
            if sop_class_uid in IMAGE_CLASSES:
                ds = read_instance(archive, Key(study_instance_uid, series_uid, sop_instance_uid))
                if ds is not None:
                    yield ds
                    break


def object_row(analysis: str, made: MadeObject) -> Report:
    """The row of an object of an analysis; the report it goes with says of which study and version."""
    return Report(
        kind=made.kind,
        analysis=analysis,
        sop_instance_uid=made.sop_instance_uid,
        sop_class_uid=made.sop_class_uid,
        series_instance_uid=made.series_instance_uid,
        source_series_uid=made.source_series_uid,
        description=made.description,
    )


def store_object(archive: Archive, ds: Dataset) -> None:
    """Archive an object that was made; one that is there already under its UID is the same object."""
    key = Key(str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID))
    stream = BytesIO()
    dcmwrite(stream, ds, enforce_file_format=True)
    try:
        archive.put(key, (stream.getvalue(),))
    except AlreadyArchived:
        return
