"""What `iam.toml` may say, and what an operator is told of each mistake in it."""

import tomllib
from pathlib import Path

import pytest

from iam.errors import ConfigurationError
from iam.handwritten import validated
from iam.ports import Authority
from iam.settings import Settings

FOLDER = Path("/etc/kagimori")
COMPLETE = """
[body]
name = "みなと市"
profile = "oita"
[database]
url = "postgresql+psycopg://iam@db:5432/iam"
[keys]
file = "/var/lib/kagimori/keys.json"
[organisation]
file = "組織.csv"
[access]
file = "access.toml"
[officers]
release = ["tanaka", "suzuki"]
[output]
directory = "出力"
[sources.jinji]
kind = "file"
authority = ["person"]
number_prefix = "1"
absence_runs = 5
[sources.jinji.file]
path = "人事.csv"
[sources.jinji.codes.category]
"01" = "regular"
[targets.portal]
kind = "openldap"
[targets.portal.openldap]
url = "ldap://127.0.0.1"
"""


def read(text: str) -> Settings:
    return validated(Settings, tomllib.loads(text), source="iam.toml", context=FOLDER)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    return caught.value.problems


def test_paths_start_from_the_folder_of_the_file() -> None:
    settings = read(COMPLETE)
    assert settings.folder == FOLDER
    assert settings.organisation.file == FOLDER / "組織.csv"
    assert settings.keys.file == Path("/var/lib/kagimori/keys.json")
    assert settings.output.directory == FOLDER / "出力"


def test_a_profile_is_a_name_or_a_file_of_the_body_own() -> None:
    assert read(COMPLETE).body.profile == "oita"
    assert read(COMPLETE.replace('"oita"', '"団体.toml"')).body.profile == "/etc/kagimori/団体.toml"


def test_an_sqlite_file_lies_beside_the_configuration() -> None:
    settings = read(COMPLETE.replace("postgresql+psycopg://iam@db:5432/iam", "sqlite:///iam.db"))
    assert str(settings.database.url) == "sqlite:////etc/kagimori/iam.db"


def test_a_source_carries_its_connector_options_raw() -> None:
    source = read(COMPLETE).sources["jinji"]
    assert source.options == {"path": "人事.csv"}
    assert source.authority == (Authority.PERSON,)
    assert source.absence_runs == 5
    assert source.codes.category == {"01": "regular"}


def test_what_is_left_out_has_the_careful_default() -> None:
    text = COMPLETE.replace('authority = ["person"]', "").replace("absence_runs = 5", "").replace("[officers]", "")
    settings = read(text.replace('release = ["tanaka", "suzuki"]', ""))
    assert settings.sources["jinji"].absence_runs == 3
    assert settings.sources["jinji"].authority == (Authority.PERSON, Authority.POST)
    assert settings.officers.release == ()


def test_every_mistake_is_reported_at_once() -> None:
    text = COMPLETE.replace("absence_runs = 5", "absence_runs = 1").replace('profile = "oita"', "")
    assert problems(text.replace("release", "relaese")) == (
        "iam.toml: body.profile: ありません。書き足してください。",
        "iam.toml: officers.relaese: 知らないキーです。release の書き誤りではありませんか。",
        "iam.toml: sources.jinji.absence_runs: 2 以上で書いてください（今の値: 1）。",
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"tanaka", "suzuki"', '"tanaka", "tanaka"', "officers.release: 保留の解除には異なる2人が必要です。"),
        ('["person"]', '["persons"]', "sources.jinji.authority.0: person、post のいずれかを書いてください"),
        ('"oita"', "3", "body.profile: 引用符で囲んだ文字列で書いてください（今の値: 3）。"),
        ('"組織.csv"', "3", "organisation.file: 引用符で囲んだパスで書いてください（今の値: 3）。"),
        ('["person"]', "[]", "sources.jinji.authority: person、post の一つ以上を書いてください。"),
        ("absence_runs = 5", "absense_runs = 5", "sources.jinji.absense_runs: 知らないキーです。absence_runs の"),
        ("[sources.jinji.file]", "[sources.jinji.ldap]", "sources.jinji.ldap: 知らないキーです。"),
        ("[sources.jinji.file]", "[sources.jinji.options]", 'kind が "file" なので、接続の設定は file という表に'),
        ("[sources.jinji.codes.category]", "[sources.jinji.codes.categories]", "category の書き誤りではありませんか。"),
        ("[targets.portal]", '[targets."庁 内"]\nkind = "x"\n[targets.portal]', 'targets."庁 内": 表の名前は半角の'),
        ("postgresql+psycopg://", "mysql://", "database.url: sqlite:///ファイル か postgresql+psycopg://"),
        ("postgresql+psycopg://iam@db:5432/iam", "sqlite://", "database.url: sqlite:///ファイル か"),
        ("postgresql+psycopg://iam@db:5432/iam", "ここ", "database.url: sqlite:///ファイル か"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_would_be_right(old: str, new: str, told: str) -> None:
    assert COMPLETE.count(old) == 1
    (problem,) = problems(COMPLETE.replace(old, new))
    assert told in problem


def test_without_a_source_there_is_nothing_to_read() -> None:
    text = COMPLETE[: COMPLETE.index("[sources.jinji]")]
    assert problems(text) == ("iam.toml: sources: ありません。書き足してください。",)


def test_a_password_in_the_file_is_refused_and_not_repeated() -> None:
    (problem,) = problems(COMPLETE.replace("iam@db", "iam:hunter2@db"))
    assert "IAM_DATABASE_PASSWORD" in problem
    assert "hunter2" not in problem


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(COMPLETE).body.name = "ほかの市"  # type: ignore[misc] # the very thing that must fail
