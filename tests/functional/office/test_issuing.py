"""A temporary credential: asked by one officer, made when another confirms, shown once, used once."""

from datetime import timedelta

import pytest

from iam.errors import Conflict, Forbidden
from iam.office.cases import Case, CaseKind, CaseState
from iam.office.deputies import Wish, propose
from iam.outbox import Topic, unseen
from iam.policy.profile import Role
from iam.record.columns import metadata
from iam.signin.desk import issuing
from iam.signin.desk.issuing import Slip
from iam.signin.door import Entrant, entrant
from iam.signin.login import HalfDone, Refused, SignedIn
from iam.signin.sessions import Gone
from tests.bodies import leaver, row
from tests.entrance import PASSWORD, Person
from tests.offices import Office

PASSWORD_CASE, CODE_CASE = CaseKind.TEMPORARY_PASSWORD, CaseKind.TEMPORARY_CODE


@pytest.fixture
def asker(office: Office) -> Person:
    return office.officer(1, Role.OPERATOR)


@pytest.fixture
def confirmer(office: Office) -> Person:
    return office.officer(2, Role.HR_OFFICER)


@pytest.fixture
def subject(office: Office) -> Person:
    person = office.person(3)
    office.hall.set_password(person, PASSWORD)
    return person.with_app()


def known(office: Office, person: Person) -> Entrant:
    with office.store.read() as connection:
        return entrant(connection, office.hall.door, person.id, office.hall.clock())


def asked(office: Office, asker: Person, subject: Person, kind: CaseKind) -> Case:
    with office.store.act(f"staff:{asker.number}") as act:
        return issuing.ask_for(act, office.hall.door, known(office, asker), kind, subject.id, reason="窓口で本人を確認")


def confirmed(office: Office, confirmer: Person, case: Case, seen: str = "") -> Slip | None:
    officer = known(office, confirmer)
    made = issuing.confirm(office.store, office.hall.door, officer, case.id, seen or case.content_hash)
    assert made is None or isinstance(made, Slip)
    return made


def topics(office: Office, person: Person) -> list[Topic]:
    with office.store.read() as connection:
        return [each.topic for each in unseen(connection, person.id)]


def test_a_temporary_password_lets_its_owner_in_to_change_it_and_nothing_else(
    office: Office, asker: Person, confirmer: Person, subject: Person
) -> None:
    before = subject.signs_in()
    slip = confirmed(office, confirmer, asked(office, asker, subject, PASSWORD_CASE))
    assert slip is not None
    assert (slip.kind, slip.staff_number) == (PASSWORD_CASE, subject.number)
    rules = known(office, subject).rules
    assert len(slip.secret) >= rules.password_minimum
    assert slip.lapses_at - office.hall.clock() == rules.temporary_life
    assert isinstance(office.hall.look(before.token), Gone)
    assert isinstance(subject.types_password(PASSWORD), Refused)

    office.hall.clock.on(minutes=30)
    half = subject.types_password(slip.secret)
    assert isinstance(half, HalfDone)
    done = subject.types_code(half)
    assert isinstance(done, SignedIn)
    assert done.duty == "password"


def test_a_code_stands_in_for_the_second_factor_once(
    office: Office, asker: Person, confirmer: Person, subject: Person
) -> None:
    slip = confirmed(office, confirmer, asked(office, asker, subject, CODE_CASE))
    assert slip is not None
    assert slip.lapses_at - office.hall.clock() <= timedelta(hours=24)
    done = subject.types(subject.types_password(), slip.secret)
    assert isinstance(done, SignedIn)
    office.hall.clock.on(minutes=30)
    assert not isinstance(subject.types(subject.types_password(), slip.secret), SignedIn)


@pytest.mark.parametrize("kind", [PASSWORD_CASE, CODE_CASE])
def test_the_secret_is_nowhere_but_on_the_slip(
    office: Office, asker: Person, confirmer: Person, subject: Person, kind: CaseKind
) -> None:
    slip = confirmed(office, confirmer, asked(office, asker, subject, kind))
    assert slip is not None
    bare = slip.secret.replace("-", "")
    assert slip.secret not in repr(slip)
    with office.store.read() as connection:
        for table in metadata.sorted_tables:
            for stored in connection.execute(table.select()):
                assert slip.secret not in str(stored)
                assert bare not in str(stored)


def test_everybody_concerned_is_told(office: Office, asker: Person, confirmer: Person, subject: Person) -> None:
    head = office.officer(5, Role.GENERAL_OFFICER)
    case = asked(office, asker, subject, PASSWORD_CASE)
    assert topics(office, confirmer) == topics(office, head) == [Topic.CASE_ASKED]
    confirmed(office, confirmer, case)
    assert topics(office, subject) == [Topic.TEMPORARY_PASSWORD_ISSUED]
    assert topics(office, asker) == [Topic.CASE_DECIDED]


def test_what_is_refused_leaves_everything_as_it_was(
    office: Office, asker: Person, confirmer: Person, subject: Person
) -> None:
    case = asked(office, asker, subject, PASSWORD_CASE)
    for officer, seen in ((asker, ""), (subject, ""), (confirmer, "0" * 64)):
        with pytest.raises((Forbidden, Conflict)):
            confirmed(office, officer, case, seen)
    assert isinstance(subject.signs_in(), SignedIn)
    assert office.case(case).state is CaseState.ASKED
    assert topics(office, subject) == []


def test_a_case_is_confirmed_once(office: Office, asker: Person, confirmer: Person, subject: Person) -> None:
    head = office.officer(5, Role.GENERAL_OFFICER)
    case = asked(office, asker, subject, PASSWORD_CASE)
    confirmed(office, confirmer, case)
    with pytest.raises(Conflict):
        confirmed(office, head, case)


def test_nobody_who_left_gets_a_credential(office: Office, asker: Person, confirmer: Person, subject: Person) -> None:
    case = asked(office, asker, subject, PASSWORD_CASE)
    office.settle(leaver(row(3, "0201"), (office.today - timedelta(days=1)).isoformat()))
    with pytest.raises(Conflict, match="退職"):
        confirmed(office, confirmer, case)
    with pytest.raises(Conflict, match="退職"):
        asked(office, asker, subject, CODE_CASE)


def test_an_unlocked_person_may_try_at_once(office: Office, asker: Person, confirmer: Person, subject: Person) -> None:
    for _ in range(7):
        subject.types_password("ちがうパスワードをいれてみる")
    slip = confirmed(office, confirmer, asked(office, asker, subject, PASSWORD_CASE))
    assert slip is not None
    assert isinstance(subject.types_password(slip.secret), HalfDone)


def test_a_deputy_is_confirmed_by_the_same_verb_and_told(office: Office, subject: Person) -> None:
    head, approver = office.officer(5, Role.GENERAL_OFFICER), office.officer(6, Role.APPROVER)
    wish = Wish(subject.id, Role.GENERAL_OFFICER, head.id, office.today, office.today + timedelta(days=5))
    with office.store.act("x") as act:
        case = propose(act, office.offices, head.id, wish, "出張")
    assert confirmed(office, approver, case) is None
    assert office.roles(subject) == {Role.GENERAL_OFFICER}
    assert topics(office, subject) == [Topic.DEPUTY_APPOINTED]


def test_a_declined_case_tells_its_asker(office: Office, asker: Person, confirmer: Person, subject: Person) -> None:
    case = asked(office, asker, subject, CODE_CASE)
    with office.store.act("x") as act:
        issuing.decline(act, office.hall.door, known(office, confirmer), case.id, "本人と確かめられない")
    assert topics(office, asker) == [Topic.CASE_DECIDED]
    assert topics(office, subject) == []
