"""The README's and the documentation's pictures: the end of the demo, and key images of its first patient.

``python -m benchmarks pictures`` writes ``docs/images/demo.svg`` and ``docs/images/key-image-*.png``.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

import typer
from PIL import Image
from rich.console import Console

from listener.demo.cases import SEED
from listener.demo.run import run_demo
from listener.version import SOFTWARE_VERSION
from phantoms.patient import seed_patient
from phantoms.protocol import DEMO_SERIES, PROTOCOL
from phantoms.series import series_volume
from processors.acquisition import BodyPart
from processors.brain.analysis import analyse_brain
from processors.findings import Sign
from processors.spine.analysis import analyse_spine
from processors.volume import Volume
from reports.key_images import KeyPicture, pictures

app = typer.Typer(rich_markup_mode=None)

_WEB_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)
IMAGES = Path(__file__).parent.parent / "docs" / "images"
SHOWN: Mapping[str, tuple[str, Sign | None]] = {
    "key-image-overview.png": ("brain", None),
    "key-image-tract.png": ("brain", Sign.CST_T1),
    "key-image-motor-band.png": ("brain", Sign.MOTOR_BAND),
    "key-image-cord.png": ("spine", Sign.CORD_T1),
}


@app.command()
def main() -> None:
    """Make the pictures anew."""
    key_images(IMAGES)
    raise typer.Exit(demo_picture(IMAGES / "demo.svg"))


def demo_picture(path: Path) -> int:
    """Run the demo and keep what it prints; its exit status."""
    console = Console(
        record=True, width=100, force_terminal=False, color_system="truecolor", force_interactive=False
    )
    status = run_demo(console, _new_folder(), None)
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
    """Draw what the demo's first patient gets, and keep some of it."""
    drawn = {"brain": _of_brain(), "spine": _of_neck()}
    for name, (analysis, sign) in SHOWN.items():
        for picture in drawn[analysis]:
            if picture.sign is sign:
                Image.fromarray(picture.pixels).save(folder / name, optimize=True)


def _of_brain() -> tuple[KeyPicture, ...]:
    volumes = _volumes(BodyPart.BRAIN)
    found = analyse_brain({volume.contrast: volume for volume in volumes})
    return pictures(
        found.findings, _by_uid(volumes), found.region_maps, found.strips, software_version=SOFTWARE_VERSION
    )


def _of_neck() -> tuple[KeyPicture, ...]:
    volumes = _volumes(BodyPart.CERVICAL_SPINE)
    found = analyse_spine({(volume.contrast, volume.plane): volume for volume in volumes})
    return pictures(
        found.findings,
        _by_uid(volumes),
        found.region_maps,
        (),
        found.profiles,
        software_version=SOFTWARE_VERSION,
    )


def _volumes(part: BodyPart) -> list[Volume]:
    """The series of the demo's first patient, numbered as they are written."""
    patient = seed_patient(SEED)
    volumes = []
    for number, key in enumerate(DEMO_SERIES, start=1):
        if PROTOCOL[key].body_part is part:
            volume = series_volume(patient, PROTOCOL[key])
            images = enumerate(volume.sources, start=1)
            sources = tuple(replace(source, instance_number=image) for image, source in images)
            volumes.append(replace(volume, series_number=number, sources=sources))
    return volumes


def _by_uid(volumes: list[Volume]) -> dict[str, Volume]:
    return {volume.series_instance_uid: volume for volume in volumes}
