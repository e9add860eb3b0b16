"""What was decided of late: every answer of every door, repeats counted.

The one law: *who asks about one person or one system finds every answer*, also those that let somebody in.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.people.ledger import people, persons_by_number
from iam.signin.deciding.decision import Outcome
from iam.signin.deciding.records import Recorded, recent
from iam.signin.door import number_of
from web.officer.decide.asking import TONES
from web.officer.systems import name_of, systems
from web.portal.entry.cited import cited
from web.portal.entry.words import door_words, why
from web.site.border.numbers import row_number
from web.site.face.forms import Line
from web.site.site import the_site

pages = Blueprint("decisions", __name__)

_SIZE: Final = 50


class FilterForm(Form):
    """Which answers are shown."""

    q = Line(lazy_gettext("職員番号"))
    system = SelectField(lazy_gettext("情報システム"))
    outcome = SelectField(lazy_gettext("判定"))
    number = Line(lazy_gettext("番号"))


@pages.get("/office/decide/recent")
def page() -> str:
    """The newest first."""
    form = _form()
    with the_site().store.read() as connection:
        found, more = _found(connection, form)
        ids = {each.person_id for each in found if each.person_id is not None}
        names = {person.id: person for person in people(connection, ids)}
    return render_template(
        "officer/decide/recent.html", form=form, found=found, names=names, older=_older(found) if more else "",
        tones=TONES, name_of=name_of, cited=cited, why=why, door_words=door_words,
    )  # fmt: skip


def _form() -> FilterForm:
    form = FilterForm(request.args)
    outcomes = [(each.value, gettext(each.label_ja)) for each in Outcome]
    for field, offered in ((form.system, systems()), (form.outcome, outcomes)):
        field.choices = [("", gettext("すべて")), *offered]
        field.data = field.data if field.data in dict(offered) else ""
    return form


def _found(connection: Connection, form: FilterForm) -> tuple[Sequence[Recorded], bool]:
    """What matches, and whether there are older ones."""
    if form.number.data:
        return _one(connection, form), False
    person_id = None
    if form.q.data:
        number = number_of(form.q.data)
        person_id = persons_by_number(connection, [number]).get(number)
        if person_id is None:
            form.q.errors = [gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")]
            return [], False
    outcome = Outcome(form.outcome.data) if form.outcome.data else None
    found = recent(
        connection, system=form.system.data or "", person_id=person_id, outcome=outcome,
        before=row_number(request.args.get("before")), most=_SIZE + 1,
    )  # fmt: skip
    return found[:_SIZE], len(found) > _SIZE


def _one(connection: Connection, form: FilterForm) -> list[Recorded]:
    """The answer whose number somebody read on the page of a refusal."""
    number = row_number(form.number.data)
    found = [] if number is None else recent(connection, before=number + 1, most=1)
    if not found or found[0].id != number:
        form.number.errors = [gettext("この番号の判定はありません。番号を確かめてください。")]
        return []
    return found


def _older(found: Sequence[Recorded]) -> str:
    """The address of what comes next."""
    asked = [(name, text) for name, text in request.args.items() if name != "before" and text]
    return f"{request.path}?{urlencode([*asked, ('before', str(found[-1].id))])}"
