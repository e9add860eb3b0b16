"""What is remembered of a flood: enough to see it, and not so much that it fills an audit which nobody may shorten."""

from dataclasses import replace

from iam.signin import history, login
from iam.signin.login.refusing import MOST_A_MINUTE
from tests.entrance import HERE, Entrance


def answers_falsely(hall: Entrance, times: int, address: str = HERE.address) -> None:
    where = replace(HERE, address=address)
    for _ in range(times):
        asked = login.key_options(hall.store, hall.door, None, where)
        assert isinstance(asked, tuple)
        login.give_key(hall.store, hall.door, asked[0], '{"id": "AAAA"}', where)


def remembered(hall: Entrance) -> tuple[int, int]:
    """Of nobody: events, and records of the audit."""
    with hall.store.read() as connection:
        events = len(history.page(connection, history.NOBODY, limit=1000))
    return events, len(hall.audited("signin.refused"))


def test_false_answers_of_a_key_are_remembered_so_many_a_minute_and_address(hall: Entrance) -> None:
    answers_falsely(hall, MOST_A_MINUTE + 5)
    assert remembered(hall) == (MOST_A_MINUTE, MOST_A_MINUTE)

    answers_falsely(hall, 1, "192.0.2.99")
    assert remembered(hall) == (MOST_A_MINUTE + 1, MOST_A_MINUTE + 1)

    hall.clock.on(seconds=61)
    answers_falsely(hall, 1)
    assert remembered(hall) == (MOST_A_MINUTE + 2, MOST_A_MINUTE + 2)


def test_a_flood_hides_nothing_of_anybody_known(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    answers_falsely(hall, MOST_A_MINUTE + 5)
    yamada.types_password("ちがうパスワードです")
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert isinstance(asked, tuple)
    login.give_key(hall.store, hall.door, asked[0], yamada.keys[0].get(asked[1], "https://evil.test"), HERE)

    assert [event.reason for event in yamada.events()] == ["origin", "wrong"]


def test_every_password_for_a_number_that_nobody_has_is_remembered(hall: Entrance) -> None:
    answers_falsely(hall, MOST_A_MINUTE)
    for number in range(8):
        hall.nobody(f"99999{number}").types_password()
    assert remembered(hall) == (MOST_A_MINUTE + 8, MOST_A_MINUTE + 8)
