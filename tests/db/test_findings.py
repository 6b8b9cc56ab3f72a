"""Findings into the tables and back."""

from dataclasses import replace

from sqlalchemy import Engine

from db.engine import reading, writing
from db.findings import findings_of, replace_findings
from db.lifecycle import start_analysis
from processors.findings import Confidence, Reason, Sign, State
from tests.db.arrivals import NOW, rows, settled_study
from tests.db.results import findings


def store(engine: Engine, study: int, version: int, found) -> None:
    with writing(engine) as session:
        start_analysis(session, study, version, "brain", "0.1", NOW)
        replace_findings(session, study, version, found, analysis="brain", software_version="0.1", now=NOW)


def load(engine: Engine, study: int, version: int):
    with reading(engine) as session:
        return findings_of(session, study, version)


def test_come_back_as_they_were(engine: Engine):
    study = settled_study(engine)
    store(engine, study, 1, reversed(findings()))
    assert load(engine, study, 1) == findings()


def test_of_the_same_sign_replace_the_earlier_ones_only(engine: Engine):
    study = settled_study(engine)
    store(engine, study, 1, findings())
    motor_band, tract, flair, cord = findings()
    changed = replace(tract, confidence=Confidence.LOW, regions=tract.regions[:1])
    store(engine, study, 1, [changed])
    assert load(engine, study, 1) == (motor_band, changed, flair, cord)
    [count] = rows(engine, "SELECT COUNT(*) AS n FROM measurement")
    assert count.n == 3 + 1


def test_of_another_version_stay(engine: Engine):
    study = settled_study(engine)
    store(engine, study, 1, findings())
    later = tuple(
        replace(f, reasons=(Reason.of("grey-zone"),)) for f in findings() if f.sign is Sign.CST_FLAIR
    )
    store(engine, study, 2, later)
    assert load(engine, study, 1) == findings()
    assert load(engine, study, 2) == later


def test_none_are_none(engine: Engine):
    study = settled_study(engine)
    store(engine, study, 1, ())
    assert load(engine, study, 1) == ()


def test_every_state_survives(engine: Engine):
    study = settled_study(engine)
    store(engine, study, 1, findings())
    assert {f.state for f in load(engine, study, 1)} == set(State)
