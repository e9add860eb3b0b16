"""The servers that every other test stands on."""

import os
import select
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import ldap3
import psycopg
import pytest
from ldap3.core.exceptions import LDAPSocketOpenError
from sqlalchemy import create_engine, text

from tests.conftest import StartSlapd
from web.practice.servers import process
from web.practice.servers.certificates import make_certificates
from web.practice.servers.postgres import Postgres
from web.practice.servers.slapd import CITY, PASSWORD, Slapd, SlapdOptions

STARTER = """
import sys
from web.practice.servers.slapd import Slapd
slapd = Slapd()
slapd.start()
print(slapd.server.pid, slapd.folder, flush=True)
sys.stdin.read()
"""


def _server(slapd: Slapd, ca: Path) -> ldap3.Server:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca))
    return ldap3.Server("127.0.0.1", port=slapd.tls_port, use_ssl=True, tls=tls, get_info=ldap3.NONE)


def test_ldaps_is_trusted_through_its_own_ca_and_no_other(slapd_tls: Slapd, tmp_path: Path) -> None:
    assert slapd_tls.certificates
    server = _server(slapd_tls, slapd_tls.certificates.ca)
    with ldap3.Connection(server, slapd_tls.reader, PASSWORD) as reader:
        assert reader.bound
    with pytest.raises(LDAPSocketOpenError, match="certificate verify failed"):
        ldap3.Connection(_server(slapd_tls, make_certificates(tmp_path).ca)).bind()


def test_size_limit_holds_the_reader_and_not_the_admin(start_slapd: StartSlapd) -> None:
    slapd = start_slapd(SlapdOptions(suffixes=(CITY, "o=hr"), size_limit=3))
    with ldap3.Connection(slapd.url, slapd.reader, PASSWORD) as reader:
        reader.search(CITY, "(objectClass=*)")
        assert reader.result["description"] == "sizeLimitExceeded"
    with slapd.connection("o=hr") as admin:
        admin.search("o=hr", "(objectClass=*)")
        assert len(admin.entries) == 5


def test_data_outlive_a_stop(slapd: Slapd) -> None:
    with slapd.connection() as admin:
        admin.add(f"uid=u1,ou=people,{CITY}", ["inetOrgPerson"], {"cn": "山田", "sn": "山田"})
    slapd.stop()
    slapd.start()
    with slapd.connection() as admin:
        assert admin.search(CITY, "(uid=u1)")


def test_a_server_ends_with_a_starter_that_is_killed() -> None:
    command = [sys.executable, "-c", STARTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        pid, folder = starter.stdout.readline().split()
        server = os.pidfd_open(int(pid))
        starter.kill()
    try:
        ended, _, _ = select.select([server], [], [], 10)
        assert ended
    finally:
        os.close(server)
        shutil.rmtree(folder)


def test_a_database_made_from_a_template_holds_its_tables(postgres: Postgres, postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE t (id int)")
    copy = create_engine(postgres.create("copy", template=postgres_url.rsplit("/", 1)[1]))
    with copy.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    copy.dispose()
    postgres.drop("copy")


def test_a_missing_program_is_named_with_its_cure() -> None:
    with pytest.raises(process.ServerDidNotStart, match=r"no-such-server が見つかりません。\./dev demo"):
        process.program("no-such-server")
