"""The command `iam`: finds the sub-command, and says what went wrong in one place.

The one law: *whoever runs this sees a sentence and an exit code*, never a
traceback of something that they can put right.  Sub-commands are imported when
they are used: a night of a small body is shorter than importing everything.
"""

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from iam.errors import IamError
from web.cli.exits import Exit, exit_code_of
from web.cli.japanese import JapaneseHelp, said
from web.cli.table import padded, say
from web.cli.wiring import Desk

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("web.cli.setup.init:init", "設定ファイルの見本、鍵、データベースを用意します。"),
    "db": ("web.cli.setup.db:db", "データベースの表を新しい版にします。"),
    "keys": ("web.cli.setup.keys:keys", "証跡を封印する鍵と、トークンに署名する鍵を更新します。"),
    "policy": ("web.cli.policy:policy", "団体のポリシープロファイルを表示し、確かめ、比べます。"),
    "sync": ("web.cli.night.sync:sync", "人事の名簿を読み、各システムの利用者IDを合わせます。"),
    "plan": ("web.cli.night.plan:plan", "計画を表示し、保留を解除します。"),
    "reconcile": (
        "web.cli.night.reconcile:reconcile",
        "システムにある利用者IDを読み、台帳と照らし合わせて分類します。",
    ),
    "person": ("web.cli.people.person:person", "職員の発令、状態、利用者IDを表示し、利用を停止・回復します。"),
    "decide": ("web.cli.people.decide:decide", "職員が情報システムに入れるかどうかを、理由とともに答えます。"),
    "officers": ("web.cli.setup.officers:officers", "役職に就いている職員を一覧にし、初めの担当者二人を決めます。"),
    "account": ("web.cli.people.lists:account", "台帳の利用者IDと、共用ID等の台帳を扱います。"),
    "quarantine": ("web.cli.people.lists:quarantine", "受け付けなかった名簿の行を一覧にします。"),
    "privilege": (
        "web.cli.privilege.privilege:privilege",
        "特権IDの台帳と利用を見て、終わらせ、記録と突き合わせます。",
    ),
    "review": ("web.cli.review.review:review", "利用者IDの棚卸を始め、進み具合を見て、結果を書き出します。"),
    "mfa": ("web.cli.people.mfa:mfa", "ワンタイムパスワードの機器を取り込み、一覧にします。"),
    "terminal": (
        "web.cli.places.terminal:terminal",
        "端末と機器の台帳を表示し、取り込み、紛失を届け出ます。",
    ),
    "serve": ("web.cli.running.serve:serve", "職員ポータルを動かします。"),
    "worker": (
        "web.cli.running.worker:worker",
        "通知や連携先への知らせを送り、計画を適用し、片付けます。",
    ),
    "audit": ("web.cli.audit:audit", "証跡を検証し、書き出します。"),
}
"""Each sub-command: where it is, and what the list of commands says of it."""

click.Context.formatter_class = JapaneseHelp


class _Root(click.Group):
    """Imports a sub-command when it is used, and no sooner."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}.{name} is no command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        longest = max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(padded(name, longest), words) for name, (_, words) in COMMANDS.items()])

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        with _spoken():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _spoken():
            return super().invoke(ctx)


@contextmanager
def _spoken() -> Iterator[None]:
    """Whatever the person at the keyboard can put right, in sentences and with its exit code."""
    try:
        yield
    except IamError as error:
        say(*(f"エラー: {line}" for line in str(error).splitlines()), err=True)
        raise click.exceptions.Exit(exit_code_of(error)) from error
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        hint = [f"{error.ctx.command_path} --help で説明を表示します。"] if error.ctx else []
        say(f"エラー: {said(error)}", *hint, err=True)
        raise click.exceptions.Exit(Exit.USAGE) from error
    except KeyboardInterrupt as error:
        say("", "中断しました。同期の途中だったときは、もう一度 iam sync を実行すると残りを行います。", err=True)
        raise click.exceptions.Exit(Exit.INTERRUPTED) from error
    except BrokenPipeError:
        # Whoever read our output has gone; what is still in the buffer must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(Exit.PIPE_CLOSED) from None


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    if value:
        click.echo(import_module("importlib.metadata").version("kagimori"))
        context.exit()


@click.group(cls=_Root)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="IAM_CONFIG",
    default=Path("iam.toml"),
    show_default=True,
    show_envvar=True,
    metavar="ファイル",
    help="設定ファイル。",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="版を表示します。")
@click.pass_context
def iam(context: click.Context, config: Path) -> None:
    """鍵守: 人事の名簿をもとに、各システムの利用者IDと権限を毎晩合わせます。

    初めて使うときは、次の順に実行します。

    \b
      iam init /etc/kagimori       設定ファイルの見本、鍵、データベースを作る
      iam policy check             団体のポリシーに決め残しがないか確かめる
      iam sync --plan              今夜の変更を見る（何も変更しない）
      iam sync                     同期する

    \b
    よく使う例:
      iam sync --check                     変更があるかどうかだけを確かめる
      iam sync --as-of 2027-04-01          4月1日の異動を予行し、一覧を作る
      iam plan show 12                     保留された計画の内容と理由を見る
      iam plan release 12 --hash ab12cd34  保留を解除する（担当者二人）
      iam person show 0012345              職員の経緯と、IDの根拠を見る

    \b
    終了コード: 0 変更なし・完了、1 変更あり（--check）、2 使い方・設定の誤り、
               3 保留、4 一部が失敗・要判断、5 改ざん・破損の検出
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal in an older encoding shows ? for what it cannot show.
            stream.reconfigure(errors="replace")
    desk = Desk(config, os.environ, os.getuid())
    context.call_on_close(desk.close)
    context.obj = desk
