"""The dashboard as an application, and as a process."""

from pathlib import Path

import structlog
import uvicorn
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.access import LOOPBACK_NAMES, Guard, require_password
from dashboard.pages import Pages

_STATIC = Path(__file__).parent / "static"
log = structlog.get_logger()


def make_application(engine: Engine, username: str = "admin", password: str | None = None) -> Guard:
    """The pages of a database, as an ASGI application.

    Without a password it answers only to the names of the loopback, so that no site on the web can have a
    browser on this machine read the pages under a name of its own (DNS rebinding).
    """
    pages = Pages(engine)
    only_loopback = Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES, www_redirect=False)
    application = Starlette(
        routes=[
            Route("/", pages.overview),
            Route("/studies/{uid}", pages.study),
            Route("/studies/{uid}/pictures/{analysis}/{position:int}.png", pages.picture),
            Route("/health", pages.health),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[only_loopback] if password is None else [],
        exception_handlers={
            HTTPException: pages.refused,
            SQLAlchemyError: pages.database_away,
            Exception: pages.broken,
        },
    )
    return Guard(application, username, password)


def run_dashboard(engine: Engine, host: str, port: int, username: str, password: str | None) -> None:
    """Serve the pages until stopped.

    Raises
    ------
    ValueError
        If other machines could reach the pages without a password.
    """
    require_password(host, password)
    log.info("serving pages", host=host, port=port, password=password is not None)
    uvicorn.run(
        make_application(engine, username, password),
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
    )
