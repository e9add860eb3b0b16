"""Passwords as rows: set, used, issued, outlived."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from iam.errors import Conflict, NotFound
from iam.record.audit.chain import audit_record
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.passwords.blocklist import listed
from iam.signin.passwords.judging import judge
from iam.signin.passwords.kept import (
    Kept,
    Why,
    kept_of,
    note_used,
    past_password_table,
    random_temporary,
    require_change,
    rewrap,
    rotation_due,
    set_own,
    why_must_change,
)
from tests.cheap import cheap_hasher
from tests.functional.signin.passwords.conftest import SATO, START, YAMADA, Clock, Desk, rules


def uses(desk: Desk, kept: Kept) -> bool:
    with desk.store.act("door") as act:
        return note_used(act, kept)


def deeds(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(audit_record.c.action).order_by(audit_record.c.number)))


def test_a_password_is_kept_for_its_owner_alone(desk: Desk) -> None:
    desk.sets("雨の坂道を登る猫")
    assert desk.opens("雨の坂道を登る猫")
    assert not desk.opens("雨の坂道を登る犬")
    with desk.store.read() as connection:
        assert kept_of(connection, SATO) is None


def test_a_new_password_starts_anew(desk: Desk, clock: Clock) -> None:
    desk.sets("first")
    assert uses(desk, desk.kept())
    clock.on(days=1)
    desk.sets("second")
    kept = desk.kept()
    assert (kept.signins, kept.set_at, kept.must_change, kept.temporary) == (0, clock.now, Why.NOTHING, False)


def test_nobody_off_the_ledger_gets_a_password(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.of(99).sets("x")
    with pytest.raises(NotFound):
        desk.of(99).is_issued("x")


def test_as_many_old_passwords_as_the_profile_says_do_not_come_back(desk: Desk) -> None:
    for password in ("first", "second", "third", "fourth", "fifth"):
        desk.sets(password, history=3)
    assert [desk.had(each) for each in ("fifth", "fourth", "third", "second")] == [True] * 4
    assert not desk.had("first")


def test_only_what_is_compared_is_kept(desk: Desk) -> None:
    for number in range(9):
        desk.is_issued(f"temporary {number}")
        desk.sets(f"own {number}", history=3)
        desk.of(SATO).sets(f"hers {number}", history=2)
    with desk.store.read() as connection:
        rows = connection.execute(select(past_password_table)).all()
    kept = [(row.person_id, row.temporary) for row in rows]
    assert sorted(kept) == [(YAMADA, False)] * 3 + [(YAMADA, True)] * 3 + [(SATO, False)] * 2


def test_a_lowered_history_is_compared_at_once(desk: Desk) -> None:
    for password in ("first", "second", "third"):
        desk.sets(password, history=10)
    assert desk.had("first", history=10)
    assert not desk.had("first", history=1)
    assert desk.had("third", history=0)


def test_another_persons_password_may_be_the_same(desk: Desk) -> None:
    desk.sets("the same")
    assert not desk.of(SATO).had("the same")


def test_old_passwords_compare_in_normal_form(desk: Desk) -> None:
    desk.sets("が")
    assert desk.had("か\u3099")


def test_a_temporary_password_cannot_stay(desk: Desk) -> None:
    desk.sets("own before")
    desk.is_issued("temporary one")
    assert desk.had("temporary one")
    assert desk.had("own before")
    desk.sets("own after")
    assert desk.had("temporary one")


def test_a_temporary_password_must_be_changed_before_anything_else(desk: Desk, clock: Clock) -> None:
    desk.is_issued("temporary")
    assert why_must_change(desk.kept(), desk.rules, clock.now) is Why.TEMPORARY
    desk.sets("own")
    assert why_must_change(desk.kept(), desk.rules, clock.now) is Why.NOTHING


def test_a_temporary_password_is_taken_once(desk: Desk) -> None:
    desk.is_issued("temporary")
    kept = desk.kept()
    assert kept.usable(START)
    assert uses(desk, kept)
    assert not desk.kept().usable(START)
    assert not uses(desk, kept)


def test_a_temporary_password_dies_on_time(desk: Desk, clock: Clock) -> None:
    desk.is_issued("temporary", hours=72)
    kept = desk.kept()
    assert kept.usable(clock.on(hours=72) - timedelta(microseconds=1))
    assert not kept.usable(clock.now)
    assert not uses(desk, kept)


def test_a_newer_temporary_password_kills_the_one_before(desk: Desk) -> None:
    desk.is_issued("lost on the way")
    lost = desk.kept()
    desk.is_issued("handed over")
    assert not uses(desk, lost)
    assert uses(desk, desk.kept())


def test_a_sign_in_that_overlaps_a_change_is_refused(desk: Desk) -> None:
    desk.sets("first")
    read = desk.kept()
    desk.sets("second")
    assert not uses(desk, read)
    assert desk.kept().signins == 0


def test_of_two_changes_at_once_one_is_told_to_look_again(desk: Desk) -> None:
    desk.sets("first")
    read = desk.kept()
    desk.sets("second")
    with pytest.raises(Conflict, match="ほかの操作"), desk.store.act("staff:1") as act:
        set_own(act, YAMADA, desk.hasher.wrap(YAMADA, "third"), was=read, history=3)
    with pytest.raises(Conflict), desk.store.act("staff:1") as act:
        set_own(act, YAMADA, desk.hasher.wrap(YAMADA, "third"), was=None, history=3)
    assert desk.opens("second")


def test_a_change_that_overlaps_an_issued_password_is_refused(desk: Desk) -> None:
    desk.sets("first")
    read = desk.kept()
    desk.is_issued("temporary")
    with pytest.raises(Conflict), desk.store.act("staff:1") as act:
        set_own(act, YAMADA, desk.hasher.wrap(YAMADA, "second"), was=read, history=3)
    assert desk.opens("temporary")


def test_signing_in_wraps_anew_what_is_under_an_old_key(desk: Desk, key_file: Path) -> None:
    desk.sets("mine")
    kept, newer = desk.kept(), cheap_hasher(KeyRing.read(key_file).rotate(key_file))
    assert newer.outdated(YAMADA, kept.sealed)
    with desk.store.act("door") as act:
        assert note_used(act, kept)
        assert rewrap(act, kept, newer.wrap(YAMADA, "mine"))
    again = desk.kept()
    assert not newer.outdated(YAMADA, again.sealed)
    assert newer.verify(YAMADA, again.sealed, "mine")
    assert (again.set_at, again.signins) == (kept.set_at, 1)


def test_wrapping_anew_never_undoes_a_change(desk: Desk) -> None:
    desk.sets("first")
    read = desk.kept()
    desk.sets("second")
    with desk.store.act("door") as act:
        assert not rewrap(act, read, desk.hasher.wrap(YAMADA, "first"))
    assert desk.opens("second")


def test_without_rotation_a_password_lives_for_ever(desk: Desk, clock: Clock) -> None:
    desk.sets("mine")
    assert why_must_change(desk.kept(), rules(), clock.on(days=36_500)) is Why.NOTHING
    assert rotation_due(desk.kept(), rules()) is None


def test_rotation_by_days_asks_on_that_day_in_japan(desk: Desk, clock: Clock) -> None:
    desk.sets("mine")
    by_days = rules(rotation_days=90)
    midnight = clock.on(days=89, hours=15)
    assert rotation_due(desk.kept(), by_days) == date(2027, 6, 30)
    assert why_must_change(desk.kept(), by_days, midnight - timedelta(seconds=1)) is Why.NOTHING
    assert why_must_change(desk.kept(), by_days, midnight) is Why.ROTATION


def test_rotation_by_sign_ins_asks_at_the_one_after_the_last(desk: Desk) -> None:
    desk.sets("mine")
    by_count, asked = rules(rotation_signins=3), []
    for _ in range(4):
        kept = desk.kept()
        asked.append(why_must_change(kept, by_count, START))
        assert uses(desk, kept)
    assert asked == [Why.NOTHING, Why.NOTHING, Why.NOTHING, Why.ROTATION]


@pytest.mark.parametrize("why", [Why.POLICY, Why.LEAK])
def test_a_demanded_change_holds_until_it_is_made(desk: Desk, why: Why) -> None:
    desk.sets("mine")
    with desk.store.act("staff:9") as act:
        assert require_change(act, YAMADA, why)
        assert not require_change(act, YAMADA, why)
    assert why_must_change(desk.kept(), rules(), START) is why
    desk.sets("another")
    assert why_must_change(desk.kept(), rules(), START) is Why.NOTHING


def test_a_leak_outweighs_the_policy_and_both_a_temporary_password(desk: Desk) -> None:
    desk.sets("mine")
    desk.of(SATO).is_issued("temporary")
    with desk.store.act("staff:9") as act:
        assert require_change(act, YAMADA, Why.POLICY)
        assert require_change(act, YAMADA, Why.LEAK)
        assert not require_change(act, YAMADA, Why.POLICY)
        assert not require_change(act, SATO, Why.LEAK)
    assert desk.kept().must_change is Why.LEAK


def test_every_deed_leaves_its_record_and_a_mere_use_none(desk: Desk) -> None:
    desk.is_issued("temporary")
    uses(desk, desk.kept())
    desk.sets("own")
    uses(desk, desk.kept())
    with desk.store.act("door") as act:
        require_change(act, YAMADA, Why.LEAK)
        rewrap(act, desk.kept(), desk.hasher.wrap(YAMADA, "own"))
    assert deeds(desk.store) == [
        "password.issued",
        "password.temporary_used",
        "password.changed",
        "password.change_required",
        "password.rewrapped",
    ]


def test_of_processes_that_race_for_a_temporary_password_one_gets_in(desk: Desk, key_file: Path) -> None:
    desk.is_issued("temporary")
    url = desk.store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.functional.signin.passwords.racing", url, str(key_file), START.isoformat()]
    racers = [
        subprocess.Popen([*command, str(YAMADA)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
    assert sorted(said) == ["False", "False", "True"]
    assert desk.kept().signins == 1


@pytest.mark.parametrize("minimum", [0, 8, 15, 19, 20, 64, 127, 128])
def test_a_temporary_password_meets_every_policy(minimum: int) -> None:
    made = [random_temporary(minimum) for _ in range(200)]
    assert len(set(made)) == len(made)
    for each in made:
        assert judge(each, minimum=max(minimum, 15), words={}, listed=listed) == []
        assert set(each) <= set("cdfghjkmnprtvwxy3467-")
