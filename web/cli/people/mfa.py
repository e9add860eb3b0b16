"""`iam mfa`: hardware tokens come into the stock, and where each is.

The one law: *a file comes in whole or not at all*, with everything that is
wrong in it told at once; no part of a seed is ever shown.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from connectors.tokens import LARGEST, Unlock, key_of, read_tokens
from iam.errors import TokenFileError
from iam.ports import TokenSeed
from iam.record.columns import local_text
from iam.signin.factors.stock import Place, Token, take_in, tokens, why_not_take_in
from web.cli.japanese import as_json_option
from web.cli.table import printable, say, say_json, say_table
from web.cli.wiring import Desk

LARGEST_KEY_FILE: Final = 4096
LONGEST_BATCH: Final = 60

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def mfa() -> None:
    """ワンタイムパスワードの機器を取り込み、一覧にします。

    \b
    例:
      iam mfa import seeds.csv
      iam mfa import seeds.xml --password-file 合言葉.txt --batch 2026年度購入分
      iam mfa list --state lent
    """


@mfa.command("import")
@click.argument("file", type=_FILE, metavar="ファイル")
@click.option("--key-file", type=_FILE, metavar="ファイル", help="発注先と取り決めた鍵（16進数、Base64、バイト列）。")
@click.option(
    "--password-file", type=_FILE, metavar="ファイル", help="発注先から受け取ったパスワードだけを書いたファイル。"
)
@click.option("--batch", metavar="名前", help="受入の名前。書かなければファイル名と日付。")
@click.pass_obj
def import_command(
    desk: Desk, *, file: Path, key_file: Path | None, password_file: Path | None, batch: str | None
) -> None:
    """PSKC（RFC 6030）か CSV のファイルから、機器を在庫に取り込みます。

    CSV の列は serial、secret、type、digits、period の順で、見出しがあれば順を問いません。
    一つでも誤りがあれば何も取り込まず、すべての誤りを行とともに示します。
    """
    if key_file and password_file:
        raise click.UsageError("--key-file と --password-file は、どちらか一つだけを指定してください。")
    unlock = Unlock(
        key_of(key_file.name, _content(key_file)) if key_file else None,
        _password(password_file) if password_file else None,
    )
    read = read_tokens(file.name, _content(file, LARGEST), unlock)
    named = printable(batch or f"{file.name} {desk.today}")[:LONGEST_BATCH]
    _refuse_problems(desk, read.seeds, read.problems)
    with desk.store.act(desk.actor) as act:
        count = take_in(act, desk.keys, read.seeds, named)
    say(f"{count:,}台を在庫に取り込みました（受入「{named}」）。")
    say(f"{file.name} には機器の秘密の鍵が入っています。鍵やパスワードのファイルとともに、確実に消去してください。")


def _refuse_problems(desk: Desk, seeds: Sequence[TokenSeed], problems: Sequence[str]) -> None:
    """Everything at once: what the file has wrong, and what the stock has against it."""
    with desk.store.read() as connection:
        found = [*problems, *why_not_take_in(connection, seeds)]
    if found:
        raise TokenFileError([*found, f"誤りが{len(found):,}件あるため、何も取り込んでいません。"])


def _content(path: Path, largest: int = LARGEST_KEY_FILE) -> bytes:
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise TokenFileError([f"{path.name}: ファイルが大きすぎます（上限 {largest:,}バイト）。"])
    return content


def _password(path: Path) -> str:
    try:
        text = _content(path).decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise TokenFileError([f"{path.name}: パスワードのファイルは UTF-8 で保存してください。"]) from error
    if not text:
        raise TokenFileError([f"{path.name}: パスワードがありません。"])
    return text


@mfa.command("list")
@click.option(
    "--state", type=click.Choice([str(place) for place in Place]), metavar="状態", help="この状態のものだけを示します。"
)
@click.option("--batch", metavar="名前", help="この受入のものだけを示します。")
@as_json_option
@click.pass_obj
def list_command(desk: Desk, *, state: str | None, batch: str | None, as_json: bool) -> None:
    """機器の台帳を一覧にします。

    状態は in_stock（在庫）、lent（貸出中）、returned（返却済）、lost（紛失）、destroyed（廃棄済）です。
    """
    with desk.store.read() as connection:
        found = tokens(connection, Place(state) if state else None, batch)
    if as_json:
        say_json([_as_json(each) for each in found])
        return
    heading = ("製造番号", "状態", "型番", "受入", "職員番号", "氏名", "変更日時")
    rows = [
        (each.serial, each.place.label_ja, each.model, each.batch, each.staff_number, each.name,
         local_text(each.changed_at))
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([heading, *rows])
    say(f"{len(found):,}台")


def _as_json(token: Token) -> dict[str, object]:
    return {
        "serial": token.serial, "state": token.place, "model": token.model, "batch": token.batch,
        "staff_number": token.staff_number, "name": token.name,
        "imported_at": token.imported_at, "changed_at": token.changed_at,
    }  # fmt: skip
