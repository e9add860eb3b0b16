"""Privileged IDs on a real directory, opened and closed by real worker processes that are killed on the way."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Event
from time import monotonic
from typing import Any, Final

import ldap3
import pytest
from sqlalchemy import select, update

from iam.office import cases
from iam.policy.profile import Role
from iam.privilege import delegating, register, using
from iam.privilege.books import use_table
from iam.privilege.register import Deed, Mode, PrivilegedId
from iam.privilege.using import Acting, Use, UseState, Wish
from iam.record.act import Act
from iam.record.audit.chain import audit_record
from iam.signin import sessions
from iam.signin.door import entrant
from iam.signin.kinds import Method, Proofs
from iam.sync.urgent.books import errand_table
from tests.entrance import HERE, Entrance, Person
from tests.functional.cli.given import IAM, Town
from tests.functional.cli.test_officers import portal
from tests.softkey import SoftKey
from web.body.door import door_of
from web.cli.wiring import Desk

__all__ = ["portal"]
PATIENCE: Final = 60
"""Seconds (R12): what is over is off the target within them."""

PROVED: Final = Proofs(((Method.VERIFIED_KEY, 1),))
GENERAL, OPERATOR, WITNESS, APPROVER, USER = 1, 2, 3, 4, 6
LOGINS: Final = ("kanri1", "kanri2", "kanri3", "kanri4")


class Hall:
    """The town's officers and its privileged IDs, over the database that the workers share."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.desk = Desk(town.config, os.environ, os.getuid())
        self.store, self.keys = self.desk.store, self.desk.keys
        opened = self.desk.settings.portal
        assert opened is not None
        self.door = door_of(self.desk.deployment, opened, self.keys)
        body: Any = None  # nobody says anything new here
        clock: Any = self.store.clock
        self.entrance = Entrance(body, self.store, clock, self.door)
        self.ids: dict[str, PrivilegedId] = {}

    def settle(self) -> None:
        """Four IDs in the register, off on the directory; staff 6 may use them."""
        with self.town.slapd.connection() as connection:
            for login in LOGINS:
                named = {"cn": login, "sn": login, "pwdAccountLockedTime": "000001010000Z"}
                connection.add(self.dn(login), "inetOrgPerson", named)
        user = self.person(USER).with_key(SoftKey())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.entrance, "clock", _Now(self.store.clock))
            self.entrance.office(self.person(APPROVER), Role.APPROVER)
        for login in LOGINS:
            self.ids[login] = self._registered(login)
        wish = delegating.Wish(user.id, tuple(each.id for each in self.ids.values()), self.today, self.today, "当番")
        with self.store.act("test") as act:
            made = delegating.nominate(act, self.door, GENERAL, wish)
            delegating.approve(act, self.door, made.id, APPROVER, made.content_hash)

    def _registered(self, login: str) -> PrivilegedId:
        wish = register.Wish(Deed.NEW, "portal", Mode.SECRET, login, purpose="保守", emergency=True)
        with self.store.act("test") as act:
            case = register.propose(act, self.door, OPERATOR, wish, "台帳への登録")
            return cases.confirm(
                act, self.door.offices, case.id, decided_by=GENERAL, seen_hash=case.content_hash,
                carry_out=lambda act, of: register.take_effect(act, self.door, of),
            )  # fmt: skip

    @property
    def today(self) -> date:
        """The day in Japan."""
        return self.desk.today

    def person(self, id_: int) -> Person:
        """One of the staff, numbered in the order of the file."""
        return Person(self.entrance, id_, f"{id_:06}", "")

    def dn(self, login: str) -> str:
        """Where the directory has the account."""
        return f"uid={login},ou=people,{self.town.slapd.suffix}"

    # --- what people do

    def acting(self, act: Act, person_id: int, session_id: int | None = None) -> Acting:
        """In a session that was opened this moment, or in the one that is named."""
        who = entrant(act.connection, self.door, person_id, act.at)
        if session_id is None:
            _, session_id = sessions.open_session(act, self.door, who, HERE, proofs=PROVED, duty="")
        session = sessions.session_of(act.connection, session_id)
        assert session is not None
        return Acting(self.store, self.door, session, who, HERE)

    def asks(self, login: str) -> Use:
        """The user asks for five minutes."""
        with self.store.act("test") as act:
            return using.ask(act, self.acting(act, USER), Wish(self.ids[login].id, "更新", minutes=5))

    def joins(self, use: Use) -> Use:
        """The witness joins."""
        with self.store.act("test") as act:
            return using.join(act, self.acting(act, WITNESS), use.id)

    def opens(self, login: str) -> tuple[Use, str]:
        """A use that is open, and its secret."""
        use = self.joins(self.asks(login))
        until(lambda: self.state(use) is UseState.OPEN)
        with self.store.act("test") as act:
            return use, using.reveal(act, self.acting(act, USER, use.session_id), use.id)

    def state(self, use: Use) -> UseState:
        """Where it is now."""
        with self.store.read() as connection:
            return using.use(connection, use.id).state

    def in_hand(self, use: Use) -> bool:
        """Whether a worker has taken up an errand of it and has not settled it."""
        table = errand_table.c
        mine = table.subject == use.subject, table.settled_at.is_(None), table.tries > 0
        with self.store.read() as connection:
            return connection.execute(select(table.id).where(*mine)).first() is not None

    def signs_in(self, login: str, secret: str) -> bool:
        """What the directory itself says to the secret (an LDAP bind)."""
        server = ldap3.Server("127.0.0.1", port=self.town.slapd.port, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, user=self.dn(login), password=secret)
        try:
            return bool(connection.bind())
        finally:
            connection.unbind()

    def directory(self, said: signal.Signals) -> None:
        """The directory stops answering, or goes on."""
        assert self.town.slapd.server is not None
        self.town.slapd.server.send_signal(said)

    def log(self) -> str:
        """What the workers said."""
        return (self.town.folder / "worker.log").read_text(encoding="utf-8")

    def time_has_passed(self) -> None:
        """Every end is now, and what a dead worker had in hand is anybody's: nobody waits for it here."""
        with self.store.act("test") as act:
            act.connection.execute(update(use_table).where(use_table.c.ends_at.is_not(None)).values(ends_at=act.at))
            act.connection.execute(update(use_table).values(lapses_at=act.at))
            act.connection.execute(update(errand_table).values(due_at=act.at))


class _Now:
    """The real time, as a test's clock is asked for it."""

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.clock = clock

    @property
    def now(self) -> Any:  # noqa: ANN401 - an instant
        return self.clock()


def until(condition: Callable[[], object], seconds: float = 3 * PATIENCE) -> float:
    """Wait for it; after how many seconds it came."""
    began, rest = monotonic(), Event()
    while not condition():
        assert monotonic() - began < seconds, "it does not come"
        rest.wait(0.05)
    return monotonic() - began


@contextmanager
def working(town: Town) -> Iterator["subprocess.Popen[str]"]:
    """A worker in a process of its own; killed at the end, if it still is."""
    command = [str(IAM), "--config", str(town.config), "worker"]
    log = (town.folder / "worker.log").open("a", encoding="utf-8")
    with log, subprocess.Popen(command, cwd=town.folder, env=os.environ, stdout=log, stderr=log, text=True) as worker:
        try:
            yield worker
        finally:
            worker.kill()


@pytest.fixture
def hall(portal: Town) -> Iterator[Hall]:
    """The town, settled."""
    made = Hall(portal)
    made.settle()
    yield made
    made.desk.close()


def test_a_worker_that_is_killed_at_any_step_leaves_nothing_open(hall: Hall) -> None:
    """Killed with one use asked for, one half open, two open; killed again while it closes one; then another comes."""
    with working(hall.town):
        asked, (open_, first), (ended, second) = hall.asks("kanri1"), hall.opens("kanri3"), hall.opens("kanri4")
        known = [hall.signs_in("kanri3", first), hall.signs_in("kanri4", second), hall.signs_in("kanri4", first)]
        assert known == [True, True, False]
        hall.directory(signal.SIGSTOP)
        opening = hall.joins(hall.asks("kanri2"))
        until(lambda: hall.in_hand(opening))
    with hall.store.act("test") as act:
        using.end(act, hall.door, ended.id, USER)
        act.connection.execute(update(errand_table).values(due_at=act.at))
    with working(hall.town):
        until(lambda: hall.in_hand(ended))
    hall.directory(signal.SIGCONT)
    there = [asked, opening, open_, ended]
    assert [hall.state(each) for each in there] == ["asked", "opening", "open", "closing"]
    with working(hall.town) as worker:
        until(lambda: hall.log().count("始めました。") == 3)
        hall.time_has_passed()
        until(lambda: {hall.state(each) for each in there} <= {UseState.CLOSED, UseState.LAPSED})
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    _all_is_shut(hall, {"kanri3": first, "kanri4": second})
    _nothing_is_told(hall, first, second)


def _all_is_shut(hall: Hall, secrets: Mapping[str, str]) -> None:
    assert not [login for login, on in hall.town.accounts().items() if on and login in LOGINS]
    assert not [login for login, secret in secrets.items() if hall.signs_in(login, secret)]
    with hall.store.read() as connection:
        for use in using.uses(connection):
            assert use.slot is None
            assert use.ends_at is None or use.closed_at is None or use.closed_at - use.ends_at < timedelta(seconds=60)


def _nothing_is_told(hall: Hall, *secrets: str) -> None:
    with hall.store.read() as connection:
        words = repr(connection.execute(select(audit_record.c.detail)).all())
    assert not [secret for secret in secrets if secret in words + hall.log()]
