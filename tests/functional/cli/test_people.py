"""`iam person`, `iam account`, `iam reconcile`: what is known, and what it rests on."""

from datetime import timedelta

import pytest

from iam.record.act import now
from tests.functional.cli.given import Row, Town, days, staff

WIDE = """extends = "oita"
[guard]
feed_total = { share = 1.0, minimum = 100, clause = "baseline" }
"""


@pytest.fixture
def moved(settled: Town) -> Town:
    """Person 1 goes to 税務課 in ten days and comes from 総務課; person 3 does so too, but nobody may know."""
    settled.edit("town.toml", 'extends = "oita"', WIDE)
    there = [Row(f"{n:06}", f"職員　{n}号", org="0201", kind="02", since=days(10), announce=announce)
             for n, announce in ((1, ""), (3, days(5)))]  # fmt: skip
    settled.feed([*staff(10), *there])
    assert settled.run("sync").exit_code == 0
    return settled


def test_every_state_names_row_appointment_rule_and_clause(moved: Town) -> None:
    told = moved.told("person", "show", "000001")
    first, second = told["states"]
    assert (first["since"], second["since"]) == ("2020-04-01", days(10))
    for state, number, place, rights in (
        (first, 1, "jinji.csv 2行目", {"staff": ("全職員", "OITA-S8.2.1.2a")}),
        (
            second, 11, "jinji.csv 12行目",
            {"staff": ("全職員", "OITA-S8.2.1.2a"), "tax": ("税務課", "baseline")},
        ),
    ):  # fmt: skip
        assert state["status"] == "in_service"
        assert state["cause"] == {"appointment": number, "place": place}
        held = state["systems"]["portal"]["entitlements"]
        assert {name: (why["rule"], why["clause"]) for name, why in held.items()} == rights
        assert {(why["appointment"], why["place"]) for why in held.values()} == {(number, place)}


def test_the_timeline_is_told_to_people_too(moved: Town) -> None:
    shown = moved.run("person", "show", "000001").stdout
    for words in (
        "職員番号 000001  職員　1号（ヤマダ　タロウ）",
        f"  {days(10)}から\n    在職  財務部 税務課 主事（本務）",
        "根拠: 発令 11 異動 税務課 主事",
        "権限「税務情報」 ← ",
        "発令 1  採用 総務課 主事 2020-04-01〜  〔さかのぼり〕",
        "庁内ポータル  s000001  有効",
        "（規則 全職員、発令 1）[OITA-S8.2.1.2a]",
        "計画 1  庁内ポータル s000001（職員　1号）を作成する ← ",
    ):
        assert words in shown


def test_one_day_can_be_asked_for(moved: Town) -> None:
    (state,) = moved.told("person", "show", "000001", "--as-of", days(11))["states"]
    assert [post["org_name"] for post in state["posts"]] == ["税務課"]
    (state,) = moved.told("person", "show", "000001", "--as-of", days(9))["states"]
    assert [post["org_name"] for post in state["posts"]] == ["総務課"]


def test_what_was_known_then_can_be_asked_for(moved: Town) -> None:
    earlier = (now() - timedelta(days=1)).isoformat()
    assert "の時点では台帳にいません" in moved.run("person", "show", "000001", "--known-at", earlier).stderr
    later = moved.told("person", "show", "000001", "--known-at", days(1))
    assert [version["appointment"] for version in later["versions"]] == [1, 11]


def test_an_appointment_that_is_not_announced_is_not_there(moved: Town) -> None:
    told = moved.told("person", "show", "000003")
    assert [version["appointment"] for version in told["versions"]] == [3]
    assert [state["since"] for state in told["states"]] == ["2020-04-01"]
    assert "税務" not in moved.run("person", "show", "000003").stdout


def test_somebody_of_whom_nothing_is_announced_is_not_there(moved: Town) -> None:
    moved.feed([*staff(10), Row("000088", "新人　花子", since=days(20), announce=days(10))])
    assert moved.run("sync").exit_code == 0
    hidden = moved.run("person", "show", "000088")
    assert (hidden.exit_code, hidden.stdout) == (2, "")
    assert "新人" not in hidden.stderr + moved.run("person", "list").stdout


def test_a_correction_keeps_what_was_believed_before(settled: Town) -> None:
    settled.feed([Row("000001", "職員　1号", org="0101", title="主任"), *staff(10)[1:]])
    assert settled.run("sync").exit_code == 0
    old, new = settled.told("person", "show", "000001")["versions"]
    assert (old["title"], old["closing"], new["title"], new["supersedes"]) == ("主事", "corrected", "主任", 1)
    assert old["known_until"] == new["known_from"]
    shown = settled.run("person", "show", "000001").stdout
    assert "〔訂正、発令 1 に代わる、さかのぼり〕" in shown
    assert "に訂正により効力を失いました。" in shown


def test_a_refused_row_stands_in_the_persons_story(settled: Town) -> None:
    settled.feed([*staff(9), Row("000010", "職員　10号", category="99")])
    assert settled.run("sync").exit_code == 0
    (row,) = settled.told("person", "show", "000010")["quarantined"]
    assert (row["place"], row["field"], row["value"]) == ("jinji.csv 11行目", "category", "99")
    assert "任用区分「99」" in settled.run("person", "show", "000010").stdout


def test_nobody_is_found_under_a_number_that_was_never_given(settled: Town) -> None:
    missing = settled.run("person", "show", "999999")
    assert (missing.exit_code, missing.stderr) == (2, "エラー: 職員番号「999999」の職員は台帳にいません。\n")


def test_people_are_listed_by_name_department_and_status(moved: Town) -> None:
    assert [each["staff_number"] for each in moved.told("person", "list", "--name", "職員 10")] == ["000010"]
    assert len(moved.told("person", "list", "--department", "財務部", "--status", "in_service")) == 5
    assert moved.told("person", "list", "--status", "left") == []


def test_accounts_are_listed_with_their_owners(settled: Town) -> None:
    settled.feed([*staff(9), Row("000010", "職員　10号", org="0201", kind="09", since="2026-03-31")])
    assert settled.run("sync").exit_code == 0
    (off,) = settled.told("account", "list", "--state", "disabled", "--system", "portal")
    assert (off["login"], off["staff_number"], off["disabled_on"]) == ("s000010", "000010", days(0))
    assert "9件" in settled.run("account", "list", "--state", "active").stdout
    wrong = settled.run("account", "list", "--state", "off")
    assert "reserved、active、disabled、deleted のいずれかを指定してください。" in wrong.stderr


def test_a_system_is_sorted_and_an_account_protected(settled: Town) -> None:
    people = f"ou=people,{settled.slapd.suffix}"
    with settled.slapd.connection() as connection:
        connection.add(f"uid=backup,{people}", "inetOrgPerson", {"cn": "b", "sn": "b"})
        connection.add(f"uid=old,{people}", "inetOrgPerson", {"cn": "o", "sn": "o", "employeeNumber": "000001"})
        connection.delete(f"uid=s000007,{people}")
    told = settled.told("reconcile", "portal")
    assert told["counts"] == {"linked": 9, "rogue": 1, "disputed": 1, "missing": 1}
    shown = settled.run("reconcile", "portal").stdout
    assert "■ 持ち主不明 1件\n  backup  -  有効  " in shown
    assert "紐付け済" in shown
    assert "s000002" not in shown
    assert "s000002" in settled.run("reconcile", "portal", "--all").stdout

    protection = ["--owner", "情報政策課", "--reason", "バックアップ用", "--until", days(30)]
    assert settled.run("reconcile", "portal", "--protect", "backup", *protection).exit_code == 0
    assert settled.told("reconcile", "portal")["counts"]["protected"] == 1
    gone = settled.run("reconcile", "portal", "--protect", "nobody", *protection)
    assert (gone.exit_code, "利用者ID「nobody」はありません" in gone.stderr) == (2, True)
    half = settled.run("reconcile", "portal", "--protect", "backup", "--owner", "情報政策課")
    assert (half.exit_code, "すべて必要です" in half.stderr) == (2, True)
    assert settled.run("reconcile", "mail").exit_code == 2


def test_a_protection_is_replaced_and_lifted_and_both_are_recorded(settled: Town) -> None:
    def mark(login: str, reason: str) -> None:
        given = ["--owner", "情報政策課", "--reason", reason, "--until", days(30)]
        assert settled.run("reconcile", "portal", "--protect", login, *given).exit_code == 0

    mark("s000001", "移行中")
    mark("S000001", "保守用")
    (kept,) = [each for each in settled.told("reconcile", "portal")["accounts"] if each["sorting"] == "protected"]
    assert "保守用" in kept["words"]
    group = f"cn=staff,ou=groups,{settled.slapd.suffix}"
    with settled.slapd.connection() as connection:
        connection.modify(group, {"member": [("MODIFY_DELETE", [f"uid=s000001,ou=people,{settled.slapd.suffix}"])]})
    assert settled.told("sync")["changes"] == []

    assert settled.run("reconcile", "portal", "--unprotect", "s000001").exit_code == 0
    again = settled.run("reconcile", "portal", "--unprotect", "s000001")
    assert (again.exit_code, "保護の印はありません" in again.stderr) == (2, True)
    both = settled.run("reconcile", "portal", "--unprotect", "a", "--protect", "b")
    assert (both.exit_code, "一緒に指定できません" in both.stderr) == (2, True)
    assert [change["login"] for change in settled.told("sync")["changes"]] == ["s000001"]
    path = settled.folder / "証跡.jsonl"
    assert settled.run("audit", "export", str(path)).exit_code == 0
    written = path.read_text(encoding="utf-8")
    assert (written.count("account.protected"), written.count("account.unprotected")) == (2, 2)


def test_somebody_says_whose_account_it_is(settled: Town) -> None:
    people = f"ou=people,{settled.slapd.suffix}"
    with settled.slapd.connection() as connection:
        connection.add(f"uid=yamada,{people}", "inetOrgPerson", {"cn": "y", "sn": "y", "employeeNumber": "000011"})
        connection.modify(f"cn=staff,ou=groups,{settled.slapd.suffix}", {"member": [("MODIFY_ADD", ["cn=elsewhere"])]})
    settled.feed(staff(11))
    asked = settled.run("sync").stdout
    assert "iam reconcile portal --link yamada" in asked
    assert "cn=elsewhere: 利用者IDではないもの" in asked
    linked = settled.run("reconcile", "portal", "--link", "yamada")
    assert (linked.exit_code, "職員番号 000011 の職員に紐付けました" in linked.stdout) == (0, True)
    assert settled.run("reconcile", "portal", "--link", "yamada").exit_code == 2
    assert settled.run("reconcile", "portal", "--link", "nobody").exit_code == 2
    protection = ["--owner", "情報政策課", "--reason", "部門の組", "--until", days(30)]
    assert settled.run("reconcile", "portal", "--protect", "cn=elsewhere", *protection).exit_code == 0
    assert settled.run("sync").exit_code == 0
    assert [a["login"] for a in settled.told("person", "show", "000011")["accounts"]] == ["yamada"]
    assert settled.run("sync", "--check").exit_code == 0


def test_a_system_that_is_away_cannot_be_reconciled(settled: Town) -> None:
    settled.slapd.stop()
    away = settled.run("reconcile", "portal")
    assert (away.exit_code, away.stdout) == (4, "")
    assert "システム「portal」" in away.stderr


def test_what_a_directory_holds_cannot_move_the_cursor(settled: Town) -> None:
    with settled.slapd.connection() as connection:
        connection.add(f"cn=x,ou=people,{settled.slapd.suffix}", "inetOrgPerson", {"sn": "x", "uid": "a\x1b[2Jb"})
    shown = settled.run("reconcile", "portal").stdout
    assert "\x1b" not in shown
    assert "a?[2Jb" in shown
