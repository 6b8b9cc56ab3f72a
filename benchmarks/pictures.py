"""The README's and the documentation's pictures: the end of the demo, and what is shown of its first patient.

``python -m benchmarks pictures`` writes ``docs/images/demo.svg``, ``dashboard.png`` and ``key-image-*.png``.
"""

import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path

import typer
from PIL import Image
from pydicom import dcmread
from rich.console import Console

from benchmarks.page_picture import page_picture
from listener.demo.cases import SEED
from listener.demo.run import run_demo
from listener.folder_report import report_folder
from listener.settings import Settings
from phantoms.identity import uid
from phantoms.patient import seed_patient
from phantoms.study import write_study
from processors.findings import Sign
from reports.key_images import preview
from reports.picture_text import OVERVIEW_TITLES
from reports.text import SIGN_NAMES

app = typer.Typer(rich_markup_mode=None)

_WEB_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
IMAGES = Path(__file__).parent.parent / "docs" / "images"
SHOWN: Mapping[str, str] = {
    "key-image-overview.png": OVERVIEW_TITLES["brain"],
    "key-image-tract.png": SIGN_NAMES[Sign.CST_T1],
    "key-image-motor-band.png": SIGN_NAMES[Sign.MOTOR_BAND],
    "key-image-cord.png": SIGN_NAMES[Sign.CORD_T1],
}
"""Files, and the titles of the pictures that go there."""


@app.command()
def main() -> None:
    """Make the pictures anew."""
    key_images(IMAGES)
    folder = _new_folder()
    status = demo_picture(folder, IMAGES / "demo.svg")
    page_picture(folder / "betz.sqlite", uid(seed_patient(SEED), "study"), IMAGES / "dashboard.png")
    raise typer.Exit(status)


def demo_picture(folder: Path, path: Path) -> int:
    """Run the demo in an empty folder and keep what it prints; its exit status."""
    console = Console(
        record=True, width=100, force_terminal=False, color_system="truecolor", force_interactive=False
    )
    status = run_demo(console, folder, None)
    text = console.export_svg(title="./run demo", clear=False)
    path.write_text(_WEB_FONT.sub("", text))
    return status


def _new_folder() -> Path:
    """A folder with a name that reads well, which no earlier run has made."""
    for number in count(1):
        folder = Path(tempfile.gettempdir()) / ("betz-demo" if number == 1 else f"betz-demo-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError


def key_images(folder: Path) -> None:
    """Draw what the demo's first patient gets, from the study as it is stored, and keep some of it."""
    with tempfile.TemporaryDirectory() as place:
        study, out = Path(place) / "study", Path(place) / "report"
        write_study(seed_patient(SEED), study)
        console = Console(stderr=True)
        if report_folder(study, out, Settings(), datetime.now(UTC), console):
            raise typer.Exit(1)
        made = {str(ds.ImageComments): ds for ds in map(dcmread, sorted(out.rglob("key-image-*.dcm")))}
    for name, title in SHOWN.items():
        Image.open(BytesIO(preview(made[title]))).save(folder / name, optimize=True)
