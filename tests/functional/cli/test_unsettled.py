"""A policy that leaves something open: everything may be looked at, nothing is written (R51)."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from iam.policy.checking import check
from iam.policy.loading import bodies, load
from iam.policy.profile import TitleState
from tests.functional.cli.given import Town
from web.cli.main import iam
from web.cli.setup.own_profile import own_profile

TODAY = date(2026, 4, 1)
HELD_BACK = "注意: ポリシーに決め残しが1件あるため、まだ適用はできません（iam policy check）。"


@pytest.fixture
def open_town(town: Town) -> Town:
    """Nobody has said who the データ保護管理者 is."""
    town.edit("town.toml", 'state = "not_used"', 'state = "unmapped"')
    return town


@pytest.mark.parametrize(
    "arguments", [["sync"], ["sync", "--source", "jinji"], ["plan", "release", "1", "--hash", "0"]]
)
def test_what_writes_is_refused_with_the_list(open_town: Town, arguments: list[str]) -> None:
    refused = open_town.run(*arguments)
    assert (refused.exit_code, refused.stdout, open_town.accounts()) == (2, "", {})
    heading, *listed = refused.stderr.splitlines()
    assert heading.startswith("エラー: ポリシーに決め残しが1件あるため、まだ稼働を始められません。")
    assert "iam policy check" in heading
    assert [line.startswith('エラー: titles."データ保護管理者": ') for line in listed] == [True]


@pytest.mark.parametrize(("arguments", "code"), [(["--plan"], 0), (["--check"], 1), (["--as-of", "2030-04-01"], 0)])
def test_what_only_looks_runs_and_says_so_once(open_town: Town, arguments: list[str], code: int) -> None:
    shown = open_town.run("sync", *arguments)
    assert (shown.exit_code, shown.stdout.count(HELD_BACK)) == (code, 1)
    assert "iam sync を実行します" not in shown.stdout
    assert open_town.told("sync", *arguments)["unsettled"] == 1


def test_once_everything_is_settled_nothing_is_said(town: Town) -> None:
    assert "決め残し" not in town.run("sync", "--plan").stdout
    assert town.run("sync").exit_code == 0


@pytest.mark.parametrize("parent", bodies())
def test_the_profile_that_init_writes_asks_for_every_title_without_a_holder(tmp_path: Path, parent: str) -> None:
    result = CliRunner().invoke(iam, ["init", str(tmp_path / "town"), "--extends", parent])
    assert result.exit_code == 0
    path = tmp_path / "town" / "ポリシー.toml"
    asked = tomllib.loads(path.read_text(encoding="utf-8")).get("titles", {})
    above, own = load(parent), load(path)
    assert set(asked) == {title.name for title in above.titles if title.state is TitleState.UNMAPPED}
    assert own.titles == above.titles
    assert [each.key for each in check(own, TODAY)] == [each.key for each in check(above, TODAY)]
    refused = CliRunner().invoke(iam, ["--config", str(path.with_name("iam.toml")), "sync"])
    assert (refused.exit_code, "決め残し" in refused.stderr) == (2, bool(check(own, TODAY)))


def test_a_profile_filled_in_as_its_comments_say_may_go_live(tmp_path: Path) -> None:
    path = tmp_path / "ポリシー.toml"
    asked = own_profile("baseline")
    path.write_text(asked.replace('"unmapped"', '"assigned"').replace("# post", "post"), encoding="utf-8")
    assert [problem for problem in check(load(path), TODAY) if problem.stops] == []
