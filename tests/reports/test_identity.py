"""The same input and software give the same report; anything else gives another."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from io import BytesIO

import pytest
from pydicom.uid import UID

from processors.findings import Algorithm
from reports.identity import derived_uid
from reports.structured_report import PredecessorReport


def stored(report):
    buffer = BytesIO()
    report.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_the_same_input_gives_the_same_bytes(study):
    assert stored(study.report()) == stored(study.report())


def test_the_order_of_input_does_not_matter(study):
    evidence = [study.series(10, 1), study.series(2, 20), study.series(1, 30)]
    shuffled = [replace(series, instances=series.instances[::-1]) for series in evidence]
    assert stored(study.report(study.findings()[::-1], evidence=shuffled)) == stored(study.report())


def test_another_process_gives_the_same_uid():
    code = "from reports.identity import derived_uid; print(derived_uid('a', 1, ['b'], None, 0.1))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="ascii")
    assert done.stdout.strip() == derived_uid("a", 1, ["b"], None, 0.1)


def test_a_derived_uid_is_a_uuid_of_version_8_made_of_a_sha_256():
    uid = derived_uid("a")
    assert UID(uid).is_valid
    number = int(uid.removeprefix("2.25."))
    assert (number >> 76) & 0xF == 8
    assert (number >> 62) & 0x3 == 2
    digest = hashlib.sha256(b'["a"]').digest()[:16]
    fixed = (0xF << 76) | (0x3 << 62)
    assert number | fixed == int.from_bytes(digest, "big") | fixed


def test_the_moment_dates_the_report_and_does_not_make_another_one(study):
    later = study.report(created=study.created + timedelta(days=1))
    assert later.SOPInstanceUID == study.report().SOPInstanceUID
    assert later.ContentDate == "20260315"
    assert study.report(created=study.created.astimezone(UTC)).ContentTime == "150926"


def test_whatever_changes_gives_another_report(study):
    findings = study.findings()
    other_norm = [replace(findings[0], norm="site norm 4 of 2026-12-01"), *findings[1:]]
    moved = [replace(findings[0], series_uids=(f"{study.uid}.2",)), *findings[1:]]
    changed = [
        study.report(),
        study.report(software_version="0.1.1"),
        study.report(version=2),
        study.report(manufacturer="Hospital"),
        study.report(predecessor=PredecessorReport("1.2", "1.3")),
        study.report(moved),
        study.report(other_norm),
        study.report(findings[1:]),
        study.report(evidence=[study.series(1, 31), study.series(2, 20), study.series(10, 1)]),
    ]
    assert len({report.SOPInstanceUID for report in changed}) == len(changed)


@pytest.mark.parametrize(("name", "version"), [("Motor band", "0.3.1"), ("Motor strip", "0.3.0")])
def test_a_device_uid_changes_with_its_algorithm_alone(study, name, version):
    def device_uids(report):
        return {
            i.ManufacturerModelName + i.SoftwareVersions: i.DeviceUID
            for i in report.ContributingEquipmentSequence
        }

    before = device_uids(study.report())
    findings = [
        replace(f, algorithm=Algorithm(name, version)) if f.algorithm.name == "Motor band" else f
        for f in study.findings()
    ]
    after = device_uids(study.report(findings))
    assert after.pop(name + version) != before.pop("Motor band0.3.0")
    assert after == before


def test_a_region_keeps_its_tracking_uid_in_every_version(study):
    def tracking(report):
        return [
            [i.UID for i in group.ContentSequence if i.ValueType == "UIDREF"]
            for group in report.ContentSequence[-1].ContentSequence
        ]

    first, second = study.report(), study.report(version=2, software_version="0.2.0")
    assert tracking(first) == tracking(second)
    assert len({uid for (uid,) in tracking(first)}) == len(tracking(first))
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
