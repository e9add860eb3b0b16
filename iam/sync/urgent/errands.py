"""Errands: what must be so on one account of one target, now, until the target shows it.

The one law: *whoever takes away wins*: a CLOSE ends every OPEN and ROTATE of the same account that is not settled yet,
and errands of one account are carried out in the order in which they were put.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, case, select, update

from iam.access.naming import comparable_login
from iam.outbox.queue import Queue
from iam.record.act import Act
from iam.sync.urgent.books import errand_table

ERRANDS: Final = Queue(
    errand_table,
    "errand",
    # Longer than one errand may take; what a killed worker held is anybody's after this.
    hold=timedelta(seconds=20),
    first_delay=timedelta(seconds=1),
    longest_delay=timedelta(seconds=30),
    # Never given up: what was opened must be closed.
    most_tries=2**31 - 1,
    interrupted="",
)

DOING: Final = "doing"
"""In the place of an outcome while a worker has the errand in hand."""


class ErrandKind(StrEnum):
    """What is to become of the account."""

    OPEN = "open"
    CLOSE = "close"
    ROTATE = "rotate"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {"open": "使えるようにする", "close": "使えなくする", "rotate": "パスワードの変更"}[self.value]


class Mode(StrEnum):
    """How an account is opened and closed; the same words as in the register of privileged IDs."""

    ENABLE = "enable"
    MEMBER = "member"
    SECRET = "secret"  # noqa: S105 - the name of a mode


class Outcome(StrEnum):
    """How an errand ended; "" in the table while it is still to do.

    SUPERSEDED: a CLOSE came.  REFUSED: it asked for what no errand may touch.  FAILED: the target took none of five
    secrets (OPEN and ROTATE only; a CLOSE is never given up).
    """

    DONE = "done"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be so.  `login`: of the privileged ID, or (MEMBER) of the person's own account.

    `secret_id`: the one that opens the account afterwards (SECRET); `former_id`: the one that must not any more.
    `subject`: whose errand it is (`use 5`).  `rule`, `clause`: why it may be (law 3).  `words`: one sentence.
    """

    system: str
    login: str
    kind: ErrandKind
    mode: Mode
    subject: str
    rule: str
    clause: str
    words: str
    entitlement: str = ""
    secret_id: int | None = None
    former_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredErrand(Errand):
    """An errand as it stands.  `secret_id` is the secret that the target took, which may be newer than the one put.

    `reason`: why it is not done yet, or why it was refused or failed; "" otherwise.
    """

    id: int
    comparable: str
    written_at: datetime
    due_at: datetime
    tries: int
    settled_at: datetime | None
    outcome: Outcome | None
    reason: str


def put(act: Act, errand: Errand) -> int:
    """Write down what is wanted; answers the errand's id.  It is carried out within seconds, after the act.

    A CLOSE supersedes the unsettled OPENs and ROTATEs of the same account (for MEMBER: of the same membership).
    """
    comparable = comparable_login(errand.login)
    if errand.kind is ErrandKind.CLOSE:
        _supersede(act, errand, comparable)
    made = act.connection.execute(
        errand_table.insert().values(
            system=errand.system, login=errand.login, comparable=comparable, kind=errand.kind, mode=errand.mode,
            entitlement=errand.entitlement, secret_id=errand.secret_id, former_id=errand.former_id,
            subject=errand.subject, rule=errand.rule, clause=errand.clause, words=errand.words,
            written_at=act.at, due_at=act.at, tries=0, settled_at=None, outcome="", reason="",
        )
    )  # fmt: skip
    (number,) = made.inserted_primary_key or (0,)
    act.record("errand.put", errand.subject, {"errand": number, **detail_of(errand)})
    return int(number)


def _supersede(act: Act, errand: Errand, comparable: str) -> None:
    table = errand_table.c
    same = table.system == errand.system, table.comparable == comparable, table.entitlement == errand.entitlement
    waiting = (*same, table.kind != ErrandKind.CLOSE, table.settled_at.is_(None))
    # What a worker has in hand keeps its instant: until then it may still reach the target.
    until = case((table.outcome == DOING, table.due_at), else_=act.at)
    values = {"settled_at": act.at, "outcome": Outcome.SUPERSEDED, "due_at": until}
    ended = update(errand_table).where(*waiting).values(**values).returning(table.id, table.subject)
    rows = act.connection.execute(ended).all()
    act.record_many(
        ("errand.superseded", row.subject, {"errand": row.id, "by": errand.subject})
        for row in sorted(rows, key=attrgetter("id"))
    )


def same_account(errand: "StoredErrand") -> tuple[ColumnElement[bool], ...]:
    """Conditions: the same account, or (MEMBER) the same membership, as this errand's."""
    table = errand_table.c
    return (
        table.system == errand.system, table.comparable == errand.comparable, table.entitlement == errand.entitlement,
    )  # fmt: skip


def detail_of(errand: Errand) -> dict[str, object]:
    """What the audit says of an errand: never a secret, only which one."""
    found: dict[str, object] = {
        "system": errand.system, "login": errand.login, "kind": errand.kind, "mode": errand.mode,
        "rule": errand.rule, "clause": errand.clause,
    }  # fmt: skip
    rest = {"entitlement": errand.entitlement, "secret": errand.secret_id, "former": errand.former_id}
    return found | {name: value for name, value in rest.items() if value}


def errands(connection: Connection, subject: str) -> list[StoredErrand]:
    """Every errand of a subject, in the order in which they were put."""
    query = select(errand_table).where(errand_table.c.subject == subject).order_by(errand_table.c.id)
    return [stored(row) for row in connection.execute(query)]


def undone(connection: Connection) -> list[StoredErrand]:
    """What is still to be done, on all targets; `reason` tells what stands in the way."""
    query = select(errand_table).where(errand_table.c.settled_at.is_(None)).order_by(errand_table.c.id)
    return [stored(row) for row in connection.execute(query)]


def stored(row: Row[Any]) -> StoredErrand:
    """A row of the book as an errand."""
    return StoredErrand(
        id=row.id, comparable=row.comparable, system=row.system, login=row.login, kind=ErrandKind(row.kind),
        mode=Mode(row.mode), entitlement=row.entitlement, secret_id=row.secret_id, former_id=row.former_id,
        subject=row.subject, rule=row.rule, clause=row.clause, words=row.words, written_at=row.written_at,
        due_at=row.due_at, tries=row.tries, settled_at=row.settled_at,
        outcome=Outcome(row.outcome) if row.settled_at else None, reason=row.reason,
    )  # fmt: skip
