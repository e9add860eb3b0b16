"""`iam privilege uses`, `use`, `end` and `undone`: what is open now, what happened in a use, and ending one.

The one law: *the console tightens and never loosens*: it may end a use, for there every minute counts, and opens none.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import click

from iam.privilege.register import PrivilegedId
from iam.privilege.using import HAPPENED, UNDONE, Event, Use, end, timeline, use, uses
from iam.record.columns import local_text
from iam.sync.urgent.errands import StoredErrand, undone
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.privilege import knowing
from web.cli.table import printable, say, say_json, say_table
from web.cli.wiring import Desk

_MOST: Final = 200
_WHAT: Final[Mapping[str, str]] = {
    **HAPPENED, "errand.put": "情報システムへの操作を予約した", "errand.intended": "情報システムへの操作を始めた",
    "errand.done": "情報システムで行い、読み戻して確かめた",
}  # fmt: skip
"""What the audit calls each thing, in words, each step of an errand too; what has none is told by its name."""


@click.command("uses")
@click.option("--open", "open_only", is_flag=True, help="終わっていない利用だけを示します。")
@as_json_option
@click.pass_obj
def uses_command(desk: Desk, *, open_only: bool, as_json: bool) -> None:
    """特権IDの利用を、新しいものから一覧にします（最大200件）。"""
    with desk.store.read() as connection:
        found = uses(connection, states=UNDONE if open_only else None, limit=_MOST)
        register = knowing.registered(connection)
        names = knowing.named(connection, {id_ for each in found for id_ in (each.person_id, each.witness_id)})
    if as_json:
        say_json([_use_json(each, register, names) for each in found])
        return
    rows = [
        (str(each.id), printable(register[each.privileged_id].label), names[each.person_id],
         names[each.witness_id] or "—", each.state.label_ja + ("（緊急）" if each.emergency else ""),
         knowing.when(each.opened_at), knowing.when(each.ended_at or each.ends_at))
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([("番号", "特権ID", "利用者", "立会者", "状態", "始まり", "終わり（予定）"), *rows])
    say(f"{len(rows):,}件" if rows else "該当する利用はありません。")


@click.command("use")
@click.argument("number", metavar="番号", type=int)
@as_json_option
@click.pass_obj
def use_command(desk: Desk, *, number: int, as_json: bool) -> None:
    """特権IDの利用一つの内容と、起きたことを、証跡から順に表示します。"""
    with desk.store.read() as connection:
        found = use(connection, number)
        events = timeline(connection, number)
        register = knowing.registered(connection)
        people = (found.person_id, found.witness_id, found.ended_by, found.confirmed_by, found.approved_by)
        names = knowing.named(connection, people)
        actors = knowing.actors(connection, {each.actor for each in events})
    if as_json:
        course = [
            {"at": each.at, "actor": each.actor, "action": each.action, "detail": json.loads(each.detail or "{}")}
            for each in events
        ]
        say_json({**_use_json(found, register, names), "record": found.record, "timeline": course})
        return
    happened = (f"  {_event(each, actors[each.actor])}" for each in events)
    say(*_lines(found, register[found.privileged_id], names), "起きたこと", *happened)


def _lines(found: Use, on: PrivilegedId, names: Mapping[int | None, str]) -> Iterator[str]:
    yield f"利用 {found.id}  {printable(on.label)}  {found.state.label_ja}" + ("  緊急" if found.emergency else "")
    decision = f"（決裁 {printable(found.decision_number)}）" if found.decision_number else ""
    yield f"  目的 {printable(found.purpose)}{decision}"
    yield f"  利用者 {names[found.person_id]}  立会者 {names[found.witness_id] or 'いません'}"
    yield f"  始まり {knowing.when(found.opened_at)}  終わる予定 {knowing.when(found.ends_at)}"
    if found.ended_at:
        yield f"  終わり {local_text(found.ended_at)}  {printable(found.why_ended)}"
    yield f"  作業記録 {'あり' if found.record_at else 'まだありません'}" + (
        f"（{names[found.confirmed_by]}が確認）" if found.confirmed_by else ""
    )


def _event(each: Event, who: str) -> str:
    detail = json.loads(each.detail or "{}")
    why = next((str(detail[name]) for name in ("words", "reason") if detail.get(name)), "")
    words = f"（{printable(why)}）" if why else ""
    return f"{local_text(each.at)}  {_WHAT.get(each.action, each.action)}{words}  {printable(who)}"


@click.command("end")
@click.argument("number", metavar="番号", type=int)
@click.option("--reason", required=True, metavar="理由", help="終わらせる理由。証跡に残り、利用者に知らせます。")
@as_json_option
@click.pass_obj
def end_command(desk: Desk, *, number: int, reason: str, as_json: bool) -> None:
    """特権IDの利用を、いますぐ終わらせます。

    システムの側のIDは、iam worker が数秒のうちに使えなくし、読み戻して確かめます。
    終わったかどうかは iam privilege use 番号 で、残っている操作は iam privilege undone で確かめられます。
    すでに終わった利用には、何もしません。

    \b
    例:
      iam privilege uses --open
      iam privilege end 12 --reason "不審な操作の連絡があったため"
    """
    door = knowing.door(desk)
    with desk.store.act(desk.actor) as act:
        found = end(act, door, number, None, reason)
    if as_json:
        say_json({"id": found.id, "state": found.state, "ended_at": found.ended_at, "end_reason": found.end_reason})
    else:
        say(f"利用 {found.id} は「{found.state.label_ja}」です（{printable(found.why_ended)}）。")


@click.command("undone")
@click.option("--check", is_flag=True, help="残っていれば終了コード 1 で終わります。監視から呼ぶときに使います。")
@as_json_option
@click.pass_obj
def undone_command(desk: Desk, *, check: bool, as_json: bool) -> None:
    """システムの側でまだ行えていない操作を、理由と次に試す時刻とともに一覧にします。

    終わらせる操作は、行えるまで繰り返し試します。急ぐときは、システムの側で操作してください。
    """
    with desk.store.read() as connection:
        found = undone(connection)
    if as_json:
        say_json([_errand_json(each) for each in found])
    else:
        _say_errands(found)
    if check and found:
        raise click.exceptions.Exit(Exit.DIFFERS)


def _say_errands(found: Sequence[StoredErrand]) -> None:
    rows = [
        (each.system, printable(each.login), each.kind.label_ja, each.subject.replace("use ", "利用 "),
         f"{each.tries:,}回", local_text(each.due_at), printable(each.reason) or "—")
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([("システム", "ID", "操作", "もと", "試した回数", "次に試す時刻", "行えていない理由"), *rows])
    say(f"{len(rows):,}件" if rows else "残っている操作はありません。")


def _errand_json(each: StoredErrand) -> dict[str, object]:
    return {
        "id": each.id, "system": each.system, "login": each.login, "kind": each.kind, "subject": each.subject,
        "tries": each.tries, "written_at": each.written_at, "next_try_at": each.due_at, "reason": each.reason,
    }  # fmt: skip


def _use_json(each: Use, register: Mapping[int, PrivilegedId], names: Mapping[int | None, str]) -> dict[str, object]:
    on = register[each.privileged_id]
    return {
        "id": each.id, "privileged_id": on.id, "system": on.system, "name": on.name, "state": each.state,
        "emergency": each.emergency, "person": names.get(each.person_id, ""), "witness": names.get(each.witness_id, ""),
        "purpose": each.purpose, "decision_number": each.decision_number, "minutes": each.minutes,
        "asked_at": each.asked_at, "opened_at": each.opened_at, "ends_at": each.ends_at, "ended_at": each.ended_at,
        "end_reason": each.end_reason, "closed_at": each.closed_at, "recorded_at": each.record_at,
        "confirmed_at": each.confirmed_at,
    }  # fmt: skip
