"""`iam terminal`: a list from the asset management system, what stands in the register, and a loss."""

import json
from pathlib import Path

import pytest

from iam.access.places import register
from iam.people.ledger import persons_by_number
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from tests.functional.cli.given import Town

LIST = """\
型番,管理番号,名称,種別,領域,専用の業務,MACアドレス,IPアドレス,庁外,備考
N1,PC-1,窓口 1,パソコン,マイナンバー利用事務系,庁内ポータル,02-00-5E-10-00-01,10.1.1.1,,
N1,PC-2,"窓口 2, 奥",,mnu,,0200.5e10.0002,,,
T9,TB-1,貸出用,タブレット,標準システム接続系,,,,可,在宅

"""


def imported(town: Town, text: str, *options: str, encoding: str = "cp932") -> str:
    path = town.folder / "端末.csv"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    done = town.run("terminal", "import", str(path), *options)
    assert done.exit_code == (2 if done.stderr else 0)
    return done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_a_list_comes_in_once_and_changes_only_what_it_says(town: Town, encoding: str) -> None:
    said = imported(town, LIST, "--dry-run", encoding=encoding)
    assert (said, town.told("terminal", "list")) == (
        "誤りはありません（新規 3台、登録済み 0台）。何も書き込んでいません。\n", [],
    )  # fmt: skip
    assert imported(town, LIST, encoding=encoding) == "登録 3台、変更 0台、変更なし 0台です。\n"
    assert imported(town, LIST, encoding=encoding) == "登録 0台、変更 0台、変更なし 3台です。\n"
    assert (
        imported(town, "管理番号,名称\nTB-1,貸出用 甲\n", encoding=encoding)
        == "登録 0台、変更 1台、変更なし 0台です。\n"
    )

    one, two, tablet = town.told("terminal", "list")
    assert (one["zone"], one["tasks"], one["mac"], one["state"]) == ("mnu", ["portal"], "02:00:5e:10:00:01", "in_use")
    assert (two["name"], two["mac"]) == ("窓口 2, 奥", "02:00:5e:10:00:02")
    assert (tablet["name"], tablet["kind"], tablet["outside"], tablet["note"]) == ("貸出用 甲", "tablet", True, "在宅")
    assert [each["code"] for each in town.told("terminal", "list", "--zone", "std")] == ["TB-1"]
    assert [each["code"] for each in town.told("terminal", "list", "奥")] == ["PC-2"]


def test_everything_that_is_wrong_is_told_with_its_line_and_nothing_comes_in(town: Town) -> None:
    wrong = """\
管理番号,名称,種別,領域,専用の業務,MACアドレス,IPアドレス,庁外
PC-1,a,電話,mnu,,,,
PC-2,b,,lgwan,gyomu,zz,pc2,たぶん
PC-3,c,,mnu,,02-00-5E-10-00-01,,
PC-3,d,,mnu,,02-00-5E-10-00-01,,
PC-4,e
,f,,mnu,,,,
"""
    lines = imported(town, wrong).splitlines()
    for words in (
        "2行目: 種別: 「電話」は分かりません。パソコン、タブレット、機器 のいずれかにしてください。",
        "3行目: 庁外への持出し: 「たぶん」は分かりません。可 か、空にしてください。",
        "5行目: 管理番号「PC-3」が4行目にもあります。",
        "5行目: MACアドレス「02:00:5e:10:00:01」が4行目にもあります。",
        "6行目: 列の数（2）が見出し（8）と違います。",
        "7行目: 管理番号: 空にはできません。",
    ):
        assert any(line.startswith(f"エラー: 端末.csv {words}") for line in lines), (words, lines)
    assert "件あるため、何も取り込んでいません。" in lines[-1]
    assert town.told("terminal", "list") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("番号,名称\n1,a\n", "1行目に列「管理番号」がありません。使える見出しは 管理番号、名称、"),
        ("", "1行目に列「管理番号、名称」がありません。"),
        ('管理番号,名称\n"PC-1,a\n', "CSVとして読めません。"),
    ],
)
def test_a_file_that_is_no_list_is_told(town: Town, text: str, said: str) -> None:
    assert said in imported(town, text)


def test_a_file_in_another_encoding_is_told(town: Town) -> None:
    path = town.folder / "端末.csv"
    path.write_bytes("管理番号,名称\nPC-1,端末\n".encode("utf-16"))
    assert "UTF-8 でも CP932" in town.run("terminal", "import", str(path)).stderr


def test_a_lost_terminal_is_told_with_whose_it_was(settled: Town) -> None:
    imported(settled, LIST)
    settings = load(settled.config, {})
    store = Store(settings.database.url, KeyRing.read(settings.keys.file))
    with store.act("test") as act:
        (person_id,) = persons_by_number(act.connection, ["000001"]).values()
        register.lend(act, "TB-1", person_id)
    store.dispose()
    assert "貸出先" in settled.run("terminal", "show", "TB-1").stdout
    (lent,) = settled.told("terminal", "list", "--person", "000001")
    assert (lent["code"], lent["state"]) == ("TB-1", "lent")

    lost = settled.run("terminal", "lost", "TB-1", "--reason", "電車に置き忘れた")

    assert lost.exit_code == 0
    assert "（000001）に貸していました。" in lost.stdout
    assert settled.told("terminal", "show", "TB-1")["state"] == "lost"
    for words, code in ((("show", "TB-9"), 2), (("lost", "TB-1", "--reason", "x"), 2), (("lost", "PC-1"), 2)):
        assert settled.run("terminal", *words).exit_code == code, words


def test_the_mark_of_a_certificate_is_said(town: Town, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("x", encoding="ascii")
    refused = town.run("terminal", "mark", str(tmp_path / "a.pem"))
    assert (refused.exit_code, "証明書が一つだけ入った PEM" in refused.stderr) == (2, True)


def test_a_script_reads_every_field(town: Town) -> None:
    imported(town, LIST)
    assert json.loads(town.run("terminal", "show", "PC-1", "--json").stdout) == town.told("terminal", "list")[0]
