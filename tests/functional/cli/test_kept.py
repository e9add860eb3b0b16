"""`iam account`: IDs that are nobody's own, one by one and as the sheet in which a body has kept them."""

from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
from xlsxwriter import Workbook

from tests.functional.cli.given import Town, today

HEADING = "備考,利用者ID,システム,種別,用途,管理者,受入責任者,事業,会社,期限,パスワード変更日,使う人"
LIST = f"""\
{HEADING}
,Madoguchi,庁内ポータル,共用,"窓口の
端末",000001,,,,,R8.1.5,000002、000003
,'=batch,portal,連携用,夜間の連携,,,,,,,

,dev1,portal,開発用ID,改修,０００００１,,税制改正,,R99.3.31,,
"""


def taken_in(town: Town, text: str | bytes, *options: str, name: str = "台帳.csv") -> str:
    path = town.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode("cp932"))
    done = town.run("account", "register", str(path), *options)
    assert done.exit_code == (2 if done.stderr else 0), done.stderr
    return done.stdout + done.stderr


def as_sheet(text: str) -> bytes:
    """The same as an xlsx, as somebody types it: days as days."""
    content = BytesIO()
    with Workbook(content) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        for line, row in enumerate(text.splitlines()):
            for at, cell in enumerate(row.split(",")):
                if at == 9 and line:
                    sheet.write_datetime(line, at, date(2099, 3, 31), day)
                else:
                    sheet.write_string(line, at, cell)
    return content.getvalue()


def test_a_register_comes_in_goes_out_and_comes_in_again(settled: Town, tmp_path: Path) -> None:
    town = settled
    text = LIST.replace('"窓口の\n端末"', "窓口の端末")
    assert taken_in(town, text, "--dry-run").startswith("誤りはありません（新規 3件、登録済み 0件）。")
    assert town.told("account", "kept") == []
    assert taken_in(town, text) == (
        "登録 3件、変更 0件、変更なし 0件です。\n管理者や期限などが足りないIDが1件あります。次の棚卸で指摘されます。\n"
    )
    batch, dev, shared = town.told("account", "kept")
    assert (batch["login"], batch["keeper"], batch["kind"]) == ("=batch", {}, "service")
    assert (dev["project"], dev["valid_until"], dev["keeper"]["staff_number"]) == ("税制改正", "2117-03-31", "000001")
    assert [each["staff_number"] for each in shared["members"]] == ["000002", "000003"]
    assert (shared["secret_changed_on"], shared["members"][0]["from"]) == ("2026-01-05", str(today()))
    assert town.run("account", "kept", "--without-keeper").stdout.splitlines()[-1] == "1件"

    same = (
        "登録 0件、変更 0件、変更なし 3件です。\n管理者や期限などが足りないIDが1件あります。次の棚卸で指摘されます。\n"
    )
    for name, options in (("a.csv", ()), ("b.csv", ("--cp932",)), ("c.xlsx", ())):
        path = tmp_path / name
        done = town.run("account", "register", "--export", str(path), *options)
        assert done.stdout == f"{path} に3件を書き出しました（権限 600）。\n", done.stderr
        assert taken_in(town, path.read_bytes(), name=f"戻り{name}") == same
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "'=batch" in (tmp_path / "b.csv").read_bytes().decode("cp932")
    cell = openpyxl.load_workbook(tmp_path / "c.xlsx").worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == ("=batch", "s")
    assert "すでにあります" in town.run("account", "register", "--export", str(tmp_path / "a.csv")).stderr
    sheet = f"{HEADING}\n,Madoguchi,庁内ポータル,共用,窓口,000001,,,,,,000002"
    assert taken_in(town, as_sheet(sheet), name="手書き.xlsx") == "登録 0件、変更 1件、変更なし 0件です。\n"
    assert town.told("account", "kept", "窓口")[0]["valid_until"] == "2099-03-31"


WRONG = f"""\
{HEADING}
,a,portal,内緒,x,000001,,,,,,
,b,mail,共用,x,山田,,,,2月30日,,
,c,portal,共用,x,000001,,,,,,000002 1
,d,portal,,x,000001,,,,,,
,e,portal,委託先ID,x,000001、000002,,,,,,
,f,portal
,g,portal,試験用,x,000001,,,,2026-01-01,,
,s000001,portal,共用,"二
行",000001,,,,,,
,h,portal,システム用,x,000001,,,,,,000002
"""


def test_everything_that_is_wrong_is_told_with_its_row_and_nothing_comes_in(settled: Town) -> None:
    lines = taken_in(settled, WRONG).splitlines()
    for words in (
        "2行目: 種別: 「内緒」は分かりません。共用ID、システム用ID、",
        "3行目: 管理者: 職員番号「山田」の職員は台帳にいません。番号（氏名ではなく職員番号か）を確かめてください。",
        "3行目: 期限: 「2月30日」は日付として読めません。",
        "4行目: 使う人: 職員番号「1」の職員は台帳にいません。番号（先頭の0が消えていないかも）を確かめてください。",
        "5行目: 種別: 空にはできません。",
        "6行目: 管理者: 「000001、000002」のように、二人以上は書けません。",
        "7行目: 列の数（3）が見出し（12）と違います。",
        "8行目: 期限: 2026-01-01 は過ぎています。",
        "9行目: 用途: 前後の空白、改行、制御文字は使えません。",
        "9行目: 利用者ID: 職員個人の利用者ID",
        "11行目: 使う人: 使う人を書けるのは共用IDだけです。",
    ):
        assert any(line.startswith(f"エラー: 台帳.csv {words}") for line in lines), (words, lines)
    assert "件あるため、何も取り込んでいません。" in lines[-1]
    assert settled.told("account", "kept") == []
    for content, said in (
        (b"\x81", "文字コードが"),
        (f"{HEADING}\n".encode(), "IDが一件も書かれていません。"),
        ("番号,名称\n1,2\n".encode(), "1行目に列「情報システム、利用者ID」がありません。"),
        (b"PK\x03\x04 and no more", "xlsxとして読めません"),
        (b'a,"b\n', "1行目から先をCSVとして読めません"),
        (b"x" * 5_000_001, "ファイルが大きすぎます"),
    ):
        assert said in taken_in(settled, content), said


def test_one_id_is_kept_handed_on_and_given_up(settled: Town) -> None:
    def said(*words: str) -> str:
        done = settled.run("account", *words)
        return (done.stdout + done.stderr).strip()

    here = ("portal", "madoguchi")
    assert said("keep", *here, "--purpose", "窓口") == (
        "エラー: 新しく載せるIDには --kind を指定してください。\niam account keep --help で説明を表示します。"
    )
    assert "管理者が要ります" in said("keep", *here, "--kind", "shared", "--purpose", "窓口")
    kept = said("keep", *here, "--kind", "shared", "--purpose", "窓口", "--keeper", "000001")
    assert kept == "portal の madoguchi: 台帳に載せました。"
    assert said("keep", *here, "--until", "R99.3.31") == "portal の madoguchi: 変更しました。"
    assert said("keep", *here, "--purpose", "窓口") == "portal の madoguchi: 変わりはありません。"
    assert said("members", *here, "--join", "000002", "--join", "000003").endswith("2人を加え、0人を外しました。")
    assert "パスワードを知っています" in said("members", *here, "--leave", "000003")
    assert said("secret-changed", *here).startswith("portal の madoguchi: パスワードを 20")
    assert said("keeper", *here, "000002", "--reason", "異動").endswith("管理者を 000002 に替えました。")
    (row,) = settled.told("account", "kept")
    assert (row["keeper"]["staff_number"], row["secret_changed_on"]) == ("000002", str(today()))
    assert [each["until"] for each in row["members"]] == [None, str(today())]
    assert said("unkeep", "portal", "MADOGUCHI", "--reason", "廃止").endswith("台帳から外しました。")
    assert "台帳にありません" in said("unkeep", *here, "--reason", "廃止")
    assert len(settled.told("account", "kept", "--retired")) == 1
