"""Whatever is decided about somebody counts at the very next ask, although the answer before it is remembered.

The clock stands still between the two asks: nothing here is a matter of time that passed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert, update

from iam.access import returns
from iam.access.accounts import block_table, grant_table
from iam.access.places import permissions, register
from iam.people.ledger import next_id
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.deciding.decision import Outcome
from iam.signin.deciding.facts import explain, judge
from iam.signin.deciding.pulse import Whence, take_pulse
from tests.bodies import leaver, mover, on_leave, row
from tests.entrance import Person
from tests.functional.signin.deciding.given import HERE, HOME, Gate

Event = Callable[[Gate, Person], object]


def suspended(gate: Gate, person: Person) -> None:
    person.suspended()


def gone_on_leave(gate: Gate, person: Person) -> None:
    gate.hall.body.say([row(person.number), on_leave(row(person.number), str(gate.hall.body.today))])
    gate.hall.body.night(gate.hall.body.today)


def gone(gate: Gate, person: Person) -> None:
    gate.hall.body.say(leaver(row(person.number), "2026-04-05"))
    gate.hall.body.night(gate.hall.body.today)


def moved(gate: Gate, person: Person) -> None:
    gate.hall.body.say(mover(row(person.number, "0202"), "0101", str(gate.hall.body.today)))
    gate.hall.body.night(gate.hall.body.today)


def gave_it_back(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        returns.give_back(act, person.id, "gw", reason="担当替え", clause="baseline")


def grant_withdrawn(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        act.connection.execute(
            update(grant_table).where(grant_table.c.person_id == person.id).values(withdrawn_at=act.at)
        )


def terminal_lost(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        register.report_lost(act, "PC-0001", "電車に置き忘れた")


def terminal_registered(gate: Gate, person: Person) -> None:
    gate.terminal("PC-0002", zone="mnu", address="192.0.2.20")


def permission_withdrawn(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        for each in permissions.live(act.connection, person.id, jst_day(act.at)):
            permissions.withdraw(act, each.id, "在宅勤務の終了")


def locked(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        assert sessions.lock(act, gate.sessions[person.id])


def granted(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        act.connection.execute(
            insert(grant_table).values(
                id=next_id(act.connection, grant_table), person_id=person.id, system="zei", entitlement="view",
                origin="test", clause="baseline", valid_from=jst_day(act.at), valid_until=date(2026, 12, 31),
            )
        )  # fmt: skip


def permitted(gate: Gate, person: Person) -> None:
    gate.permit(person, date(2026, 4, 6))


def block_lifted(gate: Gate, person: Person) -> None:
    with gate.store.act("test") as act:
        act.connection.execute(update(block_table).where(block_table.c.person_id == person.id).values(lifted_at=act.at))


def made_an_officer(gate: Gate, person: Person) -> None:
    gate.hall.office(person, Role.OPERATOR)


def tonight(gate: Gate, person: Person) -> None:
    """The clock goes to midnight, and the session with it, as if somebody had worked on."""
    gate.hall.clock.now = gate.hall.clock.now.replace(hour=15, minute=0, second=0, microsecond=0)
    with gate.store.act("test") as act:
        columns = sessions.session_table.c
        mine = update(sessions.session_table).where(columns.id == gate.sessions[person.id])
        later = {"seen_at": act.at, "proved_at": act.at, "ends_at": act.at + timedelta(hours=1)}
        act.connection.execute(mine.values(**later))


ALLOW, STEP, DENY = Outcome.ALLOW, Outcome.STEP_UP, Outcome.DENY
DESK = Whence("192.0.2.20")
COUNTER = Whence("192.0.2.30")
ABROAD = replace(HOME, certificate="cd" * 32)
EVENTS: list[tuple[str, str, Whence, tuple[Event, ...], Outcome, Event, Outcome, str]] = [
    ("0101", "gw", HERE, (), ALLOW, gave_it_back, DENY, "no-right"),
    ("0101", "gw", HERE, (gave_it_back,), DENY, block_lifted, ALLOW, "right"),
    ("0101", "gw", HERE, (), ALLOW, suspended, DENY, "standing"),
    ("0101", "gw", HERE, (), ALLOW, gone_on_leave, DENY, "standing"),
    ("0101", "gw", HERE, (), ALLOW, gone, DENY, "standing"),
    ("0101", "gw", HERE, (), ALLOW, locked, STEP, "locked"),
    ("0101", "gw", HERE, (), ALLOW, made_an_officer, STEP, "resistant"),
    ("0202", "zei", COUNTER, (), ALLOW, moved, DENY, "no-right"),
    ("0101", "zei", COUNTER, (), DENY, granted, ALLOW, "right"),
    ("0101", "zei", COUNTER, (granted,), ALLOW, grant_withdrawn, DENY, "no-right"),
    ("0101", "gw", DESK, (), ALLOW, terminal_registered, DENY, "terminal-elsewhere"),
    ("0101", "gw", HOME, (), DENY, permitted, ALLOW, "permission"),
    ("0101", "gw", HOME, (permitted,), ALLOW, permission_withdrawn, DENY, "outside-no-permission"),
    ("0101", "gw", HOME, (permitted,), ALLOW, terminal_lost, DENY, "terminal-lost"),
    ("0101", "gw", ABROAD, (permitted,), ALLOW, tonight, DENY, "outside-no-permission"),
]


def test_whatever_happens_to_somebody_counts_at_the_next_ask(gate: Gate) -> None:
    gate.terminal("PC-0001", certificate="ab" * 32, outside=True)
    gate.terminal("PC-0003", address="192.0.2.30")
    gate.terminal("PC-0006", certificate="cd" * 32, outside=True)
    for number, (org, system, whence, before, was, event, then, code) in enumerate(EVENTS, 1):
        person = gate.signed_in(number, org)
        for earlier in before:
            earlier(gate, person)
        assert gate.asks(person, system, whence).outcome is was, (event.__name__, gate.asks(person, system, whence))
        event(gate, person)
        answer = gate.asks(person, system, whence)
        assert answer.outcome is then, (event.__name__, answer)
        assert code in answer.codes, (event.__name__, answer)
        assert gate.forgetful().asks(person, system, whence) == answer, "who remembers nothing says the same"


def test_what_a_lost_terminal_shows_is_not_forgotten_beside_another_mark(gate: Gate) -> None:
    person = gate.signed_in(1)
    gate.terminal("PC-0001", certificate="ab" * 32, mac="aa:bb:cc:00:00:01")
    gate.terminal("PC-0002", address="192.0.2.20")
    alone = Whence("192.0.2.99", certificate="ab" * 32)
    assert gate.asks(person, whence=alone).allowed
    terminal_lost(gate, person)
    for whence in (
        alone,
        Whence("192.0.2.20", certificate="ab" * 32),
        Whence("192.0.2.20", mac="AA-BB-CC-00-00-01"),
        Whence("192.0.2.99", certificate="ab" * 32, mac="aa:bb:cc:00:00:09"),
    ):
        assert gate.asks(person, whence=whence).codes == ("terminal-lost",)
    assert gate.asks(person, whence=Whence("192.0.2.20")).allowed


class _Away:
    """A database that must not be asked."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the database was asked: {name}")


def test_under_the_same_pulse_nothing_is_asked_of_the_database(gate: Gate) -> None:
    knock = gate.knock(gate.signed_in(1))
    with gate.store.read() as connection:
        pulse = take_pulse(connection, knock.who.person_id, knock.whence, knock.at)
    answer = judge(gate.store, gate.door, knock, pulse)
    assert judge(_Away(), gate.door, knock, pulse) == answer  # type: ignore[arg-type] # that is what is tested
    soon = replace(knock, at=knock.at + timedelta(seconds=29))
    assert judge(_Away(), gate.door, soon, pulse) == answer  # type: ignore[arg-type] # as above


def test_a_session_of_one_zone_is_none_in_another_without_a_flow(gate: Gate) -> None:
    person = gate.signed_in(1, "0202")
    gate.terminal("PC-0004", zone="mnu", address="198.51.100.4")
    gate.terminal("PC-0005", address="192.0.2.40")
    assert gate.asks(person, "zei", Whence("192.0.2.40")).allowed
    no_flow = replace(gate.door.networks, flows=())
    alone = Gate(replace(gate.hall, door=replace(gate.door, networks=no_flow)), gate.sessions)
    assert alone.asks(person, "zei", Whence("198.51.100.4")).codes == ("session-zone",)


def test_without_an_address_the_rules_of_every_zone_hold(gate: Gate) -> None:
    person = gate.signed_in(1)
    gate.permit(person, date(2026, 4, 6), public=True)
    unknown = gate.asks(person, "gw", Whence())
    assert {"address-missing", "public-closed", "unregistered"} <= set(unknown.codes)
    assert not {"public-closed", "unregistered"} & set(gate.asks(person, "gw", Whence("8.8.8.8")).codes)


def test_an_officer_is_told_the_same_and_nothing_is_recorded(gate: Gate) -> None:
    person = gate.signed_in(1)
    told = gate.would(person)
    assert (told.facts["職員"], told.facts["サインイン"]) == (
        f"山田 {person.number}（{person.number}）",
        "パスワード、認証アプリ",
    )
    assert (gate.rows(), gate.hall.audited("decision.allowed")) == ([], [])
    assert replace(told, facts={}) == replace(gate.asks(person), facts={})


def test_what_may_not_be_said_yet_is_not_told_to_an_officer(gate: Gate) -> None:
    person = gate.signed_in(1)
    later = {**row(person.number, "0202", "2026-05-01"), "kind": "transfer", "announce_from": "2026-04-20"}
    gate.hall.body.say([row(person.number), later])
    gate.hall.body.night(gate.hall.body.today)
    gate.terminal("PC-0005", address="192.0.2.40")
    for today, told in ((0, False), (15, True)):
        gate.hall.clock.on(days=today)
        knock = replace(gate.knock(person, "zei", Whence("192.0.2.40")), at=gate.hall.clock.now + timedelta(days=30))
        assert (explain(gate.store, gate.door, knock).facts["権限"] != "なし") is told


def test_a_key_is_asked_of_whoever_decides_over_others(gate: Gate) -> None:
    person = gate.signed_in(1)
    gate.hall.office(person, Role.GENERAL_OFFICER)
    answer = gate.asks(person)
    assert (answer.outcome, answer.needs.resistant, answer.needs.kinds) == (STEP, True, 2)
