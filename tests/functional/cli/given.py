"""A small town with a personnel file, a directory and a configuration, and people who run `iam` there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from iam.record.act import now
from iam.record.columns import jst_day
from tests.functional.policy.given import MAPPED
from web.cli.main import iam
from web.practice.servers.slapd import PASSWORD, Slapd

IAM = Path(sys.executable).with_name("iam")
HEADER = (
    "職員番号,氏名,氏名カナ,任用区分,所属コード,職名,本務兼務区分,発令区分,在職区分,発令年月日,終了年月日,内示解禁日"
)

CONFIG = """
[body]
name = "みなと市"
profile = "town.toml"

[database]
url = "{database}"

[keys]
file = "keys.json"

[organisation]
file = "組織.csv"

[access]
file = "access.toml"

[officers]
release = {officers}

[output]
directory = "出力"

[sources.jinji]
kind = "file"

[sources.jinji.file]
path = "jinji.csv"
encoding = "cp932"

[sources.jinji.file.columns]
staff_number = "職員番号"
name = "氏名"
name_kana = "氏名カナ"
category = "任用区分"
org_code = "所属コード"
title = "職名"
primary = "本務兼務区分"
kind = "発令区分"
status = "在職区分"
valid_from = "発令年月日"
valid_until = "終了年月日"
announce_from = "内示解禁日"

[sources.jinji.codes.category]
"01" = "regular"

[sources.jinji.codes.kind]
"01" = "hire"
"02" = "transfer"
"09" = "retire"

[sources.jinji.codes.status]
"1" = "in_service"

[sources.jinji.codes.primary]
"1" = "primary"
"2" = "concurrent"

[targets.portal]
kind = "openldap"

[targets.portal.openldap]
url = "{url}"
bind_dn = "{writer}"
password_file = "directory_password"
accounts_base = "ou=people,{suffix}"
groups_base = "ou=groups,{suffix}"
"""

ACCESS = """
[systems.portal]
name = "庁内ポータル"
owner = "総務課"
naming = "s{staff_number}"
attributes = { cn = "{name}", sn = "{family}", displayName = "{name}" }

[systems.portal.entitlements]
staff = { name = "職員掲示板" }
tax = { name = "税務情報" }

[[birthright]]
id = "全職員"
clause = "OITA-S8.2.1.2a"
system = "portal"
entitlements = ["staff"]

[[birthright]]
id = "税務課"
clause = "baseline"
system = "portal"
entitlements = ["tax"]
org = ["0201"]
"""

ORGANISATION = """code,name,parent,valid_from,valid_until
00,みなと市,,2000-04-01,
01,総務部,00,2000-04-01,
0101,総務課,01,2000-04-01,
02,財務部,00,2000-04-01,
0201,税務課,02,2000-04-01,
"""


@dataclass(frozen=True)
class Row:
    """One row of the personnel file."""

    number: str
    name: str = "山田　太郎"
    kana: str = "ヤマダ　タロウ"
    category: str = "01"
    org: str = "0101"
    title: str = "主事"
    primary: str = "1"
    kind: str = "01"
    status: str = "1"
    since: str = "2020-04-01"
    until: str = ""
    announce: str = ""

    def __str__(self) -> str:
        return ",".join(vars(self).values())


def staff(count: int, *, first: int = 1, **said: str) -> list[Row]:
    """`count` people, half in each department unless `org` says otherwise."""
    rows = [Row(f"{n:06}", f"職員　{n}号", org="0101" if n % 2 else "0201") for n in range(first, first + count)]
    return [replace(row, **said) for row in rows]


def days(count: int) -> str:
    """The day so many days from now, as the file writes it."""
    return (today() + timedelta(days=count)).isoformat()


def today() -> date:
    """The date in Japan, where the town is: the command under test reads the real clock too."""
    return jst_day(now())


@dataclass
class Town:
    """The town's folder and directory."""

    folder: Path
    slapd: Slapd
    officers: Sequence[str] = ()
    database: str = "sqlite:///iam.db"

    @property
    def config(self) -> Path:
        return self.folder / "iam.toml"

    def build(self) -> "Town":
        """Write the configuration, and the groups that the rights are."""
        settings = {"url": self.slapd.url, "writer": self.slapd.writer, "suffix": self.slapd.suffix}
        settings["database"] = self.database
        text = CONFIG.format(officers=json.dumps(list(self.officers)), **settings)
        files = {"iam.toml": text, "access.toml": ACCESS, "組織.csv": ORGANISATION, "town.toml": MAPPED}
        for name, content in (files | {"directory_password": PASSWORD}).items():
            (self.folder / name).write_text(content, encoding="utf-8")
        with self.slapd.connection() as connection:
            for group in ("staff", "tax"):
                dn = f"cn={group},ou=groups,{self.slapd.suffix}"
                connection.add(dn, "groupOfNames", {"member": "cn=placeholder"})
        assert self.run("init").exit_code == 0
        return self

    def feed(self, rows: Iterable[Row | str]) -> None:
        """What HR's file says from now on."""
        text = "\r\n".join([HEADER, *map(str, rows), ""])
        (self.folder / "jinji.csv").write_bytes(text.encode("cp932"))

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one of the handwritten files."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def iam(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a process of its own."""
        return subprocess.run(
            [str(IAM), "--config", str(self.config), *arguments], env={**os.environ, **environment}, cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def run(self, *arguments: str, **environment: str) -> Result:
        """Run the command in this process."""
        result = CliRunner().invoke(iam, ["--config", str(self.config), *arguments], env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def told(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """What the command says to a script."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def accounts(self) -> dict[str, bool]:
        """What the directory holds: login to whether it is enabled."""
        with self.slapd.connection() as connection:
            names = ["uid", "pwdAccountLockedTime"]
            connection.search(f"ou=people,{self.slapd.suffix}", "(objectClass=inetOrgPerson)", attributes=names)
            return {str(e.uid): not e.pwdAccountLockedTime.values for e in connection.entries}
