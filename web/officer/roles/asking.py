"""Asking for a deputy or a nominee.

The one law: *what is wrong is said beside its field*, before anybody else is
asked; another officer confirms (OITA-S3.7.1).
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import Field, SelectField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden
from iam.office import deputies
from iam.office.cases import Case
from iam.office.deputies import Wish, last_day
from iam.people.ledger import persons_by_number
from iam.policy.profile import Role
from iam.record.act import Act
from iam.signin.desk import issuing
from iam.signin.door import LONGEST_NUMBER, number_of
from web.officer.cases.contents import role_title
from web.officer.officer import officer, today
from web.site.face.forms import PageForm, day, line
from web.site.site import the_site

pages = Blueprint("deputy", __name__)

_CONFLICT: Final = 409


class AskForm(PageForm):
    """Who, for whom, which role, and for how long."""

    role = SelectField(lazy_gettext("役職"), [InputRequired(lazy_gettext("役職を選んでください。"))])
    deputy = line(lazy_gettext("代理・指名する職員の職員番号"), longest=LONGEST_NUMBER)
    holder = line(lazy_gettext("代理される職員の職員番号"), longest=LONGEST_NUMBER, required=False)
    first = day(lazy_gettext("開始日"))
    last = day(lazy_gettext("終了日"))
    reason = line(lazy_gettext("理由"))


@pages.route("/office/deputies/new", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Ask for a deputy, or for a nominee where no post holds the role."""
    me = officer()
    form = AskForm.read(holder=me.who.staff_number, first=today(), last=last_day(today()))
    form.role.choices = [(role.value, role_title(the_site().door.offices, role)) for role in _roles()]
    if not form.sent():
        return _shown(form, form.status)
    wish = _wish(form)
    if wish is None:
        return _shown(form, form.status)
    try:
        with me.act() as act:
            case = _asked(act, wish, form.reason.data or "")
    except (Conflict, Forbidden) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _shown(form, _CONFLICT)
    flash(gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _roles() -> list[Role]:
    """What this officer may ask for: the general officer any role, others their own."""
    mine = officer().who.roles
    return [role for role in Role if Role.GENERAL_OFFICER in mine or role in mine]


def _wish(form: AskForm) -> Wish | None:
    """What is wished for, or None with what is wrong beside each field."""
    site = the_site()
    if form.first.data is None or form.last.data is None:
        return None
    with site.store.read() as connection:
        deputy = _person(connection, form.deputy)
        holder = _person(connection, form.holder) if form.holder.data else None
        wish = Wish(deputy or 0, Role(form.role.data), holder, form.first.data, form.last.data)
        wrong = deputies.mistakes(connection, site.door.offices, wish, today())
    beside: Mapping[str, Field] = {"until": form.last, "person": form.deputy, "role": form.holder}
    for about, refusal in wrong.items():
        if not beside[about].errors:
            beside[about].errors = [gettext(str(refusal))]
    return None if form.errors else wish


def _person(connection: Connection, field: Field) -> int | None:
    number = number_of(field.data or "")
    found = persons_by_number(connection, [number]).get(number)
    if found is None:
        field.errors = [gettext("この職員番号の職員は台帳にいません。")]
    return found


def _asked(act: Act, wish: Wish, reason: str) -> Case:
    me, door = officer().who, the_site().door
    case = deputies.propose(act, door.offices, me.person_id, wish, reason)
    issuing.tell_deciders(act, door, me, case)
    return case


def _shown(form: AskForm, status: int) -> tuple[str, int]:
    nominated = [
        role_title(the_site().door.offices, seat.role) for seat in the_site().door.offices.seats if not seat.held_by
    ]
    return render_template("officer/roles/ask.html", form=form, nominated=nominated), status
