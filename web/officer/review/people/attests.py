"""人事's answers about persons, one or a whole department, and comments.

The one law: *nobody attests themselves*; and of two officers at once the second reads who was first.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, SheetError
from iam.review.campaigns import Campaign
from iam.review.deciding.answers import Answering, Wish, answer, answer_many
from iam.review.deciding.comments import About
from iam.review.deciding.comments import comment as say
from iam.review.deciding.worklists import person_ids
from iam.review.words import How, Part
from web.officer.officer import officer
from web.officer.review.bounds import reading, seen_campaign
from web.officer.review.lines.chosen import people_chosen, people_form
from web.officer.review.lines.forms import CommentForm, asked_ids
from web.officer.review.people.forms import ALL, AttestForm, ManyAttestForm, attest, attest_form, many_attest_form
from web.officer.review.people.listing import Forms, back, listed, seen_person, shown
from web.officer.review.words import asked_so
from web.site.site import entrant, the_site

pages = Blueprint("review_attests", __name__)

_WRONG: Final = 422
_CONFLICT: Final = 409
_MOST: Final = 5_000
"""Persons about whom one answer is given."""

Page = Response | tuple[str, int]


@pages.post("/office/review/<long:id_>/people/<int:person_id>/answer")
def one(id_: int, person_id: int) -> Page:
    """One answer."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        person, form = seen_person(connection, campaign, person_id), attest_form(campaign.revision)
        if not form.sent():
            return shown(connection, campaign, person_id, Forms(form)), _WRONG
        asked = attest(form, person_id)
    try:
        with officer().act() as act:
            answer(act, the_site().door, Answering(id_, Part.HR, entrant().person_id), asked)
    except (Conflict, Forbidden, SheetError) as error:
        return _again(id_, person_id, form, error)
    verdict = gettext(asked.verdict.label_ja)
    flash(gettext("%(name)sさんに「%(verdict)s」と回答しました。", name=person.name, verdict=verdict), "success")
    return redirect(back(id_), 303)


def _again(id_: int, person_id: int, form: AttestForm, error: Conflict | Forbidden | SheetError) -> Page:
    problems: Sequence[str] = error.problems if isinstance(error, SheetError) else [str(error)]
    form.form_errors += [gettext(each) for each in problems]
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form.seen.data = str(campaign.revision)
        page = shown(connection, campaign, person_id, Forms(form))
    return page, _WRONG if isinstance(error, SheetError) else _CONFLICT


@pages.post("/office/review/<long:id_>/people/answers")
def many(id_: int) -> Page:
    """The same answer about everybody who was chosen; those that cannot be answered are named, the others stand."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form = many_attest_form(campaign.revision)
        wishes = _wishes(connection, campaign, form) if form.sent() else []
        if not wishes:
            return listed(connection, campaign, form), _WRONG
    with officer().act() as act:
        done = answer_many(act, the_site().door, Answering(id_, Part.HR, entrant().person_id, How.BULK), wishes)
    if count := done.taken + done.same:
        flash(ngettext("%(num)s人に回答しました。", "%(num)s人に回答しました。", count), "success")
    if not done.refused:
        return redirect(back(id_), 303)
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form.seen.data = str(campaign.revision)
        return listed(connection, campaign, form, done.refused), _CONFLICT


def _wishes(connection: Connection, campaign: Campaign, form: ManyAttestForm) -> list[Wish]:
    if form.which.data == ALL:
        asked = people_chosen(people_form(connection, campaign))
        ids = person_ids(connection, reading(connection), campaign, asked, _MOST)
    else:
        ids = asked_ids(form)
    if not ids:
        form.which.errors = [gettext("回答する職員を選んでください。")]
    return [attest(form, id_) for id_ in ids]


@pages.post("/office/review/<long:id_>/people/<int:person_id>/comment")
def comment(id_: int, person_id: int) -> Page:
    """Say something about a person."""
    form = CommentForm.read()
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        seen_person(connection, campaign, person_id)
        if not form.sent():
            return shown(connection, campaign, person_id, Forms(comment=form)), _WRONG
    with officer().act() as act:
        say(act, the_site().door, entrant().person_id, About(id_, person_id=person_id), form.words.data or "")
    flash(gettext("コメントを書きました。"), "success")
    return redirect(url_for("review_people.one", id_=id_, person_id=person_id) + asked_so(), 303)
