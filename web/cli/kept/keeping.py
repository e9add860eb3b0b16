"""`iam account keep` and its like: one ID of the register written, changed, ended.

The one law: *a command does what a page does, through the same verb*, and says what it did in one sentence.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import click
from sqlalchemy import Connection

from iam.access.kept import keeping, members
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.register import Kept, KeptKind, kept_by_login
from iam.errors import NotFound
from iam.people.ledger import persons_by_number
from web.body.job import offices_of
from web.cli.japanese import DAY
from web.cli.kept.listing import KINDS
from web.cli.table import say
from web.cli.wiring import Desk

_SYSTEM = click.argument("system", metavar="システム")
_LOGIN = click.argument("login", metavar="利用者ID")


@click.command("keep")
@_SYSTEM
@_LOGIN
@click.option("--kind", type=KINDS, metavar="種別", help="shared、service、development、test、contractor のいずれか。")
@click.option("--purpose", metavar="用途", help="何のためのIDか。")
@click.option("--keeper", metavar="職員番号", help="管理者。")
@click.option("--sponsor", metavar="職員番号", help="受入れの責任者（委託先ID）。")
@click.option("--project", metavar="事業", help="事業・作業（開発用・試験用ID）。")
@click.option("--company", metavar="委託先", help="委託先の名称（委託先ID）。")
@click.option("--until", type=DAY, metavar="日", help="期限（この日まで）。")
@click.option("--secret-changed", type=DAY, metavar="日", help="パスワードを最後に変えた日。")
@click.pass_obj
def keep_command(
    desk: Desk,
    /, *, system: str, login: str, kind: str | None, keeper: str | None, sponsor: str | None,
    until: date | None, secret_changed: date | None, **texts: str | None,
) -> None:  # fmt: skip
    """共用ID等を台帳に載せます。載っているIDは、指定した項目だけを変えます。

    \b
    例:
      iam account keep groupware madoguchi --kind shared
        --purpose 窓口の端末 --keeper 0000123
      iam account keep groupware dev01 --kind development
        --purpose 改修 --project 税制改正対応
        --keeper 0000123 --until 2027-03-31
    """
    with desk.store.act(desk.actor) as act:
        said: dict[str, Any] = {
            "kind": KeptKind(kind) if kind else None, "keeper_id": keeper and person(act.connection, keeper),
            "sponsor_id": sponsor and person(act.connection, sponsor), "valid_until": until,
            "secret_changed_on": secret_changed, **texts,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        seen = kept_by_login(act.connection, system, login)
        if seen is None:
            base = Particulars(system, login, KeptKind.SHARED)
            if "kind" not in said:
                raise click.UsageError("新しく載せるIDには --kind を指定してください。")
            keeping.keep(act, rules_of(desk), replace(base, **said))
            done = "台帳に載せました"
        else:
            done = "変更しました"
            if keeping.change(act, rules_of(desk), seen, replace(Particulars.of(seen), **said)) == seen:
                done = "変わりはありません"
    say(f"{system} の {login}: {done}。")


@click.command("keeper")
@_SYSTEM
@_LOGIN
@click.argument("number", metavar="職員番号")
@click.option("--reason", required=True, metavar="理由", help="管理者を替える理由。")
@click.pass_obj
def keeper_command(desk: Desk, *, system: str, login: str, number: str, reason: str) -> None:
    """共用ID等の管理者を替えます。"""
    with desk.store.act(desk.actor) as act:
        found = _kept(act.connection, system, login)
        keeping.change_keeper(act, rules_of(desk), found, person(act.connection, number), reason)
    say(f"{found.label}: 管理者を {number} に替えました。")


@click.command("secret-changed")
@_SYSTEM
@_LOGIN
@click.option("--on", type=DAY, metavar="日", help="パスワードを変えた日（既定は今日）。")
@click.pass_obj
def secret_changed_command(desk: Desk, *, system: str, login: str, on: date | None) -> None:
    """共用ID等のパスワードを変えたことを記します。使う人が減ったときは、必ずパスワードを変えてください。"""
    with desk.store.act(desk.actor) as act:
        found = _kept(act.connection, system, login)
        made = keeping.note_secret_changed(act, found, on or desk.today)
    say(f"{found.label}: パスワードを {made.secret_changed_on} に変えたと記しました。")


@click.command("members")
@_SYSTEM
@_LOGIN
@click.option("--join", "joining", multiple=True, metavar="職員番号", help="使う人に加えます（繰り返せます）。")
@click.option("--leave", "leaving", multiple=True, metavar="職員番号", help="使う人から外します（繰り返せます）。")
@click.option("--on", type=DAY, metavar="日", help="使い始める日、または最後に使う日（既定は今日）。")
@click.pass_obj
def members_command(
    desk: Desk, *, system: str, login: str, joining: Sequence[str], leaving: Sequence[str], on: date | None
) -> None:
    """共用IDを使う人を加え、外します。外した人の記録は残ります。"""
    if not joining and not leaving:
        raise click.UsageError("--join か --leave を指定してください。")
    with desk.store.act(desk.actor) as act:
        found = _kept(act.connection, system, login)
        for number in leaving:
            members.leave(act, found, person(act.connection, number), on or desk.today)
        for number in joining:
            members.join(act, found, person(act.connection, number), on or desk.today)
    say(f"{found.label}: {len(joining)}人を加え、{len(leaving)}人を外しました。")
    if leaving:
        say("外した人はパスワードを知っています。変えたら、iam account secret-changed で記してください。")


@click.command("unkeep")
@_SYSTEM
@_LOGIN
@click.option("--reason", required=True, metavar="理由", help="台帳から外す理由。")
@click.pass_obj
def unkeep_command(desk: Desk, *, system: str, login: str, reason: str) -> None:
    """共用ID等を台帳から外します。システムにIDが残っていれば、持ち主不明として棚卸に出ます。"""
    with desk.store.act(desk.actor) as act:
        found = keeping.retire(act, _kept(act.connection, system, login), reason)
    say(f"{found.label}: 台帳から外しました。")


def rules_of(desk: Desk) -> Rules:
    """What rows are judged by."""
    return Rules.of(desk.deployment.profile, desk.deployment.model, offices_of(desk.deployment).absence)


def _kept(connection: Connection, system: str, login: str) -> Kept:
    found = kept_by_login(connection, system, login)
    if found is None:
        raise NotFound(f"{system} の利用者ID「{login}」は台帳にありません。iam account kept で確かめてください。")
    return found


def person(connection: Connection, number: str) -> int:
    """The person of a staff number.

    Raises:
        NotFound: there is none.
    """
    found = persons_by_number(connection, [number]).get(number)
    if found is None:
        raise NotFound(f"職員番号「{number}」の職員は台帳にいません。番号を確かめてください。")
    return found
