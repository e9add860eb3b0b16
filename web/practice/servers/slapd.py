"""A real OpenLDAP on loopback for the demo, the tests and the benchmarks.

The one law: an own folder, own ports and an own process; a slapd that the
machine already runs is never touched.

    with Slapd() as slapd:                      # dc=city,dc=test with ou=people and ou=groups
        slapd.url, slapd.admin, slapd.writer    # ldap://127.0.0.1:…, cn=admin,dc=city,dc=test, cn=writer,…
        with slapd.connection() as connection:  # ldap3, bound as the admin
            connection.add(…)

Three binds per suffix, all with the password PASSWORD: `admin` (the rootdn: no
limit and no access rule holds it), `writer` and `reader` (ordinary entries, so
size limits, access rules and ppolicy do hold them).
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import ldap3

from web.practice.servers import process
from web.practice.servers.certificates import Certificates, make_certificates

PASSWORD = "practice-only"
USER = "openldap"
CITY = "dc=city,dc=test"

HEAD = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload ppolicy
moduleload syncprov
moduleload constraint
pidfile {folder}/slapd.pid
"""

TLS = """\
TLSCACertificateFile {0.ca}
TLSCertificateFile {0.certificate}
TLSCertificateKeyFile {0.key}
TLSProtocolMin 3.3
"""

DATABASE = """\
database mdb
maxsize 4294967296
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw {password}
directory {folder}
index objectClass,uid,employeeNumber,cn,member,entryUUID,entryCSN eq
access to attrs=userPassword by dn.exact="cn=writer,{suffix}" write by self write by anonymous auth by * none
access to * by dn.exact="cn=writer,{suffix}" manage by users read by * none
overlay syncprov
"""

MEMBEROF = """\
overlay memberof
memberof-refint TRUE
"""

PPOLICY = """\
overlay ppolicy
ppolicy_hash_cleartext
ppolicy_use_lockout
"""

BASE = """\
dn: {suffix}
objectClass: organization
objectClass: extensibleObject
o: practice
{attribute}: {value}

dn: ou=people,{suffix}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups

dn: cn=writer,{suffix}
objectClass: person
cn: writer
sn: writer
userPassword: {password}

dn: cn=reader,{suffix}
objectClass: person
cn: reader
sn: reader
userPassword: {password}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlapdOptions:
    """What a practice slapd offers.

    `size_limit` is the most entries one search may give to anyone but the admin.
    `loaded` gives, per suffix, an LDIF file loaded offline after the base entries
    (fast, but memberOf is not computed).  `tls` names what the certificate stands for.
    `schema` and `database` are further lines of slapd.conf.  `address` is where
    it listens; without a `port` it takes a free one.
    """

    suffixes: Sequence[str] = (CITY,)
    memberof: bool = True
    ppolicy: bool = True
    durable: bool = False
    size_limit: int | None = None
    tls: Sequence[str] = ()
    schema: str = ""
    database: str = ""
    loaded: Mapping[str, Path] = field(default_factory=dict)
    address: str = "127.0.0.1"
    port: int | None = None


class Slapd:
    """One slapd.  `start` and `stop` may alternate: data and ports stay; `close` removes everything."""

    def __init__(self, options: SlapdOptions | None = None) -> None:
        self.options = options or SlapdOptions()
        self.folder = process.private_folder("kagimori-slapd-", USER)
        self.port = self.options.port or process.free_port()
        self.tls_port = process.free_port()
        self.certificates = self._certificates() if self.options.tls else None
        self.server: subprocess.Popen[bytes] | None = None
        self._configuration = self.folder / "slapd.conf"
        self._prepare()

    @property
    def url(self) -> str:
        """The plain address (StartTLS works on it when `tls` is given)."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The LDAPS address."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def suffix(self) -> str:
        """The first suffix."""
        return self.options.suffixes[0]

    @property
    def admin(self) -> str:
        return f"cn=admin,{self.suffix}"

    @property
    def writer(self) -> str:
        return f"cn=writer,{self.suffix}"

    @property
    def reader(self) -> str:
        return f"cn=reader,{self.suffix}"

    @contextmanager
    def connection(self, suffix: str = "") -> Iterator[ldap3.Connection]:
        """An ldap3 connection bound as the admin of `suffix`, raising on every refusal; closed at the end."""
        server = ldap3.Server("127.0.0.1", port=self.port, get_info=ldap3.NONE)
        admin = f"cn=admin,{suffix or self.suffix}"
        # Not auto_bind: ldap3 leaves a connection open at the end of `with` that was bound before it.
        with ldap3.Connection(server, user=admin, password=PASSWORD, raise_exceptions=True) as connection:
            yield connection

    def start(self) -> None:
        addresses = f"ldap://{self.options.address}:{self.port}/" + (f" {self.tls_url}/" if self.options.tls else "")
        command = [process.program("slapd"), "-f", str(self._configuration), "-h", addresses, "-d", "0"]
        log = self.folder / "slapd.log"
        with log.open("ab") as stream:
            self.server = process.start(USER, command, log=stream)
        process.wait_until_ready(self.server, lambda: process.listens(self.port), log=log)

    def stop(self) -> None:
        if self.server:
            process.end(self.server)
            self.server = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _certificates(self) -> Certificates:
        made = make_certificates(self.folder, names=self.options.tls)
        process.hand_over(USER, made.ca, made.certificate, made.key)
        return made

    def _prepare(self) -> None:
        """Write slapd.conf and load each database offline."""
        folders = {suffix: self.folder / f"db{number}" for number, suffix in enumerate(self.options.suffixes)}
        self._configuration.write_text(self._conf(folders), encoding="utf-8")
        for folder in folders.values():
            folder.mkdir()
        process.hand_over(USER, self._configuration, *folders.values())
        for suffix, folder in folders.items():
            base = folder / "base.ldif"
            base.write_text(_base(suffix), encoding="utf-8")
            process.hand_over(USER, base)
            for ldif in (base, *filter(None, [self.options.loaded.get(suffix)])):
                command = [process.program("slapadd"), "-q", "-f", str(self._configuration), "-b", suffix]
                process.run_as(USER, [*command, "-l", str(ldif)])

    def _conf(self, folders: Mapping[str, Path]) -> str:
        options = self.options
        text = HEAD.format(folder=self.folder) + options.schema
        if self.certificates:
            text += TLS.format(self.certificates)
        if options.size_limit is not None:
            text += f"sizelimit {options.size_limit}\n"
        for suffix, folder in folders.items():
            text += DATABASE.format(suffix=suffix, folder=folder, password=PASSWORD)
            text += "" if options.durable else "dbnosync\n"
            text += (MEMBEROF if options.memberof else "") + (PPOLICY if options.ppolicy else "") + options.database
        return text


def _base(suffix: str) -> str:
    attribute, value = suffix.split(",", 1)[0].split("=", 1)
    return BASE.format(suffix=suffix, attribute=attribute, value=value, password=PASSWORD)
