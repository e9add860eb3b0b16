"""Errands on a real directory with a password policy: they take effect, and survive kill -9 at every step."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ldap3
import pytest

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.sync.urgent import ErrandKind, Mode, Outcome, carry_out
from tests.contract.ldap_cases import POLICY, STRICT, password_file
from tests.errands import ADMIN, ROOT, Desk, a_desk
from tests.functional.sync.conftest import SqliteBody
from web.practice.servers.slapd import Slapd, SlapdOptions

ROOM = Path(__file__).parents[3]
OPEN, CLOSE = ErrandKind.OPEN, ErrandKind.CLOSE
SECRET, MEMBER = Mode.SECRET, Mode.MEMBER
LAPSED = 21
"""Seconds after which a killed worker's claim is anybody's."""


@dataclass
class Scene:
    """A desk whose `gw` is a real slapd, and a process that may be killed."""

    desk: Desk
    slapd: Slapd
    options: OpenLdapOptions
    process: "subprocess.Popen[bytes]"

    @property
    def target(self) -> OpenLdapTarget:
        """The directory."""
        return OpenLdapTarget("gw", self.options, ("cn", "sn"))

    def round(self) -> list[Outcome | None]:
        """A round of a worker that nobody kills."""
        self.desk.moment.on(seconds=LAPSED)
        return [each.outcome for each in carry_out(self.desk.carrier(targets={"gw": self.target}))]

    def killed_at(self, step: int) -> str:
        """A round of the other process, killed at a step; the step's name, "" when it ended before that."""
        url = self.desk.body.store.url
        said: dict[str, Any] = {
            "url": url.render_as_string(),
            "keys": str(Path(str(url.database)).with_name("keys.json")),
            "at": self.desk.moment.now.isoformat(),
            "ldap": self.options.model_dump(mode="json"),
            "texts": self.desk.vault.texts,
        }
        self._input.write(f"{json.dumps(said)}\n".encode())
        self._input.flush()
        pid, heard, reached = 0, 0, ""
        for line in iter(self._output.readline, b""):
            word, _, rest = line.decode().strip().partition(" ")
            if word == "gone":
                assert int(rest) in (0, -signal.SIGKILL), rest
                return reached
            if word == "pid":
                pid = int(rest)
                continue
            heard += 1
            if heard == step:
                reached = f"{word} {rest}"
                os.kill(pid, signal.SIGKILL)
            else:
                self._input.write(b".")
                self._input.flush()
        raise AssertionError(self.process.wait())

    @property
    def _input(self) -> IO[bytes]:
        assert self.process.stdin
        return self.process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout
        return self.process.stdout


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    with Slapd(SlapdOptions(database=POLICY)) as server:
        with server.connection() as connection:
            connection.add(f"cn=strict,{server.suffix}", ["person", "pwdPolicy"], STRICT)
        yield server


@pytest.fixture
def scene(slapd: Slapd, sqlite_body: SqliteBody, tmp_path: Path) -> Iterator[Scene]:
    desk = a_desk(sqlite_body)
    people, group = f"ou=people,{slapd.suffix}", f"cn={ROOT},ou=groups,{slapd.suffix}"
    with slapd.connection() as connection:
        for login in (ADMIN, desk.person):
            mark = {"pwdAccountLockedTime": "000001010000Z"} if login == ADMIN else {}
            connection.add(f"uid={login},{people}", "inetOrgPerson", {"cn": login, "sn": login, **mark})
        connection.add(group, "groupOfNames", {"member": "cn=placeholder"})
    options = OpenLdapOptions(
        url=slapd.url, bind_dn=slapd.writer, password_file=password_file(tmp_path), accounts_base=people,
        groups_base=f"ou=groups,{slapd.suffix}", timeout=5,
    )  # fmt: skip
    with ExitStack() as ending:
        process = ending.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.functional.sync.killable_errands"], cwd=ROOM,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
        )  # fmt: skip
        ending.callback(process.kill)
        yield Scene(desk, slapd, options, process)
    desk.body.store.dispose()
    with slapd.connection() as connection:
        for dn in (f"uid={ADMIN},{people}", f"uid={desk.person},{people}", group):
            connection.delete(dn)


def test_a_secret_works_within_and_is_dead_after_and_poor_ones_are_made_anew(scene: Scene) -> None:
    desk, target = scene.desk, scene.target
    desk.put(OPEN, SECRET, secret_id=desk.vault.make("poor"), former_id=None)
    opened = scene.round()
    within = [target.opens(ADMIN, text) for text in desk.vault.texts.values()]
    desk.put(CLOSE, SECRET)
    closed = scene.round()

    assert (opened, desk.vault.renewed, within) == ([Outcome.DONE], [1], [False, True])
    assert closed == [Outcome.DONE]
    assert not any(target.opens(ADMIN, text) for text in desk.vault.texts.values())
    with scene.slapd.connection() as connection:
        connection.modify(
            f"uid={ADMIN},ou=people,{scene.slapd.suffix}", {"pwdAccountLockedTime": [(ldap3.MODIFY_DELETE, [])]}
        )
    assert [target.opens(ADMIN, text) for text in desk.vault.texts.values()] == [False, False, True]


@pytest.mark.parametrize("mode", [SECRET, MEMBER])
def test_whichever_step_a_worker_is_killed_at_the_next_one_finishes(scene: Scene, mode: Mode) -> None:
    desk, reached = scene.desk, set()
    for kind, most in ((OPEN, 20), (CLOSE, 20)):
        for step in range(1, most):
            if kind is CLOSE:
                desk.put(OPEN, mode)
                assert scene.round() == [Outcome.DONE]
            desk.put(kind, mode)
            desk.moment.on(seconds=LAPSED)
            name = scene.killed_at(step)
            scene.round()
            assert desk.undone() == []
            assert is_open(scene, mode) is (kind is OPEN)
            if not name:
                break
            reached.add(name.strip())
            desk.put(CLOSE, mode)
            scene.round()
            assert not is_open(scene, mode)
    wanted = {"find", "written", "committed"}
    wanted |= (
        {"grant", "grant done", "revoke done"} if mode is MEMBER else {"secret done", "enable done", "disable done"}
    )
    assert wanted <= reached
    assert not desk.body.audit_breaks()


def is_open(scene: Scene, mode: Mode) -> bool:
    """As the directory says."""
    target = scene.target
    if mode is SECRET:
        # Not all that ever were: after three wrong ones the policy locks the account.
        newest = sorted(scene.desk.vault.texts.items(), reverse=True)[:2]
        return any(target.opens(ADMIN, text) for _, text in newest)
    native = f"uid={scene.desk.person},ou=people,{scene.slapd.suffix}"
    return any(native in group.members for batch in target.read(()) for group in batch.groups)
