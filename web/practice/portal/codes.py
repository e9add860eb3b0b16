"""What the apps of the invented people show now: `./dev run python -m web.practice.portal.codes`.

    … codes                       everybody who was given an app when the portal was set up
    … codes JBSW Y3DP EHPK 3PXP   the app that you are enrolling: the key that the page shows for typing

The one law: *for practice only*: a real app lies in its owner's hand, and the
service tells nobody a code.
"""

import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import click
import pyotp

from iam.record.act import now
from web.cli.japanese import JapaneseHelp
from web.cli.table import aligned
from web.practice.portal.visitors import Cast

PERIOD: Final = 30
COMMAND: Final = "./dev run python -m web.practice.portal.codes"
FOLDER: Final = ".demo"


def codes_of(folder: Path) -> str:
    """What to type for the codes of the body that lies in `folder`."""
    here = folder.resolve() == Path(FOLDER).resolve()
    return COMMAND if here else f"{COMMAND} --folder {shlex.quote(str(folder))}"


def lines(cast: Cast, at: datetime) -> Iterator[str]:
    """A line for each app, and how long the codes hold."""
    left = PERIOD - int(at.timestamp()) % PERIOD
    yield f"いまのコード（あと{left}秒）"
    rows = [(each.number, each.name, each.call, each.code(at)) for each in cast.visitors if each.key]
    yield from (f"  {line}" for line in aligned(rows))


@click.command()
@click.argument("key", metavar="[鍵]", nargs=-1)
@click.option(
    "--folder", metavar="フォルダー", type=click.Path(path_type=Path), default=FOLDER, show_default=True,
    help="demo のフォルダー。",
)  # fmt: skip
def codes(key: tuple[str, ...], folder: Path) -> None:
    """練習用の認証アプリに表示されるコードを示します。

    登録の画面に出ている鍵を付けると、その鍵のコードを示します。
    """
    at = now()
    if key:
        click.echo(pyotp.TOTP("".join(key).replace(" ", "").upper()).at(at))
        return
    try:
        cast = Cast.read(folder)
    except FileNotFoundError:
        raise click.UsageError(
            f"{folder} にポータルの練習がありません。./dev demo を動かしてから実行してください。"
        ) from None
    click.echo("\n".join(lines(cast, at)))


if __name__ == "__main__":
    click.Context.formatter_class = JapaneseHelp
    sys.exit(codes(prog_name="codes"))
