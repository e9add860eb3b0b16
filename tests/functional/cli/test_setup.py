"""`iam init` and `iam db`: a deployment from nothing, and its tables."""

import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iam.settings import load
from migrations.run import newest
from web.body.deployment import proved
from web.cli.main import iam


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(iam, list(map(str, arguments)))


def test_init_makes_a_deployment_that_proves_and_says_what_is_next(tmp_path: Path) -> None:
    made = run("init", tmp_path / "town")
    assert made.exit_code == 0
    assert "次にすること:" in made.stdout
    config = tmp_path / "town" / "iam.toml"
    deployment = proved(load(config, {}), str(config), [])
    assert set(deployment.targets) == {"portal"}
    names = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in config.parent.iterdir()}
    assert names.keys() >= {"iam.toml", "access.toml", "組織.csv", "keys.json", "iam.db"}
    assert names["keys.json"] == names["iam.db"] == 0
    assert run("--config", config, "plan", "list").stdout == "計画はありません。\n"


def test_init_a_second_time_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    run("init", tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = run("init", tmp_path)
    assert (again.exit_code, "何も変えていません。" in again.stderr) == (2, True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_init_makes_nothing_where_one_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "access.toml").write_text("# ours", encoding="utf-8")
    refused = run("init", tmp_path)
    assert (refused.exit_code, f"{tmp_path / 'access.toml'}: すでにあります。" in refused.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["access.toml"]


def test_init_over_a_configuration_makes_what_it_names_and_leaves_it_alone(tmp_path: Path) -> None:
    run("init", tmp_path)
    config = tmp_path / "iam.toml"
    written = config.read_bytes()
    for name in ("keys.json", "iam.db"):
        (tmp_path / name).unlink()
    made = run("--config", config, "init")
    assert made.exit_code == 0
    assert (tmp_path / "keys.json").exists()
    assert (tmp_path / "iam.db").exists()
    assert config.read_bytes() == written


def test_init_where_nothing_may_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = run("init", tmp_path / "file" / "town")
    assert refused.exit_code == 4
    assert "作成できません" in refused.stderr


def test_the_database_is_upgraded_once(tmp_path: Path) -> None:
    run("init", tmp_path)
    (tmp_path / "iam.db").unlink()
    config = tmp_path / "iam.toml"
    before = run("--config", config, "db", "current")
    assert (before.exit_code, "表の版 なし" in before.stdout) == (1, True)
    assert not (tmp_path / "iam.db").exists()
    assert run("--config", config, "db", "upgrade").stdout == f"表の版を なし から {newest()} にしました。\n"
    assert (
        run("--config", config, "db", "upgrade").stdout == f"表の版は {newest()} で、最新です。何も変えていません。\n"
    )
    assert run("--config", config, "db", "current", "--json").exit_code == 0


@pytest.mark.parametrize("arguments", [["sync", "--check"], ["plan", "list"], ["quarantine", "list"]])
def test_over_an_older_database_a_command_says_what_to_run(tmp_path: Path, arguments: list[str]) -> None:
    run("init", tmp_path)
    with sqlite3.connect(tmp_path / "iam.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    refused = run("--config", tmp_path / "iam.toml", *arguments)
    assert refused.exit_code == 4
    assert "iam db upgrade を実行してください。" in refused.stderr
