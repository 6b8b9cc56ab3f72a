"""The order to stop: SIGTERM or SIGINT, taken so that it is never missed.

A ``threading.Event`` that a signal handler sets is not safe for that: the handler may run while its own
thread holds the event's lock, and a thread that waits without an end is not woken when the system hands the
signal to another thread of the process.
"""

import signal
import time

_LOOK_EVERY_S = 0.1


class StopOrder:
    """Made in the main thread, before there is anything to stop; asked from any thread."""

    def __init__(self) -> None:
        self._came = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)

    def came(self, within_s: float) -> bool:
        """Whether it has come, after waiting for it so long at most, in seconds."""
        end = time.monotonic() + within_s
        while not self._came and (left := end - time.monotonic()) > 0:
            time.sleep(min(_LOOK_EVERY_S, left))
        return self._came

    def wait(self) -> None:
        """Return when it has come."""
        while not self._came:
            time.sleep(_LOOK_EVERY_S)

    def _take(self, *_: object) -> None:
        self._came = True
