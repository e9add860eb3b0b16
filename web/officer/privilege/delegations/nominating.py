"""Nominating a delegate: who, for which privileged IDs, from when until when, why, under which conditions.

The one law: *a renewal is a nomination like the first* (OITA-S8.2.1.3b): it only begins with what the former one said.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import Field, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.finding import LONGEST, Asked, find
from iam.office.roles import holders
from iam.people.ledger import Person, people, persons_by_number
from iam.policy.profile import Role
from iam.privilege.attempted import attempted
from iam.privilege.delegating import Delegation, Wish, delegation, mistakes, nominate
from iam.privilege.register import privileged_ids
from iam.signin.door import actor_of, number_of
from web.officer.clients.forms import Several
from web.officer.officer import officer, place, today
from web.officer.privilege.bounds import called, names_of
from web.officer.privilege.deed import CONFLICT, Answer
from web.officer.privilege.words import label_of
from web.site.border.numbers import row_number
from web.site.face.forms import PageForm, day, line, paragraph
from web.site.site import at, the_site

pages = Blueprint("nominating", __name__)

_WRONG: Final = 422
_OFFERED: Final = 10
_ABOUT: Final[Mapping[str, str]] = {"privileged_ids": "ids", "days": "last"}
"""The field of the core to the one of the form, where they differ."""


class NominateForm(PageForm):
    """A nomination."""

    delegate = line(lazy_gettext("任せる職員"), longest=LONGEST)
    ids = SelectMultipleField(
        lazy_gettext("特権ID"), [Several(required=True)], coerce=int, option_widget=CheckboxInput(), widget=ListWidget()
    )
    first = day(lazy_gettext("開始日"))
    last = day(lazy_gettext("終了日"))
    reason = line(lazy_gettext("任せる理由"))
    conditions = paragraph(lazy_gettext("条件"), required=False)


@pages.route("/office/privilege/delegations/new", methods=["GET", "POST"])
def new() -> Answer:
    """Nominate; ?renews=5 begins with what delegation 5 said."""
    with the_site().store.read() as connection:
        former = _former(connection)
        form = NominateForm.read(**_begun(connection, former))
        offered = privileged_ids(connection)
        form.ids.choices = [(each.id, f"{label_of(each)}（{each.purpose}）") for each in offered]
        able = _approvers(connection)
        wish = _wish(connection, form, former) if form.sent() else None
    if wish is None:
        return _page(form, able, _WRONG if form.errors else 200, former)
    try:
        me = officer()
        # Who tried it and why it was refused is recorded.
        with attempted(me.store, actor_of(me.who.staff_number), "nominate", "delegation") as act:
            made = nominate(act, me.door, me.who.person_id, wish)
    except (Conflict, Forbidden, NotFound) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _page(form, able, CONFLICT, former)
    return _told(made)


def _told(made: Delegation) -> Response:
    flash(gettext("指名しました（番号 %(number)s）。承認する職員に知らせました。", number=made.id), "success")
    return redirect(url_for("delegations.one", id_=made.id), 303)


def _page(form: NominateForm, able: Sequence[str], status: int, former: Delegation | None) -> tuple[str, int]:
    longest = the_site().door.profile.privileged.delegation_days.value
    waits = the_site().door.profile.privileged.pending_days.value
    return render_template(
        "officer/privilege/delegations/nominate.html", form=form, able=able, longest=longest, waits=waits, former=former
    ), status


def _former(connection: Connection) -> Delegation | None:
    number = row_number(request.args.get("renews"))
    return delegation(connection, number, at()) if number is not None else None


def _begun(connection: Connection, former: Delegation | None) -> dict[str, Any]:
    """What stands in the form at first."""
    if former is None:
        return {"first": today()}
    names = names_of(connection, [former.delegate_id])
    first = max(today(), former.valid_until + timedelta(days=1))
    return {
        "delegate": names[former.delegate_id].staff_number if former.delegate_id in names else "",
        "ids": list(former.privileged_ids), "first": first, "last": first + (former.valid_until - former.valid_from),
        "reason": former.reason, "conditions": former.conditions,
    }  # fmt: skip


def _approvers(connection: Connection) -> list[str]:
    """Whoever could approve, but the one who nominates."""
    held = holders(connection, the_site().door.offices, Role.APPROVER, today())
    ids = [each.person_id for each in held if each.person_id != officer().who.person_id]
    names = names_of(connection, ids)
    return [called(names, id_) for id_ in dict.fromkeys(ids)]


def _wish(connection: Connection, form: NominateForm, former: Delegation | None) -> Wish | None:
    """What is asked for, or None with what is wrong beside each field."""
    first, last = form.first.data, form.last.data
    if not isinstance(first, date) or not isinstance(last, date):
        return None
    person = _delegate(connection, form.delegate)
    wish = Wish(
        person or 0, tuple(sorted(form.ids.data or ())), first, last, form.reason.data or "",
        conditions=form.conditions.data or "", renews=former.id if former else None,
    )  # fmt: skip
    for about, refusal in mistakes(connection, the_site().door, officer().who.person_id, wish, at()).items():
        name = _ABOUT.get(about, about)
        if name not in form:
            form.form_errors.append(gettext(str(refusal)))
        elif not form[name].errors:
            form[name].errors = [gettext(str(refusal))]
    return None if form.errors else wish


def _delegate(connection: Connection, field: Field) -> int | None:
    """Whom the field names: a number, or a name that only one person has, who is then shown to be sure of."""
    typed = field.data or ""
    number = number_of(typed)
    if person := persons_by_number(connection, [number]).get(number):
        return person
    found = find(connection, Asked(typed), today(), skip=0, limit=_OFFERED)
    if not found.ids:
        field.errors = [gettext("この職員番号や氏名の職員は台帳にいません。確かめてください。")]
        return None
    known = {person.id: person for person in people(connection, found.ids)}
    some = gettext("、").join(_with_unit(known[id_]) for id_ in found.ids)
    more = gettext(" ほか") if found.total > len(found.ids) else ""
    if found.total == 1:
        field.data = known[found.ids[0]].staff_number
        field.raw_data = [field.data]
        field.errors = [gettext("%(who)sでよければ、このまま、もう一度送ってください。", who=some)]
    else:
        field.errors = [
            gettext("当てはまる職員が複数います。職員番号で入力してください: %(some)s%(more)s", some=some, more=more)
        ]
    return None


def _with_unit(person: Person) -> str:
    posts = the_site().door.offices.standing(person, today()).posts
    unit = place(posts[0].entry.told.org_code, posts[0].entry.told.org_name) if posts else ""
    return gettext("%(name)sさん（%(number)s %(unit)s）", name=person.name, number=person.staff_number, unit=unit)
