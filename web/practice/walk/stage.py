"""Where the demo plays: the practice body, its directory, and the commands that an operator types.

The one law: *nothing is staged*: every line but the headings is what the real
command said, every exit code is checked, and the practice OpenLDAP is asked
afterwards what it really holds.
"""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import click

from web.practice.body import PracticeBody, write_practice_body
from web.practice.configuration import SYSTEMS, entitlements, suffix
from web.practice.servers.slapd import Slapd, SlapdOptions
from web.practice.units import City

SETTLED: Final = 0
HELD: Final = 3
NOBODY: Final = "cn=placeholder"
"""LDAP knows no group without a member."""

NO_LIMIT: Final = 1_000_000


class CannotGoOn(Exception):
    """Another demo is running, or a command ended otherwise than promised; the message says which."""


@dataclass(frozen=True)
class Stage:
    """The practice body and its directory.  `environment`: of the commands that are run."""

    body: PracticeBody
    slapd: Slapd
    today: date
    size: int
    origin: str
    environment: Mapping[str, str]

    def run(self, command: str, *, expect: int, head: int = 0, tail: int = 0) -> str:
        """Run `command` as an operator would type it, show what it says, and see that it ends as it should.

        `head` and `tail` show only so many lines, as `| head` and `| tail` would.

        Raises:
            CannotGoOn: when the exit code is not `expect`.
        """
        click.echo()
        cut = f" | head -{head}" if head else f" | tail -{tail}" if tail else ""
        click.secho(f"$ {command}{cut}", fg="green", bold=True)
        sys.stdout.flush()
        ended = subprocess.run(
            [program(), *shlex.split(command)[1:]],
            stdout=subprocess.PIPE, encoding="utf-8", env=self.environment, check=False,
        )  # fmt: skip
        lines = ended.stdout.splitlines()
        shown = lines[: head or None][-tail:]
        click.echo("\n".join(shown))
        if len(lines) > len(shown):
            click.secho(f"（ほか {len(lines) - len(shown):,} 行）", dim=True)
        if ended.returncode != expect:
            raise CannotGoOn(f"「{command}」の終了コードが {ended.returncode} でした（{expect} のはずでした）。")
        click.secho(f"（終了コード {ended.returncode}）", dim=True)
        return ended.stdout

    def in_use(self) -> int:
        """How many accounts the OpenLDAP really holds enabled, in all systems."""
        count = 0
        for system in SYSTEMS:
            with self.slapd.connection(suffix(system)) as connection:
                enabled = "(&(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=*)))"
                connection.search(f"ou=people,{suffix(system)}", enabled, attributes=["1.1"])
                count += len(connection.entries)
        return count


def program() -> str:
    """The command `iam` of the environment that runs this."""
    return str(Path(sys.executable).with_name("iam"))


def heading(number: int, title: str, *lines: str) -> None:
    """The heading of one step, and what it is about."""
    click.echo()
    click.secho(f"■ {number}. {title}", fg="cyan", bold=True)
    for line in lines:
        click.echo(f"  {line}")


@contextmanager
def staged(folder: Path, today: date, size: int, *, origin: str, environment: Mapping[str, str]) -> Iterator[Stage]:
    """さくら市 in `folder`, and its OpenLDAP with the groups that stand for rights.

    `origin`: where its portal is opened; `environment`: of this process, whose IAM_ variables are not handed on.
    """
    with Slapd(SlapdOptions(suffixes=tuple(map(suffix, SYSTEMS)), size_limit=NO_LIMIT)) as slapd:
        body = write_practice_body(folder, staff=size, today=today, directory=slapd.url, origin=origin)
        departments = City.reorganising(body.april).departments(body.april)
        for system, codes in entitlements(departments).items():
            with slapd.connection(suffix(system)) as admin:
                for code in codes:
                    admin.add(f"cn={code},ou=groups,{suffix(system)}", ["groupOfNames"], {"member": [NOBODY]})
        kept = {name: value for name, value in environment.items() if not name.startswith("IAM_")}
        ours = {**kept, "IAM_CONFIG": str(body.configuration), "PYTHONIOENCODING": "utf-8"}
        yield Stage(body, slapd, today, size, origin, ours)
