"""What happened to a delegation, in words: what the audit holds of it, told as the course of a use is.

The one law: *nothing is left out*: an action without words of its own stands there by its name.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection, select

from iam.privilege.delegating import Broken, Delegation
from iam.privilege.using import Event
from iam.record.audit.chain import audit_record
from web.portal.privilege.after.telling import Told, told

_WORDS: Final[Mapping[str, tuple[Any, str]]] = {
    "delegation.nominated": (lazy_gettext("指名した"), ""),
    "delegation.approved": (lazy_gettext("承認した"), ""),
    "delegation.noticed": (lazy_gettext("統括の責任者に、承認を知らせた"), ""),
    "delegation.declined": (lazy_gettext("差し戻した"), "care"),
    "delegation.withdrawn": (lazy_gettext("指名を取り下げた"), ""),
    "delegation.received": (lazy_gettext("承認の知らせを受領した"), ""),
    "delegation.reviewed": (lazy_gettext("例外措置による指名を確認した"), ""),
    "delegation.ended": (lazy_gettext("代行が終わった"), ""),
    "delegation.lapsed": (lazy_gettext("承認されないまま期限が切れた"), "care"),
    "delegation.voided": (lazy_gettext("代行が効力を失った"), "wrong"),
}


def course(connection: Connection, found: Delegation) -> list[Told]:
    """Everything that the audit holds of a delegation, oldest first."""
    columns = audit_record.c
    query = select(columns.at, columns.actor, columns.action, columns.detail).where(columns.subject == found.subject)
    events = [
        Event(row.at, row.actor, row.action, row.detail) for row in connection.execute(query.order_by(columns.number))
    ]
    return [_in_words(line) for line in told(connection, events)]


def _in_words(line: Told) -> Told:
    what, tone = _WORDS.get(line.what, (line.what, line.tone))
    more = gettext(Broken(line.more).label_ja) if line.more in set(Broken) else line.more
    return replace(line, what=str(what), tone=tone, more=more)
