"""A session holds while its owner may, and no longer (R02, R37-R39, ASVS V7)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from iam.errors import Conflict
from iam.people.ledger import person_table
from iam.policy.profile import Role
from iam.record.columns import JST
from iam.signin import login, sessions
from iam.signin.kinds import Method
from iam.signin.login import HalfDone, Refused, SignedIn
from iam.signin.sessions import Gone, Present, Session
from tests.bodies import leaver, on_leave, row
from tests.entrance import HERE, Entrance, Person
from tests.functional.signin.test_sameness import statements


def present(hall: Entrance, done: object) -> Present:
    assert isinstance(done, SignedIn), done
    found = hall.look(done.token)
    assert isinstance(found, Present), found
    return found


def begun(person: Person) -> tuple[SignedIn, Session]:
    done = person.signs_in()
    return done, present(person.hall, done).session


# --- whose standing ends


def test_a_leavers_live_session_ends_at_midnight_in_japan(hall: Entrance) -> None:
    leaving = hall.staff(1, app=True)
    hall.body.say(leaver(row(1), "2026-04-10"))
    hall.body.night(hall.body.today)
    hall.clock.now = datetime(2026, 4, 10, 23, 50, tzinfo=JST)
    done = leaving.signs_in()
    hall.clock.now = datetime(2026, 4, 10, 23, 59, 59, tzinfo=JST)
    assert isinstance(hall.look(done.token), Present)

    hall.clock.now = datetime(2026, 4, 11, 0, 0, 0, tzinfo=JST)

    assert hall.look(done.token) == Gone("standing")
    assert '"reason":"standing"' in hall.audited("session.ended")[-1][2]
    assert leaving.types_password() == Refused("wrong")


def test_a_suspension_ends_a_session_at_the_very_next_look(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, _ = begun(yamada)

    yamada.suspended()

    assert hall.look(done.token) == Gone("suspended")
    assert hall.look(done.token) == Gone("suspended"), "and it does not come back"


def test_it_ends_in_a_process_that_remembers_its_owner(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, _ = begun(yamada)
    elsewhere = hall.again()
    assert isinstance(elsewhere.look(done.token), Present)

    yamada.suspended()

    assert elsewhere.look(done.token) == Gone("suspended")


def test_a_suspension_also_stops_a_login_half_done_and_a_key(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    half = yamada.types_password()
    yamada.suspended()

    assert yamada.types_code(half) == Refused("lapsed")
    assert yamada.touches() == Refused("key", detail="unknown")
    assert [each.reason for each in yamada.events()] == ["suspended", "suspended"]


def test_news_of_the_ledger_are_seen_at_once(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, _ = begun(yamada)
    assert present(hall, done).entrant.in_service

    hall.body.say(leaver(row(1), "2026-04-05"))
    hall.body.night(hall.body.today)

    assert hall.look(done.token) == Gone("standing")


def test_silence_of_the_sources_ends_it_when_it_counts(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, _ = begun(yamada)
    with hall.store.act("test") as act:
        act.connection.execute(update(person_table).where(person_table.c.id == yamada.id).values(absent_runs=9))

    assert hall.look(done.token) == Gone("standing")


def test_on_leave_only_they_come_in_whose_system_stays_on(hall: Entrance) -> None:
    clerk, taxman = hall.staff(1, "0101", app=True), hall.staff(2, "0202", app=True)
    hall.body.say([row(1, email="x@city.sakura.test"), on_leave(row(1), "2026-04-01")])
    hall.body.say([row(2, "0202"), on_leave(row(2, "0202"), "2026-04-01")])
    hall.body.night(hall.body.today)

    assert clerk.types_password() == Refused("wrong")
    assert isinstance(taxman.types_password(), HalfDone)


def test_a_new_officer_enrols_a_key_before_acting_as_one(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, session = begun(yamada)
    assert session.duty == ""

    hall.office(yamada, Role.APPROVER)

    found = present(hall, done)
    assert found.entrant.roles == {Role.APPROVER}
    assert found.session.duty == "enrol"


# --- limits


def test_a_session_ends_after_half_an_hour_unused(hall: Entrance) -> None:
    done, _ = begun(hall.staff(1, app=True))
    hall.clock.on(minutes=29, seconds=59)
    assert isinstance(hall.look(done.token), Present)

    hall.clock.on(minutes=30)

    assert hall.look(done.token) == Gone("idle")


def test_use_keeps_it_to_its_overall_limit_and_no_further(hall: Entrance) -> None:
    done, session = begun(hall.staff(1, app=True))
    while hall.clock.now < session.ends_at - timedelta(minutes=20):
        hall.clock.on(minutes=20)
        assert isinstance(hall.look(done.token), Present)

    with hall.store.act("test") as act:
        assert sessions.extend(act, session.id)
    hall.clock.now = session.ends_at

    assert hall.look(done.token) == Gone("overall")
    assert session.ends_at - session.signed_in_at == timedelta(hours=10)


def test_the_zones_of_its_owners_accounts_shorten_it(hall: Entrance) -> None:
    _, general = begun(hall.staff(1, "0101", app=True))
    _, strict = begun(hall.staff(2, "0202", app=True))

    assert (general.idle, strict.idle) == (timedelta(minutes=30), timedelta(minutes=15))
    assert strict.ends_at - strict.signed_in_at == timedelta(hours=9)


def test_a_page_that_asks_how_long_is_left_keeps_nothing_alive(hall: Entrance) -> None:
    done, _ = begun(hall.staff(1, app=True))
    hall.clock.on(minutes=10)
    found = hall.look(done.token, touch=False)

    assert isinstance(found, Present)
    assert sessions.time_left(found.session, hall.clock.now) == timedelta(minutes=20)


def test_a_look_is_one_query_and_writes_at_most_once_a_minute(hall: Entrance) -> None:
    done, _ = begun(hall.staff(1, app=True))
    hall.clock.on(seconds=59)
    hall.look(done.token)
    with statements(hall) as asked:
        hall.look(done.token)
    assert len([each for each in asked if each.startswith("SELECT")]) == 1, asked
    assert not [each for each in asked if each.startswith("UPDATE")]

    hall.clock.on(seconds=1)
    with statements(hall) as asked:
        hall.look(done.token)
        hall.look(done.token)
    assert len([each for each in asked if each.startswith("UPDATE")]) == 1
    assert not hall.audited("session.seen")


def test_what_ran_out_unseen_is_ended_by_the_job(hall: Entrance) -> None:
    idle, _ = begun(hall.staff(1, app=True))
    hall.clock.on(minutes=20)
    used, _ = begun(hall.staff(2, app=True))
    hall.clock.on(minutes=15)

    with hall.store.act("jobs") as act:
        assert sessions.end_lapsed(act) == 1

    assert hall.look(idle.token) == Gone("idle")
    assert isinstance(hall.look(used.token), Present)


# --- locking


def test_a_locked_session_opens_by_the_password_under_a_new_token(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, session = begun(yamada)
    with hall.store.act("test") as act:
        assert sessions.lock(act, session.id)
    assert present(hall, done).session.locked
    hall.clock.on(minutes=6)

    assert login.unlock(hall.store, hall.door, session, "ちがうパスワードです", HERE) == Refused("wrong")
    opened = login.unlock(hall.store, hall.door, session, yamada.password, HERE)

    found = present(hall, opened)
    assert not found.session.locked
    assert found.session.proofs.methods == (Method.PASSWORD, Method.TOTP)
    assert hall.look(done.token) == Gone("unknown")
    assert not sessions.recently_proved(found.session, hall.clock.now, hall.door), "half a proof renews nothing"


def test_a_locked_session_opens_by_the_key(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    done, session = begun(yamada)
    with hall.store.act("test") as act:
        sessions.lock(act, session.id)
    asked = login.key_options(hall.store, hall.door, None, HERE, session=session)
    assert not isinstance(asked, Refused)

    opened = login.give_key(hall.store, hall.door, asked[0], yamada.keys[0].get(asked[1], hall.door.origin), HERE)

    assert not present(hall, opened).session.locked
    assert hall.look(done.token) == Gone("unknown")


def test_a_locked_screen_is_guessed_no_faster_than_the_door(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    _, session = begun(yamada)
    for _ in range(5):
        login.unlock(hall.store, hall.door, session, "ちがうパスワードです", HERE)

    told = login.unlock(hall.store, hall.door, session, yamada.password, HERE)

    assert told == Refused("wait", timedelta(seconds=30))


def test_a_locked_session_runs_out_though_its_page_asks(hall: Entrance) -> None:
    done, session = begun(hall.staff(1, app=True))
    with hall.store.act("test") as act:
        sessions.lock(act, session.id)
    for _ in range(3):
        hall.clock.on(minutes=10)
        found = hall.look(done.token)

    assert found == Gone("idle")


# --- proving oneself again


def test_proving_again_gives_the_same_session_a_new_token(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, session = begun(yamada)
    hall.clock.on(minutes=6)
    assert not sessions.recently_proved(present(hall, done).session, hall.clock.now, hall.door)

    half = login.prove_again(hall.store, hall.door, session, yamada.password, HERE)
    again = yamada.types_code(half)

    assert isinstance(again, SignedIn)
    assert again.session_id == done.session_id
    found = present(hall, again)
    assert sessions.recently_proved(found.session, hall.clock.now, hall.door)
    assert found.session.ends_at == session.ends_at, "a new proof moves no limit"
    assert hall.look(done.token) == Gone("unknown")
    hall.clock.on(minutes=5)
    assert not sessions.recently_proved(found.session, hall.clock.now, hall.door)


def test_the_password_alone_proves_nothing_again(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, session = begun(yamada)
    hall.clock.on(minutes=6)

    assert isinstance(login.prove_again(hall.store, hall.door, session, yamada.password, HERE), HalfDone)

    assert not sessions.recently_proved(present(hall, done).session, hall.clock.now, hall.door)


def test_a_key_proves_again_alone_and_strengthens_the_session(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done = yamada.types_code(yamada.types_password())
    session = present(hall, done).session
    hall.office(yamada, Role.APPROVER)
    yamada.with_key()
    assert present(hall, done).session.duty == "enrol"
    asked = login.key_options(hall.store, hall.door, None, HERE, session=session)
    assert not isinstance(asked, Refused)

    stronger = login.give_key(hall.store, hall.door, asked[0], yamada.keys[0].get(asked[1], hall.door.origin), HERE)

    found = present(hall, stronger)
    assert found.session.duty == ""
    assert found.session.proofs.methods == (Method.PASSWORD, Method.TOTP, Method.VERIFIED_KEY)


def test_a_key_of_this_morning_does_not_speak_for_a_code_of_now(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    session = present(hall, yamada.touches()).session
    assert session.proofs.phishing_resistant
    hall.clock.on(minutes=6)

    again = yamada.types_code(login.prove_again(hall.store, hall.door, session, yamada.password, HERE))

    found = present(hall, again).session
    assert found.proofs.methods == (Method.PASSWORD, Method.TOTP)
    assert found.proved_at > session.proved_at


def test_a_new_proof_is_for_its_own_session_only(hall: Entrance) -> None:
    yamada, sato = hall.staff(1, key=True), hall.staff(2, key=True)
    _, session = begun(yamada)
    asked = login.key_options(hall.store, hall.door, None, HERE, session=session)
    assert not isinstance(asked, Refused)

    told = login.give_key(hall.store, hall.door, asked[0], sato.keys[0].get(asked[1], hall.door.origin), HERE)

    assert told == Refused("key", detail="unknown")


def test_a_session_that_ended_is_not_proved_again(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    done, session = begun(yamada)
    owner = present(hall, done).entrant
    hall.clock.on(minutes=1)
    half = login.prove_again(hall.store, hall.door, session, yamada.password, HERE)
    with hall.store.act("test") as act:
        sessions.end(act, session.id, "ended_by_officer")

    assert yamada.types_code(half) == Refused("lapsed")
    assert hall.look(done.token) == Gone("ended_by_officer")
    with pytest.raises(Conflict), hall.store.act("test") as act:
        login.move_on(act, hall.door, session, owner)


def test_a_temporary_password_does_not_prove_again(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()
    done = yamada.types_code(yamada.types_password(given))
    hall.clock.on(minutes=1)

    told = login.prove_again(hall.store, hall.door, present(hall, done).session, given, HERE)

    assert told == Refused("wrong")


# --- ending


def test_signing_out_ends_the_session_for_good(hall: Entrance) -> None:
    done, session = begun(hall.staff(1, app=True))
    found = present(hall, done)

    login.sign_out(hall.store, session, found.entrant, HERE)

    assert hall.look(done.token) == Gone("signed_out")


def test_nobody_ends_anothers_session(hall: Entrance) -> None:
    done, session = begun(hall.staff(1, app=True))
    other = hall.staff(2)

    with hall.store.act("test") as act:
        assert not sessions.end(act, session.id, "ended_by_owner", person_id=other.id)

    assert isinstance(hall.look(done.token), Present)


def test_all_but_one_end_together_with_the_logins_half_done(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    first, _ = begun(yamada)
    second, kept = begun(yamada)
    hall.clock.on(minutes=1)
    half = yamada.types_password()

    with hall.store.act("test") as act:
        assert sessions.end_all(act, yamada.id, "password_changed", but=kept.id) == 1

    assert hall.look(first.token) == Gone("password_changed")
    assert isinstance(hall.look(second.token), Present)
    assert yamada.types_code(half) == Refused("lapsed")
    with hall.store.read() as connection:
        assert [each.id for each in sessions.of_person(connection, yamada.id, hall.clock.now)] == [kept.id]


def test_a_reason_that_nobody_knows_is_a_mistake_of_ours(hall: Entrance) -> None:
    _, session = begun(hall.staff(1, app=True))

    with pytest.raises(ValueError, match="reason"), hall.store.act("test") as act:
        sessions.end(act, session.id, "because")


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "あ" * 100_000])
def test_a_forged_cookie_opens_nothing(hall: Entrance, token: str) -> None:
    hall.staff(1)

    assert hall.look(token) == Gone("unknown")


def test_the_row_does_not_hold_the_token(hall: Entrance) -> None:
    done, _ = begun(hall.staff(1, app=True))

    assert done.token not in str(hall.body.content())
    assert done.token not in repr(done)
    assert len(done.token) >= 43, "256 bits"


def test_many_sessions_of_many_people_stay_apart(hall: Entrance) -> None:
    people = [hall.staff(number, app=True) for number in range(1, 4)]
    tokens = {person.number: person.signs_in().token for person in people}

    found = {number: hall.look(token) for number, token in tokens.items()}

    assert {number: each.entrant.staff_number for number, each in found.items() if isinstance(each, Present)} == {
        person.number: person.number for person in people
    }
