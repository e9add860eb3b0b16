"""When a real directory last let each account in."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from ldap3 import MODIFY_REPLACE

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.errors import TargetError
from iam.record.act import now
from tests.conftest import StartSlapd
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

Of = Callable[..., OpenLdapTarget]


@pytest.fixture
def slapd_with_uses(start_slapd: StartSlapd) -> Slapd:
    slapd = start_slapd(SlapdOptions(database="lastbind on\n"))
    with slapd.connection() as connection:
        for login in ("Used", "never", "other"):
            held = {"cn": "x", "sn": "x", "userPassword": PASSWORD, "description": "20260406120000Z"}
            connection.add(f"uid={login},ou=people,{slapd.suffix}", "inetOrgPerson", held)
    return slapd


def test_a_sign_in_is_seen_and_nothing_is_taken_for_never(slapd_with_uses: Slapd, password_file: Path) -> None:
    slapd = slapd_with_uses

    def target(attribute: str | None, **changes: object) -> OpenLdapTarget:
        usual = {
            "url": slapd.url, "bind_dn": slapd.reader, "password_file": password_file, "page_size": 1, "timeout": 5,
            "accounts_base": f"ou=people,{slapd.suffix}", "last_used_attribute": attribute,
        }  # fmt: skip
        return OpenLdapTarget("gw", OpenLdapOptions.model_validate(usual | changes), ())

    assert target(None).last_used() is None
    assert target("pwdLastSuccess").last_used() is None  # nobody came in yet, or nobody may see it
    assert target("noSuchAttribute").last_used() is None
    before = now()
    assert target("pwdLastSuccess").opens("used", PASSWORD)
    assert not target("pwdLastSuccess").opens("never", "wrong")

    found = target("PWDLASTSUCCESS").last_used()

    assert found is not None
    ((native, at),) = found.items()
    assert native == f"uid=used,ou=people,{slapd.suffix}"
    assert before - timedelta(seconds=2) <= at <= now() + timedelta(seconds=2)

    assert len(target("description").last_used() or {}) == 3
    with slapd.connection() as connection:
        dn = f"uid=other,ou=people,{slapd.suffix}"
        connection.modify(dn, {"description": [(MODIFY_REPLACE, ["きのう"])]})
    with pytest.raises(TargetError, match=f"{dn}「きのう」.*last_used_attribute"):
        target("description").last_used()
    with pytest.raises(TargetError, match="起点"):
        target("pwdLastSuccess", accounts_base=f"ou=nobody,{slapd.suffix}").last_used()
    slapd.stop()
    with pytest.raises(TargetError):
        target("pwdLastSuccess").last_used()
