"""A notice stays until its own owner has seen it."""

from datetime import timedelta

import pytest

from iam.outbox import Topic, notice, seen, unseen
from iam.outbox.notices import forget_seen
from iam.record.store import Store
from tests.functional.outbox.conftest import SATO, YAMADA, Clock


def topics(store: Store, person: int) -> list[Topic]:
    with store.read() as connection:
        return [each.topic for each in unseen(connection, person)]


def test_the_newest_comes_first_and_each_owner_has_their_own(store: Store) -> None:
    with store.act("door") as act:
        notice(act, YAMADA, Topic.PASSWORD_CHANGED, {"at": act.at})
        notice(act, YAMADA, Topic.RECOVERY_CODE_USED, {"at": act.at, "left": 3})
        notice(act, SATO, Topic.SIGNIN_UNLOCKED, {"at": act.at})
    assert topics(store, YAMADA) == [Topic.RECOVERY_CODE_USED, Topic.PASSWORD_CHANGED]
    assert topics(store, SATO) == [Topic.SIGNIN_UNLOCKED]


def test_a_notice_holds_its_values(store: Store) -> None:
    with store.act("door") as act:
        notice(act, YAMADA, Topic.RECOVERY_CODE_USED, {"at": act.at, "left": 3})
    with store.read() as connection:
        (found,) = unseen(connection, YAMADA)
    assert found.detail == {"at": "2027-04-01T00:00:00.000000Z", "left": 3}


def test_what_was_seen_is_gone_and_nobody_sees_anothers_away(store: Store) -> None:
    with store.act("door") as act:
        for person in (YAMADA, SATO):
            notice(act, person, Topic.PASSWORD_CHANGED, {"at": act.at})
    with store.read() as connection:
        ids = [each.id for person in (YAMADA, SATO) for each in unseen(connection, person)]
    with store.act("staff:100123") as act:
        seen(act, YAMADA, ids)
    assert topics(store, YAMADA) == []
    assert topics(store, SATO) == [Topic.PASSWORD_CHANGED]


def test_a_secret_is_refused_and_undoes_the_deed(store: Store) -> None:
    with pytest.raises(ValueError, match="fields"), store.act("door") as act:
        notice(act, YAMADA, Topic.PASSWORD_CHANGED, {"at": act.at, "password": "canary"})
    assert topics(store, YAMADA) == []


def test_only_what_was_seen_is_forgotten(store: Store, clock: Clock) -> None:
    with store.act("door") as act:
        notice(act, YAMADA, Topic.PASSWORD_CHANGED, {"at": act.at})
        notice(act, SATO, Topic.PASSWORD_CHANGED, {"at": act.at})
    with store.read() as connection:
        ids = [each.id for each in unseen(connection, YAMADA)]
    with store.act("staff:100123") as act:
        seen(act, YAMADA, ids)
    clock.on(timedelta(days=1))
    with store.act("worker") as act:
        assert forget_seen(act, act.at) == 1
    assert topics(store, SATO) == [Topic.PASSWORD_CHANGED]
