"""Who is reminded of a review, and when: reviewers with something open, then the general officers.

The one law: *once each, on working days, to whoever can still answer*: whoever has left is not written to, their
successor is; that somebody was written to is a row, and whoever writes it writes the letter.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from iam import outbox
from iam.outbox import Topic, Value
from iam.people.holidays import is_working_day, working_days_after
from iam.people.ledger import people
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.review.books import (
    campaign_answer_table,
    campaign_line_table,
    campaign_person_table,
    campaign_reminder_table,
)
from iam.review.campaigns import Campaign, systems_of
from iam.review.deciding.counting.progress import undecided
from iam.review.deciding.reviewers import Answerers, answerers
from iam.review.deciding.verdicts import without_verdict
from iam.review.words import CampaignState, How, Part, Verdict
from iam.signin.door import Door

ASKED: Final = "asked"
REMINDED: Final = "remind"
BY_HAND: Final = "by_hand"
ESCALATED: Final = "escalate"
TO_SIGN: Final = "to_sign"
_DAY: Final = timedelta(days=1)
_CLOSED_TODAY: Final = "今日は閉庁日のため、送りません。次の開庁日に送ってください。"
_NOT_OPEN: Final = "回答を受け付けている棚卸ではないため、送りません。"


@dataclass(frozen=True, slots=True)
class Reminded:
    """Who was (or would be) written to.  `open`: person -> items without an answer.  `why_not`: why nobody is.

    `told`: how many letters were written; whoever was written to already today is in `open` and not counted.
    """

    kind: str
    open: Mapping[int, int]
    told: int = 0
    why_not: str = ""


def open_items(connection: Connection, door: Door, campaign: Campaign, at: datetime) -> dict[int, int]:
    """Person -> how many lines and persons wait for an answer that they may give at `at`.

    A line whose owner cannot answer any more waits for the general officers.
    """
    asked = answerers(connection, door, [each.system for each in systems_of(connection, campaign.id)], at)
    found: Counter[int] = Counter()
    for ids, count in (*_open_lines(connection, campaign, asked), *_open_persons(connection, campaign, asked)):
        found.update(dict.fromkeys(ids, count))
    return dict(found)


def _open_lines(connection: Connection, campaign: Campaign, asked: Answerers) -> Iterator[tuple[frozenset[int], int]]:
    """Who may answer, and how many lines without a verdict they have in common."""
    line = campaign_line_table.c
    keys = line.system, line.asked, line.person_id, line.keeper_id
    # Lines of reviewers themselves are counted one by one, those of everybody else together.
    mine = {*asked.hr, *asked.general, *(each for ids in asked.owners.values() for each in ids)}
    query = select(*keys, func.count()).where(line.campaign_id == campaign.id, without_verdict()).group_by(*keys)
    counts: Counter[tuple[str, str, int | None, int | None]] = Counter()
    for system, part, person_id, keeper_id, count in connection.execute(query):
        concerned = (each if each in mine else None for each in (person_id, keeper_id))
        counts[system, part, *concerned] += count
    for (system, part, person_id, keeper_id), count in counts.items():
        ids = asked.owners.get(system, frozenset()) if part == Part.OWNER else asked.general
        yield (ids - {person_id, keeper_id}) or (asked.general - {person_id, keeper_id}), count


def _open_persons(connection: Connection, campaign: Campaign, asked: Answerers) -> Iterator[tuple[frozenset[int], int]]:
    """The same of the persons of whom 人事 has said nothing, or that it does not know yet."""
    person, answer = campaign_person_table.c, campaign_answer_table.c
    known = answer.campaign_id == person.campaign_id, answer.person_id == person.person_id
    said = exists().where(*known, (answer.verdict != Verdict.UNKNOWN) | (answer.how == How.SILENCE))
    waits = person.campaign_id == campaign.id, person.accounts > 0, ~said
    count = connection.execute(select(func.count()).select_from(campaign_person_table).where(*waits)).scalar_one()
    own = select(person.person_id).where(*waits, person.person_id.in_(asked.hr))
    theirs = set(connection.execute(own).scalars())
    for id_ in asked.hr:
        yield frozenset({id_}), count - (id_ in theirs)


def would_remind(connection: Connection, door: Door, campaign: Campaign, at: datetime) -> Reminded:
    """To whom `remind_now` would write at `at`; who has how much left is said on any day."""
    if campaign.state is not CampaignState.OPEN:
        return Reminded(BY_HAND, {}, why_not=_NOT_OPEN)
    why_not = "" if is_working_day(jst_day(at)) else _CLOSED_TODAY
    return Reminded(BY_HAND, open_items(connection, door, campaign, at), why_not=why_not)


def remind_now(act: Act, door: Door, campaign: Campaign) -> Reminded:
    """Write to every reviewer with something open, at most once a day, never on a day on which offices are closed."""
    found = would_remind(act.connection, door, campaign, act.at)
    return found if found.why_not else _told(act, campaign, found, jst_day(act.at))


def remind_due(act: Act, door: Door, campaign: Campaign) -> Reminded | None:
    """The letter that is due today about an open review, once to each; None when none is."""
    today = jst_day(act.at)
    if campaign.state is not CampaignState.OPEN or not is_working_day(today):
        return None
    kind, day = due_kind(campaign, today)
    found = Reminded(kind, open_items(act.connection, door, campaign, act.at))
    if kind == ESCALATED and any(found.open.values()):
        return _escalated(act, door, campaign, found, day)
    return _told(act, campaign, found, day)


def due_kind(campaign: Campaign, today: date) -> tuple[str, date]:
    """Which letter a working day asks for, and the day for which it counts.

    One whose day a dead worker let pass goes on the next working day, unless the one after it is due by then.
    """
    if today > campaign.due_on:
        # Once silence has spoken, what it left open is asked for once a week.
        monday = today - today.weekday() * _DAY
        return (ESCALATED, today) if campaign.silenced_at is None else (REMINDED, monday)
    days = [(working_days_before(campaign.due_on, count), REMINDED) for count in campaign.terms.remind]
    return max(((kind, day) for day, kind in days if day <= today), key=lambda each: each[1],
               default=(ASKED, campaign.day))  # fmt: skip


def working_days_before(day: date, count: int) -> date:
    """The day that lies `count` working days before `day`."""
    found = day
    for _ in range(count):
        found -= _DAY
        while not is_working_day(found):
            found -= _DAY
    return found


def silence_on(campaign: Campaign) -> date:
    """The day from which silence has its effect: so many working days after the last day for answers are over."""
    return working_days_after(campaign.due_on, campaign.terms.escalate) + _DAY


def tell_signers(act: Act, door: Door, campaign: Campaign) -> int:
    """Everything is answered: whoever may sign is told, once; how many."""
    asked = answerers(act.connection, door, (), act.at)
    missing = {
        *(asked.general if campaign.general_by is None else ()), *(asked.hr if campaign.hr_by is None else ()),
    }  # fmt: skip
    fresh = _noted(act, campaign, missing, campaign.day, TO_SIGN)
    _write(act, fresh, Topic.REVIEW_TO_SIGN, {"title": campaign.title})
    return len(fresh)


def _told(act: Act, campaign: Campaign, found: Reminded, day: date) -> Reminded:
    fresh = _noted(act, campaign, [id_ for id_, count in found.open.items() if count], day, found.kind)
    topic = Topic.REVIEW_ASKED if found.kind == ASKED else Topic.REVIEW_REMINDER
    for id_ in fresh:
        values: dict[str, Value] = {"title": campaign.title, "open": found.open[id_], "until": campaign.due_on}
        _write(act, [id_], topic, values)
    if fresh:
        detail = {"kind": found.kind, "day": day, "told": fresh}
        act.record("review.reminded", campaign.subject, detail)
    return Reminded(found.kind, found.open, len(fresh))


def _escalated(act: Act, door: Door, campaign: Campaign, found: Reminded, day: date) -> Reminded:
    """The general officers learn of what is late, each working day until silence has its effect."""
    fresh = _noted(act, campaign, answerers(act.connection, door, (), act.at).general, day, ESCALATED)
    late = sorted(id_ for id_, count in found.open.items() if count)
    values: dict[str, Value] = {
        "title": campaign.title, "open": undecided(act.connection, campaign.id).total, "people": len(late),
        "until": campaign.due_on, "silence": silence_on(campaign),
    }  # fmt: skip
    _write(act, fresh, Topic.REVIEW_OVERDUE, values)
    if fresh:
        act.record("review.escalated", campaign.subject, {"day": day, "told": fresh, "reviewers": late})
    return Reminded(ESCALATED, found.open, len(fresh))


def _noted(act: Act, campaign: Campaign, person_ids: Iterable[int], day: date, kind: str) -> list[int]:
    """Those of the persons who had no such letter yet: of two workers at once each writes its own share."""
    table = campaign_reminder_table
    into = postgresql.insert if act.connection.dialect.name == "postgresql" else sqlite.insert
    fresh: list[int] = []
    for id_ in sorted(set(person_ids)):
        values = {"campaign_id": campaign.id, "person_id": id_, "day": day, "kind": kind, "sent_at": act.at}
        query = into(table).values(**values).on_conflict_do_nothing().returning(table.c.person_id)
        fresh += act.connection.execute(query).scalars()
    return fresh


def _write(act: Act, person_ids: Iterable[int], topic: Topic, values: Mapping[str, Value]) -> None:
    for each in people(act.connection, sorted(person_ids)):
        outbox.tell(act, each.id, each.email, topic, values)
