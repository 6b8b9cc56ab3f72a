"""An accepted association that wakes when something happens.

pynetdicom's association and its upper layer each look a thousand times a second whether there is something to
do, and read the network 4 KiB at a time. Each look waits half a millisecond on average, and takes the
interpreter from the associations that have work. Here both wait for what they wait for. The protocol, its
state machine and its timers are pynetdicom's.
"""

import queue
import select
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from socket import create_server, socket
from typing import Any

import structlog
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

_LONGEST_WAIT_S = 0.02
"""After so long without an event the timers and the orders to stop are looked at."""
_LARGEST_READ = 1 << 18


_BACKLOG = 128

log = structlog.get_logger()


def listening_socket(host: str, port: int) -> socket:
    """A socket that several listener processes can accept connections from.

    It outlives each of them: while one is started anew, connections wait.

    Raises
    ------
    OSError
        If the address cannot be listened on.
    """
    listening = create_server((host, port), backlog=_BACKLOG)
    listening.setblocking(False)
    return listening


class SharingServer(ThreadedAssociationServer):
    """Accepts from a socket that listens already, and that other processes may accept from too."""

    def __init__(self, listening: socket, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        self._listening = listening
        super().__init__(*arguments, **named)

    def server_bind(self) -> None:
        """Take the socket in the place of one's own."""
        if self.socket is not None:
            self.socket.close()
        self.socket = self._listening
        self.server_address = self._listening.getsockname()

    def server_activate(self) -> None:
        """Nothing is left to do: the socket listens."""

    def get_request(self) -> tuple[socket, tuple[str, int]]:
        """Accept a connection; its TLS handshake is left to its own thread, lest it hold up the others."""
        connection, address = self._listening.accept()
        if self.ssl_context is not None:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address


class AcceptedConnection(RequestHandler):
    """Makes the association of each connection one that is woken.

    A peer that stops within a PDU, or takes no more of an answer, is given up after the AE's network timeout:
    pynetdicom's own timers are looked at between PDUs only.
    """

    def handle(self) -> None:
        """Make the association, after the TLS handshake where there is to be one."""
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(self.ae.acse_timeout)
            try:
                self.request.do_handshake()
            except OSError as error:
                why = error.reason if isinstance(error, ssl.SSLError) else type(error).__name__
                log.info("TLS handshake failed", address=self.client_address[0], why=why)
                self.request.close()
                return
        super().handle()

    def _create_association(self) -> Association:
        assoc = super()._create_association()
        self.request.settimeout(self.ae.network_timeout)
        dul = assoc.dul
        came, idle = threading.Event(), threading.Event()
        idle.set()
        assoc.dimse.msg_queue = _Announcing(came, idle.clear)
        dul.to_user_queue = _Announcing(came)
        dul.to_provider_queue = _Announcing(idle)
        assoc._reactor_checkpoint = _Checkpoint(came)
        dul._run_loop_delay = 0
        dul._is_transport_event = partial(  # type: ignore[method-assign]
            _wait_then, dul._is_transport_event, dul, idle
        )
        if dul.socket is not None:
            dul.socket.recv = partial(_receive, self.request)  # type: ignore[method-assign]
        return assoc


class _Announcing(queue.Queue[Any]):
    """A queue that sets an event whenever something is put into it."""

    def __init__(self, event: threading.Event, before: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._event = event
        self._before = before

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        """Put, then announce."""
        self._before()
        super().put(item, block, timeout)
        self._event.set()


class _Checkpoint(threading.Event):
    """Where the association's thread passes before it looks for requests, a release or an abort."""

    def __init__(self, came: threading.Event) -> None:
        super().__init__()
        self.set()
        self._came = came

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until something came, or is overdue, and the association may go on."""
        self._came.wait(_LONGEST_WAIT_S)
        self._came.clear()
        return super().wait(timeout)


def _wait_then(read_if_ready: Callable[[], bool], dul: DULServiceProvider, idle: threading.Event) -> bool:
    """Run in the upper layer's thread when nothing is to be sent: wait, then read what has come.

    Parameters
    ----------
    idle
        Clear while a request is served. The peer has nothing to say then, and the wait is for the answer;
        otherwise it is for the network.
    """
    connection = dul.socket.socket if dul.socket is not None else None
    if not idle.is_set():
        idle.wait(_LONGEST_WAIT_S)
        if idle.is_set():
            return False
    elif connection is None or connection.fileno() < 0:
        time.sleep(_LONGEST_WAIT_S)
    elif dul.event_queue.empty() and not _has_read_ahead(connection):
        _wait_readable(connection)
    return read_if_ready()


def _has_read_ahead(connection: socket) -> bool:
    """Whether TLS has more of what came than was asked for, of which the system's socket knows nothing."""
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0


def _wait_readable(connection: socket) -> None:
    try:
        select.select([connection], [], [], _LONGEST_WAIT_S)
    except (OSError, ValueError):
        return


def _receive(connection: socket, length: int) -> bytearray:
    """Read so many bytes, or fewer if the peer closes the connection.

    The length is the peer's word: memory is taken as the bytes come, not beforehand.

    Raises
    ------
    TimeoutError
        If nothing came for as long as the connection allows.
    """
    data = bytearray()
    while len(data) < length:
        part = connection.recv(min(length - len(data), _LARGEST_READ))
        if not part:
            break
        data += part
    return data
