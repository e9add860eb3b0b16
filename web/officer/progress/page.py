"""Enrolment by department, as a chart with its table, and whom to ask.

The one law: *the chart says nothing that the table does not*, and an owner sees their own units alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, SelectField

from iam.office.roles import holdings_of, units_of
from iam.policy.profile import Role
from iam.signin.desk import progress
from iam.signin.desk.progress import OUTSTANDING, Counted, Stage, Whom
from web.officer.officer import below, officer, place, today, units
from web.officer.pager import pager
from web.officer.progress.groups import grouped, overall
from web.officer.progress.sheet import sheet
from web.site.access import TABLE
from web.site.face.forms import PageForm
from web.site.site import the_site

pages = Blueprint("progress", __name__)

_SIZE: Final = 50
WHOLE: Final = frozenset({Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.OPERATOR, Role.APPROVER, Role.AUDITOR})
"""Who sees the whole body; an owner of systems sees the units of the post that makes them one."""


class WhomForm(Form):
    """Whose progress is shown."""

    unit = SelectField(lazy_gettext("所属"))
    stage = SelectField(lazy_gettext("状態"))


class SureForm(PageForm):
    """Nothing to fill in."""


@dataclass(frozen=True)
class View:
    """What this officer sees.  `bounds`: the units that bound them, None for the whole body."""

    form: WhomForm
    day: date
    bounds: frozenset[str] | None

    @property
    def unit(self) -> str:
        """The unit that was chosen, "" for all that may be seen."""
        return self.form.unit.data or ""

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages that were chosen: those that are still to be asked, or one of them."""
        return (Stage(self.form.stage.data),) if self.form.stage.data else OUTSTANDING

    @property
    def codes(self) -> Collection[str] | None:
        """The units whose people are listed, None for all."""
        organisation = the_site().deployment.organisation
        if self.unit:
            return below(organisation, self.unit, self.day)
        if self.bounds is None:
            return None
        return frozenset[str]().union(*(below(organisation, code, self.day) for code in self.bounds))

    @property
    def whom(self) -> Whom:
        """The question to the core."""
        return Whom(self.stages, self.codes)


def view() -> View:
    """What the address asks for, within what this officer may see."""
    site, day, bounds = the_site(), today(), _bounds()
    form = WhomForm(request.args)
    found = units(site.deployment.organisation, day, bounds)
    form.unit.choices = [("", gettext("すべての所属")), *((unit.code, unit.indented) for unit in found)]
    form.stage.choices = [("", gettext("未登録のすべて")), *((each, gettext(each.label_ja)) for each in OUTSTANDING)]
    if form.unit.data not in {unit.code for unit in found}:
        form.unit.data = ""
    if form.stage.data not in set(OUTSTANDING):
        form.stage.data = ""
    return View(form, day, bounds)


def _bounds() -> frozenset[str] | None:
    me = officer()
    if me.who.roles & WHOLE:
        return None
    with me.store.read() as connection:
        held = holdings_of(connection, me.door.offices, [me.who.person_id], today())[me.who.person_id]
    return units_of(held, Role.SYSTEM_OWNER)


@pages.get("/office/enrolment")
def page() -> str:
    """The chart, the table, and whom to ask."""
    seen, site = view(), the_site()
    codes = seen.codes
    with site.store.read() as connection:
        counted = _within(progress.by_unit(connection, site.door.offices, seen.day), codes)
        everybody = overall(counted)
        listed = pager(sum(everybody.stages[stage] for stage in seen.stages), _SIZE)
        staff = progress.listed(connection, site.door.offices, seen.day, seen.whom, skip=listed.skip, limit=_SIZE)
    groups = grouped(site.deployment.organisation, counted, seen.day, top=seen.unit, bounds=seen.bounds or ())
    return render_template(
        "officer/progress/page.html", seen=seen, overall=everybody, groups=groups, stages=list(Stage), staff=staff,
        pager=listed, sections=sections(staff), may_export=_may_export(),
    )  # fmt: skip


def _within(counted: Sequence[Counted], codes: Collection[str] | None) -> list[Counted]:
    return [each for each in counted if codes is None or each.code in codes]


def _may_export() -> bool:
    return bool(TABLE["progress.export"].roles & officer().who.roles)


def sections(staff: Sequence[progress.Staff]) -> dict[str, str]:
    """Department and section of each unit that somebody of the list belongs to, as one text."""
    names = {each.org_code: each.org_name for each in staff}
    return {code: place(code, name) for code, name in names.items()}


@pages.route("/office/enrolment/export", methods=["GET", "POST"])
def export() -> Response | tuple[str, int]:
    """What the file will hold; once it is confirmed, the file."""
    seen, site = view(), the_site()
    form = SureForm.read()
    with site.store.read() as connection:
        staff = progress.listed(connection, site.door.offices, seen.day, seen.whom)
    if not form.sent():
        return render_template("officer/progress/export.html", seen=seen, count=len(staff), form=form), form.status
    with officer().act() as act:
        asked = {"unit": seen.unit, "stages": list(seen.stages), "people": len(staff)}
        act.record("progress.exported", "enrolment", asked)
    return sheet(staff, sections(staff), seen.day)
