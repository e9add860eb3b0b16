"""Who holds which role today and why; deputies and nominees, now and to come.

The one law: *the reason stands beside the name*: a post, a deputy for somebody,
a nomination, or the first set-up; and until when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam import outbox
from iam.errors import NotFound
from iam.office import deputies
from iam.office.deputies import Assignment
from iam.office.roles import Holding, How, holders
from iam.outbox import Topic
from iam.people.ledger import Person, people
from iam.policy.profile import Role
from web.officer.cases.contents import role_title
from web.officer.officer import officer, today
from web.site.face.forms import PageForm
from web.site.site import the_site

pages = Blueprint("deputies", __name__)


@dataclass(frozen=True)
class Seat:
    """One role with whoever holds it.  `post`: as the policy writes it, "" where that is open."""

    role: Role
    title: str
    post: str
    holdings: Sequence[Holding]


@pages.get("/office/deputies")
def page() -> str:
    """The roles of today."""
    me, site = officer(), the_site()
    with site.store.read() as connection:
        seats = [_seat(connection, role) for role in Role]
        given = [each for each in deputies.assignments(connection, since=today()) if each.withdrawn_at is None]
        names = _names(connection, seats, given)
    return render_template(
        "officer/roles/list.html", seats=seats, given=given, names=names, title_of=_title, How=How,
        auditor=Role.AUDITOR in me.who.roles, may_end=_may_end,
    )  # fmt: skip


@pages.route("/office/deputies/<int:id_>/withdraw", methods=["GET", "POST"])
def withdraw(id_: int) -> Response | tuple[str, int]:
    """Take a role back before its last day."""
    me, site = officer(), the_site()
    with site.store.read() as connection:
        found = next((each for each in deputies.assignments(connection, since=today()) if each.id == id_), None)
        if found is None:
            raise NotFound(gettext("その指定はありません。一覧から開き直してください。"))
        names = _names(connection, [], [found])
    form = PageForm.read()
    if not form.sent():
        shown = render_template("officer/roles/withdraw.html", given=found, names=names, title_of=_title)
        return shown, form.status
    with me.act() as act:
        deputies.withdraw(act, site.door.offices, id_, me.who.person_id)
        deputy = names[found.person_id]
        told: dict[str, outbox.Value] = {"role": _title(found.role), "on": today()}
        outbox.tell(act, deputy.id, deputy.email, Topic.DEPUTY_ENDED, told)
    flash(gettext("%(name)sさんの指定を終わらせました。", name=names[found.person_id].name), "success")
    return redirect(url_for("deputies.page"), 303)


def _seat(connection: Connection, role: Role) -> Seat:
    offices = the_site().door.offices
    title = offices.profile.holder(role)
    return Seat(role, _title(role), title.post if title else "", holders(connection, offices, role, today()))


def _names(connection: Connection, seats: Sequence[Seat], given: Sequence[Assignment]) -> Mapping[int, Person]:
    ids = {id_ for seat in seats for each in seat.holdings for id_ in (each.person_id, each.deputises_id)}
    ids |= {id_ for each in given for id_ in (each.person_id, each.deputises_id)}
    return {person.id: person for person in people(connection, {id_ for id_ in ids if id_})}


def _title(role: Role) -> str:
    return role_title(the_site().door.offices, role)


def _may_end(given: Assignment) -> bool:
    """Whether this officer may take it back: the general officer, the holder, the deputy."""
    me = officer().who
    return Role.GENERAL_OFFICER in me.roles or me.person_id in (given.person_id, given.deputises_id)
