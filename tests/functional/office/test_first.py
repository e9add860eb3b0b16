"""The first two officers: no default account, two people of the ledger, and a way that closes behind them."""

from datetime import timedelta

import pytest

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.roles import How
from iam.people.ledger import person_table
from iam.policy.profile import Role
from iam.signin.desk.first import begin, somebody_was_in
from iam.signin.desk.issuing import Slip
from iam.signin.login import HalfDone, Refused, SignedIn
from iam.signin.passwords.kept import password_table
from tests.bodies import concurrent, leaver, row
from tests.entrance import PASSWORD, Person
from tests.offices import CONTRACTED, POSTS, Office

GENERAL = Role.GENERAL_OFFICER


def begun(office: Office, *numbers: int) -> list[Slip]:
    return list(begin(office.store, office.hall.door, "root", [f"{number:07}" for number in numbers]))


def enters(office: Office, slip: Slip) -> bool:
    person = Person(office.hall, 0, slip.staff_number, slip.secret)
    return isinstance(person.types_password(), SignedIn | HalfDone)


def test_a_fresh_installation_lets_nobody_in(office: Office) -> None:
    """R16: no person, no password, no role before somebody names two people on the host."""
    with office.store.read() as connection:
        assert connection.execute(person_table.select()).all() == []
        assert connection.execute(password_table.select()).all() == []
    assert [office.bearers(role) for role in Role] == [[] for _ in Role]
    office.person(1)
    office.officer(2, GENERAL)
    for number in ("0000001", "0000002", "admin", "root", ""):
        for password in ("", "admin", "password", PASSWORD):
            assert isinstance(Person(office.hall, 0, number).types_password(password), Refused)


def test_two_people_each_get_a_password_of_their_own_that_lets_them_in(office: Office) -> None:
    one, two = office.person(1), office.person(2)
    slips = begun(office, 1, 2)
    assert [(slip.staff_number, slip.name) for slip in slips] == [
        ("0000001", "山田 0000001"), ("0000002", "山田 0000002"),
    ]  # fmt: skip
    assert slips[0].secret != slips[1].secret
    assert office.roles(one) == office.roles(two) == {GENERAL}
    assert all(enters(office, slip) for slip in slips)
    assert [actor for actor, _, _ in office.hall.audited("officer.begun")] == ["root", "root"]


def test_they_are_officers_for_thirty_days_unless_a_post_says_so(office: Office) -> None:
    by_post, other = office.officer(1, GENERAL), office.person(2)
    begun(office, 1, 2)
    assert {each.how for each in office.holdings(by_post)} == {How.POST}
    assert {each.how for each in office.holdings(other)} == {How.FIRST}
    later = office.today + timedelta(days=30)
    assert (office.roles(by_post, later), office.roles(other, later)) == ({GENERAL}, set())


def test_the_way_closes_once_anybody_has_signed_in(office: Office) -> None:
    office.person(1), office.person(2)
    slip, _ = begun(office, 1, 2)
    begun(office, 1, 2)
    fresh, _ = begun(office, 1, 2)
    assert not enters(office, slip)
    person = Person(office.hall, office.id_of(1), "0000001", fresh.secret)
    assert isinstance(person.types_password(), SignedIn)
    with office.store.read() as connection:
        assert somebody_was_in(connection)
    with pytest.raises(Conflict, match="すでにサインイン"):
        begun(office, 1, 2)


def test_a_password_of_ones_own_closes_it_even_when_events_are_forgotten(office: Office) -> None:
    office.person(1), office.person(2)
    office.hall.set_password(Person(office.hall, office.person(3).id, "0000003"), PASSWORD)
    with pytest.raises(Conflict, match="すでにサインイン"):
        begun(office, 1, 2)


def test_what_was_handed_out_before_is_void(office: Office) -> None:
    one, _, three = office.person(1), office.person(2), office.person(3)
    earlier, _ = begun(office, 1, 2)
    begun(office, 2, 3)
    assert not enters(office, earlier)
    assert (office.roles(one), office.roles(three)) == (set(), {GENERAL})


def test_they_are_two_different_people(office: Office) -> None:
    office.person(1)
    office.settle(*(row(number) for number in range(20, 40)))
    with pytest.raises(Forbidden, match="異なる二人"):
        begun(office, 1, 1)
    office.body.forget(1)
    office.settle(row(9, "0201", previous_number="0000001"))
    with pytest.raises(Forbidden, match="異なる二人"):
        begun(office, 1, 9)
    with pytest.raises(NotFound, match="台帳にいません"):
        begun(office, 1, 8)


def test_they_are_in_service_employed_and_no_auditors(office: Office) -> None:
    office.person(1)
    office.settle(leaver(row(2, "0201"), (office.today - timedelta(days=1)).isoformat()))
    office.person(3, category=CONTRACTED, home_body="株式会社", valid_until="2027-03-31")
    office.officer(4, Role.AUDITOR)
    office.settle([row(5), concurrent(row(5, title_code=POSTS[Role.AUDITOR]), "0201", "2026-01-01")])
    for number, why in ((2, "在職して"), (3, "職員区分"), (4, "監査"), (5, "監査")):
        with pytest.raises((Conflict, Forbidden), match=why):
            begun(office, 1, number)
    with office.store.read() as connection:
        assert connection.execute(password_table.select()).all() == []
