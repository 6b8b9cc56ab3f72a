"""The pages: a request in, the rows of the database on paper out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboard import profile, queries, words
from dashboard.chart import HEIGHT, WIDTH, daily_bars
from dashboard.profile import profile_picture
from dashboard.regions import sign_tables
from db.models import StudyStatus

_UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)
_PAGE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_UNFINISHED = (StudyStatus.RECEIVING, StudyStatus.ANALYSING, StudyStatus.DELIVERING)
_LAST_POSITION = 999
_DRAWN = ("studies", "reports", "failed_analyses", "refused_instances")
log = structlog.get_logger()


def make_templates() -> Environment:
    """The templates; whatever they are given is escaped."""
    templates = Environment(
        loader=PackageLoader("dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        utc=words.utc,
        words=words.words,
        tone=words.tone,
        number=words.number,
        unit=words.unit,
        dicom_date=words.dicom_date,
    )
    templates.globals.update(
        SIGNS=words.SIGNS, OBJECTS=words.OBJECTS, COMMITMENT=words.COMMITMENT, DAILY=words.DAILY
    )
    return templates


class Pages:
    """Every page of one database.

    Parameters
    ----------
    engine
        Of a database that has the views; nothing is ever written to it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._templates = make_templates()

    def overview(self, request: Request) -> Response:
        """What came, what failed, what waits."""
        status = _status(request.query_params.get("status", ""))
        asked = _page(request.query_params.get("page", "1"))
        now = datetime.now(UTC)
        with queries.reading_only(self._engine) as connection:
            counts = queries.studies_by_status(connection)
            found = sum(counts.values()) if status is None else counts[status]
            pages = max(1, -(-found // queries.PAGE))
            page = min(asked, pages)
            days = queries.last_days(connection, now.date())
            values: dict[str, Any] = {
                "counts": counts,
                "deliveries_waiting": queries.waiting_deliveries(connection),
                "refused_today": _count(days[now.date()], "refused_instances"),
                "studies": queries.newest_studies(connection, status, page),
                "failures": queries.failures(connection),
                "unsettled": queries.unsettled_studies(connection),
                "analysing": queries.analysing_studies(connection),
                "waiting": queries.unacknowledged_deliveries(connection),
            }
        counted = {day: tuple(_count(row, kind) for kind in _DRAWN) for day, row in days.items()}
        drawing = {"chart": daily_bars(counted, _DRAWN), "chart_size": (WIDTH, HEIGHT), "kinds": _DRAWN}
        place = {"status": status, "found": found, "page": page, "pages": pages}
        fixed = {"statuses": tuple(StudyStatus), "newest": queries.NEWEST, "now": now}
        return self._page("overview.html", {**values, **drawing, **place, **fixed})

    def study(self, request: Request) -> Response:
        """Everything about one study."""
        uid = _uid(request)
        with queries.reading_only(self._engine) as connection:
            study = queries.study(connection, uid)
            if study is None:
                raise HTTPException(404)
            values: dict[str, Any] = {
                "series": queries.series_of(connection, uid),
                "analyses": queries.analyses_of(connection, uid),
                "signs": sign_tables(
                    sorted(queries.findings_of(connection, uid), key=lambda f: words.place(f["sign"])),
                    queries.measurements_of(connection, uid),
                ),
                "key_images": queries.pictures_of(connection, uid),
                "pictures": {
                    sign: profile_picture(profiles)
                    for sign, profiles in queries.profiles_of(connection, uid).items()
                },
                "deliveries": queries.deliveries_of(connection, uid),
                "events": queries.events_of(connection, uid),
            }
        about = {
            "picture_size": (profile.WIDTH, profile.HEIGHT),
            "study": study,
            "unfinished": study.status in _UNFINISHED,
            "now": datetime.now(UTC),
        }
        return self._page("study.html", {**values, **about})

    def picture(self, request: Request) -> Response:
        """One picture of what was found in a study."""
        analysis, position = request.path_params["analysis"], request.path_params["position"]
        if position > _LAST_POSITION:
            raise HTTPException(404)
        with queries.reading_only(self._engine) as connection:
            png = queries.picture(connection, _uid(request), analysis, position)
        if png is None:
            raise HTTPException(404)
        return Response(png, media_type="image/png")

    def health(self, _request: Request) -> Response:
        """Whether the database answers."""
        try:
            with queries.reading_only(self._engine) as connection:
                queries.answers(connection)
        except SQLAlchemyError as error:
            log.error("database-does-not-answer", kind=type(error).__name__)
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    def refused(self, _request: Request, error: Exception) -> Response:
        """A page for what is not there, or was asked for wrongly."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        said = {404: "There is no such page or study.", 400: "That cannot be asked.", 405: "Only reading."}
        response = self._message(status, said.get(status, "This did not work."))
        response.headers.update(headers or {})
        return response

    def database_away(self, _request: Request, error: Exception) -> Response:
        """A page for a database that does not answer."""
        log.error("database-does-not-answer", kind=type(error).__name__)
        return self._message(503, "The database does not answer, or betz serve has not prepared it yet.")

    def broken(self, _request: Request, _error: Exception) -> Response:
        """A page for a fault of the dashboard's own; the log says more."""
        return self._message(500, "The dashboard failed; its log says where.")

    def _page(self, template: str, values: Mapping[str, Any], code: int = 200) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(values), code)

    def _message(self, code: int, message: str) -> HTMLResponse:
        return self._page("message.html", {"message": message}, code)


def _uid(request: Request) -> str:
    uid = str(request.path_params["uid"])
    if len(uid) > 64 or not _UID.fullmatch(uid):
        raise HTTPException(404)
    return uid


def _status(word: str) -> StudyStatus | None:
    if not word:
        return None
    try:
        return StudyStatus(word)
    except ValueError:
        raise HTTPException(400) from None


def _page(word: str) -> int:
    if not _PAGE.fullmatch(word):
        raise HTTPException(400)
    return int(word)


def _count(row: Row[Any] | None, kind: str) -> int:
    return 0 if row is None else int(getattr(row, kind) or 0)
