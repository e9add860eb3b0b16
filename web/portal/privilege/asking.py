"""Asking for a use, and starting one in an emergency.

The one law: *what will happen is said before it does*: for how long, who must be there, who is told.
"""

from typing import Final

from flask import Blueprint, redirect, render_template
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege.register import PrivilegedId, privileged_ids
from iam.privilege.telling import ALARMED
from iam.privilege.using import Use, Wish, ask, start_emergency, uses_in_a_row
from iam.privilege.using.deciding import LONGEST_WORDS, SHORTEST, Ground, minutes_left
from iam.privilege.using.uses import emergency_due
from iam.record.columns import jst_day
from web.portal.owner import owner
from web.portal.privilege.mine import Held, held, startable
from web.portal.privilege.proving import fresh, proved
from web.portal.privilege.use import walk
from web.portal.privilege.words import acting, called, length
from web.site.face.forms import PageForm, line, paragraph
from web.site.guarding import bearers
from web.site.problems import status_of
from web.site.site import at, the_site

pages = Blueprint("privileged_ask", __name__)

_LENGTHS: Final = (15, 30, 60, 90, 120, 180, 240, 360, 480, 600, 720)
"""Minutes that are offered, as far as the body's cap leaves them."""

_NUMBER: Final = 60
_SHORT: Final = 280
"""Characters of each text in an emergency: both come back together after a new proof (border/typed)."""


class AskForm(PageForm):
    """What for, and for how long."""

    purpose = paragraph(lazy_gettext("使う目的"), longest=LONGEST_WORDS)
    minutes = SelectField(lazy_gettext("使う時間"), [InputRequired()], coerce=int)
    decision_number = line(lazy_gettext("決裁番号"), longest=_NUMBER, required=False)


class EmergencyForm(PageForm):
    """Which ID, what happened, what is to be done."""

    privileged_id = RadioField(
        lazy_gettext("使う特権ID"), [InputRequired(lazy_gettext("使う特権IDを選んでください。"))], coerce=int
    )
    reason = paragraph(lazy_gettext("何が起きているか"), longest=_SHORT)
    purpose = paragraph(lazy_gettext("何をするか"), longest=_SHORT)


@pages.get("/privilege/ask")
def choose() -> str:
    """Which one."""
    with owner().store.read() as connection:
        return render_template("portal/privilege/choose.html", ids=held(connection))


@pages.route("/privilege/ask/<long:id_>", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Ask for a use of one."""
    with owner().store.read() as connection:
        found = _askable(connection, id_)
        left = _left(connection, found.id)
    form = AskForm.read(minutes=_usual(left))
    form.minutes.choices = [(each, length(each)) for each in _lengths(left)]
    if not form.sent():
        return _asking(found, left, form, "", form.status)
    wish = Wish(id_, form.purpose.data or "", form.decision_number.data or "", form.minutes.data)
    outcome = proved(lambda: _asked(wish))
    if isinstance(outcome, Use):
        return redirect(f"/privilege/uses/{outcome.id}", 303)
    if isinstance(outcome, Conflict | Forbidden):
        return _asking(found, left, form, str(outcome), status_of(outcome))
    return outcome


def _asked(wish: Wish) -> Use:
    me = acting()
    with me.attempt("ask", f"privileged_id {wish.privileged_id}") as act:
        return ask(act, me, wish)


def _askable(connection: Connection, id_: int) -> Held:
    """One of those that whoever is signed in may ask for.

    Raises:
        NotFound: it is none of theirs; whether there is such an ID nobody learns.
    """
    found = next((each for each in held(connection) if each.id.id == id_), None)
    if found is None:
        raise NotFound(gettext("その特権IDの利用は指名されていません。「特権ID」の画面で確かめてください。"))
    return found


def _left(connection: Connection, on: PrivilegedId) -> int:
    """The minutes that the cap leaves, after uses in a row on the same system."""
    me = owner()
    siblings = {each.id for each in privileged_ids(connection, retired=True, system=on.system)}
    before = uses_in_a_row(connection, me.id, siblings)
    rules = me.door.profile.privileged
    return minutes_left(Ground(at(), rules, on, me.who, "", delegated=True, near=False, on_system=before))


def _lengths(left: int) -> list[int]:
    """The lengths on offer; the odd rest too, where the cap leaves less than the usual."""
    fitting = [each for each in _LENGTHS if each <= left]
    return sorted({*fitting, _usual(left)}) if left >= SHORTEST else []


def _usual(left: int) -> int:
    return min(the_site().door.profile.privileged.window.value, left)


def _asking(found: Held, left: int, form: AskForm, refused: str, status: int) -> tuple[str, int]:
    rules = the_site().door.profile.privileged
    limit = gettext("続けて使えるのは%(longest)sまでです。", longest=length(rules.longest.value))
    if left < rules.longest.value:
        limit += gettext(
            "前の利用から%(rest)sたっていないので、いまはあと%(left)s使えます。",
            rest=length(rules.rest.value), left=length(left),
        )  # fmt: skip
    page = render_template(
        "portal/privilege/ask.html", found=found, form=form, refused=refused, limit=limit, fresh=fresh(), walk=walk(),
        again=not refused and not form.errors and bool(form.purpose.data), why_not=_spent(left),
    )  # fmt: skip
    return page, status


def _spent(left: int) -> str:
    if left >= SHORTEST:
        return ""
    rules = the_site().door.profile.privileged
    return gettext(
        "続けて使える%(longest)sを使い切りました。最後の利用から%(rest)s空けてから申請してください。",
        longest=length(rules.longest.value), rest=length(rules.rest.value),
    )  # fmt: skip


# --- in an emergency


@pages.route("/privilege/emergency", methods=["GET", "POST"])
def emergency() -> Response | tuple[str, int]:
    """Start a use without delegation and witness."""
    with owner().store.read() as connection:
        ids = startable(connection)
    form = EmergencyForm.read(**({"privileged_id": ids[0].id} if len(ids) == 1 else {}))
    form.privileged_id.choices = [(each.id, called(each)) for each in ids]
    if not form.sent():
        return _starting(ids, form, "", form.status)
    if not ids:
        raise NotFound(gettext("緊急利用の対象になっている特権IDはありません。"))
    wish = Wish(form.privileged_id.data, form.purpose.data or "")
    outcome = proved(lambda: _started(wish, form.reason.data or ""))
    if isinstance(outcome, Use):
        return redirect(f"/privilege/uses/{outcome.id}", 303)
    if isinstance(outcome, Conflict | Forbidden):
        return _starting(ids, form, str(outcome), status_of(outcome))
    return outcome


def _started(wish: Wish, reason: str) -> Use:
    me = acting()
    with me.attempt("start_emergency", f"privileged_id {wish.privileged_id}") as act:
        return start_emergency(act, me, wish, reason)


def _starting(ids: list[PrivilegedId], form: EmergencyForm, refused: str, status: int) -> tuple[str, int]:
    rules = the_site().door.profile.privileged
    page = render_template(
        "portal/privilege/emergency.html", form=form, ids=ids, refused=refused, fresh=fresh(),
        purposes={str(each.id): each.purpose for each in ids}, time=length(rules.emergency.value),
        due=emergency_due(jst_day(at())),
        again=not refused and not form.errors and bool(form.reason.data),
        alarmed=gettext("、").join(bearers(the_site().door.profile, frozenset(ALARMED))),
    )  # fmt: skip
    return page, status
