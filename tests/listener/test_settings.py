"""Settings: from a file, under the environment's; what is wrong is said."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from db.engine import make_engine, reading
from listener.cli import app
from listener.settings import DatabaseSettings, read_settings
from tests.peers import PostgreSQL

FULL = """
institution = "St. Elsewhere"
[listener]
ae_title = "BETZ1"
port = 4242
idle_timeout = 5
calling_ae_titles = ["PACS", "SCANNER 1"]
[settling]
quiet_period = 30
required_series = ["T1 brain"]
deadline = 600
[[destinations]]
name = "main"
ae_title = "PACS"
host = "127.0.0.1"
port = 104
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "betz.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def test_nothing_is_needed_and_only_this_machine_may_connect():
    settings = read_settings()
    assert (settings.listener.ae_title, settings.listener.host, settings.listener.port) == (
        "BETZ",
        "127.0.0.1",
        11112,
    )
    assert settings.destinations == ()


@pytest.mark.parametrize("name", ["betz.toml", "elsewhere.toml"])
def test_from_a_file(name: str):
    path = write(FULL, name)
    settings = read_settings(path if name == "elsewhere.toml" else None)
    assert settings.listener.ae_title == "BETZ1"
    assert settings.listener.idle_timeout == timedelta(seconds=5)
    assert settings.listener.calling_ae_titles == ("PACS", "SCANNER 1")
    assert settings.settling.required_series == ("T1 brain",)
    assert [(d.name, d.port) for d in settings.destinations] == [("main", 104)]


def test_environment_is_over_the_file(monkeypatch: pytest.MonkeyPatch):
    write(FULL)
    monkeypatch.setenv("BETZ_LISTENER__PORT", "4343")
    monkeypatch.setenv("BETZ_SETTLING__QUIET_PERIOD", "0.5")
    monkeypatch.setenv(
        "BETZ_DESTINATIONS", '[{"name": "b", "ae_title": "B", "host": "127.0.0.1", "port": 1}]'
    )
    settings = read_settings()
    assert (settings.listener.port, settings.listener.ae_title) == (4343, "BETZ1")
    assert settings.settling.quiet_period == timedelta(milliseconds=500)
    assert [d.name for d in settings.destinations] == ["b"]


BAD = {
    "unknown section": "[listner]\nport = 104",
    "unknown name": "[listener]\nprot = 104",
    "port": "[listener]\nport = 0",
    "ae title too long": '[listener]\nae_title = "ABCDEFGHIJKLMNOPQ"',
    "ae title empty": '[listener]\nae_title = "  "',
    "ae title with backslash": '[listener]\nae_title = "A\\\\B"',
    "ae title not ascii": '[listener]\nae_title = "BÉTZ"',
    "time zero": "[settling]\nquiet_period = 0",
    "time negative": "[listener]\nidle_timeout = -1",
    "time in words": '[listener]\nidle_timeout = "soon"',
    "time without end": '[listener]\nidle_timeout = "inf"',
    "deadline before quiet": "[settling]\nquiet_period = 60\ndeadline = 30",
    "two of one name": FULL + '[[destinations]]\nname = "main"\nae_title = "X"\nhost = "h"\nport = 1',
    "log level": 'log_level = "LOUD"',
    "not toml": "[listener\n",
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_ends_with_a_message(what: str):
    path = write(BAD[what])
    with pytest.raises((ValidationError, ValueError)):
        read_settings(path)
    done = CliRunner().invoke(app, ["listener", "--settings", str(path)])
    assert done.exit_code == 2
    assert "The settings are not valid." in done.output
    assert "Traceback" not in done.output


def test_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.toml"):
        read_settings(Path("nowhere.toml"))


def test_password_from_a_file():
    secret = write("p@ss/w:rd\n", "secret")
    database = DatabaseSettings(url="postgresql+psycopg://betz@db/betz", password_file=secret)
    assert database.address() == "postgresql+psycopg://betz:p%40ss%2Fw%3Ard@db/betz"
    assert database.workflow_address() == database.address()


def test_password_reaches_the_server(postgresql: PostgreSQL):
    url = make_url(postgresql.database())
    secret = write(f"{url.password}\n", "secret")
    without = url.set(password=None).render_as_string(hide_password=False)
    engine = make_engine(DatabaseSettings(url=without, password_file=secret).address())
    with reading(engine) as session:
        assert session.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_workflows_are_beside_an_sqlite_database():
    database = DatabaseSettings(url="sqlite:////data/x.sqlite")
    assert database.workflow_address() == "sqlite:////data/x-workflows.sqlite"
