"""How far an officer sees in a review: heads, 人事, operators and the auditor all of it, owners of systems their own.

The one law: *what lies outside is not there*: a page about it answers as for one that never was.
"""

from datetime import date
from typing import Final

from flask_babel import gettext
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.people.holidays.working import working_days_after
from iam.policy.profile import Role
from iam.review.campaigns import Campaign, CampaignSystem, Line, line
from iam.review.campaigns import campaign as campaign_of
from iam.review.campaigns import systems_of as systems_in
from iam.review.deciding.reviewers import Reviewer, reviewer
from web.officer.officer import officer, today
from web.site.site import at, the_site

WHOLE: Final = frozenset({Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.OPERATOR, Role.AUDITOR})
_FURTHEST: Final = 60
"""Working days that are counted one by one, at most: as many as a profile may give for answers."""


def reading(connection: Connection) -> Reviewer:
    """This officer, and what they may answer today."""
    return reviewer(connection, the_site().door, officer().who.person_id, at())


def bounds(connection: Connection, who: Reviewer | None = None) -> frozenset[str] | None:
    """The systems that bound this officer, None for all of them."""
    return None if officer().who.roles & WHOLE else (who or reading(connection)).systems


def holds(*roles: Role) -> bool:
    """Whether this officer has one of these roles today."""
    return bool(officer().who.roles & set(roles))


def seen_campaign(connection: Connection, id_: int) -> Campaign:
    """One review.

    Raises:
        NotFound: when there is none.
    """
    try:
        return campaign_of(connection, id_)
    except NotFound:
        raise NotFound(gettext("その棚卸はありません。一覧から開き直してください。")) from None


def seen_systems(connection: Connection, id_: int) -> list[CampaignSystem]:
    """The systems of a review that this officer sees, by their codes."""
    within = bounds(connection)
    return [each for each in systems_in(connection, id_) if within is None or each.system in within]


def seen_line(connection: Connection, campaign_id: int, id_: int, who: Reviewer | None = None) -> Line:
    """One line of a review; `who`: the officer, where many are asked for.

    Raises:
        NotFound: there is none in this review, or not for this officer.
    """
    gone = NotFound(gettext("そのIDの行はありません。一覧から開き直してください。"))
    try:
        found = line(connection, id_)
    except NotFound:
        raise gone from None
    within = bounds(connection, who)
    if found.campaign_id != campaign_id or (within is not None and found.system not in within):
        raise gone
    return found


def working_days_left(due: date) -> int:
    """Working days from today until the last one, which counts; below 0 once it is over."""
    day = today()
    first, last = min(day, due), max(day, due)
    count = next((days for days in range(_FURTHEST) if working_days_after(first, days) >= last), _FURTHEST)
    return count if day <= due else -count
