"""A process that carries errands out on a real directory, and asks before each step whether it may go on.

It forks for every round, so that a killed one costs no start of a new interpreter.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from iam.access.model import AccessModel
from iam.ports import Done, Failed, Order, TargetAccount
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.sync.urgent import Carrier, carry_out
from tests.entrance import Moment
from tests.errands import PRIVILEGED_MODEL, MemoryVault


def ask(what: str) -> None:
    """One step, told; it goes on when it is told to, or is killed here."""
    os.write(1, f"{what}\n".encode())
    os.read(0, 1)


class AskingTarget(OpenLdapTarget):
    """A real target that asks before and after each thing it does."""

    def find(self, login: str) -> TargetAccount | None:
        ask("find")
        return super().find(login)

    def opens(self, login: str, secret: str) -> bool:
        ask("opens")
        return super().opens(login, secret)

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        ask(f"{orders[0].kind}")
        done = list(super().carry_out(orders))
        ask(f"{orders[0].kind} done")
        yield from done


class AskingStore(Store):
    """A store that asks before an act is committed and after it was."""

    @contextmanager
    def act(self, actor: str, on_behalf: str = "") -> Iterator[Act]:
        with super().act(actor, on_behalf) as act:
            yield act
            ask("written")
        ask("committed")


def _round(said: Mapping[str, Any]) -> None:
    moment = Moment(datetime.fromisoformat(said["at"]))
    store = AskingStore(said["url"], KeyRing.read(Path(said["keys"])), moment)
    target = AskingTarget("gw", OpenLdapOptions.model_validate(said["ldap"]), ("cn", "sn"))
    vault = MemoryVault({int(number): text for number, text in said["texts"].items()})
    model = AccessModel.parse(PRIVILEGED_MODEL, "access.toml")
    carry_out(Carrier(store, "worker", model, {"gw": target}, vault))


def main() -> None:
    """Fork for every line; say who runs, and when it is gone."""
    line = b""
    while byte := os.read(0, 1):
        if byte != b"\n":
            line += byte
            continue
        child = os.fork()
        if not child:
            os.write(1, f"pid {os.getpid()}\n".encode())
            _round(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"gone {os.waitstatus_to_exitcode(status)}\n".encode())
        line = b""


if __name__ == "__main__":
    main()
