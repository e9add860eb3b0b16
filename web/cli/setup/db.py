"""`iam db`: the version of the database's tables.

The one law: *tables change when an operator says so*, never by the way of
another command.
"""

from pathlib import Path

import click
from sqlalchemy import URL

from migrations.run import current, newest, upgrade
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json
from web.cli.wiring import Desk


@click.group()
def db() -> None:
    """データベースの表を新しい版にします。"""


@db.command("upgrade")
@click.pass_obj
def upgrade_command(desk: Desk) -> None:
    """表をこのプログラムの版にします。

    プログラムを新しくした後に一度実行してください。先にデータベースの控えを取ってください。
    すでにその版であれば、何もしません。
    """
    url = desk.settings.database.url
    before = version_of(url)
    upgrade(url)
    after = current(url)
    if before == after:
        say(f"表の版は {after} で、最新です。何も変えていません。")
    else:
        say(f"表の版を {before or 'なし'} から {after} にしました。")


@db.command("current")
@as_json_option
@click.pass_context
def current_command(context: click.Context, *, as_json: bool) -> None:
    """表の版を表示します。

    プログラムの版と違うときは、終了コード 1 で終わります。
    """
    desk: Desk = context.obj
    found, wanted = version_of(desk.settings.database.url), newest()
    if as_json:
        say_json({"current": found, "newest": wanted})
    else:
        say(f"表の版 {found or 'なし'}（このプログラムの版 {wanted}）")
        if found != wanted:
            say("iam db upgrade を実行してください。")
    context.exit(Exit.SETTLED if found == wanted else Exit.DIFFERS)


def version_of(url: URL) -> str | None:
    """The version of the database, or None before its first migration; looking does not make it."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return None
    return current(url)
