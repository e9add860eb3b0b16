"""A token lives no longer than the session behind it, and what comes twice ends what came of it (R02, R41)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from iam.errors import Conflict
from iam.signin import sessions
from iam.signin.tokens.books import client_table, issued_table
from iam.signin.tokens.clients import ClientState
from iam.signin.tokens.issued import Alive, Dead, Token, TokenKind, find, living, revoke, tidy
from tests.bodies import leaver, row
from tests.functional.tokens.conftest import Counter

CODE, ACCESS, REFRESH, VISIT = TokenKind.CODE, TokenKind.ACCESS, TokenKind.REFRESH, TokenKind.VISIT
LONG = timedelta(days=30)
BEARERS = (ACCESS, REFRESH, VISIT)


def test_a_token_tells_whose_it_is_and_for_which_system(counter: Counter) -> None:
    session = counter.session()
    token = counter.given(ACCESS, session)

    found = counter.alive(ACCESS, token)

    assert isinstance(found, Alive)
    assert (found.who.person_id, found.who.name) == (counter.person.id, "山田 0000001")
    assert (found.session.id, found.client, found.token.detail) == (session, counter.gw, {"scope": "openid"})
    assert counter.alive(VISIT, token) == Dead("unknown"), "no token stands for another kind"
    assert counter.alive(ACCESS, token + "x") == Dead("unknown")


def test_the_database_holds_no_token_and_the_row_shows_none(counter: Counter) -> None:
    token = counter.given(CODE, counter.session())
    with counter.hall.store.read() as connection:
        written = str(connection.execute(select(issued_table)).all())
        found = find(connection, CODE, token, counter.hall.clock.now)
    assert found
    assert token not in written + repr(found)


def test_being_asked_about_a_token_keeps_nobody_signed_in_but_working_with_it_does(counter: Counter) -> None:
    session = counter.session()
    token = counter.given(VISIT, session, life=LONG)
    begun = counter.seen_at(session)
    counter.hall.clock.on(minutes=5)

    assert isinstance(counter.alive(VISIT, token), Alive)
    assert counter.seen_at(session) == begun

    assert isinstance(counter.alive(VISIT, token, touch=True), Alive)
    assert counter.seen_at(session) == counter.hall.clock.now


def all_of(counter: Counter, session: int) -> dict[TokenKind, str]:
    return {kind: counter.given(kind, session, life=LONG) for kind in BEARERS}


def reasons(counter: Counter, tokens: dict[TokenKind, str]) -> set[str]:
    return {counter.why_dead(kind, token) for kind, token in tokens.items()}


def test_whatever_ends_a_sign_in_ends_its_tokens_at_once(counter: Counter) -> None:
    hall = counter.hall
    here, there = counter.session(), counter.session()
    mine, others = all_of(counter, here), all_of(counter, there)
    assert reasons(counter, mine) == {""}

    with hall.store.act("test") as act:
        sessions.end(act, here, "signed_out")
    assert (reasons(counter, mine), reasons(counter, others)) == ({"signed_out"}, {""})

    with hall.store.act("test") as act:
        sessions.end_all(act, counter.person.id, "password_changed")
    assert reasons(counter, others) == {"password_changed"}

    idle = all_of(counter, counter.session())
    hall.clock.on(hours=8)
    assert reasons(counter, idle) == {"idle"}


def test_whoever_is_suspended_or_has_left_has_no_token_at_the_next_question(counter: Counter) -> None:
    hall = counter.hall
    mine = all_of(counter, counter.session())
    counter.person.suspended()
    assert reasons(counter, mine) == {"suspended"}
    assert len(hall.audited("session.ended")) == 1, "the session itself ended with the first question"

    suzuki = hall.staff(2, password=None)
    hall.body.say(leaver(row(2), "2026-04-10"))
    hall.body.night(hall.body.today)
    hall.clock.on(hours=24 * 4 + 14, minutes=55)  # the tenth of April, five minutes to midnight
    token = counter.given(ACCESS, counter.session(suzuki), person=suzuki, life=timedelta(hours=1))
    assert counter.why_dead(ACCESS, token) == ""
    hall.clock.on(minutes=6)
    assert counter.why_dead(ACCESS, token) == "standing"


def test_a_token_ends_by_its_own_time_by_hand_and_with_its_client(counter: Counter) -> None:
    session = counter.session()
    by_time, by_hand = counter.given(ACCESS, session), counter.given(ACCESS, session, life=LONG)
    with_client = counter.given(ACCESS, session, life=LONG)
    counter.hall.clock.on(minutes=5)
    with counter.hall.store.act("test") as act:
        found = find(act.connection, ACCESS, by_hand, act.at)
        assert found
        assert revoke(act, "requested", token_id=found.id) == 1
        assert revoke(act, "requested", token_id=found.id) == 0
        act.connection.execute(
            client_table.update().where(client_table.c.id == counter.gw.id).values(state=ClientState.STOPPED)
        )

    assert [counter.why_dead(ACCESS, each) for each in (by_time, by_hand, with_client)] == [
        "expired", "revoked", "client_stopped",
    ]  # fmt: skip


def test_no_token_outlives_its_session_whatever_life_it_is_given(counter: Counter) -> None:
    session = counter.session()
    token = counter.given(REFRESH, session, life=timedelta(days=3650))
    with counter.hall.store.act("test") as act:
        found = find(act.connection, REFRESH, token, act.at)
        held = sessions.session_of(act.connection, session)
        assert found
        assert held
        assert found.expires_at == held.ends_at
        sessions.end(act, session, "signed_out")
    with pytest.raises(Conflict, match="サインインはもう終わっています"):
        counter.given(ACCESS, session)


def test_a_code_that_comes_again_takes_everything_back_that_was_given_for_it(counter: Counter) -> None:
    session = counter.session()
    code, stranger = counter.given(CODE, session), counter.given(ACCESS, session)
    taken = counter.used(CODE, code)
    assert isinstance(taken, Token)
    assert isinstance(living(counter.hall.store, counter.hall.door, taken, counter.hall.clock.now), Alive)
    access = counter.given(ACCESS, session, family=taken.family)
    refresh = counter.given(REFRESH, session, family=taken.family, life=LONG)
    counter.hall.clock.on(minutes=4)

    again = counter.used(CODE, code)

    assert isinstance(again, Dead)
    assert again.reason == "reused"
    assert (counter.why_dead(ACCESS, access), counter.why_dead(REFRESH, refresh)) == ("revoked", "revoked")
    assert counter.why_dead(ACCESS, stranger) == "", "of another sign-in at the same system"
    assert isinstance(counter.used(REFRESH, refresh), Dead)
    (record,) = counter.hall.audited("token.reused")
    assert (record[1], '"kind":"code"' in record[2]) == ("client gw", True)


def test_a_refresh_token_that_was_exchanged_ends_its_whole_line_when_it_comes_again(counter: Counter) -> None:
    session = counter.session()
    line = [counter.given(REFRESH, session, life=LONG)]
    for _ in range(3):
        taken = counter.used(REFRESH, line[-1])
        assert isinstance(taken, Token)
        line.append(counter.given(REFRESH, session, family=taken.family, life=LONG))
    assert counter.why_dead(REFRESH, line[-1]) == ""

    stolen = counter.used(REFRESH, line[0])

    assert isinstance(stolen, Dead)
    assert stolen.reason == "reused"
    assert counter.why_dead(REFRESH, line[-1]) == "revoked"


def test_what_another_client_brings_is_nobodys_any_more(counter: Counter) -> None:
    code = counter.given(CODE, counter.session())

    mixed_up = counter.used(CODE, code, counter.zei)

    assert isinstance(mixed_up, Dead)
    assert mixed_up.reason == "mixed_up"
    rightful = counter.used(CODE, code)
    assert isinstance(rightful, Dead)
    assert rightful.reason == "revoked"
    assert counter.hall.audited("token.mixed_up")[0][1] == "client zei"


def test_a_code_that_ran_out_is_refused_and_a_ticket_that_comes_twice_ends_nothing(counter: Counter) -> None:
    session = counter.session()
    code, ticket = counter.given(CODE, session), counter.given(TokenKind.TICKET, session)
    taken = counter.used(TokenKind.TICKET, ticket)
    assert isinstance(taken, Token)
    visit = counter.given(VISIT, session, family=taken.family)
    assert isinstance(counter.used(TokenKind.TICKET, ticket), Dead)
    assert counter.why_dead(VISIT, visit) == "", "a browser that loads a page twice stole nothing"

    counter.hall.clock.on(minutes=5)

    late = counter.used(CODE, code)
    assert isinstance(late, Dead)
    assert late.reason == "expired"


def test_what_ran_out_is_dropped_a_day_later_unless_its_session_lives(counter: Counter) -> None:
    living_session, over = counter.session(), counter.session()
    for session in (living_session, over):
        counter.given(ACCESS, session)
    with counter.hall.store.act("test") as act:
        sessions.end(act, over, "signed_out")

    def left() -> object:
        with counter.hall.store.act("test") as act:
            tidy(act)
            return act.connection.execute(select(func.count()).select_from(issued_table)).scalar_one()

    counter.hall.clock.on(hours=24)
    assert left() == 2
    counter.hall.clock.on(minutes=6)
    assert left() == 1, "whoever was given something in a session that lives must still hear of its end"


def test_tokens_are_revoked_by_person_session_and_client_and_never_all(counter: Counter) -> None:
    first, second = counter.session(), counter.session()
    for session in (first, second):
        for client in (counter.gw, counter.zei):
            counter.given(ACCESS, session, client=client)
    with counter.hall.store.act("test") as act:
        assert revoke(act, "requested", session_id=first, client_id=counter.gw.id) == 1
        assert revoke(act, "requested", client_id=counter.gw.id) == 1
        assert revoke(act, "requested", person_id=counter.person.id) == 2
        with pytest.raises(ValueError, match="nobody"):
            revoke(act, "requested")
