"""The command as such: mistakes in any file, the exit codes, what is imported, what is printed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from iam import errors
from iam.people.feed import FeedCodes, Rejected
from iam.people.rows import read_row
from iam.policy.loading import load
from iam.ports import SourceRow
from tests.functional.cli.given import Town, staff
from web.body.connections import SOURCES, TARGETS
from web.body.deployment import OURS
from web.cli.exits import EXIT_CODES
from web.cli.main import COMMANDS, iam
from web.cli.table import width


def problems(town: Town) -> list[str]:
    result = town.run("sync", "--check")
    assert (result.exit_code, result.stdout) == (2, "")
    return [line.removeprefix("エラー: ").replace(f"{town.folder}/", "") for line in result.stderr.splitlines()]


def test_every_mistake_of_every_file_is_told_at_once(town: Town) -> None:
    town.edit("iam.toml", 'encoding = "cp932"', 'encoding = "ebcdic"')
    town.edit("iam.toml", '"01" = "regular"', '"01" = "regulär"')
    town.edit("iam.toml", '"09" = "retire"', '"09" = "fire"')
    town.edit("iam.toml", "[targets.portal]", "[targets.portale]")
    town.edit("iam.toml", "[targets.portal.openldap]", "[targets.portale.openldap]")
    town.edit("iam.toml", "accounts_base =", "acounts_base =")
    town.edit("access.toml", 'clause = "baseline"', 'clause = "OITA-X"')
    town.edit("組織.csv", "0201,税務課,02", "0201,税務課,99")
    town.edit("town.toml", 'extends = "oita"', 'extends = "oita"\n[accounts]\nretention_days = 3\n')
    (town.folder / "keys.json").chmod(0o644)
    found = problems(town)
    for words in (
        "iam.toml: sources.jinji.file.encoding: ",
        "iam.toml: sources.jinji.codes.kind.09: ",
        "iam.toml: targets.portale: access.toml に systems.portale がありません。どちらかを直してください。",
        "access.toml: systems.portal: iam.toml に [targets.portal] がありません。接続の設定を書いてください。",
        "iam.toml: targets.portale.openldap.accounts_base: ありません。書き足してください。",
        "組織.csv 6行目: 税務課（0201）の上位組織コード 99 が、",
        "town.toml: accounts.retention_days: ",
        "鍵ファイル keys.json を所有者以外も読めます",
    ):
        assert any(problem.startswith(words) for problem in found), (words, found)


def test_a_clause_and_a_category_that_the_profile_does_not_know_are_told(town: Town) -> None:
    town.edit("iam.toml", '"01" = "regular"', '"01" = "regulär"')
    town.edit("access.toml", 'clause = "baseline"', 'clause = "OITA-X"')
    first, second = problems(town)
    assert first == "access.toml: birthright「税務課」の条項「OITA-X」が条項一覧にありません。"
    assert second.startswith("iam.toml: sources.jinji.codes.category.01: assembly、")
    assert second.endswith('のいずれかを書いてください（今の値: "regulär"）。')


def test_a_mistake_in_the_technical_file_does_not_hide_those_of_the_others(town: Town) -> None:
    town.edit("iam.toml", 'name = "みなと市"', 'nome = "みなと市"')
    town.edit("iam.toml", 'encoding = "cp932"', "encoding = 1")
    town.edit("access.toml", 'system = "portal"', 'system = "portale"')
    town.edit("組織.csv", "code,name", "cord,name")
    found = problems(town)
    for words in ("iam.toml: body.name: ", "iam.toml: body.nome: ", "iam.toml: sources.jinji.file.encoding: "):
        assert any(problem.startswith(words) for problem in found), found
    assert any("「portale」がありません" in problem for problem in found)
    assert any(problem.startswith("組織.csv 1行目: 列 ") for problem in found)


def test_a_wrong_word_is_answered_with_the_words_there_are(town: Town) -> None:
    town.edit("iam.toml", 'encoding = "cp932"', 'encoding = "euc"\nformat = "ods"')
    town.edit("iam.toml", 'staff_number = "職員番号"', 'staf_number = "職員番号"')
    found = problems(town)
    place = "iam.toml: sources.jinji.file"
    for words in (
        f'{place}.format: csv、xlsx のいずれかを書いてください（今の値: "ods"）。',
        f"{place}.columns.staf_number: 知らないキーです。staff_number の書き誤りではありませんか。",
    ):
        assert words in found
    (encoding,) = [problem for problem in found if problem.startswith(f"{place}.encoding: ")]
    assert ("cp932" in encoding, "utf-8" in encoding, "euc" in encoding) == (True, True, True)


@pytest.mark.parametrize(("table", "kind"), [("targets.portal", "opendlap"), ("sources.jinji", "csv")])
def test_a_wrong_kind_is_told_once(town: Town, table: str, kind: str) -> None:
    old = "openldap" if table.startswith("targets") else "file"
    town.edit("iam.toml", f'kind = "{old}"', f'kind = "{kind}"')
    (only,) = problems(town)
    assert only.startswith(f"iam.toml: {table}.kind: ")
    assert only.endswith(f'のいずれかを書いてください（今の値: "{kind}"）。')


def test_a_right_without_a_group_is_told_where_groups_are_listed(town: Town) -> None:
    groups = (
        f'groups = {{ staff = "cn=staff,ou=groups,{town.slapd.suffix}", old = "cn=old,ou=groups,{town.slapd.suffix}" }}'
    )
    town.edit("iam.toml", f'groups_base = "ou=groups,{town.slapd.suffix}"', groups)
    place = "iam.toml: targets.portal.openldap.groups"
    assert problems(town) == [
        f"{place}: 庁内ポータルの権限「tax」に当たるグループがありません。書き足してください。",
        f"{place}.old: 庁内ポータルに権限「old」がありません。どちらかを直してください。",
    ]


PORTAL = """
[portal]
origin = "https://id.minato.lg.jp"
zone = "lgwan"
proxies = ["127.0.0.1"]
[portal.certificate]
ca = "ca.pem"
crl = "crl.pem"

[output]"""


def test_a_portal_in_a_zone_that_is_not_there_and_certificates_that_cannot_be_read_are_told(town: Town) -> None:
    town.edit("iam.toml", "[output]", PORTAL)
    place = "iam.toml: portal"
    assert problems(town) == [
        f"{place}.zone: 領域「lgwan」はプロファイルにありません。mnu、internet、std から選んでください。",
        f"{place}.certificate.ca: ca.pem を読み取れません。置き場所と読み取り権限を確かめてください。",
    ]
    (town.folder / "ca.pem").write_bytes(b"0\x82")
    assert problems(town)[1] == (
        f"{place}.certificate.ca: ca.pem はPEMの形ではありません。PEM（-----BEGIN で始まる形）に変換してください。"
    )


NETWORK = """
[[networks]]
name = "本庁"
addresses = ["10.1.0.0/16"]
zone = "lgwan"
[[flows]]
from = "std"
to = "mnu"
system = ["portale"]
purpose = "x"
clause = "X-1"
"""


def test_networks_that_profile_and_systems_do_not_know_are_told_with_everything_else(town: Town) -> None:
    town.edit("iam.toml", "[output]", '[network]\nfile = "network.toml"\n[output]')
    assert problems(town) == ["network.toml: 読み取れません。置き場所と読み取り権限を確かめてください。"]
    (town.folder / "network.toml").write_text(NETWORK, encoding="utf-8")
    town.edit("iam.toml", 'encoding = "cp932"', "encoding = 1")
    town.edit(
        "town.toml", 'extends = "oita"',
        'extends = "oita"\n[entry.zones.mnu]\nacross = { value = "none", clause = "OITA-K6.3.1" }',
    )  # fmt: skip
    place, zones = "network.toml", "mnu、internet、std のいずれかを書いてください。"
    shut = "領域「mnu」は、ほかの領域からの通信を認めていません（OITA-K6.3.1）。この表を消すか、"
    assert [each for each in problems(town) if not each.startswith("iam.toml: sources.jinji.file.encoding: ")] == [
        f"{place}: networks「本庁」.zone: 領域「lgwan」はプロファイルにありません。{zones}",
        f"{place}: flows.0.system: 情報システム「portale」がアクセスモデルにありません。綴りを確かめてください。",
        f"{place}: flows.0.clause: 条項「X-1」が条項一覧にありません。条項がなければ baseline と書いてください。",
        f"{place}: flows.0: {shut}プロファイルの entry.zones で認めてください。",
    ]
    (town.folder / "network.toml").write_text("[[networks]]\nname = 1", encoding="utf-8")
    found = problems(town)
    for words in ("network.toml: networks.0.name: ", "iam.toml: sources.jinji.file.encoding: "):
        assert any(problem.startswith(words) for problem in found), found


def test_a_connector_into_a_zone_that_is_shut_off_is_listed_or_stops_every_command(town: Town) -> None:
    town.edit("access.toml", 'owner = "総務課"', 'owner = "総務課"\nzone = "mnu"')
    assert town.run("sync", "--plan").exit_code == 0  # the directory stands on this host
    away = 'url = "ldaps://10.10.5.9"\nca_file = "ca.pem"'
    (town.folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    town.edit("iam.toml", f'url = "{town.slapd.url}"', away)
    said = "iam.toml: targets.portal: 「10.10.5.9」は、領域「mnu」のつないでよい相手（network.toml の [[peers]]）"
    assert problems(town) == [f"{said}にありません（OITA-S5.1.1）。書き足すか、接続先を直してください。"]
    listed = '[[peers]]\nhost = "10.10.5.0/28"\nzone = "mnu"\npurpose = "住民記録"\n'
    (town.folder / "network.toml").write_text(listed, encoding="utf-8")
    town.edit("iam.toml", "[output]", '[network]\nfile = "network.toml"\n[output]')
    (town.folder / "端末.csv").write_text("管理番号,名称\n", encoding="utf-8")
    assert town.run("terminal", "import", str(town.folder / "端末.csv")).exit_code == 0
    (town.folder / "network.toml").write_text(listed.replace("mnu", "std"), encoding="utf-8")
    assert [each.startswith(said) for each in problems(town)] == [True]


def test_a_system_that_no_connector_feeds_has_no_target(town: Town) -> None:
    unfed = '[systems.wiki]\nname = "庁内Wiki"\nowner = "総務課"\nprovisioned = false\n'
    town.edit("access.toml", "[systems.portal]", f"{unfed}[systems.portal]")
    assert town.run("sync", "--plan").exit_code == 0
    town.edit("access.toml", 'naming = "s{staff_number}"', 'naming = "s{staff_number}"\nprovisioned = false')
    assert problems(town) == [
        "iam.toml: targets.portal: systems.portal は provisioned = false です。どちらかを直してください。"
    ]


def test_a_revocation_list_that_is_late_stops_no_night(town: Town) -> None:
    town.edit("iam.toml", "[output]", PORTAL.replace('zone = "lgwan"\n', ""))
    (town.folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    assert town.run("sync", "--plan").exit_code == 0


def test_a_mistake_elsewhere_does_not_hide_the_zone_of_the_portal(town: Town) -> None:
    town.edit("iam.toml", "[output]", '[portal]\norigin = "http://id.minato.lg.jp"\nzone = "lgwan"\n[output]')
    origin, zone = problems(town)
    assert origin.startswith("iam.toml: portal.origin: http:// で始められるのは、")
    assert zone.startswith("iam.toml: portal.zone: 領域「lgwan」はプロファイルにありません。")


def test_another_organisation_has_every_row_read_anew_once(settled: Town) -> None:
    settled.edit("組織.csv", "0101,総務課", "0101,総務企画課")
    assert [settled.told("sync")["sources"][0]["new"] for _ in range(2)] == [10, 0]


def test_without_a_configuration_the_file_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(iam, ["--config", str(tmp_path / "iam.toml"), "plan", "list"])
    assert result.exit_code == 2
    assert f"{tmp_path / 'iam.toml'}: ファイルがありません。" in result.stderr


def test_the_configuration_may_be_named_by_the_environment(town: Town) -> None:
    town.run("sync")
    result = CliRunner().invoke(iam, ["plan", "list"], env={"IAM_CONFIG": str(town.config)})
    assert result.exit_code == 0


def test_a_misspelt_variable_is_a_mistake(town: Town) -> None:
    result = town.run("plan", "list", IAM_CONFG="x")
    assert result.exit_code == 2
    assert "環境変数 IAM_CONFG" in result.stderr


def test_every_error_has_its_exit_code() -> None:
    raised = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.IamError) and kind is not errors.IamError
    }
    assert raised == set(EXIT_CODES)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = iam.get_command(click.Context(iam), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


def test_the_help_page_is_japanese_and_imports_no_database() -> None:
    script = "import sys, web.cli.main as m\ntry: m.iam(['--help'])\nfinally: assert 'sqlalchemy' not in sys.modules"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    for name, (_, words) in COMMANDS.items():
        assert f"{name} " in shown.stdout
        assert words in shown.stdout
    for english in ("Usage", "Options", "Commands", "Show this message", "default"):
        assert english not in shown.stdout


def test_no_line_of_a_help_page_is_wider_than_a_terminal() -> None:
    for arguments in every_command(iam):
        page = CliRunner().invoke(iam, [*arguments, "--help"], env={"COLUMNS": "80"}).stdout
        assert max(map(width, page.splitlines())) <= 80
        assert not re.search(r"\b(PATH|FILE|OUTPUT|TEXT|DIRECTORY|INTEGER)\b", page)


def every_command(command: click.Command, *path: str) -> Iterator[list[str]]:
    yield list(path)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from every_command(below, *path, name)


@pytest.mark.parametrize("place", [place for pair in (*SOURCES.values(), *TARGETS.values()) for place in pair])
def test_every_connector_is_where_the_table_says(place: str) -> None:
    module, _, name = place.partition(":")
    assert isinstance(getattr(import_module(module), name), type)


@pytest.mark.parametrize(("field", "word"), [(field, word) for field, words in OURS.items() for word in sorted(words)])
def test_every_word_that_the_configuration_may_map_to_is_understood(field: str, word: str) -> None:
    fields = {"staff_number": "1", "name": "山田", "category": "regular", "valid_from": "2026-04-01",
              "valid_until": "2026-05-01", "org_name": "総務課", "home_body": "市", field: word}  # fmt: skip
    categories = {each.code: each for each in load("baseline").categories}
    read = read_row(SourceRow("x", fields, b""), FeedCodes(), categories, None, "")
    assert not isinstance(read, Rejected), read


def test_an_unexpected_error_keeps_its_traceback(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("web.cli.night.sync.preview", broken)
    town.feed(staff(1))
    with pytest.raises(ZeroDivisionError):
        town.run("sync", "--check")
