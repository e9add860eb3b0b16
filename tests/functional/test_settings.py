"""Reading `iam.toml` and the environment for real."""

from pathlib import Path

import pytest

from iam.errors import ConfigurationError
from iam.settings import load
from tests.unit.test_settings import COMPLETE


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "iam.toml"
    path.write_text(COMPLETE, encoding="utf-8")
    return path


def _only_problem(path: Path, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path, environ)
    (problem,) = caught.value.problems
    return problem


def test_the_password_comes_from_the_environment_and_never_shows(config: Path) -> None:
    database = load(config, {"IAM_DATABASE_PASSWORD": "秘密/@"}).database
    assert database.url.password == "秘密/@"
    assert "秘密" not in f"{database!r} {database.url}"


def test_the_password_comes_from_a_file_beside_the_configuration(config: Path, tmp_path: Path) -> None:
    config.write_text(COMPLETE.replace("[keys]", 'password_file = "password"\n[keys]'), encoding="utf-8")
    assert _only_problem(config, {}).startswith(f"database.password_file: {tmp_path / 'password'} を読み取れません。")
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    assert load(config, {}).database.url.password == "secret"
    assert load(config, {"IAM_DATABASE_PASSWORD": "nearer"}).database.url.password == "nearer"


def test_a_misspelt_variable_is_a_mistake_like_any_other(config: Path) -> None:
    config.write_text(COMPLETE.replace("absence_runs = 5", "absence_runs = 1"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(config, {"IAM_DATABASE_PASWORD": "secret", "HOME": "/"})
    mistake, variable = caught.value.problems
    assert mistake == f"{config}: sources.jinji.absence_runs: 2 以上で書いてください（今の値: 1）。"
    assert variable == (
        "環境変数 IAM_DATABASE_PASWORD: 知らないキーです。IAM_DATABASE_PASSWORD の書き誤りではありませんか。"
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert _only_problem(tmp_path / "iam.toml", {}) == (
        f"{tmp_path / 'iam.toml'}: ファイルがありません。置き場所と名前を確かめてください。"
    )


def test_a_file_in_another_encoding_is_named(config: Path) -> None:
    config.write_bytes(COMPLETE.encode("cp932"))
    assert _only_problem(config, {}) == f"{config}: UTF-8で保存されていません。UTF-8で保存し直してください。"


def test_a_broken_line_is_named_with_its_place(config: Path) -> None:
    config.write_text('[body]\nname = "みなと市\n', encoding="utf-8")
    assert f"{config}: 2行13桁でTOMLとして読めなくなりました。" in _only_problem(config, {})


def test_a_byte_order_mark_from_a_windows_editor_does_no_harm(config: Path) -> None:
    config.write_text(COMPLETE, encoding="utf-8-sig")
    assert load(config, {}).body.name == "みなと市"
