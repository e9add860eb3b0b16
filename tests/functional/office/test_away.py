"""A head who is away comes back as a head: until then nobody of the desk alone gets into their account (R28)."""

import pytest

from iam.errors import Forbidden
from iam.office import cases
from iam.office.cases import CaseKind
from iam.policy.profile import Role
from iam.signin.desk.deeds import Deed, why_not
from iam.signin.factors.authenticators import Form
from iam.signin.login import HalfDone
from tests.bodies import on_leave, row
from tests.entrance import PASSWORD, Person
from tests.functional.office.test_issuing import CODE_CASE, PASSWORD_CASE, asked, confirmed, known
from tests.offices import POSTS, Office

UNIT = "0202"
"""Whose system stays on for people on leave."""


@pytest.fixture
def head(office: Office) -> Person:
    """A general officer on leave, whose account stays on meanwhile."""
    person = office.officer(3, Role.GENERAL_OFFICER, UNIT)
    office.hall.set_password(person, PASSWORD)
    person.with_app().with_key()
    post = row(3, UNIT, email="s0000003@city.sakura.test", title_code=POSTS[Role.GENERAL_OFFICER])
    office.settle([post, on_leave(post, "2026-04-01")])
    assert known(office, person).in_service
    assert known(office, person).roles == set()
    return person


@pytest.mark.parametrize("kind", [PASSWORD_CASE, CODE_CASE])
def test_two_of_the_desk_get_no_credential_of_a_head_who_is_away(office: Office, head: Person, kind: CaseKind) -> None:
    clerk, other = office.officer(1, Role.HR_OFFICER), office.officer(2, Role.OPERATOR)
    approver = office.officer(4, Role.APPROVER)
    case = asked(office, clerk, head, kind)
    with office.store.read() as connection:
        assert cases.deciders(connection, office.offices, case, office.hall.clock()) == [approver.id]
        assert cases.waiting_for(connection, office.offices, other.id, office.hall.clock()) == []
        assert cases.waiting_for(connection, office.offices, approver.id, office.hall.clock()) == [case]
    with pytest.raises(Forbidden, match="確認する権限"):
        confirmed(office, other, case)
    assert confirmed(office, approver, case)


@pytest.mark.parametrize("deed", [Deed.LEND, Deed.UNLOCK])
def test_nor_does_the_desk_loosen_their_door(office: Office, head: Person, deed: Deed) -> None:
    clerk, approver = office.officer(1, Role.HR_OFFICER), office.officer(4, Role.APPROVER)
    assert isinstance(why_not(known(office, clerk), known(office, head), deed), Forbidden)
    assert why_not(known(office, approver), known(office, head), deed) is None


def test_they_sign_in_under_the_rules_of_a_head(office: Office, head: Person) -> None:
    assert known(office, head).rules.phishing_resistant
    half = head.types_password()
    assert isinstance(half, HalfDone)
    assert half.offers == (Form.WEBAUTHN,)


def test_a_nominee_who_is_away_is_watched_too(office: Office) -> None:
    named = office.person(5, UNIT)
    office.hall.office(named, Role.APPROVER)
    post = row(5, UNIT, email="s0000005@city.sakura.test")
    office.settle([post, on_leave(post, "2026-04-01")])
    assert known(office, named).roles == set()
    assert known(office, named).guarded == {Role.APPROVER}


def test_who_is_away_still_decides_and_asks_nothing(office: Office, head: Person) -> None:
    office.officer(1, Role.HR_OFFICER)
    subject = office.person(6)
    with pytest.raises(Forbidden):
        office.asks(head, subject)
    clerk = office.officer(2, Role.OPERATOR)
    with pytest.raises(Forbidden):
        office.confirms(head, office.asks(clerk, subject))
