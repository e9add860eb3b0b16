"""Finding a person: by number, name, reading or department.

The one law: *searching changes nothing and is a plain address* (GET): it can be gone back to and sent on.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.office.finding import LONGEST, Asked, find
from iam.people.announced import may_be_said
from iam.people.ledger import Person, people
from iam.people.standing import Held, Status
from iam.signin.factors import authenticators
from web.officer.officer import below, today, units
from web.officer.pager import Pager, pager, wanted_page
from web.site.face.forms import Line
from web.site.site import the_site

pages = Blueprint("people", __name__)

_SIZE: Final = 30


class FindForm(Form):
    """What is looked for."""

    q = Line(lazy_gettext("職員番号、氏名、読み"))
    unit = SelectField(lazy_gettext("所属"))


@dataclass(frozen=True)
class Hit:
    """One person in a list.  `post`: of today, None where nothing may be said of it."""

    person: Person
    status: Status
    post: Held | None
    factors: int


@pages.get("/office/people")
def page() -> str:
    """Look for people."""
    form = _form()
    asked = bool(form.q.data or form.unit.data)
    hits, listed = _hits(form) if asked else ([], None)
    if "q" in request.args and not asked:
        form.q.errors = [gettext("職員番号、氏名、読みのどれかを入力するか、所属を選んでください。")]
    return render_template("officer/people/find.html", form=form, asked=asked, hits=hits, pager=listed)


def _form() -> FindForm:
    organisation = the_site().deployment.organisation
    form = FindForm(request.args)
    found = units(organisation, today())
    form.unit.choices = [("", gettext("すべての所属")), *((unit.code, unit.indented) for unit in found)]
    form.q.data = (form.q.data or "")[:LONGEST]
    if form.unit.data not in {unit.code for unit in found}:
        form.unit.data = ""
    return form


def _hits(form: FindForm) -> tuple[list[Hit], Pager]:
    site, day = the_site(), today()
    codes = below(site.deployment.organisation, form.unit.data, day) if form.unit.data else None
    asked = Asked(form.q.data or "", codes)
    with site.store.read() as connection:
        found = find(connection, asked, day, skip=(wanted_page() - 1) * _SIZE, limit=_SIZE)
        listed = pager(found.total, _SIZE)
        if found.total and not found.ids:
            found = find(connection, asked, day, skip=listed.skip, limit=_SIZE)
        return hits(connection, found.ids), listed


def hits(connection: Connection, ids: tuple[int, ...]) -> list[Hit]:
    """These persons as a list shows them, in this order."""
    held = authenticators.of_people(connection, ids)
    known = {person.id: person for person in people(connection, ids)}
    return [_hit(known[id_], sum(each.lasting for each in held.get(id_, ()))) for id_ in ids]


def _hit(person: Person, factors: int) -> Hit:
    now = the_site().door.offices.standing(person, today())
    said = [post for post in now.posts if may_be_said(post.entry.told.announce_from, today())]
    return Hit(person, now.status, said[0] if said else None, factors)
