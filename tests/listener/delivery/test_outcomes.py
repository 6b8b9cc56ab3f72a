"""What the answers mean, and when the next attempt is due."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.delivery.outcomes import of_status, retry_after
from listener.settings import DeliverySettings


@pytest.mark.parametrize(
    ("status", "acknowledged", "refused"),
    [
        (0x0000, True, False),
        (0xB000, True, False),
        (0xB006, True, False),
        (0xB007, True, False),
        (0xB123, True, False),
        (0x0001, True, False),
        (0x0107, True, False),
        (0x0116, True, False),
        (0xA700, False, False),
        (0xA900, False, True),
        (0xA9FF, False, True),
        (0xAA00, False, False),
        (0xC000, False, False),
        (0xC123, False, False),
        (0x0122, False, True),
        (0x0110, False, False),
        (0xFF00, False, False),
        (0xFE00, False, False),
    ],
    ids=lambda value: f"{value:04X}",
)
def test_status(status: int, acknowledged: bool, refused: bool):
    outcome = of_status(status, "because\x1b")
    assert (outcome.acknowledged, outcome.refused) == (acknowledged, refused)
    assert outcome.text == f"Status {status:04X} (because)"


def test_pauses_double_up_to_the_limit_which_is_longer_where_it_is_refused():
    patience = DeliverySettings(first_retry=10, longest_retry=100, longest_refused_retry=1000)
    assert [retry_after(n, patience).total_seconds() for n in range(1, 7)] == [10, 20, 40, 80, 100, 100]
    refused = [retry_after(n, patience, refused=True).total_seconds() for n in (1, 5, 9, 99)]
    assert refused == [10, 160, 1000, 1000]


@settings(deadline=None)
@given(attempt=st.integers(1, 10**9), first=st.floats(0.1, 1e5), longest=st.floats(0.1, 1e6))
def test_never_given_up_and_never_at_once(attempt: int, first: float, longest: float):
    patience = DeliverySettings(first_retry=first, longest_retry=longest)
    assert timedelta(0) < retry_after(attempt, patience) <= patience.longest_retry
    assert retry_after(attempt, patience) <= retry_after(attempt + 1, patience)
