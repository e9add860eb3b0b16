"""Several at the same instant: one use, one witness, one secret shown, one end, whatever the database."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

from iam.errors import Busy, Conflict, Forbidden
from iam.privilege import using
from iam.privilege.using import Acting, UseState, Wish
from iam.record.act import Act
from iam.sync.urgent import ErrandKind, errands
from tests.functional.privilege.conftest import MakeWing
from tests.privileged import Wing, delegated

T = TypeVar("T")


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """All of them together; what came of those that were not refused."""
    ready = Barrier(len(deeds))

    def one(deed: Callable[[], T]) -> list[T]:
        ready.wait()
        try:
            return [deed()]
        except (Conflict, Forbidden, Busy):
            return []

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each for found in pool.map(one, deeds) for each in found]


def doing(acting: Acting, verb: Callable[[Act, Acting], T]) -> Callable[[], T]:
    """The verb in an act of its own."""

    def done() -> T:
        with acting.store.act("test") as act:
            return verb(act, acting)

    return done


def test_of_two_at_the_same_instant_one_is_first(make_wing: MakeWing) -> None:
    wing = make_wing("root", "console", longest=60, window=60)
    delegated(wing, wing.operator, [wing.ids["root"]])
    user, operator, witness = (wing.acting(each) for each in (wing.user, wing.operator, wing.witness))

    def asks(name: str) -> Callable[[Act, Acting], using.Use]:
        return lambda act, acting: using.ask(act, acting, Wish(wing.ids[name].id, "更新", minutes=40))

    # Two persons for one account, and one person past the cap on two accounts.
    (made,) = at_once([doing(operator, asks("root")), doing(user, asks("root"))])
    with wing.store.act("test") as act:
        using.withdraw(act, replace(user, who=user.who if made.person_id == user.id else operator.who), made.id)
    (use,) = at_once([doing(user, asks("root")), doing(user, asks("console"))])
    with wing.store.act("test") as act:
        using.withdraw(act, user, use.id)
    with wing.store.act("test") as act:
        use = using.ask(act, user, Wish(wing.ids["root"].id, "更新"))

    joined = at_once([doing(each, lambda act, who: using.join(act, who, use.id)) for each in (operator, witness)])
    assert [each.state for each in joined] == [UseState.OPENING]
    wing.carry()
    at_once([lambda: using.sweep(wing.store, wing.door)] * 3)
    shown = at_once([doing(user, lambda act, who: using.reveal(act, who, use.id))] * 3)
    assert len(shown) == 1
    assert wing.gw.opens("kanri1", shown[0])
    _ended_once(wing, user, use)


def _ended_once(wing: Wing, user: Acting, use: using.Use) -> None:
    def ends(act: Act, acting: Acting) -> using.Use:
        return using.end(act, acting.door, use.id, acting.id)

    at_once([doing(user, ends)] * 2 + [doing(replace(user, who=wing.acting(wing.witness).who), ends)])
    with wing.store.read() as connection:
        kinds = [each.kind for each in errands(connection, use.subject)]
        done = [each.action for each in using.timeline(connection, use.id)]
    assert kinds == [ErrandKind.OPEN, ErrandKind.CLOSE]
    assert (done.count("use.ended"), done.count("use.opened"), done.count("use.revealed")) == (1, 1, 1)
    wing.carry()
    at_once([lambda: using.sweep(wing.store, wing.door)] * 3)
    with wing.store.read() as connection:
        assert [each.action for each in using.timeline(connection, use.id)].count("use.closed") == 1
    assert wing.now(use).state is UseState.CLOSED
