"""When a session holds, and how long it has left (R38, R39)."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from iam.people.standing import Status
from iam.signin.door import Entrant
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import Session, recently_proved, time_left, why_over
from tests.unit.signin.given import AT, rules

WHO = Entrant(1, "0000001", "山田", "", "", Status.IN_SERVICE, False, True, frozenset(), rules())


def a_session(**changed: Any) -> Session:  # noqa: ANN401 - whichever field a test wants otherwise
    values: dict[str, Any] = {
        "id": 1, "person_id": 1, "proofs": Proofs().plus(Method.PASSWORD), "duty": "", "zone": "", "address": "",
        "terminal": "", "signed_in_at": AT, "proved_at": AT, "seen_at": AT, "idle": timedelta(minutes=30),
        "ends_at": AT + timedelta(hours=10), "locked": False,
    }  # fmt: skip
    return Session(**values | changed)


@pytest.mark.parametrize(
    ("minutes", "seen", "reason"),
    [(0, 0, ""), (29, 0, ""), (30, 0, "idle"), (59, 30, ""), (60, 30, "idle"), (600, 599, "overall"), (599, 598, "")],
)
def test_a_session_ends_by_idleness_or_by_its_overall_limit(minutes: int, seen: int, reason: str) -> None:
    session = a_session(seen_at=AT + timedelta(minutes=seen))

    assert why_over(session, WHO, AT + timedelta(minutes=minutes)) == reason


def test_the_standing_of_its_owner_comes_before_any_limit() -> None:
    left = Entrant(1, "0000001", "山田", "", "", Status.LEFT, False, False, frozenset(), rules())
    stopped = Entrant(1, "0000001", "山田", "", "", Status.IN_SERVICE, True, False, frozenset(), rules())

    assert why_over(a_session(), left, AT) == "standing"
    assert why_over(a_session(), stopped, AT) == "suspended"


def test_time_left_is_the_nearer_of_the_two_limits() -> None:
    assert time_left(a_session(), AT) == timedelta(minutes=30)
    late = a_session(seen_at=AT + timedelta(hours=9, minutes=50))
    assert time_left(late, AT + timedelta(hours=9, minutes=50)) == timedelta(minutes=10)


@pytest.mark.parametrize(("seconds", "recent"), [(0, True), (299, True), (300, False), (-1, False)])
def test_a_proof_is_recent_for_five_minutes_and_not_before_it_was_given(seconds: int, recent: bool) -> None:
    door: Any = SimpleNamespace(reauthentication=timedelta(minutes=5))

    assert recently_proved(a_session(), AT + timedelta(seconds=seconds), door) is recent
