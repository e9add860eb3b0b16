"""Signing in from the first step to the session, by every way there is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from iam.outbox import Topic, unseen
from iam.policy.profile import Role
from iam.signin import login
from iam.signin.factors.authenticators import Form, State, end
from iam.signin.history import last
from iam.signin.kinds import Method
from iam.signin.login import HalfDone, Refused, SignedIn
from iam.signin.sessions import Gone, Present
from tests.entrance import HERE, Entrance, Person
from tests.softkey import SoftKey


def topics(person: Person) -> list[Topic]:
    with person.hall.store.read() as connection:
        return [each.topic for each in unseen(connection, person.id)]


def present(hall: Entrance, done: object) -> Present:
    assert isinstance(done, SignedIn), done
    found = hall.look(done.token)
    assert isinstance(found, Present), found
    return found


def test_password_and_app_open_a_session(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)

    half = yamada.types_password()
    assert isinstance(half, HalfDone)
    assert half.offers == (Form.TOTP,)
    done = yamada.types_code(half)

    found = present(hall, done)
    assert found.entrant.staff_number == "0000001"
    assert found.session.proofs.methods == (Method.PASSWORD, Method.TOTP)
    assert found.session.duty == ""
    assert found.session.address == HERE.address


def test_a_number_is_understood_in_full_width_and_with_blanks(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)

    assert isinstance(replace(yamada, number=" ０００００01 ").types_password(), HalfDone)


def test_password_and_key_open_a_session(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)

    done = yamada.touches(yamada.types_password())

    assert present(hall, done).session.proofs.methods == (Method.PASSWORD, Method.VERIFIED_KEY)


def test_a_key_that_verified_its_user_opens_a_session_alone(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)

    assert present(hall, yamada.touches()).session.proofs.methods == (Method.VERIFIED_KEY,)


def test_a_key_that_was_only_touched_does_so_beside_the_password_alone(hall: Entrance) -> None:
    yamada = hall.staff(1).with_key(SoftKey(verifies=False))

    assert yamada.touches() == Refused("key", detail="verification")
    done = yamada.touches(yamada.types_password())
    assert present(hall, done).session.proofs.methods == (Method.PASSWORD, Method.KEY)


def test_a_recovery_code_serves_once_and_its_owner_is_told(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    paper = yamada.recovery_codes()

    done = yamada.types(yamada.types_password(), paper[0].lower())

    assert present(hall, done).session.proofs.methods == (Method.PASSWORD, Method.RECOVERY)
    assert topics(yamada) == [Topic.RECOVERY_CODE_USED]
    assert yamada.types(yamada.types_password(), paper[0]) == Refused("code")
    assert isinstance(yamada.types(yamada.types_password(), paper[1]), SignedIn)


def test_a_code_from_the_desk_serves_once_within_its_life(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    code = yamada.temporary_code()
    hall.clock.on(hours=8)
    assert yamada.types(yamada.types_password(), code) == Refused("code")

    code = yamada.temporary_code()
    done = yamada.types(yamada.types_password(), code)

    assert isinstance(done, SignedIn)
    assert topics(yamada) == [Topic.TEMPORARY_CODE_USED]
    assert isinstance(yamada.types(yamada.types_password(), code), Refused)


# --- lost factors and first enrolment


def test_a_newcomer_comes_in_to_enrol_and_for_nothing_else(hall: Entrance) -> None:
    newcomer = hall.staff(1)

    done = newcomer.types_password()

    assert isinstance(done, SignedIn)
    assert done.duty == "enrol"
    assert present(hall, done).session.duty == "enrol"


def test_a_stolen_password_enrols_nothing_after_the_factor_was_reported_lost(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    with hall.store.act("test") as act:
        end(act, yamada.apps[0], State.LOST, "owner")

    half = yamada.types_password()

    assert isinstance(half, HalfDone)
    assert half.offers == (Form.TEMPORARY,)
    assert isinstance(yamada.types(half, yamada.code()), Refused)
    done = yamada.types(yamada.types_password(), yamada.temporary_code())
    assert isinstance(done, SignedIn)
    assert done.duty == "enrol"


def test_enrolling_fulfils_the_duty_under_a_new_token(hall: Entrance) -> None:
    newcomer = hall.staff(1)
    done = newcomer.types_password()
    found = present(hall, done)
    newcomer.with_app()

    with hall.store.act("test") as act:
        moved = login.move_on(act, hall.door, found.session, found.entrant, proved=(Method.TOTP, newcomer.apps[0]))

    assert moved.duty == ""
    assert present(hall, moved).session.duty == ""
    assert isinstance(done, SignedIn)
    assert hall.look(done.token) == Gone("unknown")


# --- passwords that must be changed


def test_a_temporary_password_opens_one_session_in_which_it_must_be_changed(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()
    hall.clock.on(minutes=1)

    done = yamada.types_code(yamada.types_password(given))

    assert isinstance(done, SignedIn)
    assert done.duty == "password"
    hall.clock.on(minutes=1)
    assert yamada.types_password(given) == Refused("wrong")


def test_a_temporary_password_that_was_not_used_lapses(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()

    hall.clock.on(hours=24)

    assert yamada.types_password(given) == Refused("wrong")


def test_of_two_logins_begun_with_one_temporary_password_one_is_completed(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()
    first, second = yamada.types_password(given), yamada.types_password(given)

    assert isinstance(yamada.types_code(first), SignedIn)
    hall.clock.on(minutes=1)
    assert yamada.types_code(second) == Refused("lapsed")


def test_a_password_changed_in_the_middle_of_a_login_ends_it(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    half = yamada.types_password()
    hall.clock.on(minutes=1)
    hall.set_password(yamada, "まったく別の長いパスワードの文")

    assert yamada.types_code(half) == Refused("lapsed")


def test_a_password_that_today_would_be_refused_must_be_changed(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, password="みじかい言葉")

    done = yamada.types_code(yamada.types_password())

    assert isinstance(done, SignedIn)
    assert done.duty == "password"


def test_a_password_hashed_with_older_parameters_is_hashed_anew(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    stronger = replace(hall.door.hasher.parameters, time=2)
    hall.door.hasher.parameters = stronger

    assert isinstance(yamada.types_password(), HalfDone)

    assert hall.audited("password.rewrapped")
    assert isinstance(yamada.types_password(), HalfDone)
    assert len(hall.audited("password.rewrapped")) == 1


# --- officers


def test_an_officer_without_a_key_may_only_enrol_one(hall: Entrance) -> None:
    officer = hall.office(hall.staff(1, app=True), Role.APPROVER)

    done = officer.types_code(officer.types_password())

    assert isinstance(done, SignedIn)
    assert done.duty == "enrol"


def test_an_officer_with_a_key_is_asked_for_it_and_for_nothing_else(hall: Entrance) -> None:
    officer = hall.office(hall.staff(1, app=True, key=True), Role.OPERATOR)

    half = officer.types_password()

    assert isinstance(half, HalfDone)
    assert half.offers == (Form.WEBAUTHN,)
    assert officer.types_code(half) == Refused("not_asked")
    done = officer.touches(officer.types_password())
    assert isinstance(done, SignedIn)
    assert done.duty == ""


def test_an_officers_synced_key_is_refused_and_a_clerks_is_not(hall: Entrance) -> None:
    clerk = hall.staff(1).with_key(SoftKey(synced=True))
    assert isinstance(clerk.touches(), SignedIn)

    officer = hall.office(clerk, Role.APPROVER)
    hall.clock.on(minutes=1)

    assert officer.touches() == Refused("key", detail="synced")


# --- the order of steps, and tokens


def test_neither_token_does_for_the_other(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    half = yamada.types_password()
    assert isinstance(half, HalfDone)
    assert hall.look(half.token) == Gone("unknown")

    done = yamada.types_code(half)

    assert isinstance(done, SignedIn)
    assert done.token != half.token
    hall.clock.on(minutes=1)
    assert login.give_code(hall.store, hall.door, done.token, yamada.code(), HERE) == Refused("lapsed")


def test_a_code_without_a_password_is_nobodys(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)

    assert login.give_code(hall.store, hall.door, "forged", yamada.code(), HERE) == Refused("lapsed")


def test_a_half_done_login_is_completed_once(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    half = yamada.types_password()
    assert isinstance(yamada.types_code(half), SignedIn)
    hall.clock.on(minutes=1)

    assert yamada.types_code(half) == Refused("lapsed")


def test_a_half_done_login_lapses_after_ten_minutes(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    half, late = yamada.types_password(), yamada.types_password()

    hall.clock.on(minutes=9, seconds=59)
    assert isinstance(yamada.types_code(half), SignedIn)
    hall.clock.on(seconds=30)
    assert yamada.types_code(late) == Refused("lapsed")


def test_a_half_done_login_bears_five_wrong_answers(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    half = yamada.types_password()

    answers = [yamada.types(half, f"ABCD-EFGH-JKLM-NP{number}Q") for number in range(2, 7)]

    assert answers[:4] == [Refused("code")] * 4
    assert answers[4] == Refused("lapsed")
    assert isinstance(yamada.types_password(), HalfDone)


def test_a_code_of_one_step_is_believed_once(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    first, second = yamada.types_password(), yamada.types_password()

    assert isinstance(yamada.types_code(first), SignedIn)
    assert yamada.types_code(second) == Refused("replayed")


def test_a_wrong_clock_is_told_from_a_wrong_code(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    half = yamada.types_password()
    code = yamada.code()
    hall.clock.on(minutes=5)

    told = yamada.types(half, code)

    assert isinstance(told, Refused)
    assert (told.code, told.seconds) == ("drifted", -300)
    assert yamada.types(half, yamada.wrong_code()) == Refused("code")


# --- keys and what forged ones get


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"origin": "https://id.sakura.test.evil.test"}, "origin"),
        ({"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}, "challenge"),
        ({"site": "evil.test"}, "site"),
    ],
)
def test_a_key_answers_our_question_on_our_page_only(hall: Entrance, bent: dict[str, str], code: str) -> None:
    yamada = hall.staff(1, key=True)
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(asked, Refused)

    answer = yamada.keys[0].get(asked[1], **{"origin": hall.door.origin, **bent})

    assert login.give_key(hall.store, hall.door, asked[0], answer, HERE) == Refused("key", detail=code)


def test_an_answer_is_believed_once(hall: Entrance) -> None:
    yamada = hall.staff(1).with_key(SoftKey(counts=False))
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(asked, Refused)
    answer = yamada.keys[0].get(asked[1], hall.door.origin)
    assert isinstance(login.give_key(hall.store, hall.door, asked[0], answer, HERE), SignedIn)

    assert login.give_key(hall.store, hall.door, asked[0], answer, HERE) == Refused("lapsed")
    other = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(other, Refused)
    assert login.give_key(hall.store, hall.door, other[0], answer, HERE) == Refused("key", detail="challenge")


def test_a_wrong_answer_uses_the_challenge_up(hall: Entrance) -> None:
    yamada = hall.staff(1, key=True)
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(asked, Refused)
    assert isinstance(login.give_key(hall.store, hall.door, asked[0], "{}", HERE), Refused)

    answer = yamada.keys[0].get(asked[1], hall.door.origin)

    assert login.give_key(hall.store, hall.door, asked[0], answer, HERE) == Refused("key", detail="challenge")


def test_a_key_whose_count_goes_back_is_stopped_and_its_owner_told(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    assert isinstance(yamada.touches(), SignedIn)
    yamada.keys[0].count = 0

    assert yamada.touches() == Refused("key", detail="counter")

    assert topics(yamada) == [Topic.FACTOR_STOPPED]
    yamada.keys[0].count = 90
    assert yamada.touches() == Refused("key", detail="ended")


def test_anothers_key_does_not_complete_my_login(hall: Entrance) -> None:
    yamada, sato = hall.staff(1, key=True), hall.staff(2, key=True)
    half = yamada.types_password()

    assert sato.touches(half) == Refused("key", detail="unknown")


# --- what is remembered


def test_the_page_after_sign_in_knows_what_was_before(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    first = yamada.signs_in()
    before = hall.clock.now
    found = present(hall, first)
    login.sign_out(hall.store, found.session, found.entrant, HERE)
    hall.clock.on(hours=1)
    for _ in range(2):
        yamada.at("198.51.100.7").types_password("ちがうパスワードです")
    failed = hall.clock.now

    found = present(hall, yamada.signs_in())

    with hall.store.read() as connection:
        seen = last(connection, yamada.id, found.session.signed_in_at)
    assert seen.success is not None
    assert seen.failure is not None
    assert seen.signout is not None
    assert (seen.success.at, seen.failure.at, seen.signout.at) == (before, failed, before)
    assert seen.failure.address == "198.51.100.7"
    assert seen.failures_since == 2


def test_an_unusual_sign_in_is_told_to_its_owner(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    for _ in range(3):
        found = present(hall, yamada.signs_in())
        login.sign_out(hall.store, found.session, found.entrant, HERE)
    assert topics(yamada) == []

    yamada.at("198.51.100.7", "知らない端末").signs_in()

    assert topics(yamada) == [Topic.SIGNIN_UNUSUAL]
    assert '"unusual":["place"]' in hall.audited("signin.succeeded")[-1][2]


def test_a_second_place_at_the_same_time_is_told_without_a_letter(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    yamada.signs_in()
    yamada.at("198.51.100.7").signs_in()

    assert topics(yamada) == [Topic.SIGNIN_UNUSUAL]
    assert '"unusual":["parallel"]' in hall.audited("signin.succeeded")[-1][2]


def test_every_step_is_in_the_audit_under_who_was_known_by_then(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    yamada.types_code(yamada.types_password())

    begun, succeeded = hall.audited("signin.begun")[0], hall.audited("signin.succeeded")[0]

    assert begun[:2] == ("door", f"person {yamada.id}")
    assert succeeded[:2] == ("staff:0000001", f"person {yamada.id}")
    assert '"kinds":["knowledge","possession"],"methods":["password","totp"]' in succeeded[2]
    assert hall.body.audit_breaks() == ""


def test_nothing_that_was_typed_is_kept_in_the_clear(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    paper = yamada.recovery_codes()[0]
    half = yamada.types_password("打ちまちがえたパスワード")
    hall.clock.on(seconds=31)
    half = yamada.types_password()
    code = yamada.code()
    assert isinstance(yamada.types(half, code), SignedIn)
    yamada.types(yamada.types_password(), paper)
    replace(yamada, number="うっかりここに書いたパスワード").types_password()

    kept = str(hall.body.content()) + str(hall.audited("signin.refused")) + str(hall.audited("signin.succeeded"))

    for secret in (
        yamada.password,
        "打ちまちがえた",
        code,
        paper,
        paper.replace("-", ""),
        "うっかり",
        yamada.secrets[0],
    ):
        assert secret not in kept
    assert isinstance(half, HalfDone)
    assert half.token not in kept


def test_timing_out_while_the_second_factor_is_fetched_costs_nobody_a_temporary_password(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True)
    given = yamada.temporary_password()
    assert isinstance(yamada.types_password(given), HalfDone)
    hall.clock.now += timedelta(minutes=11)

    assert isinstance(yamada.types_code(yamada.types_password(given)), SignedIn)
