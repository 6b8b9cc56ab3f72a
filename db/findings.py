"""Findings into the tables, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Analysis, Finding, Measurement
from processors import findings as vocabulary
from processors.findings import (
    UNITS,
    Algorithm,
    Confidence,
    Quantity,
    Reason,
    Region,
    Side,
    Sign,
    State,
    TractProfile,
)


def replace_findings(
    session: Session,
    study_id: int,
    version: int,
    findings: Iterable[vocabulary.Finding],
    *,
    analysis: str | None,
    software_version: str,
    now: datetime,
    protocols: Mapping[Sign, Mapping[str, Any]] | None = None,
) -> None:
    """Store findings; what there was of the same signs and version is replaced.

    Parameters
    ----------
    protocols
        How the series that each sign was measured on were made, as JSON.
    """
    found = tuple(findings)
    session.execute(
        delete(Finding).where(
            Finding.study_id == study_id,
            Finding.version == version,
            Finding.sign.in_([f.sign.value for f in found]),
        )
    )
    analysis_id = session.scalar(
        select(Analysis.id).where(
            Analysis.study_id == study_id, Analysis.version == version, Analysis.name == analysis
        )
    )
    for finding in found:
        row = Finding(
            study_id=study_id,
            version=version,
            analysis_id=analysis_id,
            sign=finding.sign.value,
            state=finding.state.value,
            confidence=finding.confidence,
            reasons=[asdict(reason) for reason in finding.reasons],
            series_uids=list(finding.series_uids),
            algorithm_name=finding.algorithm.name,
            algorithm_version=finding.algorithm.version,
            software_version=software_version,
            measured_at=now,
            norm=finding.norm,
            profiles=[asdict(profile) for profile in finding.profiles] or None,
            protocol=dict(protocols[finding.sign]) if protocols and finding.sign in protocols else None,
        )
        session.add(row)
        session.flush()
        session.add_all(_measurements(row.id, finding))


def _measurements(finding_id: int, finding: vocabulary.Finding) -> list[Measurement]:
    return [
        Measurement(
            finding_id=finding_id,
            position=position,
            region=region.region.name,
            side=region.region.side,
            quantity=measurement.quantity.value,
            value=measurement.value,
            unit=UNITS[measurement.quantity],
        )
        for position, region in enumerate(finding.regions)
        for measurement in region.measurements
    ]


def findings_of(session: Session, study_id: int, version: int) -> tuple[vocabulary.Finding, ...]:
    """The findings of a version, in the order of the signs."""
    return tuple(finding for _, finding in findings_in(session, study_id, version))


def findings_in(
    session: Session, study_id: int, version: int
) -> tuple[tuple[Finding, vocabulary.Finding], ...]:
    """The findings of a version with their rows, in the order of the signs."""
    rows = {
        row.sign: row
        for row in session.scalars(
            select(Finding).where(Finding.study_id == study_id, Finding.version == version)
        )
    }
    numbers: dict[int, list[Measurement]] = {}
    for number in session.scalars(
        select(Measurement)
        .where(Measurement.finding_id.in_([row.id for row in rows.values()]))
        .order_by(Measurement.id)
    ):
        numbers.setdefault(number.finding_id, []).append(number)
    ordered = [rows[sign.value] for sign in Sign if sign.value in rows]
    return tuple((row, _finding(row, numbers.get(row.id, []))) for row in ordered)


def _finding(row: Finding, numbers: Sequence[Measurement]) -> vocabulary.Finding:
    regions: dict[int, tuple[Region, list[vocabulary.Measurement]]] = {}
    for number in numbers:
        region = Region(number.region, Side(number.side) if number.side else None)
        measured = regions.setdefault(number.position, (region, []))[1]
        measured.append(vocabulary.Measurement(Quantity(number.quantity), number.value))
    return vocabulary.Finding(
        sign=Sign(row.sign),
        state=State(row.state),
        algorithm=Algorithm(row.algorithm_name, row.algorithm_version),
        confidence=Confidence(row.confidence) if row.confidence else None,
        reasons=tuple(Reason(**reason) for reason in row.reasons),
        regions=tuple(
            vocabulary.RegionMeasurements(region, tuple(measured)) for region, measured in regions.values()
        ),
        series_uids=tuple(row.series_uids),
        norm=row.norm,
        profiles=tuple(_profile(profile) for profile in row.profiles or ()),
    )


def _profile(plain: Mapping[str, Any]) -> TractProfile:
    return TractProfile(
        Side(plain["side"]),
        tuple(plain["position_mm"]),
        tuple(plain["segments"]),
        tuple(plain["ratio"]),
        tuple(plain["norm_mean"]),
        tuple(plain["norm_sd"]),
    )
