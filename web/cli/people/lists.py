"""`iam account` and `iam quarantine list`: the ledger's accounts, and the rows that were refused.

The one law: *a refused row is shown with file, line, field, value and reason*,
so that HR can mend it without asking.
"""

from typing import Final

import click

from iam.access.accounts import AccountState
from iam.people.rows import FIELD_LABELS
from iam.record.columns import local_text
from iam.sync.dossier import owned, refused
from web.cli.japanese import as_json_option
from web.cli.kept.keeping import (
    keep_command,
    keeper_command,
    members_command,
    secret_changed_command,
    unkeep_command,
)
from web.cli.kept.listing import kept_command
from web.cli.kept.register import register_command
from web.cli.people.refusals import refusal_json
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

UNKNOWN: Final = "（不明）"


@click.group()
def account() -> None:
    """台帳の利用者IDと、共用ID等の台帳を扱います。

    \b
    例:
      iam account list --state disabled          停止している利用者IDを見る
      iam account kept --without-keeper          管理者のいない共用ID等を見る
      iam account register 共用ID台帳.xlsx       これまでの台帳を取り込む
      iam account register --export 台帳.xlsx    いまの台帳を書き出す
    """


for command in (
    kept_command, keep_command, keeper_command, secret_changed_command, members_command, unkeep_command,
    register_command,
):  # fmt: skip
    account.add_command(command)


@account.command("list")
@click.option("--system", metavar="システム", help="このシステムのものだけを示します。")
@click.option(
    "--state",
    type=click.Choice([str(state) for state in AccountState]),
    metavar="状態",
    help="この状態のものだけを示します。",
)
@as_json_option
@click.pass_obj
def account_list(desk: Desk, *, system: str | None, state: str | None, as_json: bool) -> None:
    """台帳の利用者IDを一覧にします。

    状態は reserved（作成待ち）、active（有効）、disabled（停止）、deleted（削除済）です。
    """
    with desk.store.read() as connection:
        found = owned(connection, system, AccountState(state) if state else None)
    if as_json:
        say_json(
            [
                {"system": each.system, "login": each.login, "state": each.state, "disabled_on": each.disabled_on,
                 "staff_number": each.staff_number, "name": each.name}
                for each in found
            ]
        )  # fmt: skip
        return
    heading = ("システム", "利用者ID", "状態", "停止日", "職員番号", "氏名")
    rows = [
        (each.system, each.login, each.state.label_ja, str(each.disabled_on or ""), each.staff_number, each.name)
        for each in found
    ]
    say_table([heading, *rows])
    say(f"{len(found):,}件")


@click.group()
def quarantine() -> None:
    """受け付けなかった名簿の行を一覧にします。"""


@quarantine.command("list")
@click.option("--source", metavar="名前", help="この供給元のものだけを示します。")
@as_json_option
@click.pass_obj
def quarantine_list(desk: Desk, *, source: str | None, as_json: bool) -> None:
    """受け付けなかった行を、ファイルと行、項目、値、理由とともに一覧にします。

    その職員は、行が直るまで前のままです。退職や異動として扱うことはありません。
    内示解禁日より前の行は、場所と項目だけを示します。
    """
    with desk.store.read() as connection:
        found = refused(connection, desk.today, source=source)
    if as_json:
        say_json([{"source": each.source, **refusal_json(each.row), "at": each.at} for each in found])
        return
    heading = ("供給元", "場所", "職員番号", "項目", "値", "初めて見た日時", "理由")
    rows = [
        (
            each.source, each.row.place, each.row.staff_number or UNKNOWN,
            FIELD_LABELS.get(each.row.field, each.row.field), each.row.value, local_text(each.at), each.row.reason,
        )
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([heading, *rows])
    say(f"受け付けなかった行 {len(found):,}件")
