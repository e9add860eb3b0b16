"""Pace: reviewers who answer more, and faster, than anybody can look.

The one law: *it is a signal, not a verdict*: the general officer sees it and asks; nothing is undone by it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from iam.people.ledger import person_table
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign
from iam.review.words import How, Verdict

BREAK: Final = timedelta(minutes=10)
"""What lies longer between two answers was not spent on looking."""


class Deed(NamedTuple):
    """What one reviewer answered in one act: how many, kept, kept with findings, in bulk, and by a sheet."""

    at: datetime
    number: int
    kept: int
    kept_found: int
    bulk: int
    sheet: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How one reviewer answered.  `seconds`: on each answer, None for a single act; `kept_found`: lines with findings
    that were kept; `words`: the reason that stands most often, `same`: how often.  `hasty`: too many too fast."""

    person_id: int
    name: str
    number: int
    kept: int
    kept_found: int
    bulk: int
    seconds: float | None
    words: str
    same: int
    hasty: bool


def paces(connection: Connection, campaign: Campaign) -> list[Pace]:
    """Everybody who answered lines, who answered most first; the numbers are those of `campaign.terms`."""
    words = _words(connection, campaign)
    found = [
        pace(id_, words[id_], deeds, many=campaign.terms.many, seconds=campaign.terms.pace)
        for id_, deeds in _deeds(connection, campaign).items()
    ]
    return sorted(found, key=lambda each: (-each.number, each.person_id))


def pace(person_id: int, said: tuple[str, str, int], deeds: Sequence[Deed], *, many: int, seconds: int) -> Pace:
    """How somebody answered whose deeds are these, in order of time; `said`: name, commonest reason, how often: pure.

    What came in by a sheet was looked at elsewhere, nobody knows how long: it makes nobody hasty.
    """
    here = [each for each in deeds if not each.sheet]
    number = sum(each.number for each in here)
    spent = sum((min(later.at - one.at, BREAK) for one, later in pairwise(here)), timedelta())
    each = spent.total_seconds() / number if len(here) > 1 else None
    total, kept, kept_found, bulk = (
        sum(column) for column in zip(*((d.number, d.kept, d.kept_found, d.bulk) for d in deeds), strict=True)
    )
    hasty = number >= many and (each is None or each < seconds)
    return Pace(person_id, said[0], total, kept, kept_found, bulk, each, said[1], said[2], hasty)


def _deeds(connection: Connection, campaign: Campaign) -> dict[int, list[Deed]]:
    answer, line = campaign_answer_table.c, campaign_line_table.c
    kept = answer.verdict == Verdict.KEEP
    counted = (kept, and_(kept, line.findings > 0), answer.how == How.BULK, answer.how == How.SHEET)
    query = (
        select(
            answer.answered_by, answer.answered_at, func.count(), *(func.sum(case((x, 1), else_=0)) for x in counted)
        )
        .join(campaign_line_table, line.id == answer.line_id)
        .where(answer.campaign_id == campaign.id, answer.answered_by.is_not(None))
        .group_by(answer.answered_by, answer.answered_at)
        .order_by(answer.answered_at)
    )
    found = defaultdict[int, list[Deed]](list)
    for by, *deed in connection.execute(query):
        found[by].append(Deed(*deed))
    return found


def _words(connection: Connection, campaign: Campaign) -> dict[int, tuple[str, str, int]]:
    """Name, the reason that each reviewer wrote most often, and how often."""
    answer, person = campaign_answer_table.c, person_table.c
    times = func.sum(case((answer.reason != "", 1), else_=0)).label("times")
    query = (
        select(answer.answered_by, person.name, answer.reason, times)
        .join(person_table, person.id == answer.answered_by)
        .where(answer.campaign_id == campaign.id, answer.line_id.is_not(None))
        .group_by(answer.answered_by, person.name, answer.reason)
        .order_by(times, answer.reason.desc())
    )
    return {by: (name, reason, int(often)) for by, name, reason, often in connection.execute(query)}
