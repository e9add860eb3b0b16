"""`iam sync` by a real feed and a real directory: differs, apply, settled; and how a night goes wrong."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.conftest import StartSlapd
from tests.functional.cli.given import IAM, Row, Town, staff
from web.practice.servers.slapd import Slapd, SlapdOptions

HIRED = "2020-04-01 採用 総務課 主事（標準付与 全職員）"


def test_a_night_differs_is_applied_and_is_settled(town: Town) -> None:
    differs = town.iam("sync", "--check")
    assert (differs.returncode, town.accounts()) == (1, {})
    assert "変更 25件" in differs.stdout

    applied = town.iam("sync")
    assert (applied.returncode, applied.stdout.count("適用しました: 25件")) == (0, 1)
    assert town.accounts() == {f"s{n:06}": True for n in range(1, 11)}

    settled = town.iam("sync", "--check")
    assert (settled.returncode, settled.stdout.count("変更はありません。")) == (0, 1)


def test_a_night_over_postgresql_is_the_same(postgres_url: str, slapd: Slapd, tmp_path: Path) -> None:
    town = Town(tmp_path, slapd, database=postgres_url).build()
    town.feed(staff(10))
    assert [town.run("sync", *check).exit_code for check in (["--check"], [], ["--check"])] == [1, 0, 0]
    assert town.run("db", "current").exit_code == 0
    assert len(town.told("person", "show", "000002")["accounts"][0]["holdings"]) == 2
    assert town.told("plan", "list")[0]["changes"] == 25


def test_a_second_run_has_nothing_to_do(settled: Town) -> None:
    told = settled.told("sync")
    assert (told["exit_code"], told["changes"], told["plan"]) == (0, [], None)
    assert told["sources"][0] | {"warnings": []} == {
        "name": "jinji", "error": "", "accepted": True, "rows": 10, "new": 0, "gone": 0, "absent": 0,
        "warnings": [], "rejected": [],
    }  # fmt: skip


def test_a_plan_shows_each_change_by_kind_and_department_with_its_cause(town: Town) -> None:
    shown = town.run("sync", "--plan")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert [line for line in lines if line.startswith("■")] == ["■ IDの作成 10件", "■ 権限の付与 15件"]
    assert lines[lines.index("■ IDの作成 10件") + 1 :][:2] == [
        "  総務部 5件",
        f"    庁内ポータル s000001（職員　1号）を作成する ← {HIRED} [OITA-S8.2.1.2a、jinji.csv 2行目]",
    ]
    assert town.accounts() == {}
    assert [plan["purpose"] for plan in town.told("plan", "list")] == ["preview"]


def test_a_check_stores_nothing(town: Town) -> None:
    town.run("sync", "--check")
    assert town.told("plan", "list") == []


def test_of_many_changes_forty_of_a_kind_are_shown_and_all_when_asked_for(town: Town) -> None:
    town.feed(staff(45))
    shown = town.run("sync", "--plan").stdout
    assert shown.count("を作成する") == 40
    assert "ほか 5件（iam plan show 1 --all で全件を表示します）" in shown
    assert town.run("plan", "show", "1", "--all").stdout.count("を作成する") == 45


def test_a_refused_row_is_told_with_its_place_and_leaves_its_person_as_they_were(settled: Town) -> None:
    rows = staff(10)
    settled.feed([*rows[:9], Row("000010", "職員　10号", org="9999")])
    shown = settled.run("sync")
    assert shown.exit_code == 0
    assert "受け付けなかった行: jinji.csv 11行目 所属コード「9999」が" in shown.stdout
    assert settled.accounts()["s000010"] is True

    (row,) = settled.told("quarantine", "list")
    assert (row["place"], row["field"], row["value"], row["staff_number"]) == (
        "jinji.csv 11行目",
        "org_code",
        "9999",
        "000010",
    )
    assert "jinji.csv 11行目" in settled.run("quarantine", "list", "--source", "jinji").stdout
    assert settled.told("quarantine", "list", "--source", "other") == []


def test_a_feed_that_cannot_be_read_is_named_and_nobody_loses_anything(settled: Town) -> None:
    (settled.folder / "jinji.csv").unlink()
    shown = settled.iam("sync")
    assert shown.returncode == 3
    assert f"jinji: 読めませんでした。{settled.folder / 'jinji.csv'}: ファイルがありません。" in shown.stdout
    assert "だれも停止していません" in shown.stdout
    assert all(settled.accounts().values())


def test_a_directory_that_is_away_waits_and_the_next_night_converges(settled: Town) -> None:
    settled.feed(staff(11))
    settled.slapd.stop()
    shown = settled.iam("sync")
    assert shown.returncode == 4
    assert "portal: 読めませんでした。" in shown.stdout

    settled.slapd.start()
    assert settled.iam("sync").returncode == 0
    assert len(settled.accounts()) == 11
    assert settled.iam("sync", "--check").returncode == 0


def test_an_entry_that_the_directory_refuses_fails_alone(start_slapd: StartSlapd, tmp_path: Path) -> None:
    strict = "overlay constraint\nconstraint_attribute displayName regex ^[^3]*$\n"
    town = Town(tmp_path, start_slapd(SlapdOptions(database=strict))).build()
    town.feed(staff(10))
    shown = town.iam("sync")
    assert shown.returncode == 4
    assert "できなかった変更（次の同期でやり直します）" in shown.stdout
    assert "s000003（職員　3号）を作成する" in shown.stdout
    assert set(town.accounts()) == {f"s{n:06}" for n in range(1, 11) if n != 3}
    assert {line["login"] for line in town.told("sync")["applied"]["failed"]} == {"s000003"}


def test_an_account_that_nobody_owns_waits_for_a_decision(town: Town) -> None:
    with town.slapd.connection() as connection:
        connection.add(f"uid=s000001,ou=people,{town.slapd.suffix}", "inetOrgPerson", {"cn": "古いID", "sn": "古いID"})
    shown = town.iam("sync")
    assert shown.returncode == 4
    assert "判断が必要なID 1件" in shown.stdout
    assert "portal s000001" in shown.stdout


def test_only_the_named_source_is_read(town: Town) -> None:
    assert town.run("sync", "--source", "jinji").exit_code == 0
    unknown = town.run("sync", "--source", "jinzi")
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "エラー: 供給元「jinzi」は設定にありません。jinji から選んでください。\n",
    )


def test_a_second_run_beside_the_first_waits_for_its_turn(town: Town) -> None:
    store = Store(f"sqlite:///{town.folder / 'iam.db'}", KeyRing.read(town.folder / "keys.json"))
    with store.exclusive("sync"):
        beside = town.iam("sync")
    store.dispose()
    assert beside.returncode == 4
    assert beside.stderr.startswith("エラー: ほかの sync が実行中です")
    assert town.accounts() == {}


def test_an_interrupted_run_says_how_to_go_on(town: Town) -> None:
    assert town.slapd.server
    town.slapd.server.send_signal(signal.SIGSTOP)
    command = [str(IAM), "--config", str(town.config), "sync"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr
        while "portal" not in run.stderr.readline():
            pass
        run.send_signal(signal.SIGINT)
        words = run.stderr.read()
        assert run.wait() == 130
    assert "中断しました。" in words
    assert "Traceback" not in words


def test_a_reader_who_goes_away_gets_no_traceback(town: Town) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(IAM), "--config", str(town.config), "sync", "--plan"]
    run = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert run.returncode == 141
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plan", "--check"], "--plan と --check は一緒に指定できません。"),
        (["--out", "x"], "--out は --as-of と一緒に指定します。"),
        (["--as-of", "2020-04-01"], "以降の日付を指定してください。"),
        (["--as-of", "来年"], "オプション --as-of の値が正しくありません。"),
        (["--as-off", "2027-04-01"], "オプション --as-off はありません。--as-of のことですか。"),
        (["今夜"], "余分な引数があります: 今夜"),
    ],
)
def test_a_wrong_command_line_is_explained(town: Town, arguments: list[str], words: str) -> None:
    result = town.run("sync", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_what_somebody_did_by_hand_is_undone_even_while_the_feed_waits(settled: Town) -> None:
    group, member = (f"{name},{settled.slapd.suffix}" for name in ("cn=tax,ou=groups", "uid=s000001,ou=people"))
    with settled.slapd.connection() as connection:
        connection.modify(group, {"member": [("MODIFY_ADD", [member])]})
    settled.feed(staff(4))
    told = settled.told("sync")
    assert (told["exit_code"], told["applied"]["done"], told["held"]["state"]) == (3, 1, "held")
    with settled.slapd.connection() as connection:
        connection.search(group, "(objectClass=*)", attributes=["member"])
        assert member not in connection.entries[0].member.values
    assert all(settled.accounts().values())


UNFED = """
[systems.wiki]
name = "庁内Wiki"
owner = "総務課"
provisioned = false
[systems.wiki.entitlements.read]
name = "閲覧"

[[birthright]]
id = "Wiki"
clause = "baseline"
system = "wiki"
entitlements = ["read"]
"""


def test_what_no_connector_feeds_is_left_alone_before_and_after_it_was_fed(town: Town) -> None:
    with (town.folder / "access.toml").open("a", encoding="utf-8") as file:
        file.write(UNFED)
    assert town.run("sync").exit_code == 0
    held = town.accounts()
    assert ({each["system"] for each in town.told("account", "list")}, len(held)) == ({"portal"}, 10)
    assert town.run("sync", "--check").exit_code == 0

    configuration = town.config.read_text(encoding="utf-8")
    town.config.write_text(configuration.partition("[targets.portal]")[0], encoding="utf-8")
    town.edit("access.toml", 'naming = "s{staff_number}"', 'naming = "s{staff_number}"\nprovisioned = false')
    town.feed(staff(9))
    assert town.run("sync").exit_code == 0
    assert town.accounts() == held
    assert {each["state"] for each in town.told("account", "list")} == {"active"}
    assert town.run("sync", "--check").exit_code == 0
