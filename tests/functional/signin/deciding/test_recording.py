"""Every answer is recorded before it is given; repeats are counted, by however many processes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from iam.errors import StoreError
from iam.record.store import open_engine
from iam.signin.deciding.decision import Outcome
from iam.signin.deciding.facts import judge
from iam.signin.deciding.pulse import Whence
from iam.signin.deciding.records import forget, questioned
from tests.functional.signin.deciding.given import Gate

AT_HOME = Whence("203.0.113.5")


def test_a_repeat_is_one_more_of_its_kind_and_the_audit_holds_the_first(gate: Gate) -> None:
    person = gate.signed_in(1)
    for _ in range(5):
        assert gate.asks(person).allowed
        gate.hall.clock.on(seconds=5)
    [row] = gate.rows()
    assert (row.times, row.outcome, row.door, row.address, row.session_id) == (
        1, Outcome.ALLOW, "forward", "192.0.2.10", gate.sessions[person.id],
    )  # fmt: skip

    gate.hall.clock.on(seconds=60)
    began = gate.hall.clock.now
    gate.asks(person)
    assert [(each.times, each.last_at) for each in gate.rows()] == [(6, began)], "written once a minute, with an ask"

    denied = gate.asks(person, whence=AT_HOME)
    assert [(each.times, each.outcome) for each in gate.rows()] == [(6, Outcome.ALLOW), (1, Outcome.DENY)]
    assert gate.rows(outcome=Outcome.DENY, system="gw", person_id=person.id)[0].reasons[0] == (
        denied.codes[0], denied.reasons[0].clause,
    )  # fmt: skip

    [(actor, subject, detail)] = gate.hall.audited("decision.denied")
    told = json.loads(detail)
    assert (actor, subject) == ("door", f"person {person.id}")
    assert (told["system"], told["door"], told["address"], told["reasons"][0]["code"]) == (
        "gw", "forward", "203.0.113.5", "outside-no-permission",
    )  # fmt: skip
    assert len(gate.hall.audited("decision.allowed")) == 1
    assert gate.hall.body.audit_breaks() == ""


def test_after_ten_minutes_and_after_midnight_an_answer_is_a_new_one(gate: Gate) -> None:
    person = gate.signed_in(1)
    gate.hall.clock.now = gate.hall.clock.now.replace(hour=14, minute=45, second=0)
    for later in (0, 9, 8, 5):
        gate.hall.clock.on(minutes=later)
        gate.asks(person, whence=AT_HOME)
    gate.settle()
    # 23:45 and 23:54 are one, 00:02 is another day, 00:07 repeats it.
    assert [each.times for each in gate.rows()] == [2, 2]
    gate.hall.clock.on(minutes=11)
    gate.asks(person, whence=AT_HOME)
    assert [each.times for each in gate.rows()] == [2, 2, 1]


def test_processes_at_once_make_one_row_and_lose_no_count(gate: Gate) -> None:
    person = gate.signed_in(1)
    gates = [gate.again() for _ in range(4)]
    knock, ready = gate.knock(person), Barrier(len(gates))

    def asks(one: Gate) -> None:
        ready.wait()
        for _ in range(10):
            assert judge(one.store, one.door, knock).allowed
        one.settle()

    with ThreadPoolExecutor(len(gates)) as pool:
        list(pool.map(asks, gates))
    [row] = gate.rows()
    assert row.times == 40
    assert len(gate.hall.audited("decision.allowed")) == 1
    assert gate.hall.body.audit_breaks() == ""


@contextmanager
def unwritable(gate: Gate) -> Iterator[None]:
    """What is decided cannot be written for a while."""
    engine = open_engine(gate.store.url)
    try:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE decision RENAME TO elsewhere"))
        yield
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO decision"))
    finally:
        engine.dispose()


def test_nobody_comes_in_unrecorded_and_no_count_is_lost(gate: Gate) -> None:
    person = gate.signed_in(1)
    with unwritable(gate), pytest.raises(StoreError):
        gate.asks(person)
    assert gate.hall.audited("decision.allowed") == []

    gate.asks(person)
    with unwritable(gate):
        gate.hall.clock.on(seconds=61)
        assert gate.asks(person).allowed, "a repeat that is counted later"
    gate.settle()
    assert [each.times for each in gate.rows()] == [2]


def test_an_officers_question_is_in_the_audit_and_old_answers_are_forgotten(gate: Gate) -> None:
    person = gate.signed_in(1)
    told = gate.would(person)
    with gate.store.act("staff:0000009") as act:
        questioned(act, person.id, "gw", told)
    [(actor, subject, detail)] = gate.hall.audited("decision.questioned")
    assert (actor, subject, json.loads(detail)["outcome"]) == ("staff:0000009", f"person {person.id}", "allow")

    gate.asks(person)
    with gate.store.act("worker") as act:
        assert forget(act, act.at - timedelta(days=1)) == 0
        assert forget(act, act.at + timedelta(seconds=1)) == 1
    assert gate.rows() == []
