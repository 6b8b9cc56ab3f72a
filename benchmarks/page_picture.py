"""A picture of the administrator's page of a study, by a real browser."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from listener.demo.pacs import free_port, wait_for_port
from listener.settings import environment_without_settings

SIZE = "1280,1500"
_GIVE_UP_AFTER_S = 90


def page_picture(database: Path, study_instance_uid: str, path: Path) -> None:
    """Photograph the top of a study's page.

    Parameters
    ----------
    database
        A node's SQLite file.
    path
        The PNG file to write.

    Raises
    ------
    FileNotFoundError
        If there is no ``chromium`` on this machine.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("chromium is not installed (Debian package chromium)")
    port = free_port()
    settings = {"BETZ_DATABASE__URL": f"sqlite:///{database}", "BETZ_DASHBOARD__PORT": str(port)}
    pages = subprocess.Popen(
        [sys.executable, "-m", "listener", "dashboard"], env={**environment_without_settings(), **settings}
    )
    try:
        wait_for_port(port, pages)
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [
                    chromium,
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--hide-scrollbars",
                    f"--user-data-dir={profile}",
                    f"--window-size={SIZE}",
                    f"--screenshot={path}",
                    f"http://127.0.0.1:{port}/studies/{study_instance_uid}",
                ],
                check=True,
                capture_output=True,
                timeout=_GIVE_UP_AFTER_S,
            )
    finally:
        pages.terminate()
        pages.wait(20)
