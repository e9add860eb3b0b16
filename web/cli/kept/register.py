"""`iam account register`: the register of kept IDs taken in from a sheet, and written out as one.

The one law: *a list comes in whole or not at all*, and nothing is written over a file that is there.
"""

from pathlib import Path
from typing import Final

import click

from iam.access.kept import taking_in
from iam.errors import SheetError
from web.cli.files.named import fresh
from web.cli.kept.keeping import rules_of
from web.cli.table import say
from web.cli.wiring import Desk

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_TO: Final = click.Path(dir_okay=False, path_type=Path)


@click.command("register")
@click.argument("file", type=_FILE, metavar="[ファイル]", required=False)
@click.option("--dry-run", is_flag=True, help="確かめるだけで、何も書き込みません。")
@click.option("--export", type=_TO, metavar="ファイル", help="いまの台帳を .csv か .xlsx に書き出します。")
@click.option("--cp932", is_flag=True, help="CSV を CP932（Shift_JIS）で書き出します（既定は UTF-8）。")
@click.pass_obj
def register_command(desk: Desk, *, file: Path | None, dry_run: bool, export: Path | None, cp932: bool) -> None:
    """これまでの共用ID等の台帳を CSV か Excel（.xlsx）から取り込み、または書き出します。

    文字コードは UTF-8 か CP932（Shift_JIS）、1行目は見出しです。列の順は問わず、ほかの見出しの列は読みません。

    \b
      情報システム  利用者ID  種別  用途  管理者  受入れの責任者  事業・作業
      委託先  期限  パスワードを変えた日  使う人

    必ず要るのは情報システムと利用者ID（新しいIDでは種別も）です。管理者・受入れの責任者・使う人は職員番号で書きます。
    使う人は「、」で区切ります。ファイルにない列とIDは、今のままにします。一つでも誤りがあれば何も取り込まず、すべての誤りを
    行とともに示します。管理者などが空のIDも取り込めますが、次の棚卸で指摘されます。
    """
    if (file is None) is (export is None):
        raise click.UsageError("取り込むファイルか、--export のどちらか一方を指定してください。")
    if export is not None:
        _write(desk, export, cp932=cp932)
    elif file is not None:
        _take_in(desk, file, dry_run=dry_run)


def _take_in(desk: Desk, file: Path, *, dry_run: bool) -> None:
    # Its readers and writers of sheets are loaded by whoever needs them.
    from web.body.kept.reading import LARGEST, read_register  # noqa: PLC0415 - as above

    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    rules = rules_of(desk)
    with desk.store.read() as connection:
        try:
            read = read_register(connection, content, rules)
        except SheetError as error:
            raise SheetError([f"{file.name}: {problem}" for problem in error.problems]) from error
        problems = [*read.problems, *taking_in.why_not_take_in(connection, rules, read.lines, desk.today)]
        there = taking_in.in_force(connection)
    if problems:
        told = [f"{file.name} {problem}" for problem in problems]
        raise SheetError([*told, f"誤りが{len(problems):,}件あるため、何も取り込んでいません。"])
    if dry_run:
        new = sum(line.given.key not in there for line in read.lines)
        known = len(read.lines) - new
        say(f"誤りはありません（新規 {new:,}件、登録済み {known:,}件）。何も書き込んでいません。")
        return
    with desk.store.act(desk.actor) as act:
        done = taking_in.take_in(act, rules, read.lines)
    say(f"登録 {done.registered:,}件、変更 {done.changed:,}件、変更なし {done.unchanged:,}件です。")
    if done.gaps:
        say(f"管理者や期限などが足りないIDが{done.gaps:,}件あります。次の棚卸で指摘されます。")


def _write(desk: Desk, path: Path, *, cp932: bool) -> None:
    from web.body.kept.writing import as_csv, as_xlsx, register_rows  # noqa: PLC0415 - as above

    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise click.UsageError(f"{path.name}: 書き出すファイルの名前は .csv か .xlsx で終わるようにしてください。")
    with desk.store.read() as connection:
        rows = register_rows(connection, desk.today)
    title = f"{desk.settings.body.name}　共用ID等の台帳　{desk.today}"
    content = as_csv(rows, cp932=cp932) if path.suffix.lower() == ".csv" else as_xlsx(rows, title)
    with fresh(path) as file:
        file.write(content)
    say(f"{path} に{len(rows) - 1:,}件を書き出しました（権限 600）。")
