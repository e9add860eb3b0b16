"""The yearly floor: general officers learn of a fiscal year without a finished review, and of a gap between two.

The one law: *at most once a week, on working days, until it is mended* (R11, OITA-S11.2.1): the row of the week
decides who tells.
"""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from iam import outbox
from iam.office.roles import bearers
from iam.outbox import Topic
from iam.people.holidays import is_working_day
from iam.people.ledger import people
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from iam.review.books import review_alarm_table
from iam.review.campaigns import campaigns
from iam.review.timing.schedule import Past, why_alarm
from iam.review.words import CampaignKind, CampaignState
from iam.signin.door import Door

_DAY: Final = timedelta(days=1)


def held(connection: Connection) -> set[tuple[CampaignKind, int, int]]:
    """What the schedule need not open any more: one that somebody gave up is not opened again of its own accord.

    One that a killed run left half open has no hash, and is opened again.
    """
    return {(each.kind, each.fiscal_year, each.quarter) for each in campaigns(connection) if each.snapshot_hash}


def why_missed(connection: Connection, door: Door, on: date) -> str:
    """What officers must know of reviews that were not held, in one sentence, or ""."""
    real = [each for each in campaigns(connection) if each.state is not CampaignState.ABANDONED]
    past = [Past(each.day, each.closed_at and jst_day(each.closed_at)) for each in real]
    begun = connection.execute(select(audit_record.c.at).order_by(audit_record.c.number).limit(1)).scalar()
    since = jst_day(begun) if begun else on
    return why_alarm(on, past, since, door.profile.accounts.review_interval_months.value)


def alarm_missed(act: Act, door: Door) -> int:
    """Tell the general officers, once a week; how many of them."""
    on = jst_day(act.at)
    if not is_working_day(on) or not (words := why_missed(act.connection, door, on)):
        return 0
    into = postgresql.insert if act.connection.dialect.name == "postgresql" else sqlite.insert
    values = {"week": on - on.weekday() * _DAY, "words": words, "told_at": act.at}
    query = into(review_alarm_table).values(**values).on_conflict_do_nothing().returning(review_alarm_table.c.week)
    if act.connection.execute(query).scalar_one_or_none() is None:
        return 0
    told = bearers(act.connection, door.offices, [Role.GENERAL_OFFICER], on)
    for each in people(act.connection, sorted(told)):
        outbox.tell(act, each.id, each.email, Topic.REVIEW_MISSED, {"words": words})
    act.record("review.missed", "reviews", {"words": words, "told": sorted(told)})
    return len(told)
