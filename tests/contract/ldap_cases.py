"""The LDAP connectors in the contract suites: a real slapd each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ldap3 import MODIFY_REPLACE

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from connectors.ldap.source import FieldName, LdapSource, LdapSourceOptions
from iam.ports import Order, OrderKind
from tests.conftest import StartSlapd
from tests.contract.cases import Person
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

MAPPED: dict[FieldName, str] = {
    "staff_number": "employeeNumber",
    "name": "displayName",
    "category": "employeeType",
    "org_code": "departmentNumber",
    "valid_from": "l",
}
WANTED = ("cn", "sn", "displayName", "mail")
POLICY = 'ppolicy_default "cn=strict,dc=city,dc=test"\n'
STRICT = {
    "sn": "x", "pwdAttribute": "userPassword", "pwdLockout": "TRUE", "pwdCheckQuality": "2", "pwdMinLength": "12",
    "pwdInHistory": "3", "pwdMaxFailure": "3",
}  # fmt: skip
"""Locks, quality and a history: what a body asks of its privileged IDs."""
ADDRESSES_ONLY = 'overlay constraint\nconstraint_attribute mail regex "^[^@]+@[^@]+$"\n'


def password_file(folder: Path) -> Path:
    path = folder / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


class LdapSourceCase:
    """`LdapSource` reading ou=people as an ordinary entry of the directory."""

    def __init__(self, start: StartSlapd, folder: Path) -> None:
        self._start = start
        self._folder = folder
        self._slapd: Slapd | None = None

    def holding(self, people: Sequence[Person]) -> LdapSource:
        return self._filled(self._usual(), people)

    def holding_unreadable(self, people: Sequence[Person], staff_number: str) -> LdapSource:
        source = self.holding(people)
        with self._usual().connection() as connection:
            odd = {"departmentNumber": ["1010", "2020"], "employeeNumber": staff_number, "cn": "x", "sn": "x"}
            connection.add(f"uid=odd,ou=people,{self._usual().suffix}", "inetOrgPerson", odd)
        return source

    def cut_off(self, people: Sequence[Person]) -> LdapSource:
        return self._filled(self._start(SlapdOptions(size_limit=len(people) - 1)), people)

    def away(self) -> LdapSource:
        self._usual().stop()
        return self._source(self._usual())

    def _usual(self) -> Slapd:
        self._slapd = self._slapd or self._start(SlapdOptions())
        return self._slapd

    def _filled(self, slapd: Slapd, people: Sequence[Person]) -> LdapSource:
        with slapd.connection() as connection:
            connection.search(f"ou=people,{slapd.suffix}", "(objectClass=person)", attributes=[])
            for dn in [entry["dn"] for entry in connection.response or ()]:
                connection.delete(dn)
            for number, person in enumerate(people):
                held = {attribute: person[field] for field, attribute in MAPPED.items() if field in person}
                dn = f"uid=p{number},ou=people,{slapd.suffix}"
                connection.add(dn, "inetOrgPerson", {"cn": "x", "sn": "x", **held})
        return self._source(slapd)

    def _source(self, slapd: Slapd) -> LdapSource:
        options = LdapSourceOptions(
            url=slapd.url, bind_dn=slapd.reader, password_file=password_file(self._folder), page_size=2,
            base=f"ou=people,{slapd.suffix}", attributes=MAPPED, timeout=5,
        )  # fmt: skip
        return LdapSource("jinji", options)


class OpenLdapCase:
    """`OpenLdapTarget` over ou=people and ou=groups, writing as an ordinary entry with the right to."""

    optional = "mail"
    secrets = ("Long-enough-1", "Long-enough-2 (日本)")
    poor = "Too-short-1"

    def __init__(self, start: StartSlapd, folder: Path) -> None:
        self.slapd = start(SlapdOptions(database=POLICY + ADDRESSES_ONLY))
        self._folder = folder
        with self.slapd.connection() as connection:
            connection.add(f"cn=strict,{self.slapd.suffix}", ["person", "pwdPolicy"], STRICT)
            for code in ("mail", "files"):
                connection.add(self._group(code), "groupOfNames", {"member": "cn=placeholder"})

    def target(self) -> OpenLdapTarget:
        options = OpenLdapOptions(
            url=self.slapd.url, bind_dn=self.slapd.writer, password_file=password_file(self._folder), page_size=2,
            accounts_base=f"ou=people,{self.slapd.suffix}", groups_base=f"ou=groups,{self.slapd.suffix}", timeout=5,
        )  # fmt: skip
        return OpenLdapTarget("lan", options, WANTED)

    def away(self) -> OpenLdapTarget:
        self.slapd.stop()
        return self.target()

    def attributes(self, name: str) -> Mapping[str, tuple[str, ...]]:
        return {"cn": (name,), "sn": (name,), "displayName": (name,), "mail": ("a@city.example.jp",)}

    def refused(self, number: int) -> Order:
        attributes = {**self.attributes("山田"), "mail": ("not an address",)}
        return Order(number, OrderKind.CREATE, "refused", link="999", attributes=attributes)

    def meddle(self, native_id: str) -> None:
        with self.slapd.connection() as connection:
            connection.modify(native_id, {"mail": [(MODIFY_REPLACE, ["meddled@city.example.jp"])]})

    def _group(self, code: str) -> str:
        return f"cn={code},ou=groups,{self.slapd.suffix}"
