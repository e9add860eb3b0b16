"""The calendar of a month, and the chart of twelve: when which privileged ID was used.

The one law: *the picture says nothing that the words beside it do not*: both are read without colour, and on paper.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.privilege.using import Use, uses
from web.officer.officer import today
from web.officer.privilege.bounds import names_of, seen_ids
from web.officer.privilege.watch.months import SPAN, Month, Worked, by_day, charted
from web.officer.privilege.words import label_of, length, month_name, times
from web.officer.systems import name_of
from web.site.site import at, the_site

pages = Blueprint("use_calendar", __name__)

MOST: Final = 20_000
_TOKYO: Final = ZoneInfo("Asia/Tokyo")
_LONGEST: Final = timedelta(days=2)
"""Further back than any use of the month can have been asked for."""


class FilterForm(Form):
    """Which system."""

    system = SelectField(lazy_gettext("情報システム"))


@pages.get("/office/privilege/calendar")
def page() -> str:
    """One month, ?month=2026-11; this one unless another is named."""
    month = Month.read(request.args.get("month", "")) or Month.of(today())
    form = FilterForm(request.args)
    with the_site().store.read() as connection:
        ids = seen_ids(connection)
        form.system.choices = [("", gettext("すべての情報システム")), *_choices([each.system for each in ids.values()])]
        if form.system.data not in {each.system for each in ids.values()}:
            form.system.data = ""
        found = worked(connection, _midnight(month) - _LONGEST)
    days = by_day([each for each in found if form.system.data in {"", each.system}], at())
    shown = {each.id for day, listed in days.items() if Month.of(day) == month for each in listed}
    return render_template(
        "officer/privilege/watch/calendar.html", month=month, days=days, today=today(), count=len(shown), form=form,
        weekdays=_weekdays(), href=lambda other: _href(other, form.system.data or ""), month_name=month_name,
        times=times,
    )  # fmt: skip


@pages.get("/office/privilege/months")
def chart() -> str:
    """The last twelve months, system by system."""
    last = Month.of(today())
    with the_site().store.read() as connection:
        systems = [code for code, _ in _choices([each.system for each in seen_ids(connection).values()])]
        found = worked(connection, _midnight(last.after(1 - SPAN)))
    rows = charted(found, systems, last, at())
    months = [last.after(-back) for back in range(SPAN)]
    lines = [(month, [row.bars[SPAN - 1 - back] for row in rows]) for back, month in enumerate(months)]
    return render_template(
        "officer/privilege/watch/months.html", rows=rows, lines=lines, names=[name_of(row.system) for row in rows],
        today=today(), name_of=name_of, month_name=month_name, length=length,
    )  # fmt: skip


def worked(connection: Connection, since: datetime) -> list[Worked]:
    """What this officer sees of the uses that were opened; asked for since an instant."""
    ids = seen_ids(connection)
    found: Sequence[Use] = uses(connection, privileged_ids=ids, since=since, limit=MOST) if ids else []
    people = names_of(connection, [each.person_id for each in found])
    names = {id_: person.name for id_, person in people.items()}
    return [
        Worked(
            each.id, ids[each.privileged_id].system, label_of(ids[each.privileged_id]), names.get(each.person_id, "—"),
            each.opened_at, each.ended_at, each.emergency,
        )
        for each in found
        if each.opened_at is not None
    ]  # fmt: skip


def _choices(systems: Sequence[str]) -> list[tuple[str, str]]:
    """Systems, code and name, in the order of the access model; those that it knows no more at the end."""
    known = [code for code in the_site().door.model.systems if code in systems]
    return [(code, name_of(code)) for code in dict.fromkeys([*known, *sorted(systems)])]


def _midnight(month: Month) -> datetime:
    return datetime.combine(month.first, time(), _TOKYO)


def _weekdays() -> list[str]:
    return [
        gettext("日"), gettext("月"), gettext("火"), gettext("水"), gettext("木"), gettext("金"), gettext("土"),
    ]  # fmt: skip


def _href(month: Month, system: str) -> str:
    query = {"month": str(month), **({"system": system} if system else {})}
    return f"{request.path}?{urlencode(query)}"
