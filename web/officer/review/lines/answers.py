"""Answers about lines, one or several, and comments.

The one law: *two reviewers at once lose nothing*: the second reads who answered what, and decides again.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, SheetError
from iam.review.campaigns import Campaign, Line
from iam.review.deciding.answers import Answering, Refused, Taken, Wish, answer, answer_many
from iam.review.deciding.comments import About
from iam.review.deciding.comments import comment as say
from iam.review.deciding.worklists import worklist
from iam.review.words import How, Part
from web.officer.officer import officer
from web.officer.review.bounds import reading, seen_campaign, seen_line
from web.officer.review.lines.chosen import chosen, lines_form
from web.officer.review.lines.forms import AnswerForm, CommentForm, ManyForm, answer_form, asked_ids, many_form, wish
from web.officer.review.lines.listing import back, listed
from web.officer.review.lines.one import Forms, answering, shown
from web.officer.review.words import asked_so
from web.site.site import entrant, the_site

pages = Blueprint("review_answers", __name__)

_WRONG: Final = 422
_CONFLICT: Final = 409

Page = Response | tuple[str, int]


@pages.post("/office/review/<long:id_>/lines/<long:line_id>/answer")
def one(id_: int, line_id: int) -> Page:
    """One answer; back to the list, or on to the next line of it."""
    with the_site().store.read() as connection:
        campaign, found = seen_campaign(connection, id_), seen_line(connection, id_, line_id)
        form = answer_form(found, campaign.revision)
        refusal, part = answering(campaign, reading(connection), found, entrant())
        asked = wish(connection, form, line_id) if form.sent() else None
        if part is None:
            raise Forbidden(refusal)
        if asked is None:
            return shown(connection, campaign, found, Forms(form)), form.status if form.errors else _WRONG
    try:
        with officer().act() as act:
            answer(act, the_site().door, Answering(id_, part, entrant().person_id), asked)
    except (Conflict, Forbidden, SheetError) as error:
        return _again(id_, line_id, form, error)
    verdict = gettext(asked.verdict.label_ja)
    flash(gettext("%(login)s に「%(verdict)s」と回答しました。", login=found.login, verdict=verdict), "success")
    return redirect(_onward(id_, line_id), 303)


def _again(id_: int, line_id: int, form: AnswerForm, error: Conflict | Forbidden | SheetError) -> Page:
    """The page as it stands now, with what was typed; sent again, it is about what stands there now."""
    form.form_errors += [gettext(each) for each in _problems(error)]
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form.seen.data = str(campaign.revision)
        page = shown(connection, campaign, seen_line(connection, id_, line_id), Forms(form))
    return page, _WRONG if isinstance(error, SheetError) else _CONFLICT


def _problems(error: Exception) -> Sequence[str]:
    return error.problems if isinstance(error, SheetError) else [str(error)]


def _onward(id_: int, line_id: int) -> str:
    """The next line of the list that was come from, where it was asked for; else the list."""
    if not request.form.get("next"):
        return back(id_)
    with the_site().store.read() as connection:
        campaign, who = seen_campaign(connection, id_), reading(connection)
        asked = chosen(lines_form(connection, who, campaign), who)
        found = worklist(connection, who, campaign, asked, after=line_id, most=1).items
    if not found:
        flash(gettext("この一覧の最後まで回答しました。"), "info")
        return back(id_)
    return url_for("review_lines.one", id_=id_, line_id=found[0].line.id) + asked_so()


@pages.post("/office/review/<long:id_>/lines/answers")
def many(id_: int) -> Page:
    """The same answer about every line that was chosen; those that cannot be answered are named, the others stand."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form = many_form(campaign.revision)
        wishes = _wishes(connection, form) if form.sent() else []
        if not wishes:
            return listed(connection, campaign, form), _WRONG
        parts = _parts(connection, campaign, wishes)
    refused = _taken(id_, parts)
    if not refused:
        return redirect(back(id_), 303)
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form.seen.data = str(campaign.revision)
        return listed(connection, campaign, form, refused), _CONFLICT


def _wishes(connection: Connection, form: ManyForm) -> list[Wish]:
    ids = asked_ids(form)
    if not ids:
        form.which.errors = [gettext("回答するIDを選んでください。")]
        return []
    first = wish(connection, form, ids[0])
    if first is None:
        return []
    found = (wish(connection, form, id_) for id_ in ids)
    return [each for each in found if each is not None]


def _parts(connection: Connection, campaign: Campaign, wishes: Sequence[Wish]) -> dict[Part, list[Wish]]:
    """The wishes by the part in which this officer answers each.

    Raises:
        NotFound: one of them is about a line that is not for this officer.
    """
    who, found = reading(connection), dict[Part, list[Wish]]()
    for each in wishes:
        line: Line = seen_line(connection, campaign.id, each.line_id or 0, who)
        _, part = answering(campaign, who, line, entrant())
        found.setdefault(part or line.asked, []).append(each)
    return found


def _taken(id_: int, parts: dict[Part, list[Wish]]) -> list[Refused]:
    """Write them; what was not taken."""
    done: list[Taken] = []
    with officer().act() as act:
        for part, wishes in parts.items():
            who = Answering(id_, part, entrant().person_id, How.BULK)
            done.append(answer_many(act, the_site().door, who, wishes))
    count = sum(each.taken + each.same for each in done)
    if count:
        flash(ngettext("%(num)s件に回答しました。", "%(num)s件に回答しました。", count), "success")
    return [each for taken in done for each in taken.refused]


@pages.post("/office/review/<long:id_>/lines/<long:line_id>/comment")
def comment(id_: int, line_id: int) -> Page:
    """Say something about a line."""
    form = CommentForm.read()
    with the_site().store.read() as connection:
        campaign, found = seen_campaign(connection, id_), seen_line(connection, id_, line_id)
        if not form.sent():
            return shown(connection, campaign, found, Forms(comment=form)), _WRONG
    with officer().act() as act:
        say(act, the_site().door, entrant().person_id, About(id_, line_id=line_id), form.words.data or "")
    flash(gettext("コメントを書きました。"), "success")
    return redirect(url_for("review_lines.one", id_=id_, line_id=line_id) + asked_so(), 303)
