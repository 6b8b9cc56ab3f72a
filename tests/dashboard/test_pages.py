"""What the pages show of real rows."""

import html
import itertools
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from dashboard import queries, words
from dashboard.chart import HEIGHT, WIDTH, daily_bars
from db.engine import make_engine, migrate, writing
from db.lifecycle import start_analysis, study_by_uid
from db.models import StudyStatus
from db.norms import mark_normal
from processors.findings import Sign

from .conftest import browser
from .rows import analyse, ask_for_commitment, attempt, fill, find, receive, report, settle, uid


def said(page: str) -> str:
    """The text of a page, as a reader sees it."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def counter(page: str, word: str) -> int:
    """The number above a counter's word."""
    return int(re.search(rf"<b>(\d+)</b> {word}", page)[1])


def linked(page: str) -> list[str]:
    """The studies in the table of what came, in its order."""
    return re.findall(r'href="/studies/([0-9.]+)"', page.split('id="studies"')[1])


def test_empty_database(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "No study has come yet." in page.text
    assert said(page.text).count("Nothing.") == 2
    assert counter(page.text, "failed") == 0


def test_counters(filled: Engine, client: TestClient) -> None:
    page = client.get("/").text
    for word in (
        "receiving",
        "analysing",
        "delivering",
        "delivered",
        "delivered in part",
        "reported",
        "failed",
        "nothing to analyse",
    ):
        assert counter(page, word) == 1, word
    assert counter(page, "deliveries waiting") == 2
    assert counter(page, "instances refused or quarantined today") == 2


def test_what_failed_and_why(filled: Engine, client: TestClient) -> None:
    failed = said(client.get("/").text.split("What failed and why")[1].split("</section>")[0])
    assert "study failed Every analysis failed. " + uid(2) in failed
    assert "analysis failed brain The registration did not converge. " + uid(2) in failed
    assert "instance quarantined The SOP Instance UID is stored already with other content." in failed
    assert "instance refused The dataset does not match its SOP class." in failed
    assert uid(1) not in re.findall("[0-9.]{9,}", failed)


def test_what_failed_in_an_older_version_is_past(engine: Engine, client: TestClient) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    receive(engine, 1, start)
    study = settle(engine, 1, start)
    analyse(engine, study, start, "The volume has gaps.")
    assert "The volume has gaps." in client.get("/").text
    receive(engine, 1, start + timedelta(minutes=5), images=4)
    assert "The volume has gaps." not in client.get("/").text
    assert "failed The volume has gaps." in said(client.get(f"/studies/{study.study_instance_uid}").text)


def test_what_waits_and_for_what(filled: Engine, client: TestClient) -> None:
    waits = said(client.get("/").text.split("What waits, and for what")[1].split("</section>")[0])
    assert "Waiting for T2 brain, SWI brain. " + uid(3) in waits
    assert "Analysis brain is running, attempt 1. " + uid(4) in waits
    assert "delivering Comprehensive 3D SR PACS: The association was refused. 1 attempt" in waits
    assert "refused Segmentation PACS: The destination does not accept segmentations. 1 attempt" in waits
    assert uid(2) not in waits


def test_what_a_destination_has_committed_itself_to(engine: Engine, client: TestClient) -> None:
    at = datetime.now(UTC)
    receive(engine, 1, at)
    study = settle(engine, 1, at)
    report(engine, study, at, "PACS")
    attempt(engine, study, at, "0000 Success", acknowledged=True)
    ask_for_commitment(engine, study, at, f"{uid(1)}.9.1.0")
    seen = said(client.get(f"/studies/{uid(1)}").text)
    assert "it has committed itself to keep it, 20" in seen
    assert "asked to commit itself to keep it; asked again after 20" in seen


@pytest.mark.parametrize("status", list(StudyStatus))
def test_filter(filled: Engine, client: TestClient, status: StudyStatus) -> None:
    place = {
        StudyStatus.DELIVERED: 1,
        StudyStatus.FAILED: 2,
        StudyStatus.RECEIVING: 3,
        StudyStatus.ANALYSING: 4,
        StudyStatus.DELIVERING: 5,
        StudyStatus.NOTHING_TO_ANALYSE: 6,
        StudyStatus.REPORTED: 7,
        StudyStatus.DELIVERED_IN_PART: 8,
    }
    assert linked(client.get("/", params={"status": status}).text) == [uid(place[status])]


def test_paging_shows_every_study_once(engine: Engine, client: TestClient) -> None:
    start = datetime.now(UTC) - timedelta(days=1)
    total = 2 * queries.PAGE + 3
    for number in range(1, total + 1):
        receive(engine, number, start + timedelta(minutes=number), images=1)
    pages, at = [], "/"
    while at:
        page = client.get(at).text
        pages.append(linked(page))
        further = re.search(r'rel="next" href="([^"]*)"', page)
        at = html.unescape(further[1]) if further else ""
    assert [len(page) for page in pages] == [queries.PAGE, queries.PAGE, 3]
    assert [one for page in pages for one in page] == [uid(n) for n in range(total, 0, -1)]
    assert linked(client.get("/?page=999").text) == pages[-1]
    kept = re.search(r'rel="next" href="([^"]*)"', client.get("/?status=receiving").text)[1]
    assert html.unescape(kept) == "/?status=receiving&page=2#studies"


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=" + 5000 * "9", "page=²", "status=drop"]
)
def test_nonsense_is_refused(client: TestClient, query: str) -> None:
    page = client.get(f"/?{query}")
    assert page.status_code == 400
    assert "That cannot be asked." in page.text


def test_chart_has_a_bar_for_each_day_with_studies(engine: Engine, client: TestClient) -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    for number, days in enumerate((0, 3, 3, 13, 14), start=1):
        receive(engine, number, noon - timedelta(days=days), images=1)
    titles = re.findall(r"<title>(\S+): (\d+) studies that came</title>", client.get("/").text)
    expected = [(13, "1"), (3, "2"), (0, "1")]
    assert titles == [(str((noon - timedelta(days=d)).date()), count) for d, count in expected]


def test_study(filled: Engine, client: TestClient) -> None:
    page = client.get(f"/studies/{uid(5)}")
    assert page.status_code == 200
    seen = said(page.text)
    assert "PHANTOM^0005" in seen
    assert "T1, brain, axial 93 % brain The only T1 of the brain." in seen
    assert "The inversion time is that of an MPRAGE." in seen
    assert "The description says <mprage>." in seen
    assert "Signs: 1 present of 2 evaluable" in seen
    assert "present Corticospinal tract, T1 hyperintensity cst_t1 Confidence moderate." in seen
    assert "Region ratio z score voxels internal capsule, left 1.183 3.210 412" in seen
    assert "Region cross sectional area (mm²) C3 71.250" in seen
    assert "The study has no susceptibility-weighted series." in seen
    assert "PACS waiting 1 The association was refused. next attempt after" in seen
    assert "incomplete: settled at its deadline" in seen
    events = seen.split("Events When")[1]
    steps = ["study settled incomplete", "analysis done", "study delivering", "delivery failed"]
    assert sorted(steps, key=events.index) == steps


def test_studies_without_much(filled: Engine, client: TestClient) -> None:
    waiting = said(client.get(f"/studies/{uid(3)}").text)
    assert "Not classified yet." in waiting
    assert "No findings yet." in waiting
    failed = said(client.get(f"/studies/{uid(2)}").text)
    assert "failed The registration did not converge." in failed
    assert "No findings." in failed
    assert "No destination is configured for it." in said(client.get(f"/studies/{uid(7)}").text)


def test_a_study_in_its_second_version_says_which_its_findings_are_of(
    engine: Engine, client: TestClient
) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    receive(engine, 1, start)
    find(engine, settle(engine, 1, start), start)
    assert "of version 1" not in client.get(f"/studies/{uid(1)}").text
    receive(engine, 1, start + timedelta(minutes=5), images=4)
    page = client.get(f"/studies/{uid(1)}").text
    assert "<dd>2</dd>" in page
    assert "of version 1" in page


@pytest.mark.parametrize(
    "path",
    [
        "/studies/1.2.3",
        "/studies/1..2",
        "/studies/a",
        "/studies/1.2%27--",
        "/studies/" + "1." * 40 + "1",
        "/studies/²",
        "/studies/1.2.3%00",
        "/studies/%2e%2e/static/style.css",
        "/nothing",
        "/static/%2e%2e/pages.py",
        "/static/%2e%2e%2fpages.py",
    ],
)
def test_what_is_not_there(filled: Engine, client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "There is no such page or study." in page.text


def test_style_is_our_own_file(client: TestClient) -> None:
    page = client.get("/")
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page.text) == []
    assert client.get("/static/style.css").headers["content-type"].startswith("text/css")


def test_only_reading(filled: Engine, client: TestClient) -> None:
    assert client.post("/").status_code == 405
    assert client.delete(f"/studies/{uid(1)}").status_code == 405
    with pytest.raises(DBAPIError), queries.reading_only(filled) as connection:
        connection.execute(text("DELETE FROM study"))
    received = receive(filled, 50, datetime.now(UTC))
    assert client.get(f"/studies/{received}").status_code == 200


def test_every_sign_has_its_words() -> None:
    assert list(words.SIGNS) == [sign.value for sign in Sign]


def test_pages_over_either_database(database_url: str) -> None:
    engine = make_engine(database_url)
    migrate(engine)
    fill(engine)
    client = browser(engine)
    page = client.get("/")
    assert page.status_code == 200
    assert counter(page.text, "instances refused or quarantined today") == 2
    drawn = re.findall(r"<title>\S+: (\d+) studies that came</title>", page.text)
    assert sum(map(int, drawn)) == len(StudyStatus)
    study = said(client.get(f"/studies/{uid(5)}").text)
    assert "Region ratio z score voxels internal capsule, left 1.183 3.210 412" in study
    assert "The description says <mprage>." in study
    assert client.get("/health").json() == {"status": "ok"}
    with pytest.raises(DBAPIError), queries.reading_only(engine) as connection:
        connection.execute(text("DELETE FROM event"))
    engine.dispose()


@pytest.mark.parametrize(
    ("said_as", "value"),
    [
        (words.number(1.18341), "1.183"),
        (words.number(412.0), "412"),
        (words.number(-123.456), "-123.5"),
        (words.number(None), ""),
        (words.dicom_date("20261123"), "2026-11-23"),
        (words.dicom_date("2026.11.23"), "2026.11.23"),
        (words.dicom_date(None), ""),
        (words.utc(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)), "2026-11-23 01:02:03Z"),
        (words.words("sop_instance_uid"), "SOP instance UID"),
        (words.words("uids-of_sopor"), "uids of sopor"),
        (words.unit("{ratio}"), ""),
        (words.unit("mm2"), "mm²"),
    ],
)
def test_words(said_as: str, value: str) -> None:
    assert said_as == value


def test_bars_share_one_scale() -> None:
    days = {date(2026, 11, 22): (4, 0), date(2026, 11, 23): (2, 1)}
    first, second = daily_bars(days, ("came", "failed"))
    heights = [bar.height for day in (first, second) for bar in day.bars]
    assert heights == pytest.approx([heights[0], 0, heights[0] / 2, heights[0] / 4])
    edges = [(bar.x, bar.x + bar.width) for day in (first, second) for bar in day.bars]
    assert all(right <= left + 1e-9 for (_, right), (left, _) in itertools.pairwise(edges))
    assert edges[0][0] >= 0
    assert edges[-1][1] <= WIDTH
    assert all(bar.y + bar.height <= HEIGHT for day in (first, second) for bar in day.bars)
    assert daily_bars({}, ("came",)) == ()
    assert [bar.height for bar in daily_bars({date(2026, 11, 23): (0,)}, ("came",))[0].bars] == [0]


def test_study_page_says_that_a_study_is_marked_as_normal(filled: Engine, client: TestClient) -> None:
    at = f"/studies/{uid(1)}"
    assert "Marked as normal" not in client.get(at).text
    with writing(filled) as session:
        study = study_by_uid(session, uid(1))
        mark_normal(session, study.id, "<volunteer>", who="administrator", now=datetime.now(UTC))
    shown = said(client.get(at).text)
    assert re.search(r"Marked as normal 2\d{3}-\d\d-\d\d \d\d:\d\d:\d\dZ: <volunteer>", shown)


def test_analyses_say_which_norms_they_compared_with(engine: Engine, client: TestClient) -> None:
    start = datetime.now(UTC)
    receive(engine, 1, start)
    study = settle(engine, 1, start)
    for name, norms in (("brain", 3), ("spine", None)):
        with writing(engine) as session:
            start_analysis(session, study.id, 1, name, "0.1.0", start, norms)
    shown = said(client.get(f"/studies/{uid(1)}").text.split("<h2>Analyses")[1].split("</section>")[0])
    assert re.search(r"brain .* 0\.1\.0 site 3 spine .* 0\.1\.0 shipped", shown)
