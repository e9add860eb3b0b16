"""`iam review sheet` and `iam review return`: a reviewer's sheet as a file, and a look at one that came back.

The one law: *the console takes no answers*: they are those of whoever is signed in to the portal; here a file is made
for somebody who may answer, or is only looked at.
"""

from pathlib import Path

import click

from connectors.returned import LARGEST, read_book
from iam.errors import ConfigurationError, NotFound
from iam.people.japanese import narrow
from iam.people.ledger import persons_by_number
from iam.review.campaigns import campaign
from iam.review.returned.columns import ANSWERS, CONTROL
from iam.review.returned.sheets import Bound, Scope, Sheet, Wanted, make_sheet
from iam.review.returned.taking import Examined, examine
from iam.review.returned.told import Refused
from iam.review.words import Part
from web.cli.exits import Exit
from web.cli.files.named import fresh
from web.cli.japanese import as_json_option
from web.cli.review.naming import door_of_reviews, number_or_latest
from web.cli.table import say, say_json
from web.cli.wiring import Desk
from web.paper.returned.worksheet import file_name, worksheet


@click.command("sheet")
@click.argument("number", metavar="[番号]", type=int, required=False)
@click.option("--for", "staff_number", required=True, metavar="職員番号", help="回答する職員。")
@click.option(
    "--part",
    type=click.Choice([part.value for part in Part]),
    required=True,
    metavar="立場",
    help="hr（人事）、owner（情報システムの責任者）、general（統括）。",
)
@click.option("--system", default="", metavar="システム", help="このシステムの行だけ（owner と general）。")
@click.option("--department", default=None, metavar="部", help="この部の職員の行だけ。")
@click.option("--answered", is_flag=True, help="回答済みの行も入れます。")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    metavar="フォルダー",
    help="書き出す先。",
)
@as_json_option
@click.pass_obj
def sheet_command(
    desk: Desk, *, number: int | None, staff_number: str, part: str, system: str, department: str | None,
    answered: bool, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """回答用のシート（xlsx）を、回答する職員のために書き出します。番号を省くと最新の棚卸です。

    その職員が回答できる行だけが入ります。回答を書いたシートは、その職員がポータルにサインインして取り込みます。
    作ったことは証跡に残ります。
    """
    if part == Part.HR and system:
        raise click.UsageError("人事のシートは職員の一覧です。--system は付けられません。")
    if system and department is not None:
        raise click.UsageError("--system と --department は、どちらか一つです。")
    bound = Bound.SYSTEM if system else Bound.ALL if department is None else Bound.DEPARTMENT
    scope = Scope(bound, system or department or "", open_only=not answered)
    sheet = _made(desk, number_or_latest(desk, number), staff_number, (Part(part), scope))
    path = folder / file_name(sheet)
    # For its owner alone: it names people, and what was found about them.
    with fresh(path) as file:
        file.write(worksheet(sheet))
    if as_json:
        say_json({"sheet": sheet.id, "campaign": sheet.campaign.id, "rows": len(sheet.rows), "file": str(path)})
    else:
        say(f"{sheet.made_for}さんのシート（{len(sheet.rows):,}行）を {path} に書き出しました。")
        say("職員の情報が入っています。渡したあとは消してください。")


def _made(desk: Desk, number: int, staff_number: str, what: tuple[Part, Scope]) -> Sheet:
    door = door_of_reviews(desk)
    with desk.store.read() as connection:
        of = campaign(connection, number)
        person = persons_by_number(connection, [narrow(staff_number)]).get(narrow(staff_number))
    if person is None:
        raise NotFound(f"職員番号 {staff_number} の職員は台帳にいません。")
    with desk.store.act(desk.actor) as act:
        return make_sheet(act, door, of, Wanted(what[0], person, what[1]))


@click.command("return")
@click.argument("path", metavar="ファイル", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="取り込まずに、取り込めるかを確かめます。")
@as_json_option
@click.pass_context
def return_command(context: click.Context, *, path: Path, check: bool, as_json: bool) -> None:
    """回答を書いたシートが取り込めるかを確かめます。取り込みは、回答する職員がポータルで行います。

    \b
    終了コード: 0 取り込める、1 直すところがある、
      2 使い方の誤り、またはファイルとして読めない
    """
    desk: Desk = context.obj
    if not check:
        raise click.UsageError(
            "回答は、回答する職員がポータルの「棚卸」→「シート」で取り込みます。"
            "確かめるだけのときは --check を付けてください。"
        )
    book = read_book(path.name, _content(path), (ANSWERS, CONTROL))
    with desk.store.read() as connection:
        found = examine(connection, door_of_reviews(desk), book)
    if as_json:
        say_json(_json(found))
    else:
        _say(path, found)
    context.exit(Exit.DIFFERS if found.problems else Exit.SETTLED)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError([f"{path} を読めません: {error.strerror}"]) from error


def _say(path: Path, found: Examined | Refused) -> None:
    if isinstance(found, Refused):
        say(f"{path.name}: このままでは、全体を取り込めません。")
    else:
        say(f"{path.name}: {found.found.campaign.title}のシート {found.found.record.id}")
        say(f"  取り込める回答 {len(found.wishes):,}件、空の行 {found.blank:,}件、ファイルにない行 {found.missing:,}件")
        say("  ほかの人が先に回答していないか、判定に要る欄がそろっているかは、取り込むときに確かめます。")
    say(*(f"  {each.said}" for each in found.problems))
    if isinstance(found, Refused) and found.more:
        say(f"  ほかに{found.more:,}件あります。")


def _json(found: Examined | Refused) -> dict[str, object]:
    problems = [{"sheet": each.sheet, "cell": each.cell, "words": each.words} for each in found.problems]
    if isinstance(found, Refused):
        return {"usable": False, "problems": problems, "more": found.more}
    return {
        "usable": True, "sheet": found.found.record.id, "campaign": found.found.campaign.id,
        "answers": len(found.wishes), "blank": found.blank, "missing": found.missing, "problems": problems,
    }  # fmt: skip
