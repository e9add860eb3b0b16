"""kill -9 at any moment of a night: the next one converges, and nobody is wronged on the way."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import func, select

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.access.accounts import account_table, holding_table
from iam.people.ledger import person_table
from iam.ports import TargetAccount
from iam.record.audit.verify import verify
from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.bodies import Row, leaver, row
from tests.conftest import StartSlapd
from tests.functional.sync.killable import FileTarget
from web.practice.servers.slapd import PASSWORD, SlapdOptions

ROOT = Path(__file__).parents[3]
STAFF = 60
NIGHTS = 7
STEPS_OF_THE_FIRST, STEPS_OF_OTHERS = 450, 60
FIRST = date(2026, 3, 2)
RIGHTS = ("mail", "soumu", "shimin", "kacho")


@dataclass
class Killer:
    """Starts nights and kills them at a moment of its choice, among so many `steps`."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    chance: random.Random
    steps: int = 0

    def night(self, rows: list[Row], today: date, *, kill: bool) -> Any:  # noqa: ANN401 - as JSON says
        """What the night reported, or why it was refused, or None when it was killed."""
        # Early moments are tried as often as late ones: most of a night is its orders.
        moment = self.chance.randrange(self.chance.choice([8, self.steps, self.steps])) if kill else None
        moments = None if moment is None else [moment, self.chance.choice([0, 0, 0.0005, 0.003])]
        self.said |= {"rows": rows, "today": today.isoformat(), "step": self.said["step"] + 100, "kill": moments}
        self._input.write(json.dumps(self.said) + "\n")
        self._input.flush()
        report = None
        for line in self._output:
            word, _, rest = line.strip().partition(" ")
            if word in ("report", "refused"):
                report = json.loads(rest)
            elif word == "gone":
                assert int(rest) in (0, -signal.SIGKILL, -signal.SIGALRM), rest
                return report
        raise AssertionError(self.process.wait())

    def dismiss(self) -> None:
        """No more nights."""
        self._input.close()

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


KillerOf = Callable[[str], Killer]


@dataclass
class Town:
    """Sixty people of whom a few move, leave and join every night."""

    chance: random.Random
    rows: dict[int, list[Row]] = field(default_factory=dict)
    leavers: dict[str, date] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in range(1, STAFF + 1):
            self._hire(number, date(2020, 4, 1))

    def _hire(self, number: int, since: date) -> None:
        self.units[number] = ("0101", "0201", "0202")[number % 3]
        self.rows[number] = [row(number, self.units[number], since.isoformat())]

    def morning(self, today: date) -> list[Row]:
        """What HR has done since yesterday, and the file of today."""
        staying = [number for number in self.rows if f"{number:07}" not in self.leavers]
        for number in self.chance.sample(staying, 2):
            self.units[number] = self.chance.choice(["0101", "0201", "0202"])
            self.rows[number] = [row(number, self.units[number], today.isoformat())]
        leaving = self.chance.choice(staying)
        self.rows[leaving] = [leaver(self.rows[leaving][0], today.isoformat())]
        self.leavers[f"{leaving:07}"] = today
        self._hire(max(self.rows) + 1, today)
        return [one for rows in self.rows.values() for one in rows]

    def rights(self, number: int, today: date) -> tuple[bool, set[str], set[str]]:
        """Whether they should be on, and what they should hold on gw and zei."""
        if self.leavers.get(f"{number:07}", today) < today:
            return False, set(), set()
        unit = self.units[number]
        beside = {"soumu"} if unit[:2] == "01" else {"shimin"}
        return True, {"mail"} | beside, {"view", "edit"} if unit == "0202" else set()


@pytest.fixture
def killer_of(tmp_path: Path) -> Iterator[KillerOf]:
    """Makes a killer of nights over a migrated database."""
    with ExitStack() as running:

        def make(url: str) -> Killer:
            KeyRing.create(tmp_path / "keys.json")
            said = {"url": url, "keys": str(tmp_path / "keys.json"), "folder": str(tmp_path), "step": 0, "ldap": None}
            command = [sys.executable, "-m", "tests.functional.sync.killable"]
            process = running.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            killer = Killer(process, said, random.Random(20260401))
            running.callback(killer.dismiss)
            return killer

        yield make


@pytest.fixture
def killer(killer_of: KillerOf, migrated_url: str) -> Killer:
    return killer_of(migrated_url)


def held_on(target: FileTarget | OpenLdapTarget) -> tuple[dict[str, TargetAccount], dict[str, set[str]]]:
    """Accounts by login, and rights by native id."""
    accounts: dict[str, TargetAccount] = {}
    rights: dict[str, set[str]] = {}
    for batch in target.read(frozenset()):
        accounts.update((account.login, account) for account in batch.accounts)
        rights.update((group.entitlement, set(group.members)) for group in batch.groups)
    return accounts, rights


def lived(killer: Killer, town: Town) -> tuple[date, int]:
    """Nights that are killed twice or more and then left in peace.  Answers the last day and the number of kills."""
    today, kills = FIRST, 0
    for _ in range(NIGHTS):
        rows = town.morning(today)
        # A moment after the end of a night kills nothing: so many as there are, or a little less.
        killer.steps = STEPS_OF_THE_FIRST if today == FIRST else STEPS_OF_OTHERS
        for _ in range(killer.chance.choice([2, 3, 4])):
            kills += killer.night(rows, today, kill=True) is None
        finished = killer.night(rows, today, kill=False)
        assert finished is not None
        assert (finished["holds"], finished["broken"]) == ([], False)
        again = killer.night(rows, today, kill=False)
        assert again is not None
        assert again["changes"] == []
        today += timedelta(days=1)
    return today - timedelta(days=1), kills


def check_targets(town: Town, gw: FileTarget | OpenLdapTarget, zei: FileTarget, today: date) -> None:
    """Everybody has what they should, once."""
    (on_gw, gw_rights), (on_zei, zei_rights) = held_on(gw), held_on(zei)
    assert {login for login, account in on_gw.items() if account.link} == {f"{number:07}" for number in town.rows}
    for number in town.rows:
        login = f"{number:07}"
        on, wanted_gw, wanted_zei = town.rights(number, today)
        assert on_gw[login].link == login
        assert on_gw[login].enabled is on
        assert {r for r, members in gw_rights.items() if on_gw[login].native_id in members} == wanted_gw
        assert (login in on_zei and on_zei[login].enabled) is (on and bool(wanted_zei))
        assert {r for r, members in zei_rights.items() if f"uid={login}" in members} == wanted_zei


def check_ledger(killer: Killer) -> None:
    """No login twice, no right held twice, and the audit whole."""
    store = Store(killer.said["url"], KeyRing.read(Path(killer.said["keys"])))
    accounts, holdings = account_table.c, holding_table.c
    with store.read() as connection:
        doubled = select(accounts.system, accounts.person_id).group_by(accounts.system, accounts.person_id)
        assert connection.execute(doubled.having(func.count() > 1)).all() == []
        twice = select(holdings.account_id).where(holdings.held_until.is_(None))
        twice = twice.group_by(holdings.account_id, holdings.entitlement).having(func.count() > 1)
        assert connection.execute(twice).all() == []
        assert connection.execute(select(accounts.login).where(accounts.state == "reserved")).all() == []
        assert verify(connection, store.keys).broken is None
    store.dispose()


def check_nobody_was_wronged(log: Path, town: Town) -> None:
    """Who was ever switched off on gw had left; every login was made for one person."""
    owner: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        kind, login, link, _ = json.loads(line)
        if kind == "disable" and log.stem == "gw":
            assert link in town.leavers
        if kind == "create":
            assert owner.setdefault(login, link) == link


@pytest.mark.parametrize("spare", [1_000, 400_000, 850_000, 1_050_000])
def test_a_full_disk_leaves_nothing_half_done(
    killer_of: KillerOf, empty_file: Path, tmp_path: Path, spare: int
) -> None:
    """No file may grow further than a limit, as on a full disk; with room again the next run goes through."""
    shutil.copy(empty_file, tmp_path / "iam.db")
    killer = killer_of(f"sqlite:///{tmp_path / 'iam.db'}")
    rows = [row(number) for number in range(1, 301)]
    killer.said["largest_file"] = max(path.stat().st_size for path in tmp_path.glob("iam.db*")) + spare
    name, words = killer.night(rows, FIRST, kill=False)
    assert name == "StoreError"
    assert "空き容量" in words
    accounts, _ = held_on(FileTarget("gw", tmp_path))
    store = Store(killer.said["url"], KeyRing.read(Path(killer.said["keys"])))
    with store.read() as connection:
        known = connection.execute(select(func.count()).select_from(person_table)).scalar_one()
        assert verify(connection, store.keys).broken is None
    store.dispose()
    assert known in (0, 300)
    assert known or not accounts

    killer.said["largest_file"] = None
    report = killer.night(rows, FIRST, kill=False)
    assert (report["holds"], report["broken"]) == ([], False)
    assert killer.night(rows, FIRST, kill=False)["changes"] == []
    accounts, _ = held_on(FileTarget("gw", tmp_path))
    assert len(accounts) == 300
    check_ledger(killer)


def test_killed_nights_converge(killer: Killer, tmp_path: Path) -> None:
    town = Town(killer.chance)
    today, kills = lived(killer, town)
    assert kills >= 2 * NIGHTS
    check_targets(town, FileTarget("gw", tmp_path), FileTarget("zei", tmp_path), today)
    check_ledger(killer)
    for system in ("gw", "zei"):
        check_nobody_was_wronged(tmp_path / f"{system}.log", town)


def test_killed_nights_converge_on_a_real_directory(killer: Killer, tmp_path: Path, start_slapd: StartSlapd) -> None:
    slapd = start_slapd(SlapdOptions())
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    with slapd.connection() as connection:
        for code in RIGHTS:
            connection.add(f"cn={code},ou=groups,{slapd.suffix}", "groupOfNames", {"member": "cn=placeholder"})
    killer.said["ldap"] = {
        "url": slapd.url, "bind_dn": slapd.writer, "password_file": str(tmp_path / "password"),
        "accounts_base": f"ou=people,{slapd.suffix}", "groups_base": f"ou=groups,{slapd.suffix}",
    }  # fmt: skip
    town = Town(killer.chance)
    today, kills = lived(killer, town)
    assert kills >= 2 * NIGHTS
    gw = OpenLdapTarget("gw", OpenLdapOptions.model_validate(killer.said["ldap"]), ("cn", "sn", "ou"))
    check_targets(town, gw, FileTarget("zei", tmp_path), today)
    check_ledger(killer)
