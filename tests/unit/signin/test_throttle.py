"""The delay after failures (R35)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from iam.signin.throttle import LONGEST, SHORTEST, delay


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (11, 1920), (12, 3600), (13, 3600), (10**9, 3600)],
)
def test_the_delay_begins_at_the_fifth_failure_and_doubles_up_to_an_hour(failures: int, seconds: int) -> None:
    assert delay(failures, 5) == timedelta(seconds=seconds)


def test_it_begins_earlier_where_the_rules_say_so() -> None:
    assert [delay(failures, 3) for failures in (2, 3)] == [timedelta(0), SHORTEST]


@given(some.integers(0, 200), some.integers(1, 10))
def test_it_never_shrinks_and_never_passes_an_hour(failures: int, delay_after: int) -> None:
    assert delay(failures, delay_after) <= delay(failures + 1, delay_after) <= LONGEST
