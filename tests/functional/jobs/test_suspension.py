"""A suspension takes everything away at once, tells two officers, and gives back the very same state (R20)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from iam.access import suspensions
from iam.access.urgent import waiting
from iam.errors import Busy, Conflict, Forbidden
from iam.jobs.at_once.persons import hurry, run_for
from iam.jobs.job import Job
from iam.jobs.night import nightly
from iam.jobs.released import carry_out_all_released
from iam.outbox import Topic
from iam.outbox.letters import letter_table
from iam.people.organisation import Organisation
from iam.policy.profile import Role
from iam.signin import sessions
from iam.signin.desk import suspending
from iam.signin.desk.deeds import Officer
from iam.signin.door import entrant
from iam.signin.sessions import Gone
from iam.signin.tokens.clients import ClientKind
from iam.signin.tokens.farewells import farewell_table
from iam.signin.tokens.issued import Dead, TokenKind, alive, issue
from iam.sync.stored.plans import PlanState, Purpose, plans
from iam.sync.stored.release import Releasers, sign
from tests.bodies import DAY, Body, a_guard, band, row
from tests.clients import a_client
from tests.entrance import PASSWORD, Person
from tests.memory import MemoryTarget
from tests.offices import CONTRACTED, POSTS, Office, an_office

TAX = "0202"


@dataclass
class Town:
    """A body with its officers, and somebody of the tax section with two accounts."""

    office: Office
    chief: Person
    approver: Person
    data: Person
    tax_head: Person
    yamada: Person

    @property
    def body(self) -> Body:
        return self.office.body

    def by(self, person: Person) -> Officer:
        """The person at an officer's page."""
        store, door = self.office.store, self.office.hall.door
        with store.read() as connection:
            return Officer(store, door, Organisation({}), entrant(connection, door, person.id, store.clock()))

    def job(self) -> Job:
        """What the worker is told, by the clock of the test."""
        return self.body.job(store=self.office.store, offices=self.office.offices)

    def waits(self) -> list[int]:
        with self.office.store.read() as connection:
            return [each.person_id for each in waiting(connection)]

    def passes(self, seconds: float) -> None:
        self.office.hall.clock.on(seconds=seconds)

    def letters(self, topic: Topic) -> list[int]:
        columns = letter_table.c
        with self.office.store.read() as connection:
            rows = connection.execute(letter_table.select().where(columns.kind == topic))
            return sorted(row.person_id for row in rows)


@pytest.fixture
def town(body: Body) -> Iterator[Town]:
    office = an_office(body)
    posts = {1: Role.GENERAL_OFFICER, 2: Role.APPROVER, 3: Role.DATA_OFFICER, 4: Role.SYSTEM_OWNER}
    said = [row(n, TAX if n == 4 else "0101", title_code=POSTS[role]) for n, role in posts.items()]
    office.settle(*said, row(7, TAX, email="s0000007@city.sakura.test"))
    yield Town(office, *(Person(office.hall, office.id_of(n), f"{n:07}", "") for n in (*posts, 7)))
    office.hall.store.dispose()


def everything(town: Town) -> object:
    """What a suspension must leave as it was: all rows but those that tell of it, and all that the systems hold."""
    told = ("plan", "plan_change", "suspension", "suspension_receipt", "block", "urgent_person", "letter", "notice",
            "signin_event", "session", "throttle", "half_login", "issued_token", "farewell", "night")  # fmt: skip
    # A fingerprint stands for the raw entry; the rest of the mirror is compared.
    rows = town.body.content(*told, "actual_account.fingerprint", "actual_group.fingerprint")
    return rows, {code: (each.accounts, each.groups) for code, each in town.body.targets.items()}


def given(town: Town, person: Person) -> str:
    """A refresh token of the person's session, by a client that wants word of its end."""
    store = town.office.store
    gw, _ = a_client(store, ClientKind.OIDC, "gw", {
        "redirect_uris": ["https://gw.sakura.test/cb"], "logout_uri": "https://gw.sakura.test/bye", "refresh": True,
    })  # fmt: skip
    with store.act("test") as act:
        session = sessions.of_person(act.connection, person.id, act.at)[0].id
        life = timedelta(days=1)
        return issue(act, TokenKind.REFRESH, gw, life=life, detail={}, person_id=person.id, session_id=session)


def test_everything_ends_in_one_act_and_comes_back_as_it_was(town: Town) -> None:
    hall, yamada = town.office.hall, town.yamada
    hall.set_password(yamada.with_app(), PASSWORD)
    held = yamada.signs_in()
    half = yamada.types_password()
    token = given(town, yamada)
    before = everything(town)

    done = suspending.suspend(town.by(town.chief), yamada.id, "規程違反の調査のため")
    assert (done.sessions, done.told, hall.look(held.token)) == (1, 2, Gone("suspended"))
    dead = alive(hall.store, hall.door, TokenKind.REFRESH, token, hall.clock.now)
    assert isinstance(dead, Dead)
    assert dead.token
    assert dead.token.revoked_reason == "suspended"
    with hall.store.read() as connection:
        assert connection.execute(farewell_table.select()).one().person_id == yamada.id
    # Neither the login under way nor a new one goes on, and nobody is told more than any other time.
    assert type(yamada.types_code(half)) is type(yamada.types_password()) is not type(half)
    assert town.waits() == [yamada.id]

    assert hurry(town.job()).done == 2
    assert (town.waits(), town.body.is_on(7, "gw"), town.body.is_on(7, "zei")) == ([], False, False)
    # Rights stay with the account that is off: they are not to be decided anew when it comes back.
    assert town.body.rights(7, "zei") == {"view", "edit"}

    town.passes(3600)
    suspending.restore(town.by(town.chief), yamada.id, "調査の結果、違反はなかった")
    assert hurry(town.job()).done == 2
    assert everything(town) == before
    yamada.signs_in()
    assert not town.body.audit_breaks()


def test_two_officers_are_told_and_their_receipts_say_when_they_opened_it(town: Town) -> None:
    number = suspending.suspend(town.by(town.chief), town.yamada.id, "調査").suspension.id
    assert town.letters(Topic.SUSPENDED_PERSON) == sorted([town.approver.id, town.data.id])
    town.passes(60)
    opened_at = town.office.hall.clock.now
    assert suspending.receive(town.by(town.data), number)
    assert not suspending.receive(town.by(town.data), number), "a receipt is given once"
    assert not suspending.receive(town.by(town.tax_head), number), "nobody told them"
    with town.office.store.read() as connection:
        found = {each.role: (each.person_id, each.opened_at) for each in suspensions.receipts(connection, [number])}
    assert found == {"approver": (town.approver.id, None), "data_officer": (town.data.id, opened_at)}
    # The officer whom the notice would be about does not get it: another who may stand in does.
    suspending.suspend(town.by(town.chief), town.data.id, "調査")
    with town.office.store.read() as connection:
        told = {each.person_id for each in suspensions.receipts(connection, [number + 1])}
    assert told == {town.approver.id, town.tax_head.id}


def test_only_the_general_officer_or_a_deputy_and_never_oneself(town: Town) -> None:
    office, yamada = town.office, town.yamada
    roles = [role for role in Role if role is not Role.GENERAL_OFFICER]
    contractor = {"category": CONTRACTED, "home_body": "委託先", "valid_until": "2027-03-31"}
    head = POSTS[Role.GENERAL_OFFICER]
    office.settle(
        *(row(20 + n, title_code=POSTS[role]) for n, role in enumerate(roles)),
        row(40, title_code=head, **contractor), row(41, title_code=head),
    )  # fmt: skip
    numbers = (*range(20, 20 + len(roles)), 40)
    for each in (*(Person(office.hall, office.id_of(n), f"{n:07}", "") for n in numbers), yamada):
        with pytest.raises(Forbidden):
            suspending.suspend(town.by(each), town.chief.id, "調査")
    with pytest.raises(Forbidden, match="自分自身"):
        suspending.suspend(town.by(town.chief), town.chief.id, "調査")
    with pytest.raises(Conflict, match="理由"):
        suspending.suspend(town.by(town.chief), yamada.id, "  ")
    second = Person(office.hall, office.id_of(41), "0000041", "")
    page = town.by(second)
    suspending.suspend(town.by(town.chief), second.id, "調査")
    with pytest.raises(Forbidden):
        # The page was open before; the officer is none any more.
        suspending.suspend(page, yamada.id, "仕返し")
    with pytest.raises(Forbidden):
        suspending.restore(replace(page, who=town.by(town.chief).who), town.chief.id, "自分")
    suspending.suspend(town.by(town.chief), yamada.id, "調査")
    with pytest.raises(Conflict, match="すでに停止"):
        suspending.suspend(town.by(town.chief), yamada.id, "調査")
    suspending.restore(town.by(town.chief), yamada.id, "終わり")
    with pytest.raises(Conflict, match="停止されていません"):
        suspending.restore(town.by(town.chief), yamada.id, "終わり")


def test_a_dead_system_delays_no_other_and_is_tried_until_it_is_done(town: Town) -> None:
    yamada, zei = town.yamada, town.body.targets["zei"]
    town.office.officer(50, Role.OPERATOR)
    suspending.suspend(town.by(town.chief), yamada.id, "調査")
    zei.away = True
    for tries in range(1, 4):
        found = hurry(town.job())
        assert list(found.troubles) == ["zei"]
        assert town.waits() == [yamada.id]
        assert (town.body.is_on(7, "gw"), found.done) == (False, 1 if tries == 1 else 0)
        assert hurry(town.job()).troubles == {}, "not due yet"
        town.passes(2**tries)
    assert len(town.letters(Topic.SUSPENDED_STUCK)) == 2, "once, to the general officer and the operator"
    zei.away = False
    assert hurry(town.job()).done == 1
    assert (town.waits(), town.body.is_on(7, "zei")) == ([], False)


def test_beside_another_run_a_suspended_person_is_shut_out_and_all_else_waits(town: Town) -> None:
    yamada, store = town.yamada, town.office.store
    suspending.suspend(town.by(town.chief), yamada.id, "調査")
    with store.exclusive("sync"):
        assert hurry(town.job()).done == 2
        assert (town.body.is_on(7, "gw"), town.body.is_on(7, "zei"), town.waits()) == (False, False, [yamada.id])
    town.passes(1)
    assert hurry(town.job()).settled == {yamada.id}
    suspending.restore(town.by(town.chief), yamada.id, "終わり")
    with store.exclusive("sync"):
        assert hurry(town.job()).done == 0
    town.passes(1)
    assert hurry(town.job()).done == 2
    assert (town.body.is_on(7, "gw"), town.waits()) == (True, [])
    # A night waits for an urgent run, and for another night it does not.
    with store.exclusive("sync"), pytest.raises(Busy):
        nightly(town.job())
    assert town.body.waits == []
    suspending.suspend(town.by(town.chief), yamada.id, "調査")
    with store.exclusive("sync"), pytest.raises(Busy):
        nightly(town.job())
    assert town.body.waits == [1.0] * 29


def test_a_killed_run_loses_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    yamada, store = town.yamada, town.office.store
    suspending.suspend(town.by(town.chief), yamada.id, "調査")

    def killed(_self: MemoryTarget, _orders: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MemoryTarget, "carry_out", killed)
        with pytest.raises(KeyboardInterrupt):
            hurry(town.job())
    assert town.waits() == [yamada.id]
    assert hurry(town.job()).done == 2
    with store.read() as connection:
        urgent = [each.state for each in plans(connection) if each.purpose is Purpose.URGENT]
    assert urgent == [PlanState.APPLIED, PlanState.PARTLY]
    assert town.waits() == []


def test_a_plan_that_waited_lets_nobody_in_who_was_suspended_since(town: Town) -> None:
    officers = town.chief, town.office.officer(50, Role.OPERATOR)
    yamada, job = town.yamada, town.job()
    suspending.suspend(town.by(town.chief), yamada.id, "調査")
    hurry(job)
    suspending.restore(town.by(town.chief), yamada.id, "終わり")
    narrow = replace(job, policy=replace(job.policy, guard=a_guard(enable=band(0, None))))
    assert hurry(narrow).holds
    suspending.suspend(town.by(town.chief), yamada.id, "新たな調査")
    with town.office.store.read() as connection:
        (held,) = plans(connection, PlanState.HELD)
    for officer in officers:
        with town.office.store.act(f"staff:{officer.number}") as act:
            releasers = Releasers(act.connection, town.office.offices, town.office.today)
            sign(act, town.office.store.keys, held.id, releasers, held.hash)
    (done,) = carry_out_all_released(narrow)
    assert (done.state, town.body.is_on(7, "gw"), town.waits()) == (PlanState.PARTLY, False, [yamada.id])
    assert hurry(narrow).troubles == {}
    assert town.waits() == []


def test_the_bands_judge_an_urgent_run_too(town: Town) -> None:
    job = town.job()
    narrow = replace(job.policy, guard=a_guard(disable=band(0, None)))
    suspending.suspend(town.by(town.chief), town.yamada.id, "調査")
    found = hurry(replace(job, policy=narrow))
    assert found.holds
    assert found.done == 0
    assert town.body.is_on(7, "gw")
    assert town.letters(Topic.PLAN_HELD) == [town.chief.id]
    assert town.waits() == [town.yamada.id]
    town.passes(60)
    hurry(replace(job, policy=narrow))
    with town.office.store.read() as connection:
        assert len(plans(connection, PlanState.HELD)) == 1, "the same plan waits once"


def test_an_urgent_run_looks_at_nobody_else(town: Town) -> None:
    other = town.office.person(8, TAX)
    town.body.targets["gw"].touch(town.body.login(8), enabled=False)
    assert run_for(town.job(), [town.yamada.id]).done == 0
    assert town.body.is_on(8) is False
    assert town.waits() == []
    assert run_for(town.job(), [other.id]).done == 1
    assert town.body.is_on(8) is True
    assert not town.body.night(town.body.today + DAY).changes
