"""Which lines are shown: by system, department, finding, what is answered, and a word.

The one law: *a list is an address* (GET): what was asked stays with every answer given from it.
"""

from collections.abc import Sequence
from typing import Final

from flask import request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.policy.profile import Role
from iam.review.campaigns import Campaign
from iam.review.deciding.counting.progress import By, Progress, people_progress, progress
from iam.review.deciding.reviewers import Reviewer
from iam.review.deciding.worklists import Chosen
from iam.review.words import FindingKind, Part
from web.officer.review.bounds import WHOLE, seen_systems
from web.site.border.numbers import row_number
from web.site.face.forms import Line

NOBODY: Final = "-"
"""The choice of lines that belong to nobody: "" asks for all."""

_ANY, _NONE = "any", "none"
_LONGEST: Final = 60
OPEN, EVERY, ALL_OPEN, ALL = "open", "every", "all-open", "all"


class FilterForm(Form):
    """What is looked for."""

    which = SelectField(lazy_gettext("回答"))
    system = SelectField(lazy_gettext("情報システム"))
    department = SelectField(lazy_gettext("持ち主の部"))
    finding = SelectField(lazy_gettext("指摘"))
    q = Line(lazy_gettext("ID、職員番号、氏名"))


def lines_form(connection: Connection, who: Reviewer, campaign: Campaign) -> FilterForm:
    """The filter of lines, as it was asked."""
    form, every = FilterForm(request.args), ("", gettext("すべて"))
    found = [(each.value, gettext(each.label_ja)) for each in FindingKind]
    offer(form.which, _whiches(who))
    offer(form.system, [every, *((each.system, each.name) for each in seen_systems(connection, campaign.id))])
    offer(form.department, [every, *departments(progress(connection, campaign.id, By.DEPARTMENT))])
    offer(form.finding, [every, (_ANY, gettext("指摘のあるもの")), (_NONE, gettext("指摘のないもの")), *found])
    form.q.data = (form.q.data or "")[:_LONGEST]
    return form


def people_form(connection: Connection, campaign: Campaign) -> FilterForm:
    """The filter of persons, as it was asked."""
    form, every = FilterForm(request.args), ("", gettext("すべて"))
    offer(form.which, [(OPEN, gettext("回答待ち")), (ALL, gettext("すべて"))])
    offer(form.department, [every, *departments(people_progress(connection, campaign.id))])
    form.q.data = (form.q.data or "")[:_LONGEST]
    return form


def departments(found: Sequence[Progress]) -> list[tuple[str, str]]:
    """The departments to choose from; nobody's last."""
    named = [(each.key, each.key) for each in found if each.key]
    return [*named, (NOBODY, gettext("所属なし・持ち主なし"))] if len(named) < len(found) else named


def chosen(form: FilterForm, who: Reviewer) -> Chosen:
    """What the filter asks for."""
    which, finding = form.which.data, form.finding.data or ""
    whole = bool(who.roles & WHOLE)
    return Chosen(
        Part.GENERAL if whole else Part.OWNER,
        open_only=which in {OPEN, ALL_OPEN},
        everything=which in {ALL, ALL_OPEN},
        system=form.system.data or None,
        department=department(form),
        finding=FindingKind(finding) if finding in set(FindingKind) else None,
        found={_ANY: True, _NONE: False}.get(finding),
        text=form.q.data or "",
        reading=True,
    )


def people_chosen(form: FilterForm) -> Chosen:
    """What the filter of persons asks for."""
    return Chosen(
        Part.HR, open_only=form.which.data == OPEN, department=department(form), text=form.q.data or "", reading=True
    )  # fmt: skip


def department(form: FilterForm) -> str | None:
    """The department that was asked for; "" for nobody's, None for all."""
    asked = form.department.data or ""
    return None if not asked else "" if asked == NOBODY else asked


def offer(field: SelectField, choices: list[tuple[str, str]]) -> None:
    """What may be chosen; whatever else was asked for is the first of them."""
    field.choices = choices
    if field.data not in {value for value, _ in choices}:
        field.data = choices[0][0]


def after() -> int:
    """Beyond which row the page begins."""
    return row_number(request.args.get("after")) or 0


def _whiches(who: Reviewer) -> list[tuple[str, str]]:
    if Role.GENERAL_OFFICER in who.roles:
        return [
            (OPEN, gettext("統括の回答待ち")), (EVERY, gettext("統括が答えるもの")),
            (ALL_OPEN, gettext("だれかの回答待ち")), (ALL, gettext("すべて")),
        ]  # fmt: skip
    if who.roles & WHOLE:
        return [(ALL, gettext("すべて")), (ALL_OPEN, gettext("だれかの回答待ち"))]
    return [(OPEN, gettext("回答待ち")), (EVERY, gettext("自分が答えるもの")), (ALL, gettext("すべて"))]
