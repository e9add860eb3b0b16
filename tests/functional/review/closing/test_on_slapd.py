"""A signed review on a real directory: dead for a while, its worker killed at every step, closed when it shows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.ports import TargetAccount
from iam.review.words import CampaignState, Verdict
from tests.bodies import rules
from tests.contract.ldap_cases import password_file
from tests.functional.review.closing.given import End, Said, an_end
from tests.functional.review.closing.killable import ATTRIBUTES, LDAP_MODEL
from tests.functional.review.deciding.given import a_council
from tests.functional.sync.conftest import SqliteBody, sqlite_body
from web.practice.servers.slapd import Slapd

__all__ = ["sqlite_body"]

ROOM = Path(__file__).parents[4]
GROUPS = ("mail", "soumu", "shimin", "kacho")


class Directory(OpenLdapTarget):
    """The real target, on which hands place what no ledger knows."""

    slapd: Slapd

    def place(self, login: str, rights: list[str]) -> None:
        with self.slapd.connection() as connection:
            connection.add(self.dn(login), "inetOrgPerson", {"cn": login, "sn": login})
            for right in rights:
                group = f"cn={right},ou=groups,{self.slapd.suffix}"
                connection.modify(group, {"member": [("MODIFY_ADD", [self.dn(login)])]})

    def dn(self, login: str) -> str:
        return f"uid={login},ou=people,{self.slapd.suffix}"

    def there(self, login: str) -> TargetAccount:
        found = self.find(login)
        assert found is not None
        return found

    def rights(self, login: str) -> set[str]:
        groups = [group for batch in self.read(()) for group in batch.groups]
        return {group.entitlement for group in groups if self.dn(login) in group.members}


@dataclass
class Scene:
    """A signed review over a directory, and a process that may be killed."""

    end: End
    gw: Directory
    options: OpenLdapOptions
    process: "subprocess.Popen[bytes]"

    def killed_at(self, step: int) -> str:
        """A round of the other process, killed at a step; the step's name, "" when it ended before that."""
        council = self.end.council
        council.clock.on(seconds=31)
        url = council.store.url
        said: dict[str, Any] = {
            "url": url.render_as_string(), "keys": str(Path(str(url.database)).with_name("keys.json")),
            "at": council.clock.now.isoformat(), "ldap": self.options.model_dump(mode="json"), "campaign": council.id,
        }  # fmt: skip
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


@pytest.fixture
def scene(sqlite_body: SqliteBody, tmp_path: Path) -> Iterator[Scene]:
    with Slapd() as slapd:
        with slapd.connection() as connection:
            for group in GROUPS:
                connection.add(f"cn={group},ou=groups,{slapd.suffix}", "groupOfNames", {"member": "cn=placeholder"})
        options = OpenLdapOptions(
            url=slapd.url, bind_dn=slapd.writer, password_file=password_file(tmp_path), timeout=5,
            accounts_base=f"ou=people,{slapd.suffix}", groups_base=f"ou=groups,{slapd.suffix}",
        )  # fmt: skip
        gw, body = Directory("gw", options, ATTRIBUTES), sqlite_body(of=rules(LDAP_MODEL))
        gw.slapd = slapd
        body.targets["gw"] = gw  # type: ignore[assignment] # a real one among those in memory
        council = a_council(body)
        with subprocess.Popen(
            [sys.executable, "-m", "tests.functional.review.closing.killable"], cwd=ROOM,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            said: dict[tuple[str, str | int], Said] = {
                ("gw", 11): Said(Verdict.REMOVE),
                ("gw", 12): Said(Verdict.REDUCE, ("shimin",)),
            }
            yield Scene(an_end(council, said).signed(), gw, options, process)
            process.kill()
        council.store.dispose()
        body.store.dispose()


def test_whichever_steps_it_is_killed_at_what_was_signed_is_so_and_the_review_is_closed(scene: Scene) -> None:
    end, gw, body = scene.end, scene.gw, scene.end.council.body
    other = body.login(13)
    before = gw.there(other), gw.rights(other)
    gw.slapd.stop()
    assert end.carries_out().troubles, "a dead directory is said"
    assert end.council.campaign.closed_at is None
    gw.slapd.start()

    reached: list[str] = []
    step = 0
    while not reached or reached[-1]:
        step += 1
        reached.append(scene.killed_at(step))
    assert len(reached) > 5, reached

    assert end.council.campaign.state is CampaignState.CLOSED
    assert all(each.verified_at for each in end.removals)
    gone, less = body.login(11), body.login(12)
    assert (gw.there(gone).enabled, gw.rights(gone)) == (False, set())
    assert (gw.there(less).enabled, gw.rights(less)) == (True, {"mail"})
    assert (gw.there("ghost").enabled, gw.rights("ghost")) == (False, set())
    assert (gw.there(other), gw.rights(other)) == before
    assert not body.audit_breaks()
