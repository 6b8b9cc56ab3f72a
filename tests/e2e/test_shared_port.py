"""Several listener processes on one port."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.processes import children
from tests.images import mr_image, write_files


@pytest.mark.parametrize("killed", [1, 2])
def test_the_port_answers_while_listeners_are_started_anew(betz, dcmtk, tmp_path: Path, killed: int):
    node = betz(BETZ_LISTENER__PROCESSES="2")
    supervisor = node.start("listener")
    files = write_files([mr_image(number) for number in range(1, 13)], tmp_path / "images")
    assert dcmtk.store(node.port, files[:2]).exit_status == 0
    for process in children(supervisor.pid, "listener")[:killed]:
        os.kill(process, signal.SIGKILL)
    assert [dcmtk.store(node.port, [file]).exit_status for file in files[2:]] == [0] * 10
    assert node.rows("SELECT COUNT(*) FROM instance") == [(12,)]


def test_a_port_that_is_taken_is_said_at_once(betz):
    node = betz(BETZ_LISTENER__PROCESSES="2")
    node.start("listener")
    second = node.start("listener")
    assert second.wait(20) == 2
    assert f"Cannot listen on 127.0.0.1:{node.port}" in node.log.read_text()
