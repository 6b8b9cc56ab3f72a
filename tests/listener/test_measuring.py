"""What an analysis says of a study before and beside what is measured."""

from dataclasses import replace

import numpy as np
import pytest

from listener import measuring
from listener.measuring import ADULT_YEARS, SIGNS, measure, unanswered
from processors.acquisition import Acquisition, Contrast
from processors.findings import Reason, Sign, State
from processors.norms import default_norms
from processors.volume import SliceSource, Volume

PIECE = Volume(
    np.zeros((3, 4, 4), np.float32), np.eye(4), "1.2", (SliceSource("1", "2"),) * 3, contrast=Contrast.T1
)


def reasons_of(monkeypatch, name, volumes, unreadable):
    monkeypatch.setattr(measuring, "_volumes", lambda *_: (volumes, unreadable))
    measured = measure(name, None, "1.2", (), default_norms())
    return {f.sign: (f.state, [reason.key for reason in f.reasons]) for f in measured.findings}


@pytest.mark.parametrize("name", SIGNS)
def test_a_child_is_not_compared_with_adults(monkeypatch, name):
    child = replace(PIECE, acquisition=Acquisition(patient_age=ADULT_YEARS - 0.5))
    said = reasons_of(monkeypatch, name, [child], {})
    assert said == dict.fromkeys(SIGNS[name], (State.NOT_EVALUATED, ["child"]))


@pytest.mark.parametrize("age", [None, float(ADULT_YEARS), 90.0])
def test_an_adult_or_somebody_of_unknown_age_is_measured(monkeypatch, age):
    said = reasons_of(monkeypatch, "brain", [replace(PIECE, acquisition=Acquisition(patient_age=age))], {})
    assert "child" not in {key for _, keys in said.values() for key in keys}


def test_a_series_that_cannot_be_read_is_not_called_missing(monkeypatch):
    fault = Reason.of("mixed-geometry")
    said = reasons_of(monkeypatch, "brain", [], {Contrast.SWI: fault, Contrast.T1: fault})
    assert said[Sign.MOTOR_BAND] == (State.NOT_EVALUATED, ["mixed-geometry"])
    assert said[Sign.CST_T1] == (State.NOT_EVALUATED, ["mixed-geometry"])
    assert said[Sign.CST_T2] == (State.NOT_EVALUATED, ["missing-series"])


def test_a_study_without_brain_series_is_told_of_susceptibility_weighting():
    said = {f.sign: [reason.key for reason in f.reasons] for f in unanswered(SIGNS["spine"])}
    assert said.pop(Sign.MOTOR_BAND) == ["missing-series", "swi-recommended"]
    assert set(map(tuple, said.values())) == {("missing-series",)}
