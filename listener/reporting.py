"""A version's findings and images as the report that goes to the PACS."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO

from pydicom import Dataset, dcmwrite

from db.models import Report
from listener.archive import AlreadyArchived, Archive, ArchiveError, Key
from listener.intake import IMAGE_CLASSES
from listener.stored_images import Instances, read_instance
from listener.version import SOFTWARE_VERSION
from processors.findings import Finding
from reports.structured_report import PredecessorReport, ReportedSeries, structured_report


def make_report(
    archive: Archive,
    study_instance_uid: str,
    version: int,
    findings: Sequence[Finding],
    images: Mapping[tuple[int, str], Instances],
    *,
    created: datetime,
    institution: str | None,
    predecessor: Report | None,
) -> Dataset:
    """The structured report on a version; its patient and study are those of the first readable image.

    Parameters
    ----------
    images
        From (series row, Series Instance UID) to the instances of the series.

    Raises
    ------
    ArchiveError
        If no image of the study can be read.
    """
    source = next(_headers(archive, study_instance_uid, images), None)
    if source is None:
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
    )


def _headers(
    archive: Archive, study_instance_uid: str, images: Mapping[tuple[int, str], Instances]
) -> Iterator[Dataset]:
    for (_, series_uid), instances in images.items():
        for sop_class_uid, sop_instance_uid in instances:
            if sop_class_uid in IMAGE_CLASSES:
                ds = read_instance(archive, Key(study_instance_uid, series_uid, sop_instance_uid))
                if ds is not None:
                    yield ds


def key_of(report: Dataset) -> Key:
    """Where a report is kept."""
    return Key(str(report.StudyInstanceUID), str(report.SeriesInstanceUID), str(report.SOPInstanceUID))


def store_report(archive: Archive, report: Dataset) -> None:
    """Archive a report; one that is there already under its UID is the same report."""
    stream = BytesIO()
    dcmwrite(stream, report, enforce_file_format=True)
    try:
        archive.put(key_of(report), (stream.getvalue(),))
    except AlreadyArchived:
        return
