"""`./dev demo`: nights of さくら市, from the first plan to a broken feed, by the commands that an operator types.

The one law: nothing is staged.  Every line but the headings is what the real
command said, every exit code is checked, and the practice OpenLDAP is asked
afterwards what it really holds.
"""

import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import click

from iam.record.act import now
from iam.record.columns import jst_day
from web.cli.japanese import JapaneseHelp, said
from web.practice.body import SEED, SIDECAR, PracticeBody, a_day_later, people, write_feed, write_practice_body
from web.practice.careers import RETIRE, Staff
from web.practice.configuration import SYSTEMS, entitlements, suffix
from web.practice.servers.process import ServerDidNotStart
from web.practice.servers.slapd import Slapd, SlapdOptions
from web.practice.units import City

SETTLED, HELD = 0, 3
NOBODY: Final = "cn=placeholder"
"""LDAP knows no group without a member."""

NO_LIMIT: Final = 1_000_000


class CannotGoOn(Exception):
    """Another demo is running, or a command ended otherwise than promised; the message says which."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: the practice body and its directory."""

    body: PracticeBody
    slapd: Slapd
    today: date
    size: int

    def run(self, command: str, *, expect: int, head: int = 0) -> str:
        """Run `command` as an operator would type it, show what it says, and see that it ends as it should.

        `head` shows only so many lines, as `| head` would.

        Raises:
            CannotGoOn: when the exit code is not `expect`.
        """
        click.echo()
        click.secho(f"$ {command}" + (f" | head -{head}" if head else ""), fg="green", bold=True)
        sys.stdout.flush()
        program = str(Path(sys.executable).with_name("iam"))
        ours = {name: value for name, value in os.environ.items() if not name.startswith("IAM_")}
        environment = {**ours, "IAM_CONFIG": str(self.body.configuration), "PYTHONIOENCODING": "utf-8"}
        ended = subprocess.run(
            [program, *shlex.split(command)[1:]], stdout=subprocess.PIPE, encoding="utf-8", env=environment, check=False
        )
        lines = ended.stdout.splitlines()
        click.echo("\n".join(lines[:head] if head else lines))
        if head and len(lines) > head:
            click.secho(f"（ほか {len(lines) - head:,} 行）", dim=True)
        if ended.returncode != expect:
            raise CannotGoOn(f"「{command}」の終了コードが {ended.returncode} でした（{expect} のはずでした）。")
        click.secho(f"（終了コード {ended.returncode}）", dim=True)
        return ended.stdout

    def in_use(self) -> int:
        """How many accounts the OpenLDAP really holds enabled, in all systems."""
        count = 0
        for system in SYSTEMS:
            with self.slapd.connection(suffix(system)) as connection:
                enabled = "(&(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=*)))"
                connection.search(f"ou=people,{suffix(system)}", enabled, attributes=["1.1"])
                count += len(connection.entries)
        return count


def heading(number: int, title: str, *lines: str) -> None:
    """The heading of one step, and what it is about."""
    click.echo()
    click.secho(f"■ {number}. {title}", fg="cyan", bold=True)
    for line in lines:
        click.echo(f"  {line}")


# ---- the steps -----------------------------------------------------------------------------------


def plan(stage: Stage) -> None:
    heading(
        1,
        "今夜の計画を見る",
        "名簿とシステムを読み、何を変えるかを示します。まだ何も変えません。",
    )
    stage.run("iam sync --plan", expect=SETTLED, head=24)


def night(stage: Stage) -> None:
    heading(2, "同期する", "計画を作り直し、ガードを通れば適用し、一件ずつ読み返して確かめます。")
    stage.run("iam sync", expect=SETTLED)
    click.echo(f"  OpenLDAP に聞くと、使えるIDは {stage.in_use():,} 件です。")


def again(stage: Stage) -> None:
    heading(3, "もう一度実行する", "変えるものがなければ、何も書きません。")
    stage.run("iam sync --check", expect=SETTLED)


def tomorrow(stage: Stage) -> None:
    heading(
        4,
        "少しだけ変わった名簿が届く",
        "人事が一日に行った異動・退職・休業・改姓・採用です。市民課には同姓同名の佐藤健一さんが二人います。",
    )
    write_feed(stage.body.feed, a_day_later(people(stage.size, SEED, stage.today), stage.today))
    stage.run("iam sync --plan", expect=SETTLED)
    stage.run("iam sync", expect=SETTLED)


def april(stage: Stage) -> None:
    heading(
        5,
        f"{stage.body.april.year}年4月1日を予行する",
        "名簿には、次の4月1日の発令（異動・退職・任期更新・採用）と組織改正がもう入っています。",
        "一般職の内示は済み、管理職の内示は3月24日の解禁まで誰にも見せません。",
    )
    stage.run(f"iam sync --as-of {stage.body.april}", expect=SETTLED, head=30)
    click.echo("\n  部ごとの一覧（Excel）ができています。各部に渡して、4月1日の前に確かめてもらえます。")
    for sheet in sorted((stage.body.folder / "出力").iterdir())[:3]:
        click.echo(f"    {sheet}")


def broken(stage: Stage) -> None:
    before, feed = stage.in_use(), stage.body.feed
    whole, proof = feed.read_bytes(), feed.with_name(feed.name + SIDECAR).read_bytes()
    heading(6, "壊れた名簿が届く", "(1) 転送の途中で切れ、後ろ半分がありません。")
    feed.write_bytes(whole[: whole.index(b"\n", len(whole) // 2) + len("00010")])
    stage.run("iam sync", expect=HELD)
    click.echo("\n  (2) 人事システムの出力が半分で終わりました。件数もSHA-256も合い、見た目は正しい名簿です。")
    everybody = a_day_later(people(stage.size, SEED, stage.today), stage.today)
    rows = write_feed(feed, everybody[: len(everybody) // 2])
    held = stage.run("iam sync", expect=HELD)
    if found := re.search(r"iam plan show (\d+)", held):
        stage.run(f"iam plan show {found.group(1)}", expect=SETTLED, head=6)
    click.echo(f"  名簿は {rows:,} 行に減りましたが、OpenLDAP の使えるIDは {before:,} 件のまま、")
    click.echo(f"  いまも {stage.in_use():,} 件です。誰も締め出していません。")
    click.echo("\n  (3) 正しい名簿が届き直しました。保留した計画は、もう要らないので差し替わります。")
    feed.write_bytes(whole)
    feed.with_name(feed.name + SIDECAR).write_bytes(proof)
    stage.run("iam sync", expect=SETTLED)
    if stage.in_use() != before:
        raise CannotGoOn(f"使えるIDが {before:,} 件から {stage.in_use():,} 件に変わりました。")


def person(stage: Stage) -> None:
    one = somebody(stage)
    heading(
        7,
        "一人の経緯と、証跡を確かめる",
        f"{one.name}さんは、なぜ今の権限を持っているのか。次の4月1日にはどうなるのか。",
    )
    stage.run(f"iam person show {one.number}", expect=SETTLED, head=48)
    stage.run("iam audit verify", expect=SETTLED)


def somebody(stage: Stage) -> Staff:
    """A permanent member of 市民課 with a post before this one and a transfer to come."""
    for one in people(stage.size, SEED, stage.today):
        rows = one.appointments
        units = [row.unit.code[:4] if row.unit else "" for row in rows]
        moves = rows[-1].valid_from == stage.body.april and rows[-1].kind != RETIRE
        if len(rows) > 2 and units[-2] in {"0301", "0401", "0501"} and moves and units[0] != units[1]:  # noqa: PLR2004
            return one
    return next(people(stage.size, SEED, stage.today))


def next_steps(stage: Stage) -> None:
    folder = stage.body.folder
    heading(8, "次に見るところ")
    places = (
        (folder / "iam.toml", "設定。どこから読み、どこへ書くか"),
        (folder / "access.toml", "情報システムと標準付与。誰に何を付けるか"),
        (folder / "さくら市.toml", "ポリシープロファイル。ガードの幅、役職、条項"),
        (
            folder / "人事" / "名簿.csv",
            "人事の名簿（CP932）。一行消して iam sync を実行すると、どう断られるかが分かります",
        ),
        (folder / "出力", "4月1日の部ごとの一覧"),
        (Path("docs") / "運用手引き.md", "運用手引き"),
    )
    for place, words in places:
        click.echo(f"  {click.style(str(place), bold=True)}  {words}")


# ---- the stage -----------------------------------------------------------------------------------


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


@contextmanager
def staged(folder: Path, today: date, size: int) -> Iterator[Stage]:
    """さくら市 in `folder`, and its OpenLDAP with the groups that stand for rights."""
    with Slapd(SlapdOptions(suffixes=tuple(map(suffix, SYSTEMS)), size_limit=NO_LIMIT)) as slapd:
        body = write_practice_body(folder, staff=size, today=today, directory=slapd.url)
        departments = City.reorganising(body.april).departments(body.april)
        for system, codes in entitlements(departments).items():
            with slapd.connection(suffix(system)) as admin:
                for code in codes:
                    admin.add(f"cn={code},ou=groups,{suffix(system)}", ["groupOfNames"], {"member": [NOBODY]})
        yield Stage(body, slapd, today, size)


def wait(stage: Stage) -> None:
    """Leave the OpenLDAP up until Ctrl-C, and say how to use it."""
    click.echo()
    click.secho("練習用の OpenLDAP はこのまま動いています。別の端末で、次のように試せます。", bold=True)
    click.echo(f"\n  cd {shlex.quote(str(Path.cwd()))}")
    click.echo(f"  export IAM_CONFIG={shlex.quote(str(stage.body.configuration))}")
    click.echo("  ./dev run iam sync --plan")
    click.echo("  ./dev run iam --help")
    click.echo()
    click.secho("Ctrl-C で終わります。", bold=True)
    if stage.slapd.server:
        with suppress(KeyboardInterrupt):
            stage.slapd.server.wait()
    click.echo(f"\n終わりました。台帳と出力は {stage.body.folder} に残っています（次の demo で作り直します）。")


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
@click.option("--staff", metavar="人数", default=1200, show_default=True, type=click.IntRange(300), help="職員の数。")
def demo(*, check: bool, folder: Path, staff: int) -> None:
    """架空の「さくら市」で、夜間同期をひととおり実行します。"""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun, today = time.monotonic(), jst_day(now())
    with alone(folder), staged(folder, today, staff) as stage:
        click.secho(f"鍵守の練習: さくら市（架空、職員 {staff:,} 人）", bold=True)
        click.echo(f"  {folder} に名簿・組織・設定を作り、練習用の OpenLDAP を起動しました。")
        click.echo()
        click.secho(f"$ export IAM_CONFIG={stage.body.configuration}", fg="green", bold=True)
        stage.run("iam init", expect=SETTLED)
        for step in (plan, night, again, tomorrow, april, broken, person, next_steps):
            step(stage)
        click.echo(f"\nここまで {time.monotonic() - begun:.0f} 秒でした。")
        if not check:
            wait(stage)


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
