"""A sheet is made: which part, which rows; the file goes straight to whoever asked.

The one law: *on a sheet stands what its reader may answer*, and that it went out is on record before it goes.
"""

from typing import Final
from urllib.parse import quote

from flask import Blueprint, render_template
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from iam.errors import Conflict, NotFound, SheetError
from iam.review.campaigns import Campaign
from iam.review.deciding.counting.progress import By, people_progress, progress
from iam.review.deciding.reviewers import Reviewer
from iam.review.returned.sheets import MOST_ROWS, Bound, Scope, Wanted, make_sheet
from iam.review.words import Part
from web.officer.officer import officer
from web.officer.review.bounds import bounds, reading, seen_campaign, seen_systems
from web.officer.review.sheets.listing import sheets_way
from web.paper.returned.worksheet import file_name, worksheet
from web.site.face.forms import PageForm
from web.site.site import entrant, the_site

pages = Blueprint("review_sheet_making", __name__)

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ALL: Final = Bound.ALL.value
_WRONG: Final = 422


class MakingForm(PageForm):
    """Which sheet."""

    part = SelectField(lazy_gettext("回答する立場"), [InputRequired(lazy_gettext("立場を選んでください。"))])
    scope = SelectField(lazy_gettext("範囲"), [InputRequired(lazy_gettext("範囲を選んでください。"))])
    answered = BooleanField(lazy_gettext("回答済みの行も入れる"))


@pages.route("/office/review/<long:id_>/sheets/new", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Choose the rows; then the file."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        form = _form(connection, campaign, reading(connection))
    wanted = _wanted(form) if form.sent() else None
    if wanted is not None:
        try:
            return _file(campaign, wanted)
        except (Conflict, NotFound) as error:
            form.form_errors += [gettext(str(error))]
        except SheetError as error:
            form.scope.errors = [gettext(each) for each in error.problems]
    page_ = render_template(
        "officer/review/sheets/new.html", campaign=campaign, form=form, way=sheets_way(campaign), most=MOST_ROWS
    )
    return page_, _WRONG if form.form_errors else form.status


def _form(connection: Connection, campaign: Campaign, who: Reviewer) -> MakingForm:
    form = MakingForm.read()
    form.part.choices = [(part.value, gettext(part.label_ja)) for part in who.parts]
    choices = [(_ALL, gettext("すべて"))]
    if set(who.parts) - {Part.HR}:
        choices += [(f"{Bound.SYSTEM}:{each.system}", each.name) for each in seen_systems(connection, campaign.id)]
    form.scope.choices = choices + [
        (f"{Bound.DEPARTMENT}:{name}", name or gettext("所属なし・持ち主なし"))
        for name in sorted(_departments(connection, campaign))
    ]
    return form


def _departments(connection: Connection, campaign: Campaign) -> set[str]:
    """Of an owner those in which somebody has an account of theirs is not worked out: an empty one is told."""
    if bounds(connection) is not None:
        return {each.key for each in progress(connection, campaign.id, By.DEPARTMENT)}
    return {each.key for each in people_progress(connection, campaign.id)} | {""}


def _wanted(form: MakingForm) -> Wanted | None:
    part = Part(form.part.data)
    bound, _, code = str(form.scope.data).partition(":")
    if part is Part.HR and bound == Bound.SYSTEM:
        form.scope.errors = [gettext("人事のシートは、職員の一覧です。部を選ぶか、「すべて」にしてください。")]
        return None
    return Wanted(part, entrant().person_id, Scope(Bound(bound), code, open_only=not form.answered.data))


def _file(campaign: Campaign, wanted: Wanted) -> Response:
    with officer().act() as act:
        sheet = make_sheet(act, the_site().door, campaign, wanted)
    answer = Response(worksheet(sheet), mimetype=_XLSX)
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"review-{sheet.id}.xlsx\"; filename*=UTF-8''{quote(file_name(sheet))}"
    )
    return answer
