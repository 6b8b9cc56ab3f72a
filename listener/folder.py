"""What the series below a folder would be taken for: the classification of a study without a node."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread
from rich.console import Console
from rich.markup import escape

from listener.archive import ArchiveError, Key
from listener.classification.overrides import Override
from listener.routing import Decision, route
from listener.sending import dicom_files
from listener.stored_images import Instances
from listener.study_images import StudyStack, study_stacks
from processors.attributes import UNREADABLE

_TAGS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


@dataclass(slots=True)
class FolderStore:
    """The DICOM files below a folder, by their UIDs."""

    paths: dict[Key, Path] = field(default_factory=dict)

    def get(self, key: Key) -> bytes:
        """A file.

        Raises
        ------
        ArchiveError
            If it cannot be read.
        """
        try:
            return self.paths[key].read_bytes()
        except (KeyError, OSError) as error:
            raise ArchiveError(f"{key.sop_instance_uid} could not be read") from error


def classify_folder(folder: Path, overrides: Sequence[Override], console: Console) -> None:
    """Show each series below a folder, its class and the evidence, and which analysis it would reach."""
    store, studies = index_folder(folder, console)
    for study_uid, images in studies.items():
        stacks = study_stacks(store, study_uid, images, overrides)
        console.print(f"[bold]Study {escape(study_uid)}[/bold]", markup=True)
        decisions = route([stack.classified for stack in stacks])
        for stack, decision in zip(stacks, decisions, strict=True):
            for line in _lines(stack, decision):
                console.print(line, soft_wrap=True, markup=True)
    if not studies:
        console.print("There are no DICOM files with a study and a series.")


def index_folder(folder: Path, console: Console) -> tuple[FolderStore, dict[str, dict[str, Instances]]]:
    """The DICOM files below a folder, and the instances of each study and series."""
    store = FolderStore()
    studies: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for path in dicom_files(folder):
        try:
            ds = dcmread(path, specific_tags=list(_TAGS), stop_before_pixels=True)
            study, series, instance, sop_class = (str(ds.get(tag, "")) for tag in _TAGS)
            key = Key(study, series, instance)
        except UNREADABLE:
            console.print(f"{path} could not be read.", markup=False)
            continue
        if key in store.paths:
            continue
        store.paths[key] = path
        studies.setdefault(study, {}).setdefault(series, []).append((sop_class, instance))
    return store, {study: dict(by_series) for study, by_series in studies.items()}


def _legible(text: str) -> str:
    """Text from a header, without what a terminal would obey."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))


def _lines(stack: StudyStack, decision: Decision) -> Iterator[str]:
    one, found = stack.classified, stack.classified.classification
    name = stack.description.strip() or one.series_instance_uid
    note = f" ({one.note})" if one.note else ""
    yield f"\n  [bold]{_legible(name)}[/bold], {one.images} images{_legible(note)}"
    yield f"    is     {found.contrast}, {found.body_part}, {found.plane}; {found.confidence:.0%} sure"
    if decision.analysis is None:
        yield f"    goes   nowhere: {_legible(decision.why)}"
    else:
        yield f"    goes   to the analysis of the {decision.analysis}"
    for number, reason in enumerate(found.evidence):
        yield f"    {'       ' if number else 'because'} {_legible(reason)}"
