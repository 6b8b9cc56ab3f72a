"""Logs that an administrator can read and a program can parse, without patient data."""

import logging
import sys
import traceback

import pynetdicom._config
import structlog


def configure_logs(level: str) -> None:
    """One JSON object a line on standard error; the libraries' own warnings with them."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s", force=True)
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
