"""Listener and worker as processes of one node; one that ends unasked is started again."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from listener.parent import die_with_parent
from listener.stop_order import StopOrder

_STABLE_AFTER_S = 30.0
_LONGEST_PAUSE_S = 30.0
_STOP_WITHIN_S = 15.0
_POLL_S = 0.2

log = structlog.get_logger()


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    inherits: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)

    def keep_running(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process is not None:
            lasted = now - self.started
            self.pause = 0.0 if lasted > _STABLE_AFTER_S else min(max(0.5, 2 * self.pause), _LONGEST_PAUSE_S)
            log.error(
                "process ended", process=self.name, status=self.process.returncode, again_in_s=self.pause
            )
            self.process, self.due = None, now + self.pause
        if now >= self.due:
            self.started = now
            self.process = subprocess.Popen(
                self.command,
                preexec_fn=die_with_parent,  # noqa: PLW1509
                pass_fds=self.inherits,
            )


def supervise(commands: Mapping[str, Sequence[str]], inherits: tuple[int, ...] = ()) -> None:
    """Keep the commands running until SIGTERM or SIGINT, then stop them.

    Parameters
    ----------
    inherits
        File descriptors that stay open in the processes, such as a socket that they share.
    """
    stop_order = StopOrder()
    children = [_Child(name, command, inherits) for name, command in commands.items()]
    while not stop_order.came(within_s=_POLL_S):
        for child in children:
            child.keep_running()
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + _STOP_WITHIN_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
