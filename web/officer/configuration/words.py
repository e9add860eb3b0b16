"""What changes in a configuration, in rows that people read; and what cases about it and about keys ask for.

The one law: *the whole difference is shown*, what was beside what would be, with the clause: nobody confirms a digest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection

from iam.office.cases import Case
from iam.office.changes import proposing
from iam.office.changes.configuration import Configuration, Difference, Statement, configuration_of
from iam.office.changes.permits import KeyDeed, deed_in
from web.officer.cases.content import Content, Part
from web.officer.clients.words import Row
from web.site.site import the_site

_PARTS: Final[Mapping[str, Any]] = {
    "policy": lazy_gettext("ポリシー"),
    "systems": lazy_gettext("情報システム"),
    "birthright": lazy_gettext("標準付与"),
    "networks": lazy_gettext("ネットワーク"),
    "flows": lazy_gettext("ネットワーク"),
    "peers": lazy_gettext("ネットワーク"),
    "sources": lazy_gettext("供給元"),
    "targets": lazy_gettext("接続先"),
}
"""By the first word of a key; whatever has none here is of the service itself."""


def parts_of(changes: Iterable[Difference], *, first: bool = False) -> list[Part]:
    """Each change as a row, part by part; of the first configuration there is nothing to compare with."""
    found: dict[str, list[Row]] = {}
    for each in changes:
        name = str(_PARTS.get(each.key.partition(".")[0], lazy_gettext("鍵守の設定")))
        found.setdefault(name, []).append(Row(_label(each), _said(each.after), None if first else _said(each.before)))
    return [Part(name, rows, shown=not first) for name, rows in found.items()]


def _label(each: Difference) -> str:
    clauses = dict.fromkeys(side.clause for side in (each.before, each.after) if side and side.clause)
    return (
        gettext("%(label)s（根拠 %(clause)s）", label=each.label, clause=" → ".join(clauses)) if clauses else each.label
    )


def _said(statement: Statement | None) -> Sequence[str]:
    if statement is None:
        return ()
    return (statement.value or gettext("（空）"),) + ((statement.clause,) if statement.clause else ())


def of_configuration(connection: Connection, case: Case) -> Content:
    """A proposed configuration, held against what was in force before it."""
    found = configuration_of(connection, int(case.content["configuration"]))
    if not found.sound or found.digest != case.content["digest"]:
        altered = gettext("申請されたときから案の内容が変わっています。iam policy propose で出し直してください。")
        return Content([(gettext("注意"), altered)])
    before, changes = proposing.changes_of(connection, the_site().door.keys, found)
    facts = [
        (gettext("案の番号"), str(found.id)),
        (gettext("照合値"), found.digest[:16]),
        (gettext("申し出の理由"), found.reason),
        (gettext("変わる項目"), gettext("%(number)s件", number=len(changes))),
    ]
    effects = [
        gettext("すぐに、この設定が確認済みの設定になります。"),
        gettext("動いているポータルとワーカーは、1時間以内に読み直してください。それまでは前の設定でも動きます。"),
    ]
    if before is None:
        effects.append(
            gettext("これが初めての確認です。これからは、確認していない設定では新しく与える操作ができません。")
        )
    heading = gettext("変わる内容") if before else gettext("すべての内容")
    return Content(facts, effects=effects, parts=parts_of(changes, first=before is None), heading=heading)


def of_keys(case: Case) -> Content:
    """A permit, or the confirmation of an emergency."""
    deed, permit = deed_in(case.content), case.content.get("permit")
    facts = [(gettext("鍵"), gettext(deed.label_ja))]
    if permit is not None:
        facts.append((gettext("緊急の更新"), gettext("番号 %(number)s", number=permit)))
        return Content(facts, effects=[gettext("すでに行われた緊急の更新を、確かめたものとして記録します。")])
    return Content(facts, effects=permitted(deed))


def permitted(deed: KeyDeed) -> Sequence[str]:
    """What a permit lets happen."""
    return (
        gettext("サーバーで「%(command)s」を、24時間以内に一度だけ実行できるようになります。", command=deed.command),
        gettext("いままでの鍵で封印した記録は、これまでどおり確かめられます。")
        if deed is KeyDeed.ROTATE
        else gettext("いままでのトークンは信じられなくなり、利用者は連携先でサインインし直すことがあります。"),
    )


def state_of(found: Configuration, case_id: int | None) -> tuple[str, str]:
    """Where a row stands, and the tone of the word."""
    if found.confirmed_at is not None:
        return gettext("確認済"), "success"
    if case_id is not None:
        return gettext("確認待ち"), "info"
    if found.emergency_until is not None:
        return gettext("緊急の変更（未確認）"), "error"
    return gettext("申請前"), "warning"
