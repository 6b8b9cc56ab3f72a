"""The analyses that can be run on a study, each in a process of its own.

An analysis that crashes, runs out of memory or hangs takes its process with it, and nothing else.
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from listener.archive import Archive, ArchiveError, open_archive
from listener.logs import configure_logs, place_of
from listener.parent import die_with_parent
from listener.stored_images import StackReference, read_stack
from processors.acquisition import Contrast
from processors.brain.analysis import analyse_brain
from processors.findings import (
    BRAIN_SIGNS,
    CORD_SIGNS,
    READS,
    Algorithm,
    Finding,
    Reason,
    Sign,
    not_evaluated,
)
from processors.norms import Norms, Protocol, default_norms, protocol_of
from processors.spine.analysis import analyse_spine
from processors.volume import Volume, VolumeError

SIGNS: Mapping[str, Sequence[Sign]] = {"brain": BRAIN_SIGNS, "spine": CORD_SIGNS}
"""The signs that each analysis answers for."""

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
    """

    findings: tuple[Finding, ...]
    protocols: Mapping[Sign, Mapping[str, Any]] = field(default_factory=dict)


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
    ) -> Analysed:
        """Run an analysis; one finding for each of its signs.

        Parameters
        ----------
        norms
            What the measurements are compared with, as :meth:`processors.norms.Norms.plain` gives it; the
            shipped norms by default.

        Raises
        ------
        AnalysisFailedError
            If it raised, crashed or took too long.
        ArchiveError
            If the storage does not give an instance.
        """
        call = partial(_analyse, name, self._archive_url, study_instance_uid, list(stacks), norms)
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
) -> Analysed:
    """Run in the analysis process. An error leaves it as its type and place only: its text may quote data."""
    try:
        volumes, unreadable = _volumes(open_archive(archive_url), study_instance_uid, stacks)
        known = default_norms() if norms is None else Norms.from_plain(norms)
        if name == "brain":
            findings = analyse_brain({volume.contrast: volume for volume in volumes}, known).findings
        else:
            findings = analyse_spine({(v.contrast, v.plane): v for v in volumes}, known).findings
        return Analysed(
            tuple(_with_faults(finding, volumes, unreadable) for finding in findings),
            {f.sign: protocol.plain() for f in findings if (protocol := _protocol(f, volumes)) is not None},
        )
    except ArchiveError:
        raise
    except Exception as error:  # noqa: BLE001
        log.error("analysis failed", analysis=name, error=type(error).__name__, place=place_of(error))
        raise AnalysisFailedError(type(error).__name__) from None


def _volumes(
    archive: Archive, study_instance_uid: str, stacks: Sequence[StackReference]
) -> tuple[list[Volume], dict[Contrast, Reason]]:
    """The stacks that can be read, and of the others the contrast and the reason."""
    volumes: list[Volume] = []
    unreadable: dict[Contrast, Reason] = {}
    for stack in stacks:
        try:
            volumes.append(read_stack(archive, study_instance_uid, stack))
        except VolumeError as error:
            unreadable[stack.contrast] = error.reason
    return volumes, unreadable


def _protocol(finding: Finding, volumes: Sequence[Volume]) -> Protocol | None:
    """How the series was made that a sign was measured on, the preferred where there are several."""
    measured = {v.contrast: v for v in volumes if v.series_instance_uid in finding.series_uids}
    return next((protocol_of(measured[c]) for c in READS[finding.sign] if c in measured), None)


def _with_faults(
    finding: Finding, volumes: Sequence[Volume], unreadable: Mapping[Contrast, Reason]
) -> Finding:
    """A finding with what is wrong with its images: those it was measured on, or could not be."""
    faults = [
        problem
        for volume in volumes
        if volume.series_instance_uid in finding.series_uids
        for problem in volume.problems
    ]
    reasons = finding.reasons
    if [reason.key for reason in reasons] == ["missing-series"]:
        own = tuple(unreadable[contrast] for contrast in READS[finding.sign] if contrast in unreadable)
        reasons = own or reasons
    added = tuple(fault for fault in faults if fault not in reasons)
    return replace(finding, reasons=(*reasons, *added))
