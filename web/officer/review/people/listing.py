"""人事's worklist: who was in service on the day of the snapshot, by department.

The one law: *人事 answers persons, never IDs*: what becomes of the accounts of somebody who has left follows from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.review.campaigns import Campaign, CampaignPerson, lines, person_of
from iam.review.deciding.answers import Refused
from iam.review.deciding.comments import About, comments
from iam.review.deciding.counting.progress import people_progress
from iam.review.deciding.reviewers import Reviewer, why_not_person
from iam.review.deciding.since import changed_since
from iam.review.deciding.verdicts import answers_about
from iam.review.deciding.worklists import PAGE, PersonItem, people_worklist
from iam.review.words import CampaignState
from web.officer.review.bounds import reading, seen_campaign
from web.officer.review.lines.chosen import after, people_chosen, people_form
from web.officer.review.lines.forms import CommentForm
from web.officer.review.lines.saying import answered, standing
from web.officer.review.people.forms import AttestForm, ManyAttestForm, attest_form, many_attest_form
from web.officer.review.words import VERDICTS, asked_so, review_tabs, way
from web.officer.systems import name_of
from web.officer.ways import opens
from web.site.site import at, entrant, the_site

pages = Blueprint("review_people", __name__)

_MOST: Final = 100


@dataclass(frozen=True)
class Row:
    """One person as the list shows them."""

    item: PersonItem
    standing: str


@dataclass(frozen=True)
class Forms:
    """The forms of a person's page, as they were sent or empty."""

    answer: AttestForm | None = None
    comment: CommentForm | None = None


@pages.get("/office/review/<long:id_>/people")
def page(id_: int) -> str:
    """One page of persons."""
    with the_site().store.read() as connection:
        return listed(connection, seen_campaign(connection, id_), None)


def listed(
    connection: Connection, campaign: Campaign, form: ManyAttestForm | None, refused: Sequence[Refused] = ()
) -> str:
    """The list as the address asks for it; `form`: as it was sent, `refused`: what was not taken of it."""
    who, asked = reading(connection), people_form(connection, campaign)
    found = people_worklist(connection, who, campaign, people_chosen(asked), after=after(), most=PAGE)
    rows = [Row(each, standing(each.person)) for each in found.items]
    may = campaign.state is CampaignState.OPEN and opens("review_attests.many", entrant()) and who.barred is None
    return render_template(
        "officer/review/people/list.html", campaign=campaign, asked=asked, rows=rows, tones=VERDICTS, refused=refused,
        form=form or many_attest_form(found.revision), tabs=review_tabs(entrant(), campaign), way=way(campaign),
        may_answer=may and any(not each.item.why_not for each in rows), query=asked_so(),
        progress=people_progress(connection, campaign.id), ticked=set(request.form.getlist("line")),
        following=asked_so(after=found.more) if found.more else "", first=asked_so(after=None) if after() else "",
        names={each.item.person.person_id: each.item.person.name for each in rows},
    )  # fmt: skip


@pages.get("/office/review/<long:id_>/people/<int:person_id>")
def one(id_: int, person_id: int) -> str:
    """Everything about one person in this review."""
    with the_site().store.read() as connection:
        return shown(connection, seen_campaign(connection, id_), person_id, Forms())


def seen_person(connection: Connection, campaign: Campaign, person_id: int) -> CampaignPerson:
    """A person of the review.

    Raises:
        NotFound: when they have nothing to do with it.
    """
    found = person_of(connection, campaign.id, person_id)
    if found is None:
        raise NotFound(gettext("その職員は、この棚卸の対象にいません。一覧から開き直してください。"))
    return found


def shown(connection: Connection, campaign: Campaign, person_id: int, forms: Forms) -> str:
    """The page of a person."""
    person, who, me = seen_person(connection, campaign, person_id), reading(connection), entrant()
    answer = answers_about(connection, campaign.id, [person_id]).get(person_id)
    ids = list(lines(connection, campaign.id, person_id=person_id, most=_MOST))
    changes = changed_since(connection, the_site().door, campaign, at(), line_ids=[each.id for each in ids])
    return render_template(
        "officer/review/people/one.html", campaign=campaign, person=person, standing=standing(person), lines=ids,
        answers=answered(connection, None, [answer] if answer else []), tones=VERDICTS, name_of=name_of,
        comments=comments(connection, About(campaign.id, person_id=person_id)),
        since=changes.persons.get(person_id, ()),
        form=forms.answer or attest_form(campaign.revision), comment=forms.comment or CommentForm(),
        why_not=why_not(campaign, who, person_id), may_answer=opens("review_attests.one", me),
        may_comment=opens("review_attests.comment", me) and campaign.state is CampaignState.OPEN,
        way=[*way(campaign), (gettext("職員の在籍確認"), back(campaign.id))], query=asked_so(),
    )  # fmt: skip


def why_not(campaign: Campaign, who: Reviewer, person_id: int) -> str:
    """Why 人事 may not answer about this person; "" when they may."""
    if campaign.state is not CampaignState.OPEN:
        return gettext("この棚卸は、いま回答を受け付けていません。")
    refusal = why_not_person(who, person_id)
    return gettext(str(refusal)) if refusal else ""


def back(id_: int) -> str:
    """The list as it was asked for."""
    return url_for("review_people.page", id_=id_) + asked_so()
