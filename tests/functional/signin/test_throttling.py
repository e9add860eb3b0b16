"""Guessing is slowed down, wherever it comes from, and a key is never in its way (R35, NIST SP 800-63B-4 3.2.2)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from iam.outbox import Topic, unseen
from iam.policy.profile import Role
from iam.signin import sessions, throttle
from iam.signin.factors.authenticators import authenticator
from iam.signin.login import HalfDone, Refused, SignedIn
from tests.entrance import PASSWORD, Entrance, Person

WRONG = "ちがうパスワードを打った人"


def refused(answer: object) -> Refused:
    assert isinstance(answer, Refused), answer
    return answer


def failures(hall: Entrance, subject: str) -> int:
    with hall.store.act("test") as act:
        return throttle.hold(act, subject).failures


def guesses(person: Person, count: int) -> list[str]:
    """So many wrong passwords, each from another address, each after whatever must be waited."""
    told = []
    for number in range(count):
        answer = refused(person.at(f"198.51.{number // 250}.{number % 250}").types_password(WRONG))
        told.append(answer.code)
        person.hall.clock.now += answer.wait or timedelta(0)
    return told


def test_guesses_from_many_addresses_are_counted_together(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)

    answers = [refused(yamada.at(f"198.51.100.{number}").types_password(WRONG)) for number in range(12)]

    assert [each.code for each in answers] == ["wrong"] * 5 + ["wait"] * 7
    assert refused(yamada.types_password()).wait == timedelta(seconds=30)


def test_each_further_failure_doubles_the_wait(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    guesses(yamada, 4)

    waits = []
    for _ in range(10):
        answer = refused(yamada.types_password(WRONG))
        assert answer.code == "wrong"
        assert answer.wait is not None
        waits.append(answer.wait.total_seconds())
        hall.clock.now += answer.wait

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_an_officers_password_is_slowed_down_earlier(hall: Entrance) -> None:
    officer = hall.office(hall.staff(1, key=True), Role.OPERATOR)

    assert [refused(officer.types_password(WRONG)).wait for _ in range(3)] == [None, None, timedelta(seconds=30)]


def test_the_right_password_after_the_wait_comes_in_and_clears_the_count(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    guesses(yamada, 5)

    assert isinstance(yamada.types_password(), HalfDone)
    assert failures(hall, throttle.password_of(yamada.id)) == 0


def test_waiting_attempts_are_not_counted_so_a_flood_does_not_disable(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    guesses(yamada, 4)

    for _ in range(80):
        yamada.types_password(WRONG)

    assert failures(hall, throttle.password_of(yamada.id)) == 5
    hall.clock.on(seconds=30)
    assert isinstance(yamada.types_password(), HalfDone)


def test_too_many_failures_disable_the_password_until_the_desk_acts(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)

    told = guesses(yamada, 50)

    assert set(told) == {"wrong"}
    hall.clock.on(days=30)
    assert refused(yamada.types_password()).code == "disabled"
    assert refused(yamada.types_password(WRONG)).code == "disabled"
    with hall.store.read() as connection:
        topics = [each.topic for each in unseen(connection, yamada.id)]
    assert topics == [Topic.SIGNIN_STOPPED, Topic.SIGNIN_FAILURES]
    assert isinstance(yamada.touches(), SignedIn), "the key serves all the same"


def test_a_number_that_nobody_has_ends_disabled_too(hall: Entrance) -> None:
    stranger = hall.nobody()

    guesses(stranger, 50)

    assert refused(stranger.types_password()).code == "disabled"
    assert "9999999" not in str(hall.body.content())


def test_an_officer_may_release_it_and_a_new_password_begins_anew(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    guesses(yamada, 50)
    with hall.store.act("staff:0000009") as act:
        assert throttle.released(act, yamada.id)
        assert not throttle.released(act, yamada.id)
    assert isinstance(yamada.types_password(), HalfDone)
    assert hall.audited("throttle.released")

    guesses(yamada, 50)
    given = yamada.temporary_password()
    assert isinstance(yamada.types_password(given), HalfDone)


def test_another_factors_success_does_not_clear_the_count(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    guesses(yamada, 4)

    assert isinstance(yamada.touches(), SignedIn)

    assert refused(yamada.types_password(WRONG)).wait == timedelta(seconds=30)


def test_the_count_outlives_the_process(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    guesses(yamada, 3)
    elsewhere = replace(yamada, hall=hall.again())

    assert [refused(elsewhere.types_password(WRONG)).wait for _ in range(2)] == [None, timedelta(seconds=30)]


# --- what a key and a card are spared


def test_nobody_can_lock_me_out_of_my_key(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    guesses(yamada, 5)
    yamada.types_password(WRONG)
    assert refused(yamada.types_password()).code == "wait"

    assert isinstance(yamada.touches(), SignedIn)


def test_forged_answers_of_a_key_slow_nothing_down(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    key = yamada.keys[0]
    for _ in range(20):
        key.count += 5
        mine, key.private = key.private, type(key)().private
        assert refused(yamada.touches()).code == "key"
        key.private = mine

    assert isinstance(yamada.touches(), SignedIn)


# --- one-time codes


def test_codes_are_counted_over_many_logins(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    told = [refused(yamada.types(yamada.types_password(), yamada.wrong_code())).code for _ in range(7)]

    assert told == ["code"] * 5 + ["wait"] * 2
    assert refused(yamada.types_code(yamada.types_password())).code == "wait"
    hall.clock.on(seconds=30)
    assert isinstance(yamada.types_code(yamada.types_password()), SignedIn)


def test_the_owner_is_told_when_codes_are_guessed_behind_the_right_password(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    for _ in range(5):
        yamada.types(yamada.types_password(), yamada.wrong_code())

    with hall.store.read() as connection:
        assert [each.topic for each in unseen(connection, yamada.id)] == [Topic.SIGNIN_FAILURES]


def test_too_many_wrong_codes_disable_the_app_for_good(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    for _ in range(50):
        answer = refused(yamada.types(yamada.types_password(), yamada.wrong_code()))
        hall.clock.now += answer.wait or timedelta(0)

    assert answer.code == "disabled"
    with hall.store.read() as connection:
        assert authenticator(connection, yamada.apps[0]).end_reason == "throttled"
    assert isinstance(yamada.types_password(), HalfDone)
    assert refused(yamada.types_code(yamada.types_password())).code == "not_asked"
    assert isinstance(yamada.touches(), SignedIn)


def test_a_code_shown_twice_is_no_guess(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    assert isinstance(yamada.types_code(yamada.types_password()), SignedIn)

    for _ in range(10):
        assert refused(yamada.types_code(yamada.types_password())).code == "replayed"

    assert failures(hall, throttle.authenticator_of(yamada.apps[0])) == 0


def test_one_of_two_apps_that_must_wait_leaves_the_other(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True).with_app()
    with hall.store.act("test") as act:
        rules = hall.door.profile.signin.resolved([], privileged=False, on=hall.body.today)
        for _ in range(5):
            throttle.failed(act, throttle.authenticator_of(yamada.apps[0]), rules)

    assert refused(yamada.types_code(yamada.types_password(), 0)).code == "code"
    assert isinstance(yamada.types_code(yamada.types_password(), 1), SignedIn)


# --- at once


@pytest.mark.parametrize("right", [False, True])
def test_guesses_at_once_are_counted_one_by_one(hall: Entrance, right: bool) -> None:
    yamada = hall.staff(1, app=True)
    tries = [WRONG] * 24 + [PASSWORD] * right

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(yamada.types_password, tries))

    codes = [each.code for each in answers if isinstance(each, Refused)]
    assert failures(hall, throttle.password_of(yamada.id)) == 5
    assert codes.count("wrong") == 5
    assert set(codes) == {"wrong", "wait"}


def test_old_strangers_are_forgotten(hall: Entrance) -> None:
    guesses(hall.nobody(), 2)
    yamada = hall.staff(1)
    guesses(yamada, 2)
    hall.clock.on(days=91)

    with hall.store.act("jobs") as act:
        assert throttle.forget_strangers(act) == 1
    assert failures(hall, throttle.password_of(yamada.id)) == 2


def test_signing_in_and_changing_everything_meanwhile_never_wait_in_a_ring(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)

    def sign_in(_: int) -> None:
        half = yamada.types_password()
        if isinstance(half, HalfDone):
            yamada.touches(half)

    def change(number: int) -> None:
        hall.set_password(yamada, f"{PASSWORD}{number}")
        with hall.store.act("test") as act:
            sessions.end_all(act, yamada.id, "password_changed")

    def enrol(_: int) -> None:
        yamada.recovery_codes()

    def often(deed: Callable[[int], None]) -> None:
        for number in range(40):
            deed(number)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(often, (sign_in, change, enrol)))

    assert hall.body.audit_breaks() == ""
