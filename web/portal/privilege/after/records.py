"""After a use: the record of the work, its confirmation by the witness, and what the audit tells of the whole.

The one law: *nobody confirms their own work* (R17): the writer writes, another confirms.
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import HiddenField

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege.using import Use, confirm_record, seen_in, timeline, use, write_record
from iam.privilege.using.deciding import LONGEST_WORDS, REVIEWS, why_not_confirm, why_not_write
from iam.privilege.using.records import LONGEST_RECORD
from web.portal.privilege.after.telling import told
from web.portal.privilege.use import mine
from web.portal.privilege.words import Shown, acting, one
from web.site.face.forms import PageForm, line, paragraph
from web.site.problems import status_of

pages = Blueprint("privileged_record", __name__)

_LONGEST: Final = 60


class RecordForm(PageForm):
    """What was done."""

    record = paragraph(lazy_gettext("したこと"), longest=LONGEST_RECORD)
    decision_number = line(lazy_gettext("決裁番号"), longest=_LONGEST, required=False)


class ConfirmForm(PageForm):
    """That what was read is what was done.  `seen`: what was shown."""

    seen = HiddenField()
    words = paragraph(lazy_gettext("気づいたこと"), longest=LONGEST_WORDS, required=False)


@pages.route("/privilege/uses/<long:id_>/record", methods=["GET", "POST"])
def write(id_: int) -> Response | tuple[str, int]:
    """Write what was done, or write it anew until it is confirmed."""
    u = mine(id_)
    form = RecordForm.read(record=u.use.record)
    if not form.sent():
        return _writing(u, form, "", form.status)
    me = acting()
    try:
        with me.attempt("write_record", u.use.subject) as act:
            write_record(act, me, id_, form.record.data or "", form.decision_number.data or "")
    except (Conflict, Forbidden) as refused:
        return _writing(u, form, str(refused), status_of(refused))
    if u.witness:
        flash(gettext("記録を出しました。%(name)sさんに確認を頼んでください。", name=u.witness), "success")
    else:
        flash(gettext("記録を出しました。担当者が確認します。"), "success")
    return redirect(u.path, 303)


def _writing(u: Shown, form: RecordForm, refused: str, status: int) -> tuple[str, int]:
    stands = why_not_write(u.use, acting().id)
    page = render_template(
        "portal/privilege/record.html", u=u, form=form, refused=refused, why_not="" if stands is None else str(stands)
    )
    return page, status


@pages.route("/privilege/uses/<long:id_>/confirm", methods=["GET", "POST"])
def confirm(id_: int) -> Response | tuple[str, int]:
    """The witness confirms the record; an officer does where there was none."""
    me = acting()
    u = _seen(id_, confirming=True)
    refusal = why_not_confirm(u.use, me.id, me.who.roles)
    form = ConfirmForm.read(seen=seen_in(u.use))
    refused, status = "", 200
    if form.sent():
        try:
            with me.attempt("confirm_record", u.use.subject) as act:
                _as_seen(use(act.connection, id_), form.seen.data or "")
                confirm_record(act, me, id_, form.words.data or "")
        except (Conflict, Forbidden) as stopped:
            refused, status = str(stopped), status_of(stopped)
        else:
            flash(gettext("記録を確認しました。ありがとうございました。"), "success")
            return redirect("/privilege", 303)
    page = render_template(
        "portal/privilege/confirm.html", u=u, form=form, mark=seen_in(u.use), refused=refused,
        why_not="" if refusal is None else str(refusal),
    )  # fmt: skip
    return page, status


@pages.get("/privilege/uses/<long:id_>/timeline")
def line_of(id_: int) -> str:
    """What happened, from the audit."""
    u = _seen(id_)
    with acting().store.read() as connection:
        line = told(connection, timeline(connection, id_))
    back = u.path if u.own else u.witness_path if u.use.witness_id == acting().id else "/privilege"
    return render_template("portal/privilege/timeline.html", u=u, line=line, back=back)


def _seen(id_: int, *, confirming: bool = False) -> Shown:
    """A use of one's own or that one witnessed; for confirming, one that nobody witnessed and an officer reviews.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    me = acting()
    with me.store.read() as connection:
        found = use(connection, id_)
        if me.id not in {found.person_id, found.witness_id} and not (confirming and _reviewed(found)):
            raise NotFound(gettext("その特権IDの利用はありません。一覧から開き直してください。"))
        return one(connection, found)


def _as_seen(found: Use, seen: str) -> None:
    if seen_in(found) != seen:
        raise Conflict(gettext("記録は、いま書き直されました。読み直してから確認してください。"))


def _reviewed(found: Use) -> bool:
    return found.witness_id is None and bool(acting().who.roles & REVIEWS)
