"""One review: how far it is, until when, what was found, what could not be read, who signed, what was carried out.

The one law: *a figure leads to its lines*: whoever reads how many finds which.
"""

from collections.abc import Sequence
from typing import Final

from flask import render_template
from sqlalchemy import Connection

from iam.policy.profile import Role
from iam.review.campaigns import Campaign
from iam.review.deciding.counting.pace import Pace, paces
from iam.review.deciding.counting.progress import By, Progress, people_progress, progress, undecided
from iam.review.exports.figures import findings_by_quarter
from iam.review.exports.manifest import taken
from iam.review.words import CampaignState, FindingKind, Part
from web.officer.officer import today
from web.officer.privilege.bounds import called, names_of
from web.officer.review.bounds import bounds, holds, reading, seen_campaign, seen_systems, working_days_left
from web.officer.review.campaigns import mine, pages
from web.officer.review.closing.removals import seen_removals
from web.officer.review.words import STATES, review_tabs, way
from web.site.site import entrant, the_site

_DECIDED: Final = frozenset({CampaignState.SIGNED, CampaignState.CLOSED})


@pages.get("/office/review/<long:id_>")
def one(id_: int) -> str:
    """Everything about it, for whoever may see it."""
    with the_site().store.read() as connection:
        campaign, who = seen_campaign(connection, id_), reading(connection)
        within = bounds(connection, who)
        whole = within is None
        systems = seen_systems(connection, id_)
        by_system = [each for each in progress(connection, id_, By.SYSTEM) if within is None or each.key in within]
        return render_template(
            "officer/review/one.html", campaign=campaign, systems=systems, by_system=by_system, states=STATES,
            left=working_days_left(campaign.due_on), whole=whole, Part=Part, CampaignState=CampaignState,
            by_part=progress(connection, id_, By.PART) if whole else [],
            by_department=_by_department(connection, id_) if whole else [],
            by_people=people_progress(connection, id_) if whole else [],
            undecided=undecided(connection, id_) if whole else None, total=_total(by_system),
            findings=_findings(connection, id_) if whole else [], paces=_paces(connection, campaign),
            removals=seen_removals(connection, campaign) if campaign.state in _DECIDED else [], today=today(),
            names=names_of(connection, [campaign.general_by, campaign.hr_by]), called=called,
            taken=taken(connection, id_) if whole else [],
            system_names={each.system: each.name for each in systems},
            tabs=review_tabs(entrant(), campaign), way=way(), mine=mine(connection, who, campaign),
        )  # fmt: skip


def _total(found: Sequence[Progress]) -> tuple[int, int]:
    """Decided lines, and all."""
    return sum(each.decided for each in found), sum(each.lines for each in found)


def _by_department(connection: Connection, id_: int) -> list[Progress]:
    """Departments, those that are furthest behind first; nobody's at the end."""
    found = progress(connection, id_, By.DEPARTMENT)
    return sorted(found, key=lambda each: (not each.key, -each.open, each.key))


def _findings(connection: Connection, id_: int) -> list[tuple[FindingKind, int]]:
    """Kinds of findings with how many lines have them, the most first."""
    found = findings_by_quarter(connection, id_, most=1)
    counts = found[-1].counts if found else {}
    return sorted(counts.items(), key=lambda each: -each[1])


def _paces(connection: Connection, campaign: Campaign) -> list[Pace]:
    """Who answers too fast: for the general officer alone."""
    if not holds(Role.GENERAL_OFFICER):
        return []
    return [each for each in paces(connection, campaign) if each.hasty]
