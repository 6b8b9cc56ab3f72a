"""Every benchmark that is listed can be started."""

from importlib import import_module
from importlib.util import find_spec

import pytest

from benchmarks.__main__ import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_listed_benchmark_has_a_command(name):
    within = f"benchmarks.{name}.command"
    module = within if find_spec(f"benchmarks.{name}").submodule_search_locations else f"benchmarks.{name}"
    assert import_module(module).app is not None
