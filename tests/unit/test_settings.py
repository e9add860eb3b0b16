"""What `iam.toml` may say, and what an operator is told of each mistake in it."""

import tomllib
from ipaddress import ip_address
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

PORTAL = """
[portal]
origin = "https://id.minato.lg.jp"
listen = "127.0.0.1:8443"
zone = "mnu"
proxies = ["127.0.0.1", "192.0.2.0/28", "2001:db8::/64"]
[portal.certificate]
ca = "ca.pem"
"""
MAIL = """
[mail]
host = "mail.minato.lg.jp"
port = 587
security = "starttls"
user = "kagimori"
sender = "kagimori@minato.lg.jp"
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


def test_without_a_portal_and_mail_there_are_none() -> None:
    settings = read(COMPLETE)
    assert (settings.portal, settings.mail) == (None, None)


def test_the_portal_says_where_it_is_opened_and_whom_it_believes() -> None:
    portal = read(COMPLETE + PORTAL).portal
    assert portal
    assert (portal.origin, portal.host, portal.secure) == ("https://id.minato.lg.jp", "id.minato.lg.jp", True)
    assert portal.address == ("127.0.0.1", 8443)
    assert ip_address("192.0.2.15") in portal.proxies[1]
    assert (portal.certificate and portal.certificate.ca) == FOLDER / "ca.pem"


def test_a_portal_that_says_no_more_than_its_origin_believes_nobody_and_listens_on_loopback() -> None:
    portal = read(COMPLETE + '[portal]\norigin = "https://id.minato.lg.jp"').portal
    assert portal
    assert (portal.proxies, portal.certificate, portal.address) == ((), None, ("127.0.0.1", 8443))
    assert portal.notice


@pytest.mark.parametrize(
    ("written", "origin", "host"),
    [
        ("https://ID.Minato.lg.jp/", "https://id.minato.lg.jp", "id.minato.lg.jp"),
        ("https://id.minato.lg.jp:443", "https://id.minato.lg.jp", "id.minato.lg.jp"),
        ("https://id.minato.lg.jp:8443", "https://id.minato.lg.jp:8443", "id.minato.lg.jp"),
        ("http://localhost:8080", "http://localhost:8080", "localhost"),
        ("https://kagimori", "https://kagimori", "kagimori"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(written: str, origin: str, host: str) -> None:
    portal = read(COMPLETE + f'[portal]\norigin = "{written}"').portal
    assert portal
    assert (portal.origin, portal.host) == (origin, host)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("https://id.minato.lg.jp", "http://id.minato.lg.jp", "portal.origin: http:// で始められるのは、試すための"),
        ("https://id.minato.lg.jp", "ftp://id.minato.lg.jp", "portal.origin: https://ホスト名 の形で書いてください"),
        ("https://id.minato.lg.jp", "id.minato.lg.jp", "portal.origin: https://ホスト名 の形で書いてください"),
        ("https://id.minato.lg.jp", "https://id.minato.lg.jp/login", "portal.origin: ホスト名とポート番号だけを"),
        ("https://id.minato.lg.jp", "https://a:b@id.minato.lg.jp", "portal.origin: ホスト名とポート番号だけを"),
        ("https://id.minato.lg.jp", "https://id.minato.lg.jp?x=1", "portal.origin: ホスト名とポート番号だけを"),
        ("https://id.minato.lg.jp", "https://192.0.2.1", "portal.origin: セキュリティキーを登録できるよう"),
        ("https://id.minato.lg.jp", "https://[::1]", "portal.origin: セキュリティキーを登録できるよう"),
        ("https://id.minato.lg.jp", "https://みなと.jp", "portal.origin: セキュリティキーを登録できるよう"),
        ("https://id.minato.lg.jp", "https://id.minato.lg.jp:0", "portal.origin: https://ホスト名 の形で"),
        ("https://id.minato.lg.jp", "https://id.minato.lg.jp:99999", "portal.origin: https://ホスト名 の形で"),
        ("127.0.0.1:8443", "127.0.0.1", "portal.listen: 127.0.0.1:8443 のように"),
        ("127.0.0.1:8443", "127.0.0.1:http", "portal.listen: 127.0.0.1:8443 のように"),
        ('"192.0.2.0/28"', '"192.0.2.9/28"', "portal.proxies.1: プロキシだけを、192.0.2.10 か"),
        ('"192.0.2.0/28"', '"proxy.minato.lg.jp"', "portal.proxies.1: プロキシだけを"),
        ('"192.0.2.0/28"', '"0.0.0.0/0"', "portal.proxies.1: プロキシだけを"),
        ('"192.0.2.0/28"', "192", "portal.proxies.1: プロキシだけを"),
        ('proxies = ["127.0.0.1", "192.0.2.0/28", "2001:db8::/64"]', "", "portal: 証明書は proxies のプロキシからだけ"),
        ('ca = "ca.pem"', 'ca = "ca.pem"\nheader = "X Client"', "portal.certificate.header: 使えない文字があるか"),
        ('zone = "mnu"', "hashes = 0", "portal.hashes: 1 以上で書いてください"),
        ('zone = "mnu"', "worker = 2", "portal.worker: 知らないキーです。workers の書き誤りではありませんか。"),
        ('ca = "ca.pem"', 'ca = "ca.pem"\ncrls = "x"', "portal.certificate.crls: 知らないキーです。crl の書き誤り"),
        ('zone = "mnu"', 'notice = ""', "portal.notice: 空にはできません"),
    ],
)
def test_a_mistake_in_the_portal_is_told_with_its_cure(old: str, new: str, told: str) -> None:
    assert PORTAL.count(old) == 1
    (problem,) = problems(COMPLETE + PORTAL.replace(old, new))
    assert told in problem


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('security = "starttls"', 'security = "none"', "mail: パスワードを平文で送ることはできません。"),
        ('security = "starttls"', 'security = "ssl"', "mail.security: none、starttls、tls のいずれかを書いてください"),
        ('user = "kagimori"', 'password_file = "secret"', "mail: password_file があるのに user がありません。"),
        ('user = "kagimori"', 'password = "hunter2"', "mail.password: 知らないキーです。password_file の書き誤り"),
        ("kagimori@minato.lg.jp", "kagimori", "mail.sender: "),
        ("kagimori@minato.lg.jp", "kagimori@minato.lg.jp\\nBcc: all@minato.lg.jp", "mail.sender: "),
        ("port = 587", "port = 0", "mail.port: 1 以上で書いてください"),
        ('host = "mail.minato.lg.jp"', "", "mail.host: ありません。書き足してください。"),
    ],
)
def test_a_mistake_in_the_mail_server_is_told_with_its_cure_and_without_secrets(old: str, new: str, told: str) -> None:
    assert MAIL.count(old) == 1
    (problem,) = problems(COMPLETE + MAIL.replace(old, new))
    assert told in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("[]", "一つ以上"),
        ('[""]', "空にはできません"),
        ('["https://gw.minato.lg.jp"]', "ホスト名かアドレス"),
        ('["gw.minato.lg.jp/bye"]', "ホスト名かアドレス"),
        ('["gw.minato.lg.jp:0"]', "ホスト名かアドレス"),
        ('["user@gw.minato.lg.jp"]', "ホスト名かアドレス"),
    ],
)
def test_who_may_be_told_of_a_sign_out_is_a_list_of_hosts(hosts: str, said: str) -> None:
    (problem,) = problems(f"{COMPLETE}[backchannel]\nhosts = {hosts}\n")
    assert problem.startswith("iam.toml: backchannel.hosts")
    assert said in problem


def test_hosts_are_read_as_they_are_compared() -> None:
    found = read(f'{COMPLETE}[backchannel]\nhosts = ["GW.minato.lg.jp", "127.0.0.1:8443", "[::1]:8443"]\n')
    assert found.backchannel
    assert found.backchannel.hosts == ("gw.minato.lg.jp", "127.0.0.1:8443", "[::1]:8443")
