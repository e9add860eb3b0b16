"""Codes that are used up, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from iam.errors import NotFound
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors import codes
from iam.signin.factors.authenticators import Form, State, code_table, end
from iam.signin.factors.codes import RECOVERY_CODES, Issued, Used
from tests.functional.signin.factors.conftest import SATO, YAMADA, Clock, seen


def recovery(store: Store) -> Issued:
    with store.act("test") as act:
        return codes.issue_recovery(act, store.keys, YAMADA)


def temporary(store: Store, life: timedelta = timedelta(hours=1)) -> Issued:
    with store.act("test") as act:
        return codes.issue_temporary(act, store.keys, YAMADA, life)


def used(store: Store, text: str, person_id: int = YAMADA, keys: KeyRing | None = None) -> Used | None:
    with store.act("door") as act:
        return codes.use(act, keys or store.keys, person_id, text)


def left(store: Store) -> dict[Form, int]:
    with store.read() as connection:
        return codes.left(connection, YAMADA, store.clock())


def test_each_recovery_code_is_good_once(store: Store) -> None:
    issued = recovery(store)
    assert len(set(issued.codes)) == RECOVERY_CODES
    for number, code in enumerate(issued.codes, 1):
        assert used(store, code) == Used(issued.authenticator_id, Form.RECOVERY, RECOVERY_CODES - number)
        assert used(store, code) is None
    assert left(store) == {}
    assert seen(store, issued.authenticator_id).end_reason == "used up"


def test_a_code_may_be_typed_without_care_for_case_width_and_hyphens(store: Store) -> None:
    first, second, third, *_ = recovery(store).codes
    assert used(store, first.lower().replace("-", ""))
    assert used(store, "".join(chr(ord(each) + 0xFEE0) for each in second))
    assert used(store, f" {third.replace('-', ' ー ')}\n")


def test_new_recovery_codes_make_the_old_ones_void(store: Store) -> None:
    old, new = recovery(store), recovery(store)
    assert used(store, old.codes[0]) is None
    assert used(store, new.codes[0])
    assert left(store) == {Form.RECOVERY: RECOVERY_CODES - 1}


def test_a_code_is_its_owners_alone(store: Store) -> None:
    issued = recovery(store)
    assert used(store, issued.codes[0], SATO) is None
    assert used(store, issued.codes[0])


def test_a_temporary_code_is_good_once_and_until_it_lapses(store: Store, clock: Clock) -> None:
    issued = temporary(store)
    clock.on(minutes=59)
    assert left(store) == {Form.TEMPORARY: 1}
    assert used(store, issued.codes[0]) == Used(issued.authenticator_id, Form.TEMPORARY, 0)
    assert used(store, issued.codes[0]) is None

    late = temporary(store)
    clock.on(hours=1)
    assert left(store) == {}
    assert used(store, late.codes[0]) is None


def test_a_second_temporary_code_makes_the_first_void(store: Store) -> None:
    first, second = temporary(store), temporary(store)
    assert used(store, first.codes[0]) is None
    assert used(store, second.codes[0])


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-1), timedelta(hours=24, seconds=1)])
def test_a_temporary_code_cannot_live_for_longer_than_a_day(store: Store, life: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot live"):
        temporary(store, life)


def test_codes_of_a_set_that_ended_are_void(store: Store) -> None:
    issued = recovery(store)
    with store.act("test") as act:
        end(act, issued.authenticator_id, State.LOST, "盗まれた")
    assert used(store, issued.codes[0]) is None


def test_codes_outlive_a_rotation_of_the_key_ring(store: Store, key_file: Path) -> None:
    issued = recovery(store)
    assert used(store, issued.codes[0], keys=KeyRing.read(key_file).rotate(key_file))


def test_no_code_can_be_read_back(store: Store) -> None:
    issued = recovery(store)
    with store.read() as connection:
        rows = repr(connection.execute(select(code_table)).all())
    assert all(code not in rows and codes.normalised(code) not in rows for code in issued.codes)
    assert all(code not in repr(issued) for code in issued.codes)


def test_codes_are_for_people_whom_the_ledger_knows(store: Store) -> None:
    with pytest.raises(NotFound), store.act("test") as act:
        codes.issue_recovery(act, store.keys, 99)


@pytest.mark.parametrize("text", ["", "123456", "パスワード", "ACDEFG-HJKMNP-QRTVWX", "ACDEF-34679-QRTVW", "\0" * 18])
def test_what_is_none_of_the_codes_is_refused(store: Store, text: str) -> None:
    recovery(store)
    assert used(store, text) is None
