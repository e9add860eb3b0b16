"""Signing a proposed configuration, and asking for a permit to renew keys.

The one law: *an officer signs what stands on the page*, and another one confirms it: the console proposes and decides
nothing.
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.cases import Case
from iam.office.changes import permits, proposing
from iam.office.changes.configuration import Configuration, configuration_of
from iam.office.changes.permits import KeyDeed
from iam.signin.desk import issuing
from web.officer.configuration.words import parts_of
from web.officer.officer import officer
from web.site.face.forms import PageForm, line
from web.site.site import the_site

pages = Blueprint("configuration_asks", __name__)

_CONFLICT: Final = 409


class SignForm(PageForm):
    """Why, and what was seen."""

    seen = HiddenField()
    reason = line(lazy_gettext("申請の理由"))


class KeysForm(PageForm):
    """Which key, why."""

    what = SelectField(lazy_gettext("更新する鍵"))
    reason = line(lazy_gettext("更新する理由"))


@pages.route("/office/configuration/<int:id_>/ask", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Sign a proposal."""
    me, site, form = officer(), the_site(), SignForm.read()
    with site.store.read() as connection:
        found = configuration_of(connection, id_)
    if not form.sent():
        form.seen.data = form.seen.data or found.digest
        return _shown(found, form, form.status)
    try:
        with me.act() as act:
            _see(act.connection, id_, form.seen.data or "")
            case = proposing.sign(
                act, site.door.offices, site.door.keys, id_, asked_by=me.who.person_id, reason=form.reason.data or ""
            )
            issuing.tell_deciders(act, site.door, me.who, case)
    except (Conflict, Forbidden) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _shown(found, form, _CONFLICT)
    return _asked(case)


@pages.route("/office/configuration/keys", methods=["GET", "POST"])
def keys() -> Response | tuple[str, int]:
    """Ask for a permit, or for the confirmation of an emergency."""
    me, site, form = officer(), the_site(), KeysForm.read()
    with site.store.read() as connection:
        waiting = permits.unconfirmed(connection)
    form.what.choices = [(deed.value, gettext(deed.label_ja)) for deed in KeyDeed] + [
        (f"{each.deed}:{each.id}", gettext("緊急の更新 %(number)s の確認", number=each.id)) for each in waiting
    ]
    if not form.sent():
        return render_template("officer/configuration/keys.html", form=form), form.status
    deed, _, permit = (form.what.data or "").partition(":")
    try:
        with me.act() as act:
            case = permits.ask(
                act, site.door.offices, site.door.keys, asked_by=me.who.person_id, deed=KeyDeed(deed),
                reason=form.reason.data or "", permit_id=int(permit) if permit else None,
            )  # fmt: skip
            issuing.tell_deciders(act, site.door, me.who, case)
    except (Conflict, Forbidden, NotFound) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return render_template("officer/configuration/keys.html", form=form), _CONFLICT
    return _asked(case)


def _see(connection: Connection, id_: int, seen: str) -> None:
    """What is signed is what stood on the page.

    Raises:
        Conflict: when it is not.
    """
    if configuration_of(connection, id_).digest != seen:
        raise Conflict("表示されたときから案の内容が変わっています。開き直して確かめてください。")


def _asked(case: Case) -> Response:
    flash(gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _shown(found: Configuration, form: SignForm, status: int) -> tuple[str, int]:
    with the_site().store.read() as connection:
        before, changes = proposing.changes_of(connection, the_site().door.keys, found)
    parts = parts_of(changes, first=before is None)
    return render_template("officer/configuration/ask.html", found=found, parts=parts, form=form, before=before), status
