"""Words fit what they are given, and texts do not overprint each other in any language."""

import json
import os
import subprocess
import sys

import pytest

from catalogue.texts import VARIABLE
from catalogue.translation import ENGLISH, LONGEST_MEANING, MEANINGS, read_catalogue
from reports.key_images.fitting import fitted
from reports.key_images.page import Page

OVERPRINTED = """
import json
from dataclasses import replace

from processors.findings import Reason
from reports.key_images.pictures import pages
from tests.reports.key_images.made_up import brain, neck

TOUCHING = 3
WHY = tuple(map(Reason.of, ("asymmetric-band", "bias-sensitive", "unknown-sex", "small-norm", "t2-alone")))
found = []
for make, arguments in ((brain, {}), (neck, {}), (neck, {"levels": False})):
    findings, volumes, maps, last = make(**arguments)
    strips, profiles = ((), last) if make is neck else (last, ())
    findings = [replace(one, reasons=(*one.reasons, *WHY), norm=one.norm or "a norm") for one in findings]
    for sign, _, page, _ in pages(findings, volumes, maps, strips, profiles, software_version="0.1.0"):
        lines = page.written()
        for number, (words, (left, top, right, bottom)) in enumerate(lines):
            if left < 0 or top < 0 or right > 1280 or bottom > 960:
                found.append([sign, words, "the page's edge"])
            for other, box in lines[:number]:
                across = min(right, box[2]) - max(left, box[0])
                down = min(bottom, box[3]) - max(top, box[1])
                if across > 1 and down > TOUCHING:
                    found.append([sign, words, other])
        found.append([sign, len(lines)])
print(json.dumps(found))
"""


def letters(words, size):
    return 0.5 * size * len(words)


@pytest.mark.parametrize(
    ("width", "most", "expected"),
    [
        (1000, 1, (["the quick brown fox"], 20)),
        (140, 1, (["the quick brown fox"], 14.5)),
        (100, 2, (["the quick", "brown fox"], 20)),
        (60, 1, (["the …"], 14)),
        (30, 1, (["the…"], 14)),
        (70, 2, (["the quick", "brown fox"], 15.5)),
    ],
)
def test_letters_shrink_before_words_are_left_out(width, most, expected):
    lines, size = fitted("the quick brown fox", width, 20, letters, least=14, most=most)
    assert (lines, size) == expected
    assert all(letters(line, size) <= width for line in lines)


def test_no_words_are_one_empty_line():
    assert fitted("", 10, 20, letters, least=14) == ([""], 20)


def test_a_word_that_is_too_long_is_cut_on_the_page():
    page = Page()
    page.text(100, 100, "Donaudampfschifffahrtsgesellschaftskapitän", width=120)
    [(words, (left, _, right, _))] = page.written()
    assert words.startswith("Donaudampf")
    assert words.endswith("…")
    assert right - left <= 121


def longest(folder):
    """A translation with texts about twice as long as the English ones, or as long as they may be."""
    lines = []
    for section, texts in read_catalogue(None).sections.items():
        lines.append(f"[{section}]")
        for number, (key, text) in enumerate(texts.items()):
            if section == "language":
                continue
            name = f"{text} nebst {number} weitschweifigen Umschreibungswörtern"
            many = f"{text} {name}" if "{" not in text else name
            long = name[:LONGEST_MEANING].ljust(LONGEST_MEANING, "n") if section in MEANINGS else many
            lines.append(f"{json.dumps(key)} = {json.dumps(long, ensure_ascii=False)}")
    file = folder / "longest.toml"
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.mark.parametrize("language", ["English", "longest"])
def test_texts_do_not_overprint_each_other(language, tmp_path):
    """The catalogue is read once for a process, so that another language needs another process."""
    file = str(longest(tmp_path)) if language == "longest" else ""
    done = subprocess.run(
        [sys.executable, "-c", OVERPRINTED],
        env={**os.environ, VARIABLE: file, "OMP_NUM_THREADS": "1"},
        cwd=ENGLISH.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one for one in found if len(one) == 3] == []
    assert min(one[1] for one in found) > 20
