"""A body with privileged IDs on its targets, a vault in memory, and errands on them.

desk = a_desk(make_body)
desk.put(ErrandKind.OPEN, Mode.SECRET)
desk.round()
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from iam.access.accounts import AccountKind, AccountState, account_table
from iam.access.naming import comparable_login
from iam.errors import NotFound
from iam.ports import Target
from iam.record.act import Act
from iam.sync.urgent import Carrier, Errand, ErrandKind, Mode, Settled, StoredErrand, carry_out, errands, put, undone
from tests.bodies import MODEL, Body, row, rules
from tests.entrance import Moment
from tests.memory import MemoryTarget

ADMIN: Final = "kanri01"
"""The privileged ID on every target; `ROOT` is the right that makes a person's own ID one."""
ROOT: Final = "root"
PRIVILEGED_MODEL: Final = MODEL.replace(
    'mail = { name = "メール" }', 'mail = { name = "メール" }\nroot = { name = "管理者", privileged = true }'
)


@dataclass
class MemoryVault:
    """Secrets in clear, by id; it says what was refused, and what replaced it."""

    texts: dict[int, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    renewed: list[int] = field(default_factory=list)

    def make(self, text: str = "") -> int:
        """A secret of this text."""
        number = next(self.numbers)
        self.texts[number] = text or f"Himitsu-{number:04}-himitsu"
        return number

    def open(self, _connection: Connection, secret_id: int) -> str:
        """See `Secrets.open`."""
        if secret_id not in self.texts:
            raise NotFound("ありません。")
        return self.texts[secret_id]

    def anew(self, _act: Act, secret_id: int) -> int:
        """See `Secrets.anew`."""
        self.renewed.append(secret_id)
        return self.make()


@dataclass
class Desk:
    """Errands, and whoever carries them out."""

    body: Body
    vault: MemoryVault
    moment: Moment
    alarms: list[tuple[int, str]] = field(default_factory=list)

    @property
    def gw(self) -> MemoryTarget:
        """The target that most of it is about."""
        return self.body.targets["gw"]

    @property
    def person(self) -> str:
        """The login of staff 1 on `gw`."""
        return self.body.login(1)

    def carrier(self, **changed: Any) -> Carrier:  # noqa: ANN401 - whichever fields a test wants otherwise
        """A worker."""
        targets: dict[str, Target] = dict(self.body.targets)
        model = self.body.policy.rules.model
        return replace(Carrier(self.body.store, "worker", model, targets, self.vault, self._alarm), **changed)

    def put(self, kind: ErrandKind, mode: Mode, **changed: Any) -> int:  # noqa: ANN401 - as above
        """Put an errand; in SECRET mode with a new secret, which is `former` to a CLOSE."""
        given: dict[str, Any] = {"system": "gw", "login": ADMIN, "subject": "use 1"}
        given |= {"rule": "delegation 1", "clause": "baseline", "words": "特権の利用"}
        if mode is Mode.MEMBER:
            given |= {"login": self.person, "entitlement": ROOT}
        with self.body.store.act("staff:1") as act:
            if mode is Mode.SECRET and "secret_id" not in changed:
                given["former_id"] = max(self.vault.texts, default=None)
                given["secret_id"] = self.vault.make()
            return put(act, Errand(kind=kind, mode=mode, **(given | changed)))

    def round(self) -> list[Settled]:
        """One round of one worker."""
        return carry_out(self.carrier())

    def rounds(self, most: int = 40) -> None:
        """Rounds, with time between them, until nothing is left to do."""
        for _ in range(most):
            self.round()
            if not self.undone():
                return
            self.moment.on(seconds=5)
        raise AssertionError(self.undone())

    def undone(self) -> list[StoredErrand]:
        """What is still to be done."""
        with self.body.store.read() as connection:
            return undone(connection)

    def errands(self, subject: str = "use 1") -> list[StoredErrand]:
        """Every errand of a subject."""
        with self.body.store.read() as connection:
            return errands(connection, subject)

    def _alarm(self, _act: Act, errand: StoredErrand, reason: str) -> None:
        self.alarms.append((errand.id, reason))


def register(body: Body, system: str, login: str) -> None:
    """An account row as the register of privileged IDs writes it."""
    with body.store.act("test") as act:
        register_in(act, system, login)


def register_in(act: Act, system: str, login: str) -> None:
    """The same in an act of the test's own."""
    lowest = act.connection.execute(select(func.min(account_table.c.id))).scalar() or 0
    values = {
        "id": min(lowest, 0) - 1, "system": system, "login": login, "native_id": "",
        "comparable": comparable_login(login), "person_id": None, "kind": AccountKind.PRIVILEGED,
        "state": AccountState.ACTIVE, "created_at": act.at, "disabled_on": None,
    }  # fmt: skip
    act.connection.execute(insert(account_table).values(**values))


def a_desk(make_body: Callable[..., Body]) -> Desk:
    """Staff 1 with an account on `gw`; `ADMIN`, disabled and without secret, on `gw` and `zei`, in the register."""
    body = make_body(of=rules(PRIVILEGED_MODEL))
    body.say(row(1))
    for system, target in body.targets.items():
        target.place(ADMIN, enabled=False)
        register(body, system, ADMIN)
    body.night()
    moment = Moment(body.clock() + timedelta(hours=9))
    body.store.clock = moment
    return Desk(body, MemoryVault(), moment)
