"""The stacks of a study measured by one analysis: stored images in, findings out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from listener.stored_images import StackReference, Stored, read_stack
from listener.version import SOFTWARE_VERSION
from processors.acquisition import Contrast
from processors.brain.analysis import analyse_brain
from processors.depiction import CordProfile, CortexStrip, RegionMap
from processors.findings import (
    BRAIN_SIGNS,
    CORD_SIGNS,
    READS,
    Algorithm,
    Finding,
    Reason,
    Sign,
    missing_series,
    not_evaluated,
)
from processors.norms import Norms, Protocol, protocol_of
from processors.spine.analysis import analyse_spine
from processors.volume import Volume, VolumeError
from reports.text import PRODUCT

SIGNS: Mapping[str, Sequence[Sign]] = {"brain": BRAIN_SIGNS, "spine": CORD_SIGNS}
"""The signs that each analysis answers for."""

ADULT_YEARS = 16
"""From here on the norms, all of adults, are taken to hold: myelination and growth of the cord are done."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What an analysis found, and what pictures and segmentations of it are drawn from."""

    findings: tuple[Finding, ...]
    volumes: tuple[Volume, ...] = ()
    region_maps: tuple[RegionMap, ...] = ()
    strips: tuple[CortexStrip, ...] = ()
    cord_profiles: tuple[CordProfile, ...] = ()
    protocols: Mapping[Sign, Protocol] = field(default_factory=dict)


def measure(
    name: str, stored: Stored, study_instance_uid: str, stacks: Sequence[StackReference], norms: Norms
) -> Measured:
    """Run the analysis of a name; one finding for each of its signs.

    Raises
    ------
    ArchiveError
        If the storage does not give an instance.
    """
    volumes, unreadable = _volumes(stored, study_instance_uid, stacks)
    if any(is_child(volume.acquisition.patient_age) for volume in volumes):
        algorithm = Algorithm(PRODUCT, SOFTWARE_VERSION)
        reason = Reason.of("child", years=ADULT_YEARS)
        return Measured(tuple(not_evaluated(sign, algorithm, reason) for sign in SIGNS[name]))
    if name == "brain":
        brain = analyse_brain({volume.contrast: volume for volume in volumes}, norms)
        measured = Measured(brain.findings, region_maps=brain.region_maps, strips=brain.strips)
    else:
        spine = analyse_spine({(v.contrast, v.plane): v for v in volumes}, norms)
        measured = Measured(spine.findings, region_maps=spine.region_maps, cord_profiles=spine.profiles)
    return replace(
        measured,
        findings=tuple(_with_faults(finding, volumes, unreadable) for finding in measured.findings),
        volumes=tuple(volumes),
        protocols={
            f.sign: protocol for f in measured.findings if (protocol := _protocol(f, volumes)) is not None
        },
    )


def is_child(years: float | None) -> bool:
    """Whether somebody is known to be younger than those that anything was made for."""
    return years is not None and years < ADULT_YEARS


def unanswered(answered: Collection[Sign]) -> list[Finding]:
    """Of the signs that no analysis answered for, that their series are missing."""
    algorithm = Algorithm(PRODUCT, SOFTWARE_VERSION)
    return [
        not_evaluated(sign, algorithm, *missing_series(sign))
        for signs in SIGNS.values()
        for sign in signs
        if sign not in answered
    ]


def _volumes(
    stored: Stored, study_instance_uid: str, stacks: Sequence[StackReference]
) -> tuple[list[Volume], dict[Contrast, Reason]]:
    """The stacks that can be read, and of the others the contrast and the reason."""
    volumes: list[Volume] = []
    unreadable: dict[Contrast, Reason] = {}
    for stack in stacks:
        try:
            volumes.append(read_stack(stored, study_instance_uid, stack))
        except VolumeError as error:
            unreadable[stack.contrast] = error.reason
    return volumes, unreadable


def _protocol(finding: Finding, volumes: Sequence[Volume]) -> Protocol | None:
    """How the series was made that a sign was measured on, the preferred where there are several."""
    measured = {v.contrast: v for v in volumes if v.series_instance_uid in finding.series_uids}
    return next((protocol_of(measured[c], finding.sign) for c in READS[finding.sign] if c in measured), None)


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
    if reasons and reasons[0].key == "missing-series":
        own = tuple(unreadable[contrast] for contrast in READS[finding.sign] if contrast in unreadable)
        reasons = own or reasons
    added = tuple(fault for fault in faults if fault not in reasons)
    return replace(finding, reasons=(*reasons, *added))
