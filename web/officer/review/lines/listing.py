"""The worklist: IDs of a review with what was found about each, and one answer for those that were chosen.

The one law: *nothing is answered that was not on the page*: an answer names the lines and the revision that were seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import Connection

from iam.review.campaigns import Campaign, line
from iam.review.deciding.answers import Refused
from iam.review.deciding.reviewers import Reviewer
from iam.review.deciding.worklists import PAGE, Item, worklist
from iam.review.words import CampaignState
from web.officer.review.bounds import reading, seen_campaign, seen_systems
from web.officer.review.lines.chosen import after, chosen, lines_form
from web.officer.review.lines.forms import ManyForm, many_form
from web.officer.review.lines.saying import Found, evidence, standing
from web.officer.review.words import VERDICTS, answers_lines, asked_so, review_tabs, way
from web.officer.ways import opens
from web.site.site import entrant, the_site

pages = Blueprint("review_lines", __name__)


@dataclass(frozen=True)
class Row:
    """One line as the list shows it.  `standing`: how 人事 knew the owner."""

    item: Item
    system: str
    found: Sequence[Found]
    standing: str


@pages.get("/office/review/<long:id_>/lines")
def page(id_: int) -> str:
    """One page of lines, with the form that answers several of them."""
    with the_site().store.read() as connection:
        return listed(connection, seen_campaign(connection, id_), None)


def listed(connection: Connection, campaign: Campaign, form: ManyForm | None, refused: Sequence[Refused] = ()) -> str:
    """The list as the address asks for it; `form`: as it was sent, `refused`: what was not taken of it."""
    who = reading(connection)
    asked = lines_form(connection, who, campaign)
    found = worklist(connection, who, campaign, chosen(asked, who), after=after(), most=PAGE)
    names = {each.system: each.name for each in seen_systems(connection, campaign.id)}
    rows = [_row(each, names) for each in found.items]
    if form is None:
        form = many_form(found.revision)
    logins = {each.wish.line_id: line(connection, each.wish.line_id).login for each in refused if each.wish.line_id}
    return render_template(
        "officer/review/lines/list.html", campaign=campaign, asked=asked, rows=rows, form=form,
        tabs=review_tabs(entrant(), campaign), way=way(campaign), tones=VERDICTS, refused=refused, logins=logins,
        may_answer=_may_answer(campaign, who, rows), query=asked_so(), ticked=set(request.form.getlist("line")),
        following=asked_so(after=found.more) if found.more else "", first=asked_so(after=None) if after() else "",
        seen=len(rows),
    )  # fmt: skip


def _row(item: Item, names: dict[str, str]) -> Row:
    return Row(item, names.get(item.line.system, item.line.system), evidence(item.findings), standing(item.owner))


def _may_answer(campaign: Campaign, who: Reviewer, rows: Sequence[Row]) -> bool:
    """Whether this officer may answer any of them."""
    if campaign.state is not CampaignState.OPEN or not opens("review_answers.many", entrant()):
        return False
    return answers_lines(entrant()) and who.barred is None and any(not each.item.why_not for each in rows)


def back(id_: int) -> str:
    """The list as it was asked for."""
    return url_for("review_lines.page", id_=id_) + asked_so()
