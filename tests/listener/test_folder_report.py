"""betz report: the objects of a study on disk, with no network and no database."""

import socket

import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from typer.testing import CliRunner

from listener.cli import app
from processors.findings import Sign
from reports.reading import read_findings
from tests.e2e.small_studies import series, small_study, write


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    def refused(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "bind", refused)
    monkeypatch.setattr("listener.cli.configure_logs", lambda _level: None)
    monkeypatch.setenv("BETZ_DATABASE__URL", f"sqlite:///{tmp_path}/no.sqlite")
    monkeypatch.chdir(tmp_path)


def test_a_study_on_disk_is_reported_on_as_files(tmp_path):
    uid, _ = small_study(tmp_path / "in")
    for name in ("first", "second"):
        done = CliRunner().invoke(app, ["report", "in", "--out", name])
        assert done.exit_code == 0, done.output
    assert "electromyography" in done.output
    [path] = (tmp_path / "first" / uid).glob("sr.dcm")
    report = dcmread(path)
    findings = {finding.sign: finding for finding in read_findings(report)}
    assert set(findings) == set(Sign)
    assert findings[Sign.CST_T1].reasons[0].key == "missing-series"
    assert report.StudyInstanceUID == uid
    assert report.SOPInstanceUID == dcmread(tmp_path / "second" / uid / "sr.dcm").SOPInstanceUID
    assert not (tmp_path / "no.sqlite").exists()


def test_a_report_says_what_any_series_says_of_its_study_in_the_time_of_the_site(tmp_path, monkeypatch):
    monkeypatch.setenv("BETZ_TIME_ZONE", "Asia/Kolkata")
    uid = str(generate_uid())
    write(series(uid, AccessionNumber=None, PatientSex=None, SeriesNumber=1), tmp_path / "in")
    write(series(uid, PatientBirthDate=None, SeriesNumber=2), tmp_path / "in")
    done = CliRunner().invoke(app, ["report", "in", "--out", "out"])
    assert done.exit_code == 0, done.output
    made = [dcmread(path) for path in (tmp_path / "out" / uid).glob("*.dcm")]
    assert [(ds.AccessionNumber, ds.PatientSex, ds.PatientBirthDate) for ds in made] == [
        ("A-4711", "M", "19600102")
    ]
    assert made[0].TimezoneOffsetFromUTC == "+0530"


def test_an_analysis_that_fails_costs_its_signs_only(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("Doe^Jane")

    monkeypatch.setattr("listener.measuring.analyse_brain", broken)
    monkeypatch.setattr("listener.measuring.analyse_spine", broken)
    uid, _ = small_study(tmp_path / "in" / "one")
    other, _ = small_study(tmp_path / "in" / "two")
    done = CliRunner().invoke(app, ["report", "in", "--out", "out"])
    assert done.exit_code == 1
    assert "failed (RuntimeError" in done.output
    assert "Doe" not in done.output
    for study in (uid, other):
        findings = read_findings(dcmread(tmp_path / "out" / study / "sr.dcm"))
        assert "analysis-failed" in {reason.key for finding in findings for reason in finding.reasons}


def test_a_folder_without_a_study_is_said_to_have_none(tmp_path):
    (tmp_path / "in").mkdir()
    done = CliRunner().invoke(app, ["report", "in", "--out", "out"])
    assert done.exit_code == 1
    assert "no DICOM files" in done.output
    assert not (tmp_path / "out").exists()
