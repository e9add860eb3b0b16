"""What an errand may close for a review: exactly what was signed, put and not undone, and nothing is opened by it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from iam.jobs.urgent import carrier_of
from iam.review.closing.agreed.writing import origin_of
from iam.sync.urgent import Errand, ErrandKind, Mode, Outcome, carry_out, put
from tests.bodies import Body
from tests.functional.review.closing.given import End, an_end
from tests.functional.review.deciding.given import HR, a_council
from tests.functional.sync.conftest import sqlite_body

__all__ = ["sqlite_body"]


@pytest.fixture
def end(sqlite_body: Callable[..., Body]) -> Iterator[End]:
    council = a_council(sqlite_body())
    yield an_end(council).signed()
    council.store.dispose()
    council.body.store.dispose()


def outcome(end: End, errand: Errand) -> tuple[Outcome | None, bool | None, set[str]]:
    """What became of it, and how the target shows the account and its rights afterwards."""
    council, gw = end.council, end.council.body.targets["gw"]
    council.clock.on(seconds=31)
    with council.store.act("somebody") as act:
        put(act, errand)
    (done,) = carry_out(carrier_of(council.store, council.door.model, end.job().targets, door=council.door))
    return done.outcome, gw.is_on(errand.login), gw.rights_of(errand.login)


def test_an_errand_closes_what_two_persons_signed_and_nothing_else(end: End) -> None:
    rule = origin_of(end.council.id)
    signed = Errand(
        system="gw", login="ghost", kind=ErrandKind.CLOSE, mode=Mode.ENABLE, subject="x", rule=rule, clause="baseline",
        words="",
    )  # fmt: skip
    right = replace(signed, mode=Mode.MEMBER, entitlement="mail")
    on = (True, {"mail", "soumu"})
    assert outcome(end, signed) == (Outcome.REFUSED, *on), "it was signed, and is not put yet"
    end.looks()
    end.urgent()

    own = end.council.body.login(12)
    others: list[Errand] = [
        replace(signed, login="kyoyo"), replace(signed, rule="review 99"), replace(signed, mode=Mode.SECRET),
        replace(right, entitlement="kacho"), replace(right, login="kyoyo"), replace(signed, login=own),
        replace(signed, kind=ErrandKind.OPEN), replace(right, kind=ErrandKind.OPEN),
        replace(signed, kind=ErrandKind.ROTATE),
    ]  # fmt: skip
    assert end.council.body.targets["gw"].is_on("ghost") is False
    before = end.council.body.targets["gw"].is_on(own)
    assert [outcome(end, each)[0] for each in others] == [Outcome.REFUSED] * len(others)
    assert (end.council.body.targets["gw"].is_on("kyoyo"), end.council.body.targets["gw"].is_on(own)) == (True, before)

    end.council.body.targets["gw"].touch("ghost", enabled=True)
    assert outcome(end, signed)[:2] == (Outcome.DONE, False)
    end.lifts(HR, "ghost")
    end.council.body.targets["gw"].touch("ghost", enabled=True)
    assert outcome(end, signed)[:2] == (Outcome.REFUSED, True), "what was undone gives no leave"
