"""From "suspend" to the last dead session, token and account, beside the bare ldapmodify of the same accounts.

    ./dev bench revoke [--rounds 5] [--systems 20] [--only sqlite|postgresql]

One slapd holds twenty systems, each below an entry of its own, and accounts of everybody in each; one person has
sessions and tokens besides.  A real `iam worker` runs.  The general officer's act is timed until the last account is
locked as a third party sees it (pwdAccountLockedTime, ppolicy), over SQLite and PostgreSQL; then again while one of
the systems has stopped answering, which is the worst that a system can do: it takes the connection and says nothing.
The run alone, without the worker's wait for its next look, is divided by ldapmodify, called once for each system, as
whoever looks after twenty systems would: neither finds the account before, reads it back or records anything.  All
twenty in one ldapmodify over one connection, which no twenty servers take, stand beside it.
"""

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from benchmarks.directory import SOURCE, source_entries, write_ldif
from benchmarks.figures import child, figure, note, ratio
from benchmarks.practice import CONFIGURATION, PROFILE, SOURCE_ATTRIBUTES
from iam.jobs.at_once.persons import hurry
from iam.jobs.job import Job
from iam.jobs.night import nightly
from iam.office.roles import Offices
from iam.people.ledger import persons_by_number
from iam.people.organisation import Organisation
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin import sessions
from iam.signin.desk.suspending import By, Suspended, resume, stop
from iam.signin.door import Door, Where, entrant
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import Gone
from iam.signin.tokens import issued
from iam.signin.tokens.clients import ClientKind, Draft, client_of, insert_client
from iam.signin.tokens.details import detail_of
from iam.signin.tokens.issued import Dead, TokenKind
from migrations.run import upgrade
from web.body.door import door_of
from web.body.job import job_for, offices_of
from web.cli.wiring import Desk
from web.practice.servers.postgres import Postgres
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

Deed = Callable[[Act, Offices, Organisation, int, By], Suspended]
STAFF: Final = 40
SESSIONS: Final = 5
WHO: Final = "0000007"
CITY: Final = "dc=city,dc=test"
BOTH: Final = Proofs().plus(Method.PASSWORD).plus(Method.VERIFIED_KEY, 1)
LONG: Final = timedelta(hours=8)
PATIENCE: Final = 120.0
"""Seconds after which a measurement has failed."""

EVERY: Final = 0.01
"""Seconds between two looks at the directory."""

TARGET: Final = """\
[targets.s{number:02}]
kind = "openldap"
[targets.s{number:02}.openldap]
url = "{url}"
bind_dn = "cn=admin,{city}"
password_file = "password"
accounts_base = "ou=s{number:02},{city}"
"""
SYSTEM: Final = """\
[systems.s{number:02}]
name = "システム{number}"
owner = "情報政策課"
attributes = {{ cn = "{{name}}", sn = "{{family}}" }}
[[birthright]]
id = "s{number:02}"
clause = "baseline"
system = "s{number:02}"
"""


@dataclass
class Body:
    """A body over `systems` systems, of which the last lies on a server of its own."""

    folder: Path
    city: Slapd
    apart: Slapd
    systems: int

    def build(self, url: str) -> "Body":
        """Write its files, make its database, and live through the first night."""
        for slapd, numbers in ((self.city, range(1, self.systems)), (self.apart, (self.systems,))):
            with slapd.connection(CITY) as connection:
                for number in numbers:
                    connection.add(f"ou=s{number:02},{CITY}", "organizationalUnit")
        self.folder.mkdir()
        attributes = ", ".join(f'{field} = "{name}"' for field, name in SOURCE_ATTRIBUTES.items())
        text = CONFIGURATION.format(url=url, ldap=self.city.url, source=SOURCE, attributes=attributes)
        text += '[portal]\norigin = "https://id.city.example"\n' + "".join(
            TARGET.format(number=n, url=(self.apart if n == self.systems else self.city).url, city=CITY)
            for n in range(1, self.systems + 1)
        )
        model = "".join(SYSTEM.format(number=number) for number in range(1, self.systems + 1))
        files = {"iam.toml": text, "access.toml": model, "profile.toml": PROFILE, "password": PASSWORD}
        files["organisation.csv"] = "code,name,parent,valid_from,valid_until\n0000,第0課,,,\n"
        for name, content in files.items():
            (self.folder / name).write_text(content, encoding="utf-8")
        (self.folder / "password").chmod(0o600)
        KeyRing.create(self.folder / "keys.json")
        self.desk = Desk(self.folder / "iam.toml", {}, 0)
        upgrade(self.desk.settings.database.url.render_as_string(hide_password=False))
        self.store = self.desk.store
        report = nightly(self.job())
        if report.broken or report.held:
            raise RuntimeError(f"the first night did not settle: {[str(hold) for hold in report.holds]}")
        self._sign_in()
        return self

    def job(self) -> Job:
        """The job of now."""
        return job_for(self.desk.deployment, self.store, "bench", today=self.desk.today, progress=lambda *_: None)

    def _sign_in(self) -> None:
        deployment, portal = self.desk.deployment, self.desk.deployment.settings.portal
        assert portal
        self.door: Door = door_of(deployment, portal, self.desk.keys)
        self.offices: Offices = offices_of(deployment)
        agreed = {"redirect_uris": ["https://s01.city.example/cb"], "refresh": True}
        with self.store.act("bench") as act:
            insert_client(
                act, Draft("s01", ClientKind.OIDC, "s01", "システム1", detail_of(ClientKind.OIDC, agreed)), None
            )
            self.person = persons_by_number(act.connection, [WHO])[WHO]
        self.comes_in()

    def comes_in(self) -> None:
        """Sessions, each with a token."""
        self.cookies, self.tokens = [], []
        with self.store.act("bench") as act:
            client = client_of(act.connection, "s01")
            assert client
            who = entrant(act.connection, self.door, self.person, act.at)
            for _ in range(SESSIONS):
                cookie, number = sessions.open_session(
                    act, self.door, who, Where("10.20.1.11", "bench"), proofs=BOTH, duty=""
                )
                given = issued.issue(
                    act, TokenKind.REFRESH, client, life=LONG, detail={}, person_id=self.person, session_id=number
                )
                self.cookies.append(cookie)
                self.tokens.append(given)

    def decide(self, deed: Deed) -> None:
        """The general officer's act."""
        with self.store.act("bench") as act:
            deed(act, self.offices, self.desk.deployment.organisation, self.person, By(None, "計測のため"))

    def shut_out(self) -> bool:
        """Whether every session and token is dead."""
        at = self.store.clock()
        gone = all(isinstance(sessions.look(self.store, self.door, each, at), Gone) for each in self.cookies)
        dead = (issued.alive(self.store, self.door, TokenKind.REFRESH, each, at) for each in self.tokens)
        return gone and all(isinstance(each, Dead) for each in dead)


class Watch:
    """Counts the person's accounts that are locked, as anybody else would see it."""

    def __init__(self, *servers: Slapd) -> None:
        self._servers = servers

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._open = [self._stack.enter_context(each.connection(CITY)) for each in self._servers]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def until(self, count: int) -> None:
        """Wait until exactly so many are locked."""
        began = time.perf_counter()
        while self._locked() != count:
            if time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"{self._locked()} of {count} accounts are locked after {PATIENCE:.0f} s")
            time.sleep(EVERY)

    def _locked(self) -> int:
        found = 0
        for connection in self._open:
            connection.search(CITY, f"(&(uid={WHO})(pwdAccountLockedTime=*))", attributes=["1.1"])
            found += len(connection.entries)
        return found


@contextmanager
def working(body: Body) -> Iterator[None]:
    """A real worker beside."""
    command = [sys.executable, "-m", "web.cli.main", "--config", str(body.folder / "iam.toml"), "worker"]
    command[1:3] = ["-c", "from web.cli.main import iam; iam()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()


def whole(body: Body, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from the act until sessions and tokens are dead, and until the last account is locked; each round."""
    doors, accounts = [], []
    with Watch(body.city, body.apart) as watch, working(body):
        for _ in range(rounds):
            began = time.perf_counter()
            body.decide(stop)
            if not body.shut_out():
                raise RuntimeError("a session or a token outlived the act")
            doors.append(time.perf_counter() - began)
            watch.until(body.systems)
            accounts.append(time.perf_counter() - began)
            body.decide(resume)
            watch.until(0)
            body.comes_in()
    return doors, accounts


def one_silent(body: Body) -> tuple[float, float]:
    """Seconds until all others are locked while one system is silent; and from its answering again until it is too."""
    with Watch(body.city) as others, working(body):
        assert body.apart.server
        body.apart.server.send_signal(signal.SIGSTOP)
        try:
            began = time.perf_counter()
            body.decide(stop)
            others.until(body.systems - 1)
            locked = time.perf_counter() - began
            time.sleep(15)
        finally:
            body.apart.server.send_signal(signal.SIGCONT)
        began = time.perf_counter()
        with Watch(body.city, body.apart) as everybody:
            everybody.until(body.systems)
            back = time.perf_counter() - began
            body.decide(resume)
            everybody.until(0)
    body.comes_in()
    return locked, back


def beside_ldapmodify(body: Body, rounds: int, *, each: bool) -> tuple[float, float, float]:
    """The urgent run alone (find, plan, guard, record, write, read back, record), and ldapmodify of the same."""
    lock = _ldif(body, "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z", each=each)
    unlock = _ldif(body, "delete: pwdAccountLockedTime", each=False)

    def ours() -> float:
        body.decide(stop)
        began = time.perf_counter()
        done = hurry(body.job()).done
        seconds = time.perf_counter() - began
        if done != body.systems:
            raise RuntimeError(f"expected {body.systems} accounts: {done}")
        body.decide(resume)
        hurry(body.job())
        return seconds

    def theirs() -> float:
        seconds = sum(_modify(slapd, file) for slapd, file in lock)
        for slapd, file in unlock:
            _modify(slapd, file)
        return seconds

    return ratio(ours, theirs, rounds)


def _ldif(body: Body, change: str, *, each: bool = True) -> list[tuple[Slapd, Path]]:
    """The changes in one file for each system, or for each server."""
    found = []
    for slapd, numbers in ((body.city, range(1, body.systems)), (body.apart, (body.systems,))):
        entries = [f"dn: uid={WHO},ou=s{n:02},{CITY}\nchangetype: modify\n{change}\n" for n in numbers]
        for number, some in enumerate([[entry] for entry in entries] if each else [entries]):
            name = f"{change[:3]}-{slapd.port}-{number}-{len(some)}.ldif"
            found.append((slapd, write_ldif(body.folder / name, iter(some))))
    return found


def _modify(slapd: Slapd, file: Path) -> float:
    ended = child(["ldapmodify", "-x", "-H", slapd.url, "-D", f"cn=admin,{CITY}", "-w", PASSWORD, "-f", str(file)])
    if ended.code:
        raise RuntimeError(f"ldapmodify ended with {ended.code}")
    return ended.seconds


def measure(folder: Path, name: str, url: str, asked: argparse.Namespace) -> None:
    """Every figure over one database."""
    source = write_ldif(folder / f"{name}.ldif", source_entries(STAFF))
    options = SlapdOptions(suffixes=(SOURCE, CITY), memberof=False, loaded={SOURCE: source})
    with Slapd(options) as city, Slapd(replace(options, suffixes=(CITY,), loaded={})) as apart:
        note(f"{name}: {asked.systems} systems, {STAFF} people in each")
        body = Body(folder / name, city, apart, asked.systems).build(url)
        try:
            doors, accounts = whole(body, asked.rounds)
            figure(f"revoke_sessions_{name}", max(doors), "s, the longest", "<= 5")
            figure(f"revoke_{name}", statistics.median(accounts), "s until the last account", "<= 60")
            figure(f"revoke_{name}_longest", max(accounts), "s", "<= 60")
            times, mine, bare = beside_ldapmodify(body, asked.rounds, each=True)
            note(f"{name}: the run {mine * 1000:,.0f} ms, {asked.systems} ldapmodify {bare * 1000:,.0f} ms")
            figure(f"revoke_run_{name}", times, "x ldapmodify, one for each system", "<= 10")
            figure(f"revoke_total_{name}", statistics.median(accounts) / bare, "x the same")
            times, _, _ = beside_ldapmodify(body, asked.rounds, each=False)
            figure(f"revoke_run_one_connection_{name}", times, "x one ldapmodify")
            locked, back = one_silent(body)
            figure(f"revoke_one_silent_{name}", locked, "s until all the others", "<= 60")
            figure(f"revoke_back_{name}", back, "s after it answers again", "<= 60")
        finally:
            body.store.dispose()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kagimori-revoke-") as name:
        folder = Path(name)
        # slapadd runs as the directory's own user.
        folder.chmod(0o755)
        if asked.only != "postgresql":
            measure(folder, "sqlite", f"sqlite:///{folder / 'iam.db'}", asked)
        if asked.only != "sqlite":
            with Postgres() as postgres:
                measure(folder, "postgresql", postgres.create("revoke"), asked)


if __name__ == "__main__":
    main()
