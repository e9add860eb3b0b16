"""Several processes at the same moment, on both databases: exactly one is first."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from iam.record.store import Store
from iam.signin.factors import codes, totp
from iam.signin.factors.authenticators import (
    MOST_ACTIVE,
    Form,
    State,
    authenticator_table,
    enrol,
    of_person,
)
from tests.functional.signin.factors.conftest import RACERS, YAMADA, Clock, Race, seen
from tests.functional.signin.factors.phone import Phone


def test_one_code_shown_to_several_processes_signs_in_once(store: Store, clock: Clock, race: Race) -> None:
    phone = Phone.enrolled(store, YAMADA)
    clock.on(seconds=60)
    assert Counter(race("code", phone.id, phone.code(clock.now))) == {"Accepted": 1, "Replayed": RACERS - 1}
    assert seen(store, phone.id).counter == phone.step(clock.now)


def test_of_several_who_judged_a_code_right_one_is_believed(store: Store, clock: Clock, race: Race) -> None:
    phone = Phone.enrolled(store, YAMADA)
    assert Counter(race("counter", phone.id, phone.step(clock.now) + 1)) == {"True": 1, "False": RACERS - 1}


@pytest.mark.parametrize("form", [Form.RECOVERY, Form.TEMPORARY])
def test_one_single_use_code_signs_in_once(store: Store, race: Race, form: Form) -> None:
    with store.act("test") as act:
        if form is Form.RECOVERY:
            issued = codes.issue_recovery(act, store.keys, YAMADA)
        else:
            issued = codes.issue_temporary(act, store.keys, YAMADA, codes.LONGEST_LIFE)
    assert Counter(race("single", YAMADA, issued.codes[0])) == {"True": 1, "False": RACERS - 1}


def test_one_device_is_bound_to_one_person(store: Store, race: Race) -> None:
    assert Counter(race("handle", "serial 0001")) == {"True": 1, "Conflict": RACERS - 1}
    with store.read() as connection:
        query = select(func.count()).where(authenticator_table.c.handle == "serial 0001")
        assert connection.execute(query).scalar_one() == 1


def test_nobody_gets_an_eleventh_authenticator(store: Store, race: Race) -> None:
    with store.act("test") as act:
        for number in range(MOST_ACTIVE - 1):
            enrol(act, YAMADA, Form.WEBAUTHN, "鍵", handle=f"{number}", state=State.ACTIVE)
    assert Counter(race("room", YAMADA)) == {"True": 1, "Conflict": RACERS - 1}


def test_two_last_factors_are_not_both_removed_at_once(store: Store, race: Race) -> None:
    with store.act("test") as act:
        ids = [enrol(act, YAMADA, Form.WEBAUTHN, "鍵", handle=name, state=State.ACTIVE) for name in "ab"]
    race("remove", YAMADA, *ids)
    with store.read() as connection:
        assert len(of_person(connection, YAMADA)) == 1


def test_recovery_codes_made_anew_by_several_leave_one_set(store: Store, race: Race) -> None:
    race("reissue", YAMADA)
    with store.read() as connection:
        assert codes.left(connection, YAMADA, store.clock()) == {Form.RECOVERY: codes.RECOVERY_CODES}


def test_a_code_that_one_node_believed_is_refused_by_another(store: Store, clock: Clock) -> None:
    phone = Phone.enrolled(store, YAMADA)
    clock.on(seconds=30)
    other = Store(store.url, store.keys, clock)
    code = phone.code(clock.now)
    assert isinstance(phone.give(store, code), totp.Accepted)
    assert isinstance(phone.give(other, code), totp.Replayed)
    other.dispose()
