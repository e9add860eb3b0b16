"""What privileged IDs and their uses are called on the officers' pages, and the way through these pages.

The one law: *a way is shown to whoever it is open to*, as everywhere (web/officer/ways.py).
"""

from datetime import date, datetime
from typing import Final

from flask import url_for
from flask_babel import gettext, lazy_gettext

from iam.privilege.register import MODES
from iam.record.columns import JST
from iam.signin.door import Entrant
from web.officer.privilege.watch.months import Month, Worked
from web.officer.ways import opens
from web.portal.privilege.words import TONES, length
from web.portal.privilege.words import called as label_of
from web.site.face.language import day
from web.site.site import signed_in

__all__ = ["MODES", "TONES", "clock", "label_of", "length", "month_name", "privilege_tabs", "times", "top"]

_WAYS: Final = (
    ("privilege.page", lazy_gettext("いまの状況")),
    ("privileged_ids.page", lazy_gettext("特権ID台帳")),
    ("delegations.page", lazy_gettext("代行")),
    ("use_watch.page", lazy_gettext("利用の記録")),
    ("use_calendar.page", lazy_gettext("暦")),
    ("use_calendar.chart", lazy_gettext("推移")),
    ("privilege_findings.page", lazy_gettext("突合")),
    ("waivers.page", lazy_gettext("例外措置")),
)
"""Endpoint and label, in order; one that is not served is passed over."""


def privilege_tabs(who: Entrant) -> list[tuple[str, str]]:
    """The pages about privileged IDs that this person may come to: label and address."""
    return [(str(label), url_for(endpoint)) for endpoint, label in _WAYS if opens(endpoint, who)]


def top() -> list[tuple[str, str]]:
    """The way to the first of these pages, for whoever may come there."""
    who = signed_in()
    return [(gettext("特権ID"), url_for("privilege.page"))] if who and opens("privilege.page", who) else []


def clock(value: datetime) -> str:
    """9:05, in Japan."""
    here = value.astimezone(JST)
    return f"{here.hour}:{here:%M}"


def times(use: Worked, on: date) -> str:
    """When a use was open on one day: 9:05～10:05; open ends where it began before or is not over."""
    began = clock(use.began) if use.began.astimezone(JST).date() == on else ""
    ended = clock(use.ended) if use.ended and use.ended.astimezone(JST).date() == on else ""
    return f"{began}～{ended}"


def month_name(month: Month) -> str:
    """令和8年11月, as the body writes years."""
    return day(month.first, weekday=False).removesuffix("1日").removeprefix("1 ")
