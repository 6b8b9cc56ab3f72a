"""Findings read back are the findings that were reported."""

import string
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.findings import (
    Algorithm,
    Confidence,
    Finding,
    Measurement,
    Quantity,
    Reason,
    RegionMeasurements,
    Sign,
    State,
    regions_of,
)
from reports.reading import ReportError, read_findings, read_summary

SERIES = ("1", "2", "10")


names = (
    st.text(string.ascii_letters + string.digits + " .-", min_size=1, max_size=40).map(str.strip).filter(bool)
)
sentences = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=200)
reasons = st.builds(Reason, st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+){0,3}", fullmatch=True), sentences)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def findings(draw, sign, study_uid):
    state = draw(st.sampled_from(State))
    decided = state in (State.PRESENT, State.ABSENT)
    regions = draw(st.lists(st.sampled_from(regions_of(sign)), unique=True, max_size=3))
    quantities = st.lists(st.sampled_from(Quantity), unique=True, max_size=4)
    return Finding(
        sign,
        state,
        Algorithm(draw(names), draw(names)),
        draw(st.sampled_from(Confidence)) if state is State.PRESENT else None,
        tuple(draw(st.lists(reasons, min_size=0 if decided else 1, max_size=2))),
        tuple(
            RegionMeasurements(region, tuple(Measurement(q, draw(numbers)) for q in draw(quantities)))
            for region in regions
        ),
        tuple(f"{study_uid}.{s}" for s in draw(st.lists(st.sampled_from(SERIES), unique=True))),
        norm=draw(st.one_of(st.just(""), names)),
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_read_is_what_was_reported(study, reread, data):
    reported = [
        data.draw(findings(sign, study.uid))
        for sign in data.draw(st.lists(st.sampled_from(Sign), unique=True, max_size=4))
    ]
    read = {finding.sign: finding for finding in read_findings(reread(study.report(reported)))}
    assert list(read) == list(Sign)
    assert [read[finding.sign] for finding in reported] == reported
    left_out = [read[sign] for sign in Sign if sign not in {finding.sign for finding in reported}]
    assert all(f.state is State.NOT_EVALUATED and f.reasons[0].key == "not-analysed" for f in left_out)


def test_reading_needs_no_highdicom():
    code = "import reports.reading, sys; sys.exit('highdicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_report_without_floating_point_values_is_read(study, reread):
    report = study.report()
    for group in report.ContentSequence[-1].ContentSequence:
        for item in group.ContentSequence:
            if item.ValueType == "NUM":
                del item.MeasuredValueSequence[0].FloatingPointValue
    (finding,) = [f for f in read_findings(reread(report)) if f.sign is Sign.CST_T1]
    assert finding.regions[0].value(Quantity.RATIO) == 1.08346


def summary_group(report, key):
    return next(
        g for g in report.ContentSequence[-1].ContentSequence if g.ContentSequence[0].TextValue == key
    )


def test_a_contradictory_report_is_refused(study):
    report = study.report()
    group = summary_group(report, "cst_t1")
    group.ContentSequence = [
        i for i in group.ContentSequence if i.ConceptNameCodeSequence[0].CodeMeaning != "Confidence"
    ]
    with pytest.raises(ReportError, match="confidence"):
        read_findings(report)


def test_a_state_of_another_vocabulary_is_refused(study):
    report = study.report()
    for item in summary_group(report, "cst_t1").ContentSequence:
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Presence of sign":
            item.ConceptCodeSequence[0].CodeValue = "373572006"
    with pytest.raises(ReportError, match="state"):
        read_findings(report)


def test_the_sentences_of_the_summary_are_read(study, reread):
    lines = read_summary(reread(study.report()))
    assert lines[0] == "2 of the 4 evaluable signs are present."
    assert "RESEARCH USE" in lines[-1]
    assert read_summary(study.source()) == ()


def test_other_documents_hold_no_findings(study):
    assert read_findings(study.source()) == ()
