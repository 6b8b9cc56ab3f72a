"""Every benchmark that is listed can be started."""

from importlib import import_module
from importlib.util import find_spec

import pytest

from benchmarks.__main__ import BENCHMARKS

COMPARISON = {"ants", "atlasreader"}
"""Packages of the programs that Betz is measured beside, which ``./run bench`` alone installs."""


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_listed_benchmark_has_a_command(name):
    within = f"benchmarks.{name}.command"
    module = within if find_spec(f"benchmarks.{name}").submodule_search_locations else f"benchmarks.{name}"
    try:
        found = import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name not in COMPARISON:
            raise
        pytest.skip(f"{missing.name} is installed for benchmarks only")
    assert found.app is not None
