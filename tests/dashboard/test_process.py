"""The dashboard as an administrator starts it, and as a browser shows it."""

import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import Engine

from listener.demo.pacs import free_port, wait_for_port
from listener.settings import environment_without_settings

from .rows import uid


def command(url: str, **settings: str) -> tuple[list[str], dict[str, str]]:
    """``betz dashboard`` over a database."""
    code = "from listener.cli import app; app(['dashboard'])"
    environment = environment_without_settings()
    given = {f"BETZ_DASHBOARD__{name.upper()}": value for name, value in settings.items()}
    return [sys.executable, "-c", code], {**environment, "BETZ_DATABASE__URL": url, **given}


@pytest.fixture
def address(filled: Engine, tmp_path: Path, sqlite_url: str) -> Iterator[str]:
    """Where the dashboard runs, in a process of its own, behind the password ``secret``."""
    password = tmp_path / "password"
    password.write_text("secret\n")
    port = free_port()
    arguments, environment = command(sqlite_url, port=str(port), password_file=str(password))
    process = subprocess.Popen(arguments, env=environment, cwd=tmp_path)
    try:
        wait_for_port(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_real_process(address: str) -> None:
    with urlopen(f"http://{address}/health") as health:
        assert json.load(health) == {"status": "ok"}
    with pytest.raises(HTTPError, match="401"):
        urlopen(f"http://{address}/")
    token = b64encode(b"admin:secret").decode()
    request = Request(f"http://{address}/studies/{uid(5)}", headers={"Authorization": f"Basic {token}"})
    with urlopen(request) as page:
        assert "PHANTOM^0005" in page.read().decode()
        assert "server" not in page.headers


def test_browser_shows_a_study(address: str, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    shown = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'chromium'}",
            "--dump-dom",
            f"http://admin:secret@{address}/",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f'href="/studies/{uid(5)}"' in shown.stdout
    assert "PHANTOM^0005" in shown.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_refuses_other_machines_without_password(sqlite_url: str, tmp_path: Path, host: str) -> None:
    arguments, environment = command(sqlite_url, host=host, port=str(free_port()))
    ended = subprocess.run(
        arguments, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "needs a password (dashboard.password_file)" in ended.stderr
    assert "Traceback" not in ended.stderr
