"""The log: one JSON object a line whoever speaks, and nothing that quotes the data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "Xanthippe^Zebedee"
_SPEAK = {
    "warning": "warnings.warn(SECRET, UserWarning)",
    "library": "logging.getLogger('some.library').error('cannot read %s', SECRET)",
    "traceback": (
        "try:\n    int(SECRET)\nexcept ValueError:\n    logging.getLogger('some.library').exception(SECRET)"
    ),
    "workflow engine": (
        "import dbos._logger\n"
        "dbos._logger.init_logger()\n"
        "logging.getLogger('dbos').error(f'step failed: {SECRET}\\n  line two')"
    ),
    "thread": ("thread = threading.Thread(target=lambda: int(SECRET))\nthread.start()\nthread.join()"),
}


def log_of(speak: str) -> list[dict]:
    """The lines on standard error of a process that configures its log, and then speaks."""
    script = (
        "import logging, threading, warnings\n"
        "from listener.logs import configure_logs\n"
        "configure_logs('INFO')\n"
        f"SECRET = {SECRET!r}\n{speak}\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert SECRET not in done.stderr
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("who", _SPEAK)
def test_everyone_speaks_in_json_without_the_data(who: str):
    [line] = log_of(_SPEAK[who])
    assert line["event"]
    assert line["level"] in ("warning", "error")
    file, _, number = line["place"].rpartition(":")
    assert file
    assert int(number) > 0


def test_kind_of_a_librarys_error_is_told():
    assert log_of(_SPEAK["traceback"])[0]["error"] == "ValueError"
    assert log_of(_SPEAK["warning"])[0]["error"] == "UserWarning"
    assert log_of(_SPEAK["library"])[0]["library"] == "some.library"


def test_what_a_library_says_below_a_warning_is_left_out():
    assert log_of("logging.getLogger('dbos').info('hello'); logging.getLogger('x').info('hello')") == []
