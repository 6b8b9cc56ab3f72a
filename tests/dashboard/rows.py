"""Rows as the node writes them, through the functions that it writes them with."""

import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from db.commitments import begin_commitment, record_commitment
from db.deliveries import add_deliveries, record_attempt
from db.engine import writing
from db.findings import replace_findings
from db.index import ReceivedInstance, index_instances, record_event
from db.lifecycle import close_version, finish_analysis, note_check, set_status, start_analysis
from db.models import Delivery, ObjectKind, Report, Series, Stack, Study, StudyStatus
from processors.findings import (
    TRACT_SEGMENTS,
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    Region,
    RegionMeasurements,
    Side,
    Sign,
    State,
    TractProfile,
)

SR = "1.2.840.10008.5.1.4.1.1.88.34"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
MR = "1.2.840.10008.5.1.4.1.1.4"
NORM = "site norm 3 of 2026-11-23, T1 gradient echo 3-D 3 T Siemens, n = 24"
_ALGORITHM = Algorithm("Corticospinal tract profile", "1.0")


def uid(study: int) -> str:
    """The Study Instance UID of the study of this number."""
    return f"1.2.826.0.1.3680043.10.1.{study}"


def receive(engine: Engine, study: int, at: datetime, images: int = 3, **attributes: str | None) -> str:
    """Have images of one series come."""
    series = {
        "modality": "MR",
        "series_number": "3",
        "series_description": attributes.pop("series_description", "t1_mprage"),
    }
    described = {
        "patient_id": f"P{study:04}",
        "patient_name": f"PHANTOM^{study:04}",
        "study_date": f"{at:%Y%m%d}",
        "study_description": "MRI brain",
        **attributes,
    }
    index_instances(
        engine,
        [
            ReceivedInstance(
                study_instance_uid=uid(study),
                series_instance_uid=f"{uid(study)}.3",
                sop_instance_uid=f"{uid(study)}.3.{number}",
                sop_class_uid=MR,
                transfer_syntax_uid="1.2.840.10008.1.2.1",
                sha256=f"{number:064}",
                size_bytes=131072,
                calling_ae="PACS",
                received_at=at + timedelta(seconds=number),
                opens_version=True,
                study_attributes=described,
                series_attributes=series,
            )
            for number in range(1, images + 1)
        ],
    )
    return uid(study)


def wait_for_series(engine: Engine, study: int, at: datetime, *missing: str) -> None:
    """Have a quiet study lack required series."""
    with writing(engine) as session:
        row = _study(engine, study)
        note_check(session, row.id, missing, row.last_received_at)


def settle(engine: Engine, study: int, at: datetime, *, complete: bool = True) -> Study:
    """Close the study's version."""
    row = _study(engine, study)
    with writing(engine) as session:
        closed = close_version(
            session,
            row.id,
            row.version,
            last_received_at=row.last_received_at,
            complete=complete,
            why="No image for 120 s.",
            who="worker-0",
            now=at,
        )
    assert closed
    return _study(engine, study)


def classify(engine: Engine, study: Study, decision: str = "The only T1 of the brain.") -> None:
    """Record what the study's series was taken for."""
    with writing(engine) as session:
        series = session.scalars(select(Series).where(Series.study_id == study.id)).one()
        session.add(
            Stack(
                series_id=series.id,
                version=study.version,
                number=0,
                images=3,
                contrast="T1",
                body_part="brain",
                plane="axial",
                confidence=0.93,
                evidence=["The inversion time is that of an MPRAGE.", "The description says <mprage>."],
                analysis="brain",
                decision=decision,
            )
        )


def analyse(
    engine: Engine, study: Study, at: datetime, error: str | None = None, *, ends: bool = True
) -> None:
    """Run the analysis of the brain."""
    with writing(engine) as session:
        start_analysis(session, study.id, study.version, "brain", "0.1.0", at)
        if ends:
            finish_analysis(session, study.id, study.version, "brain", at + timedelta(seconds=41), error)
            what = "analysis-failed" if error else "analysis-done"
            details = {"version": study.version, "analysis": "brain", "attempt": 1}
            record_event(
                session, at=at, who="worker-0", what=what, why=error, study_id=study.id, details=details
            )


def tract_profiles() -> tuple[TractProfile, ...]:
    """Both sides from the pons to the cortex: bright from the capsule up on the left; a gap on the right."""
    names = [name for name in reversed(TRACT_SEGMENTS) for _ in range(7)]
    norms = {"pons": (1.016, 0.03), "cerebral_peduncle": (1.016, 0.045), "internal_capsule": (0.99, 0.03)}
    mean, sd = zip(*(norms.get(name, (1.0, 0.025)) for name in names), strict=True)
    left = tuple(m + 0.02 * math.sin(n) + (0.1 if n > 14 else 0) for n, m in enumerate(mean))
    right = tuple(
        None if 9 <= n < 12 else m + 0.015 * math.cos(1.3 * n) + (0.03 if n > 20 else 0)
        for n, m in enumerate(mean)
    )
    at = tuple(3.0 * n for n in range(len(names)))
    return tuple(
        TractProfile(side, at, tuple(names), ratio, mean, sd)
        for side, ratio in ((Side.LEFT, left), (Side.RIGHT, right))
    )


def find(engine: Engine, study: Study, at: datetime) -> None:
    """Store a present, an absent and an unseen sign."""
    regions = tuple(
        RegionMeasurements(
            Region("internal_capsule", side),
            (
                Measurement(Quantity.RATIO, ratio),
                Measurement(Quantity.Z_SCORE, z),
                Measurement(Quantity.VOXELS, 412),
            ),
        )
        for side, ratio, z in ((Side.LEFT, 1.1834, 3.21), (Side.RIGHT, 1.1712, 2.98))
    )
    cord = (RegionMeasurements(Region("C3"), (Measurement(Quantity.CROSS_SECTIONAL_AREA, 71.25),)),)
    present = Finding(
        Sign.CST_T1,
        State.PRESENT,
        _ALGORITHM,
        Confidence.MODERATE,
        regions=regions,
        norm=NORM,
        profiles=tract_profiles(),
    )
    absent = Finding(Sign.CORD_ATROPHY, State.ABSENT, Algorithm("Cord shape", "1.0"), regions=cord)
    unseen = Finding(
        Sign.MOTOR_BAND,
        State.NOT_EVALUATED,
        _ALGORITHM,
        reasons=(Reason("missing-series", "The study has no susceptibility-weighted series."),),
    )
    with writing(engine) as session:
        replace_findings(
            session,
            study.id,
            study.version,
            (present, absent, unseen),
            analysis="brain",
            software_version="0.1.0",
            now=at,
        )


def report(engine: Engine, study: Study, at: datetime, *destinations: str) -> None:
    """Make a structured report and a segmentation, and have them wait for their destinations."""
    with writing(engine) as session:
        for number, (kind, sop_class) in enumerate(((ObjectKind.SR, SR), (ObjectKind.SEG, SEG))):
            row = Report(
                study_id=study.id,
                version=study.version,
                sop_instance_uid=f"{study.study_instance_uid}.9.{study.version}.{number}",
                sop_class_uid=sop_class,
                kind=kind,
                series_instance_uid=f"{study.study_instance_uid}.9",
                software_version="0.1.0",
                created_at=at,
            )
            session.add(row)
            session.flush()
            add_deliveries(session, row.id, destinations, at)
        status = StudyStatus.DELIVERING if destinations else StudyStatus.REPORTED
        set_status(session, study.id, study.version, status, who="worker-0", now=at)


def attempt(
    engine: Engine,
    study: Study,
    at: datetime,
    outcome: str,
    *,
    acknowledged: bool,
    kind: ObjectKind | None = None,
    refused: bool = False,
) -> None:
    """Try every delivery of the study, or those of one kind of object, once."""
    with writing(engine) as session:
        tried = session.execute(
            select(Delivery.id, Delivery.attempts)
            .join(Report, Report.id == Delivery.report_id)
            .where(
                Report.study_id == study.id, Report.kind.in_(tuple(ObjectKind) if kind is None else [kind])
            )
        ).all()
        for delivery, attempts in tried:
            record_attempt(
                session,
                delivery,
                attempts + 1,
                acknowledged=acknowledged,
                outcome=outcome,
                retry_after=timedelta(minutes=5),
                who="worker-0",
                now=at,
                refused=refused,
                commitment_due=True,
            )


def ask_for_commitment(engine: Engine, study: Study, at: datetime, *committed: str) -> None:
    """Ask about every delivery of the study, with an answer for some SOP Instance UIDs."""
    with writing(engine) as session:
        asked = session.scalars(
            select(Delivery.id)
            .join(Report, Report.id == Delivery.report_id)
            .where(Report.study_id == study.id)
        ).all()
        begin_commitment(session, asked, "2.25.1", at + timedelta(hours=1))
        record_commitment(
            session, "2.25.1", committed, {}, send_again_after=lambda _: timedelta(), who="PACS", now=at
        )


def end(engine: Engine, study: Study, at: datetime, status: StudyStatus, why: str) -> None:
    """Bring a study to an end without a report."""
    with writing(engine) as session:
        set_status(session, study.id, study.version, status, who="worker-0", now=at, why=why)


def refuse(engine: Engine, at: datetime, what: str, why: str) -> None:
    """Refuse or quarantine an instance."""
    with writing(engine) as session:
        record_event(
            session,
            at=at,
            who="listener",
            what=what,
            why=why,
            details={"sop_instance_uid": f"{uid(999)}.1.1", "status": "A900"},
        )


def fill(engine: Engine, now: datetime | None = None) -> None:
    """A study at every place of the way, and an instance that was refused.

    Study 1 is delivered, 2 failed, 3 waits for a series, 4 is analysed, 5 waits for its destination,
    6 has nothing to analyse, 7 is reported without a destination, of 8 the destination refuses a part.
    """
    now = now or datetime.now(UTC)
    early = now - timedelta(hours=2)
    for number in range(1, 9):
        receive(engine, number, early + timedelta(minutes=number))
    settled = {
        n: settle(engine, n, early + timedelta(minutes=20), complete=n != 5) for n in (1, 2, 4, 5, 6, 7, 8)
    }
    later = early + timedelta(minutes=25)
    for number in (1, 2, 4, 5, 7):
        classify(engine, settled[number])
    for number in (1, 5, 7):
        analyse(engine, settled[number], later)
        find(engine, settled[number], later)
    report(engine, settled[1], later, "PACS")
    attempt(engine, settled[1], later, "0000 Success", acknowledged=True)
    analyse(engine, settled[2], later, "The registration did not converge.")
    end(engine, settled[2], later, StudyStatus.FAILED, "Every analysis failed.")
    wait_for_series(engine, 3, later, "T2 brain", "SWI brain")
    analyse(engine, settled[4], later, ends=False)
    report(engine, settled[5], later, "PACS")
    attempt(engine, settled[5], later, "The association was refused.", acknowledged=False)
    end(engine, settled[6], later, StudyStatus.NOTHING_TO_ANALYSE, "No series is of a kind that is analysed.")
    report(engine, settled[7], later)
    report(engine, settled[8], later, "PACS")
    attempt(engine, settled[8], later, "0000 Success", acknowledged=True, kind=ObjectKind.SR)
    unwanted = "The destination does not accept segmentations."
    attempt(engine, settled[8], later, unwanted, acknowledged=False, kind=ObjectKind.SEG, refused=True)
    refuse(engine, now, "instance-refused", "The dataset does not match its SOP class.")
    refuse(engine, now, "instance-quarantined", "The SOP Instance UID is stored already with other content.")


def _study(engine: Engine, number: int) -> Study:
    with writing(engine) as session:
        return session.scalars(select(Study).where(Study.study_instance_uid == uid(number))).one()
