"""The life of an authenticator: enrolled, confirmed, used, removed, lost; and what stays for ever."""

import base64
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from iam.errors import ConfigurationError, Conflict, IntegrityError, NotFound
from iam.ports import Otp, TokenSeed
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors import removal, totp, webauthn
from iam.signin.factors.authenticators import (
    LONGEST_NAME,
    MOST_ACTIVE,
    Form,
    State,
    authenticator,
    authenticator_table,
    by_handle,
    end,
    enrol,
    note_used,
    of_people,
    of_person,
    rename,
)
from iam.signin.factors.totp import Accepted, Drifted, Replayed, Wrong
from tests.functional.signin.factors.conftest import SATO, YAMADA, Clock, seen
from tests.functional.signin.factors.phone import Phone
from tests.softkey import SoftKey

ORIGIN = "https://id.example.lg.jp"
SITE = webauthn.Site.at(ORIGIN, "さくら市")
SEED = TokenSeed("0001", b"12345678901234567890", Otp.HOTP, period=0)


def with_key(store: Store, key: SoftKey, person_id: int = YAMADA) -> int:
    ceremony = webauthn.registration_options(
        SITE, webauthn.KeyRules(), user="dXNlcg", account="100123", name="山田 太郎", existing=[]
    )
    made = webauthn.verify_registration(
        SITE, webauthn.KeyRules(), key.create(ceremony.options, ORIGIN), ceremony.challenge
    )
    assert isinstance(made, webauthn.NewKey)
    with store.act("test") as act:
        return webauthn.keep(act, person_id, "机の鍵", made, user="dXNlcg")


def lent(store: Store, seed: TokenSeed = SEED) -> int:
    with store.act("test") as act:
        return totp.bind_token(act, store.keys, YAMADA, "貸出機器", seed, handle=f"{seed.serial} 1")


def given(store: Store, id_: int, code: str) -> totp.Judged:
    with store.act("door") as act:
        return totp.give(act, store.keys, id_, code, previous_step=False)


def test_an_app_proves_nothing_until_its_first_code_was_right(store: Store, clock: Clock) -> None:
    phone = Phone.scanned(store, YAMADA)
    assert phone.give(store, phone.code(clock.now)) == Wrong()
    assert phone.confirm(store, YAMADA, "000000") == Wrong()
    assert seen(store, phone.id).state is State.PENDING
    assert isinstance(phone.confirm(store, YAMADA, phone.code(clock.now)), Accepted)
    kept = seen(store, phone.id)
    assert (kept.state, kept.confirmed_at, kept.used_at) == (State.ACTIVE, clock.now, clock.now)


def test_the_code_that_enrolled_an_app_does_not_sign_in(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    assert phone.give(store, phone.code(clock.now)) == Replayed()
    clock.on(seconds=30)
    assert isinstance(phone.give(store, phone.code(clock.now)), Accepted)
    assert phone.give(store, phone.code(clock.now)) == Replayed()


def test_an_older_code_does_not_sign_in_after_a_newer_one(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    clock.on(seconds=60)
    older = phone.code(clock.now)
    clock.on(seconds=30)
    assert isinstance(phone.give(store, phone.code(clock.now), previous_step=True), Accepted)
    assert phone.give(store, older, previous_step=True) == Replayed()


def test_a_phone_with_a_wrong_clock_is_told_so_at_enrolment(store: Store, clock: Clock) -> None:
    phone = Phone.scanned(store, YAMADA)
    phone.ahead = timedelta(minutes=-4)
    judged = phone.confirm(store, YAMADA, phone.code(clock.now))
    assert isinstance(judged, Drifted)
    assert judged.seconds == -240
    assert seen(store, phone.id).state is State.PENDING


def test_a_code_shown_too_early_is_not_good_when_its_time_comes(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    clock.on(minutes=10)
    coming = phone.code(clock.now + timedelta(minutes=5))
    assert phone.give(store, coming) == Drifted(300, phone.step(clock.now) + 10)
    clock.on(minutes=5)
    assert phone.give(store, coming) == Replayed()
    clock.on(seconds=30)
    assert isinstance(phone.give(store, phone.code(clock.now)), Accepted)


def test_a_new_enrolment_drops_the_one_that_was_never_confirmed(store: Store, clock: Clock) -> None:
    first, second = Phone.scanned(store, YAMADA), Phone.scanned(store, YAMADA)
    assert first.confirm(store, YAMADA, first.code(clock.now)) == Wrong()
    assert seen(store, first.id).state is State.REMOVED
    assert isinstance(second.confirm(store, YAMADA, second.code(clock.now)), Accepted)


def test_nobody_touches_anothers_authenticator(store: Store, clock: Clock) -> None:
    phone = Phone.scanned(store, YAMADA)
    with pytest.raises(NotFound):
        phone.confirm(store, SATO, phone.code(clock.now))
    with pytest.raises(NotFound), store.act("test") as act:
        rename(act, phone.id, SATO, "わたしの")
    with pytest.raises(NotFound), store.act("test") as act:
        removal.remove(act, SATO, phone.id, second_factor=False, phishing_resistant=False)
    with pytest.raises(NotFound), store.act("test") as act:
        removal.report_lost(act, SATO, phone.id, "owner")


def test_a_name_is_cleaned_and_kept(store: Store) -> None:
    phone = Phone.enrolled(store, YAMADA)
    with store.act("test") as act:
        rename(act, phone.id, YAMADA, "  新しい\n電話 " + "あ" * 60)
    assert seen(store, phone.id).name == ("新しい 電話 " + "あ" * 60)[:LONGEST_NAME]


def test_a_lost_one_proves_nothing_and_its_secret_is_forgotten(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    clock.on(minutes=1)
    with store.act("test") as act:
        gone = removal.report_lost(act, YAMADA, phone.id, "電車で失くした")
        assert gone is not None
        assert gone.name == "私の電話"
        assert removal.report_lost(act, YAMADA, phone.id, "もう一度") is None
    kept = seen(store, phone.id)
    assert (kept.state, kept.ended_at, kept.end_reason, kept.sealed) == (State.LOST, clock.now, "電車で失くした", None)
    assert phone.give(store, phone.code(clock.now)) == Wrong()
    with store.act("test") as act:
        assert note_used(act, phone.id) is False
        assert end(act, phone.id, State.REMOVED, "owner") is False


def test_the_last_factor_is_not_removed_while_one_is_asked_for(store: Store) -> None:
    phone, key = Phone.enrolled(store, YAMADA), with_key(store, SoftKey())
    with store.act("test") as act:
        gone = removal.remove(act, YAMADA, phone.id, second_factor=True, phishing_resistant=False)
        assert isinstance(gone, type(seen(store, key)))
        kept = removal.remove(act, YAMADA, key, second_factor=True, phishing_resistant=False)
        assert kept == removal.Refusal("last")


def test_a_handle_is_never_bound_again_whatever_became_of_it(store: Store) -> None:
    key = SoftKey()
    first = with_key(store, key)
    with store.act("test") as act:
        end(act, first, State.REMOVED, "owner")
    with pytest.raises(Conflict, match="登録されたことがある"):
        with_key(store, key, SATO)
    with store.read() as connection:
        found = by_handle(connection, Form.WEBAUTHN, seen(store, first).handle or "")
    assert found == seen(store, first)


def test_a_key_signs_in_by_what_the_database_holds_of_it(store: Store) -> None:
    key = SoftKey()
    id_ = with_key(store, key)
    for count in (1, 2):
        ceremony = webauthn.authentication_options(SITE, webauthn.KeyRules(), [seen(store, id_)])
        answer = key.get(ceremony.options, ORIGIN)
        with store.act("door") as act:
            found = by_handle(act.connection, Form.WEBAUTHN, webauthn.claimed_handle(answer))
            judged = webauthn.verify_authentication(SITE, webauthn.KeyRules(), found, answer, ceremony.challenge)
            assert judged == webauthn.Verified(id_, user_verified=True, counter=count)
            assert note_used(act, id_, judged.counter)
    assert seen(store, id_).counter == 2


def test_ten_are_enough(store: Store) -> None:
    for number in range(MOST_ACTIVE):
        with store.act("test") as act:
            enrol(act, YAMADA, Form.WEBAUTHN, "鍵", handle=str(number), state=State.ACTIVE)
    with pytest.raises(Conflict, match="10個まで"):
        Phone.scanned(store, YAMADA)
    with store.act("test") as act:
        end(act, of_person(act.connection, YAMADA)[0].id, State.REMOVED, "owner")
    assert seen(store, Phone.enrolled(store, YAMADA).id).active


def test_who_has_what_is_one_query(store: Store) -> None:
    phone, pending = Phone.enrolled(store, YAMADA), Phone.scanned(store, SATO)
    with store.read() as connection:
        assert {person: [each.id for each in held] for person, held in of_people(connection, [1, 2, 3]).items()} == {
            YAMADA: [phone.id]
        }
        assert [each.id for each in of_person(connection, SATO)] == [pending.id]


def test_an_unknown_person_and_an_unknown_authenticator_are_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        Phone.scanned(store, 99)
    with pytest.raises(NotFound):
        seen(store, 99)
    with pytest.raises(NotFound):
        given(store, 99, "123456")


def test_no_secret_is_in_the_database_or_the_record_in_clear(store: Store) -> None:
    phone = Phone.enrolled(store, YAMADA)
    secret = totp.Device.of(store.keys, seen(store, phone.id)).secret
    with store.read() as connection:
        row = connection.execute(select(authenticator_table).where(authenticator_table.c.id == phone.id)).one()
        assert secret not in row.sealed
        assert secret.hex() not in repr(row._asdict() | {"sealed": None})


def test_an_altered_secret_is_told_and_not_believed(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    with store.act("test") as act:
        forged = KeyRing.seal(store.keys, "another purpose", b"x" * 20)
        act.connection.execute(update(authenticator_table).values(sealed=forged))
    with pytest.raises(IntegrityError):
        phone.give(store, phone.code(clock.now))


def test_a_counting_device_signs_in_and_is_brought_into_step(store: Store) -> None:
    id_ = lent(store)
    codes = [f"{755224:06}", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert given(store, id_, codes[0]) == Accepted(1)
    assert given(store, id_, codes[0]) == Replayed()
    assert given(store, id_, codes[4]) == Accepted(5)
    assert given(store, id_, codes[2]) == Replayed()
    with store.act("desk") as act:
        assert not totp.resynchronise(act, store.keys, id_, codes[6], codes[8])
        assert totp.resynchronise(act, store.keys, id_, codes[7], codes[8])
        assert not totp.resynchronise(act, store.keys, id_, codes[7], codes[8])
    assert given(store, id_, codes[9]) == Accepted(10)


def test_a_device_whose_clock_went_astray_is_brought_into_step(store: Store, clock: Clock) -> None:
    id_ = lent(store, TokenSeed("0002", b"12345678901234567890"))
    device = totp.Device.of(store.keys, seen(store, id_))
    clock.on(minutes=60)

    def shows(later: int) -> str:
        """What the device shows, forty periods ahead of us."""
        return pyotp.HOTP(base64.b32encode(device.secret).decode()).at(device.step(clock.now) + 40 + later)

    assert given(store, id_, shows(0)) == Wrong()
    with store.act("desk") as act:
        assert totp.resynchronise(act, store.keys, id_, shows(-1), shows(0))
    assert given(store, id_, shows(0)) == Replayed()
    clock.on(seconds=30)
    assert isinstance(given(store, id_, shows(0)), Accepted)


def test_a_device_too_weak_is_not_lent(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="112ビット"):
        lent(store, TokenSeed("0003", b"short"))


def test_what_a_former_holder_saw_on_a_device_does_not_sign_in(store: Store, clock: Clock) -> None:
    id_ = lent(store, TokenSeed("0004", b"12345678901234567890"))
    with store.read() as connection:
        assert authenticator(connection, id_).counter == int(clock.now.timestamp()) // 30
