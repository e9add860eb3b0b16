"""Changing one's own password: whoever finds a screen left open learns no more than at the door (R33, R35)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from iam.signin import throttle
from iam.signin.own import password
from iam.signin.own.owner import Owner
from iam.signin.own.password import NotChanged
from iam.signin.passwords.hashing import Hasher
from iam.signin.steps import SignedIn
from tests.cheap import CHEAP
from tests.entrance import HERE, PASSWORD, Entrance, Person
from tests.functional.signin.test_sessions import begun

NEW = "雨上がりの縁側で麦茶を飲む昼下がり"
WRONG = "ちがうパスワードです"


def owner_of(person: Person) -> Owner:
    hall, (_, session) = person.hall, begun(person)
    found = hall.look(person.signs_in().token)
    return Owner(hall.store, hall.door, session, found.entrant, HERE)  # type: ignore[union-attr] # just signed in


class Held(Hasher):
    """A hasher with whom something happens while the right password is being compared."""

    def __init__(self, hall: Entrance, meanwhile: Callable[[], None]) -> None:
        super().__init__(hall.door.keys, CHEAP, at_once=4, waiting=64)
        self._meanwhile = meanwhile

    def verify(self, person_id: int, sealed: bytes | None, password: str) -> bool:
        """As any hasher, later."""
        found = super().verify(person_id, sealed, password)
        if found:
            self._meanwhile()
        return found


@pytest.mark.parametrize("new", ["x", NEW])
def test_of_guesses_at_once_none_is_told_after_the_wait_began(hall: Entrance, new: str) -> None:
    owner = owner_of(hall.staff(1, app=True))

    def others() -> None:
        for _ in range(5):
            password.change(owner, old=WRONG, new=new)

    late = replace(owner, door=replace(hall.door, hasher=Held(hall, others)))
    told = password.change(late, old=PASSWORD, new=new)

    assert isinstance(told, NotChanged)
    assert not told.old_wrong
    assert told.wait == timedelta(seconds=30)
    with hall.store.read() as connection:
        assert throttle.state(connection, owner.id, hall.clock()).failures == 5


def test_guesses_of_the_old_password_at_once_are_counted_one_by_one(hall: Entrance) -> None:
    owner = owner_of(hall.staff(1, app=True))
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: password.change(owner, old=WRONG, new=NEW), range(24)))
    assert sum(isinstance(each, NotChanged) and each.old_wrong for each in told) == 5
    assert all(isinstance(each, NotChanged) for each in told)


def test_the_right_one_is_taken_while_nothing_is_in_the_way(hall: Entrance) -> None:
    owner = owner_of(hall.staff(1, app=True))
    password.change(owner, old=WRONG, new=NEW)
    assert isinstance(password.change(owner, old=PASSWORD, new=NEW), SignedIn)
    with hall.store.read() as connection:
        assert throttle.state(connection, owner.id, hall.clock()).failures == 0
