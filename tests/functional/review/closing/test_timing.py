"""Reminders on working days, once each; escalation, silence, the call to sign; the alarm of a year without a review."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from iam.outbox.letters import letter_table
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.review.books import campaign_table
from iam.review.campaigns import campaigns
from iam.review.timing.reminding import remind_now, would_remind
from iam.review.words import CampaignKind, CampaignState
from tests.bodies import leaver, row
from tests.functional.review.closing.given import End, an_end
from tests.functional.review.deciding.given import (
    GENERAL,
    GENERAL_TOO,
    GW,
    GW_TOO,
    GW_UNIT,
    HR,
    HR_TOO,
    ZEI,
    Council,
    a_copy,
)
from tests.offices import POSTS


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    found = a_copy(tmp_path)
    yield found
    found.store.dispose()
    found.body.store.dispose()


def letters(council: Council) -> dict[date, Counter[str]]:
    """Day -> topic -> how many."""
    found: dict[date, Counter[str]] = defaultdict(Counter)
    with council.store.read() as connection:
        for each in connection.execute(select(letter_table)):
            if each.kind.startswith("review_"):
                found[jst_day(each.written_at)][each.kind.removeprefix("review_")] += 1
    return found


def test_each_is_reminded_on_working_days_then_officers_then_silence_speaks(council: Council) -> None:
    end = End(council)
    for _ in range(2 * 24):
        end.tends()
        council.clock.on(hours=12)

    reviewers, general = len({GENERAL, GENERAL_TOO, HR, HR_TOO, GW, GW_TOO, ZEI}), 2
    found = letters(council)
    weeks = found.pop(date(2026, 4, 27))
    assert found == {
        date(2026, 4, 6): Counter(asked=reviewers),
        date(2026, 4, 13): Counter(reminder=reviewers),
        date(2026, 4, 17): Counter(reminder=reviewers),
        **{date(2026, 4, day): Counter(overdue=general) for day in (21, 22, 23)},
        # Silence spoke; what it left to the general officers is asked for once a week.
        date(2026, 4, 24): Counter(reminder=general),
    }
    assert weeks == Counter(reminder=general)
    with council.store.read() as connection:
        (found_,) = campaigns(connection)
    assert found_.silenced_at is not None
    assert jst_day(found_.silenced_at) == date(2026, 4, 24)


def test_whoever_has_left_is_not_written_to_and_their_successor_is(council: Council) -> None:
    body, clock = council.body, council.clock
    owner = row(GW_TOO, "0101", title_code=POSTS[Role.SYSTEM_OWNER], org_name=GW_UNIT)
    body.say(leaver(owner, "2026-04-10"))
    body.say(row(21, "0101", "2026-04-11", title_code=POSTS[Role.SYSTEM_OWNER], org_name=GW_UNIT))
    body.night("2026-04-11")
    clock.now = datetime(2026, 4, 13, 1, tzinfo=UTC)
    with council.store.act("test") as act:
        would = would_remind(act.connection, council.door, council.campaign, act.at)
        done = remind_now(act, council.door, council.campaign)
        again = remind_now(act, council.door, council.campaign)
    names = {id_ for id_, count in would.open.items() if count}
    assert council.numbers[GW_TOO] not in names
    assert len(names - set(council.numbers.values())) == 1, "the successor"
    assert (done.told, again.told) == (len(names), 0)
    clock.now = datetime(2026, 4, 18, 1, tzinfo=UTC)
    with council.store.act("test") as act:
        saturday = remind_now(act, council.door, council.campaign)
    assert (saturday.told, "閉庁日" in saturday.why_not) == (0, True)
    assert names == {id_ for id_, count in saturday.open.items() if count}, (
        "who has something left is said all the same"
    )


def test_when_all_is_answered_the_two_who_sign_are_told_once(council: Council) -> None:
    end = an_end(council)
    end.tends()
    end.tends()
    assert letters(council)[date(2026, 4, 6)] == Counter(to_sign=4)
    end.sign(HR)
    council.clock.on(days=7)
    end.tends()
    assert sum(found["to_sign"] for found in letters(council).values()) == 4


def test_what_the_schedule_asks_for_is_opened_once_by_however_many_workers(council: Council) -> None:
    council.clock.now = datetime(2026, 4, 15, 1, tzinfo=UTC)
    end = End(council)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(end.tends, opens=True) for _ in range(2)]:
            done.result()
    end.tends(opens=True)
    with council.store.read() as connection:
        found = [(each.kind, each.state) for each in campaigns(connection) if each.kind is not CampaignKind.EXTRA]
    assert sorted(found) == [(CampaignKind.APRIL, CampaignState.OPEN), (CampaignKind.QUARTERLY, CampaignState.OPEN)]


def test_a_year_without_a_finished_review_is_alarmed_once_a_week_until_one_is_closed(council: Council) -> None:
    end = End(council)
    council.clock.now = datetime(2027, 2, 26, 1, tzinfo=UTC)
    with council.store.act("test") as act:
        recent = jst_day(act.at) - timedelta(days=30)
        act.connection.execute(update(campaign_table).values(day=recent, silenced_at=act.at))
    told = []
    for _ in range(11):
        end.tends()
        told.append((jst_day(council.clock()), letters(council)[jst_day(council.clock())]["missed"]))
        council.clock.on(days=1)
    assert [day for day, count in told if count] == [date(2027, 3, 1), date(2027, 3, 8)]
