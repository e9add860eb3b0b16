"""Two officers, one case: asked by one, decided once by another, over both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError as Broken

from iam.errors import Conflict, Forbidden, IamError, NotFound
from iam.office import cases
from iam.office.books import case_table
from iam.office.cases import Case, CaseKind, CaseState
from iam.people.ledger import person_table
from iam.policy.profile import Role
from tests.bodies import mover, row
from tests.entrance import Person
from tests.offices import POSTS, Office


@pytest.fixture
def asker(office: Office) -> Person:
    return office.officer(1, Role.OPERATOR)


@pytest.fixture
def confirmer(office: Office) -> Person:
    return office.officer(2, Role.HR_OFFICER)


@pytest.fixture
def subject(office: Office) -> Person:
    return office.person(3)


@pytest.fixture
def case(office: Office, asker: Person, confirmer: Person, subject: Person) -> Case:
    return office.asks(asker, subject)


def test_a_case_is_decided_by_another_and_done_in_the_same_act(office: Office, case: Case, confirmer: Person) -> None:
    assert office.confirms(confirmer, case) == "temporary_password staff:0000002"
    settled = office.case(case)
    assert (settled.state, settled.decided_by) == (CaseState.CONFIRMED, confirmer.id)
    assert [actor for actor, _, _ in office.hall.audited("case.asked")] == ["staff:0000001"]
    ((actor, subject, detail),) = office.hall.audited("case.confirmed")
    assert (actor, subject) == ("staff:0000002", f"case {case.id}")
    assert case.content_hash in detail


def test_what_cannot_be_done_is_not_confirmed(office: Office, case: Case, confirmer: Person) -> None:
    def fails(_act: object, _case: Case) -> None:
        raise Conflict("いまはできません。")

    with pytest.raises(Conflict, match="いまはできません"), office.store.act("staff:0000002") as act:
        cases.confirm(
            act, office.offices, case.id, decided_by=confirmer.id, seen_hash=case.content_hash, carry_out=fails
        )
    assert office.case(case).state is CaseState.ASKED
    assert office.hall.audited("case.confirmed") == []


def test_the_asker_and_the_subject_decide_nothing(office: Office, case: Case, asker: Person, subject: Person) -> None:
    office.settle(row(3, "0201", title_code=POSTS[Role.GENERAL_OFFICER]))
    for person in (asker, subject):
        with pytest.raises(Forbidden):
            office.confirms(person, case)
        with pytest.raises(Forbidden), office.store.act("x") as act:
            cases.decline(act, office.offices, case.id, decided_by=person.id, reason="")
    assert office.case(case).state is CaseState.ASKED


def test_nobody_asks_for_themselves(office: Office, asker: Person) -> None:
    with pytest.raises(Forbidden):
        office.asks(asker, asker)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_OWNER, Role.APPROVER, None])
def test_whoever_has_no_part_in_it_does_not_ask(office: Office, subject: Person, role: Role | None) -> None:
    somebody = office.officer(8, role) if role else office.person(8)
    with pytest.raises(Forbidden):
        office.asks(somebody, subject)


def test_the_same_is_asked_once(office: Office, case: Case, asker: Person, confirmer: Person, subject: Person) -> None:
    for officer in (asker, confirmer):
        with pytest.raises(Conflict):
            office.asks(officer, subject)
    assert office.asks(asker, subject, CaseKind.TEMPORARY_CODE).id != case.id
    office.confirms(confirmer, case)
    assert office.asks(asker, subject).state is CaseState.ASKED


def test_a_case_lapses_at_its_hour_and_may_be_asked_again(
    office: Office, case: Case, asker: Person, confirmer: Person, subject: Person
) -> None:
    office.hall.clock.on(hours=24, seconds=-1)
    assert office.case(case).state is CaseState.ASKED
    office.hall.clock.on(seconds=1)
    assert office.case(case).state is CaseState.LAPSED
    with pytest.raises(Conflict, match="期限切れ"):
        office.confirms(confirmer, case)
    again = office.asks(asker, subject)
    with office.store.act("worker") as act:
        assert cases.lapse(act) == 1
        assert cases.lapse(act) == 0
    assert (office.case(case).state, office.case(again).state) == (CaseState.LAPSED, CaseState.ASKED)
    assert [subject for _, subject, _ in office.hall.audited("case.lapsed")] == [f"case {case.id}"]


def test_a_request_falls_when_its_asker_is_moved(office: Office, case: Case, confirmer: Person) -> None:
    old, new = mover(row(1, "0101", title_code=POSTS[Role.OPERATOR]), "0201", office.today.isoformat())
    office.settle([old, {**new, "title_code": "01"}])
    with pytest.raises(Conflict, match="申請した担当者"):
        office.confirms(confirmer, case)
    with office.store.read() as connection:
        assert cases.waiting_for(connection, office.offices, confirmer.id, office.hall.clock()) == []


def test_a_confirmation_is_bound_to_what_was_shown(office: Office, case: Case, confirmer: Person) -> None:
    other = office.person(4)
    with office.store.act("root") as act:
        act.connection.execute(update(case_table).values(subject_id=other.id))
    with pytest.raises(Conflict, match="内容が変わっています"):
        office.confirms(confirmer, case)


def test_only_the_asker_withdraws(office: Office, case: Case, asker: Person, confirmer: Person) -> None:
    with pytest.raises(Forbidden), office.store.act("x") as act:
        cases.withdraw(act, case.id, confirmer.id)
    with office.store.act("x") as act:
        cases.withdraw(act, case.id, asker.id)
    assert office.case(case).state is CaseState.WITHDRAWN
    with pytest.raises(Conflict):
        office.confirms(confirmer, case)


def test_declining_needs_a_person_and_keeps_the_reason(office: Office, case: Case, confirmer: Person) -> None:
    with office.store.act("x") as act:
        cases.decline(act, office.offices, case.id, decided_by=confirmer.id, reason="本人と確かめられない")
    settled = office.case(case)
    assert (settled.state, settled.decision_reason) == (CaseState.DECLINED, "本人と確かめられない")


def test_everybody_who_could_decide_is_named_and_finds_it(
    office: Office, case: Case, asker: Person, confirmer: Person, subject: Person
) -> None:
    head, approver = office.officer(5, Role.GENERAL_OFFICER), office.officer(6, Role.APPROVER)
    at = office.hall.clock()
    with office.store.read() as connection:
        assert cases.deciders(connection, office.offices, case, at) == [confirmer.id, head.id]
        found = {
            person.id: [each.id for each in cases.waiting_for(connection, office.offices, person.id, at)]
            for person in (asker, confirmer, subject, head, approver)
        }
    assert found == {asker.id: [], confirmer.id: [case.id], subject.id: [], head.id: [case.id], approver.id: []}


def test_an_officers_credential_waits_for_a_head(office: Office, asker: Person, confirmer: Person) -> None:
    head, approver = office.officer(5, Role.GENERAL_OFFICER), office.officer(6, Role.APPROVER)
    case = office.asks(asker, head)
    with office.store.read() as connection:
        assert cases.deciders(connection, office.offices, case, office.hall.clock()) == [approver.id]
    with pytest.raises(Forbidden):
        office.confirms(confirmer, case)
    assert office.confirms(approver, case)


@pytest.mark.parametrize("decisions", [("confirm", "confirm"), ("confirm", "decline"), ("confirm", "withdraw")])
def test_of_two_decisions_at_once_exactly_one_stands(
    office: Office, case: Case, asker: Person, confirmer: Person, decisions: tuple[str, str]
) -> None:
    head = office.officer(5, Role.GENERAL_OFFICER)
    together = Barrier(2)

    def decide(decision: str, officer: Person) -> str:
        together.wait()
        try:
            if decision == "confirm":
                return office.confirms(officer, case)
            with office.store.act("x") as act:
                if decision == "decline":
                    cases.decline(act, office.offices, case.id, decided_by=officer.id, reason="")
                else:
                    cases.withdraw(act, case.id, asker.id)
        except IamError:
            return "refused"
        return decision

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(decide, decisions, (confirmer, head)))
    assert found.count("refused") == 1
    told = [len(office.hall.audited(f"case.{state}")) for state in ("confirmed", "declined", "withdrawn")]
    assert sum(told) == 1
    assert office.body.audit_breaks() == ""


@pytest.mark.parametrize(
    "values", [{"decided_by": "asked_by"}, {"decided_by": "subject_id"}, {"subject_id": "asked_by"}]
)
def test_the_database_itself_refuses_fewer_than_three_persons(
    office: Office, case: Case, values: dict[str, str]
) -> None:
    forged = {name: getattr(case, of) for name, of in values.items()}
    with pytest.raises((Broken, IamError)), office.store.act("root") as act:
        act.connection.execute(update(case_table).values(**forged))


def test_a_case_that_never_was_is_not_found(office: Office, confirmer: Person) -> None:
    with pytest.raises(NotFound), office.store.act("x") as act:
        cases.decline(act, office.offices, 99, decided_by=confirmer.id, reason="")


def test_the_newest_requests_of_an_officer_come_first(
    office: Office, case: Case, asker: Person, subject: Person
) -> None:
    second = office.asks(asker, subject, CaseKind.TEMPORARY_CODE)
    with office.store.read() as connection:
        found = cases.recent(connection, office.hall.clock(), asked_by=asker.id)
        assert [each.id for each in found] == [second.id, case.id]
        assert cases.recent(connection, office.hall.clock(), asked_by=subject.id) == []


def test_a_case_outlives_no_person_of_the_ledger(office: Office, case: Case) -> None:
    """Nothing is asked about somebody who is not there."""
    with pytest.raises((Broken, IamError)), office.store.act("root") as act:
        act.connection.execute(
            insert(case_table).values(
                kind="temporary_password", subject_id=10**6, content={}, content_hash="", reason="", state="asked",
                asked_by=case.asked_by, asked_at=act.at, lapses_at=act.at + timedelta(days=1), decision_reason="",
            )
        )  # fmt: skip
    with office.store.read() as connection:
        assert len(connection.execute(person_table.select()).all()) == 3
