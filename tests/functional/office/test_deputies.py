"""Deputies: two officers give a role for a stated time; it is refused where it should not be, and taken back by one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError as Broken

from iam.errors import Conflict, Forbidden, IamError, NotFound
from iam.office import deputies
from iam.office.books import assignment_table
from iam.office.deputies import Wish, assignments
from iam.policy.profile import Role
from tests.bodies import leaver, row
from tests.entrance import Person
from tests.offices import CONTRACTED, POSTS, Office, a_profile, a_title

GENERAL = Role.GENERAL_OFFICER


@pytest.fixture
def head(office: Office) -> Person:
    return office.officer(1, GENERAL)


@pytest.fixture
def approver(office: Office) -> Person:
    return office.officer(2, Role.APPROVER)


@pytest.fixture
def deputy(office: Office) -> Person:
    return office.person(3)


@pytest.fixture
def wish(office: Office, head: Person, approver: Person, deputy: Person) -> Wish:
    return Wish(deputy.id, GENERAL, head.id, office.today, office.today + timedelta(days=10))


def proposed(office: Office, asker: Person, wish: Wish) -> None:
    with office.store.act("x") as act:
        deputies.propose(act, office.offices, asker.id, wish, "出張のため")


def test_the_holder_asks_and_another_head_confirms(office: Office, head: Person, approver: Person, wish: Wish) -> None:
    given = office.deputise(head, approver, wish)
    with office.store.read() as connection:
        (found,) = assignments(connection, since=office.today)
        assert assignments(connection, since=office.today, person_id=head.id) == [found]
        assert assignments(connection, since=wish.valid_until + timedelta(days=1)) == []
    assert (found.id, found.person_id, found.role, found.deputises_id) == (given, wish.person_id, GENERAL, head.id)
    assert "出張" in found.reason
    assert len(office.hall.audited("role.given")) == 1


def test_an_approver_asks_for_a_deputy_of_their_own(office: Office, head: Person, approver: Person, wish: Wish) -> None:
    own = replace(wish, role=Role.APPROVER, deputises_id=approver.id)
    office.deputise(approver, head, own)
    with pytest.raises(Forbidden):
        proposed(office, approver, replace(wish, deputises_id=head.id, person_id=office.person(9).id))


@pytest.mark.parametrize("days", [-1, 365, 400])
def test_a_time_is_at_most_a_year_and_not_over_already(office: Office, head: Person, wish: Wish, days: int) -> None:
    with pytest.raises(Conflict):
        proposed(office, head, replace(wish, valid_until=wish.valid_from + timedelta(days=days)))
    proposed(office, head, replace(wish, valid_until=wish.valid_from + timedelta(days=364)))


def test_nobody_deputises_themselves_nor_who_is_not_there(office: Office, head: Person, wish: Wish) -> None:
    for person_id, refusal in ((head.id, Forbidden), (999, NotFound)):
        with pytest.raises(refusal):
            proposed(office, head, replace(wish, person_id=person_id))


def test_whoever_is_not_in_service_on_the_first_day_is_no_deputy(office: Office, head: Person, wish: Wish) -> None:
    office.settle(leaver(row(3, "0201"), office.today.isoformat()))
    begins = office.today + timedelta(days=1)
    with pytest.raises(Conflict, match="退職"):
        proposed(office, head, replace(wish, valid_from=begins))


def test_a_contractor_is_no_deputy(office: Office, head: Person, wish: Wish) -> None:
    outsider = office.person(8, category=CONTRACTED, home_body="株式会社", valid_until="2027-03-31")
    with pytest.raises(Forbidden, match="職員区分"):
        proposed(office, head, replace(wish, person_id=outsider.id))


def test_an_auditor_is_no_deputy_and_an_officer_audits_nothing(office: Office, head: Person, wish: Wish) -> None:
    auditor, operator = office.officer(8, Role.AUDITOR), office.officer(9, Role.OPERATOR)
    with pytest.raises(Forbidden, match="監査"):
        proposed(office, head, replace(wish, person_id=auditor.id))
    with pytest.raises(Forbidden, match="監査"):
        proposed(office, head, Wish(operator.id, Role.AUDITOR, auditor.id, wish.valid_from, wish.valid_until))


def test_a_deputy_cannot_be_deputised(office: Office, head: Person, approver: Person, wish: Wish) -> None:
    office.deputise(head, approver, wish)
    further = replace(wish, person_id=office.person(8).id, deputises_id=wish.person_id)
    with pytest.raises(Conflict, match="役職に就いていません"):
        proposed(office, head, further)


def test_nobody_is_named_for_what_a_post_holds(office: Office, head: Person, wish: Wish) -> None:
    with pytest.raises(Conflict, match="職に充てられて"):
        proposed(office, head, replace(wish, deputises_id=None))


def test_what_could_no_longer_be_asked_for_is_not_confirmed(
    office: Office, head: Person, approver: Person, wish: Wish
) -> None:
    with office.store.act("x") as act:
        case = deputies.propose(act, office.offices, head.id, wish, "")
    office.settle(row(3, "0201", title_code=POSTS[Role.AUDITOR]))
    with pytest.raises(Forbidden, match="監査"), office.store.act("x") as act:
        deputies.take_effect(act, office.offices, case)


def test_one_officer_takes_a_role_back_at_once(office: Office, head: Person, approver: Person, wish: Wish) -> None:
    stranger = office.officer(8, Role.HR_OFFICER)
    for by in (head, Person(office.hall, wish.person_id, "0000003", "")):
        given = office.deputise(head, approver, wish)
        with pytest.raises(Forbidden), office.store.act("x") as act:
            deputies.withdraw(act, office.offices, given, stranger.id)
        with office.store.act("x") as act:
            deputies.withdraw(act, office.offices, given, by.id)
        assert office.roles(Person(office.hall, wish.person_id, "0000003", "")) == set()
        with pytest.raises(Conflict), office.store.act("x") as act:
            deputies.withdraw(act, office.offices, given, head.id)
    with pytest.raises(NotFound), office.store.act("x") as act:
        deputies.withdraw(act, office.offices, 99, head.id)
    assert len(office.hall.audited("role.withdrawn")) == 2


def test_the_database_itself_knows_no_deputy_of_oneself(office: Office, head: Person) -> None:
    with pytest.raises((Broken, IamError)), office.store.act("root") as act:
        act.connection.execute(
            assignment_table.insert().values(
                person_id=head.id, deputises_id=head.id, role=GENERAL, kind="deputy", valid_from=date(2026, 1, 1),
                valid_until=date(2026, 1, 2), reason="", given_at=act.at,
            )
        )  # fmt: skip


def test_profiles_of_the_tests_fill_every_role() -> None:
    assert {role for title in a_profile(a_title(GENERAL)).titles for role in title.roles} == set(Role)
