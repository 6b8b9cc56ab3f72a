"""The first command of the README, on the patients that it makes."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from listener.demo.run import run_demo

pytestmark = pytest.mark.slow


def test_the_demo_finds_the_signs_it_drew_and_no_other(tmp_path: Path):
    printed = io.StringIO()
    status = run_demo(Console(file=printed, width=120), tmp_path, None)
    assert status == 0, printed.getvalue()
