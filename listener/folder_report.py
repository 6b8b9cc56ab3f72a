"""The report on the studies below a folder, as files: no node, no network, no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset, dcmwrite
from rich.console import Console

from db.models import ObjectKind
from listener.analyses import failed
from listener.archive import ArchiveError
from listener.derived_objects import MadeObject, ObjectRequest, derived_objects
from listener.folder import FolderStore, index_folder
from listener.logs import place_of
from listener.measuring import Measured, measure, unanswered
from listener.plan import plan_of
from listener.reporting import make_report, study_source
from listener.routing import route
from listener.settings import Settings
from listener.stored_images import Instances, StackReference
from listener.study_images import study_stacks
from listener.version import SOFTWARE_VERSION
from processors.findings import Finding
from processors.norms import default_norms
from reports.narrative import summary_lines

VERSION = 1


def report_folder(folder: Path, out: Path, settings: Settings, created: datetime, console: Console) -> int:
    """Write the report, the segmentations and the key images of each study to a folder of its own.

    Parameters
    ----------
    out
        Each study's objects go to a folder below it, named by the Study Instance UID.
    created
        With a time zone; the objects are dated by it, in that of the site.

    Returns
    -------
    int
        1 where a file could not be read or written, an analysis ended with an error or there was nothing to
        report on, else 0. One study does not hold up the others.
    """
    store, studies = index_folder(folder, console)
    reported, failures = 0, 0
    for study_uid, images in studies.items():
        console.print(f"Study {study_uid}", markup=False)
        plan = _plan(store, study_uid, images, settings)
        if not plan:
            console.print("  No series of the study is one that an analysis reads.")
            continue
        measured = [_Part.of(name, store, study_uid, stacks) for name, stacks in plan.items()]
        failures += sum(part.failure is not None for part in measured)
        try:
            for path, ds in _objects(store, study_uid, images, measured, settings, created, console):
                file = out / study_uid / path
                file.parent.mkdir(parents=True, exist_ok=True)
                dcmwrite(file, ds, enforce_file_format=True)
                console.print(f"  {file}", markup=False, soft_wrap=True)
            reported += 1
        except (ArchiveError, OSError) as error:
            console.print(f"  The study could not be reported on: {error}", markup=False)
            failures += 1
    if not studies:
        console.print("There are no DICOM files with a study and a series.")
    return 1 if failures or not reported else 0


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one analysis measured, or the error that it ended with, in words without data."""

    name: str
    measured: Measured
    failure: str | None = None

    @classmethod
    def of(cls, name: str, store: FolderStore, study_uid: str, stacks: Sequence[StackReference]) -> "_Part":
        try:
            return cls(name, measure(name, store, study_uid, stacks, default_norms()))
        except Exception as error:  # noqa: BLE001
            why = type(error).__name__
            return cls(name, Measured(failed(name, why, SOFTWARE_VERSION)), f"{why}, {place_of(error)}")


def _plan(
    store: FolderStore, study_uid: str, images: Mapping[str, Instances], settings: Settings
) -> dict[str, list[StackReference]]:
    stacks = study_stacks(store, study_uid, images, settings.classification())
    plan = plan_of(stacks, route([stack.classified for stack in stacks]))
    return {name: [StackReference.from_plain(one) for one in taken] for name, taken in sorted(plan.items())}


def _objects(
    store: FolderStore,
    study_uid: str,
    images: Mapping[str, Instances],
    parts: Sequence[_Part],
    settings: Settings,
    created: datetime,
    console: Console,
) -> Iterator[tuple[str, Dataset]]:
    """The files of a study, the structured report last."""
    numbered = {
        (number, series_uid): instances for number, (series_uid, instances) in enumerate(images.items())
    }
    request = ObjectRequest(
        VERSION,
        settings.local(created),
        settings.institution or None,
        study_source(store, study_uid, numbered),
    )
    findings: list[Finding] = []
    objects: list[MadeObject] = []
    for part in parts:
        if part.failure is not None:
            console.print(f"  The analysis of the {part.name} failed ({part.failure}).", markup=False)
        findings.extend(part.measured.findings)
        made, missing = derived_objects(part.name, part.measured, store, study_uid, request)
        for sentence in missing:
            console.print(f"  {sentence}", markup=False)
        for one, ds in made:
            objects.append(one)
            count = sum(other.kind is one.kind for other in objects)
            yield f"{one.kind}-{count}.dcm", ds
    findings.extend(unanswered({finding.sign for finding in findings}))
    report = make_report(
        store,
        study_uid,
        VERSION,
        findings,
        numbered,
        created=request.created,
        institution=request.institution,
        predecessor=None,
        objects=objects,
    )
    for line in summary_lines(findings):
        console.print(f"  {line}", markup=False, soft_wrap=True)
    yield f"{ObjectKind.SR}.dcm", report
