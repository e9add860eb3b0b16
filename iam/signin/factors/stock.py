"""The stock of hardware tokens: what was bought, who has it, and how each ended.

The one law: *a token is with one person or with nobody* (OITA-S7.4.1.1): every
move is one conditional statement on where the token is now, so of two officers
who lend the same one, one is refused.  What was destroyed never comes back, and
its seed is gone with it; what was lost comes back only by an officer's act.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, Connection, LargeBinary, Row, Select, Table, Text, func, select, update

from iam.errors import Conflict, NotFound, TokenFileError
from iam.people.ledger import person_table
from iam.ports import Otp, TokenSeed
from iam.record.act import Act
from iam.record.columns import among
from iam.record.keys import KeyRing
from iam.record.store import Instant, Json, Number, bulk_insert, metadata
from iam.signin.factors.authenticators import State, authenticator, authenticator_table, end
from iam.signin.factors.totp import bind_token, why_not_token

LONGEST_SERIAL: Final = 64
"""Characters of what may be looked up; what comes in is shorter."""

PURPOSE: Final = "token stock"
"""The purpose under which the key ring seals a seed while its token is in the cupboard."""


stock_table = Table(
    "token_stock",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("data", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("authenticator_id", Number),
    Column("batch", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)


class Place(StrEnum):
    """Where a token is."""

    IN_STOCK = "in_stock"
    LENT = "lent"
    RETURNED = "returned"
    LOST = "lost"
    DESTROYED = "destroyed"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return _LABELS[self]


_LABELS: Final[Mapping[Place, str]] = MappingProxyType(
    {
        Place.IN_STOCK: "在庫",
        Place.LENT: "貸出中",
        Place.RETURNED: "返却済（点検待ち）",
        Place.LOST: "紛失",
        Place.DESTROYED: "廃棄済",
    }
)

LENDABLE: Final = frozenset({Place.IN_STOCK})
RESTOCKABLE: Final = frozenset({Place.RETURNED, Place.LOST})
DESTRUCTIBLE: Final = frozenset({Place.IN_STOCK, Place.RETURNED, Place.LOST})


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the stock, without its seed.  `holder` and what follows are set while it is lent or lost."""

    serial: str
    place: Place
    model: str
    batch: str
    imported_at: datetime
    changed_at: datetime
    authenticator_id: int | None
    staff_number: str = ""
    name: str = ""
    person_id: int | None = None


def take_in(act: Act, keys: KeyRing, seeds: Sequence[TokenSeed], batch: str) -> int:
    """Take new tokens into stock, all or none; answers how many.

    Raises:
        TokenFileError: when a serial is in the stock already or a token cannot be used, naming each.
    """
    if problems := why_not_take_in(act.connection, seeds):
        raise TokenFileError(problems)
    columns = ("serial", "sealed", "data", "state", "authenticator_id", "batch", "imported_at", "changed_at")
    rows = (
        (seed.serial, keys.seal(_purpose(seed.serial), seed.secret), _data(seed), Place.IN_STOCK.value, None, batch,
         act.at, act.at)
        for seed in seeds
    )  # fmt: skip
    bulk_insert(act.connection, stock_table, columns, rows)
    act.record("token.imported", f"batch {batch}", {"serials": [seed.serial for seed in seeds]})
    return len(seeds)


def why_not_take_in(connection: Connection, seeds: Sequence[TokenSeed]) -> list[str]:
    """Each token that cannot be used here, or that the stock knows already in whatever place; a sentence each."""
    serials = [seed.serial for seed in seeds]
    query = select(stock_table.c.serial).where(among(stock_table.c.serial, serials))
    known = frozenset(connection.execute(query).scalars())
    unusable = (why_not_token(seed) for seed in seeds)
    return [
        *(problem for problem in unusable if problem),
        *(
            f"{seed.place} 製造番号 {seed.serial} は、すでに取り込んであります。"
            for seed in seeds
            if seed.serial in known
        ),
    ]


def lend(act: Act, keys: KeyRing, serial: str, person_id: int) -> int:
    """Lend a token to a person: the authenticator's id, active at once.

    Raises:
        NotFound: no such token, or no such person; Conflict: it is not in stock.
    """
    row = _moved(act, serial, LENDABLE, Place.LENT)
    data = dict(row.data)
    loan = int(data["loans"]) + 1
    seed = TokenSeed(
        serial, keys.open(_purpose(serial), row.sealed), Otp(data["otp"]),
        data["algorithm"], data["digits"], data["period"], data["counter"], data["model"],
    )  # fmt: skip
    # Lent anew, it is another authenticator: what the last holder ended stays ended.
    made = bind_token(act, keys, person_id, f"貸出機器 {serial}", seed, handle=f"{serial} {loan}")
    _set(act, serial, authenticator_id=made, data={**data, "loans": loan})
    act.record("token.lent", f"token {serial}", {"person": person_id, "authenticator": made})
    return made


def give_back(act: Act, serial: str) -> int:
    """The holder brought it back: it proves nothing any more; answers the person's id.

    Raises:
        NotFound: no such token; Conflict: it is not lent.
    """
    row = _moved(act, serial, {Place.LENT}, Place.RETURNED)
    return _taken_from_holder(act, row, State.REMOVED, "returned", "token.returned")


def report_lost(act: Act, serial: str, reason: str) -> int | None:
    """It is lost, by its holder or from the cupboard; answers the holder's person id.

    The caller ends the holder's sessions and tells the officers, in the same act (R26).

    Raises:
        NotFound: no such token; Conflict: it is neither lent nor in stock.
    """
    row = _moved(act, serial, {Place.LENT, Place.IN_STOCK, Place.RETURNED}, Place.LOST)
    if row.authenticator_id is None or row.state != Place.LENT:
        act.record("token.lost", f"token {serial}", {"reason": reason})
        return None
    return _taken_from_holder(act, row, State.LOST, reason, "token.lost")


def follow_loss(act: Act, authenticator_id: int) -> str | None:
    """The stock's side of a loss that was reported on the authenticator; answers the serial, None if none was lent."""
    query = select(stock_table.c.serial).where(
        stock_table.c.authenticator_id == authenticator_id, stock_table.c.state == Place.LENT
    )
    serial = act.connection.execute(query).scalar_one_or_none()
    if serial is None:
        return None
    report_lost(act, serial, "reported_by_holder")
    return str(serial)


def restock(act: Act, serial: str, reason: str) -> None:
    """An officer has looked at a returned or found token and puts it back into stock.

    Raises:
        NotFound: no such token; Conflict: it is neither returned nor lost.
    """
    row = _moved(act, serial, RESTOCKABLE, Place.IN_STOCK)
    act.record("token.restocked", f"token {serial}", {"was": row.state, "reason": reason})


def destroy(act: Act, serial: str, witness: str) -> None:
    """A token is destroyed for good, before a witness (OITA-S7.4.1.3); its seed is deleted.

    Raises:
        NotFound: no such token; Conflict: it is lent, or destroyed already.
    """
    row = _moved(act, serial, DESTRUCTIBLE, Place.DESTROYED)
    _set(act, serial, sealed=b"")
    act.record("token.destroyed", f"token {serial}", {"was": row.state, "witness": witness})


def tokens(connection: Connection, place: Place | None = None, batch: str | None = None) -> list[Token]:
    """The stock by serial, with who has each token that is lent, or had the one that is lost."""
    query = _holders().order_by(stock_table.c.serial)
    if place is not None:
        query = query.where(stock_table.c.state == place)
    if batch is not None:
        query = query.where(stock_table.c.batch == batch)
    return [_token(row) for row in connection.execute(query)]


def token(connection: Connection, serial: str) -> Token:
    """One token.

    Raises:
        NotFound: no such token.
    """
    row = connection.execute(_holders().where(stock_table.c.serial == serial)).one_or_none()
    if row is None:
        raise NotFound(f"製造番号 {serial} の機器は台帳にありません。")
    return _token(row)


def places(connection: Connection) -> dict[Place, int]:
    """How many tokens are in each place."""
    query = select(stock_table.c.state, func.count()).group_by(stock_table.c.state)
    return {Place(place): count for place, count in connection.execute(query)}


def _holders() -> Select[Any]:
    table, holder = stock_table.c, person_table.c
    return (
        select(stock_table, holder.id.label("person_id"), holder.staff_number, holder.name)
        .outerjoin(authenticator_table, authenticator_table.c.id == table.authenticator_id)
        .outerjoin(person_table, holder.id == authenticator_table.c.person_id)
    )


def _token(row: Row[Any]) -> Token:
    place = Place(row.state)
    held = place in {Place.LENT, Place.LOST} and row.staff_number is not None
    return Token(
        row.serial, place, row.data["model"], row.batch, row.imported_at, row.changed_at,
        row.authenticator_id if held else None, row.staff_number if held else "", row.name if held else "",
        row.person_id if held else None,
    )  # fmt: skip


def _taken_from_holder(act: Act, row: Row[Any], state: State, reason: str, verb: str) -> int:
    """End the authenticator and carry its counter over, so that no code that was used is good again."""
    bound = authenticator(act.connection, row.authenticator_id)
    end(act, bound.id, state, reason)
    _set(act, row.serial, data={**row.data, "counter": bound.counter})
    act.record(verb, f"token {row.serial}", {"person": bound.person_id, "authenticator": bound.id, "reason": reason})
    return bound.person_id


def _moved(act: Act, serial: str, places: Iterable[Place], to: Place) -> Row[Any]:
    """Move a token if it is in one of `places`; answers what it was before.

    Raises:
        NotFound: no such token; Conflict: it is elsewhere.
    """
    query = select(stock_table).where(stock_table.c.serial == serial).with_for_update()
    row = act.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"製造番号 {serial} の機器は台帳にありません。")
    if row.state not in set(places):
        raise Conflict(f"製造番号 {serial} の機器はいま「{Place(row.state).label_ja}」のため、この操作はできません。")
    _set(act, serial, state=to)
    return row


def _set(act: Act, serial: str, **values: object) -> None:
    act.connection.execute(
        update(stock_table).where(stock_table.c.serial == serial).values(changed_at=act.at, **values)
    )


def _purpose(serial: str) -> str:
    return f"{PURPOSE} {serial}"


def _data(seed: TokenSeed) -> dict[str, object]:
    return {
        "otp": seed.otp, "algorithm": seed.algorithm, "digits": seed.digits, "period": seed.period,
        "counter": seed.counter, "model": seed.model, "loans": 0,
    }  # fmt: skip
