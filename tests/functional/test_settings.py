"""Reading `iam.toml` and the environment for real."""

import re
from pathlib import Path

import pytest

from iam.errors import ConfigurationError
from iam.settings import load
from tests.softkey import Maker
from tests.unit.test_settings import COMPLETE, MAIL
from web.body.door import root_of
from web.cli.setup.init import SAMPLE


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


@pytest.fixture
def mailing(config: Path) -> Path:
    config.write_text(COMPLETE + MAIL, encoding="utf-8")
    return config


def test_the_password_of_the_mail_server_comes_from_the_environment_and_never_shows(mailing: Path) -> None:
    mail = load(mailing, {"IAM_MAIL_PASSWORD": "秘密"}).mail
    assert mail
    assert mail.password == "秘密"
    assert "秘密" not in f"{mail!r} {mail.model_dump()}"


def test_the_password_of_the_mail_server_comes_from_a_file_that_nobody_else_can_read(mailing: Path) -> None:
    secret = mailing.with_name("mail_password")
    mailing.write_text(COMPLETE + MAIL + 'password_file = "mail_password"\n', encoding="utf-8")
    assert _only_problem(mailing, {}).startswith(f"mail.password_file: {secret} を読み取れません。")
    secret.write_text("secret\n", encoding="utf-8")
    secret.chmod(0o640)
    assert _only_problem(mailing, {}) == (
        f"mail.password_file: {secret} を所有者以外も読めます（モード 0640）。chmod 600 {secret} としてください。"
    )
    secret.chmod(0o600)
    mail = load(mailing, {}).mail
    assert mail
    assert mail.password == "secret"
    nearer = load(mailing, {"IAM_MAIL_PASSWORD": "nearer"}).mail
    assert nearer
    assert nearer.password == "nearer"


def test_a_user_of_the_mail_server_without_a_password_is_told(mailing: Path) -> None:
    assert _only_problem(mailing, {}).startswith("mail.user: パスワードがありません。")


def test_missing_secrets_of_database_and_mail_are_told_together(mailing: Path) -> None:
    text = COMPLETE.replace("[keys]", 'password_file = "ない"\n[keys]') + MAIL
    mailing.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(mailing, {})
    assert {problem.partition(":")[0] for problem in caught.value.problems} == {
        "database.password_file",
        "mail.user",
    }


def test_the_sample_says_only_what_may_be_written(tmp_path: Path) -> None:
    lines = (SAMPLE / "iam.toml").read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line == "# [portal]")
    end = next(number for number, line in enumerate(lines) if number > begin and line.startswith("# ----"))
    written = [line.removeprefix("# ") if re.match(r"# (\[|[a-z_]+ = )", line) else line for line in lines[begin:end]]
    path = tmp_path / "iam.toml"
    path.write_text("\n".join([*lines[:begin], *written, *lines[end:]]), encoding="utf-8")

    settings = load(path, {"IAM_MAIL_PASSWORD": "secret"})

    assert settings.portal
    assert settings.mail
    assert settings.portal.certificate
    assert set(type(settings.portal).model_fields) == settings.portal.model_fields_set
    assert set(type(settings.mail).model_fields) == settings.mail.model_fields_set


def test_a_maker_of_keys_is_a_certificate_that_can_be_read(tmp_path: Path) -> None:
    root = Maker().root()
    (tmp_path / "maker.pem").write_bytes(root)
    (tmp_path / "words.pem").write_text("no certificate", encoding="utf-8")

    assert root_of(tmp_path / "maker.pem") == root
    for name in ("words.pem", "nothing.pem"):
        with pytest.raises(ConfigurationError, match=rf"portal\.key_roots: .*{name} を証明書として読めません"):
            root_of(tmp_path / name)
