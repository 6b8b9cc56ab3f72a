"""TLS as BCP 195 has it: version 1.2 or newer, forward secrecy, authenticated encryption."""

import socket
import ssl
from pathlib import Path

from listener.destinations import Destination, DestinationTLS
from listener.settings import ListenerTLS

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""For TLS 1.2 (RFC 9325, section 4.2); those of 1.3 are all of this kind."""
_PATIENCE_S = 1.0
_NO_PASSWORD = ""
"""Of a key file; without one OpenSSL would wait for someone to type it at the terminal."""


def destination_context(tls: DestinationTLS) -> ssl.SSLContext:
    """What an association with a destination is protected by.

    Raises
    ------
    OSError
        If a file cannot be read, or is not what it should be.
    """
    context = ssl.create_default_context(cafile=_path(tls.ca_file))
    _harden(context)
    context.check_hostname = tls.check_host
    if tls.certificate_file is not None:
        context.load_cert_chain(tls.certificate_file, tls.key_file, _NO_PASSWORD)
    return context


def listener_context(tls: ListenerTLS) -> ssl.SSLContext:
    """What associations with the listener are protected by.

    Raises
    ------
    OSError
        If a file cannot be read, or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    context.load_cert_chain(tls.certificate_file, tls.key_file, _NO_PASSWORD)
    if tls.ca_file is not None:
        context.load_verify_locations(tls.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def handshake_problem(destination: Destination) -> str | None:
    """Why no TLS connection comes about with a destination that can be connected to; ``None`` if one does."""
    if destination.tls is None:
        return None
    try:
        context = destination_context(destination.tls)
    except OSError as error:
        return f"The files for TLS cannot be used ({tls_words(error)})."
    address = (destination.host, destination.port)
    try:
        with (
            socket.create_connection(address, destination.timeout.total_seconds()) as plain,
            context.wrap_socket(plain, server_hostname=destination.host) as connection,
        ):
            # In TLS 1.3 the peer says what it thinks of our certificate only now.
            connection.settimeout(_PATIENCE_S)
            connection.recv(1)
    except ssl.SSLError as error:
        return f"TLS with the destination fails ({tls_words(error)})."
    except OSError:
        return None
    return None


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    # A peer's own certificate may be what is trusted, without the authority above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file)


def tls_words(error: OSError) -> str:
    """What is wrong, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no reason given").lower().replace("_", " ")
    return f"{error.strerror}: {error.filename}"
