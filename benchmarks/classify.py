"""How often labelled headers are recognised, each confusion by name, harmful routes, and series a second."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from listener.classification import Classification, classify
from listener.routing import ClassifiedStack, route
from processors.acquisition import BodyPart, Contrast

HERE = Path(__file__).parents[1] / "tests" / "listener" / "classification"
SETS = tuple(
    HERE / f"{name}_headers.jsonl"
    for name in ("blind", "real", "later", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
)
TRAIN = Path(__file__).parents[2] / "shared" / "data" / "headers" / "train.jsonl"
"""Headers for development, which are not part of the repository."""

ENOUGH_IMAGES = 30
INTERCHANGEABLE = {(Contrast.T1_MTC, Contrast.T1)}
"""Truth and answer that reach the same analysis without harm."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A header and what it truly is."""

    source: str
    header: dict[str, Any]
    contrasts: tuple[str, ...]
    body: str

    @property
    def contrast(self) -> str:
        """The label; the others are accepted too."""
        return self.contrasts[0]


def read(file: Path) -> list[Labelled]:
    """The labelled headers of a file of JSON lines: ``header``, ``truth`` and ``source``."""
    rows = map(json.loads, file.read_text("utf-8").splitlines())
    return [
        Labelled(
            row.get("source", file.stem),
            row["header"],
            (row["truth"]["contrast"], *row["truth"].get("also", ()), *row["truth"].get("tolerated", ())),
            row["truth"]["body"],
        )
        for row in rows
    ]


def is_harmful(row: Labelled, found: Classification) -> bool:
    """Whether the series would reach an analysis that must not see it."""
    stack = ClassifiedStack("1.2", 0, ENOUGH_IMAGES, found)
    (decision,) = route([stack])
    if decision.analysis is None or found.contrast is Contrast.T1_POST_CONTRAST:
        return False
    wrong_contrast = found.contrast.value not in row.contrasts and not any(
        (row.contrast, found.contrast.value) == (truth.value, answer.value)
        for truth, answer in INTERCHANGEABLE
    )
    return wrong_contrast or row.body not in (found.body_part.value, BodyPart.UNKNOWN.value)


def report(rows: Sequence[Labelled]) -> None:
    """Print what came out."""
    start = time.process_time()
    answers = [classify(row.header) for row in rows]
    seconds = time.process_time() - start
    pairs = list(zip(rows, answers, strict=True))
    print("| source | series | contrast right | body part right | body part left open | harmful routes |")
    print("|---|---|---|---|---|---|")
    for source in dict.fromkeys(row.source for row in rows):
        mine = [(row, found) for row, found in pairs if row.source == source]
        right = sum(found.contrast.value in row.contrasts for row, found in mine)
        body = sum(found.body_part.value == row.body for row, found in mine)
        opened = sum(found.body_part is BodyPart.UNKNOWN and row.body != "unknown" for row, found in mine)
        harm = sum(is_harmful(row, found) for row, found in mine)
        print(f"| {source} | {len(mine)} | {right / len(mine):.3f} | {body} | {opened} | {harm} |")
    _table("contrast", [(_label(row, found), found.contrast.value) for row, found in pairs])
    _table("body part", [(row.body, found.body_part.value) for row, found in pairs])
    print("\nHarmful routes:")
    for row, found in pairs:
        if is_harmful(row, found):
            name = row.header.get("SeriesDescription", "-")
            print(f"- {row.source}, {name}: {row.contrast} {row.body} as {found.contrast} {found.body_part}")
    print(f"\n{len(rows)} series, {len(rows) / seconds:.0f} a second on one core")


def _label(row: Labelled, found: Classification) -> str:
    return found.contrast.value if found.contrast.value in row.contrasts else row.contrast


def _table(what: str, pairs: Iterable[tuple[str, str]]) -> None:
    counted = Counter(pairs)
    names = sorted({name for pair in counted for name in pair})
    print(f"\n| {what} | series | precision | recall | taken for |\n|---|---|---|---|---|")
    for name in names:
        truly = sum(n for (truth, _), n in counted.items() if truth == name)
        called = sum(n for (_, found), n in counted.items() if found == name)
        hits = counted[name, name]
        others = ", ".join(
            f"{found} {n}" for (truth, found), n in sorted(counted.items()) if truth == name != found
        )
        precision = f"{hits / called:.3f}" if called else "–"
        recall = f"{hits / truly:.3f}" if truly else "–"
        print(f"| {name} | {truly} | {precision} | {recall} | {others} |")


@app.command()
def main(
    files: Annotated[list[Path] | None, typer.Argument(help="Labelled headers, JSON lines.")] = None,
) -> None:
    """Measure on the labelled headers of the tests, or on files of one's own."""
    chosen = files or [file for file in SETS if file.is_file()]
    report([row for file in chosen for row in read(file)])
