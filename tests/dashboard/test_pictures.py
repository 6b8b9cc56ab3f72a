"""The key images of a study on its page, and only for those who may see it."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from db.engine import writing
from db.models import Picture, Study
from db.pictures import NewPicture, replace_pictures

from .conftest import browser
from .rows import receive, settle, uid

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def drawn(engine: Engine) -> Engine:
    """A database with study 1, which has three pictures of two analyses."""
    at = datetime.now(UTC)
    receive(engine, 1, at)
    keep(engine, settle(engine, 1, at), "spine", NewPicture("Overview: cord", PNG + b"c"))
    sign = NewPicture("T1 <b>hyperintensity</b>", PNG + b"b", "cst_t1")
    keep(engine, settled(engine), "brain", NewPicture("Overview: brain", PNG + b"a"), sign)
    return engine


def settled(engine: Engine) -> Study:
    with writing(engine) as session:
        return session.scalars(select(Study).where(Study.study_instance_uid == uid(1))).one()


def keep(engine: Engine, study: Study, analysis: str, *pictures: NewPicture, version: int = 1) -> None:
    with writing(engine) as session:
        replace_pictures(session, study.id, version, analysis, pictures)


def test_thumbnails_open_the_pictures(drawn: Engine, client: TestClient) -> None:
    page = client.get(f"/studies/{uid(1)}").text
    sources = re.findall(r'<a href="([^"]+)"><img src="([^"]+)"', page)
    assert [link for link, _ in sources] == [image for _, image in sources]
    answers = [client.get(link) for link, _ in sources]
    assert [answer.content for answer in answers] == [PNG + b"a", PNG + b"c", PNG + b"b"]
    for answer in answers:
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["cache-control"] == "no-store"
    assert "T1 &lt;b&gt;hyperintensity&lt;/b&gt;" in page


def test_pictures_need_the_password(drawn: Engine) -> None:
    client = browser(drawn, "secret")
    path = f"/studies/{uid(1)}/pictures/brain/0.png"
    assert client.get(path).status_code == 401
    assert client.get(path, auth=("admin", "secret")).content == PNG + b"a"


@pytest.mark.parametrize(
    "path",
    [
        "brain/2.png",
        "brain/99999999999999999999.png",
        "heart/0.png",
        "brain/-1.png",
        "brain/x.png",
        "brain/0",
    ],
)
def test_what_is_not_there(drawn: Engine, client: TestClient, path: str) -> None:
    assert client.get(f"/studies/{uid(1)}/pictures/{path}").status_code == 404
    assert client.get(f"/studies/{uid(2)}/pictures/brain/0.png").status_code == 404


def test_a_study_without_pictures_shows_none(engine: Engine, client: TestClient) -> None:
    receive(engine, 1, datetime.now(UTC))
    page = client.get(f"/studies/{uid(1)}")
    assert page.status_code == 200
    assert "<img" not in page.text


def test_a_newer_version_replaces_the_pictures_of_its_analysis(drawn: Engine, client: TestClient) -> None:
    keep(drawn, settled(drawn), "brain", NewPicture("Overview: brain, again", PNG), version=2)
    with writing(drawn) as session:
        kept = session.execute(select(Picture.analysis, Picture.version).order_by(Picture.analysis)).all()
    assert kept == [("brain", 2), ("spine", 1)]
    assert "Overview: brain, again, of version 2" in client.get(f"/studies/{uid(1)}").text
