"""The analyses that can be run on a study, each in a process of its own.

An analysis that crashes, runs out of memory or hangs takes its process with it, and nothing else.
"""

import multiprocessing
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from db.models import ObjectKind
from db.pictures import NewPicture
from listener.archive import ArchiveError, open_archive
from listener.derived_objects import MadeObject, ObjectRequest, derived_objects
from listener.logs import configure_logs, place_of
from listener.measuring import SIGNS, measure
from listener.parent import die_with_parent
from listener.reporting import store_object
from listener.stored_images import StackReference
from processors.findings import Algorithm, Finding, Reason, Sign, not_evaluated
from processors.norms import Norms, default_norms
from reports.key_images import preview

log = structlog.get_logger()


class AnalysisFailedError(Exception):
    """An analysis ended without findings; the text says how, without patient data."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """What an analysis found.

    Attributes
    ----------
    protocols
        As JSON, how the series was made that each sign was measured on; of the signs that were.
    objects
        The segmentations and key images that it archived.
    missing
        A sentence for each that it could not make.
    pictures
        The key images, as the dashboard shows them.
    """

    findings: tuple[Finding, ...]
    protocols: Mapping[Sign, Mapping[str, Any]] = field(default_factory=dict)
    objects: tuple[MadeObject, ...] = ()
    missing: tuple[str, ...] = ()
    pictures: tuple[NewPicture, ...] = ()


class AnalysisProcess:
    """A process that runs one analysis after the other, made anew when one breaks it."""

    def __init__(self, archive_url: str, timeout: timedelta, log_level: str) -> None:
        self._archive_url = archive_url
        self._timeout = timeout
        self._log_level = log_level
        self._pool: ProcessPoolExecutor | None = None

    def run(
        self,
        name: str,
        study_instance_uid: str,
        stacks: Sequence[StackReference],
        norms: Mapping[str, Any] | None = None,
        request: ObjectRequest | None = None,
    ) -> Analysed:
        """Run an analysis; one finding for each of its signs.

        Where the process is lost while it makes objects, the findings are there without them.

        Parameters
        ----------
        norms
            What the measurements are compared with, as :meth:`processors.norms.Norms.plain` gives it; the
            shipped norms by default.
        request
            For segmentations and key images; none are made by default.

        Raises
        ------
        AnalysisFailedError
            If it raised, crashed or took too long.
        ArchiveError
            If the storage does not give an instance.
        """
        with TemporaryDirectory(prefix="betz-") as folder:
            handover = Path(folder) / "findings"
            call = partial(
                _analyse,
                name,
                self._archive_url,
                study_instance_uid,
                list(stacks),
                norms,
                request,
                handover,
            )
            try:
                return self._result(call)
            except AnalysisFailedError as failure:
                if not handover.exists():
                    raise
                analysed: Analysed = pickle.loads(handover.read_bytes())  # noqa: S301 - of our own process
                return replace(analysed, missing=(f"No segmentations and key images: {failure}.",))

    def _result(self, call: Callable[[], Analysed]) -> Analysed:
        try:
            future = self._started().submit(call)
        except BrokenProcessPool:
            log.warning("the process ended between two analyses")
            self.close()
            future = self._started().submit(call)
        try:
            return future.result(self._timeout.total_seconds())
        except TimeoutError:
            self.close()
            raise AnalysisFailedError("it took too long") from None
        except BrokenProcessPool:
            self.close()
            raise AnalysisFailedError("its process ended") from None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare,
                initargs=(self._log_level, os.getpid()),
            )
        return self._pool

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._pool is None:
            return
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def failed(name: str, why: str, software_version: str) -> tuple[Finding, ...]:
    """What an analysis that failed says of its signs."""
    algorithm = Algorithm(name, software_version)
    return tuple(
        not_evaluated(sign, algorithm, Reason.of("analysis-failed", error=why)) for sign in SIGNS[name]
    )


def _prepare(log_level: str, parent: int) -> None:
    """Set up the analysis process; it ends with its parent, or at once where that is gone already."""
    configure_logs(log_level)
    die_with_parent()
    if os.getppid() != parent:
        os._exit(0)


def _analyse(
    name: str,
    archive_url: str,
    study_instance_uid: str,
    stacks: Sequence[StackReference],
    norms: Mapping[str, Any] | None,
    request: ObjectRequest | None = None,
    handover: Path | None = None,
) -> Analysed:
    """Run in the analysis process. An error leaves it as its type and place only: its text may quote data.

    The findings are handed over before the objects are made, so that no object can take them along.
    """
    try:
        archive = open_archive(archive_url)
        known = default_norms() if norms is None else Norms.from_plain(norms)
        measured = measure(name, archive, study_instance_uid, stacks, known)
        analysed = Analysed(
            measured.findings, {sign: protocol.plain() for sign, protocol in measured.protocols.items()}
        )
        if request is None:
            return analysed
        if handover is not None:
            handover.with_suffix(".part").write_bytes(pickle.dumps(analysed))
            handover.with_suffix(".part").replace(handover)
        made, missing = derived_objects(name, measured, archive, study_instance_uid, request)
        for _, ds in made:
            store_object(archive, ds)
        return replace(
            analysed,
            objects=tuple(one for one, _ in made),
            missing=tuple(missing),
            pictures=tuple(
                NewPicture(one.description, preview(ds), one.sign or None)
                for one, ds in made
                if one.kind is ObjectKind.KEY_IMAGE
            ),
        )
    except ArchiveError:
        raise
    except Exception as error:  # noqa: BLE001
        log.error("analysis failed", analysis=name, error=type(error).__name__, place=place_of(error))
        raise AnalysisFailedError(type(error).__name__) from None
