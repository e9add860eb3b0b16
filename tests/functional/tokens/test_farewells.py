"""Every system that somebody signed in to hears of the end, once it can be told, and nobody else does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from connectors.backchannel import BackchannelOptions, BackchannelSender
from iam.errors import FarewellError
from iam.jobs.farewells import Said, Sending, say_farewells
from iam.jobs.periodic import tidy
from iam.signin import sessions
from iam.signin.tokens.clients import ClientKind
from iam.signin.tokens.farewells import FAREWELLS, Claimed, claim, farewell_table
from iam.signin.tokens.issued import TokenKind
from tests.clients import a_client
from tests.functional.tokens.conftest import QUIET, Counter
from tests.listener import Listener

ACCESS, CODE, REFRESH = TokenKind.ACCESS, TokenKind.CODE, TokenKind.REFRESH


def rows(counter: Counter) -> list[Row[Any]]:
    with counter.hall.store.read() as connection:
        return list(connection.execute(select(farewell_table).order_by(farewell_table.c.id)))


def owed(counter: Counter) -> list[tuple[int, int]]:
    """To whom word is owed, of which session."""
    return [(row.client_id, row.session_id) for row in rows(counter)]


def test_the_systems_that_were_given_a_token_in_that_session_are_told_once_each(counter: Counter) -> None:
    other, _ = a_client(
        counter.hall.store, ClientKind.OIDC, "zei", {**QUIET, "logout_uri": "https://zei.sakura.test/bye"}, code="z2"
    )
    here, there = counter.session(), counter.session()
    for client in (counter.gw, counter.zei, other):
        for kind in (ACCESS, ACCESS, REFRESH):
            counter.given(kind, here, client=client)
    counter.given(CODE, there)
    counter.given(ACCESS, there, client=other)

    with counter.hall.store.act("test") as act:
        sessions.end(act, here, "signed_out")

    assert sorted(owed(counter)) == [(counter.gw.id, here), (other.id, here)], "the one that wants no word has none"
    with counter.hall.store.act("test") as act:
        assert not sessions.end(act, here, "signed_out")
        sessions.end(act, there, "ended_by_owner")
    assert sorted(owed(counter))[1:] == [(other.id, here), (other.id, there)], "a code that was never used gave nothing"


def ended_by_hand(counter: Counter, session: int) -> None:
    with counter.hall.store.act("test") as act:
        sessions.end(act, session, "ended_by_officer", person_id=counter.person.id)


def ended_with_all(counter: Counter, _session: int) -> None:
    with counter.hall.store.act("test") as act:
        sessions.end_all(act, counter.person.id, "factor_lost")


def ran_out(counter: Counter, _session: int) -> None:
    counter.hall.clock.on(hours=24)
    assert tidy(counter.hall.store).sessions_ended == 1


def suspended(counter: Counter, session: int) -> None:
    token = counter.given(ACCESS, session)
    counter.person.suspended()
    assert counter.why_dead(ACCESS, token) == "suspended"


def test_however_a_session_ends_word_is_owed(counter: Counter) -> None:
    for end in (ended_by_hand, ended_with_all, ran_out, suspended):
        session = counter.session()
        counter.given(ACCESS, session)
        end(counter, session)
        assert owed(counter)[-1] == (counter.gw.id, session), end.__name__
    assert len(owed(counter)) == 4


# --- said


@dataclass
class Office:
    """Sessions that ended, and where word of it goes."""

    counter: Counter
    listener: Listener

    def end_a_session(self, times: int = 1) -> None:
        for _ in range(times):
            session = self.counter.session()
            self.counter.given(ACCESS, session)
            with self.counter.hall.store.act("test") as act:
                sessions.end(act, session, "signed_out")

    def say(self, **how: object) -> Said:
        sender = BackchannelSender(BackchannelOptions(frozenset({self.listener.place}), timeout=5))
        given = {"sender": sender, "token_for": lambda claimed: f"word-{claimed.session_id}", **how}
        return say_farewells(self.counter.hall.store, Sending(**given))  # type: ignore[arg-type]

    def outcomes(self) -> list[str]:
        return [str(row.outcome) for row in rows(self.counter)]


@pytest.fixture
def office(counter: Counter, tmp_path: Path) -> Iterator[Office]:
    with Listener(tmp_path) as listener:
        detail = {**QUIET, "logout_uri": listener.uri("/bye")}
        counter.gw, _ = a_client(counter.hall.store, ClientKind.OIDC, "gw", detail, code="gw2")
        yield Office(counter, listener)


def test_two_workers_tell_each_session_once(office: Office) -> None:
    office.end_a_session(6)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: office.say(), range(2)))
    assert sum(each.taken for each in done) == 6
    words = [form["logout_token"] for _, form in office.listener.received]
    assert sorted(words) == sorted(f"word-{row.session_id}" for row in rows(office.counter))
    assert office.outcomes() == ["taken"] * 6
    assert len(office.counter.hall.audited("farewell.taken")) == 6
    assert office.say() == Said()


def test_a_client_that_is_away_is_asked_once_a_round_and_told_when_it_is_back(office: Office) -> None:
    office.end_a_session(3)
    office.listener.answers[:] = [503]

    first = office.say()

    assert (first.postponed, len(office.listener.received)) == (3, 1)
    assert "503" in first.troubles["gw2"]
    assert office.say() == Said(), "not before its time"
    office.counter.hall.clock.on(seconds=FAREWELLS.first_delay.total_seconds())
    assert office.say().taken == 3


def test_what_is_refused_for_good_is_settled_with_its_reason(office: Office) -> None:
    office.end_a_session()
    office.listener.answers[:] = [302]
    assert office.say().failed == 1
    assert office.outcomes() == ["failed"]
    assert "転送" in office.counter.hall.audited("farewell.failed")[0][2]


def test_what_cannot_be_signed_or_may_not_be_sent_is_settled_too(office: Office) -> None:
    def refuse(_: Claimed) -> str:
        raise FarewellError("例外措置が終わっています。", transient=False)

    office.end_a_session()
    assert office.say(token_for=refuse).failed == 1
    office.end_a_session()
    assert office.say(sender=None).not_sent == 1
    assert (office.outcomes(), office.listener.received) == (["failed", "not_sent"], [])


def test_a_client_that_never_comes_back_is_given_up_with_a_record(office: Office) -> None:
    office.end_a_session()
    office.listener.answers[:] = [500] * FAREWELLS.most_tries
    for tries in range(1, FAREWELLS.most_tries + 1):
        done = office.say()
        assert (done.postponed, done.failed) == ((0, 1) if tries == FAREWELLS.most_tries else (1, 0))
        office.counter.hall.clock.on(seconds=FAREWELLS.delay_after(tries).total_seconds())
    assert office.outcomes() == ["failed"]
    ((_, _, detail),) = office.counter.hall.audited("farewell.failed")
    assert f'"tries":{FAREWELLS.most_tries}' in detail


def test_a_worker_that_dies_loses_its_claim_and_with_the_last_one_the_word_is_given_up(office: Office) -> None:
    office.end_a_session()
    for _ in range(FAREWELLS.most_tries):
        with office.counter.hall.store.act("worker") as act:
            assert claim(act) is not None
            assert claim(act) is None, "it is somebody's"
        office.counter.hall.clock.on(seconds=FAREWELLS.hold.total_seconds())
    assert office.say() == Said()
    assert tidy(office.counter.hall.store).farewells_failed == 1
    assert "中断" in office.counter.hall.audited("farewell.failed")[0][2]
    office.counter.hall.clock.on(days=401)
    assert tidy(office.counter.hall.store).farewells_forgotten == 1


def test_the_waits_grow_to_an_hour_and_the_whole_is_some_hours() -> None:
    waits = [FAREWELLS.delay_after(tries) for tries in range(1, FAREWELLS.most_tries)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (FAREWELLS.first_delay, FAREWELLS.longest_delay)
    assert timedelta(hours=3) < sum(waits, timedelta()) < timedelta(hours=8)
