"""One line of a review: everything that is known of it, what was said, and the form that answers it.

The one law: *whoever may not answer reads why*; and whoever comes second reads who was first.
"""

from dataclasses import dataclass

from flask import render_template
from flask_babel import gettext
from sqlalchemy import Connection

from iam.review.campaigns import Campaign, Line, findings_of, persons_of
from iam.review.closing.removals import removals
from iam.review.deciding.comments import About, comments
from iam.review.deciding.reviewers import Reviewer, why_not_line
from iam.review.deciding.since import changed_since
from iam.review.deciding.verdicts import Outcome, answers_of, outcomes
from iam.review.words import CampaignState, Part
from iam.signin.door import Entrant
from web.officer.officer import today
from web.officer.privilege.bounds import names_of
from web.officer.review.bounds import reading, seen_campaign, seen_line, seen_systems
from web.officer.review.lines.forms import AnswerForm, CommentForm, answer_form
from web.officer.review.lines.listing import back, pages
from web.officer.review.lines.saying import answered, detail, evidence, standing
from web.officer.review.words import VERDICTS, asked_so, way
from web.officer.ways import opens
from web.site.site import at, entrant, the_site


@dataclass(frozen=True)
class Forms:
    """The forms of the page, as they were sent or empty."""

    answer: AnswerForm | None = None
    comment: CommentForm | None = None


@pages.get("/office/review/<long:id_>/lines/<long:line_id>")
def one(id_: int, line_id: int) -> str:
    """Everything about it."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        return shown(connection, campaign, seen_line(connection, id_, line_id), Forms())


def shown(connection: Connection, campaign: Campaign, line: Line, forms: Forms) -> str:
    """The page of a line."""
    who, me = reading(connection), entrant()
    people = persons_of(connection, campaign.id, [each for each in (line.person_id, line.keeper_id) if each])
    owner, keeper = people.get(line.person_id or 0), people.get(line.keeper_id or 0)
    answers = answers_of(connection, [line]).get(line.id, [])
    outcome = next((each for _, each in outcomes(connection, [line])), None)
    why_not, part = answering(campaign, who, line, me)
    system = next((each for each in seen_systems(connection, campaign.id) if each.system == line.system), None)
    return render_template(
        "officer/review/lines/one.html", campaign=campaign, line=line, owner=owner, keeper=keeper, system=system,
        standing=standing(owner), found=evidence(findings_of(connection, [line.id]).get(line.id, [])),
        answers=answered(connection, line, answers), outcome=outcome, detail=_detail(connection, line, outcome),
        comments=comments(connection, About(campaign.id, line_id=line.id)), part=part, why_not=why_not,
        since=changed_since(connection, the_site().door, campaign, at(), line_ids=[line.id]).lines.get(line.id, ()),
        removals=removals(connection, campaign.id, line_ids=[line.id]), today=today(), tones=VERDICTS,
        form=forms.answer or answer_form(line, campaign.revision), comment=forms.comment or CommentForm(),
        may_comment=opens("review_answers.comment", me) and campaign.state is CampaignState.OPEN,
        way=[*way(campaign), (gettext("IDの一覧"), back(campaign.id))], query=asked_so(),
    )  # fmt: skip


def answering(campaign: Campaign, who: Reviewer, line: Line, me: Entrant) -> tuple[str, Part | None]:
    """Why this officer may not answer, and in which part they may: ("", None) for whoever never answers lines."""
    if not opens("review_answers.one", me):
        return "", None
    if campaign.state is not CampaignState.OPEN:
        return gettext("この棚卸は、いま回答を受け付けていません。"), None
    refusals = [(part, why_not_line(who, part, line)) for part in _parts(who, line)]
    able = next((part for part, refusal in refusals if refusal is None), None)
    if able is not None:
        return "", able
    return next((gettext(str(refusal)) for _, refusal in refusals if refusal), ""), None


def _parts(who: Reviewer, line: Line) -> list[Part]:
    """The parts in which they might answer, the one that is asked first."""
    mine = [part for part in (Part.OWNER, Part.GENERAL) if part in who.parts]
    return sorted(mine, key=lambda part: part is not line.asked) or [line.asked]


def _detail(connection: Connection, line: Line, outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    return detail(outcome, line, names_of(connection, [outcome.keeper, outcome.owner]))
