"""The course of a use, told from the audit.

The one law: *whatever somebody did, and whatever did not work, is told*: only what an errand notes on its way to a
result is passed over; what has no words here is told by the name that the audit gives it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask_babel import gettext
from sqlalchemy import Connection

from iam.people.ledger import persons_by_number
from iam.privilege.using import HAPPENED, End, Event
from web.portal.privilege.words import length, names
from web.site.face.language import dated, day, instant, mark

_STAFF: Final = "staff:"
_PASSED_OVER: Final = frozenset({"errand.put", "errand.intended"})
_CARE: Final = frozenset(
    {"use.refused", "use.paused", "use.witness_left", "use.lapsed", "use.chased", "errand.hindered"}
)
_WRONG: Final = frozenset({"use.emergency", "use.escalated", "errand.refused", "errand.failed"})
_DONE: Final[Mapping[str, str]] = {
    "open": mark("情報システムで使えるようにし、読み戻して確かめた"),
    "close": mark("情報システムで使えなくし、読み戻して確かめた"),
    "rotate": mark("情報システムのパスワードを変え、読み戻して確かめた"),
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
    shown = [event for event in events if event.action not in _PASSED_OVER]
    numbers = {event.actor.removeprefix(_STAFF) for event in shown if event.actor.startswith(_STAFF)}
    ids = persons_by_number(connection, numbers)
    named = names(connection, ids.values())
    people = {number: named.get(id_, number) for number, id_ in ids.items()}
    return [_told(event, people) for event in shown]


def _told(event: Event, people: Mapping[str, str]) -> Told:
    number, detail = event.actor.removeprefix(_STAFF), json.loads(event.detail or "{}")
    who = people.get(number, number) if event.actor.startswith(_STAFF) else gettext("自動")
    tone = "care" if event.action in _CARE else "wrong" if event.action in _WRONG else ""
    what = _DONE.get(str(detail.get("kind"))) if event.action == "errand.done" else HAPPENED.get(event.action)
    return Told(event.at, gettext(what or event.action), who, _more(detail), tone)


def _more(detail: Mapping[str, Any]) -> str:
    """What is worth knowing beside it: for how long, until when, why."""
    said = []
    if isinstance(detail.get("minutes"), int):
        said.append(length(detail["minutes"]))
    if detail.get("ends_at"):
        said.append(gettext("%(end)sまで", end=instant(datetime.fromisoformat(str(detail["ends_at"])))))
    if detail.get("due"):
        said.append(gettext("期限: %(day)s", day=day(date.fromisoformat(str(detail["due"])))))
    said += [text for name in ("why", "reason", "words") if (text := _reason(str(detail.get(name) or "")))]
    return gettext("、").join(dict.fromkeys(said))


def _reason(said: str) -> str:
    """Why, in words: a code of the core with what somebody added, or a sentence."""
    code, _, words = said.partition(": ")
    if code in set(End):
        return gettext(End(code).label_ja) + (f"（{words}）" if words else "")
    return dated(said)
