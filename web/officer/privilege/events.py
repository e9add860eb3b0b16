"""What happened to a delegation or a use, in words: what the audit holds of it, line by line.

The one law: *nothing is left out*: an action without words of its own stands there by its name.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext, ngettext
from sqlalchemy import Connection, select

from iam.office.roles import STAFF
from iam.people.ledger import people, persons_by_number
from iam.privilege.using import Event
from iam.record.audit.chain import audit_record
from web.site.face.language import mark

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "delegation.nominated": (mark("指名した"), ""),
    "delegation.approved": (mark("承認した"), ""),
    "delegation.noticed": (mark("承認を知らせた"), ""),
    "delegation.declined": (mark("差し戻した"), "care"),
    "delegation.withdrawn": (mark("取り下げた"), ""),
    "delegation.received": (mark("承認の知らせを受領した"), ""),
    "delegation.reviewed": (mark("例外措置による指名を確認した"), ""),
    "delegation.ended": (mark("終わらせた"), ""),
    "delegation.expired": (mark("期間が終わった"), ""),
    "delegation.lapsed": (mark("承認されないまま期限が切れた"), "care"),
    "delegation.voided": (mark("効力を失った"), "wrong"),
    "delegation.refused": (mark("できなかった"), "wrong"),
    "use.asked": (mark("利用を申請した"), ""),
    "use.withdrawn": (mark("申請を取り下げた"), ""),
    "use.lapsed": (mark("立会人がないまま時間が過ぎた"), "care"),
    "use.joined": (mark("立会人が加わった"), ""),
    "use.opening": (mark("開け始めた"), ""),
    "use.opened": (mark("使えるようになった"), ""),
    "use.emergency": (mark("緊急利用を始めた"), "wrong"),
    "use.revealed": (mark("パスワードを表示した"), ""),
    "use.paused": (mark("立会いが途切れて中断した"), "care"),
    "use.resumed": (mark("立会いが戻って再開した"), ""),
    "use.left": (mark("立会人が離れた"), "care"),
    "use.ended": (mark("終わった"), ""),
    "use.closed": (mark("対象のシステムで使えないことを確かめた"), ""),
    "use.recorded": (mark("作業の記録を書いた"), ""),
    "use.confirmed": (mark("作業の記録を確認した"), ""),
    "use.approved": (mark("事後に承認した"), ""),
    "use.chased": (mark("期限が過ぎたと知らせた"), "care"),
    "use.refused": (mark("できなかった"), "wrong"),
    "errand.put": (mark("対象のシステムへの作業を決めた"), ""),
    "errand.intended": (mark("対象のシステムへの作業を始めた"), ""),
    "errand.done": (mark("対象のシステムへの作業が済んだ"), ""),
    "errand.settled": (mark("対象のシステムへの作業が済んだ"), ""),
    "errand.failed": (mark("対象のシステムへの作業ができなかった"), "wrong"),
    "errand.superseded": (mark("対象のシステムへの作業をやめた"), ""),
    "errand.refused": (mark("対象のシステムへの作業を断った"), "wrong"),
}
"""Action of the audit to what a page says, and its tone."""


@dataclass(frozen=True)
class Told:
    """One line.  `tone`: "", care or wrong."""

    at: datetime
    what: str
    who: str
    more: str = ""
    tone: str = ""


def happened(connection: Connection, subject: str) -> list[Told]:
    """Everything that the audit holds of a subject, oldest first."""
    columns = audit_record.c
    query = select(columns.at, columns.actor, columns.action, columns.detail).where(columns.subject == subject)
    rows = connection.execute(query.order_by(columns.number))
    return told(connection, [Event(row.at, row.actor, row.action, row.detail) for row in rows])


def told(connection: Connection, events: Iterable[Event]) -> list[Told]:
    """Each line in words, with the name of whoever signed in for it."""
    kept = list(events)
    numbers = {each.actor.removeprefix(STAFF) for each in kept if each.actor.startswith(STAFF)}
    ids = persons_by_number(connection, numbers)
    names = {person.id: person.name for person in people(connection, set(ids.values()))} if ids else {}
    actors = {f"{STAFF}{number}": f"{names[id_]}（{number}）" for number, id_ in ids.items() if id_ in names}
    return [_line(each, actors.get(each.actor, each.actor)) for each in kept]


def _line(event: Event, actor: str) -> Told:
    words, tone = _WORDS.get(event.action, ("", ""))
    return Told(event.at, gettext(words) if words else event.action, actor, _more(event.detail), tone)


def _more(detail: str) -> str:
    """What is worth reading of the detail: the reason, how many tries."""
    try:
        found = json.loads(detail)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    tries = found.get("tries")
    parts = [str(found[name]) for name in ("reason", "words", "why") if found.get(name)]
    if isinstance(tries, int) and tries > 1:
        parts.append(ngettext("%(num)s回目", "%(num)s回目", tries))
    return "　".join(parts)
