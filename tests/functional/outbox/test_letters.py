"""A letter stands or falls with its deed, and is anybody's only once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from iam.errors import Conflict
from iam.outbox import Outcome, Topic, claim, postpone, settle, tell, undelivered, unseen
from iam.outbox.letters import LETTERS, Claimed
from iam.record.store import Store
from tests.functional.outbox.conftest import ADDRESS, YAMADA, Clock, deeds, outcomes, told


def claimed(store: Store) -> Claimed:
    with store.act("worker") as act:
        found = claim(act)
    assert found is not None
    return found


def nothing_due(store: Store) -> bool:
    with store.read() as connection:
        looked = not LETTERS.waiting(connection, store.clock())
    with store.act("worker") as act:
        return looked and claim(act) is None


def test_a_deed_that_is_undone_leaves_neither_letter_nor_notice(store: Store) -> None:
    def deed() -> None:
        with store.act("staff:100123") as act:
            tell(act, YAMADA, ADDRESS, Topic.PASSWORD_CHANGED, {"at": act.at})
            raise Conflict("undone")

    with pytest.raises(Conflict):
        deed()
    assert outcomes(store) == []
    with store.read() as connection:
        assert unseen(connection, YAMADA) == []


def test_a_claimed_letter_is_nobody_elses_until_the_claim_lapses(store: Store, clock: Clock) -> None:
    told(store)
    first = claimed(store)
    assert first.letter.address == ADDRESS
    assert nothing_due(store)
    clock.on(LETTERS.hold - timedelta(seconds=1))
    assert nothing_due(store)
    clock.on(timedelta(seconds=1))
    again = claimed(store)
    assert (again.letter.number, again.tries) == (first.letter.number, 2)


def test_two_workers_never_claim_the_same_letter(store: Store) -> None:
    told(store, times=24)

    def work(_: int) -> list[int]:
        mine = []
        for _ in range(24):
            with store.act("worker") as act:
                found = claim(act)
            if found:
                mine.append(found.letter.number)
        return mine

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(number for mine in pool.map(work, range(4)) for number in mine)
    assert len(numbers) == len(set(numbers)) == 24


def test_the_letter_that_waits_longest_goes_first(store: Store, clock: Clock) -> None:
    told(store, "first@sakura.test")
    clock.on(timedelta(seconds=1))
    told(store, "second@sakura.test")
    assert [claimed(store).letter.address for _ in range(2)] == ["first@sakura.test", "second@sakura.test"]


def test_a_sent_letter_is_never_due_again(store: Store, clock: Clock) -> None:
    told(store)
    with store.act("worker") as act:
        found = claim(act)
        assert found is not None
        settle(act, found, Outcome.SENT)
    clock.on(timedelta(days=9))
    assert nothing_due(store)
    assert outcomes(store) == ["sent"]
    assert deeds(store) == ["letter.sent"]


def test_a_postponed_letter_waits_longer_each_time_and_is_given_up_in_the_end(store: Store, clock: Clock) -> None:
    told(store)
    for tries in range(1, LETTERS.most_tries):
        mine = claimed(store)
        with store.act("worker") as act:
            assert postpone(act, mine, "451 後で")
        clock.on(LETTERS.delay_after(tries) - timedelta(seconds=1))
        assert nothing_due(store)
        clock.on(timedelta(seconds=1))
    mine = claimed(store)
    with store.act("worker") as act:
        assert not postpone(act, mine, "451 後で")
    assert outcomes(store) == ["failed"]
    with store.read() as connection:
        (shown,) = undelivered(connection)
    assert (shown.outcome, shown.tries, shown.reason) == (Outcome.FAILED, LETTERS.most_tries, "451 後で")


def test_what_has_been_tried_in_vain_is_shown_while_it_is_still_tried(store: Store) -> None:
    told(store)
    mine = claimed(store)
    with store.act("worker") as act:
        postpone(act, mine, "サーバーが応じません。")
    with store.read() as connection:
        (shown,) = undelivered(connection)
    assert (shown.outcome, shown.address, shown.reason) == (None, ADDRESS, "サーバーが応じません。")


def test_a_worker_that_lost_its_claim_does_not_put_off_anothers(store: Store, clock: Clock) -> None:
    told(store)
    slow = claimed(store)
    clock.on(LETTERS.hold)
    quick = claimed(store)
    with store.act("worker") as act:
        settle(act, quick, Outcome.SENT)
    with store.act("worker") as act:
        postpone(act, slow, "遅れました。")
        settle(act, slow, Outcome.FAILED, "遅れました。")
    assert outcomes(store) == ["sent"]


def test_a_letter_that_kills_its_workers_is_given_up(store: Store, clock: Clock) -> None:
    told(store)
    for _ in range(LETTERS.most_tries):
        claimed(store)
        clock.on(LETTERS.hold)
    assert nothing_due(store)
    with store.act("worker") as act:
        assert LETTERS.give_up(act) == 1
    with store.act("worker") as act:
        assert LETTERS.give_up(act) == 0
    assert outcomes(store) == ["failed"]


@pytest.mark.parametrize(
    ("address", "outcome"),
    [("", "no_address"), ("  ", "no_address"), ("yamada", "bad_address"), ("a@b.test\r\nBcc: c@d.test", "bad_address")],
)
def test_without_a_usable_address_the_deed_stands_and_the_notice_remains(
    store: Store, address: str, outcome: str
) -> None:
    told(store, address)
    assert outcomes(store) == [outcome]
    assert nothing_due(store)
    assert deeds(store) == ["letter.undeliverable"]
    with store.read() as connection:
        assert [each.topic for each in unseen(connection, YAMADA)] == [Topic.PASSWORD_CHANGED]
        (shown,) = undelivered(connection)
    assert "\r" not in shown.address
