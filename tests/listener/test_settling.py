"""When a study is complete enough."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.settings import SettlingSettings
from listener.settling import is_quiet, settle

START = datetime(2026, 3, 14, tzinfo=UTC)
SETTINGS = SettlingSettings(quiet_period=60, deadline=600)


def at(now: float, last: float, missing: tuple[str, ...] = ()):
    return settle(START + timedelta(seconds=now), START, START + timedelta(seconds=last), missing, SETTINGS)


@pytest.mark.parametrize(
    ("now", "last", "missing", "complete"),
    [
        (59.9, 0, (), None),
        (60, 0, (), True),
        (100, 41, (), None),
        (101, 41, (), True),
        (60, 0, ("T1 brain",), None),
        (599.9, 0, ("T1 brain",), None),
        (600, 0, ("T1 brain",), False),
        (600, 590, (), False),
        (650, 590, (), True),
        (3600, 0, (), True),
    ],
)
def test_quiet_period_required_series_and_deadline(now, last, missing, complete):
    settled = at(now, last, missing)
    assert (settled.complete if settled else None) is complete


def test_incomplete_says_what_lacks():
    assert at(600, 0, ("T1 brain", "T2 cervical_spine")).why == (
        "The deadline passed without T1 brain, T2 cervical_spine."
    )
    assert at(600, 599).why == "The deadline passed while images were still coming."
    assert at(60, 0).why == "No image came for 60 s."


@given(now=st.floats(0, 5000), last=st.floats(0, 5000), missing=st.booleans())
def test_never_complete_without_quiet_and_never_open_after_the_deadline(now, last, missing):
    last = min(last, now)
    settled = at(now, last, ("T1 brain",) if missing else ())
    if settled and settled.complete:
        moments = START + timedelta(seconds=now), START + timedelta(seconds=last)
        assert is_quiet(*moments, SETTINGS)
        assert not missing
    if now >= 600:
        assert settled
