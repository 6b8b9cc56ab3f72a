"""From what was measured in normal studies to the site's norms, and from the database's words back (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from db.models import NormsVersion
from db.norms import NormalFinding
from processors.brain.tract.limits import MAX_LESION_SHARE, MIN_COVERAGE, MIN_VOXELS
from processors.findings import (
    CORD_SIGNS,
    WHOLE_CORD,
    Algorithm,
    Finding,
    Quantity,
    Region,
    RegionMeasurements,
    Sign,
    State,
)
from processors.norms import Norms, Protocol, default_norms
from processors.norms.calibration import GroupCalibration, Sample, calibrate
from processors.norms.shipped import shipped_families
from processors.spine.limits import MIN_COVERAGE as MIN_CORD_COVERAGE
from processors.spine.limits import MIN_VOXELS as MIN_CORD_VOXELS

JUDGEMENTS = frozenset(
    {
        "adc-alone",
        "asymmetric",
        "asymmetric-band",
        "bias-sensitive",
        "borne-out-by-t1",
        "grey-zone",
        "no-norm",
        "one-sided-loss",
        "one-level",
        "part-of-cord",
        "not-subcortical",
        "plic-only",
        "proposed-norm",
        "short-extent",
        "small-norm",
        "t2-alone",
        "t2-shine-through",
        "unconfirmed-restriction",
    }
)
"""Reasons of an undecided finding that speak of its numbers, not of their quality."""

OF_REGIONS = frozenset({"entry-slice-inflow", "few-voxels", "lesion-overlap", "low-coverage"})
"""Reasons that speak of some regions, whose own numbers tell which."""

COMPARED: Mapping[Sign, Quantity] = {
    Sign.CORD_ATROPHY: Quantity.AREA_AT_REFERENCE_AGE,
    Sign.CORD_FLATTENING: Quantity.FLATNESS,
}
"""What is compared with the norm, where it is not the signal ratio."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What follows from the normal studies.

    Attributes
    ----------
    studies
        Study Instance UIDs of those that anything was learnt from.
    left_out
        Of each sign, why how many findings were not used.
    doubtful
        Study and sign, where a sign is present in a study that is said to be normal.
    """

    groups: tuple[GroupCalibration, ...]
    studies: tuple[str, ...]
    left_out: Mapping[str, Mapping[str, int]]
    doubtful: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """The norms to analyse with, as the database keeps them; without any where too few people were."""
        norms = [norm for group in self.groups if (norm := group.site_norm()) is not None]
        return {"site": [norm.plain() for norm in norms]}

    def provenance(self) -> dict[str, Any]:
        """Where they are from, and what was left out, as the database keeps it."""
        return {
            "studies": list(self.studies),
            "left_out": {sign: dict(reasons) for sign, reasons in self.left_out.items()},
            "doubtful": [list(one) for one in self.doubtful],
            "groups": [_plain_group(group) for group in self.groups],
        }


def norms_of(version: NormsVersion | None) -> Norms:
    """The norms that a version in the database holds; the shipped ones for none."""
    if version is None:
        return default_norms()
    name = f"{version.id} of {version.created_at:%Y-%m-%d}"
    return Norms.from_plain({"version": name, "site": version.document["site"]})


def learn(found: Sequence[NormalFinding]) -> Learnt:
    """Learn from every finding whose measurement passed its quality gates and is by the newest algorithm."""
    candidates = [one for one in found if shipped_families(one.finding.sign)]
    newest = _newest_algorithms(candidates)
    left_out: dict[str, Counter[str]] = {}
    samples: list[Sample] = []
    for one in candidates:
        finding = one.finding
        why, ratios = _unusable(one, newest), _ratios(finding)
        if why is None and not ratios:
            why = "no region measured well enough"
        if why is not None or one.protocol is None:
            left_out.setdefault(finding.sign.value, Counter())[why or ""] += 1
            continue
        samples.append(
            Sample(
                one.person,
                one.study_instance_uid,
                one.taken,
                finding.sign,
                Protocol.from_plain(one.protocol),
                finding.algorithm,
                ratios,
            )
        )
    for sign, repeated in _repeated(samples).items():
        left_out.setdefault(sign, Counter())["another study of the same person"] += repeated
    return Learnt(
        calibrate(samples),
        tuple(sorted({sample.study for sample in samples})),
        left_out,
        tuple(
            (one.study_instance_uid, one.finding.sign.value)
            for one in candidates
            if one.finding.state is State.PRESENT
        ),
    )


def _newest_algorithms(found: Sequence[NormalFinding]) -> dict[Sign, Algorithm]:
    measured = [one for one in found if one.finding.regions]
    return {one.finding.sign: one.finding.algorithm for one in sorted(measured, key=lambda f: f.measured_at)}


def _unusable(one: NormalFinding, newest: Mapping[Sign, Algorithm]) -> str | None:
    """Why a finding is not learnt from, or ``None``."""
    finding = one.finding
    if finding.state is State.NOT_EVALUATED:
        return finding.reasons[0].key
    if finding.state is State.INDETERMINATE:
        faults = [r.key for r in finding.reasons if r.key not in JUDGEMENTS | OF_REGIONS]
        if faults:
            return faults[0]
    if finding.sign in newest and finding.algorithm != newest[finding.sign]:
        return f"measured by {finding.algorithm.name} {finding.algorithm.version}"
    return "measured before protocols were kept" if one.protocol is None else None


def _ratios(finding: Finding) -> dict[Region, float]:
    """What is learnt of a finding: nothing of a cord whose levels are not known, since norms are by level."""
    return {
        region.region: ratio
        for region in finding.regions
        if region.region.name != WHOLE_CORD
        and (ratio := region.value(COMPARED.get(finding.sign, Quantity.RATIO))) is not None
        and (_cord_measured(region) if finding.sign in CORD_SIGNS else _well_measured(region))
    }


def _cord_measured(region: RegionMeasurements) -> bool:
    voxels, coverage = region.value(Quantity.VOXELS), region.value(Quantity.COVERAGE)
    return (voxels is None or voxels >= MIN_CORD_VOXELS) and (coverage or 0) >= 100 * MIN_CORD_COVERAGE


def _well_measured(region: RegionMeasurements) -> bool:
    voxels, coverage = region.value(Quantity.VOXELS), region.value(Quantity.COVERAGE)
    lesion = region.value(Quantity.LESION_SHARE) or 0
    return (
        (voxels or 0) >= MIN_VOXELS
        and (coverage or 0) >= 100 * MIN_COVERAGE
        and lesion <= 100 * MAX_LESION_SHARE
    )


def _repeated(samples: Sequence[Sample]) -> dict[str, int]:
    """How many samples of each sign are of a person who has a later one by the same protocol."""
    counted = Counter((sample.sign.value, sample.protocol, sample.person) for sample in samples)
    repeated: Counter[str] = Counter()
    for (sign, _, _), count in counted.items():
        repeated[sign] += count - 1
    return {sign: count for sign, count in repeated.items() if count}


def _plain_group(group: GroupCalibration) -> dict[str, Any]:
    return {
        "sign": group.sign.value,
        "protocol": group.protocol.plain(),
        "algorithm": asdict(group.algorithm),
        "n": group.n,
        "segments": {
            name: {
                "default": asdict(segment.default),
                "observed": asdict(segment.observed),
                "used": asdict(segment.used),
                "outliers": list(segment.outliers),
            }
            for name, segment in group.segments.items()
        },
    }
