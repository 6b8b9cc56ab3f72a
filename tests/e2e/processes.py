"""The processes below a process, from ``/proc``."""

from pathlib import Path

import pytest


def children(pid: int, command: str) -> list[int]:
    """The children of a supervising ``betz`` that run a command just now."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc to find the processes in")
    return [one for one in _children(pid) if _command_line(one)[2:4] == ["listener", command]]


def child(pid: int, command: str) -> int | None:
    """The first of these, if it runs just now."""
    return next(iter(children(pid, command)), None)


def analysis_process(worker: int) -> int | None:
    """The process in which a worker runs its analyses, once there is one."""
    found = [one for one in _children(worker) if "from multiprocessing.spawn" in " ".join(_command_line(one))]
    return found[0] if found else None


def _children(pid: int) -> list[int]:
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [one for one in processes if _parent(one) == pid]


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
