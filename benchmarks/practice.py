"""A deployment over the benchmark's directories: its files, its database, its nights.

The one law: the command is given real files and works as an operator's would.
"""

import datetime as dt
import hashlib
from pathlib import Path

from sqlalchemy import select

from benchmarks.directory import SOURCE, TARGET, UNIT_SIZE, access_model
from iam.jobs.night import Job, nightly
from iam.record.keys import KeyRing
from iam.record.store import metadata
from iam.sync.report import Report
from migrations.run import upgrade
from web.body.job import job_for
from web.cli.wiring import Desk
from web.practice.servers.slapd import PASSWORD, Slapd

SOURCE_ATTRIBUTES = {
    "staff_number": "employeeNumber", "name": "cn", "name_kana": "displayName", "category": "employeeType",
    "org_code": "departmentNumber", "title": "title", "primary": "businessCategory", "valid_from": "carLicense",
    "valid_until": "roomNumber", "email": "mail",
}  # fmt: skip

CONFIGURATION = """\
[body]
name = "計測市"
profile = "profile.toml"
[database]
url = "{url}"
[keys]
file = "keys.json"
[organisation]
file = "organisation.csv"
[access]
file = "access.toml"
[output]
directory = "out"
[sources.jinji]
kind = "ldap"
authority = ["person", "post"]
[sources.jinji.codes]
primary = {{ "1" = "primary", "2" = "concurrent" }}
[sources.jinji.ldap]
url = "{ldap}"
bind_dn = "cn=admin,{source}"
password_file = "password"
base = "ou=people,{source}"
page_size = 5000
attributes = {{ {attributes} }}
"""

PROFILE = """\
extends = "baseline"

[titles."最高情報セキュリティ責任者"]
state = "assigned"
post = "副市長"
roles = ["approver"]
clause = "baseline"

[titles."統括情報セキュリティ責任者"]
state = "assigned"
post = "情報政策課長"
roles = ["general_officer"]
clause = "baseline"

[titles."情報セキュリティ責任者"]
state = "assigned"
post = "各部の長"
roles = ["system_owner"]
clause = "baseline"

[titles."情報セキュリティ管理者"]
state = "assigned"
post = "各課の長"
roles = ["data_officer"]
clause = "baseline"

[titles."情報システム管理者"]
state = "assigned"
post = "情報政策課の係長"
roles = ["terminal_officer"]
clause = "baseline"

[titles."情報システム担当者"]
state = "assigned"
post = "情報政策課の職員"
roles = ["operator"]
clause = "baseline"

[titles."情報セキュリティ監査統括責任者"]
state = "assigned"
post = "監査委員事務局長"
roles = ["auditor"]
clause = "baseline"

[titles."人事管理部門"]
state = "assigned"
post = "人事課長"
roles = ["hr_officer"]
clause = "baseline"
"""

TARGET_CONFIGURATION = """\
[targets.gw]
kind = "openldap"
[targets.gw.openldap]
url = "{ldap}"
bind_dn = "cn=admin,{target}"
password_file = "password"
accounts_base = "ou=people,{target}"
groups_base = "ou=groups,{target}"
page_size = 5000
"""


class Bench:
    """One deployment in `folder`."""

    def __init__(
        self, folder: Path, slapd: Slapd, url: str, staff: int, *, targets: bool = True, rights: bool = True
    ) -> None:
        folder.mkdir()
        self.config = folder / "iam.toml"
        attributes = ", ".join(f'{field} = "{name}"' for field, name in SOURCE_ATTRIBUTES.items())
        text = CONFIGURATION.format(url=url, ldap=slapd.url, source=SOURCE, attributes=attributes)
        text += TARGET_CONFIGURATION.format(ldap=slapd.url, target=TARGET) if targets else ""
        self.config.write_text(text, encoding="utf-8")
        (folder / "profile.toml").write_text(PROFILE, encoding="utf-8")
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        (folder / "password").chmod(0o600)
        units = "".join(f"{unit:04},第{unit}課,,,\n" for unit in range(max(staff // UNIT_SIZE, 1)))
        (folder / "organisation.csv").write_text(f"code,name,parent,valid_from,valid_until\n{units}", encoding="utf-8")
        model = (
            access_model(staff)
            if rights
            else access_model(0).replace('entitlements = ["unit-0000"]', "").replace('org = ["0000"]', "")
        )
        (folder / "access.toml").write_text(model if targets else "[systems]\n", encoding="utf-8")
        KeyRing.create(folder / "keys.json")
        desk = Desk(self.config, {}, 0)
        self.url = desk.settings.database.url.render_as_string(hide_password=False)
        upgrade(self.url)
        self._desk = desk
        self.store = desk.store
        self.today: dt.date = desk.today

    def job(self) -> Job:
        """The job of a night."""
        return job_for(self._desk.deployment, self.store, "bench", today=self.today, progress=lambda *_: None)

    def night(self) -> Report:
        """One night; it must end settled."""
        report = nightly(self.job())
        if report.broken or report.held:
            wrong = [*report.sources, *report.targets, *report.holds]
            raise RuntimeError(f"the night did not settle: {[str(each)[:300] for each in wrong]}")
        return report

    def changed(self, since: dict[str, str]) -> int:
        """How many tables, the audit's apart, hold anything else than in `since`."""
        return sum(since[table] != now for table, now in self.content().items())

    def content(self) -> dict[str, str]:
        """A digest of every table but the audit's: an UPDATE shows as well as an INSERT."""
        found: dict[str, str] = {}
        with self.store.read() as connection:
            for table in metadata.sorted_tables:
                if not table.name.startswith("audit"):
                    digest = hashlib.sha256()
                    for row in connection.execute(select(table).order_by(*table.primary_key)):
                        digest.update(repr(tuple(row)).encode())
                    found[table.name] = digest.hexdigest()
        return found

    def close(self) -> None:
        """Close the database."""
        self.store.dispose()
