"""Sheets that come back: what is taken of them, what is named by its cell, and what is not taken at all."""

import subprocess
from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import delete, select, update

from connectors.returned import read_book
from iam.errors import Conflict, Forbidden, NotFound
from iam.people.japanese import wareki
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.review.books import (
    campaign_answer_table,
    campaign_line_table,
    campaign_return_table,
    campaign_sheet_table,
    campaign_system_table,
    campaign_table,
)
from iam.review.campaigns import person_of
from iam.review.returned.columns import ANSWERS, CONTROL, Column
from iam.review.returned.sheets import Bound, Scope, sheets_of
from iam.review.returned.taking import examine, returns_of, take_back
from iam.review.returned.told import Refused, Taken
from iam.review.words import CampaignState, Part, Verdict
from tests.bodies import Body
from tests.functional.review.deciding.given import (
    AUDITOR,
    GENERAL,
    GW,
    GW_TOO,
    HR,
    HR_TOO,
    OPERATOR,
    OUTSIDE,
    STAFF,
    ZEI,
    Council,
    a_copy,
    a_council,
)
from tests.functional.review.returned import given
from tests.functional.review.returned.given import HEADINGS, Desk
from web.paper.returned.worksheet import file_name

A, B, C, D = (f"{each:07}" for each in STAFF)
FIRST = HEADINGS + 1


@pytest.fixture
def council(tmp_path: Path) -> Council:
    return given.told(a_copy(tmp_path))


def said(council: Council) -> dict[tuple[str, str], object]:
    """Every answer by system and login, or 人事's by staff number: the words of it."""
    columns = campaign_answer_table.c
    lines = {line.id: (line.system, line.login) for line in council.lines()}
    numbers = {id_: ("", f"{number:07}") for number, id_ in council.numbers.items()}
    with council.store.read() as connection:
        rows = connection.execute(select(campaign_answer_table).where(columns.campaign_id == council.id)).all()
    return {
        lines[row.line_id] if row.line_id else numbers[row.person_id]: (
            Verdict(row.verdict).label_ja, row.until, row.given_to, tuple(row.rights), row.reason, row.how,
            row.sheet_id,
        )
        for row in rows
    }  # fmt: skip


def department(council: Council, number: int) -> str:
    with council.store.read() as connection:
        person = person_of(connection, council.id, council.numbers[number])
    assert person
    return person.department


def test_a_sheet_goes_out_and_comes_back_until_everything_is_said(body: Body) -> None:
    """On both databases, in two goes: partly filled, in every way in which people write; then the rest, a correction,
    and what somebody else answered meanwhile, which stays."""
    council = given.told(a_council(body))
    desk = Desk.of(council, GW, Part.OWNER)
    end = jst_day(council.clock()) + timedelta(30)
    _first_go(council, desk, end)
    assert f"に山田 {GW:07}さんが取り込み済みです（5件）" in desk.refused(GW_TOO)[""]
    _second_go(council, desk, end)
    with council.store.read() as connection:
        assert [each.taken for each in returns_of(connection, council.id)] == [2, 5]
        (record,) = sheets_of(connection, council.id)
    assert (record.rows, record.made_for, record.made_by) == (16, council.numbers[GW], f"staff:{GW:07}")
    assert council.body.audit_breaks() == ""
    council.store.dispose()


def _first_go(council: Council, desk: Desk, end: date) -> None:
    desk.fill("ghost", 判定=" 停　止", 理由="誰のものでもない")
    desk.fill("madoguchi", 判定="管理者を定める", **{Column.GIVEN_TO: "０００００" + "０９"})
    desk.fill(A, 判定="期限で終了", 期限=wareki(end), 理由="年度末まで")
    desk.fill(B, 判定="一部の権限を外す", 外す権限="市民部掲示板［shimin］", 理由="異動した")
    desk.fill(C, 判定="継続")
    desk.fill(D, 判定="たぶん継続")
    first = desk.taken(GW)
    assert (first.taken, first.same, first.missing, first.blank) == (5, 0, 0, len(desk.sheet.rows) - 6)
    (problem,) = first.problems
    assert problem.place == f"シート「回答」 {desk.place(D, Column.VERDICT)}"
    assert problem.words.startswith("「たぶん継続」という判定はありません。「継続」「停止」")
    sheet = desk.sheet.id
    assert said(council) == {
        ("gw", "ghost"): ("停止", None, None, (), "誰のものでもない", "sheet", sheet),
        ("gw", "madoguchi"): ("管理者を定める", None, council.numbers[OPERATOR], (), "", "sheet", sheet),
        ("gw", A): ("期限で終了", end, None, (), "年度末まで", "sheet", sheet),
        ("gw", B): ("一部の権限を外す", None, None, ("shimin",), "異動した", "sheet", sheet),
        ("gw", C): ("継続", None, None, (), "", "sheet", sheet),
    }


def _second_go(council: Council, desk: Desk, end: date) -> None:
    council.answers(GW_TOO, council.line("gw", C), Verdict.REMOVE, reason="使わない")
    desk.fill(A, 判定="継続", 期限=None, 理由=None)
    desk.fill(C, 判定="期限で終了", 期限=end, 理由="まだ使う")
    desk.fill(D, 判定="継続")
    second = desk.taken(GW)
    assert (second.taken, second.same) == (2, 3)
    (conflict,) = second.conflicts
    assert conflict.place == f"シート「回答」 {desk.place(C, Column.UNTIL)}"
    assert f"山田 {GW_TOO:07}さんが" in conflict.words
    assert "「停止」と回答" in conflict.words
    stands = said(council)
    assert [stands["gw", each][0] for each in (A, C, D)] == ["継続", "停止", "継続"]  # type: ignore[index]


def test_personnel_answer_about_persons(council: Council) -> None:
    """Days as numbers of either epoch, as texts and as Excel's own; a person of their own office is another's."""
    desk = Desk.of(council, HR, Part.HR, Scope(Bound.DEPARTMENT, department(council, STAFF[0])))
    last = date(2026, 3, 31)
    desk.fill(A, 判定="在職")
    desk.fill(B, 判定="退職・離任", 期限=last)
    desk.fill(C, 判定="退職･離任", 期限=46112)
    desk.fill(D, 判定="確認中")
    desk.fill(f"{ZEI:07}", 判定="退職・離任", 期限=20260331)
    taken = desk.taken(HR)
    assert {number: each[:2] for (_, number), each in said(council).items()} == {  # type: ignore[index]
        A: ("在職", None), B: ("退職・離任", last), C: ("退職・離任", last), f"{ZEI:07}": ("退職・離任", last),
    }  # fmt: skip
    (problem,) = taken.problems
    assert (problem.cell, "何を確かめているか" in problem.words) == (desk.place(D, Column.REASON), True)
    again = Desk.of(council, HR_TOO, Part.HR, Scope(open_only=False))
    assert f"{HR_TOO:07}" not in {row.fixed[0] for row in again.sheet.rows}
    assert [row.answers for row in again.sheet.rows if row.fixed[0] == B] == [("退職・離任", "2026-03-31", "")]
    again.work(lambda book: setattr(book, "epoch", MAC_EPOCH))
    again.fill(D, 判定="退職・離任", 期限=46112 - 1462)
    assert again.taken(HR_TOO).same == 4
    assert said(council)["", D][1] == last  # type: ignore[index]


def move_a_column(tab: Worksheet) -> None:
    """The verdicts to the front, as people who like them there do."""
    width, place = tab.max_column, [cell.value for cell in tab[HEADINGS]].index("＊判定") + 1
    for row in range(HEADINGS, tab.max_row + 1):
        cells = [tab.cell(row, column).value for column in range(1, width + 1)]
        cells.insert(0, cells.pop(place - 1))
        for column, value in enumerate(cells, 1):
            tab.cell(row, column).value = value


def sort_rows(tab: Worksheet) -> None:
    rows = [[cell.value for cell in row] for row in tab.iter_rows(min_row=FIRST)]
    for number, row in enumerate(reversed(rows), FIRST):
        for column, value in enumerate(row, 1):
            tab.cell(number, column).value = value


def decorate(tab: Worksheet) -> None:
    """Colours, notes, widths, hidden rows, a column and a sum of one's own."""
    for row in tab.iter_rows(min_row=FIRST):
        row[0].fill = PatternFill("solid", fgColor="FF0000")
        row[2].comment = Comment("要確認", "人事")
    tab.row_dimensions[FIRST + 1].hidden = True
    tab.column_dimensions["B"].width = 60
    tab.protection.disable()
    tab.cell(HEADINGS, 30).value = "メモ"
    tab.cell(FIRST, 30).value = "=SUM(A1:A9)"
    tab.insert_rows(1, 3)


@pytest.mark.parametrize("change", [move_a_column, sort_rows, decorate, lambda tab: tab.delete_rows(FIRST + 4, 2)])
def test_what_people_do_with_a_sheet_of_theirs_does_no_harm(
    council: Council, change: Callable[[Worksheet], None]
) -> None:
    """Columns moved, rows sorted, filtered, coloured, commented or deleted: the same answers."""
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill("ghost", 判定="停止", 理由="不要")
    desk.work(lambda book: book.create_sheet("メモ").append(["=1+1"]))
    desk.edit(change)
    taken = desk.taken(GW)
    assert taken.taken == 1
    assert said(council)["gw", "ghost"][0] == "停止"  # type: ignore[index]
    assert taken.missing == (0 if change in {move_a_column, sort_rows, decorate} else 2)


def test_libreoffice_saves_a_sheet_that_comes_back_clean(council: Council, tmp_path: Path) -> None:
    """Filled in, opened and saved by another program altogether: the same answers, no cell altered."""
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill("ghost", 判定="停止", 理由="二行に\nわたる & <理由>")
    desk.fill(A, 判定="期限で終了", 期限=jst_day(council.clock()) + timedelta(9), 理由="まで")
    desk.fill(B, 判定="一部の権限を外す", 外す権限="メール", 理由="=1+1")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / file_name(desk.sheet)).write_bytes(desk.content)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to", "xlsx", "--outdir",  # noqa: S607 - wherever it is installed
         str(tmp_path), str(tmp_path / "in" / file_name(desk.sheet))],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    saved = (tmp_path / file_name(desk.sheet)).read_bytes()
    assert saved != desk.content
    desk.content = saved
    taken = desk.taken(GW)
    assert taken.taken == 2
    assert [each.words for each in taken.problems] == ["数式は受け取れません。数式を消し、値を入力してください。"]
    assert said(council)["gw", "ghost"][4] == "二行に\nわたる & <理由>"  # type: ignore[index]


# --- cells that are not taken, with the others taken

BAD: list[tuple[dict[str, object], Column, str]] = [
    ({"判定": '=IF(1,"停止","")', "理由": "x"}, Column.VERDICT, "数式は受け取れません"),
    ({"判定": "停止", "理由": "=A1"}, Column.REASON, "数式は受け取れません"),
    ({"判定": "停止", "理由": "#REF!"}, Column.REASON, "エラー値（#REF!）です"),
    ({"判定": "在職"}, Column.VERDICT, "「在職」という判定はありません"),
    ({"判定": "○"}, Column.VERDICT, "「○」という判定はありません"),
    ({"理由": "判定を忘れた"}, Column.VERDICT, "判定が空です"),
    ({"判定": "停止"}, Column.REASON, "理由を書いてください"),
    ({"判定": "停止", "理由": "あ" * 501}, Column.REASON, "500文字まで"),
    ({"判定": "停止", "理由": "番号 1234 5678 9018"}, Column.REASON, "個人番号（マイナンバー）"),
    ({"判定": "期限で終了", "理由": "x"}, Column.UNTIL, "使える最後の日を書いてください"),
    ({"判定": "期限で終了", "期限": "来年3月", "理由": "x"}, Column.UNTIL, "「来年3月」は日付として読めません"),
    ({"判定": "期限で終了", "期限": "2027-02-29", "理由": "x"}, Column.UNTIL, "暦にありません"),
    ({"判定": "期限で終了", "期限": "99999999", "理由": "x"}, Column.UNTIL, "終わりの日が要ります"),
    ({"判定": "期限で終了", "期限": 12.5, "理由": "x"}, Column.UNTIL, "日付として読めません"),
    ({"判定": "期限で終了", "期限": "2020-01-01", "理由": "x"}, Column.UNTIL, "までの日にしてください"),
    ({"判定": "継続", "期限": "2027-03-31"}, Column.UNTIL, "「継続」に日付は書けません"),
    ({"判定": "継続", "外す権限": "メール"}, Column.REDUCED, "「継続」に外す権限は書けません"),
    ({"判定": "一部の権限を外す", "理由": "x"}, Column.REDUCED, "外す権限を選んでください"),
    ({"判定": "一部の権限を外す", "外す権限": "メール、給与", "理由": "x"}, Column.REDUCED, "このIDにない権限"),
    ({"判定": "管理者を定める", Column.GIVEN_TO: "0000009"}, Column.GIVEN_TO, "職員個人のIDに管理者は定められません"),
    ({"判定": "持ち主を定める", Column.GIVEN_TO: 9}, Column.GIVEN_TO, "職員番号「9」の職員は台帳にいません。先頭の0"),
]  # fmt: skip


def test_a_cell_that_cannot_be_taken_is_named_and_the_others_are_taken(council: Council) -> None:
    """Each in a row of its own; the one sentence says which cell and what to do."""
    rest = BAD
    while rest:
        desk = Desk.of(council, GW, Part.OWNER, Scope(open_only=False))
        logins = [row.fixed[7] for row in desk.sheet.rows if row.fixed[0]][:-1]
        now, rest = rest[: len(logins)], rest[len(logins) :]
        pairs = list(zip(logins, now, strict=False))
        awaited = {desk.place(login, column): words for login, (_, column, words) in pairs}
        good: dict[str, dict[str, object]] = {
            desk.sheet.rows[-1].fixed[7]: {"判定": "継続", "理由": f"良い {len(rest)}"}
        }
        desk.fill_in({login: cells for login, (cells, _, _) in pairs} | good)
        taken = desk.taken(GW)
        assert (taken.taken, taken.conflicts) == (1, ())
        told = {each.cell: each.words for each in taken.problems}
        assert told.keys() == awaited.keys()
        assert all(words in told[cell] and told[cell].endswith("。") for cell, words in awaited.items())


def test_an_array_formula_gives_no_answer_to_its_neighbours(council: Council) -> None:
    """Cells into which a formula spills hold a value and no formula of their own."""
    desk = Desk.of(council, GW, Part.OWNER)
    place = desk.place(A, Column.REASON)
    desk.fill(A, 判定="停止")
    desk.fill(B, 判定="停止", 理由="x")
    row = desk.row(A)
    letters = place.rstrip("0123456789")
    area = f"{place}:{letters}{row + 1}"
    desk.edit(lambda tab: setattr(tab[place], "value", ArrayFormula(area, "=A1:A2")))
    assert [each.cell for each in desk.taken(GW).problems] == [place, f"{letters}{row + 1}"]


# --- files that are not taken at all


def cell(column: Column, value: object, row: int = FIRST) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.edit(lambda tab: setattr(tab[f"{desk.letters(column)}{row}"], "value", value))

    return change


def told(name: str, value: str) -> Callable[[Desk], None]:
    def change(tab: Worksheet) -> None:
        next(row for row in tab.iter_rows() if row[0].value == name)[1].value = value

    return lambda desk: desk.edit(change, CONTROL)


def copied_row(tab: Worksheet) -> None:
    tab.append([place.value for place in tab[FIRST]])


def swapped_keys(desk: Desk) -> None:
    def change(tab: Worksheet) -> None:
        column = desk.letters(Column.KEY)
        one, other = tab[f"{column}{FIRST}"], tab[f"{column}{FIRST + 1}"]
        one.value, other.value = other.value, one.value

    desk.edit(change)


def row_of_another_sheet(desk: Desk) -> None:
    other = Desk.of(desk.council, GW, Part.OWNER)
    row = (*other.sheet.rows[0].fixed, *other.sheet.rows[0].answers, other.sheet.rows[0].key)

    def change(tab: Worksheet) -> None:
        for column, text in enumerate(row, 1):
            tab.cell(FIRST, column).value = text

    desk.edit(change)


ALTERED: list[tuple[Callable[[Desk], None], dict[str, str]]] = [
    (cell(Column.KEY, "L1-00000000000000000000"), {"シート「回答」 Q4": "行の鍵が、この行のものではありません"}),
    (cell(Column.KEY, "L1"), {"シート「回答」 Q4": "行の鍵が書き換えられています"}),
    (cell(Column.KEY, "P1-00000000000000000000"), {"シート「回答」 Q4": "行の鍵が書き換えられています"}),
    (cell(Column.KEY, "=A1"), {"シート「回答」 Q4": "行の鍵がありません"}),
    (cell(Column.KEY, None, 6), {"シート「回答」 Q6": "行の鍵がありません"}),
    (cell(Column.LOGIN, "ghosT"), {"シート「回答」 H4": "元の値「ghost」に戻してください"}),
    (cell(Column.NAME, "誰か"), {"シート「回答」 B4": "元は空の欄です"}),
    (cell(Column.STAFF_NUMBER, 7, 6), {"シート「回答」 A6": "元の値「0000007」に戻してください"}),
    (cell(Column.RIGHTS, '="メール［mail］"', 5), {"シート「回答」 I5": "この列は変えられません"}),
    (swapped_keys, {
        **{f"シート「回答」 {column}{row}": "元の値" for row in (4, 5) for column in "IJ"},
        "シート「回答」 H4": "元の値「madoguchi」", "シート「回答」 H5": "元の値「ghost」",
    }),
    (row_of_another_sheet, {"シート「回答」 Q4": "行の鍵が、この行のものではありません"}),
    (lambda desk: desk.edit(copied_row), {"シート「回答」 Q20": "4行目と同じ行です"}),
    (lambda desk: desk.edit(lambda tab: tab.append([None, "誰か"])), {"シート「回答」 Q20": "加えた行なら行ごと削除"}),
    (cell(Column.VERDICT, "停止", 30), {"シート「回答」 Q30": "配ったシートにない行です"}),
    (cell(Column.VERDICT, "結果", HEADINGS), {"シート「回答」": "列「判定」がありません"}),
    (cell(Column.REASON, "＊判 定", HEADINGS),
     {"シート「回答」": "列「理由」がありません", "シート「回答」 P3": "列「判定」が二つあります（L3）"}),
    (lambda desk: desk.edit(lambda tab: tab.delete_rows(HEADINGS)), {"シート「回答」": "見出しの行がありません"}),
    (lambda desk: desk.work(lambda book: setattr(book[ANSWERS], "title", "回答2")), {"": "シート「回答」がありません"}),
    (lambda desk: desk.work(lambda book: book.remove(book[CONTROL])), {"": "シート「管理情報」がありません"}),
    (told("形式", "鍵守 棚卸シート 9"), {"シート「管理情報」 B1": "この版で配ったシートではありません"}),
    (told("団体", "となり町"), {"シート「管理情報」 B3": "「となり町」のシートです"}),
    (told("署名の鍵", "0123456789abcdef"), {"シート「管理情報」 B11": "この鍵守の鍵で作られたシートではありません"}),
    (told("版", "999"), {"シート「管理情報」 B12": "署名が合いません"}),
    (told("署名", "偽"), {"シート「管理情報」 B12": "署名が合いません"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A sheet with a sound answer: of a file that is refused nothing is left that another test could meet."""
    desk = Desk.of(given.told(a_copy(tmp_path_factory.mktemp("altered"))), GW, Part.OWNER)
    desk.fill("madoguchi", 判定="停止", 理由="不要")
    return desk


@pytest.mark.parametrize("number", range(len(ALTERED)))
def test_a_file_that_was_altered_is_not_taken_at_all(filled: Desk, number: int) -> None:
    """Not one answer of it, however sound; the cell is named, and what was tried is on record."""
    change, awaited = ALTERED[number]
    desk, council = copy(filled), filled.council
    change(desk)
    found = desk.refused(GW)
    assert found.keys() == awaited.keys()
    assert all(words in found[place] for place, words in awaited.items())
    subject, detail = council.audit("review_sheet.refused")[-1]
    assert subject in {"review sheet", council.campaign.subject}
    assert f'"by":{council.numbers[GW]}' in detail


def add_rows(count: int, tab: Worksheet) -> None:
    for _ in range(count):
        tab.append(["x"])


def test_thousands_of_added_rows_are_one_problem(council: Council) -> None:
    desk = Desk.of(council, GW, Part.OWNER)
    desk.edit(partial(add_rows, 600))
    assert "配ったシートの16行より多い行があります" in desk.refused(GW)["シート「回答」"]
    desk = Desk.of(council, GW, Part.OWNER)
    desk.edit(partial(add_rows, 400))
    done = desk.hand_in(GW)
    assert isinstance(done, Refused)
    assert (len(done.problems), done.more) == (200, 200)


def test_a_sheet_of_another_review_of_another_body_or_of_none_is_not_taken(council: Council) -> None:
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill("ghost", 判定="停止", 理由="不要")
    assert "その棚卸のページから取り込んでください" in desk.refused(GW, campaign_id=99)["シート「管理情報」 B4"]
    door = council.door
    theirs = KeyRing("k", {"k": b"x" * 32})
    council.office.hall.door = copy(door)
    object.__setattr__(council.office.hall.door, "keys", theirs)
    assert "この鍵守の鍵で" in desk.refused(GW)["シート「管理情報」 B11"]
    council.office.hall.door = door
    for state in (CampaignState.CLOSED, CampaignState.ABANDONED, CampaignState.SIGNED):
        both = {"general_by": council.numbers[GENERAL], "hr_by": council.numbers[HR]}
        with council.store.act("test") as act:
            act.connection.execute(update(campaign_table).values(state=state, **both))
        assert f"は「{state.label_ja}」です" in desk.refused(GW)["シート「管理情報」 B4"]
        with pytest.raises(Conflict, match="シートを作れません"):
            Desk.of(council, GW, Part.OWNER)
    with council.store.act("test") as act:
        act.connection.execute(update(campaign_table).values(state=CampaignState.OPEN))
        act.connection.execute(delete(campaign_sheet_table))
    assert "シートを作った記録がありません" in desk.refused(GW)["シート「管理情報」 B2"]


def test_only_who_may_answer_hands_in_and_never_about_themselves(council: Council) -> None:
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill(f"{GW_TOO:07}", 判定="継続", 理由="使う")
    desk.fill("ghost", 判定="停止", 理由="不要")
    for by, words in ((HR, "情報システムの責任者として回答できる人ではない"), (AUDITOR, "回答できる人ではない"),
                      (OUTSIDE, "回答できる人ではない")):  # fmt: skip
        assert words in desk.refused(by)[""]
    taken = desk.taken(GW_TOO)
    assert taken.taken == 1
    (own,) = taken.problems
    assert (own.cell, "自分の利用者ID" in own.words) == (desk.place(f"{GW_TOO:07}", Column.VERDICT), True)
    desk = Desk.of(council, ZEI, Part.OWNER)
    desk.fill(A, 判定="継続", 理由="使う")
    assert desk.taken(ZEI).taken == 1
    with pytest.raises(NotFound, match="回答する行はありません"):
        Desk.of(council, ZEI, Part.OWNER, Scope(Bound.SYSTEM, "gw"))
    for by, part in ((AUDITOR, Part.HR), (GW, Part.HR), (OUTSIDE, Part.OWNER)):
        with pytest.raises(Forbidden):
            Desk.of(council, by, part)


def test_of_two_at_once_the_second_is_told_and_nothing_is_lost(council: Council) -> None:
    """Both had looked before either was taken: two files of one sheet, then the same file twice."""
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill("ghost", 判定="停止", 理由="不要")
    mine = read_book("a.xlsx", desk.content, (ANSWERS, CONTROL))
    desk.fill("ghost", 判定="期限で終了", 期限=jst_day(council.clock()) + timedelta(3), 理由="まで")
    theirs = read_book("b.xlsx", desk.content, (ANSWERS, CONTROL))
    with council.store.read() as connection:
        looked = [examine(connection, council.door, each) for each in (mine, theirs, mine)]
    done = []
    for each, by in zip(looked, (GW, GW_TOO, GW_TOO), strict=True):
        with council.store.act(f"staff:{by:07}") as act:
            done.append(take_back(act, council.door, each, council.numbers[by]))
    first, second, third = done
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert isinstance(third, Refused)
    assert (first.taken, second.taken, len(second.conflicts)) == (1, 0, 1)
    assert "取り込み済み" in third.problems[0].words
    assert said(council)["gw", "ghost"][0] == "停止"  # type: ignore[index]
    with council.store.read() as connection:
        assert len(connection.execute(select(campaign_return_table)).all()) == 2


def test_what_was_read_again_is_not_answered_by_what_a_sheet_said_before(council: Council) -> None:
    """Of a system that was read after the sheet was made: lines as they were are taken, others need a new sheet."""
    desk = Desk.of(council, GW, Part.OWNER)
    desk.fill(A, 判定="継続")
    desk.fill(B, 判定="継続")
    system, line = campaign_system_table.c, campaign_line_table.c
    council.clock.on(seconds=1)
    with council.store.act("test") as act:
        again = update(campaign_system_table).where(system.system == "gw").values(read_at=act.at)
        act.connection.execute(again)
        changed = update(campaign_line_table).where(line.id == council.line("gw", B).id).values(rights=[])
        act.connection.execute(changed)
    taken = desk.taken(GW)
    assert taken.taken == 1
    (problem,) = taken.problems
    assert (problem.cell, "システムを読み直し" in problem.words) == (desk.place(B, Column.VERDICT), True)
    assert ("gw", B) not in said(council)


def test_an_older_sheet_is_overtaken_by_a_newer_one_line_by_line(council: Council) -> None:
    old = Desk.of(council, GW, Part.OWNER)
    new = Desk.of(council, GW_TOO, Part.OWNER)
    new.fill("ghost", 判定="停止", 理由="不要")
    new.fill(A, 判定="継続")
    new.taken(GW_TOO)
    old.fill("ghost", 判定="停止", 理由="不要")
    old.fill(A, 判定="停止", 理由="不要")
    old.fill(B, 判定="継続")
    taken = old.taken(GW)
    assert (taken.taken, taken.same) == (1, 1)
    (conflict,) = taken.conflicts
    assert conflict.cell == old.place(A, Column.VERDICT)
    assert all(each in conflict.words for each in (f"{GW_TOO:07}さんが", "2026-", "「継続」と回答"))
    assert isinstance(new.hand_in(GW_TOO), Refused)
