"""Permission to come in from outside: two officers give it, one takes it away, and it ends by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from iam.access.places import permissions
from iam.access.places import register as books
from iam.access.places.permissions import Permission, Terms
from iam.access.places.register import Known, Particulars
from iam.errors import Conflict, Forbidden, NotFound
from iam.office import cases, outside
from iam.office.cases import Case
from iam.office.outside import Wish
from iam.outbox import Topic, notices
from iam.policy.entry.systems import Outside, OutsideRule
from iam.policy.profile import Role
from iam.signin.desk import issuing
from iam.signin.door import Entrant, entrant
from tests.bodies import leaver, row
from tests.entrance import Person
from tests.functional.office.conftest import MakeOffice
from tests.offices import Office, a_profile


@pytest.fixture
def asker(office: Office) -> Person:
    return office.officer(1, Role.DATA_OFFICER)


@pytest.fixture
def general(office: Office) -> Person:
    return office.officer(2, Role.GENERAL_OFFICER)


@pytest.fixture
def approver(office: Office) -> Person:
    return office.officer(3, Role.APPROVER)


@pytest.fixture
def wish(office: Office) -> Wish:
    """Somebody for ten days, with any terminal, over no public line."""
    return Wish(office.person(4).id, Terms(None, False, office.today, office.today + timedelta(days=9)))


def proposed(office: Office, asker: Person, wish: Wish, reason: str = "在宅勤務") -> Case:
    with office.store.act(f"staff:{asker.number}") as act:
        return outside.propose(act, office.offices, asker.id, wish, reason)


def confirmed(office: Office, decider: Person, case: Case) -> None:
    hall = office.hall
    with office.store.read() as connection:
        who: Entrant = entrant(connection, hall.door, decider.id, hall.clock())
    issuing.confirm(office.store, hall.door, who, case.id, case.content_hash)


def live(office: Office, wish: Wish, days: int = 0) -> list[Permission]:
    with office.store.read() as connection:
        return permissions.live(connection, wish.person_id, office.today + timedelta(days=days))


def told(office: Office, wish: Wish) -> list[Topic]:
    with office.store.read() as connection:
        return [each.topic for each in sorted(notices.unseen(connection, wish.person_id), key=lambda each: each.id)]


def with_terms(wish: Wish, **terms: Any) -> Wish:  # noqa: ANN401 - fields of the terms
    return replace(wish, terms=replace(wish.terms, **terms))


def a_terminal(office: Office, code: str, *, leaves: bool) -> int:
    with office.store.act("x") as act:
        return books.register(act, Known({}, {}), Particulars(code, "貸出", outside=leaves)).id


def test_a_permission_is_given_by_two_lives_for_its_days_and_tells_its_holder(
    office: Office, asker: Person, general: Person, wish: Wish
) -> None:
    case = proposed(office, asker, wish)
    assert live(office, wish) == []
    confirmed(office, general, case)

    (given,) = live(office, wish)
    clause = office.offices.profile.entry.general.outside.clause
    assert (given.case_id, given.reason, given.clause, given.public) == (case.id, "在宅勤務", clause, False)
    assert [len(live(office, wish, days)) for days in (-1, 9, 10)] == [0, 1, 0]
    assert told(office, wish)[-1] is Topic.OUTSIDE_PERMITTED
    with office.store.read() as connection:
        (listed,) = permissions.permissions(connection, permission_id=given.id)
        assert permissions.permissions(connection, permission_id=given.id + 1) == []
    assert (listed.staff_number, listed.terminal) == ("0000004", "")
    assert len(office.hall.audited("permission.given")) == 1


def test_a_public_line_is_an_exception_that_the_approver_alone_gives(
    office: Office, asker: Person, general: Person, approver: Person, wish: Wish
) -> None:
    case = proposed(office, asker, with_terms(wish, public=True))
    with office.store.read() as connection:
        assert cases.deciders(connection, office.offices, case, office.hall.clock()) == [approver.id]
    with pytest.raises(Forbidden):
        confirmed(office, general, case)
    confirmed(office, approver, case)

    (given,) = live(office, wish)
    assert (given.public, given.clause) == (True, office.offices.profile.entry.general.public.clause)


def test_what_may_not_be_permitted_is_not_even_asked_for(office: Office, asker: Person, wish: Wish) -> None:
    stays, leaves = a_terminal(office, "PC-1", leaves=False), a_terminal(office, "TB-1", leaves=True)
    office.settle(leaver(row(5, "0201"), office.today.isoformat()))
    gone = office.id_of(5)
    a_year = wish.terms.valid_from + timedelta(days=365)
    refused: list[tuple[Wish, str, type[Exception], str]] = [
        (wish, " ", Conflict, "理由"),
        (with_terms(wish, valid_until=a_year), "x", Conflict, "1年以内"),
        (with_terms(wish, valid_until=office.today - timedelta(days=1)), "x", Conflict, "終了日"),
        (with_terms(wish, terminal_id=stays), "x", Conflict, "持出しが認められていません"),
        (with_terms(wish, terminal_id=leaves + 100), "x", NotFound, "台帳にありません"),
        (replace(wish, person_id=999_999), "x", NotFound, "台帳にいません"),
        (
            with_terms(replace(wish, person_id=gone), valid_from=office.today + timedelta(days=1)),
            "x",
            Conflict,
            "在職して",
        ),
        (replace(wish, person_id=asker.id), "x", Forbidden, "自分に関する"),
    ]
    for asked, reason, kind, said in refused:
        with pytest.raises(kind, match=said):
            proposed(office, asker, asked, reason)
    with pytest.raises(Forbidden, match="申請する権限がありません"):
        proposed(office, office.officer(6, Role.HR_OFFICER), wish)


def test_what_changed_since_it_was_asked_is_seen_when_it_is_confirmed(
    office: Office, asker: Person, general: Person, wish: Wish
) -> None:
    terminal_id = a_terminal(office, "TB-1", leaves=True)
    case = proposed(office, asker, with_terms(wish, terminal_id=terminal_id))
    with office.store.act("x") as act:
        books.report_lost(act, "TB-1", "電車")

    with pytest.raises(Conflict, match="「紛失」のため"):
        confirmed(office, general, case)
    assert live(office, wish) == []


def test_one_officer_or_the_holder_takes_it_away_and_nobody_else(
    office: Office, asker: Person, general: Person, wish: Wish
) -> None:
    confirmed(office, general, proposed(office, asker, wish))
    (given,) = live(office, wish)

    def withdraws(who: int) -> None:
        with office.store.act("x") as act:
            outside.withdraw(act, office.offices, given.id, who, "要らなくなった")

    with pytest.raises(Forbidden):
        withdraws(asker.id)
    withdraws(general.id)
    assert (live(office, wish), told(office, wish)[-1]) == ([], Topic.OUTSIDE_ENDED)
    with pytest.raises(Conflict, match="すでに終わって"):
        withdraws(wish.person_id)


def test_a_body_that_lets_nobody_in_from_outside_permits_nobody(make_office: MakeOffice) -> None:
    profile = a_profile()
    general = profile.entry.general.model_copy(update={"outside": OutsideRule(value=Outside.DENY, clause="baseline")})
    office = make_office(profile.model_copy(update={"entry": profile.entry.model_copy(update={"general": general})}))
    terms = Terms(None, False, office.today, office.today)
    with pytest.raises(Forbidden, match="庁外からの利用を認めていません"):
        proposed(office, office.officer(1, Role.OPERATOR), Wish(office.person(4).id, terms))
