"""The campaigns: those that are held, what is due next, and whether the fiscal year has had one.

The one law: *once a fiscal year at the least* (OITA-S8.2.1.2c): the page says so until it is done.
"""

from datetime import date
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy import Connection

from iam.people.japanese import fiscal_year, wareki
from iam.review.campaigns import Campaign, campaigns
from iam.review.deciding.reviewers import Reviewer
from iam.review.deciding.worklists import Chosen, how_many
from iam.review.timing.floor import why_missed
from iam.review.timing.schedule import following
from iam.review.words import CampaignState, Part
from web.officer.officer import today
from web.officer.pager import pager
from web.officer.review.bounds import reading, working_days_left
from web.officer.review.words import STATES
from web.site.site import the_site

pages = Blueprint("review", __name__)

_SIZE: Final = 20
_HELD: Final = frozenset({CampaignState.SIGNED, CampaignState.CLOSED})
"""States in which a review has been held: both have signed."""


@pages.get("/office/review")
def page() -> str:
    """Every campaign, the newest first."""
    with the_site().store.read() as connection:
        found, missed = campaigns(connection), why_missed(connection, the_site().door, today())
    year, listed = fiscal_year(today()), pager(len(found), _SIZE)
    return render_template(
        "officer/review/list.html", found=found[listed.skip : listed.skip + _SIZE], pager=listed, tones=STATES,
        era=wareki(date(year, 4, 1)).partition("年")[0], year=year,
        held=[each for each in found if _counts(each, year)], missed=missed,
        left=working_days_left, following=following(today(), the_site().door.profile.review),
        CampaignState=CampaignState,
    )  # fmt: skip


def _counts(found: Campaign, year: int) -> bool:
    """Whether it is the review of the year: signed, and of every system."""
    return found.fiscal_year == year and found.state in _HELD and not found.systems


def waiting_for_me(connection: Connection) -> list[tuple[Campaign, int]]:
    """The reviews in which something waits for this officer's answer, and how much."""
    found = campaigns(connection, states=[CampaignState.OPEN])
    who = reading(connection) if found else None
    if who is None:
        return []
    counts = [(each, sum(count for _, count in mine(connection, who, each))) for each in found]
    return [(each, count) for each, count in counts if count]


def mine(connection: Connection, who: Reviewer, campaign: Campaign) -> list[tuple[Part, int]]:
    """How much waits for this officer's answer, by the part in which they answer."""
    if campaign.state is not CampaignState.OPEN:
        return []
    counts = [(part, how_many(connection, who, campaign, Chosen(part))) for part in who.parts]
    return [(part, count) for part, count in counts if count]
