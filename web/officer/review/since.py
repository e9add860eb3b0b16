"""What changed since the snapshot: who moved or left, which IDs were stopped, deleted or made since.

The one law: *a change is shown, never applied*: the snapshot stays what was judged.
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy import Connection

from iam.review.campaigns import CampaignPerson, Line, line, persons_of
from iam.review.deciding.since import Changes, changed_since
from iam.review.words import CampaignState
from web.officer.review.bounds import bounds, seen_campaign
from web.officer.review.words import review_tabs, way
from web.officer.systems import name_of
from web.site.site import at, entrant, the_site

pages = Blueprint("review_since", __name__)

_MOST: Final = 200
"""Lines that the page lists."""


@pages.get("/office/review/<long:id_>/since")
def page(id_: int) -> str:
    """All changes, lines first."""
    with the_site().store.read() as connection:
        campaign, within = seen_campaign(connection, id_), bounds(connection)
        over = campaign.state not in {CampaignState.OPEN, CampaignState.SIGNED}
        found = Changes({}, {}, ()) if over else changed_since(connection, the_site().door, campaign, at())
        rows = _lines(connection, found, within)
        people = persons_of(connection, id_, list(found.persons)[:_MOST]) if within is None else {}
    accounts = [each for each in found.accounts if within is None or each.system in within]
    return render_template(
        "officer/review/since.html", campaign=campaign, over=over,
        rows=[(each, found.lines[each.id]) for each in rows[:_MOST]],
        more=max(0, len(rows) - _MOST),
        people=_people(people, found), accounts=accounts[:_MOST], more_accounts=max(0, len(accounts) - _MOST),
        name_of=name_of, tabs=review_tabs(entrant(), campaign), way=way(campaign),
    )  # fmt: skip


def _lines(connection: Connection, found: Changes, within: frozenset[str] | None) -> list[Line]:
    if within is None:
        return [line(connection, id_) for id_ in sorted(found.lines)[: _MOST + 1]]
    lines = (line(connection, id_) for id_ in sorted(found.lines))
    return [each for each in lines if each.system in within]


def _people(people: Mapping[int, CampaignPerson], found: Changes) -> list[tuple[CampaignPerson, object]]:
    return [(people[id_], found.persons[id_]) for id_ in people]
