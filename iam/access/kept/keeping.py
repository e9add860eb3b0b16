"""What becomes of kept IDs: registered, changed, given another keeper, their secret changed, retired.

The one law: *each change is one conditional statement on the row as it was read*, so that of two officers who change
the same one, one is refused; and every change is in the audit.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.access.kept.books import kept_id_table
from iam.access.kept.judging import (
    LABELS,
    Particulars,
    Rules,
    differences,
    missing,
    mistakes,
    named_anew,
    owned_otherwise,
    told,
    unfit,
)
from iam.access.kept.members import set_members
from iam.access.kept.register import Kept, KeptKind, kept_by_login, kept_id
from iam.errors import Conflict, SheetError
from iam.record.act import Act
from iam.record.columns import jst_day

__all__ = ["Particulars", "Rules", "change", "change_keeper", "keep", "note_secret_changed", "retire"]

_OVERTAKEN = "このIDは、ご覧になってから別の担当者が変更しました。開き直して、いまの内容を確かめてください。"


def keep(act: Act, rules: Rules, given: Particulars, *, gaps_allowed: bool = False) -> Kept:
    """Write a new ID into the register.  `gaps_allowed`: what its kind needs may be missing, as in an old list.

    Raises:
        SheetError: with every mistake in it; Conflict: it stands there already, or is a person's own or privileged.
    """
    wrong = why_not(act, rules, given, None)
    if not gaps_allowed:
        wrong = missing(given) | wrong
    _refuse(wrong)
    if owned := owned_otherwise(act.connection, {given.key}):
        raise Conflict(owned[given.key])
    if kept_by_login(act.connection, given.system, given.login):
        raise Conflict(_taken(given))
    return write(act, given)


def write(act: Act, given: Particulars) -> Kept:
    """The new row of what was judged.

    Raises:
        Conflict: somebody else wrote it meanwhile.
    """
    values = told(given) | {
        "comparable": given.key[1], "kind": given.kind.value, "keeper_since": act.at if given.keeper_id else None,
        "registered_by": act.actor, "registered_at": act.at, "changed_at": act.at,
    }  # fmt: skip
    try:
        inserted = act.connection.execute(kept_id_table.insert().values(values)).inserted_primary_key
    except ConstraintBroken as error:
        raise Conflict(_taken(given)) from error
    made = kept_id(act.connection, inserted[0] if inserted else 0)
    act.record("kept.registered", made.subject, told(given))
    return made


def change(act: Act, rules: Rules, seen: Kept, given: Particulars) -> Kept:
    """Say something else of an ID; its system and login stay.

    Raises:
        SheetError: with every mistake in it; Conflict: it is no longer as it was `seen`.
    """
    before = Particulars.of(seen)
    given = replace(given, system=seen.system, login=seen.login)
    emptied = {name: words for name, words in missing(given).items() if name not in before.gaps}
    _refuse(emptied | why_not(act, rules, given, before))
    return rewrite(act, seen, given)


def rewrite(act: Act, seen: Kept, given: Particulars) -> Kept:
    """The row as it was judged, where it says something else; a new keeper is told of by itself.

    Raises:
        Conflict: it is no longer as it was `seen`.
    """
    different = differences(Particulars.of(seen), given)
    if not different:
        return seen
    keeper = different.pop("keeper_id", None)
    moved = _moved(act, seen, **told(given) | {"kind": given.kind.value})
    if keeper:
        act.record("kept.keeper_changed", seen.subject, keeper)
    if different:
        act.record("kept.changed", seen.subject, different)
    if moved.kind is not KeptKind.SHARED:
        set_members(act, moved, ())
    return moved


def change_keeper(act: Act, rules: Rules, seen: Kept, keeper_id: int, reason: str) -> Kept:
    """Another person answers for it from today.

    Raises:
        Conflict: they cannot, they do already, there is no reason, or it is no longer as it was `seen`.
    """
    if not reason.strip():
        raise Conflict("管理者を替える理由を書いてください。")
    if keeper_id == seen.keeper_id:
        raise Conflict("その職員は、すでにこのIDの管理者です。")
    if words := unfit(act.connection, rules, [keeper_id], jst_day(act.at)).get(keeper_id):
        raise Conflict(f"管理者にできません。{words}")
    moved = _moved(act, seen, keeper_id=keeper_id)
    act.record("kept.keeper_changed", seen.subject, {"from": seen.keeper_id, "to": keeper_id, "reason": reason})
    return moved


def note_secret_changed(act: Act, seen: Kept, on: date) -> Kept:
    """Its secret was changed on a day.

    Raises:
        Conflict: the day is to come, or before the last change; or it is no longer as it was `seen`.
    """
    if on > jst_day(act.at):
        raise Conflict("パスワードを変えた日は、今日までの日にしてください。")
    if seen.secret_changed_on is not None and on < seen.secret_changed_on:
        raise Conflict(f"パスワードは {seen.secret_changed_on} にも変えられています。それより後の日にしてください。")
    moved = _moved(act, seen, secret_changed_on=on)
    act.record("kept.secret_changed", seen.subject, {"from": seen.secret_changed_on, "to": on})
    return moved


def retire(act: Act, seen: Kept, reason: str) -> Kept:
    """It leaves the register; what the target still holds of it is then without an owner.

    Raises:
        Conflict: it left already, there is no reason, or it is no longer as it was `seen`.
    """
    if not reason.strip():
        raise Conflict("台帳から外す理由を書いてください。")
    moved = _moved(act, seen, retired_at=act.at)
    act.record("kept.retired", seen.subject, {**told(Particulars.of(seen)), "reason": reason})
    return moved


def why_not(act: Act, rules: Rules, given: Particulars, before: Particulars | None) -> dict[str, str]:
    """What is wrong in what one person wrote, by field, with whom it names anew."""
    on = jst_day(act.at)
    named = named_anew(given, before)
    barred = unfit(act.connection, rules, set(named.values()), on)
    wrong = mistakes(rules, given, on, before)
    return wrong | {name: barred[id_] for name, id_ in named.items() if id_ in barred}


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise SheetError([f"{label}: {wrong[name]}" for name, label in LABELS.items() if name in wrong])


def _moved(act: Act, seen: Kept, **values: Any) -> Kept:  # noqa: ANN401 - what columns hold
    """Change the row if it is still in force and as it was seen."""
    columns = kept_id_table.c
    if values.get("keeper_id", seen.keeper_id) != seen.keeper_id:
        values["keeper_since"] = act.at if values["keeper_id"] else None
    moved = act.connection.execute(
        update(kept_id_table)
        .where(columns.id == seen.id, columns.changed_at == seen.changed_at, columns.retired_at.is_(None))
        .values(**values, changed_at=act.at)
    )
    if moved.rowcount != 1:
        now = kept_id(act.connection, seen.id)
        raise Conflict("このIDは、すでに台帳から外されています。" if now.retired_at is not None else _OVERTAKEN)
    return kept_id(act.connection, seen.id)


def _taken(given: Particulars) -> str:
    return f"{given.system} の利用者ID「{given.login}」は、すでに共用ID等の台帳にあります。"
