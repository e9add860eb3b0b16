"""A directory with ten people, and sources that read it as an ordinary entry."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.ldap.source import LdapSource, LdapSourceOptions
from web.practice.servers.slapd import PASSWORD, Slapd

PEOPLE = 10
Reader = Callable[..., LdapSource]


def add_people(slapd: Slapd, count: int = PEOPLE) -> None:
    with slapd.connection() as connection:
        for number in range(count):
            held = {"cn": "x", "sn": "x", "displayName": f"職員{number}", "employeeNumber": f"{number:05d}"}
            connection.add(f"uid=p{number},ou=people,{slapd.suffix}", "inetOrgPerson", held)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


@pytest.fixture
def people(slapd: Slapd) -> Slapd:
    add_people(slapd)
    return slapd


@pytest.fixture
def reader(password_file: Path) -> Reader:
    """Call it with a slapd, and with options that differ from the usual."""

    def source(slapd: Slapd, **changes: object) -> LdapSource:
        mapped = {"staff_number": "employeeNumber", "name": "displayName"}
        usual = {
            "url": slapd.url, "bind_dn": slapd.reader, "password_file": password_file, "page_size": 3, "timeout": 5,
            "base": f"ou=people,{slapd.suffix}", "attributes": mapped,
        }  # fmt: skip
        return LdapSource("jinji", LdapSourceOptions.model_validate(usual | changes))

    return source
