"""A link to a peer that is slow, but steady."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

_BUFFER = 1 << 16


@contextlib.contextmanager
def slow_link(port: int, bytes_per_second: float) -> Iterator[int]:
    """A port on loopback from which so much a second is handed on to another; back there is no limit."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        threading.Thread(target=_accept, args=(listening, port, bytes_per_second), daemon=True).start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, port: int, bytes_per_second: float) -> None:
    with contextlib.suppress(OSError):
        while True:
            here, there = listening.accept()[0], socket.create_connection(("127.0.0.1", port))
            for one, other, rate in ((here, there, bytes_per_second), (there, here, float("inf"))):
                threading.Thread(target=_hand_on, args=(one, other, rate), daemon=True).start()


def _hand_on(source: socket.socket, sink: socket.socket, bytes_per_second: float) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_BUFFER // 4):
            sink.sendall(data)
            time.sleep(len(data) / bytes_per_second)
        sink.shutdown(socket.SHUT_WR)
