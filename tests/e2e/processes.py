"""The processes below a process, from ``/proc``."""

from pathlib import Path

import pytest


def children(pid: int, *words: str) -> list[int]:
    """The children of a process whose command line has all these words."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc to find the processes in")
    return [one for one in _all() if _parent(one) == pid and set(words) <= set(_command_line(one))]


def analysis_process(worker: int) -> int | None:
    """The process in which a worker runs its analyses, once there is one."""
    found = [one for one in children(worker) if "from multiprocessing.spawn" in " ".join(_command_line(one))]
    return found[0] if found else None


def _all() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
