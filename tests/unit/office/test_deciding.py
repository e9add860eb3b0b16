"""Which rule stands between an officer and a decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.errors import Conflict, Forbidden
from iam.office.cases import ASKS, Case, CaseKind, CaseState, content_hash, decides, may_ask, why_not_decide
from iam.office.deputies import last_day
from iam.office.roles import STAFF
from iam.policy.profile import Role
from iam.signin.door import actor_of

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ASKER, DECIDER, SUBJECT = 1, 2, 3
ROLES = {ASKER: frozenset({Role.OPERATOR}), DECIDER: frozenset({Role.HR_OFFICER}), SUBJECT: frozenset[Role]()}


def a_case(of: CaseKind = CaseKind.TEMPORARY_PASSWORD, **other: Any) -> Case:  # noqa: ANN401 - fields of a case
    seen = content_hash(of, SUBJECT, {}, "窓口")
    case = Case(7, of, SUBJECT, {}, seen, "窓口", ASKER, NOW, NOW + timedelta(days=1), CaseState.ASKED, None, None, "")
    return replace(case, **other)


def why(case: Case, decider: int = DECIDER, roles: dict[int, frozenset[Role]] | None = None, seen: str = "") -> object:
    return why_not_decide(case, decider, roles=roles or ROLES, seen_hash=seen or case.content_hash)


def test_another_officer_may_confirm() -> None:
    assert why(a_case()) is None


@pytest.mark.parametrize("state", [state for state in CaseState if state is not CaseState.ASKED])
def test_only_what_waits_is_decided(state: CaseState) -> None:
    assert isinstance(why(a_case(state=state)), Conflict)


def test_nobody_confirms_what_they_asked_for_themselves() -> None:
    both = {**ROLES, ASKER: frozenset(Role)}
    assert isinstance(why(a_case(), ASKER, both), Forbidden)


def test_nobody_confirms_what_is_about_themselves() -> None:
    assert isinstance(why(a_case(), SUBJECT, {**ROLES, SUBJECT: frozenset(Role)}), Forbidden)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER, Role.TERMINAL_OFFICER])
def test_whoever_has_no_part_in_it_confirms_nothing(role: Role) -> None:
    assert isinstance(why(a_case(), roles={**ROLES, DECIDER: frozenset({role})}), Forbidden)


def test_a_request_falls_with_the_role_of_whoever_asked() -> None:
    assert isinstance(why(a_case(), roles={**ROLES, ASKER: frozenset()}), Conflict)


@pytest.mark.parametrize(
    "changed", [{"content": {"role": "auditor"}}, {"reason": "別の理由"}, {"subject_id": 9}, {"kind": CaseKind.DEPUTY}]
)
def test_a_request_that_was_changed_after_it_was_seen_is_refused(changed: dict[str, Any]) -> None:
    heads = dict.fromkeys((ASKER, DECIDER), frozenset({Role.GENERAL_OFFICER}))
    assert isinstance(why(a_case(**changed), roles=heads), Conflict)


def test_a_hash_that_was_not_shown_is_refused() -> None:
    assert isinstance(why(a_case(), seen="0" * 64), Conflict)


@pytest.mark.parametrize("kind", [CaseKind.TEMPORARY_PASSWORD, CaseKind.TEMPORARY_CODE])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.HR_OFFICER, Role.GENERAL_OFFICER, Role.APPROVER])
def test_the_desk_alone_cannot_sign_in_as_an_officer_who_watches_it(kind: CaseKind, role: Role) -> None:
    watched = {**ROLES, SUBJECT: frozenset({role})}
    assert isinstance(why(a_case(kind), roles=watched), Forbidden)
    assert decides(kind, watched[SUBJECT]) == {Role.GENERAL_OFFICER, Role.APPROVER}


@given(st.sampled_from(CaseKind), st.frozensets(st.sampled_from(Role)))
def test_an_auditor_neither_asks_nor_decides(kind: CaseKind, subject: frozenset[Role]) -> None:
    assert Role.AUDITOR not in ASKS[kind] | decides(kind, subject)


def test_a_holder_asks_for_a_deputy_of_their_own_role_only() -> None:
    own = {"deputises_id": ASKER, "role": "approver"}
    assert may_ask(CaseKind.DEPUTY, ASKER, own, frozenset({Role.APPROVER}))
    assert not may_ask(CaseKind.DEPUTY, ASKER, own, frozenset({Role.OPERATOR}))
    assert not may_ask(CaseKind.DEPUTY, DECIDER, own, frozenset({Role.APPROVER}))
    assert may_ask(CaseKind.DEPUTY, DECIDER, own, frozenset({Role.GENERAL_OFFICER}))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_year_is_a_year_both_days_included(first: date) -> None:
    assert last_day(first) - first in {timedelta(days=364), timedelta(days=365)}


def test_a_leap_day_has_its_year() -> None:
    assert last_day(date(2028, 2, 29)) == date(2029, 2, 28)
    assert last_day(date(9999, 1, 1)) == date.max
    assert last_day(date(2026, 4, 1)) == date(2027, 3, 31)


def test_actors_begin_as_the_door_names_them() -> None:
    assert actor_of("1") == f"{STAFF}1"
