"""Logs that an administrator can read and a program can parse, without patient data."""

import logging
import sys
import threading
import traceback
import warnings
from typing import TextIO

import pynetdicom._config
import structlog


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error.

    Of the libraries' warnings and errors, and of a thread that ends by one, the log has the kind and the
    place: their texts may quote the data.
    """
    relayed = _Relayed(logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[relayed], force=True)
    dbos = logging.getLogger("dbos")
    dbos.handlers, dbos.propagate = [relayed], False  # with none, DBOS adds one of its own
    warnings.showwarning = _show_warning
    threading.excepthook = _tell_of_thread
    pynetdicom._config.LOG_HANDLER_LEVEL = "none"
    for talkative in ("pynetdicom", "pydicom", "alembic"):
        logging.getLogger(talkative).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def place_of(error: BaseException) -> str:
    """Where an error was raised, as ``file:line``: a message may quote the data, the place cannot."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"


class _Relayed(logging.Handler):
    """What a library logs, without its text."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say which library, where, and what kind of error it had."""
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno,
            "a library reports",
            library=record.name,
            place=place_of(error) if error else f"{record.pathname}:{record.lineno}",
            error=type(error).__name__ if error else None,
        )


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    structlog.get_logger().warning("a library warns", error=category.__name__, place=f"{filename}:{lineno}")


def _tell_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        kind, place = type(args.exc_value).__name__, place_of(args.exc_value)
        structlog.get_logger().error("a thread ended by an error", error=kind, place=place)
