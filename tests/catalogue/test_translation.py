"""The English texts, and what a site may and may not put over them."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest
from pydicom.dataset import Dataset

from catalogue.translation import ENGLISH, LONGEST_MEANING, MEANINGS, CatalogueError, read_catalogue
from processors.findings import Quantity, Region, Side, Sign, regions_of
from reports.codes import quantity_code, site_modifier
from reports.text import SHORT_SIGN_NAMES, segment_label

REPORT = """
import json
from datetime import UTC, datetime
from pydicom.dataset import Dataset
from processors.findings import (
    Algorithm, Confidence, Finding, Measurement, Quantity, Reason, Region, RegionMeasurements, Side, Sign,
    State, not_evaluated,
)
from reports.structured_report import ReportedSeries, structured_report

source = Dataset()
source.SOPClassUID, source.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3.1.1"
source.StudyInstanceUID, source.SeriesInstanceUID = "1.2.3", "1.2.3.1"
method = Algorithm("method", "1")
ratio = RegionMeasurements(
    Region("internal_capsule", Side.LEFT),
    (Measurement(Quantity.RATIO, 1.08), Measurement(Quantity.Z_SCORE, 2.5)),
)
evidence = [ReportedSeries("1.2.3.1", (("1.2.840.10008.5.1.4.1.1.4", "1.2.3.1.1"),))]
present = Finding(
    Sign.CST_T1, State.PRESENT, method, Confidence.HIGH, regions=(ratio,), series_uids=("1.2.3.1",)
)
findings = [
    present,
    Finding(Sign.CST_T2, State.ABSENT, method, series_uids=("1.2.3.1",)),
    not_evaluated(Sign.CST_FLAIR, method, Reason.of("low-snr", snr=12.3)),
]
report = structured_report(
    findings,
    source=source,
    evidence=evidence,
    created=datetime(2026, 3, 14, tzinfo=UTC),
    software_version="1",
)
print(report.to_json())
"""
"""Prints a structured report, in whatever language its process speaks."""


def in_language(translation, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "BETZ_CATALOGUE": str(translation)}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def written(folder, text: str):
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return file


def pseudo(folder):
    """Every text between arrows, which tell it from English, and cut to what the standard allows."""
    sections = tomllib.loads(ENGLISH.read_text("utf-8"))
    lines = []
    for section, texts in sections.items():
        lines.append(f"[{section}]")
        for key, text in texts.items():
            short = section in MEANINGS and len(text) > LONGEST_MEANING - 2 and "{" not in text
            changed = f"→{text[: LONGEST_MEANING - 2] if short else text}←"
            changed = changed.replace("→Betz ", "Betz →")
            changed = {"code": "nl-BE", "name": "Vlaams"}[key] if section == "language" else changed
            lines.append(f"{json.dumps(key)} = {json.dumps(changed, ensure_ascii=False)}")
    return written(folder, "\n".join(lines))


def test_english_obeys_the_rules_for_translations():
    assert read_catalogue(ENGLISH).untranslated == ()


@pytest.mark.parametrize("sign", Sign)
def test_whatever_a_finding_can_hold_has_a_name(sign):
    for region in (*regions_of(sign), Region("reference")):
        assert site_modifier(region).meaning
    for quantity in Quantity:
        assert quantity_code(quantity).meaning


def test_every_reason_that_the_code_gives_has_a_sentence(pytestconfig):
    given = set()
    for package in ("processors", "listener"):
        for module in (pytestconfig.rootpath / package).rglob("*.py"):
            given |= set(re.findall(r'Reason\.of\(\s*"([^"]+)"', module.read_text("utf-8")))
    assert len(given) > 40
    assert given <= set(read_catalogue(None).sections["reasons"])


def test_what_is_not_translated_stays_english(tmp_path):
    found = read_catalogue(written(tmp_path, '[states]\npresent = "Vorhanden"\n'))
    assert found.sections["states"]["present"] == "Vorhanden"
    assert found.sections["states"]["absent"] == "Absent"
    assert "states.absent" in found.untranslated
    assert "states.present" not in found.untranslated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[nowhere]\na = 'b'", "no section"),
        ("states = 3", "no section"),
        ("[states]\ngone = 'b'", "no such text"),
        ("[states]\npresent = ''", "empty"),
        ("[states]\npresent = 3", "empty"),
        ('[states]\npresent = "a\\nb"', "line ends"),
        ("[states]\npresent = 'a\\b'", "backslashes"),
        (f"[signs]\ncst_t1 = '{'x' * 65}'", "65 characters"),
        ("[objects]\nreport_series = 'Bildzeichen'", "begin with 'Betz '"),
        ("[signs]\ncst_t1 = 'Bahn'\ncst_t2 = 'Bahn'", "two texts are the same"),
        ("[sides]\nleft = 'Right'", "two texts are the same"),
        ("[reasons]\nlow-snr = 'zu verrauscht'", "{snr}"),
        ("[reasons]\nlow-snr = '{snr} {snr}'", "{snr}"),
        ("[reasons]\nlow-snr = '{snr:Q}'", "braces"),
        ("[reasons]\nlow-snr = '{snr.__class__} '", "braces"),
        ("[reasons]\nlow-snr = '{'", "braces"),
        ("[reasons]\ngrey-zone = '{os}'", "nothing"),
        ("[", "own.toml"),
    ],
)
def test_translation_that_cannot_be_used_is_refused(tmp_path, text, said):
    with pytest.raises(CatalogueError, match=re.escape(said)):
        read_catalogue(written(tmp_path, text))


def test_translation_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match=re.escape("gone.toml")):
        read_catalogue(tmp_path / "gone.toml")


def test_commands_say_what_is_wrong_with_a_translation_and_stop(tmp_path):
    done = in_language(written(tmp_path, "[states]\ngone = 'b'"), "-m", "listener", "check")
    assert done.returncode == 2
    assert "[states] gone: there is no such text" in done.stderr
    assert "Traceback" not in done.stderr


def test_segment_label_keeps_its_side_however_long_its_region(monkeypatch):
    monkeypatch.setitem(SHORT_SIGN_NAMES, Sign.MOTOR_BAND, "Motorband der präzentralen Hirnrinde")
    left, right = (segment_label(Sign.MOTOR_BAND, Region("medial", side)) for side in Side)
    assert left.endswith(", left")
    assert right.endswith(", right")
    assert max(len(left), len(right)) <= LONGEST_MEANING


def test_report_in_other_words_is_another_report(tmp_path):
    uids = {
        Dataset.from_json(in_language(file, "-c", REPORT).stdout).SOPInstanceUID
        for file in ("", pseudo(tmp_path))
    }
    assert len(uids) == 2


def test_report_is_in_the_language_of_the_site_as_a_whole(tmp_path):
    done = in_language(pseudo(tmp_path), "-c", REPORT)
    assert done.returncode == 0, done.stderr
    report = Dataset.from_json(done.stdout)
    assert report.SeriesDescription.startswith("Betz →")
    texts = [element.value for element in report.iterall() if element.keyword == "TextValue"]
    assert any("→→Present←" in text for text in texts)
    assert [text for text in texts if not text.startswith("→") and " " in text] == []
    codes = [item for item in report.iterall() if item.keyword == "CodeMeaning"]
    assert any(code.value == "→T1 hyperintensity of the corticospinal tract←" for code in codes)
    languages = [item.value for item in codes if item.value == "Vlaams"]
    assert languages
