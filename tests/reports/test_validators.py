"""The validators of these tests see the faults that they are there to see."""

import pytest
from pydicom.dataset import Dataset


def no_completion_flag(report):
    del report.CompletionFlag


def empty_template(report):
    report.ContentTemplateSequence[0].TemplateIdentifier = ""


def unknown_attribute(report):
    report.Rows = 5


def illegal_date(report):
    report.ContentDate = "yesterday"


def text_without_words(report):
    group = report.ContentSequence[-1].ContentSequence[0]
    item = next(i for i in group.ContentSequence if i.ValueType == "TEXT")
    del item.TextValue


def number_among_codes(report):
    group = report.ContentSequence[-1].ContentSequence[0]
    item = next(i for i in group.ContentSequence if i.ValueType == "CODE")
    item.MeasuredValueSequence = []


def reference_without_instance(report):
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    series.ReferencedSOPSequence = [Dataset()]


FAULTS = (
    no_completion_flag, empty_template, unknown_attribute, illegal_date, text_without_words,
    number_among_codes, reference_without_instance,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_dicom_validator_finds_a_fault(fault, study, tmp_path, dicom_validator_errors):
    report = study.report(study.findings()[1:3])
    fault(report)
    report.save_as(tmp_path / "faulty.dcm", enforce_file_format=True)
    assert dicom_validator_errors(tmp_path / "faulty.dcm")["errors"] > 0


@pytest.mark.parametrize("fault", [no_completion_flag, illegal_date, reference_without_instance])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_dciodvfy_finds_a_fault(fault, study, tmp_path, dciodvfy_errors):
    report = study.report(study.findings()[1:3])
    fault(report)
    report.save_as(tmp_path / "faulty.dcm", enforce_file_format=True)
    assert dciodvfy_errors(tmp_path / "faulty.dcm")
