"""What other people's software makes of a report: dcmtk's dsrdump and an Orthanc server."""

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.uid import Comprehensive3DSRStorage

from reports.reading import read_findings


@pytest.fixture
def stored(tmp_path, study):
    path = tmp_path / "report.dcm"
    study.report().save_as(path, enforce_file_format=True)
    return path


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="dsrdump (Debian: dcmtk) is not installed")
def test_dsrdump_reads_the_whole_tree(stored):
    done = subprocess.run(
        ["dsrdump", "+Pl", "+Pu", stored], capture_output=True, check=False, encoding="utf-8", timeout=30
    )
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if line.startswith(("E:", "F:"))] == []
    lines = done.stdout.splitlines()
    assert lines[0] == "Comprehensive 3D SR Document"
    first_text = next(line for line in lines if "<contains TEXT" in line)
    assert "2 of the 4 evaluable signs are present." in first_text
    groups = [line for line in lines if re.search(r'TEXT:\(.*"Tracking Identifier"\)', line)]
    assert len(groups) == 1 + 11 + 6


@pytest.fixture
def orthanc(tmp_path):
    """A fresh Orthanc on loopback; its address."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None:
        pytest.skip("Orthanc (Debian: orthanc) is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = tmp_path / "orthanc.json"
    configuration.write_text(
        json.dumps(
            {
                "StorageDirectory": str(tmp_path / "storage"),
                "IndexDirectory": str(tmp_path / "storage"),
                "Plugins": [],
                "HttpPort": port,
                "HttpBindAddresses": ["127.0.0.1"],
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "DicomServerEnabled": False,
                "HttpThreadsCount": 2,
            }
        )
    )
    log = (tmp_path / "orthanc.log").open("wb")
    server = subprocess.Popen([program, configuration], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def wait_for(address, server):
    deadline = time.monotonic() + 20
    while True:
        try:
            return get(f"{address}/system")
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "Orthanc ended"
            assert time.monotonic() < deadline, "Orthanc does not answer"
            time.sleep(0.1)


def get(url, body=None):
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=20) as answer:
        return answer.read()


def test_orthanc_stores_shows_and_returns_a_report(orthanc, stored, study):
    answer = json.loads(get(f"{orthanc}/instances", stored.read_bytes()))
    assert answer["Status"] == "Success"
    again = json.loads(get(f"{orthanc}/instances", stored.read_bytes()))
    assert (again["Status"], again["ID"]) == ("AlreadyStored", answer["ID"])
    tags = json.loads(get(f"{orthanc}/instances/{answer['ID']}/simplified-tags"))
    assert tags["SOPClassUID"] == Comprehensive3DSRStorage
    assert tags["ContentSequence"][-1]["ConceptNameCodeSequence"][0]["CodeMeaning"] == "Imaging Measurements"
    series = json.loads(get(f"{orthanc}/series/{answer['ParentSeries']}"))["MainDicomTags"]
    assert series["SeriesDescription"] == "Betz imaging signs - RESEARCH USE"
    assert series["Modality"] == "SR"
    parent = json.loads(get(f"{orthanc}/studies/{answer['ParentStudy']}"))
    assert parent["MainDicomTags"]["StudyInstanceUID"] == study.uid
    assert parent["PatientMainDicomTags"]["PatientName"] == "Doe^Jane"
    returned = get(f"{orthanc}/instances/{answer['ID']}/file")
    assert returned == stored.read_bytes()
    findings = {finding.sign: finding for finding in read_findings(dcmread(BytesIO(returned)))}
    assert [findings[f.sign] for f in study.findings()] == study.findings()
