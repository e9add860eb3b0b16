"""`iam decide`: an officer asks why somebody may or may not come in."""

import sqlite3

import pytest

from tests.functional.cli.given import Town, days

NETWORK = """
[[networks]]
name = "庁舎"
addresses = ["192.0.2.0/24"]
zone = "std"
"""
PORTAL = """[portal]
origin = "https://id.minato.test"

[network]
file = "network.toml"

[output]"""


@pytest.fixture
def gated(settled: Town) -> Town:
    """The town with a portal and its one network."""
    settled.edit("iam.toml", "[output]", PORTAL)
    (settled.folder / "network.toml").write_text(NETWORK, encoding="utf-8")
    return settled


def test_an_officer_reads_the_answer_with_reasons_clauses_and_cures(gated: Town) -> None:
    may = gated.run("decide", "000001", "portal", "--from", "192.0.2.7", "--check")
    assert may.exit_code == 0, may.output
    for words in (
        "判定: 許可",
        "○ 「庁内ポータル」を使う権限があります。根拠: 2020-04-01 採用 総務課 主事（標準付与 全職員）。",
        "[OITA-S8.2.1.2a 第3章8(2)ア(イ)a 利用者IDの取扱い]",
        "○ 種類の異なる二つの認証要素で確かめています。 [OITA-S6.4.2 ",
        "接続元        192.0.2.7（庁内、庁舎）",
        "サインイン    パスワード、認証アプリ",
        "この答えが変わりうる時刻: ",
    ):
        assert words in may.stdout

    step = gated.run("decide", "000001", "portal", "--from", "192.0.2.7", "--signed-in", "totp,token", "--check")
    assert step.exit_code == 1
    assert "判定: 追加の認証が必要" in step.stdout
    assert "     → 追加の認証をしてください。" in step.stdout

    told = gated.told("decide", "000001", "portal", "--signed-in", "none")
    assert told["outcome"] == "deny"
    assert {each["code"] for each in told["reasons"] if each["outcome"] == "deny"} >= {"address-missing"}
    lacking = {each["code"] for each in told["reasons"] if each["outcome"] == "step_up"}
    assert lacking == {"sign-in", "two-kinds", "outside-kinds"}
    assert (told["rights"], told["needs"]) == ([], None)


def test_another_day_and_a_terminal_can_be_asked_about_and_the_asking_is_recorded(gated: Town) -> None:
    on = gated.told("decide", "000001", "portal", "--from", "192.0.2.7", "--at", days(-9000))
    assert [each["code"] for each in on["reasons"] if each["outcome"] == "deny"] == ["standing", "no-right"]
    with sqlite3.connect(gated.folder / "iam.db") as database:
        found = database.execute(
            "SELECT subject, detail FROM audit_record WHERE action = 'decision.questioned'"
        ).fetchall()
        assert database.execute("SELECT count(*) FROM decision").fetchone() == (0,)
    assert len(found) == 1
    assert found[0][0] == "person 1"
    assert '"system":"portal"' in found[0][1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("000001", "nowhere"), "情報システム「nowhere」はアクセスモデルにありません。コードを"),
        (("000001", "portal", "--from", "192.0.2.300"), "「192.0.2.300」はアドレスではありません。10.1.2.3 のように"),
        (("999999", "portal"), "職員番号「999999」の職員は台帳にいません。"),
        (("000001", "portal", "--terminal", "PC-9"), "管理番号「PC-9」の端末は台帳にありません。"),
        (
            ("000001", "portal", "--terminal", "PC-9", "--from", "192.0.2.7"),
            "管理番号「PC-9」の端末は台帳にありません。",
        ),
        (("000001", "portal", "--signed-in", "sms"), "「sms」という方法はありません。password、totp"),
    ],
)
def test_what_cannot_be_asked_is_said(gated: Town, arguments: tuple[str, ...], says: str) -> None:
    result = gated.run("decide", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
