"""The course of a use, told from the audit.

The one law: *nothing is left out*: what has no words here yet is told by the name that the audit gives it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection

from iam.people.ledger import persons_by_number
from iam.privilege.using import End, Event
from web.portal.privilege.words import names
from web.site.face.language import dated

_STAFF: Final = "staff:"
_CARE: Final = frozenset({"use.refused", "use.paused", "use.left", "errand.failed", "errand.late"})
_WRONG: Final = frozenset({"use.emergency", "errand.refused"})
_WHAT: Final[Mapping[str, Any]] = {
    "use.asked": lazy_gettext("利用を申請した"),
    "use.withdrawn": lazy_gettext("申請を取り下げた"),
    "use.refused": lazy_gettext("操作が断られた"),
}


@dataclass(frozen=True)
class Told:
    """One line: when, what, by whom, and more.  `tone`: "", care or wrong."""

    at: datetime
    what: str
    who: str
    more: str
    tone: str


def told(connection: Connection, events: Sequence[Event]) -> list[Told]:
    """Each event as a person reads it, in the same order."""
    numbers = {event.actor.removeprefix(_STAFF) for event in events if event.actor.startswith(_STAFF)}
    ids = persons_by_number(connection, numbers)
    named = names(connection, ids.values())
    people = {number: named.get(id_, number) for number, id_ in ids.items()}
    return [_told(event, people) for event in events]


def _told(event: Event, people: Mapping[str, str]) -> Told:
    number = event.actor.removeprefix(_STAFF)
    who = people.get(number, number) if event.actor.startswith(_STAFF) else gettext("自動")
    tone = "care" if event.action in _CARE else "wrong" if event.action in _WRONG else ""
    return Told(event.at, str(_WHAT.get(event.action, event.action)), who, _more(event), tone)


def _more(event: Event) -> str:
    """What is worth knowing beside it: why it was refused, why it ended."""
    detail = json.loads(event.detail) if event.detail else {}
    reason = str(detail.get("reason", "") or "")
    code, _, words = reason.partition(": ")
    if code in set(End):
        return gettext(End(code).label_ja) + (f"（{words}）" if words else "")
    return dated(reason)
