"""A process that runs nights, one per line of its input, and may be killed at any moment.

It forks for every night, so that a killed night costs no start of a new
interpreter, and it tells each step on a line of its own.  Whoever kills it
names a step and how long after: the process sees to it itself, so that a busy
machine shifts no moment.  What it did to its targets outlives it.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.errors import IamError
from iam.jobs.night import Feed, Job, nightly
from iam.ports import Done, Failed, Order, Target, TargetAccount
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.sync.prepare import Policy
from tests.bodies import MODEL, Clock, a_guard, band, rules, source_rules
from tests.memory import MemorySource, MemoryTarget, printed

LDAP_MODEL = MODEL.replace('cn = "{name}"', 'cn = "{name}"\nsn = "{family}"')


_told = count()
_dies: dict[int, float] = {}
"""At which of its steps this process dies, and how many seconds after."""


def say(what: str) -> None:
    """A line, heard at once by whoever waits for it."""
    os.write(1, f"{what}\n".encode())


def tell(what: str) -> None:
    """One step of a night; perhaps the last."""
    say(what)
    after = _dies.get(next(_told))
    if after == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    elif after is not None:
        # Nobody handles this signal: the kernel ends the process wherever it is then.
        signal.setitimer(signal.ITIMER_REAL, after)


class FileTarget(MemoryTarget):
    """A target whose accounts outlive the process; each order is whole or was never carried out."""

    def __init__(self, system: str, folder: Path) -> None:
        super().__init__(system)
        self._path, self.log = folder / f"{system}.json", folder / f"{system}.log"
        if self._path.exists():
            held = json.loads(self._path.read_text(encoding="utf-8"))
            self.groups = {name: set(members) for name, members in held["groups"].items()}
            for native, login, link, enabled, attributes in held["accounts"]:
                filled = {name: tuple(value) for name, value in attributes.items()}
                self.accounts[native] = printed(TargetAccount(native, login, link, enabled, filled, b""))

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        """As in memory, told and kept order by order."""
        for order in orders:
            tell(f"order {order.kind}")
            (result,) = super().carry_out([order])
            self._keep(order)
            tell("kept")
            yield result

    def _keep(self, order: Order) -> None:
        accounts = [[a.native_id, a.login, a.link, a.enabled, dict(a.attributes)] for a in self.accounts.values()]
        groups = {name: sorted(members) for name, members in self.groups.items()}
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"accounts": accounts, "groups": groups}), encoding="utf-8")
        new.replace(self._path)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps([order.kind, order.login, order.link, order.entitlement]) + "\n")


class ToldStore(Store):
    """A store that tells when an act begins and when it is committed."""

    @contextmanager
    def act(self, actor: str, on_behalf: str = "") -> Iterator[Act]:
        tell("act")
        with super().act(actor, on_behalf) as act:
            yield act
            tell("written")
        tell("committed")


def job_of(said: Mapping[str, Any], store: Store) -> Job:
    """The night that the test describes."""
    folder = Path(said["folder"])
    of = replace(rules(LDAP_MODEL), absence_runs={"jinji": 3})
    feed = Feed(MemorySource("jinji", said["rows"], page=50), source_rules())
    targets: dict[str, Target] = {"zei": FileTarget("zei", folder), "gw": FileTarget("gw", folder)}
    if said["ldap"]:
        targets["gw"] = OpenLdapTarget("gw", OpenLdapOptions.model_validate(said["ldap"]), ("cn", "sn", "ou"))
    # Two of sixty may move out of a small system in one night.
    policy = Policy(of, a_guard(disable=band(20, 0.05, 5)), 365, "1")
    today = date.fromisoformat(said["today"])
    return Job(
        store, "unyou", policy, [feed], targets, today, _hurry, progress=lambda what, *_: tell(f"progress {what}")
    )


def _hurry(_seconds: float) -> None:
    """Nothing here gets better by waiting."""


def _night(said: Mapping[str, Any]) -> None:
    keys = KeyRing.read(Path(said["keys"]))
    clock = Clock(date.fromisoformat(said["today"]), said["step"])
    store = ToldStore(said["url"], keys, clock)
    if said.get("largest_file"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (said["largest_file"], said["largest_file"]))
    try:
        report = nightly(job_of(said, store))
    except IamError as error:
        say(f"refused {json.dumps([type(error).__name__, str(error)])}")
        return
    told = {
        "changes": [str(change) for change in report.changes],
        "holds": [str(hold) for hold in report.holds],
        "broken": report.broken,
    }
    say(f"report {json.dumps(told, ensure_ascii=False)}")


def main() -> None:
    """Fork for every line; say who runs, and when it is gone."""
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            said = json.loads(line)
            _dies.update([said["kill"]] if said["kill"] else [])
            _night(said)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(f"gone {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
