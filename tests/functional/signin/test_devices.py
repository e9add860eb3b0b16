"""Signing in at a device that shows no page: in steps or in one field, for this moment alone."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from iam.access.accounts import account_table
from iam.outbox import Topic, unseen
from iam.signin import login
from iam.signin.history import Outcome
from iam.signin.kinds import Method
from iam.signin.login import Entered, HalfDone, Refused, SignedIn
from iam.signin.sessions import session_table
from iam.signin.throttle import throttle_table
from tests.cheap import CHEAP
from tests.entrance import PASSWORD, Entrance, Person
from tests.functional.signin.test_sameness import CountingHasher


def at_device(person: Person, typed: str) -> login.Outcome:
    return login.give_at_device(person.hall.store, person.hall.door, person.number, typed, person.where)


def answers(person: Person, half: login.Outcome, code: str) -> login.Outcome:
    assert isinstance(half, HalfDone), half
    return login.give_code(person.hall.store, person.hall.door, half.token, code, person.where, at_device=True)


def sessions_opened(hall: Entrance) -> int:
    with hall.store.read() as connection:
        return connection.execute(select(func.count()).select_from(session_table)).scalar_one()


def failures(hall: Entrance) -> list[int]:
    with hall.store.read() as connection:
        return list(connection.scalars(select(throttle_table.c.failures)))


def test_password_then_code_let_in_without_a_session(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)

    done = answers(yamada, at_device(yamada, PASSWORD), yamada.code())

    assert isinstance(done, Entered)
    assert (done.token, done.session_id, done.duty) == ("", 0, "")
    assert done.who.staff_number == yamada.number
    assert done.proofs.methods == (Method.PASSWORD, Method.TOTP)
    assert sessions_opened(hall) == 0
    event = yamada.events()[0]
    assert (event.outcome, event.address, event.session_id) == (Outcome.SUCCESS, yamada.where.address, None)
    assert len(hall.audited("signin.succeeded")) == 1


def test_a_login_of_the_system_names_its_owner_before_any_staff_number(hall: Entrance) -> None:
    yamada, sato = hall.staff(1, app=True), hall.staff(2, app=True)

    def logs_in_as(who: Person, name: str) -> None:
        with hall.store.act("test") as act:
            mine = account_table.c.person_id == who.id, account_table.c.system == "gw"
            act.connection.execute(update(account_table).where(*mine).values(login=name, comparable=name))

    def entered(name: str, who: Person) -> str:
        half = login.give_at_device(hall.store, hall.door, name, PASSWORD, who.where, system="gw")
        done = answers(who, half, who.code())
        assert isinstance(done, Entered), (name, done)
        return done.who.staff_number

    logs_in_as(yamada, "taro.yamada")
    logs_in_as(sato, "hanako.sato")
    assert entered("Taro.Yamada", yamada) == yamada.number
    assert entered(sato.number, sato) == sato.number
    logs_in_as(yamada, sato.number)
    hall.clock.on(seconds=60)
    assert entered(sato.number, yamada) == yamada.number


@pytest.mark.parametrize(
    "password", [PASSWORD, "みけねことゆうやけのさかみち20260406", "みけねことゆうやけ12345678901"]
)
def test_one_field_holds_password_and_code_whatever_the_password_ends_in(hall: Entrance, password: str) -> None:
    yamada = hall.staff(1, app=True)
    hall.set_password(yamada, password)

    assert isinstance(at_device(yamada, password), HalfDone)
    assert isinstance(at_device(yamada, password + yamada.code()), Entered)
    assert at_device(yamada, password + yamada.code()) == Refused("replayed")
    assert at_device(yamada, password + yamada.wrong_code()) == Refused("code")
    assert sessions_opened(hall) == 0


def test_however_it_is_read_it_is_one_guess_and_the_same_work_for_nobody(hall: Entrance) -> None:
    work = []
    for person in (hall.staff(1, app=True), hall.nobody()):
        hasher = CountingHasher(hall.door.keys, CHEAP, at_once=4, waiting=64)
        there = replace(person, hall=replace(hall, door=replace(hall.door, hasher=hasher)))
        assert at_device(there, "ちがうパスワードを打った人12345678") == Refused("wrong")
        work.append(hasher.hashes)
    assert work == [3, 3]
    assert failures(hall) == [1, 1]


def test_digits_behind_a_password_that_awaits_no_code_let_nobody_in(hall: Entrance) -> None:
    sato = hall.staff(2)
    done = at_device(sato, PASSWORD)
    assert isinstance(done, Entered)
    assert done.duty == "enrol"
    assert at_device(sato, PASSWORD + "123456") == Refused("code")


def test_what_was_begun_at_a_device_serves_no_page_and_the_other_way_round(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    device, page = at_device(yamada, PASSWORD), yamada.types_password()
    assert isinstance(device, HalfDone)
    assert yamada.types_code(device) == Refused("lapsed")
    assert yamada.touches(device) == Refused("lapsed")
    assert answers(yamada, page, yamada.code()) == Refused("lapsed")
    assert isinstance(answers(yamada, device, yamada.code()), Entered)
    assert answers(yamada, device, yamada.code()) == Refused("lapsed")
    hall.clock.on(seconds=60)
    done = yamada.types_code(page)
    assert isinstance(done, SignedIn)
    assert not isinstance(done, Entered)


def test_whoever_only_has_a_key_is_told_so_after_the_password(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    assert at_device(yamada, PASSWORD) == Refused("resistant")
    assert at_device(yamada, "ちがうパスワードを打った人") == Refused("wrong")


def test_a_device_besides_an_open_page_is_nothing_unusual(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    yamada.signs_in()
    hall.clock.on(seconds=60)
    vpn = yamada.at("203.0.113.20", "RADIUS：VPN")
    assert isinstance(answers(vpn, at_device(vpn, PASSWORD), vpn.code()), Entered)
    with hall.store.read() as connection:
        assert Topic.SIGNIN_UNUSUAL not in [each.topic for each in unseen(connection, yamada.id)]


def test_a_temporary_password_is_not_used_up_at_a_device(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()
    done = answers(yamada, at_device(yamada, given), yamada.code())
    assert isinstance(done, Entered)
    assert done.duty == "password"
    hall.clock.on(seconds=60)
    signed = yamada.types_code(yamada.types_password(given))
    assert isinstance(signed, SignedIn)
    assert signed.duty == "password"
