"""`iam policy` as an operator runs it."""

import json
from dataclasses import dataclass
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from click.testing import CliRunner, Result

from iam.errors import ConfigurationError
from iam.policy.loading import load
from iam.policy.profile import Profile
from tests.functional.policy.given import MAPPED, written
from web.cli.policy import policy


@dataclass(frozen=True)
class Desk:
    profile: Profile


def run(*arguments: str, desk: Desk | None = None) -> Result:
    return CliRunner().invoke(policy, arguments, obj=desk)


def columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def test_the_list_names_every_profile_its_body_and_its_zones() -> None:
    result = run("list")

    assert result.exit_code == 0
    lines = {line.split()[0]: line.split()[1:] for line in result.output.splitlines()}
    assert lines["aso"] == ["阿蘇広域行政事務組合", "一部事務組合", "なし", "14", "9"]
    assert lines["oita"][-1] == "5"


def test_the_columns_begin_at_the_same_place_whatever_the_width_of_the_characters() -> None:
    lines = run("show", "oita").output.splitlines()
    seen = {"項目": "値", "既定の領域": "std", "役職名 データ保護管理者": "未定", "計画 属性の変更": "20%"}

    begins = {
        label: columns(line[: line.index(value)])
        for line in lines
        for label, value in seen.items()
        if line.startswith(label + " ")
    }

    assert begins.keys() == seen.keys()
    assert len(set(begins.values())) == 1


def test_every_value_is_shown_with_the_clause_behind_it() -> None:
    output = run("show", "oita").output

    (line,) = [line for line in output.splitlines() if line.startswith("計画 利用者IDの停止")]
    assert line.split()[2:] == ["20件か5%の小さい方まで（1件までは通す）", "OITA-S8.1.4.3", "件数と割合は標準の値"]
    assert "第3章8(1)エ(ウ)" in output


def test_what_is_asked_of_signing_in_is_shown_with_its_clause_and_its_unit() -> None:
    lines = [line.split() for line in run("show", "oita").output.splitlines() if line.startswith("サインイン ")]
    rows = {tuple(words[1:-2]) if words[-1].endswith("値") else tuple(words[1:]) for words in lines}

    assert ("全員", "パスワードの定期変更", "90日ごと") in rows
    assert ("特権ID", "偽の画面では使えない要素", "求める", "標準") in rows
    assert any(row[-1:] == ("15分",) for row in rows)


def test_values_that_a_body_keeps_secret_are_marked() -> None:
    assert "公開しません" in run("show", "matsumoto").output
    assert "公開しません" not in run("show", "oita").output


def test_show_gives_a_script_every_rule_and_the_content() -> None:
    shown = json.loads(run("show", "aso", "--json").output)

    assert shown["digest"] == load("aso").digest
    assert shown["content"]["zones"] == []
    assert {"key", "label", "value", "clause", "note"} == set(shown["rules"][0])


def test_without_a_name_the_configured_body_is_shown() -> None:
    assert run("show", desk=Desk(load("yamaga"))).output.startswith("山鹿市（市）")


def test_check_lists_every_unmapped_title_and_ends_with_2() -> None:
    result = run("check", "oita")

    assert result.exit_code == 2
    assert "稼働を止めるもの 5件" in result.output
    assert "データ保護管理者" in result.output
    assert "根拠: OITA-S8.2.1.3f" in result.output


def test_check_ends_with_0_once_every_title_is_mapped(tmp_path: Path) -> None:
    result = run("check", str(written(tmp_path, MAPPED)))

    assert result.exit_code == 0
    assert result.output.endswith("大分県後期高齢者医療広域連合: 稼働を始められます。\n")


def test_check_without_a_name_checks_the_configured_body() -> None:
    assert run("check", desk=Desk(load("aso"))).exit_code == 2


def test_check_tells_a_script_what_stops() -> None:
    result = run("check", "oita", "--json")

    assert result.exit_code == 2
    told = json.loads(result.output)
    assert told["stopped"] is True
    assert [problem["stops"] for problem in told["problems"]] == [True] * 5 + [False] * 6
    assert {problem["key"].rpartition(".")[2] for problem in told["problems"] if not problem["stops"]} == {"held_by"}


def test_diff_shows_values_and_clauses_of_both_sides() -> None:
    lines = run("diff", "chofu", "aso").output.splitlines()

    (line,) = [line for line in lines if line.startswith("既定の領域")]
    assert line.split()[1:] == ["lgwan", "CHOFU-K2.16", "庁内ネットワーク（領域の区分なし）", "ASO-K6.3"]


def test_diff_keeps_rules_that_differ_in_reason_only_for_those_who_ask() -> None:
    asked, unasked = (json.loads(run("diff", "chofu", "aso", "--json", *more).output) for more in (["--all"], []))

    assert [one["key"] for one in asked if not one["in_value"]] == [
        "categories.regular",
        "categories.part_time",
        "guard.plan.disable",
    ]
    assert unasked == [one for one in asked if one["in_value"]]


def test_a_profile_does_not_differ_from_itself() -> None:
    assert "違い 0件" in run("diff", "oita", "oita").output


@pytest.mark.parametrize("command", [("show", "osaka"), ("check", "osaka"), ("diff", "oita", "osaka")])
def test_an_unknown_profile_is_a_mistake_of_configuration(command: tuple[str, ...]) -> None:
    assert isinstance(run(*command).exception, ConfigurationError)
