"""Who cannot come in learns nothing: the same answer, the same work, the same time (R35, ASVS 6.3.8)."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import event

from iam.policy.profile import Role
from iam.record.store import Question
from iam.signin import history
from iam.signin.login import Refused
from iam.signin.passwords.hashing import Hasher, Parameters
from tests.bodies import leaver, row
from tests.cheap import CHEAP, CheapParameters
from tests.entrance import PASSWORD, Entrance, Person

Asked = Callable[[Entrance], Person]


def unknown(hall: Entrance) -> Person:
    return hall.nobody()


def wrong(hall: Entrance) -> Person:
    return replace(hall.staff(1, app=True), password="ちがうパスワードを打った人")


def suspended(hall: Entrance) -> Person:
    person = hall.staff(1, app=True)
    person.suspended()
    return person


def left(hall: Entrance) -> Person:
    person = hall.staff(1, app=True)
    hall.body.say(leaver(row(1), "2026-04-05"))
    hall.body.night(hall.body.today)
    return person


def to_come(hall: Entrance) -> Person:
    return hall.staff(1, since="2026-05-01")


def without_password(hall: Entrance) -> Person:
    return replace(hall.staff(1, password=None, key=True), password="パスワードのない人が打った")


def lapsed(hall: Entrance) -> Person:
    person = hall.staff(1, app=True)
    given = person.temporary_password()
    hall.clock.on(hours=25)
    return replace(person, password=given)


def officer(hall: Entrance) -> Person:
    return replace(hall.office(hall.staff(1, key=True), Role.OPERATOR), password="ちがうパスワードを打った人")


REFUSED: list[Asked] = [unknown, wrong, suspended, left, to_come, without_password, lapsed, officer]


class CountingHasher(Hasher):
    """Counts what costs time."""

    hashes = 0

    def verify(self, person_id: int, sealed: bytes | None, password: str) -> bool:
        self.hashes += 1
        return super().verify(person_id, sealed, password)

    def wrap(self, person_id: int, password: str) -> bytes:
        self.hashes += 1
        return super().wrap(person_id, password)


@contextmanager
def statements(hall: Entrance) -> Iterator[list[str]]:
    """What the database is asked meanwhile, without the values."""
    asked: list[str] = []
    ask = Question._asked  # noqa: SLF001 - the test looks over the store's shoulder

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(" ".join(statement.split())[:60])

    def noted(question: Question, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        note(None, None, question._text)  # noqa: SLF001 - as above
        return ask(question, values)

    engines = {hall.store._engine, hall.store._glances}  # noqa: SLF001 - as above
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Question, "_asked", noted)
        yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("who", REFUSED)
def test_whoever_cannot_come_in_gets_the_same_answer(hall: Entrance, who: Asked) -> None:
    assert who(hall).types_password() == Refused("wrong")


@pytest.mark.parametrize("who", REFUSED)
def test_the_same_queries_and_one_hash_are_spent_on_everybody(hall: Entrance, who: Asked) -> None:
    hall.door = replace(hall.door, hasher=CountingHasher(hall.door.keys, CHEAP, at_once=2, waiting=8))
    person = who(hall)
    hall.nobody("7777777").types_password()
    spent = []
    for each in (hall.nobody("8888888"), person):
        hall.door.hasher.hashes = 0  # type: ignore[attr-defined] # the counting one
        with statements(hall) as asked:
            each.types_password()
        spent.append((hall.door.hasher.hashes, asked))  # type: ignore[attr-defined]

    assert spent[1] == spent[0]
    assert spent[0][0] == 1


def test_a_throttled_password_is_hashed_all_the_same(hall: Entrance) -> None:
    hall.door = replace(hall.door, hasher=CountingHasher(hall.door.keys, CHEAP, at_once=2, waiting=8))
    person = wrong(hall)
    for _ in range(5):
        person.types_password()
    hall.door.hasher.hashes = 0  # type: ignore[attr-defined]

    answer = replace(person, password=PASSWORD).types_password()

    assert isinstance(answer, Refused)
    assert answer.code == "wait"
    assert hall.door.hasher.hashes == 1  # type: ignore[attr-defined]


def test_known_and_unknown_numbers_take_the_same_time(hall: Entrance) -> None:
    """The difference of medians stays within what one and the same number differs from itself, generously."""
    dear = CheapParameters(time=1, memory_kib=8 * 1024, lanes=1)
    hall.door = replace(hall.door, hasher=Hasher(hall.door.keys, dear, at_once=2, waiting=8))
    known = [replace(hall.staff(number, app=True), password="ちがうパスワードを打った人") for number in range(1, 4)]
    people = {"known": known, "unknown": [hall.nobody(f"888888{number}") for number in range(3)]}
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    chance = random.Random(1)
    for _ in range(60):
        for kind in chance.sample(list(people), 2):
            hall.clock.on(hours=1, seconds=1)
            person = chance.choice(people[kind])
            begun = perf_counter()
            person.types_password()
            times[kind].append(perf_counter() - begun)

    one, other = median(times["known"]), median(times["unknown"])

    spread = max(_spread(times["known"]), _spread(times["unknown"]))
    assert abs(one - other) < max(0.5 * spread, 0.15 * one)


def _spread(times: list[float]) -> float:
    """Between the first and the third quarter."""
    ordered = sorted(times)
    return ordered[3 * len(ordered) // 4] - ordered[len(ordered) // 4]


def test_known_and_unknown_numbers_are_delayed_alike(hall: Entrance) -> None:
    known = wrong(hall)
    unknown = next(person for number in range(100) if not _strict(hall, person := hall.nobody(f"88888{number:02}")))
    answers = []
    for person in (known, unknown):
        told = []
        for _ in range(8):
            told.append(person.types_password())
            hall.clock.on(seconds=10)
        answers.append(told)

    assert answers[0] == answers[1]
    assert [each.code for each in answers[0] if isinstance(each, Refused)] == [
        "wrong", "wrong", "wrong", "wrong", "wrong", "wait", "wait", "wrong",
    ]  # fmt: skip


def test_some_unknown_numbers_are_delayed_as_early_as_an_officers(hall: Entrance) -> None:
    strict = [_strict(hall, hall.nobody(f"88888{number:02}")) for number in range(100)]

    assert 2 <= sum(strict) <= 40


def _strict(hall: Entrance, person: Person) -> bool:
    blinded = hall.door.blinded(person.number)
    return hall.door.strangers_rules(blinded, hall.body.today).delay_after == 3


def test_the_record_tells_officers_what_the_answer_does_not(hall: Entrance) -> None:
    person = suspended(hall)
    person.types_password()
    hall.nobody("うっかり書いた秘密").types_password()

    known, stranger = hall.audited("signin.refused")

    assert known[:2] == ("door", f"person {person.id}")
    assert '"reason":"suspended"' in known[2]
    assert stranger[:2] == ("door", "nobody")
    assert "うっかり" not in stranger[2]
    assert hall.door.blinded("うっかり書いた秘密") in stranger[2]
    assert [each.reason for each in person.events()] == ["suspended"]
    with hall.store.read() as connection:
        assert [each.reason for each in history.page(connection, history.NOBODY)] == ["unknown"]


@pytest.mark.parametrize("number", ["", "\0", "1\ud800", "9" * 5000, "' OR 1=1 --", "0000001\n", "😀", "000 0001"])
def test_odd_numbers_are_nobodys(hall: Entrance, number: str) -> None:
    hall.staff(1, app=True)

    answer = hall.nobody(number).types_password()

    # A line end after the number is what a copied number brings along.
    assert isinstance(answer, Refused) is (number != "0000001\n")


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "あ" * 200_000])
def test_odd_passwords_are_wrong(hall: Entrance, password: str) -> None:
    assert replace(hall.staff(1, app=True), password=password).types_password() == Refused("wrong")


def test_the_products_parameters_have_a_floor_and_the_tests_do_not_change_them() -> None:
    assert Parameters().memory_kib == 64 * 1024
