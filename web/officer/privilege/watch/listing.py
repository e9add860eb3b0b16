"""Uses of privileged IDs: the list, and one with everything that happened, to be read and printed.

The one law: *what happened is read from the audit*, not from what a row says of itself now.
"""

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, SelectField

from iam.privilege.using import UNDONE, Use, seen_in, timeline, uses
from iam.sync.urgent import errands
from web.officer.officer import today
from web.officer.pager import pager
from web.officer.privilege.bounds import called, names_of, seen_ids, seen_use
from web.officer.privilege.watch.deeds import ways_on
from web.officer.privilege.words import TONES, label_of, length
from web.portal.privilege.after.telling import told
from web.site.face.forms import Line
from web.site.site import at, the_site

pages = Blueprint("use_watch", __name__)

_SIZE: Final = 50
MOST: Final = 20_000
_UNDONE: Final = "undone"
_OVERDUE: Final = "overdue"
_EMERGENCY: Final = "emergency"


class FilterForm(Form):
    """Which are shown."""

    which = SelectField(lazy_gettext("範囲"))
    q = Line(lazy_gettext("職員番号"))


@pages.get("/office/privilege/uses")
def page() -> str:
    """The newest first."""
    form = FilterForm(request.args)
    form.which.choices = [
        ("", gettext("すべて")), (_UNDONE, gettext("終わっていないもの")), (_EMERGENCY, gettext("緊急利用")),
        (_OVERDUE, gettext("記録か承認の期限が過ぎたもの")),
    ]  # fmt: skip
    if form.which.data not in {_UNDONE, _EMERGENCY, _OVERDUE}:
        form.which.data = ""
    with the_site().store.read() as connection:
        ids = seen_ids(connection)
        found = uses(connection, privileged_ids=ids, limit=MOST) if ids else []
        names = names_of(connection, [id_ for each in found for id_ in (each.person_id, each.witness_id)])
    wanted = [each for each in found if _wanted(each, form.which.data or "")]
    if number := form.q.data:
        wanted = [each for each in wanted if each.person_id in names and names[each.person_id].staff_number == number]
    listed = pager(len(wanted), _SIZE)
    return render_template(
        "officer/privilege/watch/list.html", form=form, found=wanted[listed.skip : listed.last], pager=listed, ids=ids,
        names=names, called=called, tones=TONES, label_of=label_of, today=today(),
    )  # fmt: skip


def _wanted(use: Use, which: str) -> bool:
    if which == _OVERDUE:
        return use.overdue(today())
    return {_UNDONE: use.state in UNDONE, _EMERGENCY: use.emergency}.get(which, True)


@pages.get("/office/privilege/uses/<long:id_>")
def one(id_: int) -> str:
    """One of them."""
    with the_site().store.read() as connection:
        found, privileged = seen_use(connection, id_)
        people = [found.person_id, found.witness_id, found.ended_by, found.confirmed_by, found.approved_by]
        names = names_of(connection, people)
        waiting = [each for each in errands(connection, found.subject) if each.settled_at is None]
        events = told(connection, timeline(connection, id_))
    return render_template(
        "officer/privilege/watch/one.html", use=found, privileged=privileged, names=names, called=called, tones=TONES,
        label_of=label_of, events=events, errands=waiting, overdue=found.overdue(today()), may_do=ways_on(found),
        worked=length(_minutes(found)) if found.opened_at else "", seen=seen_in(found),
    )  # fmt: skip


def _minutes(use: Use) -> int:
    if use.opened_at is None:
        return 0
    return -int(-((use.ended_at or at()) - use.opened_at).total_seconds() // 60)
