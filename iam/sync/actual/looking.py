"""What the systems hold of a few persons, asked of all of them at once.

The one law: *one that is silent delays no other*: whoever has not answered in time is told as silent, nothing is
inferred of it, and it is asked again at the next try.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection, select

from iam.access.accounts import AccountKind, AccountState, accounts_of
from iam.errors import TargetError
from iam.ports import Target, TargetAccount
from iam.record.columns import among
from iam.sync.actual.mirror import Observation, actual_account_table

T = TypeVar("T")
V = TypeVar("V")
_SILENT: Final = "まだ返事がありません。"


@dataclass(frozen=True)
class Looked:
    """What was seen of these persons on each system that answered; `troubles`: why the others did not."""

    observations: Mapping[str, Observation] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)


Logins = Mapping[str, Collection[str]]
"""System -> the logins of these persons' own accounts there."""


def logins_of(connection: Connection, person_ids: Collection[int], systems: Collection[str]) -> dict[int, Logins]:
    """Of each person the logins of their own accounts that were not deleted, in these systems."""
    found: dict[int, dict[str, list[str]]] = {id_: defaultdict(list) for id_ in person_ids}
    for id_, accounts in accounts_of(connection, person_ids).items():
        for each in accounts:
            mine = each.kind is AccountKind.PERSONAL and each.state is not AccountState.DELETED
            if mine and each.system in systems:
                found[id_][each.system].append(each.login)
    return {id_: dict(systems_of) for id_, systems_of in found.items()}


def look(targets: Mapping[str, Target], logins: Logins, patience: float) -> Looked:
    """Find these accounts on their systems, all at once; `patience`: seconds for the slowest of them."""
    asks = {system: _finding(targets[system], names) for system, names in logins.items()}
    answers, troubles = asked_at_once(asks, patience)
    found = {system: _observed(system, accounts) for system, accounts in answers.items()}
    return Looked(found, troubles)


def _finding(target: Target, logins: Collection[str]) -> Callable[[], list[TargetAccount]]:
    def find() -> list[TargetAccount]:
        # One that is not found stays as the mirror has it: an order on it says what is wrong, the night mends it.
        return [found for login in logins if (found := target.find(login)) is not None]

    return find


def _observed(system: str, accounts: Collection[TargetAccount]) -> Observation:
    return Observation(system, total=len(accounts), accounts={each.native_id: each for each in accounts})


def only_news(connection: Connection, observations: Mapping[str, Observation]) -> None:
    """Leave in each observation what the mirror does not say already."""
    columns = actual_account_table.c
    for system, found in observations.items():
        natives = among(columns.native_id, list(found.accounts))
        query = select(columns.native_id, columns.fingerprint).where(columns.system == system, natives)
        for row in connection.execute(query):
            if found.accounts[row.native_id].fingerprint == row.fingerprint:
                del found.accounts[row.native_id]


class _Answers(Generic[T]):
    """What came in so far, from whichever thread."""

    def __init__(self) -> None:
        self.answers: dict[str, T] = {}
        self.troubles: dict[str, str] = {}
        self.faults: dict[str, BaseException] = {}
        self._changed = Condition()

    def ask(self, name: str, ask: Callable[[], T]) -> None:
        try:
            answer = ask()
        except TargetError as error:
            self._note(name, self.troubles, str(error))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self._note(name, self.faults, error)
        else:
            self._note(name, self.answers, answer)

    def _note(self, name: str, where: dict[str, V], what: V) -> None:
        with self._changed:
            where[name] = what
            self._changed.notify_all()

    def wait(self, for_: int, patience: float) -> tuple[dict[str, T], dict[str, str]]:
        until = monotonic() + patience
        with self._changed:
            while not self.faults and len(self.answers) + len(self.troubles) < for_:
                if not self._changed.wait(max(0.0, until - monotonic())):
                    break
            for fault in self.faults.values():
                raise fault
            return dict(self.answers), dict(self.troubles)


def asked_at_once(asks: Mapping[str, Callable[[], T]], patience: float) -> tuple[dict[str, T], dict[str, str]]:
    """What each of `asks` answered within `patience` seconds, and in words why the others did not.

    What raises anything but TargetError is a fault of ours, and raised.
    """
    found = _Answers[T]()
    for name, ask in asks.items():
        # Nobody waits for a silent one, not even the end of the process.
        Thread(target=found.ask, args=(name, ask), name=f"ask {name}", daemon=True).start()
    answers, troubles = found.wait(len(asks), patience)
    silent = asks.keys() - answers.keys() - troubles.keys()
    return answers, {**troubles, **dict.fromkeys(sorted(silent), _SILENT)}
