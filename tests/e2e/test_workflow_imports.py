"""What a process loads before it can answer."""

import subprocess
import sys

import pytest

WORKER_ONLY = ("dbos", "SimpleITK", "picsl_greedy", "processors.brain")


@pytest.mark.parametrize("module", ["server", "checks", "status", "health"])
def test_only_the_worker_loads_the_engine_and_the_analyses(module: str) -> None:
    code = f"import sys, listener.{module}; print([m for m in {WORKER_ONLY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
