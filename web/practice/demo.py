"""`./dev demo`: nights of さくら市, from the first plan to a broken feed, and then its portal, open.

The one law: *it ends as it began*: whatever it started ends with it, and the
next one makes everything anew.
"""

import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from iam.record.act import now
from iam.record.columns import jst_day
from web.cli.japanese import JapaneseHelp, said
from web.practice.portal.codes import codes_of
from web.practice.servers.process import ServerDidNotStart, free_port
from web.practice.walk import nights, opening
from web.practice.walk.stage import SETTLED, CannotGoOn, Stage, heading, staged


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else's demo uses this folder; what an earlier one left there is removed.

    Raises:
        CannotGoOn: when another demo is running.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotGoOn(f"{folder} では別の demo が動いています。終えてからやり直してください。") from None
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
        yield


def next_steps(stage: Stage) -> None:
    """What lies where, and how to go on by the command line."""
    folder = stage.body.folder
    heading(11, "次に見るところ")
    places = (
        (folder / "iam.toml", "設定。どこから読み、どこへ書き、どこで入るか"),
        (folder / "access.toml", "情報システムと標準付与。誰に何を付けるか"),
        (folder / "network.toml", "どのアドレスがどの領域にあり、どこからどこへ入ってよいか"),
        (folder / "さくら市.toml", "ポリシープロファイル。ガードの幅、役職、条項、サインインの規則"),
        (
            folder / "人事" / "名簿.csv",
            "人事の名簿（CP932）。一行消して iam sync を実行すると、どう断られるかが分かります",
        ),
        (folder / "出力", "4月1日の部ごとの一覧"),
        (Path("docs") / "運用手引き.md", "運用手引き"),
        (Path("docs") / "接続手引き.md", "接続手引き。この団体で、業務システムを一つつないで試せます"),
        (Path("docs") / "特権ID手引き.md", "特権ID手引き。指名、承認、利用、立会い、記録"),
        (Path("docs") / "棚卸手引き.md", "棚卸手引き。在籍の確認、IDの判定、署名、反映"),
    )
    for place, words in places:
        click.echo(f"  {click.style(str(place), bold=True)}  {words}")
    click.echo("\n  別の端末で、コマンドも試せます。")
    click.echo(f"    cd {shlex.quote(str(Path.cwd()))}")
    click.echo(f"    export IAM_CONFIG={shlex.quote(str(stage.body.configuration))}")
    click.echo("    ./dev run iam sync --plan")
    asked = f"iam decide {nights.somebody(stage).number} juki"
    click.echo(f"    ./dev run {asked} --from 10.10.1.11   # 住民記録に入れるかどうかと、その理由")
    click.echo(f"    ./dev run {asked} --from 10.20.1.30   # 別の領域の端末からは")
    click.echo("    ./dev run iam review status   # 棚卸の進み具合")
    click.echo(
        f"    {codes_of(stage.body.folder)}   # 認証アプリのいまのコード。登録の画面の鍵を付けると、その鍵のコード"
    )


STEPS = (nights.plan, nights.night, nights.again, nights.tomorrow, nights.april, nights.broken, nights.person)


@click.command()
@click.option("--check", is_flag=True, help="最後まで実行して終わります（練習用サーバーを残しません）。")
@click.option(
    "--folder",
    metavar="フォルダー",
    type=click.Path(path_type=Path),
    default=".demo",
    show_default=True,
    help="名簿・設定・台帳を置くフォルダー。毎回作り直します。",
)
@click.option("--staff", metavar="人数", default=1200, show_default=True, type=click.IntRange(600), help="職員の数。")
def demo(*, check: bool, folder: Path, staff: int) -> None:
    """架空の「さくら市」で、夜間同期をひととおり実行し、職員ポータルを開きます。"""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun, today = time.monotonic(), jst_day(now())
    origin = f"http://localhost:{free_port()}"
    with alone(folder), staged(folder, today, staff, origin=origin, environment=os.environ) as stage:
        click.secho(f"鍵守の練習: さくら市（架空、職員 {staff:,} 人）", bold=True)
        click.echo(f"  {folder} に名簿・組織・設定を作り、練習用の OpenLDAP を起動しました。")
        click.echo()
        click.secho(f"$ export IAM_CONFIG={stage.body.configuration}", fg="green", bold=True)
        stage.run("iam init", expect=SETTLED)
        for step in STEPS:
            step(stage)
        with opening.opened(stage, opening.too_many(stage)) as portal:
            if check:
                opening.tried(portal)
            next_steps(stage)
            click.echo(f"\nここまで {time.monotonic() - begun:.0f} 秒でした。")
            opening.told(portal)
            if not check:
                with suppress(KeyboardInterrupt):
                    opening.attend(portal)
    click.echo(f"\n終わりました。台帳と出力は {folder} に残っています（次の demo で作り直します）。")


def main() -> None:
    """Run the demo; what goes wrong is one line and an exit code."""
    click.Context.formatter_class = JapaneseHelp
    try:
        sys.exit(demo(prog_name="./dev demo", standalone_mode=False))
    except (CannotGoOn, ServerDidNotStart) as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(1)
    except click.UsageError as error:
        click.echo(f"demo: {said(error)}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("demo: 中断しました。", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
