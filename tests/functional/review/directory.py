"""A directory of three systems on one real OpenLDAP, loaded offline as fast as it can be."""

import base64
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

import ldap3

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from web.practice.servers import process
from web.practice.servers.slapd import CITY, PASSWORD, USER, Slapd, SlapdOptions

SYSTEMS: Final = ("gw", "zei", "ken")

OFF: Final = "pwdAccountLockedTime"
"""The mark of an account that is off."""

UNLIMITED: Final = f'limits dn.exact="cn=writer,{CITY}" size=unlimited\n'

GROUPS: Final = {
    "gw": ("mail", "bu1", "bu2", "kacho", "shikin", "tokubetsu", "kanri"), "zei": ("view", "edit"), "ken": ("use",),
}  # fmt: skip

MODEL: Final = """
[systems.gw]
name = "グループウェア"
zone = "lgwan"
owner = "情報政策課"
[systems.gw.attributes]
cn = "{name}"
sn = "{name}"
[systems.gw.entitlements]
mail = { name = "メール" }
bu1 = { name = "第一部掲示板" }
bu2 = { name = "第二部掲示板" }
kacho = { name = "課長" }
shikin = { name = "資金の支払" }
tokubetsu = { name = "特別閲覧" }
kanri = { name = "管理者", privileged = true }

[systems.zei]
name = "税務システム"
zone = "mnu"
owner = "税務課"
[systems.zei.attributes]
cn = "{name}"
sn = "{name}"
[systems.zei.entitlements]
view = { name = "照会" }
edit = { name = "更新" }

[systems.ken]
name = "検証環境"
zone = "lgwan"
owner = "情報政策課"
production = false
[systems.ken.entitlements]
use = { name = "利用" }

[[birthright]]
id = "all"
clause = "baseline"
system = "gw"
entitlements = ["mail"]
[[birthright]]
id = "bu1"
clause = "baseline"
system = "gw"
org = ["1*"]
entitlements = ["bu1"]
[[birthright]]
id = "bu2"
clause = "baseline"
system = "gw"
org = ["2*"]
entitlements = ["bu2"]
[[birthright]]
id = "kacho"
clause = "baseline"
system = "gw"
title = ["20"]
post = "primary"
entitlements = ["kacho"]
[[birthright]]
id = "zei"
clause = "baseline"
system = "zei"
org = ["2*"]
entitlements = ["view", "edit"]
"""


class Directory:
    """Entries that are gathered, then loaded into a slapd of its own; `close` ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, list[str]] = {code: [] for code in SYSTEMS}
        self._members: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._password = folder / "password"
        self._password.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self._open = ExitStack()
        self.slapd: Slapd | None = None
        self.count = 0

    def dn(self, system: str, login: str) -> str:
        """The entry of an account."""
        return f"uid={login},ou={system},{CITY}"

    def place(
        self, system: str, login: str, of: Mapping[str, str] | None = None, rights: Sequence[str] = (), used: str = "",
        *, off: bool = False,
    ) -> None:  # fmt: skip
        """An account to be loaded; `used`: when the directory last let it in, GeneralizedTime."""
        name = _base64((of or {}).get("name", login))
        lines = [f"dn: {self.dn(system, login)}", "objectClass: inetOrgPerson", f"uid: {login}",
                 f"cn:: {name}", f"sn:: {name}"]  # fmt: skip
        lines += [f"employeeNumber: {of['staff_number']}"] if of else []
        lines += [f"pwdLastSuccess: {used}"] if used else []
        lines += [f"{OFF}: 000001010000Z"] if off else []
        self._entries[system].append("\n".join(lines) + "\n")
        for right in rights:
            self._members[system, right].append(self.dn(system, login))
        self.count += 1

    def start(self) -> None:
        """Load everything, and serve it."""
        text: list[str] = []
        for code in SYSTEMS:
            units = (code, f"{code}-groups")
            text += [f"dn: ou={unit},{CITY}\nobjectClass: organizationalUnit\nou: {unit}\n" for unit in units]
            text += [*self._entries[code], *(self._group(code, right) for right in GROUPS[code])]
        folder = process.private_folder("kagimori-ldif-", USER)
        self._open.callback(shutil.rmtree, folder)
        path = folder / "city.ldif"
        path.write_text("\n".join(text), encoding="utf-8")
        process.hand_over(USER, path)
        self.slapd = self._open.enter_context(
            Slapd(SlapdOptions(memberof=False, loaded={CITY: path}, database=UNLIMITED))
        )

    def close(self) -> None:
        """End the server, remove what it held."""
        self._open.close()

    def _group(self, system: str, right: str) -> str:
        members = "\n".join(f"member: {dn}" for dn in ("cn=placeholder", *self._members[system, right]))
        return f"dn: {group_dn(system, right)}\nobjectClass: groupOfNames\ncn: {right}\n{members}\n"

    # --- as targets, and by hand

    def target(self, system: str, url: str = "") -> OpenLdapTarget:
        """The system as the sync reaches it, or elsewhere."""
        assert self.slapd
        options = OpenLdapOptions(
            url=url or self.slapd.url, bind_dn=self.slapd.writer, password_file=self._password, timeout=20,
            accounts_base=f"ou={system},{CITY}", groups={right: group_dn(system, right) for right in GROUPS[system]},
            last_used_attribute="pwdLastSuccess",
        )  # fmt: skip
        return OpenLdapTarget(system, options, () if system == "ken" else ("cn", "sn"))

    def connection(self) -> AbstractContextManager[ldap3.Connection]:
        """Somebody's hands: bound as the administrator."""
        assert self.slapd
        return self.slapd.connection()

    def state(self) -> dict[tuple[str, str], tuple[bool, frozenset[str]]]:
        """What stands in it, by other eyes than the connector's: (system, login) -> whether it is on, its rights.

        A member that is no account goes by its DN."""
        held: dict[tuple[str, str], set[str]] = defaultdict(set)
        on: dict[tuple[str, str], bool] = {}
        with self.connection() as there:
            for system in SYSTEMS:
                there.search(f"ou={system},{CITY}", "(uid=*)", attributes=[OFF])
                for entry in there.response or ():
                    on[system, _uid(entry["dn"])] = not entry["attributes"].get(OFF)
                for right in GROUPS[system]:
                    there.search(group_dn(system, right), "(cn=*)", ldap3.BASE, attributes=["member"])
                    for dn in (there.response or [{}])[0]["attributes"]["member"]:
                        held[system, _uid(dn)].add(right)
        held = {key: rights for key, rights in held.items() if key[1] != "cn=placeholder"}
        return {key: (on.get(key, True), frozenset(held.get(key, ()))) for key in {*on, *held}}

    def add(self, there: ldap3.Connection, system: str, login: str, of: Mapping[str, str]) -> None:
        """An account made by hand."""
        held = {"cn": of["name"], "sn": of["name"], "employeeNumber": of["staff_number"]}
        there.add(self.dn(system, login), "inetOrgPerson", held)

    def join(self, there: ldap3.Connection, system: str, right: str, *dns: str) -> None:
        """A right given by hand."""
        there.modify(group_dn(system, right), {"member": [(ldap3.MODIFY_ADD, list(dns))]})


def group_dn(system: str, right: str) -> str:
    """The entry of a right."""
    return f"cn={right},ou={system}-groups,{CITY}"


def _uid(dn: str) -> str:
    return dn.partition(",")[0].removeprefix("uid=") if dn.startswith("uid=") else dn


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
