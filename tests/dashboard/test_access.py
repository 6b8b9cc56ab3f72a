"""Who sees the pages, and what hostile rows can do to those who do."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from dashboard.access import is_loopback, require_password
from dashboard.pages import Pages
from db.engine import make_engine, writing
from db.models import StudyStatus

from .conftest import browser
from .rows import classify, end, receive, refuse, settle, uid

PASSWORD = "correct horse: battery"
HOSTILE = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


class Elements(HTMLParser):
    """The elements of a page, and every attribute they have."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_password(filled: Engine) -> None:
    client = browser(filled, PASSWORD)
    for path in ("/", f"/studies/{uid(1)}", "/static/style.css", "/nothing"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "PHANTOM" not in answer.text
        assert client.get(path, auth=("admin", "wrong")).status_code == 401
        assert client.get(path, auth=("root", PASSWORD)).status_code == 401
        assert client.get(path, auth=("admin", PASSWORD)).status_code in (200, 404)
    assert "PHANTOM" in client.get("/", auth=("admin", PASSWORD)).text


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        "Basic " + b64encode(b"admin").decode(),
        "Bearer " + b64encode(f"admin:{PASSWORD}".encode()).decode(),
        "Basic " + b64encode(b"\xff\xfe:\x00").decode(),
        "Basic ünïcode",
        "Basic " + "A" * 9999,
    ],
)
def test_malformed_authorization(engine: Engine, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1")}
    assert browser(engine, PASSWORD).get("/", headers=headers).status_code == 401


def test_password_beyond_ascii(engine: Engine) -> None:
    token = b64encode("admin:größer".encode()).decode()
    answer = browser(engine, "größer").get("/", headers={"Authorization": f"Basic {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("10.1.2.3", False), ("", False), ("betz.example", False), ("localhost.example", False)],
)  # fmt: skip
def test_other_machines_need_a_password(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    require_password(host, PASSWORD)
    if loopback:
        require_password(host, None)
    else:
        with pytest.raises(ValueError, match="needs a password"):
            require_password(host, None)
    with pytest.raises(ValueError, match="empty"):
        require_password(host, "")


def test_without_password_only_loopback_names(filled: Engine) -> None:
    client = browser(filled)
    assert client.get("/", headers={"Host": "localhost:8080"}).status_code == 200
    rebound = client.get("/", headers={"Host": "evil.example:8080"})
    assert rebound.status_code == 400
    assert "PHANTOM" not in rebound.text


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/static/style.css", "/?page=x"])
def test_headers(filled: Engine, path: str) -> None:
    for client in (browser(filled), browser(filled, PASSWORD)):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert "script-src" not in policy
        assert "unsafe" not in headers["content-security-policy"]


def _poison(engine: Engine, hostile: str) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    fields = ("patient_name", "patient_id", "accession_number", "study_date", "study_description")
    receive(engine, 1, at, **dict.fromkeys(fields, hostile), series_description=hostile)
    study = settle(engine, 1, at)
    classify(engine, study, decision=hostile)
    end(engine, study, at, StudyStatus.FAILED, hostile)
    refuse(engine, at, "instance-refused", hostile)


def test_hostile_rows_stay_text(engine: Engine, client: TestClient) -> None:
    receive(engine, 2, datetime.now(UTC))
    harmless = [Elements(client.get(path).text) for path in ("/", f"/studies/{uid(2)}")]
    _poison(engine, HOSTILE)
    for path, shown in (("/", 5), (f"/studies/{uid(1)}", 7)):
        page = client.get(path).text
        assert page.count("&lt;script&gt;") >= shown, path
        elements = Elements(page)
        assert not elements.tags & {"script", "img", "iframe", "object", "style", "form", "base"}
        assert not {name for name in elements.attributes if name.startswith("on") or name == "style"}
        assert "49" not in page.split("{{ 7*7 }}")[0][-60:]
    assert all("script" not in page.tags for page in harmless)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hostile=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
)
def test_any_text_gives_the_same_elements(filled: Engine, client: TestClient, hostile: str) -> None:
    def elements(value: str) -> list[Elements]:
        _rewrite(filled, value)
        return [Elements(client.get(path).text) for path in ("/", f"/studies/{uid(5)}")]

    for given_text, harmless in zip(elements(hostile), elements("harmless"), strict=True):
        assert given_text.tags == harmless.tags
        assert given_text.attributes == harmless.attributes


def _rewrite(engine: Engine, value: str) -> None:
    """Put a text into every column that the network can write."""
    columns = {
        "study": ("patient_name", "patient_id", "accession_number", "study_date", "study_description"),
        "series": ("modality", "series_number", "series_description"),
        "stack": ("decision", "contrast"),
        "analysis": ("error",),
        "delivery": ("last_outcome",),
        "event": ("why",),
    }
    with writing(engine) as session:
        for table, names in columns.items():
            changes = ", ".join(f"{name} = :value" for name in names)
            session.execute(text(f"UPDATE {table} SET {changes}"), {"value": value})


def test_database_away(tmp_path: Path) -> None:
    client = browser(make_engine(f"sqlite:///{tmp_path / 'gone' / 'betz.sqlite'}"))
    health = client.get("/health")
    assert health.status_code == 503
    assert health.json() == {"status": "the database does not answer"}
    page = client.get("/")
    assert page.status_code == 503
    assert "The database does not answer" in page.text
    assert "sqlite" not in page.text.lower()


def test_database_not_prepared(tmp_path: Path) -> None:
    client = browser(make_engine(f"sqlite:///{tmp_path / 'betz.sqlite'}"))
    assert client.get("/health").status_code == 503
    assert "has not prepared it yet" in client.get("/").text


def test_faults_show_no_traceback(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_pages: Pages, _request: object) -> None:
        raise RuntimeError("DOE^JANE")

    monkeypatch.setattr(Pages, "study", fail)
    answer = browser(engine).get(f"/studies/{uid(1)}")
    assert answer.status_code == 500
    assert "The dashboard failed" in answer.text
    assert "JANE" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
